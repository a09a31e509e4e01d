/* Which entry goes where, and which tables are refused. */
#include "base/text.h"
#include "kafka/out/route.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

/* Reads the text as the list `routes`, with `slow` split by pace; the fault, "" when there is none.
 */
static struct hx_problem load_both(const char *text, struct routes *routes, struct routes *slow)
{
    struct yaml_doc doc;
    struct hx_problem problem = {""};
    assert_int_equal(yaml_doc_open_text(&doc, "kafka.yaml", text, &problem), HX_OK);
    yaml_node_t *list = yaml_doc_get(&doc, yaml_doc_root(&doc), "routes");
    routes_read(&doc, list, routes);
    if (slow)
        routes_split(&doc, list, routes, slow);
    assert_int_equal(doc.rc != HX_OK, *problem.text != '\0');
    yaml_doc_close(&doc);
    return problem;
}

static struct hx_problem load(const char *text, struct routes *routes)
{
    return load_both(text, routes, NULL);
}

/* An entry with a breach and notices to two companies and the desk. */
struct sample {
    hxp_entry entry;
    hxp_where where;
    hxp_breach_fact breach;
    hxp_notice_fact notices[4];
    hxp_fact facts[5];
    hxp_fact *list[5];
};

static void make(struct sample *s)
{
    static const char *const to[] = {"company:P-07/li", "company:P-08", "city/desk", "holder:P-07"};
    *s = (struct sample){.where = HONGXIN__V1__WHERE__INIT};
    hongxin__v1__entry__init(&s->entry);
    s->entry.lsn = 9;
    s->entry.case_number = 17;
    s->entry.holder = (char *)"P-07";
    s->entry.class_ = (char *)"SMALL";
    s->entry.level = (char *)"L2";
    s->entry.where = &s->where;
    s->where.street = (char *)"S-02";
    s->where.community = (char *)"C-03";
    hongxin__v1__breach_fact__init(&s->breach);
    for (size_t i = 0; i < 5; i++) {
        hongxin__v1__fact__init(&s->facts[i]);
        s->list[i] = &s->facts[i];
    }
    s->facts[0].fact_case = HONGXIN__V1__FACT__FACT_BREACH;
    s->facts[0].breach = &s->breach;
    for (size_t i = 0; i < 4; i++) {
        hongxin__v1__notice_fact__init(&s->notices[i]);
        s->notices[i].to = hx_text_field(to[i]);
        s->facts[i + 1].fact_case = HONGXIN__V1__FACT__FACT_NOTICE;
        s->facts[i + 1].notice = &s->notices[i];
    }
    s->entry.n_facts = 5;
    s->entry.facts = s->list;
}

static struct hx_arena arena;

static const char *topics_of(const char *yaml, const hxp_entry *e)
{
    static char text[512];
    struct routes routes;
    uint64_t lost = 0;
    size_t used = 0;
    hx_arena_reset(&arena);
    assert_string_equal(load(yaml, &routes).text, "");
    *text = '\0';
    for (const struct route_target *t = routes_match(&routes, e, &arena, &lost); t; t = t->next)
        used +=
            (size_t)snprintf(text + used, sizeof text - used, "%s%s", used ? " " : "", t->topic);
    snprintf(text + used, sizeof text - used, "%s", lost ? " lost" : "");
    return text;
}

#define ROW(conditions) "routes:\n  - {topic: a, " conditions "}\n"

static void test_the_usual_rows(void **state)
{
    (void)state;
    struct sample s;
    make(&s);
    assert_string_equal(topics_of("{}\n", &s.entry),
                        "hongxin.cases hongxin.breaches hongxin.notices.P-07 hongxin.notices.P-08 "
                        "hongxin.notices.city");
    s.entry.n_facts = 0;
    s.entry.case_number = 0;
    assert_string_equal(topics_of("{}\n", &s.entry), "");
}

static void test_every_condition_must_hold(void **state)
{
    (void)state;
    static const struct {
        const char *yaml;
        bool taken;
    } rows[] = {
        {ROW("facts: [BREACH, ALARM]"), true},
        {ROW("facts: [ALARM]"), false},
        {ROW("places: [S-02]"), true},
        {ROW("places: [C-03, X]"), true},
        {ROW("places: [S-03]"), false},
        {ROW("holders: [P-07]"), true},
        {ROW("holders: [P-08]"), false},
        {ROW("classes: [SMALL]"), true},
        {ROW("classes: [SERIOUS]"), false},
        {ROW("min_level: L2"), true},
        {ROW("min_level: L3"), false},
        {ROW("about: case"), true},
        {ROW("about: city"), false},
        {ROW("drills: no"), true},
        {ROW("drills: only"), false},
        {ROW("to: ['company:P-07']"), true},
        {ROW("to: ['company:P-0']"), false},
        {ROW("facts: [BREACH], classes: [X]"), false},
        {ROW("facts: [ALARM], places: [S-02]"), false},
    };
    struct sample s;
    make(&s);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        assert_string_equal(topics_of(rows[i].yaml, &s.entry), rows[i].taken ? "a" : "");
}

static void test_a_topic_gets_an_entry_once(void **state)
{
    (void)state;
    struct sample s;
    make(&s);
    assert_string_equal(topics_of("routes:\n"
                                  "  - {topic: a, facts: [BREACH]}\n"
                                  "  - {topic: b}\n"
                                  "  - {topic: a}\n"
                                  "  - {topic: '{holder}.x'}\n"
                                  "  - {topic: '{to}.x', facts: [NOTICE]}\n",
                                  &s.entry),
                        "a b P-07.x P-08.x city.x");
}

static void test_an_id_stands_in_the_name(void **state)
{
    (void)state;
    struct sample s;
    make(&s);
    assert_string_equal(topics_of("routes:\n"
                                  "  - {topic: 'h.{holder}'}\n"
                                  "  - {topic: 's.{street}.e'}\n"
                                  "  - {topic: '{community}'}\n"
                                  "  - {topic: 'c.{class}'}\n",
                                  &s.entry),
                        "h.P-07 s.S-02.e C-03 c.SMALL");
    s.entry.where = NULL;
    assert_string_equal(topics_of("routes: [{topic: 's.{street}'}]\n", &s.entry), "");
    s.entry.holder = (char *)"P 7";
    assert_string_equal(topics_of("routes: [{topic: 'h.{holder}'}]\n", &s.entry), " lost");
}

static void test_facts_of_one_receiver(void **state)
{
    (void)state;
    struct sample s;
    struct routes routes;
    uint64_t lost = 0;
    make(&s);
    hx_arena_reset(&arena);
    assert_string_equal(load("{}\n", &routes).text, "");
    const struct route_target *t = routes_match(&routes, &s.entry, &arena, &lost);
    while (t && strcmp(t->topic, "hongxin.notices.P-07") != 0)
        t = t->next;
    assert_non_null(t);
    const bool wanted[5] = {false, true, false, false, true};
    for (size_t i = 0; i < 5; i++)
        assert_int_equal(route_wants_fact(t, s.list[i]), wanted[i]);
}

/* A notice to the manager of a street, told to the city's property team. */
static void test_who_stands_in_is_a_receiver_too(void **state)
{
    (void)state;
    struct sample s;
    struct routes routes;
    uint64_t lost = 0;
    make(&s);
    s.entry.n_facts = 2;
    s.notices[0].to = (char *)"manager:S-02";
    s.notices[0].stand_in = (char *)"city/property";
    assert_string_equal(topics_of("routes: [{topic: 'n.{to}', facts: [NOTICE]}]\n", &s.entry),
                        "n.S-02 n.city");
    assert_string_equal(topics_of(ROW("to: [city/property]"), &s.entry), "a");
    assert_string_equal(topics_of(ROW("to: [city/desk]"), &s.entry), "");
    hx_arena_reset(&arena);
    assert_string_equal(load("routes: [{topic: 'n.{to}', to: [city/property]}]\n", &routes).text,
                        "");
    const struct route_target *t = routes_match(&routes, &s.entry, &arena, &lost);
    assert_string_equal(t->topic, "n.city");
    assert_null(t->next);
    assert_true(route_wants_fact(t, s.list[1]));
}

static void test_names_that_a_row_may_have_made(void **state)
{
    (void)state;
    struct routes routes;
    assert_string_equal(load("routes: [{topic: 'n.{to}.v1'}, {topic: plain}]\n", &routes).text, "");
    assert_true(route_may_name(&routes.all[0], "n.P-07.v1"));
    assert_false(route_may_name(&routes.all[0], "n..v1"));
    assert_false(route_may_name(&routes.all[0], "n.P-07.v2"));
    assert_false(route_may_name(&routes.all[0], "m.P-07.v1"));
    assert_true(route_may_name(&routes.all[1], "plain"));
    assert_false(route_may_name(&routes.all[1], "plain2"));
}

static void test_rows_are_split_by_their_pace(void **state)
{
    (void)state;
    static struct routes fast, slow, none;
    char name[ROUTES_NAME], other[ROUTES_NAME];
    assert_string_equal(load_both("{}\n", &fast, &slow).text, "");
    assert_int_equal(fast.n, 3);
    assert_int_equal(slow.n, 1);
    assert_string_equal(slow.all[0].topic, "hongxin.notices.{to}");
    routes_name(&slow, name);
    assert_string_equal(load_both("routes: [{topic: 'a.{to}', pace: fast}, {topic: b, pace: slow}, "
                                  "{topic: 'c.{street}'}, {topic: d}]\n",
                                  &fast, &slow)
                            .text,
                        "");
    assert_int_equal(fast.n, 2);
    assert_string_equal(fast.all[0].topic, "a.{to}");
    assert_string_equal(fast.all[1].topic, "d");
    assert_int_equal(slow.n, 2);
    assert_string_equal(slow.all[0].topic, "b");
    assert_string_equal(slow.all[1].topic, "c.{street}");
    routes_name(&slow, other);
    assert_string_not_equal(name, other);
    routes_name(&none, other);
    assert_string_equal(other, "");
}

/* Otherwise rows that are only sorted anew would look as if they had got another pace. */
static void test_slow_rows_have_one_name_in_any_order(void **state)
{
    (void)state;
    static const char *const alike[] = {"{topic: 'a.{to}'}, {topic: 'b.{to}'}, {topic: c}",
                                        "{topic: 'b.{to}'}, {topic: c}, {topic: 'a.{to}'}",
                                        ("{topic: 'a.{to}', facts: [BREACH]}, {topic: 'b.{to}'}, "
                                         "{topic: 'a.{to}', facts: [NOTICE]}")};
    static const char *const others[] = {"{topic: 'a.{to}'}",
                                         "{topic: 'a.{to}'}, {topic: 'd.{to}'}",
                                         "{topic: 'a.{to}'}, {topic: 'b.{to}'}, {topic: 'c.{to}'}"};
    static struct routes fast, slow;
    char text[256], first[ROUTES_NAME], name[ROUTES_NAME];
    for (size_t i = 0; i < 6; i++) {
        snprintf(text, sizeof text, "routes: [%s]\n", i < 3 ? alike[i] : others[i - 3]);
        assert_string_equal(load_both(text, &fast, &slow).text, "");
        routes_name(&slow, i ? name : first);
        if (i)
            assert_int_equal(strcmp(name, first) == 0, i < 3);
    }
}

static void test_a_topic_has_one_pace(void **state)
{
    (void)state;
    static const char *const refused[] = {"{topic: a.P-07}, {topic: 'a.{to}'}",
                                          "{topic: 'a.{to}'}, {topic: 'a.{street}', pace: fast}",
                                          "{topic: '{class}.x', pace: fast}, {topic: 'a.{to}'}",
                                          "{topic: a}, {topic: a, pace: slow}"};
    static const char *const good[] = {"{topic: a.P-07}, {topic: 'b.{to}'}",
                                       "{topic: a.P-07, pace: slow}, {topic: 'a.{to}'}",
                                       "{topic: '{class}.y', pace: fast}, {topic: 'a.{to}.x'}"};
    static struct routes fast, slow;
    char text[128];
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
        snprintf(text, sizeof text, "routes: [%s]\n", refused[i]);
        assert_non_null(strstr(load_both(text, &fast, &slow).text, "they need the same pace"));
    }
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        snprintf(text, sizeof text, "routes: [%s]\n", good[i]);
        assert_string_equal(load_both(text, &fast, &slow).text, "");
    }
}

static void test_a_wrong_table_is_refused_with_its_line(void **state)
{
    (void)state;
    static const char *const rows[][2] = {
        {"routes:\n  - {facts: [BREACH]}\n", ":2: "},
        {"routes:\n  - {topic: 'a b'}\n", ":2: a b is no name of a topic"},
        {"routes:\n  - {topic: 'a.{to}.{holder}'}\n", ":2: "},
        {"routes:\n  - {topic: 'a.{person}'}\n", ":2: "},
        {"routes:\n  - {topic: a, facts: [BRECH]}\n", ":2: BRECH is no kind of fact"},
        {"routes:\n  - {topic: a, colour: red}\n", ":2: "},
        {"routes:\n  - {topic: a, min_level: L9}\n", ":2: min_level is one of"},
        {"routes:\n  - {topic: a, format: xml}\n", ":2: format is one of"},
        {"routes:\n  - {topic: 'a.{to}', pace: brisk}\n", ":2: pace is one of"},
        {"routes:\n  - {topic: a, places: []}\n", ":2: places: a list of words"},
        {"routes: []\n", ":1: "},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct routes routes;
        struct hx_problem problem = load(rows[i][0], &routes);
        if (!strstr(problem.text, rows[i][1]))
            fail_msg("%s: %s", rows[i][0], problem.text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_usual_rows),
        cmocka_unit_test(test_every_condition_must_hold),
        cmocka_unit_test(test_a_topic_gets_an_entry_once),
        cmocka_unit_test(test_an_id_stands_in_the_name),
        cmocka_unit_test(test_facts_of_one_receiver),
        cmocka_unit_test(test_who_stands_in_is_a_receiver_too),
        cmocka_unit_test(test_names_that_a_row_may_have_made),
        cmocka_unit_test(test_rows_are_split_by_their_pace),
        cmocka_unit_test(test_slow_rows_have_one_name_in_any_order),
        cmocka_unit_test(test_a_topic_has_one_pace),
        cmocka_unit_test(test_a_wrong_table_is_refused_with_its_line),
    };
    hx_arena_init(&arena, 0);
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    hx_arena_fini(&arena);
    return failed;
}
