/* Calendars: where a budget ends. */
#include "engine/time/calendar.h"
#include "hongxin/instant.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#define NOON_BREAK                                                                                 \
    .n_windows = 2, .windows = {{9 * HX_HOUR, 12 * HX_HOUR}, {14 * HX_HOUR, 18 * HX_HOUR}}

static const struct hx_zone shanghai = {.name = "Asia/Shanghai", .offset_ms = 8 * HX_HOUR};

/* Central Europe in 2026: forward on 29 March 01:00 UTC, back on 25 October 01:00 UTC. */
static const struct hx_zone berlin = {
    .name = "Europe/Berlin",
    .offset_ms = 1 * HX_HOUR,
    .n = 2,
    .changes = {{INT64_C(1774746000000), 2 * HX_HOUR}, {INT64_C(1792890000000), 1 * HX_HOUR}}};

/* Spring Festival 2022: Saturday 29 and Sunday 30 January were working days, 31 January to 6
 * February were off. */
static const struct hx_holidays spring_2022 = {
    .version = 2,
    .n_off = 7,
    .off = {19023, 19024, 19025, 19026, 19027, 19028, 19029},
    .n_on = 2,
    .on = {19021, 19022}};
static const struct hx_holidays without_make_up = {
    .version = 1, .n_off = 7, .off = {19023, 19024, 19025, 19026, 19027, 19028, 19029}};

static struct hx_table table = {.name = "china", .newest = &spring_2022};

static const struct hx_calendar_rule always = {.kind = HX_CALENDAR_ALWAYS};
static const struct hx_calendar_rule day = {.kind = HX_CALENDAR_ROLL,
                                            .week = HX_WEEK_ALL,
                                            .n_windows = 1,
                                            .windows = {{8 * HX_HOUR, 21 * HX_HOUR}},
                                            .zone = &shanghai};
static const struct hx_calendar_rule counted = {.kind = HX_CALENDAR_COUNT,
                                                .week = HX_WEEK_ALL,
                                                .n_windows = 1,
                                                .windows = {{8 * HX_HOUR, 21 * HX_HOUR}},
                                                .zone = &shanghai};
static const struct hx_calendar_rule office = {.kind = HX_CALENDAR_COUNT,
                                               .week = HX_WEEK_WORKING,
                                               NOON_BREAK,
                                               .zone = &shanghai,
                                               .table = &table};
static const struct hx_calendar_rule workdays = {.kind = HX_CALENDAR_DAYS,
                                                 .week = HX_WEEK_WORKING,
                                                 NOON_BREAK,
                                                 .zone = &shanghai,
                                                 .table = &table};
static const struct hx_calendar_rule natural_days = {
    .kind = HX_CALENDAR_DAYS, .week = HX_WEEK_ALL, .zone = &shanghai};
static const struct hx_calendar_rule berlin_day = {.kind = HX_CALENDAR_ROLL,
                                                   .week = HX_WEEK_ALL,
                                                   .n_windows = 1,
                                                   .windows = {{150 * HX_MINUTE, 21 * HX_HOUR}},
                                                   .zone = &berlin};
static const struct hx_calendar_rule berlin_count = {
    .kind = HX_CALENDAR_COUNT, .week = HX_WEEK_ALL, .zone = &berlin};

static int64_t at(const char *text)
{
    int64_t t = 0;
    assert_int_equal(hx_instant_parse(text, &t), HX_OK);
    return t;
}

static void is(int64_t t, const char *expected)
{
    char text[HX_INSTANT_TEXT];
    assert_string_equal(hx_instant_format(t, 480, text), expected);
}

static void check(const struct hx_calendar_rule *cal, const char *start, int64_t ms,
                  const char *end)
{
    is(hx_calendar_add(cal, at(start), ms), end);
}

static void around_the_clock(void **state)
{
    (void)state;
    check(&always, "2026-10-12T19:00:20.000+08:00", 40 * HX_MINUTE,
          "2026-10-12T19:40:20.000+08:00");
    check(&always, "2026-12-31T23:59:59.999+08:00", 1, "2027-01-01T00:00:00.000+08:00");
}

static void rolls_into_the_window(void **state)
{
    (void)state;
    check(&day, "2026-10-12T19:00:00.000+08:00", 24 * HX_HOUR, "2026-10-13T19:00:00.000+08:00");
    check(&day, "2026-10-12T23:00:00.000+08:00", 24 * HX_HOUR, "2026-10-14T08:00:00.000+08:00");
    check(&day, "2026-10-12T03:00:00.000+08:00", 24 * HX_HOUR, "2026-10-13T08:00:00.000+08:00");
    check(&day, "2026-10-12T21:00:00.000+08:00", 0, "2026-10-12T21:00:00.000+08:00");
    check(&day, "2026-10-12T21:00:00.001+08:00", 0, "2026-10-13T08:00:00.000+08:00");
}

static void counts_only_the_window(void **state)
{
    (void)state;
    check(&counted, "2026-10-12T19:10:00.000+08:00", 2 * HX_HOUR, "2026-10-13T08:10:00.000+08:00");
    check(&counted, "2026-10-12T10:00:00.000+08:00", 2 * HX_HOUR, "2026-10-12T12:00:00.000+08:00");
    check(&counted, "2026-10-12T23:00:00.000+08:00", 13 * HX_HOUR, "2026-10-13T21:00:00.000+08:00");
    check(&counted, "2026-10-12T23:00:00.000+08:00", 13 * HX_HOUR + 1,
          "2026-10-14T08:00:00.001+08:00");
}

/* Corner 24, with its own three answers. */
static void make_up_days(void **state)
{
    (void)state;
    int64_t friday = at("2022-01-28T17:00:00.000+08:00");
    is(hx_calendar_add(&office, friday, 14 * HX_HOUR), "2022-01-30T17:00:00.000+08:00");
    is(hx_calendar_add_by(&office, &without_make_up, friday, 14 * HX_HOUR),
       "2022-02-08T17:00:00.000+08:00");
    is(hx_calendar_add_by(&office, NULL, friday, 14 * HX_HOUR), "2022-02-01T17:00:00.000+08:00");
}

static void working_days(void **state)
{
    (void)state;
    check(&workdays, "2022-01-28T17:00:00.000+08:00", 1 * HX_DAY, "2022-01-29T18:00:00.000+08:00");
    check(&workdays, "2022-01-28T17:00:00.000+08:00", 2 * HX_DAY, "2022-01-30T18:00:00.000+08:00");
    check(&workdays, "2022-01-28T17:00:00.000+08:00", 3 * HX_DAY, "2022-02-07T18:00:00.000+08:00");
    check(&workdays, "2026-10-12T10:00:00.000+08:00", 5 * HX_DAY, "2026-10-19T18:00:00.000+08:00");
}

/* The three units of "2 days" (S5), from Monday 19:00:20. */
static void two_days_in_three_units(void **state)
{
    (void)state;
    const char *monday = "2026-10-12T19:00:20.000+08:00";
    check(&always, monday, 48 * HX_HOUR, "2026-10-14T19:00:20.000+08:00");
    check(&natural_days, monday, 2 * HX_DAY, "2026-10-15T00:00:00.000+08:00");
    check(&workdays, monday, 2 * HX_DAY, "2026-10-14T18:00:00.000+08:00");
}

/* Corner 25. */
static void daylight_saving(void **state)
{
    (void)state;
    /* elapsed time is real seconds over both changes */
    check(&always, "2026-03-29T01:30:00.000+01:00", HX_HOUR, "2026-03-29T09:30:00.000+08:00");
    /* 02:30 does not exist on 29 March: the window opens at the end of the gap, 03:00 summer time
     */
    is(hx_calendar_roll(&berlin_day, at("2026-03-29T01:30:00.000+01:00")),
       "2026-03-29T09:00:00.000+08:00");
    /* 02:30 comes twice on 25 October: the first, in summer time */
    is(hx_calendar_roll(&berlin_day, at("2026-10-25T01:00:00.000+02:00")),
       "2026-10-25T08:30:00.000+08:00");
    /* the two days have 23 and 25 hours */
    is(hx_calendar_add(&berlin_count, at("2026-03-29T00:00:00.000+01:00"), 23 * HX_HOUR),
       "2026-03-30T06:00:00.000+08:00");
    is(hx_calendar_add(&berlin_count, at("2026-10-25T00:00:00.000+02:00"), 25 * HX_HOUR),
       "2026-10-26T07:00:00.000+08:00");
    assert_int_equal(hx_zone_day(&berlin, at("2026-10-25T23:30:00.000+01:00")), 20751);
}

static void kinds_of_days(void **state)
{
    (void)state;
    assert_int_equal(hx_calendar_day(&office, &spring_2022, 19020), HX_DAY_WORKING);
    assert_int_equal(hx_calendar_day(&office, &spring_2022, 19021), HX_DAY_MAKE_UP);
    assert_int_equal(hx_calendar_day(&office, &spring_2022, 19023), HX_DAY_HOLIDAY);
    assert_int_equal(hx_calendar_day(&office, NULL, 19021), HX_DAY_WEEKEND);
    assert_true(hx_holidays_know(&spring_2022, 2022));
    assert_false(hx_holidays_know(&spring_2022, 2023));
    assert_int_equal(hx_day_year(19022), 2022);
    assert_int_equal(hx_day_year(18992), 2021); /* 31 December */
    assert_int_equal(hx_day_year(18993), 2022);
    assert_int_equal(hx_day_year(11016), 2000); /* 29 February */
}

static void versions_of_a_table(void **state)
{
    (void)state;
    struct hx_holidays second = spring_2022;
    second.older = &without_make_up;
    struct hx_table t = {.newest = &second};
    assert_ptr_equal(hx_table_version(&t, 0), &second);
    assert_ptr_equal(hx_table_version(&t, 2), &second);
    assert_ptr_equal(hx_table_version(&t, 1), &without_make_up);
    assert_null(hx_table_version(NULL, 1));
}

/* ---- properties, over many starts and budgets ---- */

/* A small generator, so that every run tries the same. */
static uint32_t next(uint32_t *seed)
{
    *seed = *seed * UINT32_C(1664525) + UINT32_C(1013904223);
    return *seed >> 8;
}

static const struct hx_calendar_rule *const all[] = {
    &always, &day, &counted, &office, &workdays, &natural_days, &berlin_day, &berlin_count};

static void grows_with_start_and_budget(void **state)
{
    (void)state;
    uint32_t seed = 1;
    int64_t base = at("2022-01-20T00:00:00.000+08:00");
    for (size_t c = 0; c < sizeof all / sizeof *all; c++)
        for (int i = 0; i < 3000; i++) {
            int64_t t = base + (int64_t)next(&seed) * 7919 % (1800 * HX_DAY);
            int64_t ms = (int64_t)next(&seed) * 101 % (20 * HX_DAY);
            int64_t end = hx_calendar_add(all[c], t, ms);
            assert_true(end >= t);
            assert_true(hx_calendar_add(all[c], t, ms + next(&seed) % HX_DAY) >= end);
            assert_true(hx_calendar_add(all[c], t + next(&seed) % HX_DAY, ms) >= end);
            assert_true(hx_calendar_add(all[c], t, ms) == end);
        }
}

static void parts_add_up(void **state)
{
    (void)state;
    static const struct hx_calendar_rule *const exact[] = {&always, &counted, &office,
                                                           &berlin_count};
    uint32_t seed = 7;
    int64_t base = at("2022-01-20T00:00:00.000+08:00");
    for (size_t c = 0; c < sizeof exact / sizeof *exact; c++)
        for (int i = 0; i < 3000; i++) {
            int64_t t = base + (int64_t)next(&seed) * 7919 % (1800 * HX_DAY);
            int64_t a = (int64_t)next(&seed) * 31 % (4 * HX_DAY);
            int64_t b = (int64_t)next(&seed) * 31 % (4 * HX_DAY);
            int64_t middle = hx_calendar_add(exact[c], t, a);
            assert_true(hx_calendar_add(exact[c], middle, b) ==
                        hx_calendar_add(exact[c], t, a + b));
        }
    for (int64_t a = 1; a < 20; a++) {
        int64_t middle = hx_calendar_add(&workdays, base, a * HX_DAY);
        assert_true(hx_calendar_add(&workdays, middle, 3 * HX_DAY) ==
                    hx_calendar_add(&workdays, base, (a + 3) * HX_DAY));
    }
}

/* A table of holidays without an end: nobody waits for ever, the time is taken as it is. */
static void a_calendar_that_never_opens_has_an_end(void **state)
{
    static const struct hx_calendar_rule closed = {.kind = HX_CALENDAR_ROLL, .week = 0},
                                         idle = {.kind = HX_CALENDAR_COUNT, .week = 0};
    const int64_t t = at("2026-10-12T19:00:00.000+08:00");
    (void)state;
    assert_int_equal(hx_calendar_roll(&closed, t), t);
    assert_int_equal(hx_calendar_add(&closed, t, HX_HOUR), t + HX_HOUR);
    assert_int_equal(hx_calendar_add(&idle, t, HX_HOUR), t + HX_HOUR);
    assert_int_equal(hx_calendar_add(&workdays, t, 0), t); /* no day at all */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(around_the_clock),
        cmocka_unit_test(rolls_into_the_window),
        cmocka_unit_test(counts_only_the_window),
        cmocka_unit_test(make_up_days),
        cmocka_unit_test(working_days),
        cmocka_unit_test(two_days_in_three_units),
        cmocka_unit_test(daylight_saving),
        cmocka_unit_test(kinds_of_days),
        cmocka_unit_test(versions_of_a_table),
        cmocka_unit_test(grows_with_start_and_budget),
        cmocka_unit_test(parts_add_up),
        cmocka_unit_test(a_calendar_that_never_opens_has_an_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
