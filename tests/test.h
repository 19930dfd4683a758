/* test: what every test program starts with. (tests/test.h)
 *
 * cmocka plus one main: `--filter PATTERN` runs the tests whose names match (cmocka's wildcards), `--seed N` sets
 * test_seed, which is printed when a test fails. A test is a sentence: a_late_edge_keeps_its_raw_time. */
#pragma once
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
/* cmocka needs the five above first */
#include <cmocka.h>

static uint64_t test_seed = 1;

static inline int test_run(const char *name, const struct CMUnitTest *tests, size_t n, int argc, char **argv)
{
    for (int i = 1; i + 1 < argc; i += 2) {
        if (strcmp(argv[i], "--filter") == 0)
            cmocka_set_test_filter(argv[i + 1]);
        else if (strcmp(argv[i], "--seed") == 0)
            test_seed = strtoull(argv[i + 1], NULL, 0);
        else {
            fprintf(stderr, "%s: unknown option %s: expected --filter PATTERN or --seed N\n", name, argv[i]);
            return 2;
        }
    }
    const int failed = _cmocka_run_group_tests(name, tests, n, NULL, NULL);
    if (failed != 0)
        fprintf(stderr, "%s: --seed %llu\n", name, (unsigned long long)test_seed);
    return failed != 0;
}

/* The whole main of a test program, from its array of cmocka_unit_test(...) rows. */
#define TEST_MAIN(tests)                                                                                               \
    int main(int argc, char **argv)                                                                                    \
    {                                                                                                                  \
        return test_run(argv[0], tests, sizeof(tests) / sizeof *(tests), argc, argv);                                  \
    }
