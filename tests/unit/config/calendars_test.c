/* Calendars as the city's files give them: the shipped table of holidays, bad tables, time zones.
 */
#include "config/calendar/holidays.h"
#include "config/calendar/zone.h"
#include "config/life_cycle/life_cycle.h"
#include "engine/rules/rules.h"
#include "hongxin/instant.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define EVENT(start, end, category, more)                                                          \
    "BEGIN:VEVENT\nDTSTART;VALUE=DATE:" start "\nDTEND;VALUE=DATE:" end "\nCATEGORIES:" category   \
    "\n" more "END:VEVENT\n"
#define NOTICE "X-HONGXIN-NOTICE:no. 7\n"
#define HEAD   "BEGIN:VCALENDAR\nVERSION:2.0\nX-HONGXIN-CALENDAR:here\nX-HONGXIN-VERSION:3\n"
#define TAIL   "END:VCALENDAR\n"

static int32_t day_of(int year, int month, int day)
{
    char text[32];
    int64_t t = 0;
    snprintf(text, sizeof text, "%04d-%02d-%02dT00:00:00Z", year, month, day);
    assert_int_equal(hx_instant_parse(text, &t), HX_OK);
    return (int32_t)(t / HX_DAY);
}

/* What the notices of the State Council add up to: days off, make-up days, and the working days of
 * the year, which are Monday to Friday without 11 public holidays (13 since 2025). */
static void known_totals(void **state)
{
    (void)state;
    static const struct total {
        int year, off, on, working;
    } totals[] = {{2022, 32, 7, 249},
                  {2023, 26, 7, 249},
                  {2024, 28, 8, 251},
                  {2025, 28, 5, 248},
                  {2026, 33, 6, 248}};
    static const struct hx_calendar_rule cal = {.kind = HX_CALENDAR_DAYS, .week = HX_WEEK_WORKING};
    struct hx_table t;
    struct hx_problem problem = {""};
    assert_int_equal(hx_holidays_load(HX_SOURCE_DIR "/config/calendars/china.ics", &t, &problem),
                     HX_OK);
    assert_string_equal(t.name, "china");
    for (size_t i = 0; i < sizeof totals / sizeof *totals; i++) {
        int n[HX_DAY_MAKE_UP + 1] = {0};
        int year = totals[i].year;
        assert_true(hx_holidays_know(t.newest, year));
        for (int32_t d = day_of(year, 1, 1); d < day_of(year + 1, 1, 1); d++)
            n[hx_calendar_day(&cal, t.newest, d)]++;
        assert_int_equal(n[HX_DAY_HOLIDAY], totals[i].off);
        assert_int_equal(n[HX_DAY_MAKE_UP], totals[i].on);
        assert_int_equal(n[HX_DAY_WORKING] + n[HX_DAY_MAKE_UP], totals[i].working);
    }
    assert_false(hx_holidays_know(t.newest, 2021));
    assert_false(hx_holidays_know(t.newest, 2027));
    assert_int_equal(hx_calendar_day(&cal, t.newest, day_of(2022, 1, 29)), HX_DAY_MAKE_UP);
    assert_int_equal(hx_calendar_day(&cal, t.newest, day_of(2022, 1, 30)), HX_DAY_MAKE_UP);
    assert_int_equal(hx_calendar_day(&cal, t.newest, day_of(2022, 2, 6)), HX_DAY_HOLIDAY);
    assert_int_equal(hx_calendar_day(&cal, t.newest, day_of(2022, 2, 7)), HX_DAY_WORKING);
    hx_holidays_free(&t);
}

/* Corner 24 through the shipped files. */
static void make_up_days_of_the_shipped_calendar(void **state)
{
    (void)state;
    struct hx_rules *r;
    struct hx_problem problem = {""};
    int64_t friday, sunday;
    assert_int_equal(
        hx_life_cycle_load(HX_SOURCE_DIR "/config/life-cycles/complaint.yaml", &r, &problem),
        HX_OK);
    assert_int_equal(hx_instant_parse("2022-01-28T17:00:00+08:00", &friday), HX_OK);
    assert_int_equal(hx_instant_parse("2022-01-30T17:00:00+08:00", &sunday), HX_OK);
    const struct hx_calendar_rule *office = &r->calendars[hx_rules_calendar(r, "office")];
    assert_true(hx_calendar_add(office, friday, 14 * HX_HOUR) == sunday);
    const struct hx_calendar_rule *evening = &r->calendars[hx_rules_calendar(r, "EVENING4")];
    assert_true(hx_calendar_roll(evening, friday) == friday + HX_HOUR);
    hx_life_cycle_free(r);
}

static void refused(const char *text, const char *why)
{
    struct hx_table t;
    struct hx_problem problem = {""};
    assert_int_equal(hx_holidays_parse("here.ics", text, &t, &problem), HX_CONFIG);
    assert_string_equal(problem.text, why);
    assert_null(t.newest);
}

static void bad_tables(void **state)
{
    (void)state;
    refused(HEAD EVENT("20261001", "20261008", "HOLIDAY", NOTICE)
                EVENT("20261003", "20261004", "MAKE-UP", NOTICE) TAIL,
            "here.ics:11: 2026-10-03 is a make-up working day here, but a holiday at line 5");
    refused(HEAD EVENT("20261001", "20261008", "HOLIDAY", NOTICE)
                EVENT("20261007", "20261009", "HOLIDAY", NOTICE) TAIL,
            "here.ics:11: 2026-10-07 is a holiday here, but stands already at line 5");
    refused(HEAD EVENT("20261001", "20261002", "PARTY", NOTICE) TAIL,
            "here.ics:5: an event must have exactly one category, HOLIDAY or MAKE-UP: only "
            "official days count");
    refused(HEAD EVENT("20261001", "20261002", "HOLIDAY", "") TAIL,
            "here.ics:5: X-HONGXIN-NOTICE is missing: the number of the official notice");
    refused(HEAD EVENT("20261001", "20261002", "HOLIDAY", NOTICE "RRULE:FREQ=YEARLY\n") TAIL,
            "here.ics:5: an event that repeats: every year's days are announced anew");
    refused(HEAD EVENT("20261002", "20261002", "HOLIDAY", NOTICE) TAIL,
            "here.ics:5: DTEND is the day behind the last: one to 31 days after DTSTART");
    refused(HEAD TAIL, "here.ics: no event at all");
    refused("BEGIN:VCALENDAR\nX-HONGXIN-CALENDAR:here\n" TAIL,
            "here.ics: X-HONGXIN-VERSION must be a number from 1");
    refused(
        "BEGIN:VCALENDAR\nX-HONGXIN-CALENDAR:here\nX-HONGXIN-VERSION;VALUE=DATE:20261001\n" TAIL,
        "here.ics: X-HONGXIN-VERSION must be a number from 1");
    refused("BEGIN:VCALENDAR\nX-HONGXIN-CALENDAR;VALUE=DATE:20261001\nX-HONGXIN-VERSION:1\n" TAIL,
            "here.ics: X-HONGXIN-CALENDAR must be a short name: china");
    refused(HEAD EVENT("20261001", "20261002", "HOLIDAY", "X-HONGXIN-NOTICE;VALUE=DATE:20261001\n")
                TAIL,
            "here.ics:5: X-HONGXIN-NOTICE is missing: the number of the official notice");
    refused(HEAD "BEGIN:VEVENT\nDTSTART;VALUE=DATE:20261001\n" EVENT("20261003", "20261004",
                                                                     "HOLIDAY", NOTICE) TAIL,
            "here.ics:7: not one whole iCalendar (RFC 5545) object: this does not belong here");
    refused(HEAD EVENT("20261001", "20261002", "HOLIDAY", NOTICE),
            "here.ics:10: not one whole iCalendar (RFC 5545) object: END:VCALENDAR is missing");
    refused("no calendar", "here.ics: not one whole iCalendar (RFC 5545) object");
    refused("", "here.ics: not one whole iCalendar (RFC 5545) object");
}

static void hear(void *ctx, const struct hx_problem *problem)
{
    char *all = ctx;
    size_t n = strlen(all);
    snprintf(all + n, 4096 - n, "%s\n", problem->text);
}

/* Whoever mends a table wants to know all that is wrong with it: one fault of each event. */
static void every_fault_of_a_table_is_told(void **state)
{
    (void)state;
    static char all[4096];
    const struct hx_problems tell = {hear, all, 50}, two = {hear, all, 2};
    static const char bad[] = HEAD EVENT("20261001", "20261008", "HOLIDAY", NOTICE)
        EVENT("20261003", "20261005", "MAKE-UP", NOTICE)
            EVENT("20261010", "20261011", "PARTY", NOTICE)
                EVENT("20261101", "20261102", "MAKE-UP", NOTICE)
                    EVENT("20261009", "20261010", "MAKE-UP", "") TAIL;
    hx_holidays_faults("here.ics", bad, &tell);
    assert_string_equal(
        all, "here.ics:11: 2026-10-03 is a make-up working day here, but a holiday at line 5\n"
             "here.ics:17: an event must have exactly one category, HOLIDAY or MAKE-UP: only "
             "official days count\n"
             "here.ics:29: X-HONGXIN-NOTICE is missing: the number of the official notice\n");
    all[0] = '\0';
    hx_holidays_faults("here.ics", bad, &two);
    assert_non_null(strstr(all, "here.ics:17: "));
    assert_null(strstr(all, "here.ics:29: "));
    all[0] = '\0';
    hx_holidays_faults("here.ics", HEAD EVENT("20261001", "20261008", "HOLIDAY", NOTICE) TAIL,
                       &tell);
    assert_string_equal(all, "");
}

static void zones(void **state)
{
    (void)state;
    struct hx_zone z;
    int64_t t;
    assert_int_equal(hx_zone_load("Asia/Shanghai", &z), HX_OK);
    assert_int_equal(z.n, 0);
    assert_int_equal(z.offset_ms, 8 * HX_HOUR);
    assert_int_equal(hx_zone_load("Europe/Berlin", &z), HX_OK);
    assert_int_equal(hx_instant_parse("2026-03-29T01:00:00Z", &t), HX_OK);
    assert_int_equal(hx_zone_offset(&z, t - 1), 1 * HX_HOUR);
    assert_int_equal(hx_zone_offset(&z, t), 2 * HX_HOUR);
    assert_int_equal(hx_instant_parse("2026-10-25T01:00:00Z", &t), HX_OK);
    assert_int_equal(hx_zone_offset(&z, t - 1), 2 * HX_HOUR);
    assert_int_equal(hx_zone_offset(&z, t), 1 * HX_HOUR);
    assert_int_equal(hx_zone_load("Mars/Olympus", &z), HX_NOTFOUND);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(known_totals), cmocka_unit_test(make_up_days_of_the_shipped_calendar),
        cmocka_unit_test(bad_tables),   cmocka_unit_test(every_fault_of_a_table_is_told),
        cmocka_unit_test(zones),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
