#include "planner/adaptive.h"
#include "planner/task_words.h"
#include <lauxlib.h>
#include <math.h>
#include <stddef.h>
#include <string.h>

#define ANY QUANTITY_NUMBER, 0, 0

enum { ITEMS_MAX = 200, RECENT_MAX = 200 };

static struct rng *rng_of(lua_State *lua)
{
    return &task_words_owner(lua)->rng;
}

/* Pushes a copy of the list at `index`, so that nobody changes it later; returns how many items it has. */
static uint32_t copy_list(lua_State *lua, const char *word, int index, uint32_t least)
{
    char got[SANDBOX_TEXT];
    const lua_Unsigned n = lua_type(lua, index) == LUA_TTABLE ? lua_rawlen(lua, index) : 0;
    if (n < least || n > ITEMS_MAX)
        sandbox_fail(lua, 0, word, sandbox_text(lua, index, got), "a list of %u..%d items", (unsigned)least, ITEMS_MAX);
    lua_createtable(lua, (int)n, 0);
    for (lua_Unsigned i = 1; i <= n; i++) {
        lua_rawgeti(lua, index, (lua_Integer)i);
        lua_rawseti(lua, -2, (lua_Integer)i);
    }
    return (uint32_t)n;
}

/* The same of the key `of`. */
static uint32_t copy_of(const struct declare *declare, uint32_t least)
{
    declare_push(declare, "of");
    const int list = lua_gettop(declare->lua);
    const lua_Unsigned n = lua_type(declare->lua, list) == LUA_TTABLE ? lua_rawlen(declare->lua, list) : 0;
    if (n < least || n > ITEMS_MAX)
        declare_fail(declare, "of", NULL, "a list of %u..%d items", (unsigned)least, ITEMS_MAX);
    return copy_list(declare->lua, declare->word, list, least);
}

/* shuffled: upvalues are the list and the state. */

struct shuffled {
    uint32_t n, next;
};

static int next_shuffled(lua_State *lua)
{
    struct shuffled *shuffled = lua_touserdata(lua, lua_upvalueindex(2));
    const int list = lua_upvalueindex(1);
    if (shuffled->next == shuffled->n)
        shuffled->next = 0;
    if (shuffled->next == 0) /* Fisher and Yates, n - 1 draws a pass */
        for (lua_Integer i = shuffled->n; i > 1; i--) {
            const lua_Integer k = 1 + (lua_Integer)(rng_uniform(rng_of(lua)) * (double)i);
            lua_rawgeti(lua, list, i);
            lua_rawgeti(lua, list, k);
            lua_rawseti(lua, list, i);
            lua_rawseti(lua, list, k);
        }
    lua_rawgeti(lua, list, ++shuffled->next);
    return 1;
}

static int make_shuffled(lua_State *lua)
{
    if (sandbox_of(lua)->called) /* what is made there forgets everything with the trial */
        sandbox_fail(lua, 0, "shuffled", NULL, "it at the top of the file, not in trial()");
    const uint32_t n = copy_list(lua, "shuffled", 1, 1);
    *(struct shuffled *)lua_newuserdatauv(lua, sizeof(struct shuffled), 0) = (struct shuffled){.n = n, .next = n};
    lua_pushcclosure(lua, next_shuffled, 2);
    return 1;
}

/* blocks */

struct blocks {
    uint32_t min, max, over; /* over: trials that the criterion looks at */
    double hazard, criterion;
    uint32_t n, i;     /* values, and which one it is */
    uint32_t trials;   /* in this block so far */
    uint32_t length;   /* of this block, where it is drawn beforehand; 0: it is not */
    uint32_t n_recent; /* answers known, a ring of `over` */
    bool recent[RECENT_MAX];
};

/* The share of right answers among the last `over`; -1 while there are fewer. */
static double share_right(const struct blocks *blocks)
{
    uint32_t right = 0;
    if (blocks->n_recent < blocks->over)
        return -1;
    for (uint32_t i = 0; i < blocks->over; i++)
        right += blocks->recent[i];
    return (double)right / blocks->over;
}

static void begin_block(lua_State *lua, struct blocks *blocks)
{
    blocks->trials = blocks->n_recent = blocks->length = 0;
    const bool drawn = blocks->hazard <= 0 && blocks->criterion <= 0;
    if (drawn)
        blocks->length = blocks->min + (uint32_t)(rng_uniform(rng_of(lua)) * (blocks->max - blocks->min + 1.0));
}

/* Argument 1 as an answer: -1 if it is nil. */
static int answer_of(lua_State *lua, const char *word)
{
    char got[SANDBOX_TEXT];
    if (lua_isnoneornil(lua, 1))
        return -1;
    if (lua_type(lua, 1) != LUA_TBOOLEAN)
        sandbox_fail(lua, 0, word, sandbox_text(lua, 1, got), "true, false, or nothing if there was no answer");
    return lua_toboolean(lua, 1);
}

static bool block_over(lua_State *lua, const struct blocks *blocks)
{
    if (blocks->trials < blocks->min)
        return false;
    const bool by_chance = blocks->hazard > 0 && rng_bernoulli(rng_of(lua), blocks->hazard);
    const bool by_answers = blocks->criterion > 0 && share_right(blocks) >= blocks->criterion;
    return by_chance || by_answers || blocks->trials >= (blocks->length > 0 ? blocks->length : blocks->max);
}

static int next_block(lua_State *lua)
{
    struct blocks *blocks = lua_touserdata(lua, lua_upvalueindex(2));
    const int answer = answer_of(lua, "blocks");
    if (answer >= 0 && blocks->trials > 0 && blocks->over > 0)
        blocks->recent[blocks->n_recent++ % blocks->over] = answer != 0;
    if (block_over(lua, blocks)) {
        blocks->i = (blocks->i + 1) % blocks->n;
        begin_block(lua, blocks);
    }
    lua_rawgeti(lua, lua_upvalueindex(1), (lua_Integer)blocks->i + 1);
    lua_pushinteger(lua, ++blocks->trials);
    return 2;
}

static int read_blocks(struct declare *declare)
{
    static const struct declare_key keys[] = {
        {"of",             DECLARE_OTHER, true, ANY, 0, NULL},
        {"min",            DECLARE_WHOLE, false, QUANTITY_NUMBER, 1, 1e6, offsetof(struct blocks, min), NULL},
        {"max",               DECLARE_WHOLE, false, QUANTITY_NUMBER, 1, 1e6, offsetof(struct blocks, max), NULL},
        {"hazard",                DECLARE_NUMBER, false, QUANTITY_NUMBER, 0, 1, offsetof(struct blocks, hazard), NULL},
        {"criterion",DECLARE_NUMBER, false, QUANTITY_NUMBER, 0, 1, offsetof(struct blocks, criterion), NULL},
        {"over", DECLARE_WHOLE, false, QUANTITY_NUMBER, 1, RECENT_MAX, offsetof(struct blocks, over), NULL},
        {0            },
    };
    struct blocks blocks = {.min = 1, .max = 1000000};
    declare_keys(declare, keys, &blocks);
    if (declare_has(declare, "criterion") != declare_has(declare, "over"))
        declare_fail(declare, NULL, "", "criterion and over together: a share of right answers, over so many trials");
    if (!declare_has(declare, "hazard") && !declare_has(declare, "criterion") && !declare_has(declare, "max"))
        declare_fail(declare, NULL, "", "what ends a block: max, hazard, or criterion and over");
    if (blocks.max < blocks.min)
        declare_fail(declare, "max", NULL, "no less than min");
    blocks.n = copy_of(declare, 2);
    begin_block(declare->lua, &blocks);
    memcpy(lua_newuserdatauv(declare->lua, sizeof blocks, 0), &blocks, sizeof blocks);
    lua_pushcclosure(declare->lua, next_block, 2);
    return 1;
}

/* staircase */

struct staircase {
    double value, step, min, max;
    uint32_t down, up;     /* so many right ones in a row take a step down, so many wrong ones a step up */
    uint32_t right, wrong; /* in a row so far */
    enum quantity_dimension dimension;
};

static int next_step(lua_State *lua)
{
    struct staircase *stairs = lua_touserdata(lua, lua_upvalueindex(1));
    const int answer = answer_of(lua, "staircase");
    double move = 0;
    stairs->right = answer == 1 ? stairs->right + 1 : answer == 0 ? 0 : stairs->right;
    stairs->wrong = answer == 0 ? stairs->wrong + 1 : answer == 1 ? 0 : stairs->wrong;
    if (stairs->right == stairs->down || stairs->wrong == stairs->up) {
        move = stairs->right == stairs->down ? -stairs->step : stairs->step;
        stairs->right = stairs->wrong = 0;
    }
    stairs->value = fmin(fmax(stairs->value + move, stairs->min), stairs->max);
    quantity_push(lua, (struct quantity){.value = stairs->value, .dimension = stairs->dimension});
    return 1;
}

static int read_staircase(struct declare *declare)
{
    struct quantity start;
    struct staircase stairs = {.down = 3, .up = 1};
    declare_push(declare, "start");
    if (!quantity_get(declare->lua, -1, &start) || !isfinite(start.value))
        declare_fail(declare, NULL, "",
                     "a beginning: staircase { start = ms(500), step = ms(50), min = ..., max = ... }");
    lua_pop(declare->lua, 1);
    stairs.dimension = start.dimension;
    const struct declare_key keys[] = {
        {"start",                    DECLARE_NUMBER, true, start.dimension, 0, 0, offsetof(struct staircase, value), NULL},
        {"step",                      DECLARE_NUMBER, true, start.dimension, 0, 0, offsetof(struct staircase, step), NULL},
        {"min",                         DECLARE_NUMBER, true, start.dimension, 0, 0, offsetof(struct staircase, min), NULL},
        {"max", DECLARE_NUMBER, true, start.dimension, 0, 0, offsetof(struct staircase, max), NULL},
        {"down",                      DECLARE_WHOLE, false, QUANTITY_NUMBER, 1, 100, offsetof(struct staircase, down), NULL},
        {"up",                     DECLARE_WHOLE, false, QUANTITY_NUMBER, 1, 100, offsetof(struct staircase, up), NULL},
        {0                     },
    };
    declare_keys(declare, keys, &stairs);
    if (stairs.min > stairs.max)
        declare_fail(declare, "max", NULL, "no less than min");
    if (stairs.value < stairs.min || stairs.value > stairs.max)
        declare_fail(declare, "start", NULL, "a value from min to max");
    memcpy(lua_newuserdatauv(declare->lua, sizeof stairs, 0), &stairs, sizeof stairs);
    lua_pushcclosure(declare->lua, next_step, 1);
    return 1;
}

/* anti_bias */

struct anti_bias {
    uint32_t over, n, n_recent;
    double floor; /* the least weight of a value, in shares */
    uint32_t recent[RECENT_MAX];
};

/* Index of argument 1 in the list; -1 if it is nil. */
static int choice_of(lua_State *lua, uint32_t n)
{
    char got[SANDBOX_TEXT];
    if (lua_isnoneornil(lua, 1))
        return -1;
    for (uint32_t i = 0; i < n; i++) {
        lua_rawgeti(lua, lua_upvalueindex(1), (lua_Integer)i + 1);
        const bool equal = lua_rawequal(lua, 1, -1);
        lua_pop(lua, 1);
        if (equal)
            return (int)i;
    }
    sandbox_fail(lua, 0, "anti_bias", sandbox_text(lua, 1, got),
                 "one of its values, or nothing if there was no choice");
}

/* Each value's weight is the share of the choices that were not it: one draw. */
static int next_unbiased(lua_State *lua)
{
    struct anti_bias *bias = lua_touserdata(lua, lua_upvalueindex(2));
    double weights[ITEMS_MAX];
    uint32_t chosen[ITEMS_MAX] = {0};
    const int choice = choice_of(lua, bias->n);
    if (choice >= 0)
        bias->recent[bias->n_recent++ % bias->over] = (uint32_t)choice;
    const uint32_t known = bias->n_recent < bias->over ? bias->n_recent : bias->over;
    for (uint32_t i = 0; i < known; i++)
        chosen[bias->recent[i]]++;
    for (uint32_t i = 0; i < bias->n; i++)
        weights[i] = known == 0 ? 1 : fmax(1 - (double)chosen[i] / known, bias->floor);
    lua_rawgeti(lua, lua_upvalueindex(1), 1 + (lua_Integer)rng_choice(rng_of(lua), weights, bias->n));
    return 1;
}

static int read_anti_bias(struct declare *declare)
{
    static const struct declare_key keys[] = {
        {"of",  DECLARE_OTHER, true, ANY, 0, NULL},
        {"over", DECLARE_WHOLE, false, QUANTITY_NUMBER, 1, RECENT_MAX, offsetof(struct anti_bias, over), NULL},
        {"floor",    DECLARE_NUMBER, false, QUANTITY_NUMBER, 0.001, 0.5, offsetof(struct anti_bias, floor), NULL},
        {0    },
    };
    struct anti_bias bias = {.over = 20, .floor = 0.1};
    declare_keys(declare, keys, &bias);
    bias.n = copy_of(declare, 2);
    memcpy(lua_newuserdatauv(declare->lua, sizeof bias, 0), &bias, sizeof bias);
    lua_pushcclosure(declare->lua, next_unbiased, 2);
    return 1;
}

void adaptive_install(lua_State *lua)
{
    static const struct declare_word words[] = {
        {"blocks",    false, read_blocks   },
        {"staircase", false, read_staircase},
        {"anti_bias", false, read_anti_bias},
        {NULL,        false, NULL          },
    };
    declare_install(lua, words);
    lua_pushcfunction(lua, make_shuffled);
    sandbox_word(lua, "shuffled");
}
