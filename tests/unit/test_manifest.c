#include "session/folder.h"
#include "session/manifest.h"
#include "tests/test.h"
#include "tests/unit/scratch.h"
#include <unistd.h>

static const char *folder;

static void put(const char *name, const char *text)
{
    struct error err;
    assert_true(folder_write(folder, name, text, strlen(text), &err));
}

static void begin(const char *name)
{
    struct error err;
    folder = scratch_path(name);
    assert_true(folder_create(folder, &err));
    put("b.txt", "abc");
    put("a.txt", "");
}

static void expect_manifest(const char *text)
{
    char path[512];
    size_t n;
    snprintf(path, sizeof path, "%s/manifest", folder);
    uint8_t *data = scratch_read(path, &n);
    assert_int_equal(n, strlen(text));
    assert_memory_equal(data, text, n);
    free(data);
}

/* The hashes of "" and "abc" are those of FIPS 180-2 and its examples. */
#define EMPTY "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
#define ABC   "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"

static void a_manifest_has_the_hashes_of_sha256sum(void **state)
{
    (void)state;
    struct error err;
    begin("hashes");
    put("left.tmp", "half");
    assert_true(manifest_write(folder, &err));
    expect_manifest(EMPTY "  a.txt\n" ABC "  b.txt\n");
}

static void written_twice_it_does_not_list_itself(void **state)
{
    (void)state;
    struct error err;
    begin("twice");
    assert_true(manifest_write(folder, &err));
    assert_true(manifest_write(folder, &err));
    expect_manifest(EMPTY "  a.txt\n" ABC "  b.txt\n");
}

static void what_happened_to_each_file_is_told(void **state)
{
    (void)state;
    struct error err;
    struct manifest_report report;
    char path[512];
    begin("states");
    put("c.txt", "same");
    assert_true(manifest_write(folder, &err));
    put("b.txt", "abd");
    put("aa.txt", "new");
    snprintf(path, sizeof path, "%s/a.txt", folder);
    assert_int_equal(unlink(path), 0);
    assert_true(manifest_check(folder, &report, &err));
    assert_int_equal(report.n, 4);
    static const char *const names[] = {"a.txt", "aa.txt", "b.txt", "c.txt"};
    static const char *const states[] = {"missing", "added", "changed", "same"};
    for (uint32_t i = 0; i < 4; i++) {
        assert_string_equal(report.files[i].name, names[i]);
        assert_string_equal(manifest_state_name(report.files[i].state), states[i]);
    }
}

static void a_manifest_that_is_none_is_refused_with_its_line(void **state)
{
    (void)state;
    static const char *const wrong[] = {
        ABC "  b.txt",                    /* no line's end */
        EMPTY "  a.txt\n" ABC " b.txt\n", /* one blank */
        "xyz  b.txt\n",                   /* too short */
        EMPTY "  ../a.txt\n",             /* leaves the folder */
        "G" EMPTY "  a.txt\n",            /* 65 digits */
        EMPTY "  \n",                     /* no name */
    };
    static const int lines[] = {1, 2, 1, 1, 1, 1};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        char name[16], where[512];
        struct error err = {0};
        struct manifest_report report;
        snprintf(name, sizeof name, "wrong%zu", i);
        begin(name);
        put("manifest", wrong[i]);
        assert_false(manifest_check(folder, &report, &err));
        snprintf(where, sizeof where, "%s/manifest:%d", folder, lines[i]);
        assert_string_equal(err.where, where);
        assert_int_equal(err.kind, ERROR_INPUT);
    }
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(a_manifest_has_the_hashes_of_sha256sum),
    cmocka_unit_test(written_twice_it_does_not_list_itself),
    cmocka_unit_test(what_happened_to_each_file_is_told),
    cmocka_unit_test(a_manifest_that_is_none_is_refused_with_its_line),
};

TEST_MAIN(tests)
