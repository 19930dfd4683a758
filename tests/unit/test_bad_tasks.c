/* A task that is wrong in one place: one line that names file, line, key, value, and what would have been right. Every
 * constructor with a wrong type, out of range, unknown, missing, not a number; and files that would never end, or eat
 * all memory. Each row is one mistake; the lines below are what a person has read and found right. */
#include "planner/task.h"
#include "tests/test.h"
#include "tests/unit/planner_case.h"

#define TRIAL "function trial() return { state \"x\" { after = { sec(1), done } } } end\n"

enum where {
    STATE,   /* the keys of a state, on line 3 */
    DECLARE, /* from line 2 on, with a trial that is right behind it */
    WHOLE,   /* from line 2 on */
};

struct row {
    enum where where;
    const char *text, *says;
};

static const char *said(const struct row *row)
{
    static char text[2048];
    if (row->where == STATE)
        return planner_case_state(row->text);
    snprintf(text, sizeof text, "%s%s\n%s", planner_case_uses, row->text, row->where == DECLARE ? TRIAL : "");
    return planner_case_task(text);
}

static void expect(const struct row *rows, size_t n)
{
    int n_wrong = 0;
    for (size_t i = 0; i < n; i++) {
        const char *line = said(&rows[i]);
        if (strcmp(line, rows[i].says) == 0)
            continue;
        print_message("# %s\n# expected: %s\n# says:     %s\n", rows[i].text, rows[i].says, line);
        n_wrong++;
    }
    assert_int_equal(n_wrong, 0);
}
#define EXPECT(rows) expect(rows, sizeof rows / sizeof *rows)

static void a_state_is_checked(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {STATE, "after = 5",                                                                  "x.lua:3: state.x.after = 5: expected a table: { ... }"                         },
        {STATE, "after = { ms(0/0), done }",                                                  "x.lua:3: ms = nan: expected one finite number, as in ms(1)"                    },
        {STATE, "after = { sec(3601), done }",                                                "x.lua:3: state.x.after.1 = sec(3601): expected us(0)..sec(3600)"               },
        {STATE, "after = { sec(1), \"y\" }",
         "x.lua:3: state.x.after.2 = \"y\": expected a state of this trial, or done: x"                                                                                       },
        {STATE, "after = { sec(1) }",
         "x.lua:3: state.x.after = a table: expected a time and a target: { sec(1), \"next\" }"                                                                               },
        {STATE, "after = { 1, done }",                                                        "x.lua:3: state.x.after.1 = 1: expected a time: us(x), ms(x) or sec(x)"         },
        {STATE, "after = { ul(1), done }",                                                    "x.lua:3: state.x.after.1 = ul(1): expected a time: us(x), ms(x) or sec(x)"     },
        {STATE, "after = { sec(1), done, done }",
         "x.lua:3: state.x.after = a table: expected a time and a target: { sec(1), \"next\" }"                                                                               },
        {STATE, "afte = { sec(1), done }",
         "x.lua:3: state.x.afte = a table: expected a key of state: did you mean after?"                                                                                      },
        {STATE, "enter = {}",                                                                 "x.lua:3: state.x: expected a way out: after = { time, state } or a state in on"},
        {WHOLE, "function trial() return { state \"x x\" { after = { sec(1), done } } } end",
         "x.lua:2: state = \"x x\": expected a name of 1..31 letters, digits, _ - and dots"                                                                                   },
        {WHOLE, "function trial() return { state(5) } end",
         "x.lua:2: state = 5: expected a name: state \"name\" { ... }"                                                                                                        },
        {WHOLE, "function trial() return { state \"x\" \"y\" } end",
         "x.lua:2: state = \"y\": expected a table: state \"name\" { ... }"                                                                                                   },
    };
    EXPECT(rows);
}

static void actions_are_checked(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {STATE, "after = { sec(1), done }, enter = \"A\"",                           "x.lua:3: state.x.enter = \"A\": expected a table: { ... }"},
        {STATE, "after = { sec(1), done }, enter = { 5 }",
         "x.lua:3: state.x.enter.1 = 5: expected cs \"cue\", deliver(\"valve\", ul(x)), start \"train\" or another "
         "action"                                                                                                                               },
        {STATE, "after = { sec(1), done }, enter = { cs \"AA\" }",
         "x.lua:3: cs = \"AA\": expected a cue of the task: A"                                                                                  },
        {STATE, "after = { sec(1), done }, enter = { cs() }",                        "x.lua:3: cs = nil: expected a name in quotes"             },
        {STATE, "after = { sec(1), done }, enter = { a = cs \"A\" }",
         "x.lua:3: state.x.enter = a table: expected a list: { item, item }"                                                                    },
        {STATE, "after = { sec(1), done }, enter = { deliver(\"watr\", ul(1)) }",
         "x.lua:3: deliver = \"watr\": expected a valve that the task uses: did you mean water?"                                                },
        {STATE, "after = { sec(1), done }, enter = { deliver(\"water\", 4) }",
         "x.lua:3: deliver = 4: expected a volume: ul(x) or ml(x)"                                                                              },
        {STATE, "after = { sec(1), done }, enter = { deliver(\"water\", ul(0/0)) }",
         "x.lua:3: ul = nan: expected one finite number, as in ul(1)"                                                                           },
        {STATE, "after = { sec(1), done }, enter = { deliver(\"water\") }",
         "x.lua:3: deliver = nil: expected a volume: ul(x) or ml(x)"                                                                            },
        {STATE, "after = { sec(1), done }, enter = { start(5) }",                    "x.lua:3: start = 5: expected a name in quotes"            },
        {STATE, "after = { sec(1), done }, enter = { start \"stim\" }",
         "x.lua:3: state.x.enter.1 = start \"stim\": expected a train of the task or a timer of this trial: there is "
         "none"                                                                                                                                 },
        {STATE, "after = { sec(1), done }, enter = { stop \"blink\" }",
         "x.lua:3: state.x.enter.1 = stop \"blink\": expected a timer of this trial: there is none"                                             },
        {STATE, "after = { sec(1), done }, enter = { stop {} }",                     "x.lua:3: stop = a table: expected a name in quotes"       },
        {STATE, "after = { sec(1), done }, enter = { count \"presses\" }",
         "x.lua:3: count = \"presses\": expected a counter of the task: there is none"                                                          },
        {STATE, "after = { sec(1), done }, enter = { reset(7) }",                    "x.lua:3: reset = 7: expected a name in quotes"            },
        {STATE, "after = { sec(1), done }, exit = { cs \"A\" }",
         "x.lua:3: state.x.exit.1: expected a state with enter = { cs ... }: a cue belongs to a state"                                          },
        {STATE, "after = { sec(1), done }, exit = { done }",
         "x.lua:3: state.x.exit.1 = done: expected cs \"cue\", deliver(\"valve\", ul(x)), start \"train\" or another "
         "action"                                                                                                                               },
    };
    EXPECT(rows);
}

static void reactions_are_checked(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {STATE, "on = 5",                                                                 "x.lua:3: state.x.on = 5: expected a table: { ... }"                      },
        {STATE, "on = { done }",                                                          "x.lua:3: state.x.on: expected at most 64 items of the form name = value" },
        {STATE, "on = { lick = 5 }",                                                      "x.lua:3: state.x.on.lick = 5: expected a state's name in quotes, or done"},
        {STATE, "on = { lick = \"nowhere\" }",
         "x.lua:3: state.x.on.lick = \"nowhere\": expected a state of this trial, or done: x"                                                                       },
        {STATE, "on = { lick = { deliver(\"water\", ul(1)), \"nowhere\" } }",
         "x.lua:3: state.x.on.lick = \"nowhere\": expected a state of this trial, or done: x"                                                                       },
        {STATE, "on = { lick = { done, done } }",
         "x.lua:3: state.x.on.lick = a table: expected an action, a state, done, or { action, state }"                                                              },
        {STATE, "on = { lick_bot = done }",
         "x.lua:3: state.x.on.lick_bot: expected an input that the task uses, a trigger or another event: did you mean "
         "lick_bout?"                                                                                                                                               },
        {STATE, "on = { button_bout = done }",
         "x.lua:3: state.x.on.button_bout: expected an input that the task uses, a trigger or another event: lick, "
         "button, lick_off, lick_bout, lick_bout_end, button_off"                                                                                                   },
        {STATE, "on = { dip = done }",
         "x.lua:3: state.x.on.dip: expected an input that the task uses, a trigger or another event: lick, button, "
         "lick_off, lick_bout, lick_bout_end, button_off"                                                                                                           },
        {STATE, "on = { lick = reach(3, done) }",
         "x.lua:3: state.x.on.lick = reach: expected a state's name in quotes, or done"                                                                             },
        {STATE, "on = { lick = within(1, 2, done) }",                                     "x.lua:3: within = 1: expected a time: us(x), ms(x) or sec(x)"            },
        {STATE, "on = { lick = within(sec(2), sec(1), done) }",
         "x.lua:3: within = sec(1): expected an end after the beginning, which still counts"                                                                        },
        {STATE, "on = { lick = within(sec(1), sec(0/0), done) }",
         "x.lua:3: sec = nan: expected one finite number, as in sec(1)"                                                                                             },
        {STATE, "on = { lick = within(sec(1)) }",                                         "x.lua:3: within = nil: expected a time: us(x), ms(x) or sec(x)"          },
        {STATE, "on = { lick = within(sec(-1), sec(1), done) }",
         "x.lua:3: within = sec(-1): expected us(0)..sec(3600)"                                                                                                     },
        {STATE, "on = { lick = within(sec(1), sec(2)) }",
         "x.lua:3: within: expected what happens: within(sec(1), sec(2), \"reward\")"                                                                               },
        {STATE, "on = { lick = within(sec(1), sec(2), 5) }",
         "x.lua:3: state.x.on.lick = within: expected a state's name in quotes, or done"                                                                            },
        {STATE, "on = { lick = within(sec(1), sec(2), within(sec(1), sec(2), done)) }",
         "x.lua:3: state.x.on.lick = within: expected a state's name in quotes, or done"                                                                            },
        {STATE, "after = { sec(1), done }, on = { lick = within(sec(1), sec(2), done) }",
         "x.lua:3: state.x.on.lick: expected a window that opens before the state ends, after sec(1)"                                                               },
        {STATE, "on = { lick = done }, arm = \"dip\"",                                    "x.lua:3: state.x.arm = \"dip\": expected a table: { ... }"               },
        {STATE, "on = { lick = done }, arm = { \"dip\" }",
         "x.lua:3: state.x.arm = \"dip\": expected a trigger of the task: there is none"                                                                            },
        {STATE, "on = { lick = done }, arm = { 5 }",                                      "x.lua:3: state.x.arm.1 = 5: expected a name in quotes"                   },
    };
    EXPECT(rows);
}

static void counters_are_checked(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {DECLARE, "counter \"presses\" {} counter \"presses\" {}",
         "x.lua:2: counter.presses: expected another name: there is a counter \"presses\""                                                                                                                     },
        {DECLARE, "counter \"lick\" {}",                                                                                 "x.lua:2: counter.lick: expected another name: the rig has an input \"lick\""         },
        {DECLARE, "counter \"presses\" { to = 5 }",
         "x.lua:2: counter.presses.to = 5: expected a key of counter: there is none"                                                                                                                           },
        {DECLARE, "counter(5)",                                                                                          "x.lua:2: counter = 5: expected a name: counter \"name\" { ... }"                     },
        {DECLARE, "counter \"presses\"",
         "x.lua:2: counter.presses: expected a table after the name: counter \"presses\" { ... }"                                                                                                              },
        {DECLARE, "for i = 1, 9 do counter(\"c\" .. i) {} end",                                                          "x.lua:2: counter.c9: expected at most 8 counters"                                    },
        {WHOLE,   "counter \"presses\" {}\nfunction trial() return { state \"x\" { on = { presses = done } } } end",
         "x.lua:3: state.x.on.presses = done: expected reach(n, \"state\"): what to do when the counter is at n"                                                                                               },
        {WHOLE,
         "counter \"presses\" {}\nfunction trial() return { state \"x\" { on = { lick = count \"pressses\" } } } end",   "x.lua:3: count = \"pressses\": expected a counter of the task: did you mean presses?"},
        {WHOLE,
         "counter \"presses\" {}\nfunction trial() return { state \"x\" { on = { presses = reach(0, done) } } } end",    "x.lua:3: reach = 0: expected a whole number 1..1000000"                              },
        {WHOLE,
         "counter \"presses\" {}\nfunction trial() return { state \"x\" { on = { presses = reach(1.5, done) } } } end",  "x.lua:3: reach = 1.5: expected a whole number 1..1000000"                            },
        {WHOLE,
         "counter \"presses\" {}\nfunction trial() return { state \"x\" { on = { presses = reach(0/0, done) } } } end",  "x.lua:3: reach = nan: expected a whole number 1..1000000"                            },
        {WHOLE,
         "counter \"presses\" {}\nfunction trial() return { state \"x\" { on = { presses = reach(\"3\", done) } } } "
         "end",                                                                                                          "x.lua:3: reach = \"3\": expected a whole number 1..1000000"                          },
        {WHOLE,   "counter \"presses\" {}\nfunction trial() return { state \"x\" { on = { presses = reach(3) } } } end",
         "x.lua:3: reach: expected where to go then: reach(3, \"reward\")"                                                                                                                                     },
        {WHOLE,
         "counter \"presses\" {}\nfunction trial() return { state \"x\" { on = { presses = reach(3, \"paid\") } } } "
         "end",                                                                                                          "x.lua:3: state.x.on.presses = \"paid\": expected a state of this trial, or done: x"  },
    };
    EXPECT(rows);
}

static void messages_and_policy_are_checked(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {DECLARE, "message \"go\" {} counter \"go\" {}",
         "x.lua:2: counter.go: expected another name: there is a message \"go\""                                                             },
        {DECLARE, "message \"go\" { text = 1 }",
         "x.lua:2: message.go.text = 1: expected a key of message: there is none"                                                            },
        {DECLARE, "message {}",                                  "x.lua:2: message = a table: expected a name: message \"name\" { ... }"     },
        {DECLARE, "for i = 1, 17 do message(\"m\" .. i) {} end", "x.lua:2: message.m17: expected at most 16 messages"                        },
        {DECLARE, "policy {}",                                   "x.lua:2: policy: expected the key no_plan: one of these words: end, repeat"},
        {DECLARE, "policy { no_plan = \"repeet\" }",
         "x.lua:2: policy.no_plan = \"repeet\": expected one of these words: did you mean repeat?"                                           },
        {DECLARE, "policy { no_plan = 1 }",                      "x.lua:2: policy.no_plan = 1: expected one of these words: end, repeat"     },
        {DECLARE, "policy { noplan = \"end\" }",
         "x.lua:2: policy.noplan = \"end\": expected a key of policy: did you mean no_plan?"                                                 },
        {DECLARE, "policy \"end\"",                              "x.lua:2: policy = \"end\": expected a table: policy { ... }"               },
    };
    EXPECT(rows);
}

static void timers_are_checked(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {WHOLE, "function trial() return { state \"x\" { after = { sec(1), done } },\ntimer \"t\" {} } end",
         "x.lua:3: timer.t: expected the key on: a time: us(x), ms(x) or sec(x)"                                                                                                                                },
        {WHOLE, "function trial() return { state \"x\" { after = { sec(1), done } },\ntimer \"t\" { on = 5 } } end",
         "x.lua:3: timer.t.on = 5: expected a time: us(x), ms(x) or sec(x)"                                                                                                                                     },
        {WHOLE,
         "function trial() return { state \"x\" { after = { sec(1), done } },\ntimer \"t\" { on = us(50) } } end",   "x.lua:3: timer.t.on = us(50): expected us(100)..sec(3600)"                                },
        {WHOLE,
         "function trial() return { state \"x\" { after = { sec(1), done } },\ntimer \"t\" { on = sec(0/0) } } end", "x.lua:3: sec = nan: expected one finite number, as in sec(1)"                             },
        {WHOLE,
         "function trial() return { state \"x\" { after = { sec(1), done } },\ntimer \"t\" { on = ms(1), loops = -1 } "
         "} end",                                                                                                    "x.lua:3: timer.t.loops = -1: expected a whole number 0..1000000"                          },
        {WHOLE,
         "function trial() return { state \"x\" { after = { sec(1), done } },\ntimer \"t\" { on = ms(1), loops = 1.5 } "
         "} end",                                                                                                    "x.lua:3: timer.t.loops = 1.5: expected a whole number 0..1000000"                         },
        {WHOLE,
         "function trial() return { state \"x\" { after = { sec(1), done } },\ntimer \"t\" { on = ms(1), output = "
         "\"water\" } } end",                                                                                        "x.lua:3: timer.t.output = \"water\": expected a sound, laser or digital output that the task uses: laser, "
         "tone, light"                                                                                                                                                             },
        {WHOLE,
         "function trial() return { state \"x\" { after = { sec(1), done } },\ntimer \"t\" { on = ms(1), output = "
         "\"ligt\" } } end",                                                                                         "x.lua:3: timer.t.output = \"ligt\": expected a sound, laser or digital output that the task uses: did you "
         "mean light?"                                                                                                                                                              },
        {WHOLE,
         "function trial() return { state \"x\" { after = { sec(1), done } },\ntimer \"t\" { on = ms(1), output = 5 } "
         "} end",                                                                                                    "x.lua:3: timer.t.output = 5: expected a text of 1..31 characters"                         },
        {WHOLE,
         "function trial() return { state \"x\" { after = { sec(1), done } },\ntimer \"t\" { on = ms(1), output = "
         "\"tone\" } } end",                                                                                         "x.lua:3: timer.t.output = \"tone\": expected an output of its own: the cue A has this one"},
        {WHOLE,
         "function trial() return { state \"x\" { after = { sec(1), done } },\ntimer \"t\" { on = ms(1), delay = "
         "sec(3601) } } end",                                                                                        "x.lua:3: timer.t.delay = sec(3601): expected us(0)..sec(3600)"                            },
        {WHOLE,
         "function trial() return { state \"x\" { after = { sec(1), done } },\ntimer \"t\" { on = ms(1), off = ms(-1) "
         "} } end",                                                                                                  "x.lua:3: timer.t.off = ms(-1): expected us(0)..sec(3600)"                                 },
        {WHOLE,
         "function trial() return { state \"x\" { after = { sec(1), done } },\ntimer \"t\" { on = ms(1), lop = 3 } } "
         "end",                                                                                                      "x.lua:3: timer.t.lop = 3: expected a key of timer: output, delay, on, off, loops"         },
        {WHOLE,
         "function trial() return { state \"x\" { after = { sec(1), done } },\ntimer \"t\" { on = sec(6), output = "
         "\"light\" } } end",                                                                                        "x.lua:3: timer.t.on = sec(6): expected at most sec(5), max_on of light"                   },
        {WHOLE, "function trial() return { state \"x\" { after = { sec(1), done } },\ntimer \"t\" } end",
         "x.lua:2: trial()[2] = a function: expected state \"name\" { ... } or timer \"name\" { ... }"                                                                                                          },
        {WHOLE, "function trial() return { state \"x\" { after = { sec(1), done } },\ntimer { on = ms(1) } } end",
         "x.lua:3: timer = a table: expected a name: timer \"name\" { ... }"                                                                                                                                    },
        {WHOLE,
         "function trial() return { state \"x\" { after = { sec(1), done } },\ntimer \"t\" { on = ms(1) }, timer \"t\" "
         "{ on = ms(1) } } end",                                                                                     "x.lua:3: timer.t: expected another name: there is timer \"t\" already"                    },
        {WHOLE,
         "function trial() return { state \"x\" { after = { sec(1), done } },\ntimer \"t\" { on = ms(1), output = "
         "\"light\" }, timer \"u\" { on = ms(1), output = \"light\" } } end",                                        "x.lua:3: timer.u.output = light: expected an output of its own: the timer t has this one" },
        {WHOLE,
         "function trial() local l = { state \"x\" { after = { sec(1), done } } }\nfor i = 1, 9 do l[i + 1] = "
         "timer(\"t\" .. i) { on = ms(1) } end\nreturn l end",                                                       "x.lua:3: timer.t9: expected at most 8 timers"                                             },
    };
    EXPECT(rows);
}

static void draws_are_checked(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {DECLARE, "draw(2)",                               "x.lua:2: draw = 2: expected a probability, a number 0..1"            },
        {DECLARE, "draw(\"a\")",                           "x.lua:2: draw = \"a\": expected a probability, a number 0..1"        },
        {DECLARE, "draw()",                                "x.lua:2: draw = nil: expected a probability, a number 0..1"          },
        {DECLARE, "draw(0/0)",                             "x.lua:2: draw = nan: expected a probability, a number 0..1"          },
        {DECLARE, "exponential(sec(4))",
         "x.lua:2: exponential = nil: expected a cut in means, as in exponential(sec(4), 3)"                                     },
        {DECLARE, "exponential(sec(0), 3)",                "x.lua:2: exponential = us(0): expected a mean above 0"               },
        {DECLARE, "exponential(sec(4), -1)",               "x.lua:2: exponential = -1: expected a cut in means, a number above 0"},
        {DECLARE, "uniform(sec(1), ul(2))",
         "x.lua:2: uniform = ul(2): expected two bounds of one kind, as in uniform(sec(1), sec(2))"                              },
        {DECLARE, "uniform(sec(2), sec(1))",
         "x.lua:2: uniform = sec(1): expected two bounds of one kind, as in uniform(sec(1), sec(2))"                             },
        {DECLARE, "normal(sec(1), ul(1), 2)",
         "x.lua:2: normal = ul(1): expected mean and standard deviation of one kind, as in normal(sec(2), ms(300), 2)"           },
        {DECLARE, "normal(sec(1), sec(-1), 2)",
         "x.lua:2: normal = sec(-1): expected mean and standard deviation of one kind, as in normal(sec(2), ms(300), "
         "2)"                                                                                                                    },
        {DECLARE, "normal(sec(1), sec(1), 9)",
         "x.lua:2: normal = 9: expected a cut in standard deviations, a number 0.01..8"                                          },
        {DECLARE, "normal(sec(1), sec(1))",
         "x.lua:2: normal = nil: expected a cut in standard deviations, a number 0.01..8"                                        },
        {DECLARE, "choice {}",                             "x.lua:2: choice = a table: expected a list: choice { a, b }"         },
        {DECLARE, "choice(5)",                             "x.lua:2: choice = 5: expected a list: choice { a, b }"               },
        {DECLARE, "choice { 1, 2, weights = { 1 } }",
         "x.lua:2: choice.weights = a table: expected a list of 2 numbers, one for each item"                                    },
        {DECLARE, "choice { 1, 2, weights = { 1, -1 } }",  "x.lua:2: choice.weights = -1: expected numbers 0..1e9"               },
        {DECLARE, "choice { 1, 2, weights = { 0, 0 } }",   "x.lua:2: choice.weights: expected at least one above 0"              },
        {DECLARE, "choice { 1, 2, weights = { 1, 0/0 } }", "x.lua:2: choice.weights = nan: expected numbers 0..1e9"              },
        {DECLARE, "choice { 1, 2, weights = 5 }",
         "x.lua:2: choice.weights = 5: expected a list of 2 numbers, one for each item"                                          },
    };
    EXPECT(rows);
}

static void words_that_remember_are_checked(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {DECLARE, "shuffled {}",                                                     "x.lua:2: shuffled = a table: expected a list of 1..200 items" },
        {DECLARE, "shuffled(5)",                                                     "x.lua:2: shuffled = 5: expected a list of 1..200 items"       },
        {DECLARE, "blocks { max = 3 }",                                              "x.lua:2: blocks: expected the key of: a value"                },
        {DECLARE, "blocks { of = { 1 }, max = 3 }",                                  "x.lua:2: blocks.of = a table: expected a list of 2..200 items"},
        {DECLARE, "blocks { of = 5, max = 3 }",                                      "x.lua:2: blocks.of = 5: expected a list of 2..200 items"      },
        {DECLARE, "blocks { of = { 1, 2 } }",
         "x.lua:2: blocks: expected what ends a block: max, hazard, or criterion and over"                                                          },
        {DECLARE, "blocks { of = { 1, 2 }, min = 5, max = 3 }",                      "x.lua:2: blocks.max = 3: expected no less than min"           },
        {DECLARE, "blocks { of = { 1, 2 }, criterion = 0.8 }",
         "x.lua:2: blocks: expected criterion and over together: a share of right answers, over so many trials"                                     },
        {DECLARE, "blocks { of = { 1, 2 }, hazard = 2 }",                            "x.lua:2: blocks.hazard = 2: expected a number 0..1"           },
        {DECLARE, "blocks { of = { 1, 2 }, hazard = 0/0 }",                          "x.lua:2: blocks.hazard = nan: expected a number 0..1"         },
        {DECLARE, "blocks { of = { 1, 2 }, hasard = 0.1 }",
         "x.lua:2: blocks.hasard = 0.1: expected a key of blocks: did you mean hazard?"                                                             },
        {DECLARE, "blocks { of = { 1, 2 }, max = 1.5 }",
         "x.lua:2: blocks.max = 1.5: expected a whole number 1..1000000"                                                                            },
        {DECLARE, "blocks { of = { 1, 2 }, criterion = 0.5, over = 201 }",
         "x.lua:2: blocks.over = 201: expected a whole number 1..200"                                                                               },
        {DECLARE, "blocks { of = { 1, 2 }, max = 3 }(\"yes\")",
         "x.lua:2: blocks = \"yes\": expected true, false, or nothing if there was no answer"                                                       },
        {DECLARE, "staircase { step = 1, min = 0, max = 9 }",
         "x.lua:2: staircase: expected a beginning: staircase { start = ms(500), step = ms(50), min = ..., max = ... "
         "}"                                                                                                                                        },
        {DECLARE, "staircase { start = ms(1), step = 1, min = ms(0), max = ms(9) }",
         "x.lua:2: staircase.step = 1: expected a time: us(x), ms(x) or sec(x)"                                                                     },
        {DECLARE, "staircase { start = 10, step = 1, min = 0, max = 9 }",
         "x.lua:2: staircase.start = 10: expected a value from min to max"                                                                          },
        {DECLARE, "staircase { start = 1, step = 1, min = 9, max = 0 }",
         "x.lua:2: staircase.max = 0: expected no less than min"                                                                                    },
        {DECLARE, "staircase { start = 1, step = 1, min = 0, max = 9, down = 0 }",
         "x.lua:2: staircase.down = 0: expected a whole number 1..100"                                                                              },
        {DECLARE, "staircase { start = 1, step = 0/0, min = 0, max = 9 }",
         "x.lua:2: staircase.step = nan: expected a plain number"                                                                                   },
        {DECLARE, "anti_bias { of = { 1, 2 }, over = 0 }",
         "x.lua:2: anti_bias.over = 0: expected a whole number 1..200"                                                                              },
        {DECLARE, "anti_bias { of = { 1, 2 }, floor = 0.9 }",
         "x.lua:2: anti_bias.floor = 0.9: expected a number 0.001..0.5"                                                                             },
        {DECLARE, "anti_bias { of = { 1, 2 } }(3)",
         "x.lua:2: anti_bias = 3: expected one of its values, or nothing if there was no choice"                                                    },
        {DECLARE, "anti_bias { \"left\", \"right\" }",                               "x.lua:2: anti_bias.1 = \"left\": expected key = value"        },
    };
    EXPECT(rows);
}

static void a_trial_can_do_no_harm(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {WHOLE, "function trial() end\nfunction trial2() end",
         "x.lua:3: trial2: expected a local variable: local trial2 = ..."                                                                                                                                           },
        {WHOLE,
         "function trial() local t = {} for i = 1, 1000000 do t[i] = state(\"s\" .. i) { after = { sec(1), done } } "
         "end return t end",                                                                                          "x.lua:2: too much memory: expected at most 256 KiB in one text or table"                     },
        {WHOLE,
         "function trial() local t = {}\nfor i = 1, 41 do t[i] = state(\"s\" .. i) { after = { sec(1), done } } "
         "end\nreturn t end",                                                                                         "x.lua:2: trial() = a table: expected a list of 1..32 states: { state \"name\" { ... }, ... }"},
        {WHOLE, "function trial()\nlocal function f(n) return 1 + f(n + 1) end\nreturn f(1)\nend",
         "x.lua:3: calls within calls: expected at most 150 levels"                                                                                                                                                 },
        {WHOLE, "function trial()\nwhile true do end\nend",
         "x.lua:3: too much work: expected at most 1000000 instructions a trial"                                                                                                                                    },
        {WHOLE, "function trial()\nlocal t = {}\nwhile true do t[#t + 1] = string.rep(\"x\", 100000) .. #t end\nend",
         "x.lua:4: too much memory: expected at most 32 MiB"                                                                                                                                                        },
        {WHOLE, "function trial()\nreturn string.rep(\"x\", 1e9)\nend",
         "x.lua:3: string.rep = 1000000000: expected at most 262144 times"                                                                                                                                          },
        {WHOLE, "function trial()\nlocal s = \"x\" while true do s = s .. s end\nend",
         "x.lua:3: too much memory: expected at most 256 KiB in one text or table"                                                                                                                                  },
        {WHOLE, "function trial()\nerror(\"no more water\")\nend",                                                    "x.lua:3: no more water"                                                                      },
        {WHOLE, "function trial()\nerror({})\nend",                                                                   "x.lua:3: error(): expected a text to say"                                                    },
        {WHOLE, "function trial()\nreturn nothing.at.all\nend",
         "x.lua:3: nothing: expected a word of the language or a local variable"                                                                                                                                    },
        {WHOLE, "function trial()\nreturn { 5 }\nend",
         "x.lua:2: trial()[1] = 5: expected state \"name\" { ... } or timer \"name\" { ... }"                                                                                                                       },
        {WHOLE, "function trial()\nreturn \"wait\"\nend",
         "x.lua:2: trial() = \"wait\": expected a list of 1..32 states: { state \"name\" { ... }, ... }"                                                                                                            },
        {WHOLE, "function trial()\nreturn { timer \"t\" { on = ms(1) } }\nend",
         "x.lua:2: trial(): expected at least one state: { state \"name\" { ... }, ... }"                                                                                                                           },
        {WHOLE, "function trial()\nio.open(\"x\")\nend",
         "x.lua:3: io: expected a word of the language or a local variable"                                                                                                                                         },
        {WHOLE, "function trial()\nn = 5\nend",                                                                       "x.lua:3: n: expected a local variable: local n = ..."                                        },
        {WHOLE, "function trial()\ncue \"B\" {}\nend",
         "x.lua:3: cue: expected it at the top of the file, not in trial()"                                                                                                                                         },
        {WHOLE, "function trial()\nlocal s = setmetatable({}, {})\nend",
         "x.lua:3: setmetatable: expected a word of the language or a local variable"                                                                                                                               },
    };
    EXPECT(rows);
}

/* What trial() knows of the trial before is checked as well. */
static void the_last_trial_is_checked(void **state)
{
    (void)state;
    static const char *const rows[][2] = {
        {"last.visit",       "x.lua:2: last.visit: expected last: did you mean visits?"      },
        {"last.visits.paid", "x.lua:2: last.visits.paid: expected last.visits: x"            },
        {"last.counts.paid", "x.lua:2: last.counts.paid: expected last.counts: there is none"},
        {"last.visits.x.y",  "x.lua:2: attempt to index a number value (field 'x'): expected something with keys before "
                            "the dot or bracket"                  },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char text[512];
        snprintf(text, sizeof text,
                 "function trial(n, last)\nlocal x = last and %s\n"
                 "return { state \"x\" { after = { sec(1), done } } } end\n",
                 rows[i][0]);
        assert_string_equal(planner_case_task(text), "");
        const char *line =
            strstr(planner_case_plan(&(struct task_outcome){.number = 1}), "x.lua:"); /* without folder */
        assert_string_equal(line, rows[i][1]);
    }
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(a_state_is_checked),
    cmocka_unit_test(actions_are_checked),
    cmocka_unit_test(reactions_are_checked),
    cmocka_unit_test(counters_are_checked),
    cmocka_unit_test(messages_and_policy_are_checked),
    cmocka_unit_test(timers_are_checked),
    cmocka_unit_test(draws_are_checked),
    cmocka_unit_test(words_that_remember_are_checked),
    cmocka_unit_test(a_trial_can_do_no_harm),
    cmocka_unit_test(the_last_trial_is_checked),
};
TEST_MAIN(tests)
