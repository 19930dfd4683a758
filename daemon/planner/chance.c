#include "planner/chance.h"
#include "engine/base/det.h"
#include "planner/quantity.h"
#include "planner/sandbox.h"
#include <math.h>

enum { CHOICES_MAX = 200 }; /* with weights */

static struct rng *rng_of(lua_State *lua)
{
    return lua_touserdata(lua, lua_upvalueindex(1));
}

/* The argument at `index`; ends the call unless it is a number or quantity. */
static struct quantity argument(lua_State *lua, const char *word, int index, const char *expected)
{
    struct quantity quantity;
    char got[SANDBOX_TEXT];
    if (!quantity_get(lua, index, &quantity) || !isfinite(quantity.value))
        sandbox_fail(lua, 0, word, sandbox_text(lua, index, got), "%s", expected);
    return quantity;
}

static int draw(lua_State *lua)
{
    static const char expected[] = "a probability, a number 0..1";
    const struct quantity p = argument(lua, "draw", 1, expected);
    char got[SANDBOX_TEXT];
    if (p.dimension != QUANTITY_NUMBER || p.value < 0 || p.value > 1)
        return sandbox_fail(lua, 0, "draw", sandbox_text(lua, 1, got), "%s", expected);
    lua_pushboolean(lua, rng_bernoulli(rng_of(lua), p.value));
    return 1;
}

/* exponential(mean, cut): the exponential law of this mean, given that it is below cut * mean. By its inverse
 * distribution function: drawing again until one fits would take an unknown number of draws. */
static int exponential(lua_State *lua)
{
    const struct quantity mean = argument(lua, "exponential", 1, "a mean, as in exponential(sec(4), 3)");
    const struct quantity cut = argument(lua, "exponential", 2, "a cut in means, as in exponential(sec(4), 3)");
    char got[SANDBOX_TEXT];
    if (mean.value <= 0)
        return sandbox_fail(lua, 0, "exponential", sandbox_text(lua, 1, got), "a mean above 0");
    if (cut.dimension != QUANTITY_NUMBER || cut.value <= 0)
        return sandbox_fail(lua, 0, "exponential", sandbox_text(lua, 2, got), "a cut in means, a number above 0");
    const double below = 1 - det_exp(-cut.value);
    const double x = -mean.value * det_log1p(-rng_uniform(rng_of(lua)) * below);
    quantity_push(lua, (struct quantity){.value = x, .dimension = mean.dimension});
    return 1;
}

static int uniform(lua_State *lua)
{
    static const char expected[] = "two bounds of one kind, as in uniform(sec(1), sec(2))";
    const struct quantity a = argument(lua, "uniform", 1, expected), b = argument(lua, "uniform", 2, expected);
    char got[SANDBOX_TEXT];
    if (a.dimension != b.dimension || a.value > b.value)
        return sandbox_fail(lua, 0, "uniform", sandbox_text(lua, 2, got), "%s", expected);
    const double x = a.value + (b.value - a.value) * rng_uniform(rng_of(lua));
    quantity_push(lua, (struct quantity){.value = x, .dimension = a.dimension});
    return 1;
}

/* normal(mean, sd, cut): the normal law of this mean and standard deviation, given that it is within cut of them. */
static int normal(lua_State *lua)
{
    static const char expected[] = "mean and standard deviation of one kind, as in normal(sec(2), ms(300), 2)";
    const struct quantity mean = argument(lua, "normal", 1, expected), sd = argument(lua, "normal", 2, expected);
    const struct quantity cut = argument(lua, "normal", 3, "a cut in standard deviations, a number 0.01..8");
    char got[SANDBOX_TEXT];
    if (mean.dimension != sd.dimension || sd.value < 0)
        return sandbox_fail(lua, 0, "normal", sandbox_text(lua, 2, got), "%s", expected);
    if (cut.dimension != QUANTITY_NUMBER || cut.value < 0.01 || cut.value > 8)
        return sandbox_fail(lua, 0, "normal", sandbox_text(lua, 3, got),
                            "a cut in standard deviations, a number 0.01..8");
    const double x = rng_normal_cut(rng_of(lua), mean.value, sd.value, cut.value);
    quantity_push(lua, (struct quantity){.value = x, .dimension = mean.dimension});
    return 1;
}

/* Reads the list of `n` weights at the top of the stack. */
static void read_weights(lua_State *lua, lua_Unsigned n, double weights[CHOICES_MAX])
{
    char got[SANDBOX_TEXT];
    double sum = 0;
    if (lua_type(lua, -1) != LUA_TTABLE || lua_rawlen(lua, -1) != n || n > CHOICES_MAX)
        sandbox_fail(lua, 0, "choice.weights", sandbox_text(lua, -1, got), "a list of %u numbers, one for each item",
                     (unsigned)n);
    for (lua_Unsigned i = 0; i < n; i++) {
        lua_rawgeti(lua, -1, (lua_Integer)i + 1);
        weights[i] = lua_type(lua, -1) == LUA_TNUMBER ? lua_tonumber(lua, -1) : -1;
        if (!(weights[i] >= 0 && weights[i] <= 1e9))
            sandbox_fail(lua, 0, "choice.weights", sandbox_text(lua, -1, got), "numbers 0..1e9");
        sum += weights[i];
        lua_pop(lua, 1);
    }
    if (sum <= 0)
        sandbox_fail(lua, 0, "choice.weights", "", "at least one above 0");
}

static int choice(lua_State *lua)
{
    char got[SANDBOX_TEXT];
    double weights[CHOICES_MAX];
    const lua_Unsigned n = lua_type(lua, 1) == LUA_TTABLE ? lua_rawlen(lua, 1) : 0;
    if (n == 0)
        return sandbox_fail(lua, 0, "choice", sandbox_text(lua, 1, got), "a list: choice { a, b }");
    lua_pushliteral(lua, "weights");
    if (lua_rawget(lua, 1) == LUA_TNIL) {
        lua_rawgeti(lua, 1, 1 + (lua_Integer)(rng_uniform(rng_of(lua)) * (double)n));
        return 1;
    }
    read_weights(lua, n, weights);
    lua_rawgeti(lua, 1, 1 + (lua_Integer)rng_choice(rng_of(lua), weights, n));
    return 1;
}

void chance_install(lua_State *lua, struct rng *rng)
{
    static const struct {
        const char *name;
        lua_CFunction function;
    } words[] = {
        {"draw",        draw       },
        {"exponential", exponential},
        {"uniform",     uniform    },
        {"normal",      normal     },
        {"choice",      choice     }
    };
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        lua_pushlightuserdata(lua, rng);
        lua_pushcclosure(lua, words[i].function, 1);
        sandbox_word(lua, words[i].name);
    }
}
