/* What is published: fields from text, strictness, ids. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "mapping/record.h"

static json_t *object;
static char problem[RECORD_PROBLEM];

static int begin(void **state)
{
    (void)state;
    object = json_object();
    return object == NULL;
}

static int finish(void **state)
{
    (void)state;
    json_decref(object);
    return 0;
}

static void put(const char *path, const char *text)
{
    if (record_set(object, path, text, problem))
        fail_msg("%s: %s", path, problem);
}

static void text_becomes_the_type_of_the_field(void **state)
{
    struct record r;

    (void)state;
    put("type", "PLAN_PROPOSED");
    put("case_number", "17");
    put("proof", "ONSITE_CODE");
    put("confidential", "yes");
    put("t_occ", "2026-10-12T19:00:00+08:00");
    put("data.steps", "drain");
    put("data.steps", "seal");
    put("data.position", "121.4737,31.2304");
    put("data.rating", "4");
    put("data.date", "2026-10-19T18:00:00+08:00");
    put("reporter.name", "测试甲");
    if (record_from_json(object, &r, problem))
        fail_msg("%s", problem);
    assert_int_equal(r.event->case_number, 17);
    assert_int_equal(r.event->proof, HONGXIN__V1__PROOF__ONSITE_CODE);
    assert_true(r.event->confidential);
    assert_int_equal(r.event->t_occ, INT64_C(1791802800000));
    assert_int_equal(r.event->data->n_steps, 2);
    assert_string_equal(r.event->data->steps[1], "seal");
    assert_int_equal(r.event->data->n_position, 2);
    assert_true(r.event->data->position[1] == 31.2304);
    assert_int_equal(r.event->data->rating, 4);
    assert_string_equal(r.reporter->name, "测试甲");
    record_fini(&r);
}

static void unknown_paths_and_unreadable_values_are_refused(void **state)
{
    (void)state;
    assert_int_equal(record_set(object, "data.colour", "red", problem), HX_NOTFOUND);
    assert_non_null(strstr(problem, "data.colour"));
    assert_int_equal(record_set(object, "data", "x", problem), HX_NOTFOUND);
    assert_int_equal(record_set(object, "case_number", "CL-1", problem), HX_INVALID);
    assert_int_equal(record_set(object, "case_number", "-1", problem), HX_INVALID);
    assert_int_equal(record_set(object, "confidential", "perhaps", problem), HX_INVALID);
    assert_int_equal(record_set(object, "data.position", "121.4,north", problem), HX_INVALID);
    assert_int_equal(record_path_known("reporter.phone"), HX_OK);
    assert_int_equal(record_path_known("reporter.shoe"), HX_NOTFOUND);
}

static void expect_refused(const char *text, const char *why)
{
    struct record r;
    json_t *o = json_loads(text, 0, NULL);

    assert_non_null(o);
    assert_int_equal(record_from_json(o, &r, problem), HX_INVALID);
    if (!strstr(problem, why))
        fail_msg("\"%s\" does not say \"%s\"", problem, why);
    assert_null(strstr(problem, "13800000001")); /* what a reporter gave is not repeated */
    json_decref(o);
}

static void objects_are_read_strictly(void **state)
{
    (void)state;
    expect_refused("[1]", "not a JSON object");
    expect_refused("{}", "type is missing");
    expect_refused("{\"type\":\"HELD\",\"typo\":1}", "typo");
    expect_refused("{\"type\":\"HELD\",\"data\":{\"place\":5}}", "data.place");
    expect_refused("{\"type\":\"REPORTED\",\"reporter\":{\"phone\":13800000001}}",
                   "reporter.phone");
    expect_refused("{\"type\":\"REPORTED\",\"t_occ\":\"2026-02-30T00:00:00Z\"}", "t_occ");
}

static void new_ids_sort_by_time(void **state)
{
    char a[RECORD_ID_MAX], b[RECORD_ID_MAX], c[RECORD_ID_MAX];

    (void)state;
    record_new_id(1791802800000, a);
    record_new_id(1791802800001, b);
    record_new_id(1791802800001, c);
    assert_int_equal(strlen(a), 24);
    assert_true(strcmp(a, b) < 0);
    assert_string_not_equal(b, c);
}

static void stable_ids_follow_row_and_content(void **state)
{
    char a[RECORD_ID_MAX], b[RECORD_ID_MAX];

    (void)state;
    record_stable_id("jsonl", 3, "abc", 3, a);
    record_stable_id("jsonl", 3, "abc", 3, b);
    assert_string_equal(a, b);
    record_stable_id("jsonl", 4, "abc", 3, b);
    assert_string_not_equal(a, b);
    record_stable_id("jsonl", 3, "abd", 3, b);
    assert_string_not_equal(a, b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(text_becomes_the_type_of_the_field, begin, finish),
        cmocka_unit_test_setup_teardown(unknown_paths_and_unreadable_values_are_refused, begin,
                                        finish),
        cmocka_unit_test(objects_are_read_strictly),
        cmocka_unit_test(new_ids_sort_by_time),
        cmocka_unit_test(stable_ids_follow_row_and_content),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
