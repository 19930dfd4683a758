#include "cli/run_prepare.h"
#include "drivers/sim/sim.h"
#include "tests/test.h"
#include "tests/unit/scratch.h"
#include <unistd.h>

static const struct driver_ops *const drivers[] = {&sim_driver};
static struct run_prepared prepared;
static int n_folders;

static struct run_options options_of(const char *animal, const char *set)
{
    struct run_options options = {.rig = "rig-configs/sim.lua",
                                  .task = "protocols/pavlovian.lua",
                                  .animal = animal,
                                  .set = {set},
                                  .n_set = set != NULL,
                                  .n_seed = 1};
    static char folder[FOLDER_PATH_MAX];
    char name[32];
    snprintf(name, sizeof name, "session-%d", n_folders++);
    snprintf(folder, sizeof folder, "%s", scratch_path(name));
    options.out = folder;
    setenv("PHASIC_DATA", scratch_path("data"), 1);
    return options;
}

/* Prepares, notes the last value of `name` among the parameters, and takes all back. "": it is not among them. */
static const char *value_of(const struct run_options *options, const char *name)
{
    static char value[ANIMAL_SET];
    char line[512];
    struct error err = {0};
    value[0] = '\0';
    if (!run_prepare(options, drivers, 1, &prepared, &err))
        fail_msg("%s", error_line(&err, line, sizeof line));
    for (size_t i = 0; i < prepared.session.n_set; i++)
        if (strncmp(prepared.session.set[i], name, strlen(name)) == 0 && prepared.session.set[i][strlen(name)] == '=')
            snprintf(value, sizeof value, "%s", prepared.session.set[i] + strlen(name) + 1);
    shared_unlink(prepared.session.shared);
    run_prepare_close(&prepared);
    return value;
}

static struct run_options keeping(struct run_options options)
{
    options.keep = true;
    return options;
}

static void what_is_set_counts_for_this_session_only(void **state)
{
    (void)state;
    struct run_options options = options_of("m1", "volume=5ul");
    assert_string_equal(value_of(&options, "volume"), "5ul");
    options = options_of("m1", NULL);
    assert_string_equal(value_of(&options, "volume"), "");
}

static void what_is_kept_counts_until_it_is_set(void **state)
{
    (void)state;
    struct run_options options = keeping(options_of("m2", "volume=5ul"));
    assert_string_equal(value_of(&options, "volume"), "5ul");
    options = options_of("m2", NULL);
    assert_string_equal(value_of(&options, "volume"), "5ul");
    options = options_of("m2", "volume=2ul");
    assert_string_equal(value_of(&options, "volume"), "2ul");
    assert_int_equal(prepared.n_kept, 0); /* cleared by close */
    options = options_of("m2", "iti=8s");
    assert_string_equal(value_of(&options, "volume"), "5ul");
    options = options_of("m3", NULL); /* another animal */
    assert_string_equal(value_of(&options, "volume"), "");
    options = options_of("m2", NULL);
    options.task = "protocols/extinction.lua"; /* another task */
    if (access(options.task, F_OK) == 0)
        assert_string_equal(value_of(&options, "volume"), "");
}

static void a_wrong_value_is_not_kept(void **state)
{
    (void)state;
    struct error err = {0};
    struct run_options options = keeping(options_of("m4", "volume=5s"));
    assert_false(run_prepare(&options, drivers, 1, &prepared, &err));
    assert_int_equal(err.kind, ERROR_USAGE);
    assert_int_not_equal(access(scratch_path("data/animals/m4"), F_OK), 0);
    assert_int_not_equal(access(options.out, F_OK), 0);
}

static void keeping_needs_an_animal(void **state)
{
    (void)state;
    struct error err = {0};
    char line[512];
    struct run_options options = keeping(options_of(NULL, "volume=5ul"));
    assert_false(run_prepare(&options, drivers, 1, &prepared, &err));
    assert_string_equal(error_line(&err, line, sizeof line), "--keep: expected an --animal to keep it for");
}

static void a_kept_value_that_no_longer_fits_names_the_animals_file(void **state)
{
    (void)state;
    struct error err = {0};
    char line[1024];
    struct animal *animal;
    struct run_options options = options_of("m5", NULL);
    assert_true(animal_open(&animal, "m5", &err));
    assert_true(animal_keep(animal, "pavlovian", "volume=500ul", &err));
    assert_true(animal_save(animal, &err));
    animal_close(animal);
    assert_false(run_prepare(&options, drivers, 1, &prepared, &err));
    error_line(&err, line, sizeof line);
    assert_non_null(strstr(line, "animals/m5/animal.json: volume = 500ul: expected ul(1)..ul(10)"));
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(what_is_set_counts_for_this_session_only),
    cmocka_unit_test(what_is_kept_counts_until_it_is_set),
    cmocka_unit_test(a_wrong_value_is_not_kept),
    cmocka_unit_test(keeping_needs_an_animal),
    cmocka_unit_test(a_kept_value_that_no_longer_fits_names_the_animals_file),
};

TEST_MAIN(tests)
