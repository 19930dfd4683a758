#include "planner/declare.h"
#include "engine/config.h"
#include "planner/locate.h"
#include "planner/suggest.h"
#include <assert.h>
#include <ctype.h>
#include <lauxlib.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { KEYS_MAX = 80, ENTRIES_MAX = 64, PATH = SANDBOX_TEXT * 2 };

/* The path of `key` inside the declaration. */
static const char *path_of(const struct declare *declare, const char *key, char path[PATH])
{
    const char *inner = declare->path ? declare->path : "";
    snprintf(path, PATH, "%s%s%s", inner, *inner && key ? "." : "", key ? key : "");
    return path;
}

void declare_push(const struct declare *declare, const char *key)
{
    char *end = NULL;
    const long position = strtol(key, &end, 10);
    if (*end == '\0')
        lua_rawgeti(declare->lua, declare->table, position);
    else {
        lua_pushstring(declare->lua, key);
        lua_rawget(declare->lua, declare->table);
    }
}

int declare_fail(const struct declare *declare, const char *key, const char *got, const char *expected, ...)
{
    lua_State *lua = declare->lua;
    const struct sandbox *sandbox = sandbox_of(lua);
    char path[PATH], what[PATH + SANDBOX_TEXT], value[SANDBOX_TEXT], words[SUGGEST_TEXT];
    va_list args;
    va_start(args, expected);
    vsnprintf(words, sizeof words, expected, args);
    va_end(args);
    path_of(declare, key, path);
    const int line = locate_key(sandbox->source, sandbox->n_source, declare->line, declare->word, declare->name, path);
    const char *name = declare->name;
    snprintf(what, sizeof what, "%s%s%s%s%s", declare->word, name ? "." : "", name ? name : "", *path ? "." : "", path);
    if (!got && key && !strchr(key, '.')) {
        declare_push(declare, key);
        got = sandbox_text(lua, -1, value);
    }
    sandbox_fail(lua, line, what, got, "%s", words);
}

void declare_name(lua_State *lua, const char *word, const char *name, char *room)
{
    const size_t n = strlen(name);
    bool good = n > 0 && n < CONFIG_NAME;
    for (size_t i = 0; i < n && good; i++)
        good = isalnum((unsigned char)name[i]) || strchr("_-.", name[i]) != NULL;
    if (!good) {
        char got[SANDBOX_TEXT];
        snprintf(got, sizeof got, "\"%s\"", name);
        sandbox_fail(lua, 0, word, got, "a name of 1..%d letters, digits, _ - and dots", CONFIG_NAME - 1);
    }
    memcpy(room, name, n + 1);
}

static void fail_open(lua_State *lua)
{
    struct sandbox *sandbox = sandbox_of(lua);
    if (!sandbox->open.word)
        return;
    char what[2 * SANDBOX_TEXT];
    snprintf(what, sizeof what, "%s.%s", sandbox->open.word, sandbox->open.name);
    sandbox_fail(lua, sandbox->open.line, what, NULL, "a table after the name: %s \"%s\" { ... }", sandbox->open.word,
                 sandbox->open.name);
}

void declare_finish(lua_State *lua)
{
    fail_open(lua);
}

/* What describes the whole session stands at the top of the file: in a function it would come too late. */
static void check_place(lua_State *lua, const char *word)
{
    const struct sandbox *sandbox = sandbox_of(lua);
    if (!sandbox->called || !sandbox->inner)
        return;
    for (const char *const *inner = sandbox->inner; *inner; inner++)
        if (strcmp(*inner, word) == 0)
            return;
    sandbox_fail(lua, 0, word, NULL, "it at the top of the file, not in %s()", sandbox->defines);
}

/* The table of a declaration has come. Upvalues: the word's row, the name if it has one. */
static int take_table(lua_State *lua)
{
    const struct declare_word *row = lua_touserdata(lua, lua_upvalueindex(1));
    struct declare declare = {.lua = lua, .table = 1, .word = row->word, .line = sandbox_line(lua)};
    if (row->named)
        declare.name = lua_tostring(lua, lua_upvalueindex(2));
    else
        fail_open(lua);
    check_place(lua, row->word);
    sandbox_of(lua)->open.word = NULL;
    char got[SANDBOX_TEXT];
    if (lua_type(lua, 1) != LUA_TTABLE)
        return sandbox_fail(lua, 0, row->word, sandbox_text(lua, 1, got), "a table: %s%s { ... }", row->word,
                            row->named ? " \"name\"" : "");
    lua_settop(lua, 1);
    return row->read(&declare);
}

/* The name of a declaration has come: what follows is its table. */
static int take_name(lua_State *lua)
{
    const struct declare_word *row = lua_touserdata(lua, lua_upvalueindex(1));
    struct sandbox *sandbox = sandbox_of(lua);
    char got[SANDBOX_TEXT], name[CONFIG_NAME];
    fail_open(lua);
    check_place(lua, row->word);
    if (lua_type(lua, 1) != LUA_TSTRING)
        return sandbox_fail(lua, 0, row->word, sandbox_text(lua, 1, got), "a name: %s \"name\" { ... }", row->word);
    declare_name(lua, row->word, lua_tostring(lua, 1), name);
    sandbox->open.word = row->word;
    snprintf(sandbox->open.name, sizeof sandbox->open.name, "%s", name);
    sandbox->open.line = sandbox_line(lua);
    lua_pushvalue(lua, lua_upvalueindex(1));
    lua_pushvalue(lua, 1);
    lua_pushcclosure(lua, take_table, 2);
    return 1;
}

void declare_install(lua_State *lua, const struct declare_word *words)
{
    for (const struct declare_word *row = words; row->word; row++) {
        union {
            const void *constant;
            void *pushed;
        } address = {.constant = row}; /* Lua knows no constant pointers; nobody writes through it */
        lua_pushlightuserdata(lua, address.pushed);
        lua_pushcclosure(lua, row->named ? take_name : take_table, 1);
        sandbox_word(lua, row->word);
    }
}

/* What a row expects, in words. */
static const char *expectation(const struct declare_key *key, bool right_kind, char text[SUGGEST_TEXT])
{
    const bool is_time = key->type == DECLARE_NS || key->type == DECLARE_SECONDS;
    const enum quantity_dimension dimension = is_time ? QUANTITY_TIME : key->dimension;
    const bool bare = dimension == QUANTITY_NUMBER, ranged = key->min < 0 || key->max > 0;
    char low[QUANTITY_TEXT], high[QUANTITY_TEXT];
    quantity_text((struct quantity){.value = key->min, .dimension = dimension}, low);
    quantity_text((struct quantity){.value = key->max, .dimension = dimension}, high);
    switch (key->type) {
    case DECLARE_TEXT:
        snprintf(text, SUGGEST_TEXT, "a text of 1..%d characters", CONFIG_NAME - 1);
        break;
    case DECLARE_WORD: {
        size_t n = 0;
        while (key->words[n])
            n++;
        suggest_text(text, "one of these words", NULL, key->words, n);
        break;
    }
    case DECLARE_FLAG:
        snprintf(text, SUGGEST_TEXT, "true or false");
        break;
    case DECLARE_WHOLE:
        snprintf(text, SUGGEST_TEXT, "a whole number %s..%s", low, high);
        break;
    case DECLARE_NUMBER:
    case DECLARE_NS:
    case DECLARE_SECONDS:
        if (!ranged || (!right_kind && !bare))
            snprintf(text, SUGGEST_TEXT, "%s", quantity_expected(dimension));
        else if (isinf(key->max))
            snprintf(text, SUGGEST_TEXT, "%s%s or more", bare ? "a number, " : "", low);
        else
            snprintf(text, SUGGEST_TEXT, "%s%s..%s", bare ? "a number " : "", low, high);
        break;
    case DECLARE_OTHER:
        snprintf(text, SUGGEST_TEXT, "a value");
        break;
    }
    return text;
}

static void fail_key(const struct declare *declare, const struct declare_key *key, bool right_kind)
{
    char text[SUGGEST_TEXT];
    declare_fail(declare, key->key, NULL, "%s", expectation(key, right_kind, text));
}

/* The number on top of the stack, checked against the row. */
static double number(const struct declare *declare, const struct declare_key *key)
{
    const bool is_time = key->type == DECLARE_NS || key->type == DECLARE_SECONDS;
    struct quantity quantity;
    if (!quantity_get(declare->lua, -1, &quantity) || quantity.dimension != (is_time ? QUANTITY_TIME : key->dimension))
        fail_key(declare, key, false);
    const bool ranged = key->min < 0 || key->max > 0;
    const bool inside = ranged ? quantity.value >= key->min && quantity.value <= key->max : isfinite(quantity.value);
    if (!inside || (key->type == DECLARE_WHOLE && quantity.value - floor(quantity.value) > 0))
        fail_key(declare, key, true);
    return quantity.value;
}

static void word(const struct declare *declare, const struct declare_key *key, uint32_t *into)
{
    char text[SUGGEST_TEXT];
    if (lua_type(declare->lua, -1) != LUA_TSTRING)
        fail_key(declare, key, false);
    const char *found = lua_tostring(declare->lua, -1);
    uint32_t n = 0;
    for (; key->words[n]; n++)
        if (strcmp(key->words[n], found) == 0) {
            *into = n;
            return;
        }
    declare_fail(declare, key->key, NULL, "%s", suggest_text(text, "one of these words", found, key->words, n));
}

static void text(const struct declare *declare, const struct declare_key *key, char *into)
{
    const bool is = lua_type(declare->lua, -1) == LUA_TSTRING;
    const size_t n = is ? lua_rawlen(declare->lua, -1) : 0;
    if (n == 0 || n >= CONFIG_NAME || strlen(lua_tostring(declare->lua, -1)) != n)
        fail_key(declare, key, false);
    memcpy(into, lua_tostring(declare->lua, -1), n + 1);
}

bool declare_has(const struct declare *declare, const char *key)
{
    declare_push(declare, key);
    const bool has = !lua_isnil(declare->lua, -1);
    lua_pop(declare->lua, 1);
    return has;
}

bool declare_key(const struct declare *declare, const struct declare_key *key, void *into)
{
    declare_push(declare, key->key);
    const bool has = !lua_isnil(declare->lua, -1);
    if (!has && key->required) {
        char expected[SUGGEST_TEXT];
        declare_fail(declare, NULL, "", "the key %s: %s", key->key, expectation(key, false, expected));
    }
    char *at = into ? (char *)into + key->offset : NULL; /* rows of other kinds need no place */
    if (has)
        switch (key->type) {
        case DECLARE_TEXT:
            text(declare, key, at);
            break;
        case DECLARE_WORD:
            word(declare, key, (uint32_t *)(void *)at);
            break;
        case DECLARE_FLAG:
            if (lua_type(declare->lua, -1) != LUA_TBOOLEAN)
                fail_key(declare, key, false);
            *(bool *)at = lua_toboolean(declare->lua, -1) != 0;
            break;
        case DECLARE_WHOLE:
            *(uint32_t *)(void *)at = (uint32_t)number(declare, key);
            break;
        case DECLARE_NUMBER:
            *(double *)(void *)at = number(declare, key);
            break;
        case DECLARE_NS:
            *(int64_t *)(void *)at = (int64_t)rint(number(declare, key));
            break;
        case DECLARE_SECONDS:
            *(double *)(void *)at = number(declare, key) / 1e9;
            break;
        case DECLARE_OTHER:
            break;
        }
    lua_pop(declare->lua, 1);
    return has;
}

/* The first key, in the order of their texts, that no row knows; NULL if all are known. A position is an error. */
static const char *unknown(const struct declare *declare, const struct declare_key *keys)
{
    lua_State *lua = declare->lua;
    const char *first = NULL;
    lua_pushnil(lua);
    while (lua_next(lua, declare->table) != 0) {
        lua_pop(lua, 1);
        if (lua_type(lua, -1) != LUA_TSTRING) {
            char key[SANDBOX_TEXT];
            sandbox_text(lua, -1, key);
            for (const struct declare_key *row = keys; row->key; row++)
                if (strcmp(row->key, key) == 0)
                    goto next;
            declare_fail(declare, lua_isinteger(lua, -1) ? key : NULL, lua_isinteger(lua, -1) ? NULL : key,
                         "key = value");
        }
        const char *key = lua_tostring(lua, -1);
        for (const struct declare_key *row = keys; row->key; row++)
            if (strcmp(row->key, key) == 0)
                goto next;
        if (!first || strcmp(key, first) < 0)
            first = key;
    next:;
    }
    return first;
}

void declare_keys(const struct declare *declare, const struct declare_key *keys, void *into)
{
    const char *names[KEYS_MAX], *wrong = unknown(declare, keys);
    size_t n = 0;
    for (const struct declare_key *key = keys; key->key; key++) {
        assert(n < KEYS_MAX);
        names[n++] = key->key;
    }
    if (wrong) {
        char noun[SANDBOX_TEXT], expected[SUGGEST_TEXT];
        snprintf(noun, sizeof noun, "a key of %s", declare->path ? declare->path : declare->word);
        declare_fail(declare, wrong, NULL, "%s", suggest_text(expected, noun, wrong, names, n));
    }
    for (const struct declare_key *key = keys; key->key; key++)
        declare_key(declare, key, into);
}

bool declare_inner(const struct declare *declare, const char *key, struct declare *inner, char path[SANDBOX_TEXT])
{
    char whole[PATH];
    declare_push(declare, key);
    if (lua_isnil(declare->lua, -1)) {
        lua_pop(declare->lua, 1);
        return false;
    }
    if (lua_type(declare->lua, -1) != LUA_TTABLE)
        declare_fail(declare, key, NULL, "a table: { ... }");
    snprintf(path, SANDBOX_TEXT, "%.*s", SANDBOX_TEXT - 1, path_of(declare, key, whole));
    *inner = *declare;
    inner->table = lua_gettop(declare->lua);
    inner->path = path;
    return true;
}

uint32_t declare_list(const struct declare *declare, const char *key, uint32_t max)
{
    struct declare list;
    char path[SANDBOX_TEXT];
    if (!declare_inner(declare, key, &list, path))
        return 0;
    const lua_Unsigned n = lua_rawlen(declare->lua, list.table);
    lua_Unsigned n_keys = 0;
    lua_pushnil(declare->lua);
    while (lua_next(declare->lua, list.table) != 0) {
        lua_pop(declare->lua, 1);
        n_keys++;
    }
    if (n_keys != n)
        declare_fail(declare, key, NULL, "a list: { item, item }");
    if (n > max)
        declare_fail(declare, key, NULL, "at most %u items", (unsigned)max);
    lua_pop(declare->lua, 1);
    return (uint32_t)n;
}

const char *declare_list_text(const struct declare *declare, const char *key, uint32_t i)
{
    struct declare list;
    char path[SANDBOX_TEXT], position[12];
    const bool has = declare_inner(declare, key, &list, path);
    assert(has);
    snprintf(position, sizeof position, "%u", (unsigned)i);
    declare_push(&list, position);
    if (lua_type(declare->lua, -1) != LUA_TSTRING)
        declare_fail(&list, position, NULL, "a name in quotes");
    const char *text_found = lua_tostring(declare->lua, -1);
    lua_pop(declare->lua, 2);
    return text_found;
}

uint32_t declare_refer(const struct declare *declare, const char *key, const char *name, const char *noun,
                       const void *entries, uint32_t n, size_t stride, const bool *allowed)
{
    const char *names[ENTRIES_MAX];
    size_t n_names = 0;
    assert(n <= ENTRIES_MAX);
    for (uint32_t i = 0; i < n; i++) {
        if (allowed && !allowed[i])
            continue;
        names[n_names++] = (const char *)entries + i * stride;
        if (strcmp(names[n_names - 1], name) == 0)
            return i;
    }
    char got[SANDBOX_TEXT], expected[SUGGEST_TEXT];
    snprintf(got, sizeof got, "\"%s\"", name);
    declare_fail(declare, key, got, "%s", suggest_text(expected, noun, name, names, n_names));
}

void declare_unique(const struct declare *declare, const void *entries, uint32_t n, size_t stride)
{
    for (uint32_t i = 0; i < n; i++)
        if (strcmp((const char *)entries + i * stride, declare->name) == 0)
            declare_fail(declare, NULL, "", "another name: there is %s \"%s\" already", declare->word, declare->name);
}

void declare_room(const struct declare *declare, uint32_t n, uint32_t max, const char *noun)
{
    if (n >= max)
        declare_fail(declare, NULL, "", "at most %u %s", (unsigned)max, noun);
}

uint32_t declare_names(const struct declare *declare, const char **names, uint32_t max)
{
    uint32_t n = 0;
    lua_pushnil(declare->lua);
    while (lua_next(declare->lua, declare->table) != 0) {
        lua_pop(declare->lua, 1);
        if (lua_type(declare->lua, -1) != LUA_TSTRING || n == max)
            declare_fail(declare, NULL, "", "at most %u items of the form name = value", (unsigned)max);
        const char *name = lua_tostring(declare->lua, -1);
        uint32_t at = n++;
        for (; at > 0 && strcmp(names[at - 1], name) > 0; at--)
            names[at] = names[at - 1];
        names[at] = name;
    }
    return n;
}

struct declare declare_call(lua_State *lua, const char *word)
{
    return (struct declare){.lua = lua, .table = 1, .word = word, .line = sandbox_line(lua)};
}

const char *declare_call_name(const struct declare *call, int index)
{
    char got[SANDBOX_TEXT];
    if (lua_type(call->lua, index) != LUA_TSTRING)
        declare_fail(call, NULL, sandbox_text(call->lua, index, got), "a name in quotes");
    return lua_tostring(call->lua, index);
}
