/* adaptive: words that remember. The tasks below check themselves while they load; expected shares by hand, or as said.
 */
#include "planner/task.h"
#include "tests/test.h"
#include "tests/unit/planner_case.h"

#define TRIAL              "function trial() return { state \"x\" { after = { sec(1), done } } } end\n"
#define EXPECT(text, line) assert_string_equal(planner_case_task(text TRIAL), line)

static void every_pass_of_a_shuffled_list_has_each_item_once(void **state)
{
    (void)state;
    EXPECT("local next = shuffled { \"a\", \"a\", \"b\", \"c\" }\n"
           "local firsts = { a = 0, b = 0, c = 0 }\n"
           "for pass = 1, 8000 do\n"
           "  local n = { a = 0, b = 0, c = 0 }\n"
           "  for i = 1, 4 do\n"
           "    local item = next()\n"
           "    n[item] = n[item] + 1\n"
           "    if i == 1 then firsts[item] = firsts[item] + 1 end\n"
           "  end\n"
           "  if n.a ~= 2 or n.b ~= 1 or n.c ~= 1 then error(\"not each once\") end\n"
           "end\n" /* half of 8,000, a quarter; 4 sd are 180 and 155 */
           "if firsts.a < 3820 or firsts.a > 4180 or firsts.b < 1845 or firsts.b > 2155 then error(\"uneven\") end\n",
           "");
}

static void a_shuffled_list_is_its_own(void **state)
{
    (void)state;
    EXPECT("local list = { 1, 1 }\nlocal next = shuffled(list)\nlist[1] = 2\nlist[2] = 2\n"
           "if next() ~= 1 or next() ~= 1 then error(\"changed\") end\n",
           "");
}

static void blocks_without_a_hazard_have_lengths_drawn_between_min_and_max(void **state)
{
    (void)state;
    EXPECT("local block = blocks { of = { \"left\", \"right\" }, min = 20, max = 40 }\n"
           "local lengths, last, n, sum = {}, \"left\", 0, 0\n"
           "while #lengths < 3000 do\n"
           "  local side, trial = block()\n"
           "  if side ~= last then lengths[#lengths + 1] = n end\n"
           "  if side ~= last and trial ~= 1 then error(\"not the first\") end\n"
           "  n, last = trial, side\n"
           "end\n"
           "local low, high = 100, 0\n"
           "for _, length in ipairs(lengths) do\n"
           "  sum, low, high = sum + length, math.min(low, length), math.max(high, length)\n"
           "end\n" /* mean 30, sd 6.06: 4 sd of the mean are 0.44 */
           "if low ~= 20 or high ~= 40 or math.abs(sum / 3000 - 30) > 0.44 then error(\"lengths\") end\n",
           "");
}

static void a_hazard_ends_a_block_with_this_chance_a_trial(void **state)
{
    (void)state;
    EXPECT("local block = blocks { of = { 1, 2, 3 }, min = 10, hazard = 0.05 }\n"
           "local switches, last = 0, 1\n"
           "for i = 1, 100000 do\n"
           "  local value = block()\n"
           "  if value ~= last and value ~= last % 3 + 1 then error(\"order\") end\n"
           "  if value ~= last then switches = switches + 1 end\n"
           "  last = value\n"
           "end\n" /* mean length 10 + 0.95 / 0.05 = 29, sd 19.5: 3448 blocks, sd 39 */
           "if math.abs(switches - 3448) > 160 then error(switches) end\n",
           "");
}

static void blocks_end_when_the_animal_has_got_it(void **state)
{
    (void)state;
    EXPECT("local block = blocks { of = { \"a\", \"b\" }, criterion = 0.75, over = 4, min = 6, max = 12 }\n"
           "local function length(answers)\n"
           "  local value = block(answers[1])\n"
           "  for n = 2, 20 do\n"
           "    if block(answers[n]) ~= value then return n - 1 end\n"
           "  end\n"
           "end\n"
           "local right, wrong = {}, {}\n"
           "for i = 1, 20 do right[i], wrong[i] = true, false end\n"
           "if length(right) ~= 6 then error(\"min\") end\n" /* 4 right ones are not enough before 6 */
           "for i = 2, 20 do wrong[i] = i >= 8 end\n"        /* in this block since its first trial, the second call: */
           "local n = length(wrong)\n"                       /* right from its 7th answer on, 3 of 4 after 9 */
           "if n ~= 9 then error(n) end\n",
           "");
}

static void a_staircase_settles_where_up_and_down_are_equally_likely(void **state)
{
    (void)state; /* three down, one up: p^3 = 1/2, p = 0.7937 (Levitt 1971, table I) */
    EXPECT("local level = staircase { start = 0.9, step = 0.01, min = 0, max = 1, down = 3, up = 1 }\n"
           "local value, sum = level(), 0\n"
           "for i = 1, 60000 do\n"
           "  value = level(draw(value))\n"
           "  if i > 10000 then sum = sum + value end\n"
           "end\n"
           "if math.abs(sum / 50000 - 0.794) > 0.012 then error(sum / 50000) end\n",
           "");
    EXPECT(
        "local d = staircase { start = ms(500), step = ms(50), min = ms(400), max = ms(550), down = 2, up = 2 }\n"
        "local seen = { d(), d(true), d(true), d(true), d(nil), d(true), d(true), d(true),\n"
        "  d(false), d(true), d(false), d(false), d(false), d(false), d(false), d(false), d(false), d(false) }\n"
        "local wanted = { 500, 500, 450, 450, 450, 400, 400, 400, 400, 400, 400, 450, 450, 500, 500, 550, 550, 550 }\n"
        "for i, value in ipairs(wanted) do\n"
        "  if seen[i] ~= ms(value) then error(i .. \": \" .. tostring(seen[i])) end\n"
        "end\n",
        "");
}

static void a_biased_animal_gets_the_other_side(void **state)
{
    (void)state;
    EXPECT("local side = anti_bias { of = { \"left\", \"right\" }, over = 20 }\n"
           "local n = 0\n"
           "for i = 1, 20 do side(\"left\") end\n"
           "for i = 1, 20000 do\n"
           "  if side(\"left\") == \"right\" then n = n + 1 end\n"
           "end\n" /* weights 0.1 and 1: 0.909, sd 41 */
           "if math.abs(n - 18182) > 165 then error(n) end\n"
           "n = 0\n"
           "for i = 1, 20000 do\n"
           "  if side(i % 4 == 0 and \"right\" or \"left\") == \"right\" then n = n + 1 end\n"
           "end\n" /* a quarter of the choices is right: three quarters of the trials are; sd 61 */
           "if math.abs(n - 15000) > 250 then error(n) end\n"
           "for i = 1, 10 do side() end\n", /* no choice, nothing learnt */
           "");
}

static void draws_have_their_laws(void **state)
{
    (void)state;
    EXPECT("local sum, squares, low, n = 0, 0, 0, 0\n"
           "for i = 1, 40000 do\n"
           "  local x = normal(0, 1, 1)\n"
           "  if x < -1 or x > 1 then error(\"outside\") end\n"
           "  sum, squares = sum + x, squares + x * x\n"
           "  if choice { 1, 2, 3, weights = { 1, 0, 3 } } == 3 then n = n + 1 end\n"
           "end\n" /* sqrt(1 - 2 phi(1) / (2 Phi(1) - 1)) = 0.5395602 */
           "if math.abs(sum / 40000) > 0.011 or math.abs(math.sqrt(squares / 40000) - 0.53956) > 0.006 then\n"
           "  error(squares / 40000)\nend\n"
           "if math.abs(n - 30000) > 350 then error(n) end\n" /* sd 87 */
           "if normal(sec(2), ms(0), 2) ~= sec(2) then error(\"units\") end\n",
           "");
}

static void what_is_made_in_a_trial_would_forget(void **state)
{
    (void)state;
    static const char *const rows[][2] = {
        {"shuffled { 1, 2 }",                                   "shuffled" },
        {"blocks { of = { 1, 2 }, max = 3 }",                   "blocks"   },
        {"staircase { start = 1, step = 1, min = 0, max = 2 }", "staircase"},
        {"anti_bias { of = { 1, 2 } }",                         "anti_bias"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char text[256], line[256];
        snprintf(text, sizeof text, "function trial()\nlocal x = %s\nend\n", rows[i][0]);
        snprintf(line, sizeof line, "x.lua:2: %s: expected it at the top of the file, not in trial()", rows[i][1]);
        assert_string_equal(planner_case_task(text), line);
    }
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(every_pass_of_a_shuffled_list_has_each_item_once),
    cmocka_unit_test(a_shuffled_list_is_its_own),
    cmocka_unit_test(blocks_without_a_hazard_have_lengths_drawn_between_min_and_max),
    cmocka_unit_test(a_hazard_ends_a_block_with_this_chance_a_trial),
    cmocka_unit_test(blocks_end_when_the_animal_has_got_it),
    cmocka_unit_test(a_staircase_settles_where_up_and_down_are_equally_likely),
    cmocka_unit_test(a_biased_animal_gets_the_other_side),
    cmocka_unit_test(draws_have_their_laws),
    cmocka_unit_test(what_is_made_in_a_trial_would_forget),
};
TEST_MAIN(tests)
