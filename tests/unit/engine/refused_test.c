/* What a city's tables must not hold: each row is refused by name, one fault at a time. */
#include "engine/duty/rota.h"
#include "engine/routing/roads.h"
#include "engine/routing/route.h"
#include "hongxin/instant.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

enum { DAY = 24 * 60 };

#define EACH(list) (size_t i = 0; i < sizeof(list) / sizeof *(list); i++)

/* One street with a community, a grid, and an estate that P-07 holds until the instant 1000. */
static int setup(void **state)
{
    static const struct hx_place places[] = {
        {.kind = HX_STREET, .id = "S-02"},
        {.kind = HX_COMMUNITY, .id = "C-03"},
        {.kind = HX_GRID, .id = "G-041"},
        {.kind = HX_ESTATE, .id = "E-1", .company = "P-07", .to = 1000},
    };
    struct hx_city *city;
    assert_int_equal(hx_city_new(&city), HX_OK);
    assert_int_equal(hx_city_add_company(city, &(struct hx_company){.id = "P-07"}), HX_OK);
    for
        EACH(places)
    assert_int_equal(hx_city_add_place(city, &places[i], i ? places[i - 1].id : NULL), HX_OK);
    *state = city;
    return 0;
}

static int teardown(void **state)
{
    hx_city_free(*state);
    return 0;
}

static void places(void **state)
{
    static const struct {
        struct hx_place place;
        const char *parent;
        int err;
    } bad[] = {
        {{.kind = HX_STREET, .id = ""}, NULL, HX_INVALID},
        {{.kind = HX_STREET, .id = "S 3"}, NULL, HX_INVALID},
        {{.kind = HX_STREET, .id = "S@3"}, NULL, HX_INVALID},
        {{.kind = HX_STREET, .id = "S[3"}, NULL, HX_INVALID},
        {{.kind = HX_STREET, .id = "S{3"}, NULL, HX_INVALID},
        {{.kind = HX_STREET, .id = "S:3"}, NULL, HX_INVALID},
        {{.kind = (enum hx_place_kind)99, .id = "S-3"}, NULL, HX_INVALID},
        {{.kind = HX_STREET, .id = "S-3", .from = 20, .to = 20}, NULL, HX_INVALID},
        {{.kind = HX_STREET, .id = "S-3", .lon = NAN}, NULL, HX_INVALID},
        {{.kind = HX_STREET, .id = "S-3", .lat = INFINITY}, NULL, HX_INVALID},
        {{.kind = HX_STREET, .id = "S-3", .lon = -180.5}, NULL, HX_INVALID},
        {{.kind = HX_STREET, .id = "S-3", .lat = 90.5}, NULL, HX_INVALID},
        {{.kind = HX_STREET, .id = "S-3"}, "S-02", HX_INVALID},
        {{.kind = HX_GRID, .id = "G-9", .company = "P-07"}, "C-03", HX_INVALID},
        {{.kind = HX_ESTATE, .id = "E-9", .company = "P 7"}, "G-041", HX_INVALID},
        {{.kind = HX_ESTATE, .id = "E-9", .company = "P-99"}, "G-041", HX_NOTFOUND},
        {{.kind = HX_GRID, .id = "G-9"}, "C-99", HX_NOTFOUND},
        {{.kind = HX_GRID, .id = "G-9"}, "S-02", HX_INVALID},
        {{.kind = HX_STREET, .id = "P-07"}, NULL, HX_EXISTS},
        {{.kind = HX_GRID, .id = "E-1", .from = 1000}, "C-03", HX_EXISTS},
        {{.kind = HX_ESTATE, .id = "E-1"}, "G-041", HX_EXISTS},
        {{.kind = HX_ESTATE, .id = "E-1", .from = 999}, "G-041", HX_EXISTS},
    };
    const struct hx_place next = {.kind = HX_ESTATE, .id = "E-1", .from = 1000};
    for
        EACH(bad)
    assert_int_equal(hx_city_add_place(*state, &bad[i].place, bad[i].parent), bad[i].err);
    assert_int_equal(hx_city_add_place(*state, &next, "G-041"), HX_OK);
    assert_int_equal(hx_city_add_place(*state, &next, "G-041"), HX_EXISTS); /* it has no end */
}

static void companies_and_units(void **state)
{
    static const struct {
        struct hx_company company;
        int err;
    } bad[] = {
        {{.id = "P/8"}, HX_INVALID},
        {{.id = "P-8", .from = 20, .to = 10}, HX_INVALID},
        {{.id = "P-07"}, HX_EXISTS},
        {{.id = "S-02"}, HX_EXISTS},
    };
    for
        EACH(bad)
        {
            assert_int_equal(hx_city_add_company(*state, &bad[i].company), bad[i].err);
            assert_int_equal(hx_city_add_unit(*state, &bad[i].company), bad[i].err);
        }
    assert_int_equal(hx_city_add_unit(*state, &(struct hx_company){.id = "U-1", .to = 5}), HX_OK);
    assert_int_equal(hx_city_add_company(*state, &(struct hx_company){.id = "U-1"}), HX_EXISTS);
}

static void parts_of_the_day(void **state)
{
    static const struct {
        struct hx_day_part part;
        int err;
    } bad[] = {
        {{.name = "A B", .begin = 1, .end = 2}, HX_INVALID},
        {{.name = "A", .begin = 60, .end = 60}, HX_INVALID},
        {{.name = "A", .begin = -1, .end = 60}, HX_INVALID},
        {{.name = "A", .begin = 60, .end = -1}, HX_INVALID},
        {{.name = "A", .begin = DAY, .end = 60}, HX_INVALID},
        {{.name = "A", .begin = 60, .end = DAY + 1}, HX_INVALID},
    };
    const struct hx_day_part night = {.name = "NIGHT", .begin = 22 * 60, .end = 6 * 60};
    assert_null(hx_city_day_part(*state, "NIGHT"));
    for
        EACH(bad)
    assert_int_equal(hx_city_add_day_part(*state, &bad[i].part), bad[i].err);
    assert_int_equal(hx_city_add_day_part(*state, &night), HX_OK);
    assert_int_equal(hx_city_add_day_part(*state, &night), HX_EXISTS);
    assert_int_equal(hx_city_day_part(*state, "NIGHT")->end, 6 * 60);
}

static void rows_of_the_routing_table(void **state)
{
    static const struct {
        struct hx_route_row row;
        int err;
    } bad[] = {
        {{.id = "R 1", .target = HX_ROUTE_PLACE}, HX_INVALID},
        {{.id = "R-1", .target = HX_ROUTE_PLACE, .from = 9, .to = 8}, HX_INVALID},
        {{.id = "R-1", .target = HX_ROUTE_PLACE, .place = "G-99"}, HX_NOTFOUND},
        {{.id = "R-1", .target = HX_ROUTE_HOLDER, .holder = "P-99"}, HX_NOTFOUND},
        {{.id = "R-1", .target = HX_ROUTE_HOLDER, .holder = "G-041"}, HX_NOTFOUND},
    };
    const struct hx_route_row good = {.id = "R-1", .target = HX_ROUTE_HOLDER, .holder = "C-03"};
    for
        EACH(bad)
    assert_int_equal(hx_city_add_route(*state, &bad[i].row), bad[i].err);
    assert_int_equal(hx_city_add_route(*state, &good), HX_OK);
    assert_int_equal(hx_city_add_route(*state, &good), HX_EXISTS);
}

static void admissions_exceptions_and_who_is_left(void **state)
{
    static const struct {
        struct hx_admission item;
        int err;
    } items[] = {
        {{.code = "lift"}, HX_INVALID},
        {{.code = ""}, HX_INVALID},
        {{.code = "3", .from = 9, .to = 8}, HX_INVALID},
        {{.code = "3"}, HX_OK},
        {{.code = "3"}, HX_EXISTS},
    };
    static const struct {
        struct hx_exception e;
        int err;
    } exceptions[] = {
        {{.id = "E 5", .code = "88", .community = "C-03"}, HX_INVALID},
        {{.id = "E-5", .code = "lift", .community = "C-03"}, HX_INVALID},
        {{.id = "E-5", .code = "88", .community = "C-03", .from = 9, .to = 9}, HX_INVALID},
        {{.id = "E-5", .code = "88", .community = "C-99"}, HX_NOTFOUND},
        {{.id = "E-5", .code = "88", .community = "S-02"}, HX_NOTFOUND},
        {{.id = "E-5", .code = "88", .community = "C-03"}, HX_OK},
    };
    for
        EACH(items)
    assert_int_equal(hx_city_add_admission(*state, &items[i].item), items[i].err);
    for
        EACH(exceptions)
    assert_int_equal(hx_city_add_exception(*state, &exceptions[i].e), exceptions[i].err);
    assert_int_equal(hx_city_set_fallback(*state, "no id"), HX_NOTFOUND);
    assert_int_equal(hx_city_set_fallback(*state, "G-041"), HX_NOTFOUND);
    assert_int_equal(hx_city_set_fallback(*state, "S-02"), HX_OK);
}

/* Which row before another takes all that it could get. */
static void rows_that_are_never_reached(void **state)
{
    static const struct {
        struct hx_route_row wide, narrow;
        bool covered;
    } pairs[] = {
        {{.target = HX_ROUTE_HOLDER}, {.target = HX_ROUTE_PLACE}, true},
        {{.target = HX_ROUTE_COMPANY}, {.target = HX_ROUTE_COMPANY}, true},
        {{.target = HX_ROUTE_COMPANY}, {.target = HX_ROUTE_PLACE}, false},
        {{.target = HX_ROUTE_STREET}, {.target = HX_ROUTE_PLACE}, true},
        {{.source = "12345"}, {.source = "12345"}, true},
        {{.source = "12345"}, {.source = ""}, false},
        {{.class_ = "SMALL"}, {.class_ = "SERIOUS"}, false},
        {{.from = 10}, {.from = 10}, true},
        {{.from = 10}, {.from = 9}, false},
        {{.from = 10}, {.from = 0}, false},
        {{.to = 10}, {.to = 10}, true},
        {{.to = 10}, {.to = 11}, false},
        {{.to = 10}, {.to = 0}, false},
        {{.from = 10, .to = 20}, {.from = 12, .to = 18}, true},
    };
    for
        EACH(pairs)
        {
            struct hx_route_row wide = pairs[i].wide, narrow = pairs[i].narrow;
            struct hx_place grid = {.kind = HX_GRID};
            snprintf(grid.id, sizeof grid.id, "G-%zu", i);
            snprintf(wide.id, sizeof wide.id, "W-%zu", i);
            snprintf(narrow.id, sizeof narrow.id, "N-%zu", i);
            memcpy(wide.place, grid.id, sizeof grid.id);
            memcpy(narrow.place, grid.id, sizeof grid.id);
            if (wide.target == HX_ROUTE_HOLDER)
                memcpy(wide.holder, "C-03", 5);
            assert_int_equal(hx_city_add_place(*state, &grid, "C-03"), HX_OK);
            assert_int_equal(hx_city_add_route(*state, &wide), HX_OK);
            assert_int_equal(hx_city_add_route(*state, &narrow), HX_OK);
            const struct hx_route_row *by = hx_city_shadow(*state, &narrow);
            if (!by != !pairs[i].covered)
                fail_msg("pair %zu: %s", i, by ? by->id : "reached");
        }
}

#define WANG .role = "street", .area = "S-02", .person = "wang", .order = 1

static void shifts_and_leaves(void **unused)
{
    static const struct hx_shift shifts[] = {
        {.role = "a b", .area = "S-02", .person = "wang", .order = 1},
        {.role = "street", .area = "", .person = "wang", .order = 1},
        {.role = "street", .area = "S-02", .person = "wang li", .order = 1},
        {.role = "street", .area = "S-02", .person = "wang", .order = 0},
        {WANG, .from_ms = -1},
        {WANG, .from_ms = HX_DAY},
        {WANG, .to_ms = -1},
        {WANG, .to_ms = HX_DAY + 1},
        {WANG, .since = 20, .until = 20},
    };
    static const struct hx_leave leaves[] = {
        {.person = "wang li", .from = 1, .to = 2},
        {.person = "wang", .substitute = "li zhou", .from = 1, .to = 2},
        {.person = "wang", .from = 2, .to = 2},
        {.person = "wang", .substitute = "wang", .from = 1, .to = 2},
    };
    struct hx_rota *rota;
    (void)unused;
    assert_int_equal(hx_rota_new(&rota), HX_OK);
    for
        EACH(shifts)
    assert_int_equal(hx_rota_add_shift(rota, &shifts[i]), HX_INVALID);
    for
        EACH(leaves)
    assert_int_equal(hx_rota_add_leave(rota, &leaves[i]), HX_INVALID);
    assert_int_equal(hx_rota_add_shift(rota, &(struct hx_shift){WANG, .since = 20}), HX_OK);
    assert_int_equal(hx_rota_add_shift(rota, &(struct hx_shift){WANG, .until = 20}), HX_OK);
    hx_rota_free(rota);
}

/* Two shifts of one post and one order: whether both could be on duty at once. */
static void shifts_that_meet(void **unused)
{
    enum { H = HX_HOUR };
    static const struct {
        struct hx_shift a, b;
        bool meet;
    } pairs[] = {
        {{.from_ms = 8 * H, .to_ms = 12 * H}, {.from_ms = 12 * H, .to_ms = 18 * H}, false},
        {{.from_ms = 8 * H, .to_ms = 12 * H}, {.from_ms = 11 * H, .to_ms = 18 * H}, true},
        {{.from_ms = 12 * H, .to_ms = 18 * H}, {.from_ms = 8 * H, .to_ms = 12 * H}, false},
        {{.from_ms = 22 * H, .to_ms = 6 * H}, {.from_ms = 6 * H, .to_ms = 22 * H}, false},
        {{.from_ms = 22 * H, .to_ms = 6 * H}, {.from_ms = 5 * H, .to_ms = 8 * H}, true},
        {{.from_ms = 20 * H, .to_ms = 23 * H}, {.from_ms = 22 * H, .to_ms = 6 * H}, true},
        {{.from_ms = 22 * H, .to_ms = 6 * H}, {.from_ms = 23 * H, .to_ms = 1 * H}, true},
        {{.from_ms = 0}, {.from_ms = 3 * H, .to_ms = 4 * H}, true},
        {{.from_ms = 3 * H, .to_ms = 4 * H}, {.from_ms = 0}, true},
        {{.until = 20}, {.since = 20}, false},
        {{.since = 20}, {.until = 20}, false},
        {{.until = 21}, {.since = 20}, true},
        {{.days = HX_ON_MONDAY}, {.days = HX_ON_MONDAY << 1}, false},
        {{.days = HX_ON_MONDAY}, {.days = HX_ON_MONDAY | HX_ON_WORKING}, true},
        {{.days = HX_ON_MONDAY | HX_ON_WORKING}, {.days = HX_ON_MONDAY << 1}, true},
        {{.days = HX_ON_WORKING}, {.days = HX_ON_HOLIDAY}, false},
        {{.days = HX_ON_WORKING}, {.days = HX_ON_MONDAY}, true},
        {{.days = HX_ON_MONDAY}, {.days = HX_ON_WORKING}, true},
        {{.days = 0}, {.days = HX_ON_HOLIDAY}, true},
        {{.days = HX_ON_HOLIDAY}, {.days = 0}, true},
    };
    (void)unused;
    for
        EACH(pairs)
        {
            const struct hx_shift *clash[2];
            struct hx_shift a = pairs[i].a, b = pairs[i].b;
            struct hx_rota *rota;
            memcpy(a.role, "street", 7), memcpy(b.role, "street", 7);
            memcpy(a.area, "S-02", 5), memcpy(b.area, "S-02", 5);
            memcpy(a.person, "wang", 5), memcpy(b.person, "zhou", 5);
            a.order = b.order = 1;
            b.line = 1;
            assert_int_equal(hx_rota_new(&rota), HX_OK);
            assert_int_equal(hx_rota_add_shift(rota, &a), HX_OK);
            assert_int_equal(hx_rota_add_shift(rota, &b), HX_OK);
            if ((hx_rota_seal(rota, clash) == HX_EXISTS) != pairs[i].meet)
                fail_msg("pair %zu", i);
            hx_rota_free(rota);
        }
}

static void roads(void **unused)
{
    static const struct hx_road bad[] = {
        {.role = "a b", .road = "feed", .order = 1},
        {.area = "P 7", .road = "feed", .order = 1},
        {.person = "li wu", .road = "feed", .order = 1},
        {.road = "", .order = 1},
        {.road = "feed", .order = 0},
        {.person = "li", .role = "duty", .road = "feed", .order = 1},
        {.person = "li", .area = "P-07", .road = "feed", .order = 1},
    };
    struct hx_roads *r;
    (void)unused;
    assert_int_equal(hx_roads_new(&r), HX_OK);
    for
        EACH(bad)
    assert_int_equal(hx_roads_add(r, &bad[i]), HX_INVALID);
    hx_roads_free(r);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(places),
        TEST(companies_and_units),
        TEST(parts_of_the_day),
        TEST(rows_of_the_routing_table),
        TEST(admissions_exceptions_and_who_is_left),
        TEST(rows_that_are_never_reached),
        cmocka_unit_test(shifts_and_leaves),
        cmocka_unit_test(shifts_that_meet),
        cmocka_unit_test(roads),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
