/* What stands in a record, and what the position says. */
#include "kafka/out/position.h"
#include "kafka/out/record.h"

#include <jansson.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static struct hx_arena arena;
static const struct record_rules rules = {.source = "/hongxin/0f3c",
                                          .value_most = 4096,
                                          .attributes = (1U << RECORD_ATTRIBUTES_COUNT) - 1,
                                          .utc_offset = 480};

/* An entry of a report with a text and a notice. */
struct sample {
    hxp_entry entry;
    hxp_state_fact state;
    hxp_notice_fact notice;
    hxp_fact facts[3];
    hxp_fact *list[3];
    uint8_t event[8192], bytes[16384];
    ProtobufCBinaryData packed;
    struct route row;
    struct route_target target;
};

static void pack(struct sample *s)
{
    s->packed.data = s->bytes;
    s->packed.len = hongxin__v1__entry__pack(&s->entry, s->bytes);
}

static void make(struct sample *s, size_t text)
{
    static char words[8000];
    hxp_event event = HONGXIN__V1__EVENT__INIT;
    hxp_data data = HONGXIN__V1__DATA__INIT;
    memset(s, 0, sizeof *s);
    memset(words, 'x', text);
    words[text] = '\0';
    data.text = words;
    event.id = (char *)"call-1";
    event.data = &data;
    hongxin__v1__entry__init(&s->entry);
    s->entry.event.len = hongxin__v1__event__pack(&event, s->event);
    s->entry.event.data = s->event;
    s->entry.lsn = 4711;
    s->entry.case_number = 17;
    s->entry.t_rec = INT64_C(1791802800123);
    s->entry.cause = (char *)"REPORTED";
    s->entry.state = (char *)"NOTIFIED";
    hongxin__v1__state_fact__init(&s->state);
    hongxin__v1__notice_fact__init(&s->notice);
    s->notice.to = (char *)"company:P-07";
    for (size_t i = 0; i < 3; i++) {
        hongxin__v1__fact__init(&s->facts[i]);
        s->list[i] = &s->facts[i];
        s->facts[i].fact_case =
            i < 2 ? HONGXIN__V1__FACT__FACT_STATE : HONGXIN__V1__FACT__FACT_NOTICE;
        s->facts[i].state = &s->state;
    }
    s->facts[2].notice = &s->notice;
    s->entry.n_facts = 3;
    s->entry.facts = s->list;
    s->row = (struct route){.any_fact = true, .min_level = -1};
    s->target = (struct route_target){.row = &s->row, .topic = "t"};
    pack(s);
}

static struct record *record_by(const struct record_rules *by, struct sample *s)
{
    hx_arena_reset(&arena);
    struct record *r = record_of_entry(by, &s->entry, &s->packed, &s->target, &arena);
    assert_non_null(r);
    assert_false(hx_arena_failed(&arena));
    return r;
}

static struct record *record_of(struct sample *s)
{
    return record_by(&rules, s);
}

static const char *header(const struct record *r, const char *name)
{
    struct record_header list[RECORD_HEADERS_MAX];
    size_t n = record_headers(r, list);
    for (size_t i = 0; i < n; i++)
        if (strcmp(list[i].name, name) == 0)
            return list[i].value;
    return NULL;
}

static void test_an_entry_as_a_cloud_event(void **state)
{
    (void)state;
    static const char *const wanted[][2] = {
        {"ce_specversion", "1.0"},
        {"ce_id", "4711"},
        {"ce_source", "/hongxin/0f3c"},
        {"ce_type", "cn.hongxin.entry.v1"},
        {"ce_subject", "CL-17"},
        {"ce_sequence", "00000000000000004711"},
        {"ce_time", "2026-10-12T11:00:00.123+00:00"},
        {"content-type", "application/protobuf"},
        {"ce_dataschema", "hongxin/v1/journal.proto#hongxin.v1.Entry"},
        {"ce_cause", "REPORTED"},
        {"ce_facts", "STATE,NOTICE"},
    };
    struct sample s;
    struct record_header list[RECORD_HEADERS_MAX];
    make(&s, 10);
    struct record *r = record_of(&s);
    assert_int_equal(record_headers(r, list), sizeof wanted / sizeof *wanted);
    for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++)
        assert_string_equal(header(r, wanted[i][0]), wanted[i][1]);
    assert_string_equal(r->key, "CL-17");
    assert_int_equal(r->size, s.packed.len);
    assert_memory_equal(r->value, s.packed.data, r->size); /* byte for byte */
}

static void test_what_is_not_wanted_is_left_out(void **state)
{
    (void)state;
    static const char *const left[] = {"ce_subject", "ce_time", "ce_dataschema", "ce_cause",
                                       "ce_facts"};
    struct record_rules few = rules;
    struct sample s;
    make(&s, 10);
    few.attributes = 0;
    const struct record *r = record_by(&few, &s);
    for (size_t i = 0; i < sizeof left / sizeof *left; i++)
        assert_null(header(r, left[i]));
    assert_string_equal(header(r, "ce_id"), "4711");
    assert_string_equal(r->key, "CL-17");
}

static void test_an_entry_about_no_case_has_the_citys_key(void **state)
{
    (void)state;
    struct sample s;
    make(&s, 10);
    s.entry.case_number = 0;
    pack(&s);
    struct record *r = record_of(&s);
    assert_string_equal(r->key, "city");
    assert_null(header(r, "ce_subject"));
}

static void test_facts_alone_hold_no_words_of_the_reporter(void **state)
{
    (void)state;
    struct sample s;
    make(&s, 10);
    s.row.only_facts = true;
    s.row.any_fact = false;
    s.row.facts[HONGXIN__V1__FACT__FACT_NOTICE] = true;
    struct record *r = record_of(&s);
    hxp_entry *e = hongxin__v1__entry__unpack(NULL, r->size, r->value);
    assert_non_null(e);
    assert_int_equal(e->event.len, 0);
    assert_int_equal(e->n_facts, 1);
    assert_string_equal(e->facts[0]->notice->to, "company:P-07");
    assert_string_equal(e->state, "NOTIFIED");
    assert_int_equal(e->lsn, 4711);
    assert_string_equal(header(r, "ce_facts"), "NOTICE");
    hongxin__v1__entry__free_unpacked(e, NULL);
}

static void test_json_holds_the_event_as_an_object(void **state)
{
    (void)state;
    struct sample s;
    make(&s, 3);
    s.row.json = true;
    struct record *r = record_of(&s);
    json_t *o = json_loadb(r->value, r->size, JSON_REJECT_DUPLICATES, NULL);
    assert_non_null(o);
    const json_t *data = json_object_get(json_object_get(o, "event"), "data");
    assert_string_equal(json_string_value(json_object_get(data, "text")), "xxx");
    assert_string_equal(json_string_value(json_object_get(o, "t_rec")),
                        "2026-10-12T19:00:00.123+08:00");
    assert_string_equal(header(r, "content-type"), "application/json");
    json_decref(o);
}

static void test_what_is_too_large_is_cut_and_says_so(void **state)
{
    (void)state;
    for (int json = 0; json < 2; json++) {
        struct sample s;
        make(&s, 7000);
        s.row.json = json;
        struct record *r = record_of(&s);
        assert_string_equal(header(r, "ce_cut"), "OVERSIZE");
        assert_string_equal(header(r, "ce_sequence"), "00000000000000004711");
        assert_true(r->size <= rules.value_most);
    }
}

static void test_a_closed_case_is_a_tombstone(void **state)
{
    (void)state;
    hxp_case_view view = HONGXIN__V1__CASE_VIEW__INIT;
    view.case_number = 17;
    view.case_version = 3;
    view.last_lsn = 99;
    hx_arena_reset(&arena);
    struct record *open = record_of_state(&rules, "states", 17, &view, &arena);
    struct record *closed = record_of_state(&rules, "states", 17, NULL, &arena);
    assert_string_equal(open->key, "CL-17");
    assert_string_equal(closed->key, "CL-17");
    assert_true(open->size > 0);
    assert_string_equal(header(open, "ce_sequence"), "00000000000000000099");
    assert_null(closed->value);
    assert_null(header(closed, "content-type"));
}

static void test_a_reset_says_from_where(void **state)
{
    (void)state;
    hx_arena_reset(&arena);
    struct record *r = record_of_reset(&rules, 500, &arena);
    Hongxin__V1__Reset *reset = hongxin__v1__reset__unpack(NULL, r->size, r->value);
    assert_non_null(reset);
    assert_int_equal(reset->oldest_lsn, 500);
    assert_null(r->key);
    assert_string_equal(header(r, "ce_type"), "cn.hongxin.reset.v1");
    assert_string_equal(header(r, "ce_sequence"), "00000000000000000499");
    hongxin__v1__reset__free_unpacked(reset, NULL);
}

/* ---- the position ---- */

static void test_a_position_is_read_as_it_was_written(void **state)
{
    (void)state;
    const struct position p = {.epoch = "0f3c",
                               .lsn = 4711,
                               .states = 4700,
                               .resets = 2,
                               .slow = "7c21",
                               .owner = "9b1d",
                               .at = INT64_C(1791802800123)};
    struct position back = {.lsn = 1};
    char text[POSITION_TEXT];
    assert_int_equal(position_read(text, position_write(&p, text), &back), HX_OK);
    assert_string_equal(back.epoch, p.epoch);
    assert_string_equal(back.owner, p.owner);
    assert_string_equal(back.slow, p.slow);
    assert_int_equal(back.lsn, p.lsn);
    assert_int_equal(back.states, p.states);
    assert_int_equal(back.resets, p.resets);
    assert_int_equal(back.at, p.at);
}

/* The clock of the machine was far off: the place counts all the same. */
static void test_a_position_of_a_wrong_clock_is_one(void **state)
{
    (void)state;
    static const int64_t clocks[] = {0, INT64_C(31536000000), INT64_C(7983792000000), INT64_MAX};
    for (size_t i = 0; i < sizeof clocks / sizeof *clocks; i++) {
        const struct position p = {.epoch = "0f3c", .lsn = 4711, .at = clocks[i]};
        struct position back = {.lsn = 1, .at = 1};
        char text[POSITION_TEXT];
        assert_int_equal(position_read(text, position_write(&p, text), &back), HX_OK);
        assert_int_equal(back.lsn, 4711);
        assert_int_equal(back.at, 0);
    }
}

static void test_what_is_no_position_is_refused(void **state)
{
    (void)state;
    static const char *const rows[] = {
        "",
        "{}",
        "[]",
        "null",
        "{\"v\":1}",
        "{\"v\":2,\"epoch\":\"a\",\"lsn\":1,\"states\":1,\"resets\":0,\"owner\":\"b\","
        "\"at\":\"2026-10-12T11:00:00.123+00:00\"}",
        "{\"v\":1,\"epoch\":\"a\",\"lsn\":-1,\"states\":1,\"resets\":0,\"owner\":\"b\","
        "\"at\":\"2026-10-12T11:00:00.123+00:00\"}",
        "{\"v\":1,\"epoch\":\"a\",\"lsn\":1,\"states\":1,\"resets\":0,\"owner\":\"b\"}"};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct position p = {.lsn = 7};
        assert_int_equal(position_read(rows[i], strlen(rows[i]), &p), HX_INVALID);
        assert_int_equal(p.lsn, 7);
    }
}

static void test_a_position_of_before_there_were_slow_rows(void **state)
{
    (void)state;
    const char *text = "{\"v\":1,\"epoch\":\"a\",\"lsn\":5,\"states\":1,\"resets\":0,"
                       "\"owner\":\"b\",\"at\":\"2026-10-12T11:00:00.123+00:00\"}";
    struct position p = {.slow = "x"};
    assert_int_equal(position_read(text, strlen(text), &p), HX_OK);
    assert_int_equal(p.lsn, 5);
    assert_string_equal(p.slow, "");
}

static void test_another_journal_is_known(void **state)
{
    (void)state;
    static const struct {
        struct position p;
        const char *epoch;
        uint64_t newest;
        bool anew;
        uint64_t resets;
    } rows[] = {{{.epoch = "a", .lsn = 100}, "a", 100, false, 0},
                {{.epoch = "a", .lsn = 100, .resets = 3}, "a", 99, true, 4},
                {{.epoch = "a", .lsn = 100, .resets = 3}, "b", 1000, true, 0},
                {{.epoch = ""}, "b", 0, false, 0}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct position *list[] = {&rows[i].p};
        bool anew;
        assert_int_equal(positions_judge(list, 1, rows[i].epoch, rows[i].newest, &anew),
                         rows[i].resets);
        assert_int_equal(anew, rows[i].anew);
    }
}

/* Each was stopped at its own place, perhaps in the middle of a reset. */
static void test_two_writers_of_one_journal(void **state)
{
    (void)state;
    static const struct {
        struct position fast, slow;
        uint64_t newest;
        bool fast_anew, slow_anew;
        uint64_t resets;
    } rows[] = {
        {{.epoch = "a", .lsn = 100}, {.epoch = "a", .lsn = 90}, 120, false, false, 0},
        /* went back to before the one, or to before both */
        {{.epoch = "a", .lsn = 100}, {.epoch = "a", .lsn = 90}, 95, true, true, 1},
        {{.epoch = "a", .lsn = 100}, {.epoch = "a", .lsn = 90}, 10, true, true, 1},
        /* the fast one has had the reset already, the slow one had not yet; also when the copy has
         * grown past both */
        {{.epoch = "a", .lsn = 20, .resets = 1}, {.epoch = "a", .lsn = 90}, 120, false, true, 1},
        {{.epoch = "a", .lsn = 20, .resets = 1}, {.epoch = "a", .lsn = 90}, 50, false, true, 1},
        {{.epoch = "a", .lsn = 20, .resets = 1}, {.epoch = "a", .lsn = 90}, 10, true, true, 2},
        {{.epoch = "a", .lsn = 5}, {.epoch = "old", .lsn = 90, .resets = 7}, 50, false, true, 0},
        {{.epoch = "old", .lsn = 90}, {.epoch = "a", .lsn = 5, .resets = 1}, 50, true, false, 1},
        {{.epoch = "b", .lsn = 90}, {.epoch = "c", .lsn = 5}, 500, true, true, 0},
        /* the slow one was ended before its first record */
        {{.epoch = "a", .lsn = 5}, {.epoch = ""}, 50, false, false, 0},
        {{.epoch = ""}, {.epoch = ""}, 50, false, false, 0}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct position *list[] = {&rows[i].fast, &rows[i].slow};
        bool anew[2];
        assert_int_equal(positions_judge(list, 2, "a", rows[i].newest, anew), rows[i].resets);
        assert_int_equal(anew[0], rows[i].fast_anew);
        assert_int_equal(anew[1], rows[i].slow_anew);
    }
}

static void test_where_the_slow_writer_begins(void **state)
{
    (void)state;
    const struct position alone = {.epoch = "a", .lsn = 100},
                          with = {.epoch = "a", .lsn = 100, .slow = "rows"},
                          level = {.epoch = "a", .lsn = 100}, behind = {.epoch = "a", .lsn = 90},
                          ahead = {.epoch = "a", .lsn = 101}, old = {.epoch = "old", .lsn = 200},
                          restored = {.epoch = "a", .lsn = 100, .resets = 1}, never = {.lsn = 0};
    assert_int_equal(position_beside(&with, &behind, "rows"), BESIDE_OWN);
    assert_int_equal(position_beside(&alone, &never, "rows"), BESIDE_FIRST);
    assert_int_equal(position_beside(&alone, &behind, "rows"), BESIDE_FIRST); /* of long ago */
    assert_int_equal(position_beside(&alone, &old, "rows"), BESIDE_FIRST);
    assert_int_equal(position_beside(&restored, &ahead, "rows"), BESIDE_FIRST);
    assert_int_equal(position_beside(&alone, &ahead, "rows"), BESIDE_APART);
    assert_int_equal(position_beside(&with, &level, "others"), BESIDE_OWN);
    assert_int_equal(position_beside(&with, &level, ""), BESIDE_OWN);
    assert_int_equal(position_beside(&with, &behind, "others"), BESIDE_APART);
    assert_int_equal(position_beside(&with, &behind, ""), BESIDE_APART);
    assert_int_equal(position_beside(&with, &ahead, "others"), BESIDE_APART);
    assert_int_equal(position_beside(&with, &restored, ""), BESIDE_APART);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_an_entry_as_a_cloud_event),
        cmocka_unit_test(test_what_is_not_wanted_is_left_out),
        cmocka_unit_test(test_an_entry_about_no_case_has_the_citys_key),
        cmocka_unit_test(test_facts_alone_hold_no_words_of_the_reporter),
        cmocka_unit_test(test_json_holds_the_event_as_an_object),
        cmocka_unit_test(test_what_is_too_large_is_cut_and_says_so),
        cmocka_unit_test(test_a_closed_case_is_a_tombstone),
        cmocka_unit_test(test_a_reset_says_from_where),
        cmocka_unit_test(test_a_position_is_read_as_it_was_written),
        cmocka_unit_test(test_a_position_of_a_wrong_clock_is_one),
        cmocka_unit_test(test_what_is_no_position_is_refused),
        cmocka_unit_test(test_a_position_of_before_there_were_slow_rows),
        cmocka_unit_test(test_another_journal_is_known),
        cmocka_unit_test(test_two_writers_of_one_journal),
        cmocka_unit_test(test_where_the_slow_writer_begins),
    };
    hx_arena_init(&arena, 0);
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    hx_arena_fini(&arena);
    return failed;
}
