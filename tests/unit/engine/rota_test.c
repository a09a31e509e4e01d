/* The duty rota: who is on a post at an instant, who stands in, and when nobody does. */
#include "engine/duty/rota.h"
#include "hongxin/instant.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static const struct hx_zone shanghai = {.name = "Asia/Shanghai", .offset_ms = 8 * 3600 * 1000};

/* Spring Festival 2022: Saturday 29 and Sunday 30 January worked, Monday 31 to Friday 4 off. */
static const struct hx_holidays festival = {
    .version = 1,
    .n_off = 5,
    .off = {19023, 19024, 19025, 19026, 19027},
    .n_on = 2,
    .on = {19021, 19022},
};
static struct hx_table table = {.name = "china", .newest = &festival};
static const struct hx_calendar_rule calendar = {
    .kind = HX_CALENDAR_DAYS, .week = HX_WEEK_WORKING, .zone = &shanghai, .table = &table};
static const struct hx_days days = {&calendar, &festival};

static int64_t at(const char *text)
{
    int64_t t = 0;
    assert_int_equal(hx_instant_parse(text, &t), HX_OK);
    return t;
}

/* "08:00" as milliseconds of the day. */
static int32_t hour(int h)
{
    return (int32_t)(h * HX_HOUR);
}

struct row {
    const char *person;
    int order;
    uint32_t days;
    int from, to; /* hours */
};

static void put(char *to, const char *from)
{
    snprintf(to, HX_ID_MAX, "%s", from);
}

static void add(struct hx_rota *rota, const struct row *r)
{
    static unsigned line = 1;
    struct hx_shift s = {.order = r->order, .days = r->days, .line = ++line};
    put(s.role, "street");
    put(s.area, "S-02");
    put(s.person, r->person);
    s.from_ms = hour(r->from);
    s.to_ms = hour(r->to);
    assert_int_equal(hx_rota_add_shift(rota, &s), HX_OK);
}

static void leave(struct hx_rota *rota, const char *person, const char *from, const char *to,
                  const char *substitute)
{
    struct hx_leave l = {.from = at(from), .to = at(to)};
    put(l.person, person);
    put(l.substitute, substitute);
    assert_int_equal(hx_rota_add_leave(rota, &l), HX_OK);
}

static struct hx_rota *rota_of(const struct row *rows, size_t n)
{
    struct hx_rota *rota = NULL;
    assert_int_equal(hx_rota_new(&rota), HX_OK);
    for (size_t i = 0; i < n; i++)
        add(rota, &rows[i]);
    return rota;
}

static void seal(struct hx_rota *rota)
{
    const struct hx_shift *clash[2];
    assert_int_equal(hx_rota_seal(rota, clash), HX_OK);
}

/* "wang"; "-" when nobody is there; "zhou for wang" for a substitute. */
static void check(const struct hx_rota *rota, const char *t, const char *expected)
{
    char text[64];
    struct hx_on_duty d = hx_rota_at(rota, "street", "S-02", &days, at(t), 0);
    snprintf(text, sizeof text, "%s%s%s", d.person ? d.person : "-",
             d.person && d.instead_of ? " for " : "", d.person && d.instead_of ? d.instead_of : "");
    assert_string_equal(text, expected);
}

static void evening_ends_at_ten(void **state)
{
    (void)state;
    const struct row rows[] = {
        {"day", 1, 0, 8, 18}, {"evening", 1, 0, 18, 22}, {"night", 1, 0, 22, 8}};
    struct hx_rota *rota = rota_of(rows, 3);
    seal(rota);
    check(rota, "2026-10-12T17:59:59.999+08:00", "day");
    check(rota, "2026-10-12T21:59:59.000+08:00", "evening");
    check(rota, "2026-10-12T22:00:00.000+08:00", "night");
    check(rota, "2026-10-13T07:59:59.999+08:00", "night");
    check(rota, "2026-10-13T08:00:00.000+08:00", "day");
    hx_rota_free(rota);
}

static void make_up_sunday_is_worked(void **state)
{
    (void)state;
    const struct row rows[] = {{"office", 1, HX_ON_WORKING | HX_ON_MAKE_UP, 0, 0},
                               {"weekend", 1, HX_ON_WEEKEND, 0, 0},
                               {"festival", 1, HX_ON_HOLIDAY, 0, 0}};
    struct hx_rota *rota = rota_of(rows, 3);
    seal(rota);
    check(rota, "2022-01-28T12:00:00+08:00", "office");
    check(rota, "2022-01-30T12:00:00+08:00", "office");
    check(rota, "2022-01-31T12:00:00+08:00", "festival");
    check(rota, "2022-02-12T12:00:00+08:00", "weekend");
    hx_rota_free(rota);
}

static void weekdays_by_name(void **state)
{
    (void)state;
    const struct row rows[] = {{"monday", 1, HX_ON_MONDAY, 0, 0},
                               {"sunday", 1, HX_ON_MONDAY << 6, 0, 0}};
    struct hx_rota *rota = rota_of(rows, 2);
    seal(rota);
    check(rota, "2026-10-12T00:00:00+08:00", "monday");
    check(rota, "2026-10-13T00:00:00+08:00", "-");
    check(rota, "2026-10-18T23:59:59+08:00", "sunday");
    hx_rota_free(rota);
}

static void whoever_is_away_is_replaced(void **state)
{
    (void)state;
    const struct row rows[] = {{"wang", 1, 0, 0, 0}, {"zhou", 2, 0, 0, 0}};
    struct hx_rota *rota = rota_of(rows, 2);
    leave(rota, "wang", "2026-10-12T08:00:00+08:00", "2026-10-13T08:00:00+08:00", "");
    leave(rota, "wang", "2026-10-14T08:00:00+08:00", "2026-10-15T08:00:00+08:00", "guest");
    seal(rota);
    check(rota, "2026-10-12T07:59:59.999+08:00", "wang");
    check(rota, "2026-10-12T08:00:00+08:00", "zhou for wang");
    check(rota, "2026-10-13T08:00:00+08:00", "wang");
    check(rota, "2026-10-14T12:00:00+08:00", "guest for wang");
    struct hx_on_duty second =
        hx_rota_at(rota, "street", "S-02", &days, at("2026-10-14T12:00:00+08:00"), 1);
    assert_string_equal(second.person, "zhou");
    hx_rota_free(rota);
}

static bool gap_in(const struct hx_rota *rota, const char *street, const char *from, const char *to,
                   int64_t gap[2])
{
    gap[0] = at(from);
    gap[1] = at(to);
    return hx_rota_gap(rota, "street", street, &days, gap);
}

static void gap_from_its_first_to_its_last_millisecond(void **state)
{
    (void)state;
    const struct row rows[] = {{"wang", 1, 0, 8, 18}, {"li", 1, HX_ON_WORKING, 18, 8}};
    struct hx_rota *rota = rota_of(rows, 2);
    int64_t gap[2];
    seal(rota);
    assert_false(
        gap_in(rota, "S-02", "2026-10-13T00:00:00+08:00", "2026-10-14T00:00:00+08:00", gap));
    /* nobody has the night from Saturday to Sunday */
    assert_true(
        gap_in(rota, "S-02", "2026-10-17T08:00:00+08:00", "2026-10-19T00:00:00+08:00", gap));
    assert_int_equal(gap[0], at("2026-10-17T18:00:00+08:00"));
    assert_int_equal(gap[1], at("2026-10-18T08:00:00+08:00"));
    /* a post that nobody has planned is no gap */
    assert_false(
        gap_in(rota, "S-09", "2026-10-13T00:00:00+08:00", "2026-10-14T00:00:00+08:00", gap));
    hx_rota_free(rota);
}

static void nobody_is_twice_on_one_post(void **state)
{
    (void)state;
    static const struct {
        struct row a, b;
        bool clash;
    } cases[] = {
        {{"wang", 1, 0, 8, 18}, {"wang", 2, 0, 17, 22}, true},
        {{"wang", 1, 0, 8, 18}, {"wang", 2, 0, 18, 22}, false},
        {{"wang", 1, 0, 22, 6}, {"wang", 2, 0, 23, 5}, true},
        {{"wang", 1, 0, 8, 18}, {"zhou", 1, 0, 9, 10}, true},
        {{"wang", 1, HX_ON_WEEKEND, 0, 0}, {"wang", 1, HX_ON_WORKING, 0, 0}, false},
        {{"wang", 1, HX_ON_WEEKEND, 0, 0}, {"wang", 2, HX_ON_MONDAY << 5, 0, 0}, true},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct row rows[] = {cases[i].a, cases[i].b};
        struct hx_rota *rota = rota_of(rows, 2);
        const struct hx_shift *clash[2] = {NULL};
        assert_int_equal(hx_rota_seal(rota, clash), cases[i].clash ? HX_EXISTS : HX_OK);
        if (cases[i].clash)
            assert_true(clash[0]->line < clash[1]->line);
        hx_rota_free(rota);
    }
}

/* As many as a large city has: each is found, and none for another. */
static void each_post_of_many_is_known(void **state)
{
    (void)state;
    enum { POSTS = 3000 };
    struct hx_rota *rota = rota_of(NULL, 0);
    struct hx_shift s = {.role = "grid", .order = 1};
    for (int i = 0; i < POSTS; i += 2) {
        snprintf(s.area, sizeof s.area, "G-%04d", i);
        snprintf(s.person, sizeof s.person, "p%d", i);
        assert_int_equal(hx_rota_add_shift(rota, &s), HX_OK);
    }
    assert_null(hx_rota_first(rota, "grid", "G-0000")); /* not before the sealing */
    seal(rota);
    for (int i = 0; i < POSTS; i++) {
        const struct hx_shift *first;
        snprintf(s.area, sizeof s.area, "G-%04d", i);
        snprintf(s.person, sizeof s.person, "p%d", i);
        first = hx_rota_first(rota, "grid", s.area);
        assert_int_equal(first != NULL, i % 2 == 0);
        if (first)
            assert_string_equal(first->person, s.person);
        assert_false(hx_rota_knows(rota, "duty", s.area));
    }
    hx_rota_free(rota);
}

static void nonsense_is_refused(void **state)
{
    (void)state;
    struct hx_rota *rota = rota_of(NULL, 0);
    struct hx_shift s = {.role = "street", .area = "S-02", .person = "wang", .order = 1};
    struct hx_leave l = {.person = "wang", .substitute = "wang", .from = 1, .to = 2};
    s.order = 0;
    assert_int_equal(hx_rota_add_shift(rota, &s), HX_INVALID);
    s.order = 1;
    s.from_ms = 25 * 3600 * 1000;
    assert_int_equal(hx_rota_add_shift(rota, &s), HX_INVALID);
    assert_int_equal(hx_rota_add_leave(rota, &l), HX_INVALID);
    l.substitute[0] = '\0';
    l.to = 1;
    assert_int_equal(hx_rota_add_leave(rota, &l), HX_INVALID);
    hx_rota_free(rota);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(evening_ends_at_ten),
        cmocka_unit_test(make_up_sunday_is_worked),
        cmocka_unit_test(weekdays_by_name),
        cmocka_unit_test(whoever_is_away_is_replaced),
        cmocka_unit_test(gap_from_its_first_to_its_last_millisecond),
        cmocka_unit_test(nobody_is_twice_on_one_post),
        cmocka_unit_test(each_post_of_many_is_known),
        cmocka_unit_test(nonsense_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
