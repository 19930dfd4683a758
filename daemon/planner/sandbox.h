/* sandbox: runs a rig or task file, which may be wrong in any way, without harm. (planner/sandbox.h)
 *
 * A file sees the words it is given and a small, deterministic part of Lua, nothing else: no files, no programs, no
 * modules, no bytecode, no way to catch an error (a caught limit could loop for ever), no string patterns (a match
 * can't be interrupted), no addresses and no order of hash tables. Instructions, bytes and nested calls are limited;
 * the work of library functions and allocations counts as instructions. Every failure, Lua's own too, becomes one
 * `struct error` with file and line. One use: open, add words, run, call functions, close. Threads: one at a time, not
 * real-time. Memory: the heap, at most SANDBOX_BYTES_MAX and the file. */
#pragma once
#include "engine/base/error.h"
#include <lua.h>
#include <stddef.h>
#include <stdint.h>

enum {
    SANDBOX_FILE_MAX = 1 << 20,   /* bytes of a source file */
    SANDBOX_BYTES_MAX = 32 << 20, /* bytes alive in the interpreter */
    SANDBOX_BLOCK_MAX = 1 << 18,  /* bytes of one text or table: bounds what a single instruction can cost */
    SANDBOX_DEPTH_MAX = 150,      /* nested calls; Lua's own limit for those through C is 200 */
    SANDBOX_LOAD_MAX = 10000000,  /* instructions while a file loads */
    SANDBOX_CALL_MAX = 1000000,   /* instructions in one call of its functions */
    SANDBOX_TEXT = 64,            /* room for a value in an error */
};

struct sandbox {
    lua_State *lua;
    void *owner;              /* whoever gave the words; they get at it by sandbox_of */
    const char *defines;      /* the one global function that the file may define; NULL: none */
    const char *const *inner; /* the declarations that it may make when it is called, ending with NULL; NULL: all */
    bool called;              /* it has been loaded: now its functions run */
    char *path;               /* as the user gave it */
    char *source;
    size_t n_source;
    size_t used;            /* bytes alive */
    int64_t work, work_max; /* instructions of this call */
    const char *work_words; /* what the limit is for: "a trial" */
    int line;               /* the newest line begun, for errors that come without one */
    bool too_large;         /* a block was refused for its own size */
    bool syntax;            /* the file is no Lua */
    struct error error;     /* made by sandbox_fail, waits for the unwinding */
    bool failed;
    struct {              /* `device "x"` whose table has not come yet */
        const char *word; /* NULL: none */
        char name[SANDBOX_TEXT];
        int line;
    } open;
};

/* Reads the file at `path` and makes an interpreter that knows the harmless part of Lua. False and *err: unreadable,
 * too large, no text, no memory. */
MUST_CHECK bool sandbox_open(struct sandbox *sandbox, const char *path, void *owner, struct error *err);

/* Calls `function` (no arguments, no results) under the limits of loading; it may use all of Lua's C interface. False
 * and *err: it, or what it called, failed. */
MUST_CHECK bool sandbox_setup(struct sandbox *sandbox, lua_CFunction function, struct error *err);

/* Runs the file. False and *err as above. */
MUST_CHECK bool sandbox_load(struct sandbox *sandbox, struct error *err);

/* Like sandbox_setup under the limits of one call; `words` names it: "a trial". */
MUST_CHECK bool sandbox_call(struct sandbox *sandbox, lua_CFunction function, const char *words, struct error *err);

/* Frees everything. A zeroed sandbox is closed. */
void sandbox_close(struct sandbox *sandbox);

/* The file's name without folder and ending, cut to `size`: what a rig or task is called. */
void sandbox_stem(const char *path, char *name, size_t size);

/* The rest is for functions that Lua calls. */

/* The sandbox of this interpreter. */
struct sandbox *sandbox_of(lua_State *lua);

/* Pops the value on top and makes it the word `name`, which a file can read and not change. */
void sandbox_word(lua_State *lua, const char *name);

/* Pushes the word `name`, or nil and false. */
bool sandbox_push_word(lua_State *lua, const char *name);

/* Pops the table on top and pushes what a file may have of it: reading only; a key it lacks is an error. `what` names
 * the table in errors and must be a constant. */
void sandbox_seal(lua_State *lua, const char *what);

/* Ends the call with an error at `line` of the file (0: the line that is running). Never returns; the int is for
 * `return sandbox_fail(...)`. */
int sandbox_fail(lua_State *lua, int line, const char *what, const char *got, const char *expected, ...)
    PRINTF_LIKE(5, 6) __attribute__((noreturn));

/* The same with an error that was made elsewhere. */
int sandbox_raise(lua_State *lua, const struct error *err) __attribute__((noreturn));

/* The line of the file that is running, 0 if none is. */
int sandbox_line(lua_State *lua);

/* The value at `index` as its author wrote it, cut to the room: `ms(5)`, `"water"`, `a table`. Returns `text`. */
const char *sandbox_text(lua_State *lua, int index, char text[SANDBOX_TEXT]);

/* Counts `n` steps of a library function's work as instructions. */
void sandbox_work(lua_State *lua, int64_t n);
