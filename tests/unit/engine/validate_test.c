/* The door's checks: each bad input has its name. */
#include "base/text.h"
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
        e.by = hx_text_field(nobody[i]);
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
        d.text = hx_text_field(bad[i]);
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
    position[0] = -181;
    REFUSED(e, "BAD_POSITION");
    position[0] = 114;
    position[1] = 91;
    REFUSED(e, "BAD_POSITION");
    position[1] = -91;
    REFUSED(e, "BAD_POSITION");
    position[1] = 36;
    d.n_position = 1;
    REFUSED(e, "BAD_POSITION");
}

static void refuses_lists_that_are_too_long(void **state)
{
    (void)state;
    char *many[65], word[16002];
    for (size_t i = 0; i < 65; i++)
        many[i] = (char *)"x";
    memset(word, 'x', sizeof word - 1);
    word[sizeof word - 1] = '\0';
    hxp_event e = good();
    hxp_data d = HONGXIN__V1__DATA__INIT;
    e.data = &d;
    d.steps = many;
    d.n_steps = 64;
    const char *field;
    assert_null(hx_validate(rules, &e, NOW, &field));
    d.n_steps = 65;
    REFUSED(e, "TOO_LONG");
    d.n_steps = 1;
    many[0] = word;
    REFUSED(e, "TOO_LONG");
    many[0] = (char *)"\xff";
    assert_string_equal(hx_validate(rules, &e, NOW, &field), "BAD_UTF8");
    assert_string_equal(field, "steps");
}

/* It is told as a word, so that nobody's name or number can come with it. */
static void refuses_errors_that_are_no_words(void **state)
{
    (void)state;
    hxp_event e = good();
    hxp_data d = HONGXIN__V1__DATA__INIT;
    e.data = &d;
    d.error = (char *)"busy 13800138000";
    REFUSED(e, "BAD_ERROR");
    d.error = (char *)"BUSY_2";
    const char *field;
    assert_null(hx_validate(rules, &e, NOW, &field));
}

/* What comes with a report alone: its past, its present state, and whose repeat it is. */
static void refuses_what_only_a_report_brings(void **state)
{
    (void)state;
    hxp_event e = good(), past = good(), *many[65];
    hxp_data d = HONGXIN__V1__DATA__INIT;
    for (size_t i = 0; i < 65; i++)
        many[i] = &past;
    e.data = &d;
    d.history = many;
    d.n_history = 65;
    REFUSED(e, "TOO_LONG");
    e.type = (char *)"COMMENT";
    d.n_history = 1;
    REFUSED(e, "ONLY_WITH_REPORT");
    d.n_history = 0;
    d.state = (char *)"HELD";
    REFUSED(e, "ONLY_WITH_REPORT");
    d.state = (char *)"";
    d.repeat_of = (char *)"CL-1";
    REFUSED(e, "ONLY_WITH_REPORT");
}

/* Whatever a life cycle may ask for, alone: refused by its name, and taken when it is there. */
static void asks_for_each_field_by_its_name(void **state)
{
    (void)state;
    static char *two[] = {(char *)"a", (char *)"b"};
    static double place[] = {114, 36};
    struct hx_event_rule *rule = &rules->events[hx_rules_event(rules, "COMMENT")];
    const uint32_t needs = rule->needs;
    hxp_data full = HONGXIN__V1__DATA__INIT;
    const struct {
        enum hx_need need;
        char **text;
    } texts[] = {{HX_NEED_class, &full.class_},    {HX_NEED_place, &full.place},
                 {HX_NEED_holder, &full.holder},   {HX_NEED_reason, &full.reason},
                 {HX_NEED_why, &full.why},         {HX_NEED_unit, &full.unit},
                 {HX_NEED_into, &full.into},       {HX_NEED_clock, &full.clock},
                 {HX_NEED_level, &full.level},     {HX_NEED_receipt, &full.receipt},
                 {HX_NEED_dispute, &full.dispute}, {HX_NEED_party, &full.party},
                 {HX_NEED_order, &full.order},     {HX_NEED_onsite_code, &full.onsite_code},
                 {HX_NEED_warning, &full.warning}, {HX_NEED_procedure, &full.procedure},
                 {HX_NEED_act, &full.act},         {HX_NEED_to, &full.to},
                 {HX_NEED_error, &full.error}};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        *texts[i].text = (char *)"X";
    full.date = full.until = full.deadline = NOW;
    full.calls = full.cases = two;
    full.n_calls = full.n_cases = 2;
    for (int need = 0; need < HX_NEEDS_END; need++) {
        hxp_event e = good();
        const char *field;
        e.type = (char *)"COMMENT";
        rule->needs = UINT32_C(1) << need;
        assert_string_equal(hx_validate(rules, &e, NOW, &field), "MISSING_FIELD");
        assert_string_equal(field, hx_need_name(need));
        e.data = &full;
        assert_null(hx_validate(rules, &e, NOW, &field));
    }
    hxp_event e = good();
    const char *field;
    e.type = (char *)"COMMENT";
    e.data = &full;
    full.place = (char *)""; /* a position is a place as well */
    rule->needs = UINT32_C(1) << HX_NEED_place;
    assert_string_equal(hx_validate(rules, &e, NOW, &field), "MISSING_FIELD");
    full.position = place;
    full.n_position = 2;
    assert_null(hx_validate(rules, &e, NOW, &field));
    full.n_calls = 1; /* once is not enough */
    rule->needs = UINT32_C(1) << HX_NEED_calls;
    assert_string_equal(hx_validate(rules, &e, NOW, &field), "MISSING_FIELD");
    rule->needs = needs;
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
        cmocka_unit_test(refuses_lists_that_are_too_long),
        cmocka_unit_test(refuses_errors_that_are_no_words),
        cmocka_unit_test(refuses_what_only_a_report_brings),
        cmocka_unit_test(asks_for_each_field_by_its_name),
    };
    return cmocka_run_group_tests(tests, load, unload);
}
