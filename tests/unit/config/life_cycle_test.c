/* Life cycle files: the shipped one loads; every fault is named with its file and line. */
#include "config/life_cycle/life_cycle.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define SHIPPED HX_SOURCE_DIR "/config/life-cycles/complaint.yaml"
#define CHANGED HX_SOURCE_DIR "/config/life-cycles/changed.yaml"

static char *slurp(const char *path)
{
    FILE *f = fopen(path, "rb");
    assert_non_null(f);
    char *text = calloc(1, 1 << 20);
    assert_non_null(text);
    assert_true(fread(text, 1, (1 << 20) - 1, f) > 0);
    fclose(f);
    return text;
}

/* Loads the shipped file with one piece of text replaced by another, as if it stood beside the
 * shipped one. *line = where the piece stood. */
static int load_changed(const char *from, const char *to, int *line, struct hx_rules **rules,
                        struct hx_problem *problem)
{
    char *text = slurp(SHIPPED), *at = strstr(text, from), *changed = calloc(1, 1 << 20);
    assert_non_null(at);
    assert_non_null(changed);
    *line = 1;
    for (const char *p = text; p < at; p++)
        *line += *p == '\n';
    snprintf(changed, 1 << 20, "%.*s%s%s", (int)(at - text), text, to, at + strlen(from));
    int rc = hx_life_cycle_parse(CHANGED, changed, NULL, rules, problem);
    free(changed);
    free(text);
    return rc;
}

static void refused(const char *from, const char *to, const char *says, int line_known)
{
    char place[300];
    struct hx_rules *rules = NULL;
    struct hx_problem problem = {""};
    int line;
    int rc = load_changed(from, to, &line, &rules, &problem);
    if (rc == HX_OK)
        hx_life_cycle_free(rules);
    assert_int_equal(rc, HX_CONFIG);
    snprintf(place, sizeof place, "%s:%d: ", CHANGED, line);
    if (!strstr(problem.text, says) ||
        (line_known && strncmp(problem.text, place, strlen(place)) != 0))
        fail_msg("expected \"%s%s\", got \"%s\"", line_known ? place : "", says, problem.text);
}

static void the_shipped_one_loads(void **state)
{
    (void)state;
    struct hx_rules *r = NULL;
    struct hx_problem problem = {""};
    assert_int_equal(hx_life_cycle_load(SHIPPED, &r, &problem), HX_OK);
    assert_string_equal(r->version_text, "complaint/1");
    int resolve = hx_rules_clock(r, "K_RESOLVE");
    assert_true(resolve > 0);
    assert_int_equal(r->clocks[resolve].budget_ms[hx_rules_class(r, "SMALL")], 40 * 60 * 1000);
    assert_int_equal(r->clocks[resolve].budget_ms[hx_rules_class(r, "SPECIAL")], 0);
    hx_life_cycle_free(r);
}

static void unknown_words_are_named(void **state)
{
    (void)state;
    refused("on: HELD, if: [by_holder, named_person], to",
            "on: HELD, if: [by_holdr, named_person], to", "unknown guard by_holdr", 1);
    refused("stop(K_CITIZEN), stop(K_STATUTE), close, start", "stopp(K_CITIZEN), close, start",
            "unknown effect stopp", 0);
    refused("start(K_CITIZEN)", "start(K_NOBODY)", "there is no such thing", 0);
    refused("on: HELD, if: [by_holder, named_person], to",
            "on: HOLD, if: [by_holder, named_person], to", "unknown event HOLD", 0);
    refused("{level: L3, share: 1500, plus: 10min, kind: BREACH, to: [street]}",
            "{level: L3, share: 1500, plus: 10min, kind: BREACH, to: [straat]}",
            "unknown receiver straat", 1);
    refused("kind: open, owner: dispatcher}", "kind: open, owner: nobody}", "unknown owner nobody",
            1);
    refused("version: 1", "versoin: 1", "unknown key versoin", 1);
}

static void roads_are_checked(void **state)
{
    (void)state;
    refused("retries: [0s, 5s, 15s, 30s, 60s]", "retries: [5s, 15s, 30s, 60s]",
            "tries begin with 0s and each comes later than the one before, not 5s", 1);
    refused("[0s, 5s, 15s, 30s, 60s]", "[0s, 5s, 5s, 30s, 60s]", "each comes later", 0);
    refused("en: text message, receipt: 30s", "en: text message",
            "road sms asks for no receipt: nobody would know that it fails", 0);
    refused("{name: sms, ", "{name: wechat, ", "road wechat stands twice", 0);
    refused("ours: {share: 125, ", "ours: {share: 1001, ", "ours needs a share of 1 to 1000", 1);
    refused("ours: {share: 125, notices: 15min, ", "ours: {share: 125, ",
            "ours needs a share of 1 to 1000, and notices and dispatches up to a day", 1);
    refused("dispatches: 5min}", "dispatches: 25h}", "and notices and dispatches up to a day", 1);
}

static void arguments_are_checked(void **state)
{
    (void)state;
    refused("soon_after_held(10min)", "soon_after_held(soon)",
            "soon_after_held does not take (soon)", 0);
    refused("plan_near(15d workdays)", "plan_near(15d moondays)", "plan_near does not take", 0);
    refused("cycles_left(3)", "cycles_left(0)", "there is no such thing", 0);
    refused("replaced-by: K_APPOINTMENT", "replaced-by: K_REOPEN_WINDOW", "does not stand above",
            0);
    refused("{level: L3, within: 30min}", "{level: L9, within: 30min}", "unknown level L9", 1);
    refused("until: \"09:00\"}", "until: \"nine\"}", "until must be a time", 1);
}

static void names_stand_once(void **state)
{
    (void)state;
    refused("  - {name: manager,    to: ", "  - {name: duty,       to: ",
            "name duty stands in line", 1);
    refused("{no: 2, name: SMALL, ", "{no: 2, name: EMERGENCY, ", "name EMERGENCY stands in line",
            0);
    refused("  - name: handover ", "  - name: promise ", "name promise stands in line", 1);
    refused("{name: noise,    zh: 噪声扰民,   en: Noise,                 class: SMALL}",
            "{name: noise, zh: 噪声扰民, class: SMALL}", "en", 1);
    refused("{name: noise,    zh: 噪声扰民,   en: Noise,                 class: SMALL}",
            "{name: noise, zh: 噪声扰民, en: Noise, class: LOUD}", "unknown class LOUD", 1);
    refused("{name: crime,    zh: 违法犯罪,   en: Crime}", "{name: court, zh: 诉讼, en: Court}",
            "court is refused, and nobody to call", 1);
}

static void impossible_cycles_are_named(void **state)
{
    (void)state;
    refused("  - {no: 10, name: WITHDRAWN,",
            "  - {no: 22, name: LIMBO, zh: 无, en: Limbo, kind: open, owner: holder}\n  - {no: 10, "
            "name: WITHDRAWN,",
            "state LIMBO cannot be reached", 1);
    refused("date_back, close]}", "date_back, start(K_CITIZEN)]}",
            "would run into the terminal state WITHDRAWN", 0);
    refused("{level: L0, share: 600,  kind: REMINDER, to: [duty]}",
            "{level: L0, share: 600,  kind: REMINDER, to: []}", "level L0 has no receiver", 1);
    refused("{level: L1, share: 800,  kind: WARNING,  to: [manager]}",
            "{level: L0, share: 800,  kind: WARNING,  to: [manager]}", "out of order", 1);
    refused("{level: L1, share: 800,  kind: WARNING,  to: [manager]}",
            "{level: L1, share: 500,  kind: WARNING,  to: [manager]}", "out of order", 1);
    refused(
        "{no: 7,  name: K_PLAN,     zh: 方案时限, en: Plan, until: PLAN_PROPOSED, ladder: promise,",
        "{no: 7,  name: K_PLAN,     zh: 方案时限, en: Plan, until: PLAN_PROPOSED,",
        "K_PLAN is a promise but nobody is told", 1);
    refused("  - {name: COMMENT, ", "  - {name: NEVER, zh: 无, en: Never}\n  - {name: COMMENT, ",
            "event NEVER has no row", 1);
    refused(", default: true}", "}", "no class is the default", 0);
    refused("budgets: [{ms: 5min}]}", "}", "has no budget and no date", 0);
    refused("  - {from: [RECEIVED], on: REJECTED,",
            "  - {from: [RECEIVED], on: COMMENT}\n  - {from: [RECEIVED], on: COMMENT}\n  - {from: "
            "[RECEIVED], on: REJECTED,",
            "this row can never be taken", 0);
}

static void numbers_are_not_used_twice(void **state)
{
    (void)state;
    refused("{no: 2,  name: DISPATCHED,", "{no: 1,  name: DISPATCHED,",
            "no 1 is used already by RECEIVED", 1);
    refused("ms: 40min", "ms: fortyminutes", "not a duration", 0);
}

static void impossible_calendars_are_named(void **state)
{
    (void)state;
    refused("windows: [\"18:00-22:00\"]", "windows: [\"22:00-06:00\"]",
            "22:00-06:00 is not a window of a day", 1);
    refused("\"09:00-12:00\", \"14:00-18:00\"", "\"09:00-12:00\", \"11:00-18:00\"",
            "windows must follow each other", 1);
    refused("name: office,    kind: count, week: working, holidays: china",
            "name: office,    kind: count, week: working, holidays: chian",
            "unknown table of holidays chian", 1);
    refused("name: office,    kind: count, week: working",
            "name: office,    kind: count, week: [Mon, Tues]", "Tues is not a day", 1);
    refused("name: office,    kind: count", "name: office,    kind: counted",
            "kind must be always, roll, count or days, not counted", 1);
    refused("china.ics", "chian.ics", "chian.ics: No such file", 1);
    refused("zone: Asia/Shanghai", "zone: Asia/Shangahi",
            "Asia/Shangahi is not in the time zone database", 1);
}

/* What keeps notices readable can never hide a promise. */
static void a_promise_is_never_held_back(void **state)
{
    (void)state;
    refused("clocks: [K_UPDATE, K_CALLBACK, K_ASSIST", "clocks: [K_UPDATE, K_ARRIVE, K_ASSIST",
            "K_ARRIVE is a promise: its notices are never held back here", 1);
    refused("{clocks: [K_UPDATE], levels: [L0, L1]", "{clocks: [K_RESOLVE], levels: [L0, L1]",
            "K_RESOLVE is a promise", 1);
    refused("levels: [L0, L1], from: L2, by", "levels: [L0, L2], from: L2, by", "levels below L2",
            1);
    refused("{within: 10s, alone: 3,", "{within: 10s, alone: 0,", "alone must be from 1", 1);
    refused("{within: 10min, most: 20}", "{within: 2d, most: 20}", "within must be from 1s to 1d",
            1);
    refused("flags: [MASS, SAFETY], clocks", "flags: [MASSIVE], clocks", "unknown name MASSIVE", 1);
}

static void nothing_becomes_a_drill(void **state)
{
    (void)state;
    refused("note_order, raise(SUPERVISED),", "note_order, raise(DRILL),",
            "no row may change what is a drill", 0);
    refused("drop(SUPERVISED)", "drop(DRILL)", "no row may change what is a drill", 1);
}

static void hear(void *ctx, const struct hx_problem *problem)
{
    char *all = ctx;
    size_t n = strlen(all);
    snprintf(all + n, 4096 - n, "%s\n", strrchr(problem->text, '/') + 1);
}

static void replace(char *text, const char *from, const char *to)
{
    char *at = strstr(text, from);
    assert_non_null(at);
    assert_int_equal(strlen(from), strlen(to));
    memcpy(at, to, strlen(to));
}

/* What is wrong in several sections is told in one look, and nothing that follows from it: clocks
 * are not looked at while calendars are wrong. */
static void every_fault_of_a_file_is_told(void **state)
{
    (void)state;
    static char all[4096];
    char *text = slurp(SHIPPED);
    struct hx_rules *r = NULL;
    struct hx_problem problem = {""};
    const struct hx_problems tell = {hear, all, 50};
    const struct hx_table_source source = {.tell = &tell};
    replace(text, "kind: open, owner: dispatcher}", "kind: opan, owner: dispatcher}");
    replace(text, "kind: open, owner: holder}", "kind: open, owner: holdar}");
    replace(text, "windows: [\"08:00-21:00\"]}", "windows: [\"08:00-07:00\"]}");
    replace(text, "ladder: handover, budgets", "laddar: handover, budgets");
    replace(text, "category: medical", "category: medicol");
    assert_int_equal(hx_life_cycle_parse(CHANGED, text, &source, &r, &problem), HX_CONFIG);
    assert_non_null(strstr(all, "kind must be open, closed or terminal, not opan"));
    assert_non_null(strstr(all, "unknown owner holdar"));
    assert_non_null(strstr(all, "08:00-07:00 is not a window of a day"));
    assert_non_null(strstr(all, "medicol is not among the refused categories"));
    assert_null(strstr(all, "laddar"));
    size_t lines = 0;
    for (const char *at = all; (at = strchr(at, '\n')); at++)
        lines++;
    assert_int_equal(lines, 4);
    free(text);
}

static void a_file_that_is_not_there_is_named(void **state)
{
    (void)state;
    struct hx_rules *r = NULL;
    struct hx_problem problem = {""};
    assert_int_equal(hx_life_cycle_load("/nowhere/complaint.yaml", &r, &problem), HX_IO);
    assert_non_null(strstr(problem.text, "/nowhere/complaint.yaml"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_shipped_one_loads),
        cmocka_unit_test(unknown_words_are_named),
        cmocka_unit_test(roads_are_checked),
        cmocka_unit_test(arguments_are_checked),
        cmocka_unit_test(names_stand_once),
        cmocka_unit_test(impossible_cycles_are_named),
        cmocka_unit_test(impossible_calendars_are_named),
        cmocka_unit_test(numbers_are_not_used_twice),
        cmocka_unit_test(a_promise_is_never_held_back),
        cmocka_unit_test(nothing_becomes_a_drill),
        cmocka_unit_test(every_fault_of_a_file_is_told),
        cmocka_unit_test(a_file_that_is_not_there_is_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
