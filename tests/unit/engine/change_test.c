/* A company that is replaced at a date, where a life cycle or a late start makes it hard. */
#include "engine/machine/memory.h"
#include "engine/words/words.h"
#include "hongxin/instant.h"
#include "property/world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const int64_t NOW = WORLD_EVENING;
static const int64_t CHANGE = WORLD_EVENING + 210 * HX_SECOND; /* between two marks */

static struct world w;
static struct hx_rules *rules;
static struct hx_city *city;
static struct hx_case c;

static void add(struct hx_place p, const char *id, const char *parent)
{
    strcpy(p.id, id);
    assert_int_equal(hx_city_add_place(city, &p, parent), HX_OK);
}

/* E-1 is P-07's, and from CHANGE on P-11's. */
static void build(void)
{
    assert_int_equal(hx_city_new(&city), HX_OK);
    assert_int_equal(hx_city_add_company(city, &(struct hx_company){.id = "P-07"}), HX_OK);
    assert_int_equal(hx_city_add_company(city, &(struct hx_company){.id = "P-11"}), HX_OK);
    add((struct hx_place){.kind = HX_STREET}, "S-02", NULL);
    add((struct hx_place){.kind = HX_COMMUNITY}, "C-03", "S-02");
    add((struct hx_place){.kind = HX_GRID}, "G-041", "C-03");
    add((struct hx_place){.kind = HX_ESTATE, .company = "P-07", .to = CHANGE}, "E-1", "G-041");
    add((struct hx_place){.kind = HX_ESTATE, .company = "P-11", .from = CHANGE}, "E-1", "G-041");
    add((struct hx_place){.kind = HX_BUILDING}, "B-0417", "E-1");
    hx_city_seal(city);
}

static void send(const char *type, const char *by)
{
    hxp_data d = HONGXIN__V1__DATA__INIT;
    d.class_ = (char *)"SMALL";
    d.place = (char *)"B-0417";
    bool first = strcmp(type, "REPORTED") == 0;
    const hxp_reply *reply = world_send(
        &w, &(struct world_event){
                .type = type, .by = by, .id = type, .ref = "a", .data = first ? &d : NULL});
    assert_int_equal(reply->result, HONGXIN__V1__RESULT__ACCEPTED);
}

static int setup(void **state)
{
    (void)state;
    build();
    rules = malloc(sizeof *rules);
    assert_non_null(rules);
    *rules = *world_rules();
    world_open(&w, NOW);
    w.m.city = city;
    w.m.rules = rules;
    send("REPORTED", "reporter");
    send("HELD", "holder:P-07/li");
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    world_close(&w);
    hx_city_free(city);
    free(rules);
    return 0;
}

static void load(void)
{
    assert_int_equal(w.m.ops->case_load(w.memory, 1, &c), HX_OK);
}

static bool alarmed(const char *code)
{
    bool found = false;
    size_t n;
    const hxp_entry *const *entries = hx_memory_take(w.memory, &n);
    for (size_t i = 0; i < n; i++)
        for (size_t f = 0; f < entries[i]->n_facts; f++)
            found |= entries[i]->facts[f]->fact_case == HONGXIN__V1__FACT__FACT_ALARM &&
                     strcmp(entries[i]->facts[f]->alarm->code, code) == 0;
    return found;
}

static void the_next_company_has_it_from_the_instant_on(void **state)
{
    (void)state;
    world_wait(&w, CHANGE);
    load();
    assert_string_equal(c.holder, "P-07");
    world_wait(&w, CHANGE + 1);
    load();
    assert_string_equal(c.holder, "P-11");
    assert_false(alarmed("HOLDER_STAYS"));
}

/* We come up only afterwards: what was due before the change is the former company's, and what
 * came after it is not told to it. */
static void marks_are_taken_together_up_to_the_change(void **state)
{
    (void)state;
    hx_machine_set_time(&w.m, NOW + 4 * HX_MINUTE + HX_SECOND);
    assert_int_equal(hx_machine_due(&w.m, 1, INT64_MAX), HX_OK);
    load();
    assert_string_equal(c.holder, "P-11");
    for (uint32_t i = 0; i < c.n_told; i++)
        if (strstr(c.told[i].to, "P-07"))
            assert_int_equal(c.told[i].level, 0); /* the reminder at three minutes */
}

/* A guard that nobody's word passes: the one of this name in whatever row. */
static struct hx_call guard_named(const char *name)
{
    for (int i = 0; i < rules->n_transitions; i++)
        for (int g = 0; g < rules->transitions[i].n_guards; g++)
            if (strcmp(rules->transitions[i].guards[g].word->name, name) == 0)
                return rules->transitions[i].guards[g];
    fail_msg("no row has %s", name);
    abort();
}

/* A life cycle that asks for more than the date: never in silence. */
static void a_holder_that_cannot_be_changed_is_an_alarm(void **state)
{
    const struct hx_call never = guard_named("by_level3");
    int event = hx_rules_event(rules, "HOLDER_CHANGED");
    (void)state;
    for (int i = 0; i < rules->n_transitions; i++)
        if (rules->transitions[i].event == event)
            rules->transitions[i].guards[0] = never;
    world_wait(&w, CHANGE + HX_SECOND);
    load();
    assert_string_equal(c.holder, "P-07");
    assert_true(alarmed("HOLDER_STAYS"));
}

/* Where the alarm's text stands: the entry is packed when other cases have been worked on. */
static void see_alarm(void *ctx, const hxp_entry *e)
{
    const char **about = ctx;
    for (size_t i = 0; i < e->n_facts; i++)
        if (e->facts[i]->fact_case == HONGXIN__V1__FACT__FACT_ALARM)
            *about = e->facts[i]->alarm->about;
}

static void what_the_alarm_names_is_not_in_the_case(void **state)
{
    const char *about = NULL;
    (void)state;
    rules->events[hx_rules_event(rules, "HOLDER_CHANGED")].name[0] = 'X';
    w.m.appended = see_alarm;
    w.m.appended_ctx = (void *)(uintptr_t)&about;
    world_wait(&w, CHANGE + HX_SECOND);
    assert_non_null(about);
    assert_false((uintptr_t)about - (uintptr_t)&w.m < sizeof w.m);
}

/* And one that has no such event at all: before, the case fell due again and again, and nothing
 * else was judged any more. */
static void without_the_event_the_case_goes_on(void **state)
{
    (void)state;
    rules->events[hx_rules_event(rules, "HOLDER_CHANGED")].name[0] = 'X';
    world_wait(&w, CHANGE + HX_HOUR);
    load();
    assert_string_equal(c.holder, "P-07");
    assert_true(c.n_breaches > 0);
    assert_null(hx_case_fault(rules, &c, true));
    assert_true(alarmed("HOLDER_STAYS"));
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(the_next_company_has_it_from_the_instant_on),
        T(marks_are_taken_together_up_to_the_change),
        T(a_holder_that_cannot_be_changed_is_an_alarm),
        T(what_the_alarm_names_is_not_in_the_case),
        T(without_the_event_the_case_goes_on),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
