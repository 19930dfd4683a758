/* rerun: a recorded session on the simulated rig comes out the same again, and a difference is found where it is.
 *
 * Expected counts are those that the closed loop counted while it recorded. */
#include "engine/base/units.h"
#include "session/folder.h"
#include "session/journal.h"
#include "session/rerun.h"
#include "tests/test.h"
#include "tests/unit/journaled.h"
#include "tests/unit/scratch.h"

static void expect_ok(bool ok, const struct error *err)
{
    char line[1024];
    if (!ok)
        fail_msg("%s", error_line(err, line, sizeof line));
}

static struct rerun_report verify(const char *session, const struct config *config)
{
    struct error err = {0};
    struct rerun *rerun;
    struct rerun_report report;
    expect_ok(rerun_open(&rerun, session, &err), &err);
    const struct rerun_options options = {.config = config, .verify = true};
    expect_ok(rerun_run(rerun, &options, &report, &err), &err);
    rerun_close(rerun);
    return report;
}

static void a_recorded_session_comes_out_the_same(void **state)
{
    (void)state;
    const struct rerun_report report = verify(journaled_folder(), NULL);
    assert_int_equal(report.mismatches, 0);
    assert_true(report.closed);
    assert_int_equal(report.ticks, journaled.ticks);
    assert_int_equal(report.decisions, journaled.entries);
    assert_int_equal(journaled.settings, 1); /* live changes come again, too */
    assert_int_equal(journaled.refusals, 1);
    assert_int_not_equal(journaled.reward_tick, 0); /* the session has what the tests below change */
    assert_int_not_equal(journaled.write_tick, 0);
}

static void a_changed_decision_is_found_with_its_tick_and_field(void **state)
{
    (void)state;
    char field[64];
    const struct rerun_report report =
        verify(journaled_copy("value.phj", &journaled.reward_tick, journaled_change_reward), NULL);
    assert_int_equal(report.mismatches, 1);
    assert_int_equal(report.first.tick, journaled.reward_tick);
    snprintf(field, sizeof field, "decisions[%u].value", (unsigned)journaled.reward_place);
    assert_string_equal(report.first.field, field);
    assert_string_equal(report.first.kind, "reward");
    assert_string_equal(report.first.recorded, "3.5");
    assert_string_equal(report.first.now, "4"); /* the task's volume */
}

static void change_last_bit(struct frame_out *out)
{
    uint64_t bits;
    double *value = &out->decisions[journaled.reward_place].value;
    memcpy(&bits, value, sizeof bits);
    bits ^= 1;
    memcpy(value, &bits, sizeof bits);
}

static void one_wrong_bit_is_a_difference(void **state)
{
    (void)state;
    const struct rerun_report report = verify(journaled_copy("bit.phj", &journaled.reward_tick, change_last_bit), NULL);
    assert_int_equal(report.mismatches, 1);
    assert_string_not_equal(report.first.recorded, report.first.now);
}

static void drop_decision(struct frame_out *out)
{
    out->n_decisions--;
}

static void a_decision_too_many_is_found(void **state)
{
    (void)state;
    const struct rerun_report report = verify(journaled_copy("fewer.phj", &journaled.reward_tick, drop_decision), NULL);
    assert_int_equal(report.mismatches, 1);
    assert_int_equal(report.first.tick, journaled.reward_tick);
    assert_string_equal(report.first.field, "n_decisions");
}

static void swap_kind(struct frame_out *out)
{
    out->decisions[journaled.reward_place].kind = FRAME_LICK;
    out->decisions[journaled.reward_place].id = 0;
}

static void another_kind_of_decision_is_named_in_words(void **state)
{
    (void)state;
    const struct rerun_report report = verify(journaled_copy("kind.phj", &journaled.reward_tick, swap_kind), NULL);
    assert_string_equal(report.first.recorded, "lick");
    assert_string_equal(report.first.now, "reward");
}

static void change_level(struct frame_out *out)
{
    out->writes[0].level += 1;
}

static void a_changed_write_is_found(void **state)
{
    (void)state;
    const struct rerun_report report = verify(journaled_copy("write.phj", &journaled.write_tick, change_level), NULL);
    assert_int_equal(report.mismatches, 1);
    assert_int_equal(report.first.tick, journaled.write_tick);
    assert_string_equal(report.first.kind, "write");
    assert_string_equal(report.first.field, "writes[0].level");
}

/* A parameter in the config stands for a constant in the code that someone has changed. */
static void an_engine_that_computes_otherwise_is_caught(void **state)
{
    (void)state;
    struct error err = {0};
    struct rerun *rerun;
    expect_ok(rerun_open(&rerun, journaled_folder(), &err), &err);
    struct config config = *rerun_config(rerun);
    rerun_close(rerun);
    config.signals[0].lowpass_hz *= 1.0000001;
    const struct rerun_report report = verify(journaled_folder(), &config);
    assert_true(report.mismatches > 0);
    assert_string_equal(report.first.kind, "digest"); /* before anything else goes wrong */
}

/* The keeper, a full ring or a dead core end a session without the engine's last tick. */
static void a_session_without_an_end_is_the_same_as_far_as_it_goes(void **state)
{
    (void)state;
    const struct rerun_report report = verify(journaled_copy("ended.phj", &journaled.reward_tick, NULL), NULL);
    assert_int_equal(report.mismatches, 0);
    assert_true(report.ticks > 0 && report.ticks < journaled.ticks);
    assert_false(report.closed);
}

static void an_import_has_nothing_to_verify(void **state)
{
    (void)state;
    struct error err = {0};
    struct journal_writer *writer;
    struct rerun *rerun;
    struct rerun_report report;
    expect_ok(rerun_open(&rerun, journaled_folder(), &err), &err);
    expect_ok(journal_create(&writer, scratch_path("import.phj"), JOURNAL_IMPORT, rerun_config(rerun), &err), &err);
    expect_ok(journal_finish(writer, 0, &err), &err);
    rerun_close(rerun);
    expect_ok(rerun_open(&rerun, scratch_path("import.phj"), &err), &err);
    assert_false(rerun_run(rerun, &(struct rerun_options){.verify = true}, &report, &err));
    assert_int_equal(err.kind, ERROR_INPUT);
    err = (struct error){0};
    expect_ok(rerun_run(rerun, &(struct rerun_options){0}, &report, &err), &err);
    assert_int_equal(report.ticks, 0);
    rerun_close(rerun);
}

static void damage_is_an_error_with_its_byte(void **state)
{
    (void)state;
    struct error err = {0};
    struct rerun *rerun;
    struct rerun_report report;
    size_t n;
    char path[FOLDER_PATH_MAX];
    expect_ok(folder_path(journaled_folder(), FOLDER_JOURNAL, path, &err), &err);
    uint8_t *data = scratch_read(path, &n);
    data[n / 2] ^= 0x40;
    scratch_write(scratch_path("damaged.phj"), data, n);
    free(data);
    expect_ok(rerun_open(&rerun, scratch_path("damaged.phj"), &err), &err);
    assert_false(rerun_run(rerun, &(struct rerun_options){.verify = true}, &report, &err));
    assert_int_equal(err.kind, ERROR_INPUT);
    assert_non_null(strstr(err.where, "byte "));
    assert_true(report.ticks > 0); /* what came before it was run */
    assert_int_equal(report.mismatches, 0);
    rerun_close(rerun);
}

struct watched {
    int64_t ticks, rewards;
    struct engine_view view;
};

static void watch(void *context, const struct rerun_tick *tick)
{
    struct watched *watched = context;
    watched->ticks++;
    for (uint32_t i = 0; i < tick->now->n_decisions; i++)
        watched->rewards += tick->now->decisions[i].kind == FRAME_REWARD;
    engine_look(tick->engine, &watched->view);
}

static void an_observer_sees_every_tick(void **state)
{
    (void)state;
    struct error err = {0};
    struct rerun *rerun;
    struct rerun_report report;
    struct watched watched = {0};
    expect_ok(rerun_open(&rerun, journaled_folder(), &err), &err);
    struct config config = *rerun_config(rerun);
    struct config_model *model = &config.models[config.n_models++]; /* one more watches, nothing else changes */
    *model = (struct config_model){.name = "null_zero", .step_ns = 100 * MS, .mag_ref = 4};
    const struct rerun_options options = {.config = &config, .watch = watch, .context = &watched};
    expect_ok(rerun_run(rerun, &options, &report, &err), &err);
    assert_int_equal(watched.ticks, journaled.ticks);
    assert_int_equal(watched.view.n_models, 2);
    assert_int_equal(watched.view.n_rewards, watched.rewards);
    assert_non_null(engine_model(rerun_engine(rerun), 1));
    assert_int_equal(report.mismatches, 0); /* not asked for */
    rerun_close(rerun);
}

static void a_folder_without_a_journal_is_refused(void **state)
{
    (void)state;
    struct error err = {0};
    struct rerun *rerun;
    assert_false(rerun_open(&rerun, scratch_path("nothing"), &err));
    assert_null(rerun);
    rerun_close(rerun);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(a_recorded_session_comes_out_the_same),
    cmocka_unit_test(a_changed_decision_is_found_with_its_tick_and_field),
    cmocka_unit_test(one_wrong_bit_is_a_difference),
    cmocka_unit_test(a_decision_too_many_is_found),
    cmocka_unit_test(another_kind_of_decision_is_named_in_words),
    cmocka_unit_test(a_changed_write_is_found),
    cmocka_unit_test(an_engine_that_computes_otherwise_is_caught),
    cmocka_unit_test(a_session_without_an_end_is_the_same_as_far_as_it_goes),
    cmocka_unit_test(an_import_has_nothing_to_verify),
    cmocka_unit_test(damage_is_an_error_with_its_byte),
    cmocka_unit_test(an_observer_sees_every_tick),
    cmocka_unit_test(a_folder_without_a_journal_is_refused),
};

TEST_MAIN(tests)
