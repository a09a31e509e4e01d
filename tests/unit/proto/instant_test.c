/* Instants as text, and back. Expected values were computed with Python's datetime. */
#include "hongxin/instant.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static void test_reads_rfc_3339(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int64_t ms;
    } table[] = {
        {"2026-10-12T19:05:20.001+08:00", INT64_C(1791803120001)},
        {"2026-10-12T11:05:20.001Z", INT64_C(1791803120001)},
        {"2026-10-12t11:05:20.001z", INT64_C(1791803120001)},
        {"2026-10-12 11:05:20.001Z", INT64_C(1791803120001)},
        {"2026-10-12T11:05:20Z", INT64_C(1791803120000)},
        {"2026-10-12T07:35:20.001-03:30", INT64_C(1791803120001)},
        {"2026-10-12T11:05:20.5Z", INT64_C(1791803120500)},
        {"2026-10-12T11:05:20.05Z", INT64_C(1791803120050)},
        {"2026-10-12T11:05:20.0019999999999Z", INT64_C(1791803120001)},
        {"2000-01-01T00:00:00.000Z", HX_INSTANT_MIN},
        {"2199-12-31T23:59:59.999Z", HX_INSTANT_MAX},
        {"2000-01-01T08:00:00.000+08:00", HX_INSTANT_MIN},
        {"2000-02-29T00:00:00Z", INT64_C(951782400000)},
        {"2028-02-29T12:00:00Z", INT64_C(1835438400000)},
        {"2026-10-12T11:05:20-00:00", INT64_C(1791803120000)},
        {"2026-10-12T23:59:59+23:59", INT64_C(1791763259000)},
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        int64_t ms = 0;
        if (hx_instant_parse(table[i].text, &ms) != HX_OK || ms != table[i].ms)
            fail_msg("%s gave %lld", table[i].text, (long long)ms);
    }
}

static void test_refuses_dates_that_do_not_exist(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "2026-02-29T00:00:00Z", "2100-02-29T00:00:00Z",      "2026-04-31T00:00:00Z",
        "2026-13-01T00:00:00Z", "2026-00-10T00:00:00Z",      "2026-01-00T00:00:00Z",
        "2026-01-32T00:00:00Z", "2026-01-01T24:00:00Z",      "2026-01-01T23:60:00Z",
        "2026-01-01T23:59:60Z", "2026-01-01T00:00:00+24:00", "2026-01-01T00:00:00+08:60"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        int64_t ms = 7;
        if (hx_instant_parse(bad[i], &ms) != HX_INVALID)
            fail_msg("%s was taken", bad[i]);
        assert_int_equal(ms, 7);
    }
}

static void test_refuses_years_outside_its_limits(void **state)
{
    (void)state;
    static const char *const bad[] = {"1600-01-01T00:00:00Z",      "9999-12-31T23:59:59Z",
                                      "1999-12-31T23:59:59.999Z",  "2200-01-01T00:00:00Z",
                                      "2000-01-01T07:59:59+08:00", "2199-12-31T23:59:59-00:01",
                                      "0000-01-01T00:00:00Z",      "10000-01-01T00:00:00Z"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        int64_t ms;
        if (hx_instant_parse(bad[i], &ms) != HX_INVALID)
            fail_msg("%s was taken", bad[i]);
    }
}

static void test_refuses_what_is_not_rfc_3339(void **state)
{
    (void)state;
    static const char *const bad[] = {"",
                                      "now",
                                      "2026-10-12",
                                      "2026-10-12T11:05:20",
                                      "2026-10-12T11:05Z",
                                      "2026-10-12T11:05:20.Z",
                                      "2026-10-12T11:05:20,5Z",
                                      "2026-10-12T11:05:20+0800",
                                      "2026-10-12T11:05:20+8:00",
                                      "2026-10-12T11:05:20Z ",
                                      " 2026-10-12T11:05:20Z",
                                      "2026/10/12T11:05:20Z",
                                      "26-10-12T11:05:20Z",
                                      "2026-10-12T1:05:20Z",
                                      "-2026-10-12T11:05:20Z",
                                      "1791803120001"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        int64_t ms;
        if (hx_instant_parse(bad[i], &ms) != HX_INVALID)
            fail_msg("\"%s\" was taken", bad[i]);
    }
}

static void test_writes_in_any_offset(void **state)
{
    (void)state;
    static const struct {
        int64_t ms;
        int offset;
        const char *text;
    } table[] = {
        {INT64_C(1791803120001), 480, "2026-10-12T19:05:20.001+08:00"},
        {INT64_C(1791803120001), 0, "2026-10-12T11:05:20.001+00:00"},
        {INT64_C(1791803120001), -210, "2026-10-12T07:35:20.001-03:30"},
        {INT64_C(951782399999), 0, "2000-02-28T23:59:59.999+00:00"},
        {INT64_C(951782399999), 1, "2000-02-29T00:00:59.999+00:01"},
        {0, 0, "1970-01-01T00:00:00.000+00:00"},
        {-1, 0, "1969-12-31T23:59:59.999+00:00"},
        {HX_INSTANT_MAX, 0, "2199-12-31T23:59:59.999+00:00"},
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        char text[HX_INSTANT_TEXT];
        assert_string_equal(hx_instant_format(table[i].ms, table[i].offset, text), table[i].text);
    }
}

/* Every day of the allowed range goes through text and comes back. */
static void test_every_day_survives(void **state)
{
    (void)state;
    for (int64_t ms = HX_INSTANT_MIN; ms <= HX_INSTANT_MAX; ms += HX_DAY) {
        char text[HX_INSTANT_TEXT];
        int64_t back = 0;
        assert_int_equal(hx_instant_parse(hx_instant_format(ms, 480, text), &back), HX_OK);
        assert_true(back == ms);
    }
}

static void test_durations(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int64_t ms;
    } table[] = {{"40min", 40 * HX_MINUTE},
                 {"3h", 3 * HX_HOUR},
                 {"48 h", 48 * HX_HOUR},
                 {"2d", 2 * HX_DAY},
                 {"30s", 30 * HX_SECOND},
                 {"1h30min", 90 * HX_MINUTE},
                 {"250ms", 250},
                 {"0s", 0}};
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        int64_t ms = -1;
        assert_int_equal(hx_duration_parse(table[i].text, &ms), HX_OK);
        assert_int_equal(ms, table[i].ms);
    }
    static const char *const bad[] = {"", "40", "min", "4x", "-3h", "3h-", "9999999d", "1.5h"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        int64_t ms;
        if (hx_duration_parse(bad[i], &ms) != HX_INVALID)
            fail_msg("\"%s\" was taken", bad[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_reads_rfc_3339),
        cmocka_unit_test(test_refuses_dates_that_do_not_exist),
        cmocka_unit_test(test_refuses_years_outside_its_limits),
        cmocka_unit_test(test_refuses_what_is_not_rfc_3339),
        cmocka_unit_test(test_writes_in_any_offset),
        cmocka_unit_test(test_every_day_survives),
        cmocka_unit_test(test_durations),
    };
    return cmocka_run_group_tests_name("instant", tests, NULL, NULL);
}
