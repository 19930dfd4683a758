#include "engine/base/units.h"
#include "realtime/builder.h"
#include "tests/test.h"

static struct builder builder;
static struct frame_in in;

static int fresh(void **state)
{
    (void)state;
    builder_init(&builder);
    frame_in_clear(&in);
    in.wake_ns = 100 * MS;
    return 0;
}

static void edge(uint32_t input, int64_t t_ns)
{
    assert_true(frame_edge_add(&in, &(struct frame_edge){.t_ns = t_ns, .raw_ns = t_ns, .input = input, .rising = 1}));
}

static void edges_in_order_stay_as_they_are(void **state)
{
    (void)state;
    edge(0, 10 * MS);
    edge(0, 20 * MS);
    edge(3, 15 * MS); /* another input: no order between them */
    builder_order(&builder, &in);
    assert_int_equal(in.edges[0].t_ns, 10 * MS);
    assert_int_equal(in.edges[1].t_ns, 20 * MS);
    assert_int_equal(in.edges[2].t_ns, 15 * MS);
    assert_int_equal(in.edges[0].late + in.edges[1].late + in.edges[2].late, 0);
    assert_int_equal(builder.n_late, 0);
}

static void an_edge_older_than_its_inputs_newest_is_moved_and_flagged(void **state)
{
    (void)state;
    edge(0, 20 * MS);
    builder_order(&builder, &in);
    frame_in_clear(&in);
    edge(0, 18 * MS);
    edge(0, 20 * MS); /* as old as what 18 ms was moved behind: moved again */
    builder_order(&builder, &in);
    assert_int_equal(in.edges[0].t_ns, 20 * MS + 1);
    assert_int_equal(in.edges[0].raw_ns, 18 * MS);
    assert_int_equal(in.edges[0].late, 1);
    assert_int_equal(in.edges[1].t_ns, 20 * MS + 2);
    assert_int_equal(builder.n_late, 2);
}

static void an_edge_of_the_future_happened_now(void **state)
{
    (void)state;
    edge(0, 101 * MS);
    builder_order(&builder, &in);
    assert_int_equal(in.edges[0].t_ns, 100 * MS);
    assert_int_equal(in.edges[0].raw_ns, 101 * MS);
    assert_int_equal(in.edges[0].late, 0);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test_setup(edges_in_order_stay_as_they_are, fresh),
    cmocka_unit_test_setup(an_edge_older_than_its_inputs_newest_is_moved_and_flagged, fresh),
    cmocka_unit_test_setup(an_edge_of_the_future_happened_now, fresh),
};

TEST_MAIN(tests)
