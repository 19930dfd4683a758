#include "planner/quantity.h"
#include "planner/sandbox.h"
#include <lauxlib.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static const struct unit {
    const char *word, *plain; /* the constructor in Lua; after a number, as a person writes it */
    enum quantity_dimension dimension;
    double base; /* one of these in base units */
} units[] = {
    {"us",      "us",  QUANTITY_TIME,      1e3 },
    {"ms",      "ms",  QUANTITY_TIME,      1e6 },
    {"sec",     "s",   QUANTITY_TIME,      1e9 },
    {"ul",      "ul",  QUANTITY_VOLUME,    1   },
    {"ml",      "ml",  QUANTITY_VOLUME,    1e3 },
    {"hz",      "Hz",  QUANTITY_FREQUENCY, 1   },
    {"khz",     "kHz", QUANTITY_FREQUENCY, 1e3 },
    {"mw",      "mW",  QUANTITY_POWER,     1   },
    {"mj",      "mJ",  QUANTITY_ENERGY,    1   },
    {"ma",      "mA",  QUANTITY_CURRENT,   1   },
    {"v",       "V",   QUANTITY_VOLTAGE,   1   },
    {"z",       "z",   QUANTITY_Z,         1   },
    {"deg",     "deg", QUANTITY_ANGLE,     1   },
    {"percent", "%",   QUANTITY_DFF,       0.01},
};
enum { N_UNITS = sizeof units / sizeof *units };

static const char *const expected[] = {
    [QUANTITY_NUMBER] = "a plain number",
    [QUANTITY_TIME] = "a time: us(x), ms(x) or sec(x)",
    [QUANTITY_VOLUME] = "a volume: ul(x) or ml(x)",
    [QUANTITY_FREQUENCY] = "a frequency: hz(x) or khz(x)",
    [QUANTITY_POWER] = "a power: mw(x)",
    [QUANTITY_ENERGY] = "an energy: mj(x)",
    [QUANTITY_CURRENT] = "a current: ma(x)",
    [QUANTITY_VOLTAGE] = "a voltage: v(x)",
    [QUANTITY_Z] = "a z-score: z(x)",
    [QUANTITY_ANGLE] = "an angle: deg(x)",
    [QUANTITY_DFF] = "a dF/F: percent(x)",
};

static const char type_name[] = "quantity"; /* of the metatable, in the registry */

/* The largest unit in which the value is at least 1, else the smallest there is; NULL for a plain number. */
static const struct unit *unit_of(struct quantity quantity)
{
    const struct unit *best = NULL;
    for (size_t i = 0; i < N_UNITS; i++)
        if (units[i].dimension == quantity.dimension && (!best || fabs(quantity.value) >= units[i].base))
            best = &units[i];
    return best;
}

const char *quantity_text(struct quantity quantity, char text[QUANTITY_TEXT])
{
    const struct unit *unit = unit_of(quantity);
    if (unit)
        snprintf(text, QUANTITY_TEXT, "%s(%.10g)", unit->word, quantity.value / unit->base);
    else
        snprintf(text, QUANTITY_TEXT, "%.10g", quantity.value);
    return text;
}

const char *quantity_plain(struct quantity quantity, char text[QUANTITY_TEXT])
{
    const struct unit *unit = unit_of(quantity);
    if (unit)
        snprintf(text, QUANTITY_TEXT, "%.10g %s", quantity.value / unit->base, unit->plain);
    else
        snprintf(text, QUANTITY_TEXT, "%.10g", quantity.value);
    return text;
}

const char *quantity_expected(enum quantity_dimension dimension)
{
    return expected[dimension];
}

bool quantity_parse(const char *text, struct quantity *quantity)
{
    if (strpbrk(text, "xX"))
        return false; /* strtod would take hexadecimal; no unit has an x */
    char *end = NULL;
    const double value = strtod(text, &end);
    if (end == text || !isfinite(value))
        return false;
    end += strspn(end, " \t");
    *quantity = (struct quantity){.value = value, .dimension = QUANTITY_NUMBER};
    if (*end == '\0')
        return true;
    for (size_t i = 0; i < N_UNITS; i++)
        if (strcasecmp(end, units[i].word) == 0 || strcasecmp(end, units[i].plain) == 0) {
            *quantity = (struct quantity){.value = value * units[i].base, .dimension = units[i].dimension};
            return isfinite(quantity->value);
        }
    return false;
}

enum quantity_dimension quantity_dimension_of(const char *unit)
{
    for (size_t i = 0; i < N_UNITS; i++)
        if (strcasecmp(unit, units[i].word) == 0 || strcasecmp(unit, units[i].plain) == 0)
            return units[i].dimension;
    return QUANTITY_NUMBER;
}

double quantity_si(struct quantity quantity)
{
    return quantity.dimension == QUANTITY_TIME ? quantity.value / 1e9 : quantity.value;
}

bool quantity_get(lua_State *lua, int index, struct quantity *quantity)
{
    if (lua_type(lua, index) == LUA_TNUMBER) {
        *quantity = (struct quantity){.value = lua_tonumber(lua, index), .dimension = QUANTITY_NUMBER};
        return true;
    }
    const struct quantity *found = luaL_testudata(lua, index, type_name);
    if (found)
        *quantity = *found;
    return found != NULL;
}

void quantity_push(lua_State *lua, struct quantity quantity)
{
    if (quantity.dimension == QUANTITY_NUMBER) {
        lua_pushnumber(lua, quantity.value);
        return;
    }
    if (!isfinite(quantity.value))
        sandbox_fail(lua, 0, "a quantity", quantity.value > 0 ? "too large" : "no number", "a finite number");
    *(struct quantity *)lua_newuserdatauv(lua, sizeof quantity, 0) = quantity;
    luaL_setmetatable(lua, type_name);
}

/* us(x), ms(x) ...; the upvalue is the unit's row. */
static int construct(lua_State *lua)
{
    const struct unit *unit = &units[lua_tointeger(lua, lua_upvalueindex(1))];
    if (lua_type(lua, 1) != LUA_TNUMBER || lua_gettop(lua) != 1 || !isfinite(lua_tonumber(lua, 1))) {
        char got[SANDBOX_TEXT];
        sandbox_fail(lua, 0, unit->word, lua_gettop(lua) == 1 ? sandbox_text(lua, 1, got) : "",
                     "one finite number, as in %s(1)", unit->word);
    }
    const double value = lua_tonumber(lua, 1) * unit->base;
    quantity_push(lua, (struct quantity){.value = value, .dimension = unit->dimension});
    return 1;
}

/* Ends with the error that the operands of `sign` don't go together. */
static int mismatch(lua_State *lua, const char *sign, const char *why)
{
    char what[2 * SANDBOX_TEXT + 8], a[SANDBOX_TEXT], b[SANDBOX_TEXT];
    snprintf(what, sizeof what, "%s %s %s", sandbox_text(lua, 1, a), sign, sandbox_text(lua, 2, b));
    return sandbox_fail(lua, 0, what, NULL, "%s", why);
}

static const char one_kind[] = "two quantities of one kind";

/* Fetches both operands; false if they are not two of one dimension. */
static bool pair(lua_State *lua, struct quantity *a, struct quantity *b)
{
    return quantity_get(lua, 1, a) && quantity_get(lua, 2, b) && a->dimension == b->dimension;
}

static int add(lua_State *lua)
{
    struct quantity a, b;
    if (!pair(lua, &a, &b))
        return mismatch(lua, "+", one_kind);
    quantity_push(lua, (struct quantity){.value = a.value + b.value, .dimension = a.dimension});
    return 1;
}

static int subtract(lua_State *lua)
{
    struct quantity a, b;
    if (!pair(lua, &a, &b))
        return mismatch(lua, "-", one_kind);
    quantity_push(lua, (struct quantity){.value = a.value - b.value, .dimension = a.dimension});
    return 1;
}

static int multiply(lua_State *lua)
{
    struct quantity a, b;
    if (!quantity_get(lua, 1, &a) || !quantity_get(lua, 2, &b) ||
        (a.dimension != QUANTITY_NUMBER && b.dimension != QUANTITY_NUMBER))
        return mismatch(lua, "*", "a quantity times a plain number");
    const enum quantity_dimension dimension = a.dimension == QUANTITY_NUMBER ? b.dimension : a.dimension;
    quantity_push(lua, (struct quantity){.value = a.value * b.value, .dimension = dimension});
    return 1;
}

static int divide(lua_State *lua)
{
    struct quantity a, b;
    if (!quantity_get(lua, 1, &a) || !quantity_get(lua, 2, &b) ||
        (b.dimension != QUANTITY_NUMBER && a.dimension != b.dimension))
        return mismatch(lua, "/", "a quantity over a plain number or over one of its kind");
    const enum quantity_dimension dimension = b.dimension == QUANTITY_NUMBER ? a.dimension : QUANTITY_NUMBER;
    quantity_push(lua, (struct quantity){.value = a.value / b.value, .dimension = dimension});
    return 1;
}

static int negate(lua_State *lua)
{
    struct quantity a = {0};
    quantity_get(lua, 1, &a);
    quantity_push(lua, (struct quantity){.value = -a.value, .dimension = a.dimension});
    return 1;
}

static int equal(lua_State *lua)
{
    struct quantity a, b;
    lua_pushboolean(lua, pair(lua, &a, &b) && a.value >= b.value && a.value <= b.value);
    return 1;
}

static int less(lua_State *lua)
{
    struct quantity a, b;
    if (!pair(lua, &a, &b))
        return mismatch(lua, "<", one_kind);
    lua_pushboolean(lua, a.value < b.value);
    return 1;
}

static int less_or_equal(lua_State *lua)
{
    struct quantity a, b;
    if (!pair(lua, &a, &b))
        return mismatch(lua, "<=", one_kind);
    lua_pushboolean(lua, a.value <= b.value);
    return 1;
}

static int to_text(lua_State *lua)
{
    struct quantity quantity = {0};
    char text[QUANTITY_TEXT];
    quantity_get(lua, 1, &quantity);
    lua_pushstring(lua, quantity_text(quantity, text));
    return 1;
}

void quantity_install(lua_State *lua)
{
    static const luaL_Reg operators[] = {
        {"__add",      add          },
        {"__sub",      subtract     },
        {"__mul",      multiply     },
        {"__div",      divide       },
        {"__unm",      negate       },
        {"__eq",       equal        },
        {"__lt",       less         },
        {"__le",       less_or_equal},
        {"__tostring", to_text      },
        {NULL,         NULL         },
    };
    luaL_newmetatable(lua, type_name);
    luaL_setfuncs(lua, operators, 0);
    lua_pop(lua, 1);
    for (size_t i = 0; i < N_UNITS; i++) {
        lua_pushinteger(lua, (lua_Integer)i);
        lua_pushcclosure(lua, construct, 1);
        sandbox_word(lua, units[i].word);
    }
}
