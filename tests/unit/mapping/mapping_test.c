/* Mappings: the shipped one, its refusals, and rows that become events. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "hongxin/instant.h"
#include "hongxin/json.h"
#include "mapping/object.h"
#include "unit/cli/scratch.h"

#define SHIPPED HX_SOURCE_DIR "/config/mappings/12345.yaml"

#define SMALL_MAP                                                                                  \
    "mapping: test\nzone: \"+08:00\"\ntimes: [\"yyyy-MM-dd HH:mm:ss\"]\nid: \"t:{no}\"\n"          \
    "constants:\n  - {field: type, value: REPORTED}\n"                                             \
    "columns:\n  - {names: [no], field: case_ref, required: true}\n"

static void expect_refused(const char *text, const char *why)
{
    struct mapping *m;
    struct hx_problem yaml_problem = {""};

    assert_int_equal(mapping_load(scratch_file("m.yaml", text, strlen(text)), &m, &yaml_problem),
                     HX_CONFIG);
    if (!strstr(yaml_problem.text, why) || !strstr(yaml_problem.text, "m.yaml:"))
        fail_msg("\"%s\" does not say \"%s\" and its line", yaml_problem.text, why);
}

static void times_are_read_exactly(void **state)
{
    int64_t ms, want;

    (void)state;
    assert_int_equal(hx_instant_parse("2026-10-12T19:00:00+08:00", &want), 0);
    assert_int_equal(mapping_time("2026-10-12 19:00:00", "yyyy-MM-dd HH:mm:ss", 480, &ms), 0);
    assert_true(ms == want);
    assert_int_equal(mapping_time("2026/10/12 19:00", "yyyy/M/d H:mm", 480, &ms), 0);
    assert_true(ms == want);
    assert_int_equal(mapping_time("20261012190000", "yyyyMMddHHmmss", 480, &ms), 0);
    assert_true(ms == want);
    assert_int_equal(mapping_time("2026-02-29 19:00:00", "yyyy-MM-dd HH:mm:ss", 480, &ms),
                     HX_INVALID);
    assert_int_equal(mapping_time("2026-10-12 24:00:00", "yyyy-MM-dd HH:mm:ss", 480, &ms),
                     HX_INVALID);
    assert_int_equal(mapping_time("2026-10-12 19:00:00 ", "yyyy-MM-dd HH:mm:ss", 480, &ms),
                     HX_INVALID);
    assert_int_equal(mapping_time("2026-10-12 19:0:00", "yyyy-MM-dd HH:mm:ss", 480, &ms),
                     HX_INVALID);
    assert_int_equal(mapping_time("1600-10-12 19:00:00", "yyyy-MM-dd HH:mm:ss", 480, &ms),
                     HX_INVALID);
}

static void zones(void **state)
{
    int offset;

    (void)state;
    assert_int_equal(mapping_zone("Asia/Shanghai", &offset), 0);
    assert_int_equal(offset, 480);
    assert_int_equal(mapping_zone("-03:30", &offset), 0);
    assert_int_equal(offset, -210);
    assert_int_equal(mapping_zone("Mars/Olympus", &offset), HX_INVALID);
    assert_int_equal(mapping_zone("+25:00", &offset), HX_INVALID);
}

static void mistakes_in_a_mapping_are_named(void **state)
{
    struct mapping *m;
    struct hx_problem yaml_problem;

    (void)state;
    assert_int_equal(
        mapping_load(scratch_file("m.yaml", SMALL_MAP, strlen(SMALL_MAP)), &m, &yaml_problem), 0);
    mapping_free(m);
    expect_refused(SMALL_MAP "  - {names: [x], field: data.nonsense}\n", "data.nonsense");
    expect_refused(SMALL_MAP "  - {names: [x], field: case_ref}\n", "both fill case_ref");
    expect_refused(SMALL_MAP "surprise: 1\n", "surprise");
    expect_refused("mapping: t\nzone: \"+08:00\"\ntimes: [noon]\nid: \"t:{no}\"\n"
                   "columns:\n  - {names: [no], field: case_ref}\n",
                   "noon");
    expect_refused("mapping: t\nzone: CST\ntimes: [\"yyyy-MM-dd\"]\nid: \"t:{no}\"\n"
                   "columns:\n  - {names: [no], field: case_ref}\n",
                   "CST");
    expect_refused("mapping: t\nzone: UTC\ntimes: [\"yyyy-MM-dd\"]\nid: same\n"
                   "columns:\n  - {names: [no], field: case_ref}\n",
                   "one id");
    assert_int_equal(mapping_load("/nowhere.yaml", &m, &yaml_problem), HX_IO);
}

struct table {
    struct mapping *m;
    struct csv_file *f;
    struct map_binding b;
    struct csv_row row;
    struct hx_arena arena;
};

static struct table *open_table(const char *csv)
{
    struct table *t = calloc(1, sizeof *t);
    struct hx_problem yaml_problem;
    char problem[MAPPING_PROBLEM];

    assert_int_equal(mapping_load(SHIPPED, &t->m, &yaml_problem), 0);
    assert_int_equal(
        csv_file_open(scratch_file("e.csv", csv, strlen(csv)), "auto", ',', &t->f, problem), 0);
    assert_int_equal(csv_file_next(t->f, &t->row), 0);
    if (mapping_bind(t->m, &t->row, &t->b, problem))
        fail_msg("%s", problem);
    return t;
}

static void close_table(struct table *t)
{
    mapping_unbind(&t->b);
    csv_file_close(t->f);
    mapping_free(t->m);
    hx_arena_fini(&t->arena);
    free(t);
}

static struct record next_record(struct table *t)
{
    struct map_target target = {.arena = &t->arena};
    char problem[RECORD_PROBLEM];

    assert_int_equal(csv_file_next(t->f, &t->row), 0);
    if (mapping_apply(&t->b, &t->row, &target, problem))
        fail_msg("%s", problem);
    return target.record;
}

static void expect_row_refused(struct table *t, const char *why)
{
    struct map_target target = {.arena = &t->arena};
    char problem[RECORD_PROBLEM];

    assert_int_equal(csv_file_next(t->f, &t->row), 0);
    assert_int_equal(mapping_apply(&t->b, &t->row, &target, problem), HX_INVALID);
    assert_null(target.record.event);
    if (!strstr(problem, why))
        fail_msg("\"%s\" does not say \"%s\"", problem, why);
}

static void columns_in_any_order_and_language(void **state)
{
    struct table *t =
        open_table("诉求内容,备用,紧急程度,工单编号,受理时间,标题,联系电话,楼栋编码\n"
                   "三楼没有灯,x,一般,GD1,2026-10-12 19:00:00,楼道灯,13800000000,B-0417\n");
    struct record r = next_record(t);
    int64_t want;

    (void)state;
    assert_string_equal(r.id, "12345:city:GD1");
    assert_string_equal(r.event->type, "REPORTED");
    assert_string_equal(r.event->case_ref, "GD1");
    assert_string_equal(r.event->data->class_, "SMALL");
    assert_string_equal(r.event->data->place, "B-0417");
    assert_string_equal(r.event->data->text, "楼道灯。三楼没有灯");
    assert_string_equal(r.reporter->phone, "13800000000");
    assert_int_equal(hx_instant_parse("2026-10-12T19:00:00+08:00", &want), 0);
    assert_true(r.event->t_occ == want);
    record_fini(&r);
    close_table(t);

    t = open_table("orderNo,urgency,appealContent\nA-1,Critical,lift stuck\n");
    r = next_record(t);
    assert_string_equal(r.id, "12345:city:A-1");
    assert_string_equal(r.event->data->class_, "EMERGENCY");
    assert_null(r.reporter);
    record_fini(&r);
    close_table(t);
}

static void a_bad_row_is_refused_and_the_next_is_read(void **state)
{
    struct table *t = open_table("工单编号,受理时间,紧急程度\n"
                                 ",2026-10-12 19:00:00,一般\n"
                                 "GD2,12 October,一般\n"
                                 "GD3,2026-10-12 19:00:00\n"
                                 "GD4,2026-10-12 19:00:00,没见过的词\n");
    struct record r;

    (void)state;
    expect_row_refused(t, "工单编号 is empty");
    expect_row_refused(t, "受理时间 is not a time");
    expect_row_refused(t, "2 fields, the heading has 3");
    r = next_record(t); /* an unknown word of urgency: the safe side */
    assert_string_equal(r.event->data->class_, "SERIOUS");
    record_fini(&r);
    close_table(t);
}

static void a_missing_column_is_named(void **state)
{
    struct mapping *m;
    struct csv_file *f;
    struct map_binding b;
    static struct csv_row row;
    struct hx_problem yaml_problem;
    char problem[MAPPING_PROBLEM];
    const char *csv = "内容\nx\n";

    (void)state;
    assert_int_equal(mapping_load(SHIPPED, &m, &yaml_problem), 0);
    assert_int_equal(
        csv_file_open(scratch_file("h.csv", csv, strlen(csv)), "auto", ',', &f, problem), 0);
    assert_int_equal(csv_file_next(f, &row), 0);
    assert_int_equal(mapping_bind(m, &row, &b, problem), HX_INVALID);
    assert_non_null(strstr(problem, "工单编号"));
    csv_file_close(f);
    mapping_free(m);
}

static void the_shipped_samples_agree(void **state)
{
    static const char *const files[] = {HX_SOURCE_DIR "/tests/data/12345-utf8.csv",
                                        HX_SOURCE_DIR "/tests/data/12345-gbk.csv"};
    char *texts[2] = {NULL, NULL};

    (void)state;
    for (int i = 0; i < 2; i++) {
        struct mapping *m;
        struct csv_file *f;
        struct map_binding b;
        static struct csv_row row;
        struct hx_problem yaml_problem;
        char problem[MAPPING_PROBLEM];
        struct hx_arena arena;
        struct map_target target = {.arena = &arena};
        json_t *all = json_array();

        hx_arena_init(&arena, 0);

        assert_int_equal(mapping_load(SHIPPED, &m, &yaml_problem), 0);
        assert_int_equal(csv_file_open(files[i], m->encoding, ',', &f, problem), 0);
        assert_int_equal(csv_file_next(f, &row), 0);
        assert_int_equal(mapping_bind(m, &row, &b, problem), 0);
        while (!csv_file_next(f, &row))
            if (!mapping_apply(&b, &row, &target, problem))
                json_array_append_new(
                    all, hx_json_from_message(&target.record.event->base, 0, HX_JSON_SPARSE));
        assert_int_equal(json_array_size(all), 7);
        texts[i] = json_dumps(all, JSON_COMPACT);
        json_decref(all);
        hx_arena_fini(&arena);
        mapping_unbind(&b);
        csv_file_close(f);
        mapping_free(m);
    }
    assert_string_equal(texts[0], texts[1]);
    free(texts[0]);
    free(texts[1]);
}

/* ---- what happened before ---- */

#define PAST_MAP                                                                                   \
    "mapping: past\nzone: \"+08:00\"\ntimes: [\"yyyy-MM-dd HH:mm:ss\", RFC3339]\n"                 \
    "id: \"t:{no}\"\nconstants:\n  - {field: type, value: REPORTED}\n"                             \
    "columns:\n  - {names: [no], field: case_ref, required: true}\n"                               \
    "  - {names: [at], field: data.position}\nhistory:\n"                                          \
    "  - event: RESOLVED\n    by: \"holder:{who}/{name}\"\n    columns:\n"                         \
    "      - {names: [solved], field: t_occ, time: true}\n"                                        \
    "      - {names: [photo], field: data.evidence}\n"                                             \
    "      - {names: [paper], field: data.evidence}\n"                                             \
    "  - event: HELD\n    by: \"holder:{who}\"\n    columns:\n"                                    \
    "      - {names: [held], field: t_occ, time: true}\n"                                          \
    "  - by: callback/zhao\n    columns:\n"                                                        \
    "      - {names: [called], field: t_occ, time: true}\n"                                        \
    "      - {names: [result], field: type, required: true,\n"                                     \
    "         values: [{is: [good], to: CALLBACK_OK}, {is: [none], to: \"\"}]}\n"

static struct table *open_past(const char *csv)
{
    struct table *t = calloc(1, sizeof *t);
    struct hx_problem why;
    char problem[MAPPING_PROBLEM];

    if (mapping_load(scratch_file("past.yaml", PAST_MAP, strlen(PAST_MAP)), &t->m, &why))
        fail_msg("%s", why.text);
    assert_int_equal(
        csv_file_open(scratch_file("p.csv", csv, strlen(csv)), "auto", ',', &t->f, problem), 0);
    assert_int_equal(csv_file_next(t->f, &t->row), 0);
    if (mapping_bind(t->m, &t->row, &t->b, problem))
        fail_msg("%s", problem);
    return t;
}

static void steps_stand_in_the_order_of_their_times(void **state)
{
    struct table *t = open_past(
        "no,at,who,name,solved,photo,paper,held,called,result\n"
        "1,\"121.5,31.2\",P-07,li,2026-10-12 19:30:00,photo,signature,2026-10-12T11:00:20Z,,\n"
        "2,,P-07,,,,,2026-10-12 19:00:20,2026-10-12 20:00:00,none\n"
        "3,,P-07,,2026-10-12 19:30:00,,,,,\n"
        "3,,,li,2026-10-12 19:30:00,,,,,\n"
        "4,,,,,,,,,good\n");
    struct record r = next_record(t);
    hxp_event *const *past = r.event->data->history;

    (void)state;
    assert_int_equal(r.event->data->n_position, 2);
    assert_int_equal(r.event->data->n_history, 2);
    assert_string_equal(past[0]->type, "HELD");
    assert_string_equal(past[0]->by, "holder:P-07");
    assert_string_equal(past[1]->type, "RESOLVED");
    assert_string_equal(past[1]->by, "holder:P-07/li");
    assert_int_equal(past[1]->data->n_evidence, 2);
    assert_string_equal(past[1]->data->evidence[1], "signature");
    assert_int_equal(past[1]->t_occ - past[0]->t_occ, 29 * 60000 + 40000);
    r = next_record(t); /* a result that is none: no step */
    assert_int_equal(r.event->data->n_history, 1);
    r = next_record(t); /* nobody knows any more who did it for the company */
    assert_string_equal(r.event->data->history[0]->by, "holder:P-07");
    expect_row_refused(t, "who is empty, and RESOLVED needs it");
    expect_row_refused(t, "result is given, but its time called is empty");
    close_table(t);
}

static void a_step_has_a_kind_a_time_and_somebody(void **state)
{
    (void)state;
    expect_refused(SMALL_MAP "history:\n  - by: x\n    columns:\n"
                             "      - {names: [t], field: t_occ, time: true}\n",
                   "event is missing");
    expect_refused(SMALL_MAP "history:\n  - event: HELD\n    by: x\n    columns:\n"
                             "      - {names: [t], field: data.text}\n",
                   "t_occ is missing");
    expect_refused(SMALL_MAP "history:\n  - event: HELD\n    columns:\n"
                             "      - {names: [t], field: t_occ, time: true}\n",
                   "by is missing");
    expect_refused(SMALL_MAP "history:\n  - event: HELD\n    by: x\n    columns:\n"
                             "      - {names: [t], field: t_occ, time: true}\n"
                             "      - {names: [p], field: reporter.phone}\n",
                   "who reported");
    expect_refused(SMALL_MAP "  - {names: [x], field: data.text, time: true}\n", "holds no time");
    expect_refused(
        "mapping: t\nzone: UTC\ntimes: [RFC3339]\nid: \"t:{no}\"\nconstants:\n"
        "  - {field: proof, value: RUMOUR}\ncolumns:\n  - {names: [no], field: case_ref}\n",
        "proof cannot be \"RUMOUR\"");
}

static void objects_are_rows(void **state)
{
    static struct object_row row;
    json_t *o = json_loads("{\"no\": 7, \"caller\": {\"phone\": \"138\"}, \"open\": true, "
                           "\"gone\": null}",
                           0, NULL);

    (void)state;
    assert_int_equal(object_row(o, &row), 0);
    assert_int_equal(row.heading.n, 4);
    assert_string_equal(row.row.fields[0], "7");
    assert_string_equal(row.heading.fields[1], "caller.phone");
    assert_string_equal(row.row.fields[1], "138");
    assert_string_equal(row.row.fields[2], "true");
    assert_string_equal(row.row.fields[3], "");
    json_object_set_new(o, "list", json_array());
    assert_int_equal(object_row(o, &row), HX_INVALID);
    json_decref(o);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(steps_stand_in_the_order_of_their_times),
        cmocka_unit_test(a_step_has_a_kind_a_time_and_somebody),
        cmocka_unit_test(objects_are_rows),
        cmocka_unit_test(times_are_read_exactly),
        cmocka_unit_test(zones),
        cmocka_unit_test(mistakes_in_a_mapping_are_named),
        cmocka_unit_test(columns_in_any_order_and_language),
        cmocka_unit_test(a_bad_row_is_refused_and_the_next_is_read),
        cmocka_unit_test(a_missing_column_is_named),
        cmocka_unit_test(the_shipped_samples_agree),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
