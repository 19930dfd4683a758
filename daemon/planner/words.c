#include "planner/words.h"
#include "planner/sandbox.h"
#include <lauxlib.h>
#include <lualib.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

enum {
    REPEATS_A_STEP = 256,               /* repetitions that count as one instruction */
    UNPACK_MAX = 200,                   /* values: long argument lists are copied by single instructions */
    ITEMS_MAX = SANDBOX_BLOCK_MAX / 16, /* of a list: what fits into one block */
};

static int word_type(lua_State *lua)
{
    luaL_checkany(lua, 1);
    lua_pushstring(lua, luaL_typename(lua, 1));
    return 1;
}

/* Pushes what tostring says: no addresses, they would differ from run to run. */
static void push_text(lua_State *lua, int index)
{
    const int type = lua_type(lua, index);
    if (type == LUA_TNUMBER || type == LUA_TSTRING || type == LUA_TNIL || type == LUA_TBOOLEAN) {
        luaL_tolstring(lua, index, NULL);
    } else if (!luaL_callmeta(lua, index, "__tostring")) {
        lua_pushstring(lua, lua_typename(lua, type));
    }
}

static int word_tostring(lua_State *lua)
{
    luaL_checkany(lua, 1);
    push_text(lua, 1);
    return 1;
}

/* True if the key at -2 comes before the one at -1: numbers first, then texts by their bytes. */
static bool before(lua_State *lua)
{
    const bool a_number = lua_type(lua, -2) == LUA_TNUMBER, b_number = lua_type(lua, -1) == LUA_TNUMBER;
    if (a_number != b_number)
        return a_number;
    if (a_number)
        return lua_compare(lua, -2, -1, LUA_OPLT);
    size_t n_a, n_b;
    const char *a = lua_tolstring(lua, -2, &n_a), *b = lua_tolstring(lua, -1, &n_b);
    const int order = memcmp(a, b, n_a < n_b ? n_a : n_b);
    return order != 0 ? order < 0 : n_a < n_b;
}

/* Shell's sort of the list at `list`: short, and never worse than n^1.5 or so with these steps. */
static void sort(lua_State *lua, int list, lua_Integer n)
{
    for (lua_Integer gap = n / 2; gap > 0; gap = gap == 2 ? 1 : gap * 5 / 11)
        for (lua_Integer i = gap + 1; i <= n; i++)
            for (lua_Integer j = i - gap; j > 0; j -= gap) {
                sandbox_work(lua, 1);
                lua_rawgeti(lua, list, j + gap);
                lua_rawgeti(lua, list, j);
                if (!before(lua)) {
                    lua_pop(lua, 2);
                    break;
                }
                lua_rawseti(lua, list, j + gap);
                lua_rawseti(lua, list, j);
            }
}

/* Upvalues: the table, its sorted keys, how many were handed out. */
static int pairs_next(lua_State *lua)
{
    for (;;) {
        const lua_Integer i = lua_tointeger(lua, lua_upvalueindex(3)) + 1;
        lua_pushinteger(lua, i);
        lua_replace(lua, lua_upvalueindex(3));
        if (lua_rawgeti(lua, lua_upvalueindex(2), i) == LUA_TNIL)
            return 1;
        lua_pushvalue(lua, -1);
        if (lua_rawget(lua, lua_upvalueindex(1)) != LUA_TNIL)
            return 2;
        lua_pop(lua, 2); /* removed since */
    }
}

static int word_pairs(lua_State *lua)
{
    luaL_checktype(lua, 1, LUA_TTABLE);
    lua_settop(lua, 1);
    lua_newtable(lua);
    lua_Integer n = 0;
    lua_pushnil(lua);
    while (lua_next(lua, 1) != 0) {
        lua_pop(lua, 1);
        const int type = lua_type(lua, -1);
        char got[SANDBOX_TEXT];
        if (type != LUA_TNUMBER && type != LUA_TSTRING)
            return sandbox_fail(lua, 0, "pairs: key", sandbox_text(lua, -1, got), "keys that are numbers or texts");
        lua_pushvalue(lua, -1);
        lua_rawseti(lua, 2, ++n);
    }
    sort(lua, 2, n);
    lua_pushvalue(lua, 1);
    lua_pushvalue(lua, 2);
    lua_pushinteger(lua, 0);
    lua_pushcclosure(lua, pairs_next, 3);
    return 1;
}

/* Goes on as the library's function in the first upvalue. In the same frame, so that its errors know the file's line.
 */
static int forward(lua_State *lua)
{
    return lua_tocfunction(lua, lua_upvalueindex(1))(lua);
}

/* The same for functions that touch every item of a list. A table whose keys are powers of two has a length of 2^62. */
static int forward_list(lua_State *lua)
{
    luaL_checktype(lua, 1, LUA_TTABLE);
    const lua_Unsigned n = lua_rawlen(lua, 1);
    if (n > ITEMS_MAX)
        return sandbox_fail(lua, 0, "table", NULL, "a list of at most %d items", ITEMS_MAX);
    sandbox_work(lua, (int64_t)n);
    return forward(lua);
}

/* Lua's own repeats even the empty text as often as it is told. */
static int word_rep(lua_State *lua)
{
    luaL_checkstring(lua, 1);
    const lua_Integer n = luaL_checkinteger(lua, 2);
    char got[SANDBOX_TEXT];
    if (n > SANDBOX_BLOCK_MAX)
        return sandbox_fail(lua, 0, "string.rep", sandbox_text(lua, 2, got), "at most %d times", SANDBOX_BLOCK_MAX);
    sandbox_work(lua, n > 0 ? n / REPEATS_A_STEP : 0);
    return forward(lua);
}

static int word_format(lua_State *lua)
{
    size_t n;
    const char *format = luaL_checklstring(lua, 1, &n), *const end = format + n;
    for (const char *at = format; (at = memchr(at, '%', (size_t)(end - at))) != NULL;) {
        at += 1 + strspn(at + 1, "-+ #0123456789.");
        if (*at == 'p')
            return sandbox_fail(lua, 0, "string.format", format, "no %%p: addresses differ from run to run");
        at += at < end;
    }
    for (int i = 2; i <= lua_gettop(lua); i++) {
        const int type = lua_type(lua, i);
        if (type != LUA_TNUMBER && type != LUA_TSTRING) {
            push_text(lua, i);
            lua_replace(lua, i);
        }
    }
    return forward(lua);
}

static int word_unpack(lua_State *lua)
{
    luaL_checktype(lua, 1, LUA_TTABLE);
    const lua_Integer first = luaL_optinteger(lua, 2, 1);
    const lua_Integer last = luaL_optinteger(lua, 3, (lua_Integer)lua_rawlen(lua, 1));
    if (last >= first && (lua_Unsigned)last - (lua_Unsigned)first >= UNPACK_MAX)
        return sandbox_fail(lua, 0, "table.unpack", NULL, "at most %d values", UNPACK_MAX);
    return forward(lua);
}

/* One row a word: the library's own function if `own` is NULL, else `own` with the library's as its upvalue. */
struct word {
    const char *name;
    lua_CFunction own;
};

static const struct word base_words[] = {
    {"type",     word_type    },
    {"tostring", word_tostring},
    {"pairs",    word_pairs   },
    {"tonumber", NULL         },
    {"select",   NULL         },
    {"error",    NULL         },
    {"ipairs",   NULL         },
    {NULL,       NULL         },
};
/* No exp, log, sin, cos (their last bits differ between processors), no random (draws come from the seed). */
static const struct word math_words[] = {
    {"floor",     NULL},
    {"ceil",      NULL},
    {"abs",       NULL},
    {"sqrt",      NULL},
    {"min",       NULL},
    {"max",       NULL},
    {"huge",      NULL},
    {"tointeger", NULL},
    {"pi",        NULL},
    {NULL,        NULL},
};
static const struct word string_words[] = {
    {"format", word_format},
    {"rep",    word_rep   },
    {"sub",    NULL       },
    {"upper",  NULL       },
    {"lower",  NULL       },
    {"len",    NULL       },
    {NULL,     NULL       },
};
static const struct word table_words[] = {
    {"insert", forward_list},
    {"remove", forward_list},
    {"concat", forward_list},
    {"unpack", word_unpack },
    {NULL,     NULL        },
};

/* Pushes `word` of the library on top of the stack. */
static void push_word(lua_State *lua, const struct word *word)
{
    lua_getfield(lua, -1, word->name);
    if (word->own)
        lua_pushcclosure(lua, word->own, 1);
}

/* Opens a library, makes a sealed table of the chosen words, drops the rest. */
static void install(lua_State *lua, const char *name, lua_CFunction open, const struct word *words)
{
    luaL_requiref(lua, name, open, 0);
    lua_newtable(lua);
    for (const struct word *word = words; word->name; word++) {
        lua_pushvalue(lua, -2);
        push_word(lua, word);
        lua_setfield(lua, -3, word->name);
        lua_pop(lua, 1);
    }
    sandbox_seal(lua, name);
    sandbox_word(lua, name);
    lua_pop(lua, 1);
}

void words_install(lua_State *lua)
{
    luaL_requiref(lua, LUA_GNAME, luaopen_base, 0);
    for (const struct word *word = base_words; word->name; word++) {
        push_word(lua, word);
        sandbox_word(lua, word->name);
    }
    lua_pop(lua, 1);
    install(lua, LUA_MATHLIBNAME, luaopen_math, math_words);
    install(lua, LUA_STRLIBNAME, luaopen_string, string_words);
    install(lua, LUA_TABLIBNAME, luaopen_table, table_words);
    /* ("x"):find would reach all of the string library through the metatable of texts */
    lua_pushliteral(lua, "");
    lua_pushnil(lua);
    lua_setmetatable(lua, -2);
    /* nothing that was opened stays within reach, should a way to the registry be found */
    lua_newtable(lua);
    lua_rawseti(lua, LUA_REGISTRYINDEX, LUA_RIDX_GLOBALS);
    lua_pushnil(lua);
    lua_setfield(lua, LUA_REGISTRYINDEX, LUA_LOADED_TABLE);
    lua_settop(lua, 0);
}
