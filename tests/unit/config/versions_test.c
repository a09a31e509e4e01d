/* Versions of life cycles and calendars: what may follow what, and what stays for those pinned to
 * it. */
#include "config/versions/versions.h"
#include "hongxin/instant.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define LIFE_CYCLE HX_SOURCE_DIR "/config/life-cycles/complaint.yaml"

struct world {
    struct hx_versions *v;
    char *text; /* of the shipped life cycle */
    int64_t now;
};

static int setup(void **state)
{
    struct world *w = calloc(1, sizeof *w);
    struct hx_problem problem = {""};
    FILE *f = fopen(LIFE_CYCLE, "rb");
    if (!w || !f || hx_versions_load(LIFE_CYCLE, &w->v, &problem))
        return -1;
    w->text = calloc(1, 1 << 20);
    size_t n = fread(w->text, 1, (1 << 20) - 1, f);
    fclose(f);
    *state = w;
    return n && !hx_instant_parse("2026-10-12T19:00:00+08:00", &w->now) ? 0 : -1;
}

static int teardown(void **state)
{
    struct world *w = *state;
    hx_versions_free(w->v);
    free(w->text);
    free(w);
    return 0;
}

/* The shipped life cycle with pairs of texts replaced: from, to, from, to, NULL. */
static char *changed(const struct world *w, const char *const *pairs)
{
    char *text = strdup(w->text);
    for (; pairs[0]; pairs += 2) {
        char *at = strstr(text, pairs[0]), *next = calloc(1, 1 << 20);
        assert_non_null(at);
        snprintf(next, 1 << 20, "%.*s%s%s", (int)(at - text), text, pairs[1],
                 at + strlen(pairs[0]));
        free(text);
        text = next;
    }
    return text;
}

#define PAIRS(...) ((const char *const[]){__VA_ARGS__, NULL})

/* What comes of a changed life cycle; the version itself in *x when that is asked for. */
static int follows(const struct world *w, const char *const *pairs, struct hx_problem *problem,
                   struct hx_version **out)
{
    struct hx_version *x;
    char *text = changed(w, pairs);
    int rc = hx_version_read(w->v, "new.yaml", text, strlen(text), &x, problem);
    free(text);
    if (rc)
        return rc;
    rc = hx_version_follows(w->v, x, w->now, problem);
    if (out && !rc)
        *out = x;
    else
        hx_version_free(x);
    return rc;
}

static void refused(const struct world *w, const char *const *pairs, const char *says)
{
    struct hx_problem problem = {""};
    assert_int_equal(follows(w, pairs, &problem, NULL), HX_CONFIG);
    if (!strstr(problem.text, says))
        fail_msg("expected \"%s\", got \"%s\"", says, problem.text);
}

static void the_files_are_in_force(void **state)
{
    const struct world *w = *state;
    struct hx_problem problem = {""};
    assert_string_equal(hx_versions_rules(w->v)->version_text, "complaint/1");
    assert_non_null(hx_versions_find(w->v, "calendar", "china", 1));
    assert_null(hx_versions_find(w->v, "calendar", "china", 2));
    assert_int_equal(follows(w, PAIRS("version: 1", "version: 1"), &problem, NULL), HX_EXISTS);
}

static void a_number_is_not_used_again(void **state)
{
    refused(*state, PAIRS("ms: 40min", "ms: 41min"),
            "new.yaml: version 1 of life-cycle complaint was in force already with other content");
}

static void nothing_is_taken_from_open_cases(void **state)
{
    refused(*state,
            PAIRS("version: 1", "version: 2", "name: PLANNED, ", "name: PLANED,  ", "PLANNED",
                  "PLANED"),
            "unknown state PLANNED");
    refused(
        *state,
        PAIRS("version: 1", "version: 2", "{no: 19, name: K_DELIVERY", "{no: 29, name: K_DELIVERY"),
        "new.yaml: clock no 19 is missing, but K_DELIVERY in the version before");
}

/* The new file has a line more before the clock. */
static void names_the_lines_of_both(const char *text)
{
    const char *there = strstr(text, "K_RESOLVE SMALL is shorter than in " LIFE_CYCLE ":");
    int line = 0, before = 0;
    assert_non_null(there);
    assert_int_equal(sscanf(text, "new.yaml:%d:", &line), 1);
    assert_int_equal(sscanf(there + strlen("K_RESOLVE SMALL is shorter than in " LIFE_CYCLE ":"),
                            "%d (version 1)", &before),
                     1);
    assert_true(before > 1);
    assert_int_equal(line, before + 1);
}

static void a_promise_is_not_shortened_in_the_past(void **state)
{
    struct world *w = *state;
    struct hx_problem problem = {""};
    assert_int_equal(
        follows(w,
                PAIRS("version: 1", "version: 2\nfrom: \"2026-10-01\"", "ms: 40min", "ms: 30min"),
                &problem, NULL),
        HX_CONFIG);
    names_the_lines_of_both(problem.text);
    assert_int_equal(
        follows(w,
                PAIRS("version: 1", "version: 2\nfrom: \"2026-10-01\"", "ms: 40min", "ms: 50min"),
                &problem, NULL),
        HX_OK);
    assert_int_equal(
        follows(w, PAIRS("version: 1", "version: 2", "ms: 40min", "ms: 30min"), &problem, NULL),
        HX_OK);
    refused(w, PAIRS("version: 1", "version: 2\nfrom: \"2026-11-01\""), "`from` lies ahead");
}

static void old_versions_stay_for_their_clocks(void **state)
{
    struct world *w = *state;
    struct hx_problem problem = {""};
    struct hx_version *x = NULL;
    assert_int_equal(
        follows(w, PAIRS("version: 1", "version: 2", "ms: 40min", "ms: 30min"), &problem, &x),
        HX_OK);
    assert_int_equal(hx_versions_put(w->v, x, &problem), HX_OK);
    const struct hx_rules *r = hx_versions_rules(w->v);
    int resolve = hx_rules_clock(r, "K_RESOLVE"), small = hx_rules_class(r, "SMALL");
    assert_int_equal(r->version, 2);
    assert_int_equal(r->clocks[resolve].budget_ms[small], 30 * HX_MINUTE);
    assert_int_equal(hx_rules_at(r, 1)->clocks[resolve].budget_ms[small], 40 * HX_MINUTE);
    assert_ptr_equal(hx_rules_at(r, 7), r);
    /* both count by the same tables: a new calendar is one for all versions of the policy */
    int office = hx_rules_calendar(r, "office");
    assert_ptr_equal(r->calendars[office].table, hx_rules_at(r, 1)->calendars[office].table);
    refused(w, PAIRS("version: 1", "version: 2"), "with other content");
}

static void neither_one_nor_the_other(void **state)
{
    const struct world *w = *state;
    struct hx_version *x;
    struct hx_problem problem = {""};
    assert_int_equal(hx_version_read(w->v, "note.txt", "hello", 5, &x, &problem), HX_CONFIG);
    assert_string_equal(problem.text,
                        "note.txt: neither a life cycle, a calendar nor a file of a city, which "
                        "is known by its name, such as routing.csv");
}

/* Only in November and December, and only when next year is not known. */
static void next_year_is_missed_in_november(void **state)
{
    const struct world *w = *state;
    const struct hx_rules *r = hx_versions_rules(w->v);
    const struct hx_table *china = r->calendars[hx_rules_calendar(r, "office")].table;
    const struct {
        const char *at;
        bool lacks;
    } cases[] = {{"2026-10-31T23:59:59+08:00", false},
                 {"2026-11-01T00:00:00+08:00", true},
                 {"2026-12-31T23:59:59+08:00", true},
                 {"2025-11-15T00:00:00+08:00", false}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        int64_t t;
        assert_int_equal(hx_instant_parse(cases[i].at, &t), HX_OK);
        assert_int_equal(hx_table_lacks_next_year(china, &r->zone, t), cases[i].lacks);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
        T(the_files_are_in_force),
        T(a_number_is_not_used_again),
        T(nothing_is_taken_from_open_cases),
        T(a_promise_is_not_shortened_in_the_past),
        T(old_versions_stay_for_their_clocks),
        T(neither_one_nor_the_other),
        T(next_year_is_missed_in_november),
#undef T
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
