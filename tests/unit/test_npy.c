#include "session/npy.h"
#include "tests/test.h"
#include "tests/unit/scratch.h"

static const char cues[] = "tests/data/akam-ppd/reward_cue_times.npy";

/* Expected: the file's README (computed with NumPy). */
static void the_cue_times_of_a_real_recording_are_read(void **state)
{
    (void)state;
    double *values;
    size_t n;
    struct error err = {0};
    assert_true(npy_read(cues, &values, &n, &err));
    assert_int_equal(n, 137);
    assert_true(values[0] > 22.7768395 && values[0] < 22.7768405);
    assert_true(values[1] > 40.8601085 && values[1] < 40.8601095);
    assert_true(values[136] > 4974.7718975 && values[136] < 4974.7718985);
    free(values);
}

/* An NPY file of version `major`.0 with this dict and so many bytes of data. */
static size_t make(uint8_t *file, int major, const char *dict, size_t n_data)
{
    const size_t length = strlen(dict), front = major == 1 ? 10 : 12;
    memcpy(file, "\x93NUMPY", 6);
    file[6] = (uint8_t)major;
    file[7] = 0;
    memset(file + 8, 0, 4);
    file[8] = (uint8_t)length;
    memcpy(file + front, dict, length);
    memset(file + front + length, 0, n_data);
    return front + length + n_data;
}

static void both_versions_and_an_empty_array_are_read(void **state)
{
    (void)state;
    static const char dict[] = "{'descr': '<f8', 'fortran_order': False, 'shape': (2,), }  \n";
    uint8_t file[256];
    double *values;
    size_t n;
    struct error err = {0};
    for (int major = 1; major <= 2; major++) {
        const size_t size = make(file, major, dict, 16);
        const double x = -2.5;
        memcpy(file + size - 8, &x, 8);
        assert_true(npy_parse(file, size, "a.npy", &values, &n, &err));
        assert_int_equal(n, 2);
        assert_true(values[0] == 0 && values[1] == -2.5);
        free(values);
    }
    const size_t size = make(file, 1, "{'shape': (0,), 'fortran_order': True, 'descr': '<f8'}", 0);
    assert_true(npy_parse(file, size, "a.npy", &values, &n, &err));
    assert_int_equal(n, 0);
    assert_non_null(values);
    free(values);
}

static void what_is_wrong_is_said_with_its_byte(void **state)
{
    (void)state;
    static const struct {
        int major;
        const char *dict;
        size_t n_data;
        const char *line;
    } rows[] = {
        {3, "{}",                                                                           0,  "a.npy: byte 6: NPY version: expected 1.0 or 2.0"                  },
        {1, "{'descr': '>f8', ",                                                            0,  "a.npy: byte 20: NPY header: expected '<f8': little-endian float64"},
        {1, "{'descr': '<f8', 'fortran_order': False, 'shape': (2, 2), }",                  32,
         "a.npy: byte 64: NPY header: expected a shape with one dimension: (N,)"                                                                                   },
        {1, "{'descr': '<f8', 'fortran_order': False, 'shape': (), }",                      8,
         "a.npy: byte 61: NPY header: expected a shape with one dimension: (N,)"                                                                                   },
        {1, "{'descr': '<f8', 'fortran_order': False, 'shape': (99999999999999999999,), }", 8,
         "a.npy: byte 68: NPY header: expected a shape with one dimension: (N,)"                                                                                   },
        {1, "{'descr': '<f8', 'fortran_order': False, 'shape': (5000000,), }",              8,
         "a.npy: byte 70: NPY header: expected at most 4194304 values"                                                                                             },
        {1, "{'descr': '<f8', 'shape': (1,), }",                                            8,
         "a.npy: byte 43: NPY header: expected descr, fortran_order and shape"                                                                                     },
        {1, "{'descr': '<f8', 'fortran_order': False, 'shape': (2,), }",                    15,
         "a.npy: byte 82: NPY data: expected 16 bytes behind the header"                                                                                           },
        {1, "{'descr': '<f8', 'fortran_order': False, 'shape': (2,), }",                    17,
         "a.npy: byte 84: NPY data: expected 16 bytes behind the header"                                                                                           },
        {1, "nonsense",                                                                     0,  "a.npy: byte 10: NPY header: expected a dict"                      },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        uint8_t file[256];
        double *values;
        size_t n;
        char line[512];
        struct error err = {0};
        const size_t size = make(file, rows[i].major, rows[i].dict, rows[i].n_data);
        assert_false(npy_parse(file, size, "a.npy", &values, &n, &err));
        assert_null(values);
        assert_string_equal(error_line(&err, line, sizeof line), rows[i].line);
        assert_int_equal(error_exit_status(&err), 2);
    }
}

static void a_file_cut_at_any_byte_is_refused(void **state)
{
    (void)state;
    size_t size, n;
    double *values;
    uint8_t *file = scratch_read(cues, &size);
    for (size_t cut = 0; cut < size; cut++) {
        uint8_t *part = malloc(cut + 1); /* of its own, so that a sanitizer sees every step beyond */
        memcpy(part, file, cut);
        assert_false(npy_parse(part, cut, "a.npy", &values, &n, NULL));
        free(part);
    }
    free(file);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(the_cue_times_of_a_real_recording_are_read),
    cmocka_unit_test(both_versions_and_an_empty_array_are_read),
    cmocka_unit_test(what_is_wrong_is_said_with_its_byte),
    cmocka_unit_test(a_file_cut_at_any_byte_is_refused),
};
TEST_MAIN(tests)
