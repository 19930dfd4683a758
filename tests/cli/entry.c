#include "tests/cli/entry.h"
#include "cli/cli.h"
#include "drivers/sim/sim.h"
#include "tests/test.h"
#include "tests/unit/scratch.h"
#include <fcntl.h>
#include <unistd.h>

enum { WORDS_MAX = 8, WORD = 512 };

char entry_out[1 << 16], entry_err[1 << 12];

static int redirect(int from, const char *path)
{
    fflush(NULL);
    const int saved = dup(from), to = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    assert_true(saved >= 0 && to >= 0);
    assert_int_equal(dup2(to, from), from);
    close(to);
    return saved;
}

static void restore(int from, int saved, const char *path, char *text, size_t size)
{
    size_t n;
    fflush(NULL);
    dup2(saved, from);
    close(saved);
    uint8_t *data = scratch_read(path, &n);
    assert_true(n < size);
    memcpy(text, data, n);
    text[n] = '\0';
    free(data);
}

int entry_call(const char *const *words)
{
    static const struct driver_ops *const drivers[] = {&sim_driver};
    const struct cli cli = {.drivers = drivers, .n_drivers = 1};
    char room[WORDS_MAX + 1][WORD] = {"phasic"};
    char *argv[WORDS_MAX + 2] = {room[0]};
    int argc = 1;
    for (; words[argc - 1] != NULL; argc++) {
        assert_true(argc <= WORDS_MAX);
        snprintf(room[argc], WORD, "%s", words[argc - 1]);
        argv[argc] = room[argc];
    }
    const int saved_out = redirect(STDOUT_FILENO, scratch_path("entry-out"));
    const int saved_err = redirect(STDERR_FILENO, scratch_path("entry-err"));
    const int status = cli_main(&cli, argc, argv);
    restore(STDERR_FILENO, saved_err, scratch_path("entry-err"), entry_err, sizeof entry_err);
    restore(STDOUT_FILENO, saved_out, scratch_path("entry-out"), entry_out, sizeof entry_out);
    return status;
}
