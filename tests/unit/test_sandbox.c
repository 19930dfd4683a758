#include "planner/sandbox.h"
#include "tests/test.h"
#include "tests/unit/planner_case.h"

/* Runs `code` as a rig file: the sandbox is the same for tasks. The first line of the file is the code's. */
static const char *run(const char *code)
{
    return planner_case_rig(code);
}

static const char no_device[] = "x.lua: rig: expected a device: device \"daq\" { driver = ... }"; /* the code ran */

#define EXPECT(code, line) assert_string_equal(run(code), line)
#define RUNS(code)         assert_string_equal(run(code), no_device)

static void an_endless_loop_is_stopped_on_its_line(void **state)
{
    (void)state;
    EXPECT("local x = 1\nwhile true do x = x + 1 end",
           "x.lua:2: too much work: expected at most 10000000 instructions while the file loads");
    EXPECT("::again:: goto again",
           "x.lua:1: too much work: expected at most 10000000 instructions while the file loads");
}

static void an_endless_loop_in_a_trial_has_a_smaller_limit(void **state)
{
    (void)state;
    assert_string_equal(planner_case_task("function trial()\nwhile true do end\nend"),
                        "x.lua:2: too much work: expected at most 1000000 instructions a trial");
}

static void library_calls_cost_their_work(void **state)
{
    (void)state;
    /* 3 million instructions by themselves, but each insertion at the front moves ten thousand items */
    EXPECT("local t = {}\nfor i = 1, 10000 do t[i] = i end\nfor i = 1, 500000 do table.insert(t, 1, 0) table.remove(t, "
           "1) end",
           "x.lua:3: too much work: expected at most 10000000 instructions while the file loads");
    EXPECT("local s = string.rep(\"x\", 200000)\nfor i = 1, 500000 do local t = s .. i end",
           "x.lua:2: too much work: expected at most 10000000 instructions while the file loads");
}

static void a_memory_bomb_is_stopped(void **state)
{
    (void)state;
    EXPECT("local t = {}\nfor i = 1, 1000 do\n  t[i] = string.rep(\"x\", 200000) .. i\nend",
           "x.lua:3: too much memory: expected at most 32 MiB");
    EXPECT("local s = string.rep(\"xx\", 200000)",
           "x.lua:1: too much memory: expected at most 256 KiB in one text or table");
    EXPECT("local s = \"x\"\nwhile true do s = s .. s end",
           "x.lua:2: too much memory: expected at most 256 KiB in one text or table");
    EXPECT("local t = {}\nfor i = 1, 1e9 do t[i] = i end",
           "x.lua:2: too much memory: expected at most 256 KiB in one text or table");
}

static void no_library_call_can_hang(void **state)
{
    (void)state;
    EXPECT("local s = string.rep(\"\", 1000000000000)",
           "x.lua:1: string.rep = 1000000000000: expected at most 262144 times");
    EXPECT("local t, k = {}, 1 << 61\nwhile k > 0 do t[k] = 0 k = k // 2 end\ntable.insert(t, 1, 0)",
           "x.lua:3: table: expected a list of at most 16384 items");
    EXPECT("local function f(...) return f(1, 2, 3, ...) end\nf()",
           "x.lua:1: too much memory: expected at most 256 KiB in one text or table");
}

static void deep_recursion_is_stopped(void **state)
{
    (void)state;
    EXPECT("local function f(x)\n  return 1 + f(x)\nend\nf(1)",
           "x.lua:2: calls within calls: expected at most 150 levels");
    RUNS("local function f(x) if x == 0 then return 0 end return 1 + f(x - 1) end\nf(100)");
    RUNS("local function f(x) if x == 0 then return 0 end return f(x - 1) end\nf(100000)"); /* tail calls are loops */
}

static void deep_nesting_of_source_is_an_error_and_no_crash(void **state)
{
    (void)state;
    char code[1100] = "local x = ";
    memset(code + strlen(code), '(', 1000);
    EXPECT(code, "x.lua: C stack overflow: expected fewer levels of nesting");
    memset(code + strlen("local x = "), '{', 1000);
    EXPECT(code, "x.lua: C stack overflow: expected fewer levels of nesting");
}

static void bytecode_and_binary_data_are_refused(void **state)
{
    (void)state;
    EXPECT("\x1bLuaT", "x.lua: no text: expected Lua source, not bytecode or other binary data");
    assert_string_equal(
        planner_case_rig_file("tests/cli/bad-input/bytecode.luac"),
        "tests/cli/bad-input/bytecode.luac: no text: expected Lua source, not bytecode or other binary data");
}

static void a_missing_file_says_what_the_system_said(void **state)
{
    (void)state;
    assert_string_equal(planner_case_rig_file("tests/cli/bad-input/absent.lua"),
                        "tests/cli/bad-input/absent.lua: No such file or directory");
    assert_int_equal(error_exit_status(&planner_case.err), 1);
}

static void what_could_leave_the_sandbox_does_not_exist(void **state)
{
    (void)state;
    static const char *const words[] = {
        "io",         "os",       "debug",  "package",      "coroutine",    "utf8",           "load",
        "loadstring", "loadfile", "dofile", "require",      "pcall",        "xpcall",         "rawget",
        "rawset",     "rawequal", "rawlen", "setmetatable", "getmetatable", "collectgarbage", "next",
        "print",      "warn",     "_G",     "_ENV_",        "_VERSION",     "assert",
    };
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        char code[64], line[96];
        snprintf(code, sizeof code, "local x = %s", words[i]);
        snprintf(line, sizeof line, "x.lua:1: %s: expected a word", words[i]);
        assert_memory_equal(run(code), line, strlen(line));
    }
}

static void library_tables_hold_only_the_harmless_part(void **state)
{
    (void)state;
    static const char *const keys[] = {
        "string.find", "string.match", "string.gmatch", "string.gsub",     "string.dump", "string.pack",
        "string.byte", "string.char",  "math.random",   "math.randomseed", "math.exp",    "math.log",
        "math.sin",    "table.sort",   "table.move",    "table.pack",
    };
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        char code[64], line[96];
        snprintf(code, sizeof code, "local x = %s", keys[i]);
        snprintf(line, sizeof line, "x.lua:1: %s: expected ", keys[i]);
        assert_memory_equal(run(code), line, strlen(line));
    }
    EXPECT("local x = math.floorr(1.5)", "x.lua:1: math.floorr: expected math: did you mean floor?");
}

static void texts_have_no_methods(void **state)
{
    (void)state;
    EXPECT("local x = (\"x\"):find(\"x\")",
           "x.lua:1: attempt to index a string value (constant 'x'): expected something "
           "with keys before the dot or bracket");
    EXPECT("local x = \"10\" + 1", "x.lua:1: attempt to perform arithmetic on a string value (constant '10'): expected "
                                   "numbers, or quantities of one kind");
}

static void nothing_shows_an_address(void **state)
{
    (void)state;
    RUNS("if tostring({}) ~= \"table\" or tostring(tostring) ~= \"function\" then error(\"address\") end");
    RUNS("if string.format(\"%s %s\", {}, ms) ~= \"table function\" then error(\"address\") end");
    EXPECT("local x = string.format(\"%p\", {})",
           "x.lua:1: string.format = %p: expected no %p: addresses differ from run to run");
    EXPECT("local x = string.format(\"\\0%-5p\", {})",
           "x.lua:1: string.format: expected no %p: addresses differ from run to run");
}

static void pairs_goes_in_order(void **state)
{
    (void)state;
    RUNS("local s = \"\"\nfor k in pairs({ b = 1, a = 1, [2.5] = 1, [-1] = 1, 7, 8, ab = 1, B = 1 }) do s = s .. k .. "
         "\" \" end\n"
         "if s ~= \"-1 1 2 2.5 B a ab b \" then error(s) end");
    RUNS("local t, n = {}, 0\nfor i = 1, 999 do t[(i * 7919) % 1009] = i end\nlocal last = -1\n"
         "for k in pairs(t) do if k <= last then error(\"order\") end last = k n = n + 1 end\nif n ~= 999 then "
         "error(n) end");
    RUNS("local t = { a = 1, b = 2, c = 3 }\nfor k in pairs(t) do t.b = nil if k == \"b\" then error(k) end end");
    EXPECT("for k in pairs({ [true] = 1 }) do end",
           "x.lua:1: pairs: key = true: expected keys that are numbers or texts");
}

static void words_can_not_be_changed_and_globals_not_be_made(void **state)
{
    (void)state;
    EXPECT("math.floor = 1", "x.lua:1: math.floor = 1: expected no assignment: math can only be read");
    EXPECT("\nms = sec", "x.lua:2: ms: expected no assignment: ms is a word of the language or defined already");
    EXPECT("counter = 1", "x.lua:1: counter: expected a local variable: local counter = ...");
    EXPECT("function trial() end", "x.lua:1: trial: expected a local variable: local trial = ...");
    assert_string_equal(planner_case_task("trial = 5"), "x.lua:1: trial = 5: expected a function");
    assert_string_equal(planner_case_task("function trial() end\nfunction trial() end"),
                        "x.lua:2: trial: expected no assignment: trial is a word of the language or defined already");
}

static void a_misspelt_word_gets_a_suggestion(void **state)
{
    (void)state;
    EXPECT("\n\ndevise \"daq\" { driver = \"fake\" }",
           "x.lua:3: devise: expected a word of the language: did you mean device?");
}

static void syntax_errors_are_one_line(void **state)
{
    (void)state;
    EXPECT("device \"a\" {\n  driver = \"fake\"\n  rate = 1\n}",
           "x.lua:3: syntax: expected '}' (to close '{' at line 1) near 'rate'");
    EXPECT("local x = )", "x.lua:1: unexpected symbol near ')': expected a value or a name");
    EXPECT("local x = \"abc\n", "x.lua:1: unfinished string near '\"abc': expected a closing quote on the same line");
}

static void run_time_errors_are_one_line(void **state)
{
    (void)state;
    EXPECT("local t = nil\nlocal x = t.y",
           "x.lua:2: attempt to index a nil value (local 't'): expected something with keys "
           "before the dot or bracket");
    EXPECT("local x = string.rep()", "x.lua:1: bad argument #1 to 'rep': expected string, got no value");
    EXPECT("table.insert(1, 2)", "x.lua:1: bad argument #1 to 'insert': expected table, got number");
    EXPECT("error(\"the water is empty\")", "x.lua:1: the water is empty");
    EXPECT("error({})", "x.lua:1: error(): expected a text to say");
    EXPECT("local x = table.unpack({}, 1, 1e6)", "x.lua:1: table.unpack: expected at most 200 values");
}

static void control_characters_in_a_message_stay_on_one_line(void **state)
{
    (void)state;
    EXPECT("error(\"a\\nb\")", "x.lua:1: a?b");
}

static void a_byte_order_mark_is_no_error(void **state)
{
    (void)state;
    RUNS("\xef\xbb\xbflocal x = 1");
}

static void a_zeroed_sandbox_closes(void **state)
{
    (void)state;
    struct sandbox sandbox = {0};
    sandbox_close(&sandbox);
    sandbox_close(&sandbox);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(an_endless_loop_is_stopped_on_its_line),
    cmocka_unit_test(an_endless_loop_in_a_trial_has_a_smaller_limit),
    cmocka_unit_test(library_calls_cost_their_work),
    cmocka_unit_test(a_memory_bomb_is_stopped),
    cmocka_unit_test(no_library_call_can_hang),
    cmocka_unit_test(deep_recursion_is_stopped),
    cmocka_unit_test(deep_nesting_of_source_is_an_error_and_no_crash),
    cmocka_unit_test(bytecode_and_binary_data_are_refused),
    cmocka_unit_test(a_missing_file_says_what_the_system_said),
    cmocka_unit_test(what_could_leave_the_sandbox_does_not_exist),
    cmocka_unit_test(library_tables_hold_only_the_harmless_part),
    cmocka_unit_test(texts_have_no_methods),
    cmocka_unit_test(nothing_shows_an_address),
    cmocka_unit_test(pairs_goes_in_order),
    cmocka_unit_test(words_can_not_be_changed_and_globals_not_be_made),
    cmocka_unit_test(a_misspelt_word_gets_a_suggestion),
    cmocka_unit_test(syntax_errors_are_one_line),
    cmocka_unit_test(run_time_errors_are_one_line),
    cmocka_unit_test(control_characters_in_a_message_stay_on_one_line),
    cmocka_unit_test(a_byte_order_mark_is_no_error),
    cmocka_unit_test(a_zeroed_sandbox_closes),
};

TEST_MAIN(tests)
