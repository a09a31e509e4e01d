/* Calendars: where a budget ends. */
#include "engine/calendar.h"
#include "hongxin/instant.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

enum { SHANGHAI = 8 * 3600 * 1000 };

static int64_t at(const char *text)
{
    int64_t t = 0;
    assert_int_equal(hx_instant_parse(text, &t), HX_OK);
    return t;
}

static void check(const struct hx_calendar_rule *cal, const char *start, int64_t ms,
                  const char *end)
{
    char text[HX_INSTANT_TEXT];
    assert_string_equal(hx_instant_format(hx_calendar_add(cal, at(start), ms), 480, text), end);
}

static const struct hx_calendar_rule always = {.kind = HX_CALENDAR_ALWAYS};
static const struct hx_calendar_rule day = {.kind = HX_CALENDAR_ROLL,
                                            .from_ms = 8 * HX_HOUR,
                                            .to_ms = 21 * HX_HOUR,
                                            .utc_offset_ms = SHANGHAI};
static const struct hx_calendar_rule counted = {.kind = HX_CALENDAR_COUNT,
                                                .from_ms = 8 * HX_HOUR,
                                                .to_ms = 21 * HX_HOUR,
                                                .utc_offset_ms = SHANGHAI};

/* Spring Festival 2022: Saturday 29 and Sunday 30 January were working days, 31 January to 6
 * February were off. */
static const struct hx_calendar_rule spring_2022 = {
    .kind = HX_CALENDAR_WORKDAYS,
    .to_ms = 18 * HX_HOUR,
    .utc_offset_ms = SHANGHAI,
    .n_holidays = 5,
    .holidays = {19023, 19024, 19025, 19026, 19027},
    .n_makeups = 2,
    .makeups = {19021, 19022},
};

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

static void working_days_know_make_up_days(void **state)
{
    (void)state;
    check(&spring_2022, "2022-01-28T17:00:00.000+08:00", 1 * HX_DAY,
          "2022-01-29T18:00:00.000+08:00");
    check(&spring_2022, "2022-01-28T17:00:00.000+08:00", 2 * HX_DAY,
          "2022-01-30T18:00:00.000+08:00");
    check(&spring_2022, "2022-01-28T17:00:00.000+08:00", 3 * HX_DAY,
          "2022-02-07T18:00:00.000+08:00");
    check(&spring_2022, "2026-10-12T10:00:00.000+08:00", 5 * HX_DAY,
          "2026-10-19T18:00:00.000+08:00");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(around_the_clock),
        cmocka_unit_test(rolls_into_the_window),
        cmocka_unit_test(counts_only_the_window),
        cmocka_unit_test(working_days_know_make_up_days),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
