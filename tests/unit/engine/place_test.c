/* The place registry: what it accepts, what it refuses, and what can be looked up. */
#include "engine/place/place.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static struct hx_place place(enum hx_place_kind kind, const char *id)
{
    struct hx_place p = {.kind = kind, .name_zh = "名", .name_en = "name", .lon = 114, .lat = 36};
    snprintf(p.id, sizeof p.id, "%s", id);
    return p;
}

static int add(struct hx_city *city, enum hx_place_kind kind, const char *id, const char *parent)
{
    struct hx_place p = place(kind, id);
    return hx_city_add_place(city, &p, parent);
}

static int add_estate(struct hx_city *city, const char *id, const char *company)
{
    struct hx_place p = place(HX_ESTATE, id);
    snprintf(p.company, sizeof p.company, "%s", company);
    return hx_city_add_place(city, &p, "G-041");
}

/* One street, community, grid, two estates (one without a company) and a building in each. */
static int setup(void **state)
{
    struct hx_city *city;
    struct hx_company company = {.id = "P-07", .name_zh = "七", .name_en = "Seven"};
    assert_int_equal(hx_city_new(&city), HX_OK);
    assert_int_equal(hx_city_add_company(city, &company), HX_OK);
    assert_int_equal(add(city, HX_STREET, "S-02", NULL), HX_OK);
    assert_int_equal(add(city, HX_COMMUNITY, "C-03", "S-02"), HX_OK);
    assert_int_equal(add(city, HX_GRID, "G-041", "C-03"), HX_OK);
    assert_int_equal(add_estate(city, "E-42", "P-07"), HX_OK);
    assert_int_equal(add_estate(city, "E-77", ""), HX_OK);
    assert_int_equal(add(city, HX_BUILDING, "B-0417", "E-42"), HX_OK);
    assert_int_equal(add(city, HX_BUILDING, "B-0770", "E-77"), HX_OK);
    *state = city;
    return 0;
}

static int teardown(void **state)
{
    hx_city_free(*state);
    return 0;
}

static void building_knows_all_areas_above_it(void **state)
{
    const struct hx_place *b = hx_city_place(*state, "B-0417");
    assert_non_null(b);
    assert_string_equal(hx_place_above(b, HX_BUILDING), "B-0417");
    assert_string_equal(hx_place_above(b, HX_ESTATE), "E-42");
    assert_string_equal(hx_place_above(b, HX_GRID), "G-041");
    assert_string_equal(hx_place_above(b, HX_COMMUNITY), "C-03");
    assert_string_equal(hx_place_above(b, HX_STREET), "S-02");
    const struct hx_place *grid = hx_city_place(*state, "G-041");
    assert_string_equal(hx_place_above(grid, HX_ESTATE), "");
}

static void holder_is_the_company_else_the_community(void **state)
{
    assert_string_equal(hx_place_holder(hx_city_place(*state, "B-0417")), "P-07");
    assert_string_equal(hx_place_holder(hx_city_place(*state, "E-42")), "P-07");
    assert_string_equal(hx_place_holder(hx_city_place(*state, "B-0770")), "C-03");
    assert_string_equal(hx_place_holder(hx_city_place(*state, "G-041")), "C-03");
    assert_string_equal(hx_place_holder(hx_city_place(*state, "C-03")), "C-03");
    assert_string_equal(hx_place_holder(hx_city_place(*state, "S-02")), "S-02");
}

static void unknown_ids_are_not_found(void **state)
{
    assert_null(hx_city_place(*state, "B-9999"));
    assert_null(hx_city_place(*state, ""));
    assert_null(hx_city_place(*state, NULL));
    assert_null(hx_city_place(*state, "P-07")); /* a company is not a place */
    assert_null(hx_city_company(*state, "S-02"));
    assert_string_equal(hx_city_company(*state, "P-07")->name_en, "Seven");
}

static void an_id_stands_for_one_thing_only(void **state)
{
    struct hx_company company = {.id = "S-02"};
    assert_int_equal(add(*state, HX_BUILDING, "B-0417", "E-77"), HX_EXISTS);
    assert_int_equal(add(*state, HX_STREET, "G-041", NULL), HX_EXISTS);
    assert_int_equal(add(*state, HX_STREET, "P-07", NULL), HX_EXISTS);
    assert_int_equal(hx_city_add_company(*state, &company), HX_EXISTS);
    assert_string_equal(hx_place_above(hx_city_place(*state, "B-0417"), HX_ESTATE), "E-42");
}

static void parents_and_companies_must_be_there(void **state)
{
    assert_int_equal(add(*state, HX_BUILDING, "B-1", "E-99"), HX_NOTFOUND);
    assert_int_equal(add(*state, HX_BUILDING, "B-1", NULL), HX_NOTFOUND);
    assert_int_equal(add(*state, HX_BUILDING, "B-1", "G-041"), HX_INVALID);
    assert_int_equal(add(*state, HX_STREET, "S-03", "S-02"), HX_INVALID);
    assert_int_equal(add_estate(*state, "E-99", "P-08"), HX_NOTFOUND);
    assert_null(hx_city_place(*state, "B-1"));
    assert_int_equal(hx_city_count(*state, HX_BUILDING), 2);
}

static void bad_ids_and_positions_are_refused(void **state)
{
    assert_false(hx_id_valid(""));
    assert_false(hx_id_valid(NULL));
    assert_false(hx_id_valid("a/b"));
    assert_false(hx_id_valid("a:b"));
    assert_false(hx_id_valid("a b"));
    assert_false(hx_id_valid("楼"));
    assert_true(hx_id_valid("12345678901234567890123"));
    assert_false(hx_id_valid("123456789012345678901234"));
    assert_int_equal(add(*state, HX_STREET, "S 3", NULL), HX_INVALID);
    struct hx_place p = place(HX_STREET, "S-03");
    p.lat = 90.1;
    assert_int_equal(hx_city_add_place(*state, &p, NULL), HX_INVALID);
    p.lat = NAN;
    assert_int_equal(hx_city_add_place(*state, &p, NULL), HX_INVALID);
    p = place(HX_STREET, "S-03");
    snprintf(p.company, sizeof p.company, "P-07");
    assert_int_equal(hx_city_add_place(*state, &p, NULL), HX_INVALID);
}

static void walks_go_in_the_order_of_ids(void **state)
{
    enum { MANY = 2000 };
    char id[HX_ID_MAX];
    for (int i = 0; i < MANY; i++) { /* 1,103 and 2,000 have no common divisor: every number once */
        snprintf(id, sizeof id, "X-%04d", i * 1103 % MANY);
        assert_int_equal(add(*state, HX_BUILDING, id, "E-42"), HX_OK);
    }
    hx_city_seal(*state);
    size_t at = 0, seen = 0;
    const char *last = "";
    for (const struct hx_place *p; (p = hx_city_next(*state, HX_BUILDING, &at)); seen++) {
        assert_true(strcmp(last, p->id) < 0);
        assert_ptr_equal(hx_city_place(*state, p->id), p);
        last = p->id;
    }
    assert_int_equal(seen, MANY + 2);
    assert_int_equal(hx_city_count(*state, HX_BUILDING), MANY + 2);
    assert_int_equal(hx_city_count(*state, HX_STREET), 1);
    at = 0;
    assert_string_equal(hx_city_next_company(*state, &at)->id, "P-07");
    assert_null(hx_city_next_company(*state, &at));
}

static void what_is_given_is_copied(void **state)
{
    char name[] = "Station Street";
    struct hx_place p = place(HX_STREET, "S-03");
    p.name_en = name;
    p.name_zh = NULL;
    assert_int_equal(hx_city_add_place(*state, &p, ""), HX_OK);
    name[0] = 'X';
    const struct hx_place *kept = hx_city_place(*state, "S-03");
    assert_string_equal(kept->name_en, "Station Street");
    assert_string_equal(kept->name_zh, "");
    char version[] = "city-2026-10-01";
    hx_city_set_version(*state, version);
    version[0] = 'X';
    assert_string_equal(hx_city_version(*state), "city-2026-10-01");
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(building_knows_all_areas_above_it),   TEST(holder_is_the_company_else_the_community),
        TEST(unknown_ids_are_not_found),           TEST(an_id_stands_for_one_thing_only),
        TEST(parents_and_companies_must_be_there), TEST(bad_ids_and_positions_are_refused),
        TEST(walks_go_in_the_order_of_ids),        TEST(what_is_given_is_copied),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
