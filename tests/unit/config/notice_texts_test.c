/* The catalogue of notice texts: what is shipped is whole, and a fault in it is named with its
 * line. */
#include "base/text.h"
#include "config/life_cycle/life_cycle.h"
#include "config/notice/notice_texts.h"
#include "hongxin/instant.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define CATALOGUE HX_SOURCE_DIR "/config/texts/notices.yaml"

enum { FILE_MAX = 64 * 1024 };

struct world {
    struct hx_rules *rules;
    char text[FILE_MAX]; /* as shipped */
};

static int setup(void **state)
{
    static struct world w;
    struct hx_problem problem;
    FILE *f = fopen(CATALOGUE, "rb");
    assert_non_null(f);
    w.text[fread(w.text, 1, FILE_MAX - 1, f)] = '\0';
    fclose(f);
    assert_int_equal(
        hx_life_cycle_load(HX_SOURCE_DIR "/config/life-cycles/complaint.yaml", &w.rules, &problem),
        HX_OK);
    *state = &w;
    return 0;
}

static int teardown(void **state)
{
    struct world *w = *state;
    hx_life_cycle_free(w->rules);
    return 0;
}

/* The shipped catalogue with one piece replaced is refused with this text, and this line's number
 * in front. */
static void refused(const struct world *w, const char *piece, const char *by, const char *expected)
{
    static char text[FILE_MAX];
    struct hx_notice_texts *texts = NULL;
    struct hx_problem problem = {""};
    const char *at = strstr(w->text, piece);
    assert_non_null(at);
    snprintf(text, sizeof text, "%.*s%s%s", (int)(at - w->text), w->text, by, at + strlen(piece));
    assert_int_equal(hx_notice_texts_parse("notices.yaml", text, w->rules, &texts, &problem),
                     HX_CONFIG);
    if (!strstr(problem.text, expected) || strncmp(problem.text, "notices.yaml:", 13) != 0 ||
        atoi(problem.text + 13) < 1)
        fail_msg("%s\nis not: %s", problem.text, expected);
}

static void a_fault_is_named_with_its_line(void **state)
{
    const struct world *w = *state;
    refused(w, "kind: REMINDER", "kind: REMARK", "unknown kind of notice REMARK");
    refused(w, "kind: WARNING", "kind: REMINDER", "REMINDER stands twice");
    refused(w, "【提醒 {level}", "【提醒 {rank}", "unknown placeholder {rank}");
    refused(w, "【提醒 {level}", "【提醒 {level", "unknown placeholder");
    refused(w, "event: ARRIVED, ", "event: LANDED, ", "unknown event LANDED");
    refused(w, "  - {event: HELD, ", "  - {event: COMMENT, ", "no text for HELD");
    refused(w, "part: told, ", "part: heard, ", "unknown part heard");
    refused(w, "此前已告知{}。", "此前已告知。", "part told has no {}");
    refused(w, "{1}无人值守", "{2}无人值守", "unknown placeholder");
    refused(w, "zh: 无人值守,", "", "zh");
    refused(w, "reasons:", "causes:", "unknown key causes");
    refused(w, "reasons:", "\"\":", "unknown key \"\"");
}

static void a_missing_kind_is_named(void **state)
{
    static char text[FILE_MAX];
    const struct world *w = *state;
    struct hx_notice_texts *texts = NULL;
    struct hx_problem problem = {""};
    const char *from = strstr(w->text, "  - kind: DIGEST"), *to = strstr(w->text, "# What a clock");
    snprintf(text, sizeof text, "%.*s%s", (int)(from - w->text), w->text, to);
    assert_int_equal(hx_notice_texts_parse("notices.yaml", text, w->rules, &texts, &problem),
                     HX_CONFIG);
    assert_non_null(strstr(problem.text, "no text for DIGEST"));
}

/* Case, clock, deadline, what is missing, who holds it, who was told, what is expected. */
static void a_breach_says_all_of_it(void **state)
{
    const struct world *w = *state;
    char text[HX_NOTICE_TEXT];
    struct hx_notice_texts *texts = NULL;
    struct hx_problem problem = {""};
    char *told[] = {hx_text_field("holder:P-07"), hx_text_field("manager:P-07")};
    hxp_entry e = HONGXIN__V1__ENTRY__INIT;
    hxp_where where = HONGXIN__V1__WHERE__INIT;
    hxp_notice_fact f = HONGXIN__V1__NOTICE_FACT__INIT;
    assert_int_equal(hx_notice_texts_load(CATALOGUE, w->rules, &texts, &problem), HX_OK);
    where.building = hx_text_field("B-0417");
    e.case_number = 17;
    e.where = &where;
    f.kind = hx_text_field("BREACH");
    f.level = hx_text_field("L3");
    f.clock = hx_text_field("K_ARRIVE");
    f.expects = hx_text_field("ARRIVED");
    f.holder = hx_text_field("P-07");
    f.to = hx_text_field("street:S-02");
    f.told = told;
    f.n_told = 2;
    f.why = hx_text_field("nobody on duty at grid:G-041");
    assert_int_equal(hx_instant_parse("2026-10-12T19:05:20+08:00", &f.deadline), HX_OK);
    assert_string_equal(
        hx_notice_text(texts, &e, &f, false, text),
        "[Overdue L3] Case CL-17 at B-0417, Arrival is broken: was due 2026-10-12 19:05:20, still "
        "missing: arrival on site. Held by P-07. Told before: holder:P-07, manager:P-07. (nobody "
        "on duty at grid:G-041) Act now: be on site and prove it with the code there.");
    assert_string_equal(
        hx_notice_text(texts, &e, &f, true, text),
        "【超时 L3】案件CL-17（B-0417）到场时限已超时：截止2026-10-12 "
        "19:05:20，仍缺到场。现由P-07处置。此前已告知holder:P-07、manager:P-07。（grid:G-"
        "041无人值守）请立即督办：到场并以现场码证明。");
    f.why = hx_text_field("what a stranger wrote");
    assert_null(strstr(hx_notice_text(texts, &e, &f, false, text), "stranger"));
    f.why = hx_text_field("PLAN_OBJECTED: my own words");
    hx_notice_text(texts, &e, &f, false, text);
    assert_null(strstr(text, "my own words"));
    assert_non_null(strstr(text, "lan objected"));
    hx_notice_texts_free(texts);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_fault_is_named_with_its_line),
        cmocka_unit_test(a_missing_kind_is_named),
        cmocka_unit_test(a_breach_says_all_of_it),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
