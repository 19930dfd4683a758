#include "planner/sandbox.h"
#include "planner/suggest.h"
#include "planner/words.h"
#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <lauxlib.h>
#include <lualib.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    HOOK_EVERY = 100,   /* instructions between two looks at the limits */
    BYTES_A_STEP = 256, /* allocated bytes that count as one instruction */
    WORDS_MAX = 128,    /* words looked at when one is misspelt */
    WHERE = sizeof((struct error *)0)->where,
    WHAT = sizeof((struct error *)0)->what,
    EXPECTED = sizeof((struct error *)0)->expected,
};

static const char chunk_name[] = "=lua";        /* short, so that Lua never cuts it: messages begin with "lua:LINE: " */
static const char words_key[] = "phasic.words"; /* in the registry */
static char unwinding;                          /* its address is the error value of sandbox_fail */

struct sandbox *sandbox_of(lua_State *lua)
{
    return *(struct sandbox **)lua_getextraspace(lua);
}

void sandbox_stem(const char *path, char *name, size_t size)
{
    const char *slash = strrchr(path, '/'), *base = slash ? slash + 1 : path;
    const char *dot = strrchr(base, '.');
    const size_t n = dot && dot > base ? (size_t)(dot - base) : strlen(base);
    snprintf(name, size, "%.*s", (int)n, base);
}

static void *allocate(void *context, void *block, size_t old_size, size_t size)
{
    struct sandbox *sandbox = context;
    const size_t old = block ? old_size : 0; /* without a block Lua gives a type there */
    if (size == 0) {
        sandbox->used -= old;
        free(block);
        return NULL;
    }
    if (size > old) {
        if (size > SANDBOX_BLOCK_MAX || sandbox->used - old + size > SANDBOX_BYTES_MAX) {
            sandbox->too_large = size > SANDBOX_BLOCK_MAX;
            return NULL;
        }
        sandbox->work += (int64_t)(size / BYTES_A_STEP);
    }
    void *grown = realloc(block, size);
    if (grown)
        sandbox->used += size - old;
    return grown;
}

int sandbox_line(lua_State *lua)
{
    lua_Debug frame;
    for (int level = 0; lua_getstack(lua, level, &frame); level++)
        if (lua_getinfo(lua, "l", &frame) && frame.currentline > 0)
            return frame.currentline;
    return 0;
}

static const char *where_text(const struct sandbox *sandbox, int line, char text[WHERE])
{
    if (line > 0)
        snprintf(text, WHERE, "%s:%d", sandbox->path, line);
    else
        snprintf(text, WHERE, "%s", sandbox->path);
    return text;
}

int sandbox_raise(lua_State *lua, const struct error *err)
{
    struct sandbox *sandbox = sandbox_of(lua);
    sandbox->error = *err;
    sandbox->failed = true;
    lua_pushlightuserdata(lua, &unwinding);
    lua_error(lua);
    abort(); /* lua_error does not return */
}

int sandbox_fail(lua_State *lua, int line, const char *what, const char *got, const char *expected, ...)
{
    struct sandbox *sandbox = sandbox_of(lua);
    char where[WHERE], words[EXPECTED];
    va_list args;
    va_start(args, expected);
    vsnprintf(words, sizeof words, expected, args);
    va_end(args);
    where_text(sandbox, line > 0 ? line : sandbox_line(lua), where);
    struct error err;
    error_set(&err, ERROR_INPUT, where, what, got, "%s", words);
    sandbox_raise(lua, &err);
}

static void hook(lua_State *lua, lua_Debug *event)
{
    struct sandbox *sandbox = sandbox_of(lua);
    if (event->event == LUA_HOOKLINE) {
        sandbox->line = event->currentline;
        return;
    }
    sandbox->work += HOOK_EVERY;
    lua_Debug deep;
    if (lua_getstack(lua, SANDBOX_DEPTH_MAX, &deep))
        sandbox_fail(lua, 0, "calls within calls", NULL, "at most %d levels", SANDBOX_DEPTH_MAX);
    if (sandbox->work > sandbox->work_max) {
        lua_sethook(lua, hook, LUA_MASKCOUNT, 1); /* whatever runs on is stopped at once */
        sandbox_fail(lua, 0, "too much work", NULL, "at most %" PRId64 " instructions %s", sandbox->work_max,
                     sandbox->work_words);
    }
}

void sandbox_work(lua_State *lua, int64_t n)
{
    sandbox_of(lua)->work += n;
}

/* Lua's complaints in run-time errors, by their beginnings, and what would have been right. */
static const struct complaint {
    const char *begins, *expected;
} complaints[] = {
    {"attempt to index",              "something with keys before the dot or bracket"},
    {"attempt to call",               "a function or a word of the language"         },
    {"attempt to perform arithmetic", "numbers, or quantities of one kind"           },
    {"attempt to compare",            "two numbers or two quantities of one kind"    },
    {"attempt to concatenate",        "texts or numbers"                             },
    {"attempt to get length",         "a text or a table"                            },
    {"'for' ",                        "a number"                                     },
    {"number has no integer",         "a whole number"                               },
    {"stack overflow",                "fewer levels of nesting"                      },
    {"C stack overflow",              "fewer levels of nesting"                      },
    {"unexpected symbol",             "a value or a name"                            },
    {"unfinished string",             "a closing quote on the same line"             },
    {"cannot use '...'",              "'...' only in a function that takes it"       },
    {"attempt to assign to const",    "a variable that is not constant"              },
};

/* Splits Lua's own message into a subject and an expectation. */
static void explain(const char *message, bool syntax, char what[WHAT], char expected[EXPECTED])
{
    snprintf(what, WHAT, "%s", message);
    expected[0] = '\0';
    const char *found = strstr(message, " expected");
    const char *open = strstr(message, " (");
    for (size_t i = 0; i < sizeof complaints / sizeof *complaints; i++)
        if (strncmp(message, complaints[i].begins, strlen(complaints[i].begins)) == 0) {
            snprintf(expected, EXPECTED, "%s", complaints[i].expected);
            return;
        }
    if (syntax && found) { /* "'}' expected (to close '{' at line 3) near 'x'" */
        snprintf(what, WHAT, "syntax");
        snprintf(expected, EXPECTED, "%.*s%s", (int)(found - message), message, found + strlen(" expected"));
    } else if (syntax) {
        snprintf(expected, EXPECTED, "correct Lua");
    } else if (found && open && open < found && strncmp(message, "bad argument", 12) == 0) {
        snprintf(what, WHAT, "%.*s", (int)(open - message), message);
        snprintf(expected, EXPECTED, "%.*s%s", (int)(found - open - 2), open + 2, found + strlen(" expected"));
        expected[strcspn(expected, ")")] = '\0';
    } else if (strncmp(message, "bad argument", 12) == 0) {
        snprintf(expected, EXPECTED, "another argument");
    }
}

/* Turns what pcall left on the stack into *err. */
static bool report(struct sandbox *sandbox, int status, struct error *err)
{
    char where[WHERE], what[WHAT], expected[EXPECTED];
    if (sandbox->failed) {
        if (err)
            *err = sandbox->error;
        return false;
    }
    where_text(sandbox, sandbox->line, where);
    if (lua_type(sandbox->lua, -1) != LUA_TSTRING)
        return error_set(err, ERROR_INPUT, where, "error()", NULL, "a text to say");
    const char *message = lua_tostring(sandbox->lua, -1);
    assert(message);
    const bool memory = status == LUA_ERRMEM || strcmp(message, "not enough memory") == 0; /* the latter by libraries */
    if (memory && sandbox->too_large)
        return error_set(err, ERROR_INPUT, where, "too much memory", NULL, "at most %d KiB in one text or table",
                         SANDBOX_BLOCK_MAX / 1024);
    if (memory)
        return error_set(err, ERROR_INPUT, where, "too much memory", NULL, "at most %d MiB",
                         SANDBOX_BYTES_MAX / 1024 / 1024);
    int line = sandbox->line;
    const size_t prefix = strlen(chunk_name + 1);
    if (strncmp(message, chunk_name + 1, prefix) == 0 && message[prefix] == ':') {
        char *end = NULL;
        line = (int)strtol(message + prefix + 1, &end, 10);
        message = end + strspn(end, ": ");
    }
    explain(message, sandbox->syntax, what, expected);
    return error_set(err, ERROR_INPUT, where_text(sandbox, line, where), what, NULL, "%s", expected);
}

static bool call(struct sandbox *sandbox, lua_CFunction function, int64_t work_max, const char *words,
                 struct error *err)
{
    sandbox->work = 0;
    sandbox->work_max = work_max;
    sandbox->work_words = words;
    sandbox->line = 0;
    sandbox->too_large = sandbox->failed = sandbox->syntax = false;
    lua_sethook(sandbox->lua, hook, LUA_MASKCOUNT | LUA_MASKLINE, HOOK_EVERY);
    lua_pushcfunction(sandbox->lua, function);
    const int status = lua_pcall(sandbox->lua, 0, 0, 0);
    const bool ok = status == LUA_OK || report(sandbox, status, err);
    lua_settop(sandbox->lua, 0);
    return ok;
}

bool sandbox_setup(struct sandbox *sandbox, lua_CFunction function, struct error *err)
{
    return call(sandbox, function, SANDBOX_LOAD_MAX, "while the file loads", err);
}

bool sandbox_call(struct sandbox *sandbox, lua_CFunction function, const char *words, struct error *err)
{
    sandbox->open.word = NULL; /* a call that failed may have left one */
    sandbox->called = true;
    return call(sandbox, function, SANDBOX_CALL_MAX, words, err);
}

/* All string keys of the table at `index`, sorted; the pointers live as long as the table keeps them. */
static size_t keys_of(lua_State *lua, int index, const char *keys[WORDS_MAX])
{
    size_t n = 0;
    lua_pushnil(lua);
    while (lua_next(lua, index) != 0) {
        lua_pop(lua, 1);
        if (n == WORDS_MAX || lua_type(lua, -1) != LUA_TSTRING)
            continue;
        const char *key = lua_tostring(lua, -1);
        size_t at = n++;
        for (; at > 0 && strcmp(keys[at - 1], key) > 0; at--)
            keys[at] = keys[at - 1];
        keys[at] = key;
    }
    return n;
}

/* Reading a sealed table; upvalues: the table, its name. */
static int sealed_read(lua_State *lua)
{
    lua_pushvalue(lua, 2);
    if (lua_rawget(lua, lua_upvalueindex(1)) != LUA_TNIL)
        return 1;
    const char *keys[WORDS_MAX];
    char what[2 * SANDBOX_TEXT], text[SUGGEST_TEXT], key[SANDBOX_TEXT];
    lua_settop(lua, 2);
    lua_pushvalue(lua, lua_upvalueindex(1));
    const char *name = lua_tostring(lua, lua_upvalueindex(2));
    const char *word = lua_type(lua, 2) == LUA_TSTRING ? lua_tostring(lua, 2) : sandbox_text(lua, 2, key);
    snprintf(what, sizeof what, "%s.%s", name, word);
    const size_t n = keys_of(lua, 3, keys);
    return sandbox_fail(lua, 0, what, NULL, "%s", suggest_text(text, name, word, keys, n));
}

static int sealed_write(lua_State *lua)
{
    char what[2 * SANDBOX_TEXT], key[SANDBOX_TEXT];
    const char *name = lua_tostring(lua, lua_upvalueindex(1));
    const char *word = lua_type(lua, 2) == LUA_TSTRING ? lua_tostring(lua, 2) : sandbox_text(lua, 2, key);
    snprintf(what, sizeof what, "%s.%s", name, word);
    return sandbox_fail(lua, 0, what, sandbox_text(lua, 3, key), "no assignment: %s can only be read", name);
}

void sandbox_seal(lua_State *lua, const char *what)
{
    lua_newtable(lua); /* the empty one that the file sees */
    lua_newtable(lua); /* its metatable */
    lua_pushvalue(lua, -3);
    lua_pushstring(lua, what);
    lua_pushcclosure(lua, sealed_read, 2);
    lua_setfield(lua, -2, "__index");
    lua_pushstring(lua, what);
    lua_pushcclosure(lua, sealed_write, 1);
    lua_setfield(lua, -2, "__newindex");
    lua_setmetatable(lua, -2);
    lua_remove(lua, -2);
}

void sandbox_word(lua_State *lua, const char *name)
{
    lua_getfield(lua, LUA_REGISTRYINDEX, words_key);
    lua_insert(lua, -2);
    lua_setfield(lua, -2, name);
    lua_pop(lua, 1);
}

/* Reading a global; upvalue: the words. */
static int global_read(lua_State *lua)
{
    lua_pushvalue(lua, 2);
    if (lua_rawget(lua, lua_upvalueindex(1)) != LUA_TNIL)
        return 1;
    const char *keys[WORDS_MAX];
    lua_settop(lua, 2);
    lua_pushvalue(lua, lua_upvalueindex(1));
    const size_t n = keys_of(lua, 3, keys);
    const char *word = lua_tostring(lua, 2);
    const int nearest = suggest_nearest(word, keys, n);
    if (nearest >= 0)
        return sandbox_fail(lua, 0, word, NULL, "a word of the language: did you mean %s?", keys[nearest]);
    return sandbox_fail(lua, 0, word, NULL, "a word of the language or a local variable");
}

/* Writing a global; upvalue: the words. */
static int global_write(lua_State *lua)
{
    const char *name = lua_tostring(lua, 2);
    lua_pushvalue(lua, 2);
    const bool taken = lua_rawget(lua, lua_upvalueindex(1)) != LUA_TNIL;
    if (taken)
        return sandbox_fail(lua, 0, name, NULL, "no assignment: %s is a word of the language or defined already", name);
    const char *defines = sandbox_of(lua)->defines;
    if (!defines || strcmp(name, defines) != 0)
        return sandbox_fail(lua, 0, name, NULL, "a local variable: local %s = ...", name);
    char got[SANDBOX_TEXT];
    if (lua_type(lua, 3) != LUA_TFUNCTION)
        return sandbox_fail(lua, 0, name, sandbox_text(lua, 3, got), "a function");
    lua_pushvalue(lua, 2);
    lua_pushvalue(lua, 3);
    lua_rawset(lua, lua_upvalueindex(1));
    return 0;
}

static int load(lua_State *lua)
{
    struct sandbox *sandbox = sandbox_of(lua);
    const int status = luaL_loadbufferx(lua, sandbox->source, sandbox->n_source, chunk_name, "t");
    sandbox->syntax = status == LUA_ERRSYNTAX;
    if (status != LUA_OK)
        return lua_error(lua);
    lua_newtable(lua); /* _ENV: stays empty, so that every global passes global_read and global_write */
    lua_newtable(lua);
    lua_getfield(lua, LUA_REGISTRYINDEX, words_key);
    lua_pushvalue(lua, -1);
    lua_pushcclosure(lua, global_read, 1);
    lua_setfield(lua, -3, "__index");
    lua_pushcclosure(lua, global_write, 1);
    lua_setfield(lua, -2, "__newindex");
    lua_setmetatable(lua, -2);
    lua_setupvalue(lua, -2, 1);
    lua_call(lua, 0, 0);
    return 0;
}

bool sandbox_load(struct sandbox *sandbox, struct error *err)
{
    return sandbox_setup(sandbox, load, err);
}

bool sandbox_push_word(lua_State *lua, const char *name)
{
    lua_getfield(lua, LUA_REGISTRYINDEX, words_key);
    const bool known = lua_getfield(lua, -1, name) != LUA_TNIL;
    lua_remove(lua, -2);
    return known;
}

const char *sandbox_text(lua_State *lua, int index, char text[SANDBOX_TEXT])
{
    const int type = lua_type(lua, index);
    if (type == LUA_TNUMBER && lua_isinteger(lua, index))
        snprintf(text, SANDBOX_TEXT, LUA_INTEGER_FMT, lua_tointeger(lua, index));
    else if (type == LUA_TNUMBER && isnan(lua_tonumber(lua, index)))
        snprintf(text, SANDBOX_TEXT, "nan"); /* 0/0 has a sign on some processors */
    else if (type == LUA_TNUMBER)
        snprintf(text, SANDBOX_TEXT, "%.14g", lua_tonumber(lua, index));
    else if (type == LUA_TSTRING)
        snprintf(text, SANDBOX_TEXT, "\"%s\"", lua_tostring(lua, index));
    else if (type == LUA_TBOOLEAN)
        snprintf(text, SANDBOX_TEXT, "%s", lua_toboolean(lua, index) ? "true" : "false");
    else if (type == LUA_TNIL || type == LUA_TNONE)
        snprintf(text, SANDBOX_TEXT, "nil");
    else if (luaL_callmeta(lua, index, "__tostring")) {
        snprintf(text, SANDBOX_TEXT, "%s", lua_tostring(lua, -1));
        lua_pop(lua, 1);
    } else if (luaL_getmetafield(lua, index, "__name") == LUA_TSTRING) {
        snprintf(text, SANDBOX_TEXT, "%s", lua_tostring(lua, -1));
        lua_pop(lua, 1);
    } else
        snprintf(text, SANDBOX_TEXT, "a %s", lua_typename(lua, type));
    return text;
}

/* The whole file, with one byte more for a check of its end. */
static bool slurp(struct sandbox *sandbox, struct error *err)
{
    FILE *file = fopen(sandbox->path, "rb");
    if (!file)
        return error_system(err, sandbox->path, NULL, errno);
    sandbox->source = malloc(SANDBOX_FILE_MAX + 1);
    errno = 0;
    if (sandbox->source)
        sandbox->n_source = fread(sandbox->source, 1, SANDBOX_FILE_MAX + 1, file);
    const int errnum = !sandbox->source ? ENOMEM : ferror(file) ? errno : 0;
    fclose(file);
    if (errnum != 0)
        return error_system(err, sandbox->path, NULL, errnum);
    if (sandbox->n_source > SANDBOX_FILE_MAX)
        return error_set(err, ERROR_INPUT, sandbox->path, "too long", NULL, "at most %d bytes", SANDBOX_FILE_MAX);
    if (memchr(sandbox->source, '\0', sandbox->n_source) || (sandbox->n_source > 0 && sandbox->source[0] == '\x1b'))
        return error_set(err, ERROR_INPUT, sandbox->path, "no text", NULL,
                         "Lua source, not bytecode or other binary data");
    if (sandbox->n_source >= 3 && memcmp(sandbox->source, "\xef\xbb\xbf", 3) == 0)
        memcpy(sandbox->source, "   ", 3); /* a byte order mark, as some editors write it */
    return true;
}

static int prepare(lua_State *lua)
{
    lua_newtable(lua);
    lua_setfield(lua, LUA_REGISTRYINDEX, words_key);
    words_install(lua);
    return 0;
}

bool sandbox_open(struct sandbox *sandbox, const char *path, void *owner, struct error *err)
{
    *sandbox = (struct sandbox){.owner = owner, .path = strdup(path)};
    if (!sandbox->path) {
        error_system(err, path, NULL, ENOMEM);
        goto fail;
    }
    if (!slurp(sandbox, err))
        goto fail;
    sandbox->lua = lua_newstate(allocate, sandbox);
    if (!sandbox->lua) {
        error_system(err, path, NULL, ENOMEM);
        goto fail;
    }
    *(struct sandbox **)lua_getextraspace(sandbox->lua) = sandbox;
    if (!sandbox_setup(sandbox, prepare, err))
        goto fail;
    return true;
fail:
    sandbox_close(sandbox);
    return false;
}

void sandbox_close(struct sandbox *sandbox)
{
    if (sandbox->lua)
        lua_close(sandbox->lua);
    free(sandbox->source);
    free(sandbox->path);
    *sandbox = (struct sandbox){0};
}
