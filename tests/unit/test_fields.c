#include "engine/base/rng.h"
#include "engine/config.h"
#include "engine/task/trial.h"
#include "session/journal_format.h"
#include "tests/test.h"
#include "wire/fields.h"

static const struct fields *const tables[] = {
    &fields_config,  &fields_trial, &fields_edge,     &fields_status,         &fields_command,
    &fields_applied, &fields_write, &fields_decision, &journal_format_anchor, &journal_format_close};
enum { N_TABLES = sizeof tables / sizeof *tables };

/* Marks each byte that a row stands for; a byte that is marked twice or never fails. */
static void expect_covered(const struct fields *table)
{
    uint8_t *marks = calloc(1, table->size);
    assert_non_null(marks);
    for (size_t i = 0; i < table->n_rows; i++) {
        const struct fields_row *row = &table->rows[i];
        for (size_t k = 0; k < row->n * row->size; k++) {
            if (row->offset + k >= table->size || marks[row->offset + k] != 0)
                fail_msg("%s.%s lies over another field", table->name, row->name);
            marks[row->offset + k] = 1;
        }
        if (row->sub != NULL) {
            assert_int_equal(row->sub->size, row->size);
            expect_covered(row->sub);
        }
    }
    for (size_t i = 0; i < table->size; i++)
        if (marks[i] == 0)
            fail_msg("struct %s: byte %zu is in no row: a forgotten field, or padding", table->name, i);
    free(marks);
}

static void every_table_covers_its_struct_byte_for_byte(void **state)
{
    (void)state;
    for (size_t i = 0; i < N_TABLES; i++)
        expect_covered(tables[i]);
}

static void the_sizes_of_the_tables_are_those_of_the_structs(void **state)
{
    (void)state;
    static const size_t sizes[N_TABLES] = {sizeof(struct config),        sizeof(struct trial),
                                           sizeof(struct frame_edge),    sizeof(struct frame_status),
                                           sizeof(struct frame_command), sizeof(struct frame_applied),
                                           sizeof(struct frame_write),   sizeof(struct frame_decision),
                                           sizeof(struct record_anchor), sizeof(struct record_close)};
    for (size_t i = 0; i < N_TABLES; i++)
        assert_int_equal(tables[i]->size, sizes[i]);
}

static void set_row(const struct fields_row *row, uint8_t *at, struct rng *rng);

/* Random values everywhere: texts of any length, arrays used up to a random count. */
static void set_random(const struct fields *table, uint8_t *record, struct rng *rng)
{
    for (size_t i = 0; i < table->n_rows; i++) {
        const struct fields_row *row = &table->rows[i];
        for (size_t k = 0; k < row->n; k++)
            set_row(row, record + row->offset + k * row->size, rng);
    }
    for (size_t i = 0; i < table->n_rows; i++)
        if (table->rows[i].count_offset >= 0) {
            const uint32_t n = (uint32_t)(rng_next(rng) % (table->rows[i].n + 1));
            memcpy(record + table->rows[i].count_offset, &n, sizeof n);
        }
}

static void set_row(const struct fields_row *row, uint8_t *at, struct rng *rng)
{
    const uint64_t x = rng_next(rng);
    if (row->type == FIELDS_STRUCT)
        set_random(row->sub, at, rng);
    else if (row->type == FIELDS_TEXT)
        memset(at, 'a' + (int)(x % 26), (x >> 8) % row->size);
    else
        memcpy(at, &x, row->size);
}

static void records_come_back_as_they_were(void **state)
{
    (void)state;
    struct rng rng;
    rng_init(&rng, test_seed, "fields");
    for (int round = 0; round < 50; round++)
        for (size_t i = 0; i < N_TABLES; i++) {
            const struct fields *table = tables[i];
            uint8_t *record = calloc(1, table->size), *back = malloc(table->size), *bytes = malloc(table->size);
            memset(back, 0xee, table->size);
            set_random(table, record, &rng);
            struct bytes_out out = bytes_writer(bytes, table->size);
            fields_put(table, record, &out);
            assert_true(out.ok);
            struct bytes_in in = bytes_reader(bytes, out.used);
            fields_get(table, &in, back);
            assert_true(in.ok);
            assert_int_equal(in.used, out.used);
            char path[128], a[64], b[64];
            if (fields_differ(table, record, back, path, sizeof path, a, b, sizeof a) != NULL)
                fail_msg("%s.%s: %s and %s", table->name, path, a, b);
            for (size_t cut = 0; round == 0 && cut < out.used; cut += 1 + cut / 16) {
                in = bytes_reader(bytes, cut);
                fields_get(table, &in, back);
                assert_false(in.ok);
            }
            free(record);
            free(back);
            free(bytes);
        }
}

static void a_count_beyond_its_array_is_refused(void **state)
{
    (void)state;
    static struct trial trial, back;
    static uint8_t bytes[sizeof trial];
    trial = (struct trial){.number = 1, .n_states = TRIAL_STATES_MAX + 1};
    struct bytes_out out = bytes_writer(bytes, sizeof bytes);
    fields_put(&fields_trial, &trial, &out);
    struct bytes_in in = bytes_reader(bytes, out.used);
    fields_get(&fields_trial, &in, &back);
    assert_false(in.ok);
}

static void a_text_that_is_too_long_or_holds_a_zero_is_refused(void **state)
{
    (void)state;
    static struct config config;
    uint8_t bytes[128] = {CONFIG_NAME}; /* the rig's name: 32 characters, one too many */
    memset(bytes + 1, 'a', sizeof bytes - 1);
    struct bytes_in in = bytes_reader(bytes, sizeof bytes);
    fields_get(&fields_config, &in, &config);
    assert_false(in.ok);
    assert_int_equal(in.used, 1 + CONFIG_NAME); /* that is what stopped it */
    bytes[0] = 3;
    bytes[2] = 0;
    in = bytes_reader(bytes, sizeof bytes);
    fields_get(&fields_config, &in, &config);
    assert_false(in.ok);
    assert_int_equal(in.used, 4);
}

static void a_difference_is_named_by_its_path(void **state)
{
    (void)state;
    static struct trial a, b;
    a = (struct trial){.number = 1, .n_states = 3};
    b = a;
    b.states[2].after_ns = 7;
    char path[128], value_a[64], value_b[64];
    assert_non_null(fields_differ(&fields_trial, &a, &b, path, sizeof path, value_a, value_b, sizeof value_a));
    assert_string_equal(path, "states[2].after_ns");
    assert_string_equal(value_a, "0");
    assert_string_equal(value_b, "7");
    a.n_states = b.n_states = 2; /* now it is beyond what is used */
    assert_null(fields_differ(&fields_trial, &a, &b, path, sizeof path, value_a, value_b, sizeof value_a));
}

static void doubles_are_compared_by_their_bits(void **state)
{
    (void)state;
    const struct frame_write a = {.level = 0.0}, b = {.level = -0.0};
    char path[32], value_a[32], value_b[32];
    assert_non_null(fields_differ(&fields_write, &a, &b, path, sizeof path, value_a, value_b, sizeof value_a));
    assert_string_equal(path, "level");
}

static void a_table_describes_itself_a_line_a_field(void **state)
{
    (void)state;
    char text[256];
    const size_t n = fields_describe(&fields_edge, text, sizeof text);
    assert_string_equal(text, "frame_edge.t_ns i64\nframe_edge.raw_ns i64\nframe_edge.input u32\n"
                              "frame_edge.rising u8\nframe_edge.late u8\nframe_edge.reserved u8[2]\n");
    assert_int_equal(n, strlen(text));
    assert_int_equal(fields_describe(&fields_edge, text, 10), n); /* cut, but says what it needs */
    assert_int_equal(strlen(text), 9);
    char whole[8192];
    assert_true(fields_describe(&fields_trial, whole, sizeof whole) < sizeof whole);
    assert_non_null(strstr(whole, "trial.states trial_state[n_states]\n"));
    assert_non_null(strstr(whole, "trial_on.action trial_action\n"));
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(every_table_covers_its_struct_byte_for_byte),
    cmocka_unit_test(the_sizes_of_the_tables_are_those_of_the_structs),
    cmocka_unit_test(records_come_back_as_they_were),
    cmocka_unit_test(a_count_beyond_its_array_is_refused),
    cmocka_unit_test(a_text_that_is_too_long_or_holds_a_zero_is_refused),
    cmocka_unit_test(a_difference_is_named_by_its_path),
    cmocka_unit_test(doubles_are_compared_by_their_bits),
    cmocka_unit_test(a_table_describes_itself_a_line_a_field),
};
TEST_MAIN(tests)
