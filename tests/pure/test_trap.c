/* The core's thread takes no memory and no lock once it runs: this program's own malloc, free and lock functions end
 * the process when the thread that calls them is armed, and name the tick. */
#include "engine/base/units.h"
#include "tests/pure/core.h"
#include "tests/test.h"
#include <dlfcn.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

static _Thread_local bool armed;
static _Thread_local int64_t tick;

/* Nothing here may take memory or a lock itself. */
__attribute__((unused)) static void spring(const char *name) /* unused where a sanitizer brings its own functions */
{
    char line[96];
    if (!armed)
        return;
    armed = false;
    const int n = snprintf(line, sizeof line, "# tick %lld: %s in the armed thread\n", (long long)tick, name);
    (void)!write(STDOUT_FILENO, line, (size_t)n);
    abort();
}

#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__) /* they bring their own of all these */
extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t n, size_t size);
extern void *__libc_realloc(void *at, size_t size);
extern void *__libc_memalign(size_t align, size_t size);
extern void __libc_free(void *at);

void *malloc(size_t size)
{
    spring("malloc");
    return __libc_malloc(size);
}

void *calloc(size_t n, size_t size)
{
    spring("calloc");
    return __libc_calloc(n, size);
}

void *realloc(void *at, size_t size)
{
    spring("realloc");
    return __libc_realloc(at, size);
}

void *aligned_alloc(size_t align, size_t size)
{
    spring("aligned_alloc");
    return __libc_memalign(align, size);
}

void free(void *at)
{
    spring("free");
    __libc_free(at);
}

/* The C library's function of this name. */
#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))
#define TRAP(name, type, argument)                                                                                     \
    int name(type argument)                                                                                            \
    {                                                                                                                  \
        spring(#name);                                                                                                 \
        return REAL(name)(argument);                                                                                   \
    }
TRAP(pthread_mutex_lock, pthread_mutex_t *, mutex)
TRAP(pthread_mutex_unlock, pthread_mutex_t *, mutex)
TRAP(pthread_rwlock_rdlock, pthread_rwlock_t *, lock)
TRAP(pthread_rwlock_wrlock, pthread_rwlock_t *, lock)
TRAP(pthread_cond_signal, pthread_cond_t *, condition)
TRAP(pthread_cond_broadcast, pthread_cond_t *, condition)
TRAP(sem_wait, sem_t *, semaphore)
TRAP(sem_post, sem_t *, semaphore)
#endif

static void arm(bool on)
{
    armed = on;
}

static void note_tick(int64_t n)
{
    tick = n;
}

/* Runs armed, with `meddle` in every read. Returns the core's wait status. */
static int run(int64_t period_ns, int64_t n_ticks, void (*meddle)(int64_t n), struct core_report *report)
{
    const struct core_options options = {.period_ns = period_ns, .n_ticks = n_ticks, .arm = arm, .meddle = meddle};
    core_run(&options, report);
    return report->status;
}

static void the_core_takes_no_memory_and_no_lock_while_it_runs(void **state)
{
    (void)state;
    struct core_report report;
    const int status = run(250 * US, 8000, note_tick, &report);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    assert_true(report.ticks >= 8000);
    assert_true(report.n_rewards > 3 && report.n_writes > 30); /* it had something to do */
}

static void take_memory(int64_t n)
{
    void *(*volatile take)(size_t) = malloc; /* not optimised away */
    tick = n;
    if (n >= 10)
        free(take(1));
}

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;

static void take_lock(int64_t n)
{
    tick = n;
    if (n >= 10)
        pthread_mutex_lock(&mutex);
}

static void print(int64_t n)
{
    static char text[100000];
    tick = n;
    if (n >= 10)
        fclose(fmemopen(text, sizeof text, "w")); /* the C library's own allocation is seen too */
}

static void an_allocation_in_a_tick_ends_the_core(void **state)
{
    (void)state;
    struct core_report report;
    const int status = run(MS, 100, take_memory, &report);
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
}

static void an_allocation_of_the_c_library_ends_the_core(void **state)
{
    (void)state;
    struct core_report report;
    const int status = run(MS, 100, print, &report);
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
}

static void a_lock_in_a_tick_ends_the_core(void **state)
{
    (void)state;
    struct core_report report;
    const int status = run(MS, 100, take_lock, &report);
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(the_core_takes_no_memory_and_no_lock_while_it_runs),
    cmocka_unit_test(an_allocation_in_a_tick_ends_the_core),
    cmocka_unit_test(an_allocation_of_the_c_library_ends_the_core),
    cmocka_unit_test(a_lock_in_a_tick_ends_the_core),
};
TEST_MAIN(tests)
