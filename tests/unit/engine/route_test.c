/* The routing decision: which row decides, at which hour and date, and what the two checks change.
 */
#include "base/arena.h"
#include "engine/routing/route.h"
#include "engine/routing/route_answer.h"
#include "hongxin/instant.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static int64_t at(const char *text)
{
    int64_t ms;
    assert_int_equal(hx_instant_parse(text, &ms), HX_OK);
    return ms;
}

static void add(struct hx_city *city, enum hx_place_kind kind, const char *id, const char *parent)
{
    struct hx_place p = {.kind = kind, .lon = 114, .lat = 36};
    snprintf(p.id, sizeof p.id, "%s", id);
    assert_int_equal(hx_city_add_place(city, &p, parent), HX_OK);
}

static int add_estate(struct hx_city *city, const char *id, const char *grid, const char *company,
                      const char *from, const char *to)
{
    struct hx_place p = {.kind = HX_ESTATE, .lon = 114, .lat = 36};
    snprintf(p.id, sizeof p.id, "%s", id);
    snprintf(p.company, sizeof p.company, "%s", company);
    p.from = from ? at(from) : 0;
    p.to = to ? at(to) : 0;
    return hx_city_add_place(city, &p, grid);
}

static void add_row(struct hx_city *city, const char *id, const char *place, const char *category,
                    const char *holder)
{
    struct hx_route_row row = {.target = HX_ROUTE_HOLDER};
    snprintf(row.id, sizeof row.id, "%s", id);
    snprintf(row.place, sizeof row.place, "%s", place);
    snprintf(row.category, sizeof row.category, "%s", category);
    snprintf(row.holder, sizeof row.holder, "%s", holder);
    if (strcmp(holder, "@place") == 0)
        row.target = HX_ROUTE_PLACE;
    assert_int_equal(hx_city_add_route(city, &row), HX_OK);
}

#define CHANGE "2026-11-01T00:00:00+08:00"

/* One street with two grids; E-03 is given from P-07 to P-11 and moves from G-041 to G-042. */
static int setup(void **state)
{
    struct hx_city *city;
    assert_int_equal(hx_city_new(&city), HX_OK);
    assert_int_equal(hx_city_add_company(city, &(struct hx_company){.id = "P-07"}), HX_OK);
    assert_int_equal(hx_city_add_company(city, &(struct hx_company){.id = "P-11"}), HX_OK);
    assert_int_equal(hx_city_add_unit(city, &(struct hx_company){.id = "U-3", .kind = "utility"}),
                     HX_OK);
    add(city, HX_STREET, "S-02", NULL);
    add(city, HX_COMMUNITY, "C-03", "S-02");
    add(city, HX_GRID, "G-041", "C-03");
    add(city, HX_GRID, "G-042", "C-03");
    assert_int_equal(add_estate(city, "E-03", "G-041", "P-07", NULL, CHANGE), HX_OK);
    assert_int_equal(add_estate(city, "E-03", "G-042", "P-11", CHANGE, NULL), HX_OK);
    assert_int_equal(add_estate(city, "E-77", "G-041", "", NULL, NULL), HX_OK);
    add(city, HX_BUILDING, "B-3", "E-03");
    hx_city_seal(city);
    *state = city;
    return 0;
}

static int teardown(void **state)
{
    hx_city_free(*state);
    return 0;
}

static struct hx_route_query of(const char *place, const char *when)
{
    return (struct hx_route_query){.place = place,
                                   .class_ = "SMALL",
                                   .category = "",
                                   .source = "",
                                   .about = "",
                                   .at = at(when)};
}

static void decides(struct hx_city *city, struct hx_route_query q, const char *holder)
{
    struct hx_route r;
    hx_city_route(city, &q, NULL, &r);
    assert_string_equal(r.holder, holder);
}

static void a_place_with_two_periods_is_what_it_is_at_each_instant(void **state)
{
    struct hx_city *city = *state;
    const struct hx_place *b = hx_city_place(city, "B-3");
    int64_t before = at(CHANGE) - 1, after = at(CHANGE);
    assert_string_equal(hx_place_above_at(b, HX_GRID, before), "G-041");
    assert_string_equal(hx_place_above_at(b, HX_GRID, after), "G-042");
    assert_string_equal(hx_place_holder_at(b, before), "P-07");
    assert_string_equal(hx_place_holder_at(b, after), "P-11");
    assert_true(hx_city_company_ends(city, "E-03", "P-07", 1) == after);
    assert_true(hx_city_company_ends(city, "E-03", "P-07", after) == INT64_MAX);
    assert_true(hx_city_company_ends(city, "E-03", "P-11", 1) == INT64_MAX);
    assert_int_equal(hx_city_count(city, HX_ESTATE), 2);
}

static void periods_of_one_place_never_overlap(void **state)
{
    assert_int_equal(add_estate(*state, "E-03", "G-042", "P-07", NULL, NULL), HX_EXISTS);
    assert_int_equal(add_estate(*state, "E-03", "G-042", "P-07", "2026-10-01T00:00:00Z", NULL),
                     HX_EXISTS);
    assert_int_equal(add_estate(*state, "E-77", "G-042", "", CHANGE, NULL), HX_EXISTS);
    assert_int_equal(add_estate(*state, "E-88", "G-042", "", CHANGE, CHANGE), HX_INVALID);
}

static void without_a_table_the_place_decides(void **state)
{
    decides(*state, of("B-3", "2026-10-31T23:59:59.999+08:00"), "P-07");
    decides(*state, of("B-3", CHANGE), "P-11");
    decides(*state, of("E-77", CHANGE), "C-03");
    decides(*state, of("S-02", CHANGE), "S-02");
    decides(*state, of("", CHANGE), "S-02"); /* the first street */
}

/* S9: a case keeps the tree of its report, and gets the company of now. */
/* A row may name whom it means by what the place lies in, and passes where there is none. */
static void a_row_may_mean_the_company_the_community_or_the_street(void **state)
{
    static const struct {
        enum hx_route_target target;
        const char *category, *in_an_estate, *on_the_street;
    } rows[] = {{HX_ROUTE_COMPANY, "lift", "P-07", "S-02"}, /* nobody: the fallback */
                {HX_ROUTE_COMMUNITY, "noise", "C-03", "C-03"},
                {HX_ROUTE_STREET, "parking", "S-02", "S-02"}};
    struct hx_city *city = *state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct hx_route_row row = {.target = rows[i].target};
        snprintf(row.id, sizeof row.id, "R-%zu", i);
        snprintf(row.category, sizeof row.category, "%s", rows[i].category);
        assert_int_equal(hx_city_add_route(city, &row), HX_OK);
    }
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct hx_route_query q = of("B-3", "2026-10-12T19:00:00+08:00");
        q.category = rows[i].category;
        decides(city, q, rows[i].in_an_estate);
        q.place = "G-041";
        decides(city, q, rows[i].on_the_street);
    }
}

/* Whoever asks who would get it, by a place or a position: all of the answer, or none. */
static void a_question_is_answered_whole_or_not_at_all(void **state)
{
    enum { STEP = 16 };
    static double position[] = {114, 36};
    Hongxin__V1__RouteQuery q = HONGXIN__V1__ROUTE_QUERY__INIT;
    const struct hx_route_when when = {.now = at(CHANGE)};
    Hongxin__V1__RouteAnswer *a = NULL;
    struct hx_arena arena;
    int tries = 0;
    q.position = position;
    q.n_position = 2;
    assert_null(hx_route_fault(*state, &q));
    for (size_t limit = 1; !a && limit < 1 << 20; limit += STEP, tries++) {
        hx_arena_init(&arena, limit);
        a = hx_route_answer(&arena, *state, &q, &when);
        if (!a)
            hx_arena_fini(&arena);
    }
    assert_non_null(a);
    assert_true(tries > 1);
    assert_true(a->at == at(CHANGE));
    assert_string_not_equal(a->holder, "");
    hx_arena_fini(&arena);
    position[0] = 181;
    assert_string_equal(hx_route_fault(*state, &q), "BAD_POSITION");
    q.place = (char *)"B-99";
    assert_string_equal(hx_route_fault(*state, &q), "UNKNOWN_PLACE");
}

static void a_border_that_moves_leaves_a_case_alone(void **state)
{
    add_row(*state, "R-1", "G-041", "", "U-3");
    add_row(*state, "R-9", "", "", "@place");
    struct hx_route_query q = of("B-3", "2026-11-01T00:10:00+08:00");
    decides(*state, q, "P-11");
    q.placed_at = at("2026-10-31T23:50:00+08:00");
    decides(*state, q, "U-3"); /* still looked up through G-041 */
}

static void the_nearest_place_decides_then_the_order_of_rows(void **state)
{
    struct hx_city *city = *state;
    add_row(city, "R-1", "S-02", "", "U-3");
    add_row(city, "R-2", "E-77", "lift", "P-07");
    add_row(city, "R-3", "E-77", "", "P-11");
    add_row(city, "R-9", "", "", "@place");
    struct hx_route_query q = of("E-77", CHANGE);
    decides(city, q, "P-11");
    q.category = "lift";
    decides(city, q, "P-07");
    decides(city, of("G-041", CHANGE), "U-3");
    decides(city, of("", CHANGE), "S-02");
}

static void a_part_of_the_day_ends_to_the_millisecond(void **state)
{
    struct hx_city *city = *state;
    struct hx_day_part evening = {.name = "EVENING4", .begin = 18 * 60, .end = 22 * 60};
    struct hx_day_part night = {.name = "NIGHT", .begin = 22 * 60, .end = 6 * 60};
    assert_int_equal(hx_city_add_day_part(city, &evening), HX_OK);
    assert_int_equal(hx_city_add_day_part(city, &night), HX_OK);
    struct hx_route_row row = {.id = "R-1", .target = HX_ROUTE_HOLDER, .holder = "U-3"};
    row.part = hx_city_day_part(city, "EVENING4");
    assert_int_equal(hx_city_add_route(city, &row), HX_OK);
    row = (struct hx_route_row){.id = "R-2", .target = HX_ROUTE_STREET};
    row.part = hx_city_day_part(city, "NIGHT");
    assert_int_equal(hx_city_add_route(city, &row), HX_OK);
    add_row(city, "R-9", "", "", "@place");
    decides(city, of("B-3", "2026-10-12T17:59:59.999+08:00"), "P-07");
    decides(city, of("B-3", "2026-10-12T18:00:00+08:00"), "U-3");
    decides(city, of("B-3", "2026-10-12T21:59:59.999+08:00"), "U-3");
    decides(city, of("B-3", "2026-10-12T22:00:00+08:00"), "S-02");
    decides(city, of("B-3", "2026-10-13T05:59:59.999+08:00"), "S-02");
    decides(city, of("B-3", "2026-10-13T06:00:00+08:00"), "P-07");
}

static void a_row_whose_holder_has_ended_is_passed_over(void **state)
{
    struct hx_city *city = *state;
    struct hx_company ends = {.id = "U-4", .to = at(CHANGE)};
    assert_int_equal(hx_city_add_unit(city, &ends), HX_OK);
    add_row(city, "R-1", "", "", "U-4");
    add_row(city, "R-2", "", "lift", "U-3");
    decides(city, of("B-3", "2026-10-31T23:59:59+08:00"), "U-4");
    struct hx_route r;
    struct hx_route_query q = of("B-3", CHANGE);
    hx_city_route(city, &q, NULL, &r);
    assert_true(r.fallback); /* nobody fits: with a record (C3) */
    assert_string_equal(r.holder, "S-02");
    assert_int_equal(hx_city_set_fallback(city, "U-9"), HX_NOTFOUND);
    assert_int_equal(hx_city_set_fallback(city, "U-3"), HX_OK);
    decides(city, q, "U-3");
}

static void rows_that_nothing_reaches_are_found(void **state)
{
    struct hx_city *city = *state;
    struct hx_day_part evening = {.name = "EVENING4", .begin = 18 * 60, .end = 22 * 60};
    struct hx_day_part late = {.name = "LATE", .begin = 20 * 60, .end = 22 * 60};
    assert_int_equal(hx_city_add_day_part(city, &evening), HX_OK);
    assert_int_equal(hx_city_add_day_part(city, &late), HX_OK);
    struct hx_route_row wide = {.id = "R-1", .place = "G-041", .target = HX_ROUTE_PLACE};
    wide.part = hx_city_day_part(city, "EVENING4");
    struct hx_route_row narrow = wide;
    memcpy(narrow.id, "R-2", 4);
    memcpy(narrow.category, "lift", 5);
    narrow.part = hx_city_day_part(city, "LATE");
    assert_int_equal(hx_city_add_route(city, &wide), HX_OK);
    assert_int_equal(hx_city_add_route(city, &narrow), HX_OK);
    assert_string_equal(hx_city_shadow(city, &narrow)->id, "R-1");
    assert_null(hx_city_shadow(city, &wide));
    struct hx_route_row longer = narrow; /* not covered: all day */
    memcpy(longer.id, "R-3", 4);
    longer.part = NULL;
    assert_int_equal(hx_city_add_route(city, &longer), HX_OK);
    assert_null(hx_city_shadow(city, &longer));
    assert_false(hx_city_catches_all(city));
    add_row(city, "R-9", "", "", "@place");
    assert_true(hx_city_catches_all(city));
}

/* ---- the two checks ---- */

static void add_items(struct hx_city *city)
{
    struct hx_admission own = {.code = "3", .own = true}, assist = {.code = "30"};
    struct hx_exception e = {.id = "E-5", .code = "88", .community = "C-03"};
    e.to = at(CHANGE);
    assert_int_equal(hx_city_add_admission(city, &own), HX_OK);
    assert_int_equal(hx_city_add_admission(city, &assist), HX_OK);
    assert_int_equal(hx_city_add_exception(city, &e), HX_OK);
    assert_int_equal(hx_city_add_exception(city, &e), HX_EXISTS);
}

static enum hx_admitted admitted(struct hx_city *city, const char *category, const char *when,
                                 const char *holder)
{
    struct hx_route r;
    struct hx_route_query q = of("C-03", when);
    q.category = category;
    hx_city_route(city, &q, NULL, &r);
    assert_string_equal(r.holder, holder);
    return r.admitted;
}

static void a_community_gets_what_it_is_there_for(void **state)
{
    struct hx_city *city = *state;
    const char *october = "2026-10-12T10:00:00+08:00";
    add_items(city);
    assert_int_equal(admitted(city, "3", october, "C-03"), HX_ADMITTED_OWN);
    assert_int_equal(admitted(city, "30", october, "S-02"), HX_ADMITTED_ASSIST);
    assert_int_equal(admitted(city, "99", october, "S-02"), HX_ADMITTED_NOT);
    assert_int_equal(admitted(city, "88", october, "C-03"), HX_ADMITTED_EXCEPTION);
    assert_int_equal(admitted(city, "88", CHANGE, "S-02"), HX_ADMITTED_NOT);
    assert_int_equal(admitted(city, "lift", october, "C-03"), HX_ADMITTED_NA);
}

static void second(const char *about, const char *holder, const char *wanted)
{
    assert_string_equal(hx_route_second(about, holder, "C-03", "S-02"), wanted);
}

static void a_complaint_about_the_holder_has_a_second_one(void **state)
{
    (void)state;
    second("", "P-07", "");
    second("P-07", "P-07", "C-03");
    second("holder:P-07", "P-07", "C-03");
    second("holder", "P-07", "C-03");
    second("P-11", "P-07", "");
    second("dispatcher:C-03", "P-07", "C-03");
    second("C-03", "P-07", "S-02");
    second("community:C-03", "P-07", "S-02");
    second("S-02", "P-07", "");
    second("C-03", "C-03", "S-02");
    second("holder:C-03", "C-03", "S-02");
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(a_place_with_two_periods_is_what_it_is_at_each_instant),
        TEST(periods_of_one_place_never_overlap),
        TEST(without_a_table_the_place_decides),
        TEST(a_row_may_mean_the_company_the_community_or_the_street),
        TEST(a_question_is_answered_whole_or_not_at_all),
        TEST(a_border_that_moves_leaves_a_case_alone),
        TEST(the_nearest_place_decides_then_the_order_of_rows),
        TEST(a_part_of_the_day_ends_to_the_millisecond),
        TEST(a_row_whose_holder_has_ended_is_passed_over),
        TEST(rows_that_nothing_reaches_are_found),
        TEST(a_community_gets_what_it_is_there_for),
        TEST(a_complaint_about_the_holder_has_a_second_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
