/* log: the bytes on stderr. */
#include "log.h"
#include "tests/test.h"
#include "tests/unit/scratch.h"
#include <fcntl.h>
#include <unistd.h>

static char path[512], text[4096];
static int kept = -1; /* the real stderr, while lines are caught */

static int fresh(void **state)
{
    (void)state;
    unsetenv("JOURNAL_STREAM");
    unsetenv("PHASIC_DEBUG");
    snprintf(path, sizeof path, "%s", scratch_path("stderr"));
    const int fd = open(path, O_CREAT | O_TRUNC | O_WRONLY, 0600);
    kept = dup(STDERR_FILENO);
    return fd < 0 || kept < 0 || dup2(fd, STDERR_FILENO) < 0 || close(fd) != 0;
}

static int restore(void **state)
{
    (void)state;
    if (kept >= 0) {
        dup2(kept, STDERR_FILENO);
        close(kept);
        kept = -1;
    }
    return 0;
}

/* Everything written so far; stderr is itself again. */
static const char *caught(void)
{
    size_t n;
    restore(NULL);
    uint8_t *bytes = scratch_read(path, &n);
    assert_true(n < sizeof text);
    memcpy(text, bytes, n);
    text[n] = '\0';
    free(bytes);
    return text;
}

static void an_event_is_one_line(void **state)
{
    (void)state;
    log_event(LOG_WARN, "device.lost", "device=%s gap_ms=%d", "harp0", 412);
    log_event(LOG_ERROR, "ring.full", "%s", "");
    log_event(LOG_INFO, "session.start", "trial=%d", 1);
    assert_string_equal(caught(), "warn device.lost device=harp0 gap_ms=412\n"
                                  "error ring.full\n"
                                  "info session.start trial=1\n");
}

static void systemd_gets_its_prefixes(void **state)
{
    (void)state;
    setenv("JOURNAL_STREAM", "8:12345", 1);
    setenv("PHASIC_DEBUG", "1", 1);
    log_event(LOG_ERROR, "a", "x=1");
    log_event(LOG_WARN, "b", "x=2");
    log_event(LOG_INFO, "c", "x=3");
    log_event(LOG_DEBUG, "d", "x=4");
    /* syslog(3): 3 err, 4 warning, 6 info, 7 debug */
    assert_string_equal(caught(), "<3>error a x=1\n<4>warn b x=2\n<6>info c x=3\n<7>debug d x=4\n");
}

static void debug_is_silent_unless_asked_for(void **state)
{
    (void)state;
    log_event(LOG_DEBUG, "a", "x=%d", 1);
    setenv("PHASIC_DEBUG", "1", 1);
    log_event(LOG_DEBUG, "b", "x=%d", 2);
    assert_string_equal(caught(), "debug b x=2\n");
}

static void a_value_can_not_start_a_line(void **state)
{
    (void)state;
    log_event(LOG_WARN, "file.bad", "path=%s", "a\nerror estop\tb\x1b[2J\x7f");
    assert_string_equal(caught(), "warn file.bad path=a?error estop?b?[2J?\n");
}

static void a_line_that_is_too_long_is_cut(void **state)
{
    (void)state;
    log_event(LOG_INFO, "long", "%02000d", 7);
    const char *line = caught();
    assert_int_equal(strlen(line), strlen("info long ") + 511 + 1);
    assert_int_equal(line[strlen(line) - 1], '\n');
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test_setup_teardown(an_event_is_one_line, fresh, restore),
    cmocka_unit_test_setup_teardown(systemd_gets_its_prefixes, fresh, restore),
    cmocka_unit_test_setup_teardown(debug_is_silent_unless_asked_for, fresh, restore),
    cmocka_unit_test_setup_teardown(a_value_can_not_start_a_line, fresh, restore),
    cmocka_unit_test_setup_teardown(a_line_that_is_too_long_is_cut, fresh, restore),
};
TEST_MAIN(tests)
