/* The rota as iCalendar: what its events become, and every refusal with the lines of both sides. */
#include "config/city/city_load.h"
#include "engine/duty/rota.h"
#include "folder.h"
#include "hongxin/instant.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define DESK                                                                                       \
    "BEGIN:VEVENT\nUID:desk\nDTSTART;VALUE=DATE:20261001\nRRULE:FREQ=DAILY\nSUMMARY:周\n"         \
    "X-HONGXIN-ROLE:city\nX-HONGXIN-AREA:desk\nX-HONGXIN-PERSON:zhou\nEND:VEVENT\n"
#define CALENDAR(events)                                                                           \
    "BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:-//city//rota//ZH\n" events "END:VCALENDAR\n"
#define WHO(person, name)                                                                          \
    "SUMMARY:" name "\nX-HONGXIN-ROLE:duty\nX-HONGXIN-AREA:P-01\nX-HONGXIN-PERSON:" person         \
    "\nEND:VEVENT\n"

static const struct folder_text right[] = {
    {"city.yaml", "version: test-1\ngrids: 1\n"},
    {"streets.csv", "id,name_zh,name_en,lon,lat\nS-01,一街道,One,114.4,36.1\n"},
    {"communities.csv", "id,street,name_zh,name_en,lon,lat\nC-01,S-01,一社区,One,114.4,36.1\n"},
    {"grids.csv", "id,community,name_zh,name_en,lon,lat\nG-001,C-01,一,One,114.4,36.1\n"},
    {"companies.csv", "id,name_zh,name_en\nP-01,物业,One\n"},
    {"estates.csv", "id,grid,company,name_zh,name_en,lon,lat\n"
                    "E-01,G-001,P-01,一苑,One,114.4,36.1\n"},
    {"buildings.csv", "id,estate,name_zh,name_en,lon,lat\nB-11,E-01,1号楼,One,114.41,36.11\n"},
    {"duty.ics", CALENDAR(DESK)},
};

static int setup(void **state)
{
    folder_setup(state);
    folder_fill(*state, right, sizeof right / sizeof *right);
    return 0;
}

static struct hx_city *load(struct folder *f, const char *events)
{
    struct hx_city *city = NULL;
    struct hx_problem problem = {.text = ""};
    char text[4096];
    snprintf(text, sizeof text, CALENDAR("%s" DESK), events);
    (void)folder_write(f, "duty.ics", text);
    if (hx_city_load(f->path, &city, &problem))
        fail_msg("refused: %s", problem.text);
    return city;
}

static void refused(struct folder *f, const char *events, const char *wanted)
{
    struct hx_city *city = NULL;
    struct hx_problem problem = {.text = ""};
    char text[4096], expected[sizeof problem.text];
    snprintf(text, sizeof text, CALENDAR("%s" DESK), events);
    (void)folder_write(f, "duty.ics", text);
    snprintf(expected, sizeof expected, "%s/%s", f->path, wanted);
    assert_int_equal(hx_city_load(f->path, &city, &problem), HX_CONFIG);
    assert_string_equal(problem.text, expected);
    assert_null(city);
}

/* At P-01, in UTC+8. */
static void on_duty(const struct hx_city *city, const char *at, const char *person)
{
    static const struct hx_zone zone = {.offset_ms = 8 * 3600 * 1000};
    static const struct hx_calendar_rule cal = {
        .kind = HX_CALENDAR_DAYS, .week = HX_WEEK_WORKING, .zone = &zone};
    int64_t t = 0;
    assert_int_equal(hx_instant_parse(at, &t), HX_OK);
    const struct hx_days days = {&cal, hx_table_version(cal.table, 0)};
    struct hx_on_duty d = hx_rota_at(hx_city_rota(city), "duty", "P-01", &days, t, 0);
    if (strcmp(d.person ? d.person : "nobody", person) != 0)
        fail_msg("%s: %s", at, d.person ? d.person : "nobody");
}

static void one_shift_in_the_citys_time(void **state)
{
    struct hx_city *city = load(*state, "BEGIN:VEVENT\nDTSTART:20261012T180000\n"
                                        "DTEND:20261012T220000\n" WHO("li", "李"));
    on_duty(city, "2026-10-12T17:59:59+08:00", "nobody");
    on_duty(city, "2026-10-12T18:00:00+08:00", "li");
    on_duty(city, "2026-10-12T21:59:59+08:00", "li");
    on_duty(city, "2026-10-12T22:00:00+08:00", "nobody");
    on_duty(city, "2026-10-13T18:00:00+08:00", "nobody");
    hx_city_free(city);
}

static void in_universal_time_and_over_midnight(void **state)
{
    struct hx_city *city = load(*state, "BEGIN:VEVENT\nDTSTART:20261012T140000Z\n"
                                        "DURATION:PT8H\n" WHO("li", "李"));
    on_duty(city, "2026-10-12T21:59:59+08:00", "nobody");
    on_duty(city, "2026-10-12T22:00:00+08:00", "li");
    on_duty(city, "2026-10-13T05:59:59+08:00", "li");
    on_duty(city, "2026-10-13T06:00:00+08:00", "nobody");
    hx_city_free(city);
}

/* Two people take turns week by week: what duty.csv cannot say in a row. */
static void every_other_week_until_a_day(void **state)
{
    struct hx_city *city = load(
        *state,
        "BEGIN:VEVENT\nDTSTART;VALUE=DATE:20261012\nDTEND;VALUE=DATE:20261019\n"
        "RRULE:FREQ=WEEKLY;INTERVAL=2;UNTIL=20261130\nEXDATE;VALUE=DATE:20261109\n" WHO(
            "li", "李") "BEGIN:VEVENT\nDTSTART;VALUE=DATE:20261019\nDTEND;VALUE=DATE:20261026\n"
                        "RRULE:FREQ=WEEKLY;INTERVAL=2;COUNT=3\n" WHO("wang", "王"));
    on_duty(city, "2026-10-12T00:00:00+08:00", "li");
    on_duty(city, "2026-10-18T23:59:59+08:00", "li");
    on_duty(city, "2026-10-19T00:00:00+08:00", "wang");
    on_duty(city, "2026-10-26T12:00:00+08:00", "li");
    on_duty(city, "2026-11-09T12:00:00+08:00", "nobody"); /* the date that is excepted */
    on_duty(city, "2026-11-16T12:00:00+08:00", "wang");
    on_duty(city, "2026-11-23T12:00:00+08:00", "li");
    on_duty(city, "2026-11-30T12:00:00+08:00", "nobody"); /* wang's three weeks are over */
    hx_city_free(city);
}

static void a_rule_without_end_counts_days_of_the_week(void **state)
{
    struct hx_city *city = load(*state, "BEGIN:VEVENT\nDTSTART:20261012T220000\n"
                                        "DTEND:20261013T060000\n"
                                        "RRULE:FREQ=WEEKLY;BYDAY=MO,FR\n" WHO("li", "李"));
    on_duty(city, "2026-10-09T23:00:00+08:00", "nobody"); /* a Friday before it begins */
    on_duty(city, "2026-10-12T23:00:00+08:00", "li");
    on_duty(city, "2026-10-13T05:59:59+08:00", "li");
    on_duty(city, "2026-10-13T23:00:00+08:00", "nobody");
    on_duty(city, "2036-10-17T23:00:00+08:00", "li"); /* a Friday in ten years */
    hx_city_free(city);
}

/* Types of days, as in duty.csv. */
static void days_by_their_type(void **state)
{
    struct hx_city *city =
        load(*state, "BEGIN:VEVENT\nDTSTART:20261001T080000\nDTEND:20261001T180000\n"
                     "RRULE:FREQ=DAILY\nX-HONGXIN-DAYS:workday\n" WHO("li", "李"));
    on_duty(city, "2026-10-16T12:00:00+08:00", "li");
    on_duty(city, "2026-10-17T12:00:00+08:00", "nobody");
    hx_city_free(city);
}

static void a_calendar_stands_beside_the_table(void **state)
{
    struct folder *f = *state;
    (void)folder_write(f, "duty.csv",
                       "role,area,order,person,name_zh,name_en\n"
                       "duty,P-01,2,wu,吴,Wu\n");
    struct hx_city *city = load(f, "BEGIN:VEVENT\nDTSTART:20261012T180000\n"
                                   "DTEND:20261012T220000\n" WHO("li", "李"));
    on_duty(city, "2026-10-12T17:00:00+08:00", "wu");
    on_duty(city, "2026-10-12T18:00:00+08:00", "li");
    hx_city_free(city);
}

#define SHIFT "BEGIN:VEVENT\nDTSTART:20261012T180000\nDTEND:20261012T220000\n"

static void the_same_checks_are_made(void **state)
{
    struct folder *f = *state;
    refused(f, SHIFT WHO("li", "李") SHIFT WHO("li", "李"),
            "duty.ics:12: li is on duty as duty of P-01 already, at duty.ics:4");
    refused(f, SHIFT WHO("li", "李") SHIFT WHO("wang", "王"),
            "duty.ics:12: duty of P-01 has a person with order 1 already, at duty.ics:4");
    refused(f,
            SHIFT WHO("li", "李") "BEGIN:VEVENT\nDTSTART:20261014T180000\n"
                                  "DTEND:20261014T220000\n" WHO("li", "李四"),
            "duty.ics:12: li has another name here than at duty.ics:4");
    refused(f,
            SHIFT "SUMMARY:李\nX-HONGXIN-ROLE:duty\nX-HONGXIN-AREA:P-99\n"
                  "X-HONGXIN-PERSON:li\nEND:VEVENT\n",
            "duty.ics:4: role duty is for a company, unit, community or street, not for \"P-99\"");
    refused(f, SHIFT "SUMMARY:李\nX-HONGXIN-ROLE:duty\nX-HONGXIN-AREA:P-01\nEND:VEVENT\n",
            "duty.ics:4: person is empty");
    (void)folder_write(f, "duty.csv",
                       "role,area,order,person,name_zh,name_en\n"
                       "duty,P-01,2,li,李,\n");
    refused(f, SHIFT WHO("li", "李"),
            "duty.ics:4: li is on duty as duty of P-01 already, at duty.csv:2");
}

static void what_cannot_be_said_is_refused(void **state)
{
    struct folder *f = *state;
    refused(f, "BEGIN:VEVENT\nDTSTART:20261012T180000\n" WHO("li", "李"),
            "duty.ics:4: the shift has no end behind its beginning: DTEND");
    refused(f, SHIFT "RRULE:FREQ=WEEKLY;INTERVAL=2\n" WHO("li", "李"),
            "duty.ics:4: a rule without UNTIL or COUNT must be DAILY or WEEKLY with INTERVAL 1 and "
            "no EXDATE, and a shift of it at most a day");
    refused(f, SHIFT "RDATE:20261020T180000\n" WHO("li", "李"),
            "duty.ics:4: RDATE: write an event of its own for each time");
    refused(f,
            "BEGIN:VEVENT\nDTSTART;TZID=Mars/Olympus:20261012T180000\n"
            "DTEND;TZID=Mars/Olympus:20261012T220000\n" WHO("li", "李"),
            "duty.ics:4: unknown time zone Mars/Olympus: leave TZID out for the city's time");
    refused(f, SHIFT "RRULE:FREQ=DAILY;COUNT=2001\n" WHO("li", "李"),
            "duty.ics:4: RRULE: more than 2000 times");
    struct hx_city *city = NULL;
    struct hx_problem problem = {.text = ""};
    (void)folder_write(f, "duty.ics", "BEGIN:VCALENDAR\nno calendar\n");
    assert_int_equal(hx_city_load(f->path, &city, &problem), HX_CONFIG);
    assert_non_null(
        strstr(problem.text,
               "duty.ics:2: not one whole iCalendar (RFC 5545) object: END:VCALENDAR is missing"));
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, folder_teardown)
    const struct CMUnitTest tests[] = {
        TEST(one_shift_in_the_citys_time),  TEST(in_universal_time_and_over_midnight),
        TEST(every_other_week_until_a_day), TEST(a_rule_without_end_counts_days_of_the_week),
        TEST(days_by_their_type),           TEST(a_calendar_stands_beside_the_table),
        TEST(the_same_checks_are_made),     TEST(what_cannot_be_said_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
