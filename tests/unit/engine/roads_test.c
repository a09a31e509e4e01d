/* Roads: the narrowest rows that fit decide together, and nobody has two of one order. */
#include "engine/routing/roads.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static int setup(void **state)
{
    struct hx_roads *roads;
    assert_int_equal(hx_roads_new(&roads), HX_OK);
    *state = roads;
    return 0;
}

static int teardown(void **state)
{
    hx_roads_free(*state);
    return 0;
}

static int add(struct hx_roads *roads, struct hx_road row)
{
    static unsigned line;
    row.line = ++line;
    row.order = row.order ? row.order : 1;
    return hx_roads_add(roads, &row);
}

static void seal(struct hx_roads *roads)
{
    const struct hx_road *clash[2];
    assert_int_equal(hx_roads_seal(roads, clash), HX_OK);
}

static void expect(struct hx_roads *roads, const char *role, const char *area, const char *person,
                   const char *first)
{
    const char *names[HX_ROADS_MAX];
    size_t n = hx_roads_of(roads, role, area, person, names);
    if (!first) {
        assert_int_equal(n, 0);
        return;
    }
    assert_int_equal(n, 1);
    assert_string_equal(names[0], first);
}

static void the_narrowest_rows_decide(void **state)
{
    struct hx_roads *r = *state;
    assert_int_equal(add(r, (struct hx_road){.road = "all"}), HX_OK);
    assert_int_equal(add(r, (struct hx_road){.role = "duty", .road = "role"}), HX_OK);
    assert_int_equal(add(r, (struct hx_road){.area = "P-07", .road = "area"}), HX_OK);
    assert_int_equal(add(r, (struct hx_road){.role = "duty", .area = "P-08", .road = "post"}),
                     HX_OK);
    assert_int_equal(add(r, (struct hx_road){.person = "li", .road = "person"}), HX_OK);
    assert_int_equal(
        add(r, (struct hx_road){.role = "duty", .area = "P-07", .person = "li", .road = "own"}),
        HX_OK);
    seal(r);
    expect(r, "duty", "P-07", "li", "own");
    expect(r, "manager", "P-07", "li", "person");
    expect(r, "duty", "P-08", "wu", "post");
    expect(r, "duty", "P-07", "wu", "area");
    expect(r, "duty", "P-09", "", "role");
    expect(r, "street", "S-02", "wang", "all");
}

static void roads_come_in_their_order(void **state)
{
    struct hx_roads *r = *state;
    const char *names[HX_ROADS_MAX];
    assert_int_equal(add(r, (struct hx_road){.order = 2, .road = "voice"}), HX_OK);
    assert_int_equal(add(r, (struct hx_road){.order = 1, .road = "feed"}), HX_OK);
    seal(r);
    assert_int_equal(hx_roads_of(r, "duty", "P-07", "", names), 2);
    assert_string_equal(names[0], "feed");
    assert_string_equal(names[1], "voice");
}

static void without_a_row_nothing_is_said(void **state)
{
    seal(*state);
    expect(*state, "duty", "P-07", "li", NULL);
}

static void rows_that_contradict_each_other_are_named(void **state)
{
    struct hx_roads *r = *state;
    const struct hx_road *clash[2];
    assert_int_equal(add(r, (struct hx_road){.order = 1, .road = "feed"}), HX_OK);
    assert_int_equal(add(r, (struct hx_road){.order = 2, .road = "feed"}), HX_OK);
    assert_int_equal(hx_roads_seal(r, clash), HX_EXISTS);
    assert_true(clash[0]->line < clash[1]->line);
    assert_int_equal(add(r, (struct hx_road){.role = "duty", .person = "li", .road = "feed"}),
                     HX_INVALID);
    assert_int_equal(add(r, (struct hx_road){.road = "no road"}), HX_INVALID);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(the_narrowest_rows_decide, setup, teardown),
        cmocka_unit_test_setup_teardown(roads_come_in_their_order, setup, teardown),
        cmocka_unit_test_setup_teardown(without_a_row_nothing_is_said, setup, teardown),
        cmocka_unit_test_setup_teardown(rows_that_contradict_each_other_are_named, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
