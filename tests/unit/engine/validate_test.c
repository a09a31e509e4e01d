/* The door's checks: each bad input has its name. */
#include "config/life_cycle/life_cycle.h"
#include "engine/rules/validate.h"
#include "hongxin/instant.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct hx_rules *rules;

static int load(void **state)
{
    (void)state;
    struct hx_problem problem;
    return hx_life_cycle_load(HX_SOURCE_DIR "/config/life-cycles/complaint.yaml", &rules, &problem);
}

static int unload(void **state)
{
    (void)state;
    hx_life_cycle_free(rules);
    return 0;
}

static const int64_t NOW = INT64_C(1791802800000); /* 2026-10-12T19:00+08:00 */

static hxp_event good(void)
{
    hxp_event e = HONGXIN__V1__EVENT__INIT;
    e.id = (char *)"1";
    e.source = (char *)"test";
    e.type = (char *)"REPORTED";
    e.by = (char *)"reporter";
    return e;
}

#define REFUSED(e, expected)                                                                       \
    do {                                                                                           \
        const char *field_;                                                                        \
        const char *code_ = hx_validate(rules, &(e), NOW, &field_);                                \
        assert_non_null(code_);                                                                    \
        assert_string_equal(code_, expected);                                                      \
    } while (0)

static void a_good_event_passes(void **state)
{
    (void)state;
    const char *field;
    hxp_event e = good();
    assert_null(hx_validate(rules, &e, NOW, &field));
}

static void names_what_is_missing(void **state)
{
    (void)state;
    hxp_event e = good();
    e.id = (char *)"";
    REFUSED(e, "NO_ID");
    e = good();
    e.source = (char *)"";
    REFUSED(e, "NO_SOURCE");
    e = good();
    e.type = (char *)"";
    REFUSED(e, "NO_TYPE");
    e = good();
    e.type = (char *)"CLASS_SET";
    e.by = (char *)"dispatcher:C-03/x";
    REFUSED(e, "MISSING_FIELD");
}

static void refuses_events_and_roles_that_do_not_exist(void **state)
{
    (void)state;
    hxp_event e = good();
    e.type = (char *)"EXPLODED";
    REFUSED(e, "UNKNOWN_EVENT");
    e = good();
    e.type = (char *)"CLASSED"; /* the machine's own */
    REFUSED(e, "UNKNOWN_EVENT");
    e = good();
    static const char *const nobody[] = {"emperor:C-03/x", "/x", "city:", "city:/wang",
                                         "street:/x"};
    for (size_t i = 0; i < sizeof nobody / sizeof *nobody; i++) {
        e.by = (char *)(uintptr_t)nobody[i];
        REFUSED(e, "BAD_ROLE");
    }
}

static void refuses_absurd_times(void **state)
{
    (void)state;
    hxp_event e = good();
    e.t_occ = INT64_C(-11676096000000); /* 1600 */
    REFUSED(e, "BAD_TIME");
    e.t_occ = INT64_C(253402300799999); /* 9999 */
    REFUSED(e, "BAD_TIME");
    e.t_occ = NOW + HX_DAY + 1;
    REFUSED(e, "BAD_TIME");
    e.t_occ = INT64_MIN;
    REFUSED(e, "BAD_TIME");
}

static void refuses_bad_text(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "\x80", "\xc0\x80", "\xed\xa0\x80", "\xf5\x80\x80\x80", "ab\xe4\xb8", "\xf0\x8f\xbf\xbf"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        hxp_event e = good();
        hxp_data d = HONGXIN__V1__DATA__INIT;
        d.text = (char *)(uintptr_t)bad[i];
        e.data = &d;
        REFUSED(e, "BAD_UTF8");
    }
    char text[200];
    memset(text, 'x', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    hxp_event e = good();
    e.id = text;
    REFUSED(e, "TOO_LONG");
}

static void refuses_numbers_out_of_range(void **state)
{
    (void)state;
    hxp_event e = good();
    hxp_data d = HONGXIN__V1__DATA__INIT;
    e.data = &d;
    d.rating = 6;
    REFUSED(e, "BAD_RATING");
    d.rating = 0;
    double position[] = {181, 36};
    d.position = position;
    d.n_position = 2;
    REFUSED(e, "BAD_POSITION");
    d.n_position = 1;
    position[0] = 114;
    REFUSED(e, "BAD_POSITION");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_good_event_passes),
        cmocka_unit_test(names_what_is_missing),
        cmocka_unit_test(refuses_events_and_roles_that_do_not_exist),
        cmocka_unit_test(refuses_absurd_times),
        cmocka_unit_test(refuses_bad_text),
        cmocka_unit_test(refuses_numbers_out_of_range),
    };
    return cmocka_run_group_tests(tests, load, unload);
}
