/* declare: reads the tables of declarations, `word "name" { key = value, ... }`. (planner/declare.h)
 *
 * A declaration's keys are a table of rows, each with type, range and the place of its value; what no row knows is an
 * error with a suggestion, and every error names the line of its key. The rows of a word are in the file that owns the
 * word. All functions end the Lua call on an error (sandbox_fail). Threads: the sandbox's. */
#pragma once
#include "planner/quantity.h"
#include "planner/sandbox.h"
#include <stdint.h>

/* One declaration, or a table inside one. */
struct declare {
    lua_State *lua;
    int table;        /* stack index */
    const char *word; /* "output" */
    const char *name; /* "water"; NULL: this word has none */
    const char *path; /* where the table is in the declaration: "models.td_csc"; NULL: it is the whole */
    int line;         /* on which the declaration begins */
};

/* A word: what the file calls and what reads its table. `read` returns how many values it pushed for the file. */
struct declare_word {
    const char *word;
    bool named;
    int (*read)(struct declare *declare);
};

enum declare_type {
    DECLARE_TEXT,    /* char[CONFIG_NAME] */
    DECLARE_WORD,    /* uint32_t: index into words */
    DECLARE_FLAG,    /* bool */
    DECLARE_WHOLE,   /* uint32_t */
    DECLARE_NUMBER,  /* double: of `dimension`, in its base unit */
    DECLARE_NS,      /* int64_t: a time, to the nearest ns */
    DECLARE_SECONDS, /* double: a time in seconds; the range is in ns */
    DECLARE_OTHER,   /* read by the word's own code */
};

/* One key. */
struct declare_key {
    const char *key;
    enum declare_type type;
    bool required;
    enum quantity_dimension dimension;
    double min, max;          /* inclusive, in base units; both 0: any */
    size_t offset;            /* of the value in the struct that declare_keys fills */
    const char *const *words; /* DECLARE_WORD: ending with NULL */
};

/* Adds the words. `words` ends with a row without a word and must be constant. */
void declare_install(lua_State *lua, const struct declare_word *words);

/* Ends with an error if a declaration's name was written without its table. For the end of the file. */
void declare_finish(lua_State *lua);

/* Checks all keys against the rows, which end with one without a key, and puts the values into `into`; what is absent
 * keeps its value there. Items without a key are an error. */
void declare_keys(const struct declare *declare, const struct declare_key *keys, void *into);

/* The same for one value: that of `key->key`. False: it is absent. */
bool declare_key(const struct declare *declare, const struct declare_key *key, void *into);

/* True if the key is there. */
bool declare_has(const struct declare *declare, const char *key);

/* Pushes the value of `key`; a whole number as text is a position. */
void declare_push(const struct declare *declare, const char *key);

/* Pushes the table at `key` and describes it in `inner`; `path` is room for its path and must live as long. False and
 * nothing pushed: absent. */
bool declare_inner(const struct declare *declare, const char *key, struct declare *inner, char path[SANDBOX_TEXT]);

/* The number of items in the list at `key`, at most `max`; 0 if it is absent. Only a list will do. */
uint32_t declare_list(const struct declare *declare, const char *key, uint32_t max);

/* Item `i` (from 1) of the list at `key`, a text that lives as long as the list. */
const char *declare_list_text(const struct declare *declare, const char *key, uint32_t i);

/* The keys of the table, all texts and at most `max`, sorted; they live as long as the table. Returns how many. */
uint32_t declare_names(const struct declare *declare, const char **names, uint32_t max);

/* Index of the entry named `name` among `n` structs of `stride` bytes that begin with their names, of which `allowed`
 * (NULL: all) may be taken. Ends with an error at `key` that calls them `noun`: "an output that the task uses". */
uint32_t declare_refer(const struct declare *declare, const char *key, const char *name, const char *noun,
                       const void *entries, uint32_t n, size_t stride, const bool *allowed);

/* Ends with an error if an entry of this name exists. */
void declare_unique(const struct declare *declare, const void *entries, uint32_t n, size_t stride);

/* Ends with an error if `n` entries are `max` already; `noun` in plural. */
void declare_room(const struct declare *declare, uint32_t n, uint32_t max, const char *noun);

/* Ends with an error at `key` (NULL: the declaration) whose value is `got` (NULL: what is there, "": say nothing). */
int declare_fail(const struct declare *declare, const char *key, const char *got, const char *expected, ...)
    PRINTF_LIKE(4, 5) __attribute__((noreturn));

/* A stand-in for the declaration in the errors of words that are calls: word(...). */
struct declare declare_call(lua_State *lua, const char *word);

/* Argument `index` of such a call, a name in quotes; lives as long as the argument. */
const char *declare_call_name(const struct declare *call, int index);

/* Copies a name into room for CONFIG_NAME bytes; ends with an error unless it has 1..31 letters, digits, _ - or dots.
 */
void declare_name(lua_State *lua, const char *word, const char *name, char *room);
