/* Which class a case belongs to, when its identities go, and what is no such file. */
#include "config/life_cycle/life_cycle.h"
#include "config/retention.h"
#include "folder.h"
#include "hongxin/instant.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct hx_rules *rules;
static struct folder folder;

static int load_rules(void **state)
{
    struct hx_problem problem = {""};
    (void)state;
    folder_make(&folder);
    return hx_life_cycle_load(HX_SOURCE_DIR "/config/life-cycles/complaint.yaml", &rules, &problem);
}

static int free_rules(void **state)
{
    (void)state;
    hx_life_cycle_free(rules);
    folder_remove(&folder);
    return 0;
}

static struct hx_retention *load(const char *text, struct hx_problem *problem)
{
    struct hx_retention *r = NULL;
    int rc = hx_retention_load(folder_write(&folder, "retention.yaml", text), rules, &r, problem);
    assert_true((rc == HX_OK) == (r != NULL));
    return r;
}

static void refused(const char *text, const char *expected)
{
    struct hx_problem problem = {""};
    assert_null(load(text, &problem));
    const char *name = strstr(problem.text, "retention.yaml");
    assert_string_equal(name ? name : problem.text, expected);
}

static const char *class_of(const struct hx_retention *r, struct hx_case *c)
{
    return hx_retention_of(r, c)->name;
}

static void the_first_class_that_fits_decides(void **state)
{
    (void)state;
    static struct hx_case c;
    struct hx_problem problem = {""};
    struct hx_retention *r = NULL;
    assert_int_equal(hx_retention_load(HX_SOURCE_DIR "/config/retention.yaml", rules, &r, &problem),
                     HX_OK);
    c.state = (uint8_t)hx_rules_state(rules, "CLOSED");
    assert_string_equal(class_of(r, &c), "ordinary");
    c.flags = HX_FLAG_CONFIDENTIAL;
    assert_string_equal(class_of(r, &c), "confidential");
    c.flags |= HX_FLAG_SAFETY;
    assert_string_equal(class_of(r, &c), "safety");
    c.flags = 0;
    c.state = (uint8_t)hx_rules_state(rules, "REJECTED");
    assert_string_equal(class_of(r, &c), "refused");
    free(r);
}

static void the_time_runs_from_the_end_of_the_case(void **state)
{
    (void)state;
    static struct hx_case c;
    struct hx_problem problem = {""};
    struct hx_retention *r = load("classes:\n  - {name: pipes, zh: a, en: a, categories: [pipes, "
                                  "water], classes: [SMALL], keep: 2d}\n"
                                  "  - {name: rest, zh: b, en: b, keep: 5d}\n",
                                  &problem);
    assert_non_null(r);
    memset(&c, 0, sizeof c);
    c.state = (uint8_t)hx_rules_state(rules, "HELD");
    assert_true(hx_retention_due(r, rules, &c) == INT64_MAX); /* open */
    c.state = (uint8_t)hx_rules_state(rules, "CLOSED");
    c.t_closed = 1000;
    assert_true(hx_retention_due(r, rules, &c) == 1000 + 5 * HX_DAY);
    strcpy(c.category, "water");
    assert_true(hx_retention_due(r, rules, &c) == 1000 + 5 * HX_DAY); /* both conditions */
    c.class_no = (uint8_t)hx_rules_class(rules, "SMALL");
    assert_true(hx_retention_due(r, rules, &c) == 1000 + 2 * HX_DAY);
    free(r);
}

static void faults_are_named_with_their_lines(void **state)
{
    (void)state;
    refused("classes:\n  - {name: a, zh: a, en: a, flags: [SECRET], keep: 1d}\n",
            "retention.yaml:2: unknown flag \"SECRET\"");
    refused("classes:\n  - {name: a, zh: a, en: a, states: [GONE], keep: 1d}\n",
            "retention.yaml:2: the life cycle has no state \"GONE\"");
    refused("classes:\n  - {name: a, zh: a, en: a, keep: 5s}\n",
            "retention.yaml:2: keep is at least 1min");
    refused(
        "classes:\n  - {name: a, zh: a, en: a, keep: 1d}\n  - {name: b, zh: a, en: a, keep: 1d}\n",
        "retention.yaml:3: the class before fits every case: no case comes to this one");
    refused("classes:\n  - {name: a, zh: a, en: a, flags: [SAFETY], keep: 1d}\n",
            "retention.yaml:1: the last class must fit every case: without conditions");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_first_class_that_fits_decides),
        cmocka_unit_test(the_time_runs_from_the_end_of_the_case),
        cmocka_unit_test(faults_are_named_with_their_lines),
    };
    return cmocka_run_group_tests(tests, load_rules, free_rules);
}
