#include "drivers/sim/sim.h"
#include "engine/model/model.h"
#include "planner/task.h"
#include "tests/test.h"
#include "tests/unit/planner_case.h"

#define EXPECT(text, line)       assert_string_equal(planner_case_task(text), line)
#define EXPECT_STATE(keys, line) assert_string_equal(planner_case_state(keys), line)
#define TRIAL                    "function trial() return { state \"x\" { after = { sec(1), done } } } end"

/* planner_case_uses, then `text` from line 2 on. */
static const char *with_uses(const char *text)
{
    char whole[2048];
    snprintf(whole, sizeof whole, "%s%s", planner_case_uses, text);
    return planner_case_task(whole);
}

static void declarations_become_the_configs_second_half(void **state)
{
    (void)state;
    assert_string_equal(
        with_uses("trigger \"dip\" { on = residual(\"vta\", \"td_csc\"), below = z(-2), release = z(-1),\n"
                  "  hold = ms(40), lockout = sec(1), sham = 0.5 }\n"
                  "train \"stim\" { output = \"laser\", width = ms(5), rate = hz(20), duration = ms(500) }\n"
                  "observe \"marks\" { us = ul(4) }\nobserve \"button\" { cs = \"A\" }\n" TRIAL),
        "");
    const struct config *config = &planner_case.config;
    assert_string_equal(config->task, "x");
    assert_int_equal(config->has_task, 1);
    assert_int_equal(config->n_models, 2); /* sorted by name, whatever the order in the file */
    assert_string_equal(config->models[0].name, "null_zero");
    assert_string_equal(config->models[1].name, "td_csc");
    assert_int_equal(config->n_cues, 1);
    assert_int_equal(config->cues[0].output, 4);
    assert_int_equal(config->n_triggers, 1);
    assert_int_equal(config->triggers[0].source.kind, CONFIG_SOURCE_RESIDUAL);
    assert_int_equal(config->triggers[0].source.model, 1);
    assert_int_equal(config->triggers[0].zscore, 1);
    assert_int_equal(config->triggers[0].below, 1);
    assert_float_equal(config->triggers[0].threshold, -2, 0);
    assert_float_equal(config->triggers[0].release, -1, 0);
    assert_float_equal(config->triggers[0].sham, 0.5, 0);
    assert_int_equal(config->triggers[0].hold_ns, 40000000);
    assert_int_equal(config->triggers[0].lockout_ns, 1000000000);
    assert_int_equal(config->n_trains, 1);
    assert_int_equal(config->trains[0].output, 3);
    assert_int_equal(config->trains[0].period_ns, 50000000);
    assert_int_equal(config->n_observes, 2);
    assert_int_equal(config->observes[0].input, 2);
    assert_int_equal(config->observes[0].kind, EV_US);
    assert_float_equal(config->observes[0].mag, 4, 0);
    assert_int_equal(config->observes[1].kind, EV_CS_ON);
}

static void model_settings_are_checked_against_the_models_table(void **state)
{
    (void)state;
#define MODELS(text) "uses { signals = { \"vta\" }, models = {\n" text " } }\n" TRIAL
    EXPECT(MODELS("td_csc = { step = ms(50), mag_ref = ul(6), alpha = 0.2, tau_lambda_s = sec(1) }"), "");
    const struct config_model *model = &planner_case.config.models[0];
    assert_int_equal(model->step_ns, 50000000);
    assert_float_equal(model->mag_ref, 6, 0);
    assert_int_equal(model->n_settings, 2);
    EXPECT(MODELS("td_cs = {}"), "x.lua:2: uses.models.td_cs: expected a model: did you mean td_csc?");
    EXPECT(MODELS("td_csc = {\nalpa = 0.2 }"),
           "x.lua:3: uses.models.td_csc.alpa = 0.2: expected a key of models.td_csc: did you mean alpha?");
    EXPECT(MODELS("td_csc = {\nalpha = 2 }"), "x.lua:3: uses.models.td_csc.alpha = 2: expected a number 0.0001..1");
    EXPECT(MODELS("td_csc = {\ntau_lambda_s = 1 }"),
           "x.lua:3: uses.models.td_csc.tau_lambda_s = 1: expected a time: us(x), ms(x) or sec(x)");
    EXPECT(MODELS("td_csc = {\nreplacing = 0.5 }"),
           "x.lua:3: uses.models.td_csc.replacing = 0.5: expected a whole number 0..1");
    EXPECT("uses { models = { td_csc = {} } }\n" TRIAL,
           "x.lua:1: uses.models: expected signals = { ... } as well: a model predicts a signal");
}

static void a_trial_is_compiled_to_indices_and_times(void **state)
{
    (void)state;
    assert_string_equal(
        with_uses("trigger \"dip\" { on = residual(\"vta\", \"td_csc\"), below = z(-2) }\n"
                  "train \"stim\" { output = \"laser\", width = ms(5), rate = hz(20), duration = ms(500) }\n"
                  "function trial(n, last)\nreturn {\n"
                  "state \"a\" { after = { ms(1500), \"c\" }, enter = { cs \"A\" }, arm = { \"dip\" },\n"
                  "  on = { lick = \"b\", button = done, dip = { start \"stim\", \"c\" } } },\n"
                  "state \"b\" { enter = { deliver(\"water\", ul(2.5)), start \"stim\" }, after = { sec(2), done } },\n"
                  "state \"c\" { on = { lick = deliver(\"water\", ul(1)), button = \"a\" } },\n} end"),
        "");
    const struct trial *trial = &planner_case.trial;
    assert_int_equal(trial->number, 1);
    assert_int_equal(trial->over, 0);
    assert_int_equal(trial->n_states, 3);
    const struct trial_state *a = &trial->states[0], *b = &trial->states[1], *c = &trial->states[2];
    assert_int_equal(a->after_ns, 1500000000);
    assert_int_equal(a->after_to, 2);
    assert_int_equal(a->arm, 1);
    assert_int_equal(a->enter[0].kind, TRIAL_CS);
    assert_int_equal(a->n_on, 3); /* sorted by name: button, dip, lick */
    assert_int_equal(a->on[0].event, TRIAL_ON_RISE);
    assert_int_equal(a->on[0].id, 1);
    assert_int_equal(a->on[0].to, TRIAL_DONE);
    assert_int_equal(a->on[1].event, TRIAL_ON_TRIGGER);
    assert_int_equal(a->on[1].action.kind, TRIAL_TRAIN);
    assert_int_equal(a->on[1].to, 2);
    assert_int_equal(a->on[2].event, TRIAL_ON_LICK);
    assert_int_equal(a->on[2].to, 1);
    assert_int_equal(b->n_enter, 2);
    assert_int_equal(b->enter[0].kind, TRIAL_DELIVER);
    assert_int_equal(b->enter[0].target, 2);
    assert_int_equal(b->enter[0].duration_ns, 27000000); /* half way between 12 ms at 1 ul and 42 ms at 4 ul */
    assert_float_equal(b->enter[0].ul, 2.5, 0);
    assert_int_equal(c->after_ns, INT64_MAX);
    assert_int_equal(c->on[1].to, TRIAL_STAY);
    assert_int_equal(c->on[1].action.kind, TRIAL_DELIVER);
}

static void trial_sees_how_the_last_one_went(void **state)
{
    (void)state;
    assert_string_equal(
        with_uses("function trial(n, last)\n"
                  "if n == 1 and last ~= nil then error(\"last\") end\n"
                  "if last and (last.number ~= 1 or last.state ~= \"b\" or last.licks ~= 5 or last.rewards ~= 1 or "
                  "last.reward ~= ul(4))"
                  " then error(\"wrong\") end\n"
                  "return { state \"a\" { after = { sec(1), \"b\" } }, state \"b\" { after = { sec(n), done } } } end"),
        "");
    const struct task_outcome last = {.number = 1, .last_state = 1, .n_licks = 5, .n_rewards = 1, .reward_ul = 4};
    assert_string_equal(planner_case_plan(&last), "");
    assert_int_equal(planner_case.trial.number, 2);
    assert_int_equal(planner_case.trial.states[1].after_ns, 2000000000);
}

static void nil_ends_the_session(void **state)
{
    (void)state;
    EXPECT("function trial() end", "");
    assert_int_equal(planner_case.trial.over, 1);
    assert_int_equal(planner_case.trial.n_states, 0);
}

static void the_last_trials_keys_are_known(void **state)
{
    (void)state;
    EXPECT("function trial(n, last)\nif last then return last.stat end\n"
           "return { state \"a\" { after = { sec(1), done } } } end",
           "");
    char line[256];
    snprintf(line, sizeof line, "%s", planner_case_plan(&(struct task_outcome){.number = 1}));
    assert_non_null(strstr(line, "x.lua:2: last.stat: expected last: did you mean state?"));
}

static void the_same_seed_and_outcomes_give_the_same_trials(void **state)
{
    (void)state;
    static const char text[] =
        "function trial() return { state \"a\" { after = { exponential(sec(4), 3), done } } } end";
    int64_t times[2][20];
    for (int run = 0; run < 2; run++) {
        assert_string_equal(planner_case_task_set(text, NULL, 0, 42), "");
        for (int i = 0; i < 20; i++) {
            times[run][i] = planner_case.trial.states[0].after_ns;
            assert_string_equal(planner_case_plan(&(struct task_outcome){.number = i + 1}), "");
        }
    }
    assert_memory_equal(times[0], times[1], sizeof times[0]);
    assert_string_equal(planner_case_task_set(text, NULL, 0, 43), "");
    assert_int_not_equal(planner_case.trial.states[0].after_ns, times[0][0]);
}

static void a_task_without_trials_listens(void **state)
{
    (void)state;
    EXPECT("uses { inputs = { \"marks\" } }\nobserve \"marks\" { us = ul(4) }", "");
    assert_int_equal(planner_case.config.has_task, 0);
    EXPECT("uses { inputs = { \"marks\" } }\nobserve \"marks\" { action = 3 }", "");
    assert_int_equal(planner_case.config.observes[0].kind, EV_ACTION);
    assert_int_equal(planner_case.config.observes[0].id, 3);
    EXPECT("uses { inputs = { \"marks\" } }\nobserve \"marks\" { aversive = 0.5 }", "");
    assert_int_equal(planner_case.config.observes[0].kind, EV_AVERSIVE);
    assert_float_equal(planner_case.config.observes[0].mag, 0.5, 0);
    EXPECT("uses { inputs = { \"marks\" } }\nobserve \"marks\" { context = 7 }", "");
    assert_int_equal(planner_case.config.observes[0].kind, EV_CONTEXT);
    assert_int_equal(planner_case.config.observes[0].id, 7);
    EXPECT("uses { inputs = { \"marks\" } }\nobserve \"marks\" { action = 4 }",
           "x.lua:2: observe.marks.action = 4: expected a whole number 0..3");
    EXPECT("uses { inputs = { \"marks\" } }",
           "x.lua: task: expected function trial(n, last) ... end, or an observe \"input\" { ... }");
}

static void parameters_are_read_and_overridden(void **state)
{
    (void)state;
    static const char text[] = "param \"wait\" { sec(2), min = sec(1), max = sec(5), help = \"how long\" }\n"
                               "param \"p_x\" { 0.25, min = 0, max = 1 }\n"
                               "function trial() return { state \"a\" { after = { p.wait, done } } } end";
    static const char *const set[] = {"wait=3s", "p_x=0.5"};
    EXPECT(text, "");
    assert_int_equal(planner_case.trial.states[0].after_ns, 2000000000);
    assert_int_equal(task_n_params(planner_case.task), 2);
    assert_string_equal(task_param(planner_case.task, 0), "wait = 2 s");
    assert_string_equal(task_param(planner_case.task, 1), "p_x = 0.25");
    assert_string_equal(planner_case_task_set(text, set, 2, 1), "");
    assert_int_equal(planner_case.trial.states[0].after_ns, 3000000000);
    assert_string_equal(task_param(planner_case.task, 1), "p_x = 0.5");
    static const char *const wrong[][2] = {
        {"wait=3",   "--set: wait = 3: expected a value like its default, 2 s"                },
        {"wait=3ul", "--set: wait = 3ul: expected a value like its default, 2 s"              },
        {"wait=9s",  "--set: wait = 9s: expected sec(1)..sec(5)"                              },
        {"waitt=3s", "--set: waitt = 3s: expected a parameter of the task: did you mean wait?"},
        {"wait",     "--set: wait: expected name=value"                                       },
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        assert_string_equal(planner_case_task_set(text, &wrong[i][0], 1, 1), wrong[i][1]);
        assert_int_equal(planner_case.err.kind, ERROR_USAGE);
    }
}

static void parameters_are_checked(void **state)
{
    (void)state;
    EXPECT("param \"v\" { ul(20), min = ul(1), max = ul(10) }\n" TRIAL,
           "x.lua:1: param.v = ul(20): expected ul(1)..ul(10)");
    EXPECT("param \"v\" { ul(4),\nmin = 1 }\n" TRIAL, "x.lua:2: param.v.min = 1: expected a volume: ul(x) or ml(x)");
    EXPECT("param \"v\" { min = ul(1) }\n" TRIAL,
           "x.lua:1: param.v: expected a default first: param \"v\" { ul(4), min = ..., max = ... }");
    EXPECT("param \"v\" { 1 }\nlocal x =\n  p.w\n" TRIAL, "x.lua:3: p.w: expected p: v");
    EXPECT("param \"v\" { 1 }\np.v = 2\n" TRIAL, "x.lua:2: p.v = 2: expected no assignment: p can only be read");
    EXPECT("param \"v\" { 1 }\nparam \"v\" { 1 }\n" TRIAL,
           "x.lua:2: param.v: expected another name: there is param \"v\" already");
}

/* Each file under tests/cli/bad-input/ has one mistake, and this is what is said about it. */
static void bad_files_are_refused_with_one_line(void **state)
{
    (void)state;
    static const char *const rows[][2] = {
        {"task-unknown-key.lua",    ":8: state.wait.aftr = a table: expected a key of state: did you mean after?"  },
        {"task-bare-number.lua",    ":5: deliver = 4: expected a volume: ul(x) or ml(x)"                           },
        {"task-bare-time.lua",      ":6: state.wait.after.1 = 1: expected a time: us(x), ms(x) or sec(x)"          },
        {"task-wrong-type.lua",     ":6: state.wait.enter = action: expected a table: { ... }"                     },
        {"task-out-of-range.lua",   ":7: deliver = ul(20): expected ul(1)..ul(10), the calibration of water"       },
        {"task-no-such-output.lua",
         ":6: uses.outputs.2 = \"laser2\": expected an output of the rig: did you mean laser?"                     },
        {"task-no-such-state.lua",
         ":5: state.wait.after.2 = \"rewad\": expected a state of this trial, or done: did you mean reward?"       },
        {"task-endless.lua",        ":6: too much work: expected at most 1000000 instructions a trial"             },
        {"task-memory.lua",         ":6: too much memory: expected at most 32 MiB"                                 },
        {"task-recursion.lua",      ":4: calls within calls: expected at most 150 levels"                          },
        {"task-io.lua",             ":3: io: expected a word of the language or a local variable"                  },
        {"task-no-way-out.lua",     ":6: state.stuck: expected a way out: after = { time, state } or a state in on"},
        {"bytecode.luac",           ": no text: expected Lua source, not bytecode or other binary data"            },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char path[128], line[512];
        snprintf(path, sizeof path, "tests/cli/bad-input/%s", rows[i][0]);
        snprintf(line, sizeof line, "%s%s", path, rows[i][1]);
        assert_string_equal(planner_case_task_file(path), line);
        assert_int_equal(error_exit_status(&planner_case.err), 2);
    }
}

static void states_are_checked(void **state)
{
    (void)state;
    EXPECT_STATE("after = { sec(1) }",
                 "x.lua:3: state.x.after = a table: expected a time and a target: { sec(1), \"next\" }");
    EXPECT_STATE("after = { sec(-1), done }", "x.lua:3: state.x.after.1 = sec(-1): expected us(0)..sec(3600)");
    EXPECT_STATE("after = { sec(1), 5 }", "x.lua:3: state.x.after.2 = 5: expected a state's name in quotes, or done");
    EXPECT_STATE("after = { sec(3), done }, enter = { cs \"A\" }",
                 "x.lua:3: state.x.after: expected at most sec(2) while a cue is on, max_on of tone");
    EXPECT_STATE("after = { sec(1), done }, enter = { \"A\" }",
                 "x.lua:3: state.x.enter.1 = \"A\": expected cs \"cue\", deliver(\"valve\", ul(x)), start \"train\" or "
                 "another action");
    EXPECT_STATE("after = { sec(1), done }, arm = { \"dip\" }",
                 "x.lua:3: state.x.arm = \"dip\": expected a trigger of the task: there is none");
    EXPECT_STATE("on = { lickk = done }", "x.lua:3: state.x.on.lickk: expected an input that the task uses, a trigger "
                                          "or another event: did you mean lick?");
    EXPECT_STATE("on = { marks = done }",
                 "x.lua:3: state.x.on.marks: expected an input that the task uses, a trigger or another event: lick, "
                 "button, lick_off, lick_bout, lick_bout_end, button_off");
    EXPECT_STATE("on = { lick = { done } }",
                 "x.lua:3: state.x.on.lick = a table: expected an action, a state, done, or { action, state }");
    EXPECT_STATE("on = { lick = cs \"A\" }",
                 "x.lua:3: state.x.on.lick: expected a state with enter = { cs ... }: a cue belongs to a state");
    EXPECT_STATE("on = { lick = deliver(\"water\", ul(1)) }",
                 "x.lua:3: state.x: expected a way out: after = { time, state } or a state in on");
}

static void calls_in_a_trial_are_checked(void **state)
{
    (void)state;
    EXPECT_STATE("enter = { cs \"B\" }", "x.lua:3: cs = \"B\": expected a cue of the task: A");
    EXPECT_STATE("enter = { start \"stim\" }", "x.lua:3: state.x.enter.1 = start \"stim\": expected a train of the "
                                               "task or a timer of this trial: there is none");
    EXPECT_STATE("enter = { deliver(\"laser\", ul(1)) }",
                 "x.lua:3: deliver = \"laser\": expected a valve that the task uses: water");
    EXPECT_STATE("enter = { deliver(\"water\", ms(1)) }",
                 "x.lua:3: deliver = ms(1): expected a volume: ul(x) or ml(x)");
    EXPECT_STATE("enter = { deliver(\"water\", ul(0.9)) }",
                 "x.lua:3: deliver = ul(0.9): expected ul(1)..ul(10), the calibration of water");
    EXPECT_STATE("enter = { deliver(\"water\", ul(9.9)) }",
                 "x.lua:3: deliver = ul(9.9): expected a volume that water gives within its max_on, ms(90)");
    EXPECT_STATE("enter = { deliver() }", "x.lua:3: deliver = nil: expected a name in quotes");
}

static void the_list_of_states_is_checked(void **state)
{
    (void)state;
    EXPECT("\nfunction trial() return 5 end",
           "x.lua:2: trial() = 5: expected a list of 1..32 states: { state \"name\" { ... }, ... }");
    EXPECT("function trial() return {} end",
           "x.lua:1: trial() = a table: expected a list of 1..32 states: { state \"name\" { ... }, ... }");
    EXPECT("function trial() return { state \"x\" } end",
           "x.lua:1: trial()[1] = a function: expected state \"name\" { ... } or timer \"name\" { ... }");
    EXPECT("function trial() return {\nstate \"x\" { after = { sec(1), done } },\nstate \"x\" { after = { sec(1), done "
           "} } } end",
           "x.lua:3: state.x: expected another name: there is state \"x\" already");
    EXPECT("function trial() local t = {}\nfor i = 1, 33 do t[i] = state(\"s\" .. i) { after = { sec(1), done } } "
           "end\nreturn t end",
           "x.lua:2: state.s33: expected at most 32 states");
}

static void declarations_of_a_task_are_checked(void **state)
{
    (void)state;
    EXPECT("uses { inputs = \"lick\" }\n" TRIAL, "x.lua:1: uses.inputs = \"lick\": expected a table: { ... }");
    EXPECT("uses { inputs = { a = \"lick\" } }\n" TRIAL,
           "x.lua:1: uses.inputs = a table: expected a list: { item, item }");
    EXPECT("uses { signals = { \"vta\", \"vtb\" } }\n" TRIAL,
           "x.lua:1: uses.signals.2 = \"vtb\": expected a signal of the rig: did you mean vta?");
    EXPECT("uses {} uses {}\n" TRIAL, "x.lua:1: uses: expected one uses { ... } in a file");
    EXPECT("uses { outputs = { \"tone\" } }\ncue \"A\" { output = \"light\" }\n" TRIAL,
           "x.lua:2: cue.A.output = \"light\": expected a sound or digital output that the task uses: tone");
    assert_string_equal(with_uses("trigger \"lick\" { on = residual(\"vta\", \"td_csc\"), below = z(-2) }\n" TRIAL),
                        "x.lua:2: trigger.lick: expected another name: the rig has an input \"lick\"");
    assert_string_equal(with_uses("trigger \"dip\" { on = residual(\"vta\", \"td_csc\") }\n" TRIAL),
                        "x.lua:2: trigger.dip: expected either below or above: z(x), or a level in the unit of `on`");
    assert_string_equal(with_uses("trigger \"dip\" { on = residual(\"vta\", \"td_csc\"), below = -2 }\n" TRIAL),
                        "x.lua:2: trigger.dip.below = -2: expected a dF/F: percent(x), or z(x)");
    assert_string_equal(
        with_uses("trigger \"dip\" { on = residual(\"vta\", \"td_csc\"), below = z(-2), release = z(-3) }\n" TRIAL),
        "x.lua:2: trigger.dip.release = z(-3): expected a level on the quiet side of below");
    assert_string_equal(with_uses("trigger \"dip\" { on = residual(\"vta\", \"ph\"), below = z(-2) }\n" TRIAL),
                        "x.lua:2: residual = \"ph\": expected a model that the task uses: null_zero, td_csc");
    assert_string_equal(
        with_uses("train \"s\" { output = \"laser\", width = ms(50), rate = hz(5), duration = sec(1) }\n" TRIAL),
        "x.lua:2: train.s.width = ms(50): expected at most ms(20), max_on of laser");
    assert_string_equal(
        with_uses("train \"s\" { output = \"laser\", width = ms(5), rate = hz(100), duration = sec(1) }\n" TRIAL),
        "x.lua:2: train.s.rate = hz(100): expected pulses with gaps of ms(10) or more, min_gap of laser");
    assert_string_equal(
        with_uses("observe \"marks\" { cs = \"A\", us = ul(1) }\n" TRIAL),
        "x.lua:2: observe.marks: expected one of cs = \"cue\", us = ul(x), action = n, aversive = x, context = n");
    assert_string_equal(with_uses("trigger \"dip\" { on = residual(\"vta\", \"td_csc\"), below = z(-2) }\n"
                                  "function trial() return { state \"x\" {\non = { dip = done } } } end"),
                        "x.lua:4: state.x.on.dip: expected arm = { \"dip\" } in the same state: it never fires here");
}

static void a_failed_load_touches_nothing(void **state)
{
    (void)state;
    EXPECT("cue \"A\" {}\ncue \"A\" {}", "x.lua:2: cue.A: expected another name: there is cue \"A\" already");
    assert_null(planner_case.task);
    assert_int_equal(planner_case.config.n_cues, 0);
    assert_string_equal(planner_case.config.task, "");
}

static void the_shipped_tasks_run_a_thousand_trials(void **state)
{
    (void)state;
    static const struct driver_ops *const drivers[] = {&sim_driver};
    static const char *const paths[] = {"protocols/pavlovian.lua", "protocols/operant.lua"};
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
        struct config config;
        struct error err = {0};
        struct task *task;
        struct trial trial;
        char line[1024];
        assert_true(rig_load("rig-configs/sim.lua", drivers, 1, &config, &err));
        if (!task_load(&task, paths[i], NULL, 0, 7, &config, &err))
            fail_msg("%s", error_line(&err, line, sizeof line));
        for (int64_t n = 0; n < 1000; n++)
            if (!task_plan(task, &(struct task_outcome){.number = n, .n_licks = 3}, &trial, &err))
                fail_msg("%s", error_line(&err, line, sizeof line));
        assert_int_equal(trial.number, 1000);
        task_free(task);
    }
    task_free(NULL);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(declarations_become_the_configs_second_half),
    cmocka_unit_test(model_settings_are_checked_against_the_models_table),
    cmocka_unit_test(a_trial_is_compiled_to_indices_and_times),
    cmocka_unit_test(trial_sees_how_the_last_one_went),
    cmocka_unit_test(nil_ends_the_session),
    cmocka_unit_test(the_last_trials_keys_are_known),
    cmocka_unit_test(the_same_seed_and_outcomes_give_the_same_trials),
    cmocka_unit_test(a_task_without_trials_listens),
    cmocka_unit_test(parameters_are_read_and_overridden),
    cmocka_unit_test(parameters_are_checked),
    cmocka_unit_test(bad_files_are_refused_with_one_line),
    cmocka_unit_test(states_are_checked),
    cmocka_unit_test(calls_in_a_trial_are_checked),
    cmocka_unit_test(the_list_of_states_is_checked),
    cmocka_unit_test(declarations_of_a_task_are_checked),
    cmocka_unit_test(a_failed_load_touches_nothing),
    cmocka_unit_test(the_shipped_tasks_run_a_thousand_trials),
};

/* Frees the last task before the leak check looks. */
int main(int argc, char **argv)
{
    const int failed = test_run(argv[0], tests, sizeof tests / sizeof *tests, argc, argv);
    task_free(planner_case.task);
    return failed;
}
