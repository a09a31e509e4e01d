/* A life cycle that leaves out what the shipped one has: no desk, no ladder of promises, no roads,
 * nothing that keeps notices readable. Whoever writes one file so gets a daemon that goes on:
 * deadlines are judged, somebody is told, and the case never stands still. */
#include "engine/machine/memory.h"
#include "engine/step.h"
#include "hongxin/instant.h"
#include "property/world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const int64_t NOW = WORLD_EVENING;

static struct world w;
static struct hx_rules *rules;
static struct hx_case c;

static int setup(void **state)
{
    (void)state;
    rules = malloc(sizeof *rules);
    return !rules;
}

static int teardown(void **state)
{
    (void)state;
    free(rules);
    return 0;
}

/* ---- what is left out ---- */

static void nothing(void)
{
}

static void the_desk(void)
{
    rules->receivers[hx_rules_receiver(rules, "desk")].name[0] = '\0';
}

static void the_ladder_of_promises(void)
{
    rules->ladders[hx_rules_ladder(rules, "promise")].name[0] = '\0';
}

static void both(void)
{
    the_desk();
    the_ladder_of_promises();
}

static void the_roads(void)
{
    rules->n_roads = 0;
}

static void what_keeps_notices_readable(void)
{
    rules->calm = (struct hx_calm_rules){.group_ms = 0};
}

static void quiet_hours(void)
{
    rules->quiet_calendar = -1;
}

static void the_names_of_clocks(void)
{
    static const char *const names[] = {"K_TRIAGE", "K_DELIVERY", "K_PLAN", "K_PROMISE",
                                        "K_REOPEN_WINDOW"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        rules->clocks[hx_rules_clock(rules, names[i])].name[0] = 'X';
}

static void the_duty_officer(void)
{
    rules->receivers[hx_rules_receiver(rules, "duty")].name[0] = '\0';
    rules->receivers[hx_rules_receiver(rules, "manager")].name[0] = '\0';
}

/* What stands between the braces means nothing. */
static void whom_a_pattern_means(void)
{
    strcpy(rules->receivers[hx_rules_receiver(rules, "manager")].pattern, "manager:{planet}");
    strcpy(rules->receivers[hx_rules_receiver(rules, "duty")].pattern, "holder:{");
}

static void acknowledgements(void)
{
    memset(rules->acks, 0, sizeof rules->acks);
}

/* ---- a life ---- */

static enum hx_reach reach;
static size_t part; /* that is left out */

static enum hx_reach is_reached(void *ctx, const char *holder)
{
    (void)ctx;
    (void)holder;
    return reach;
}

static const hxp_reply *send(const char *id, const char *type, const char *by, hxp_data *d)
{
    bool first = strcmp(type, "REPORTED") == 0;
    return world_send(
        &w, &(struct world_event){
                .type = type, .by = by, .id = id, .case_number = first ? 0 : 1, .data = d});
}

static size_t notices(void)
{
    size_t n, told = 0;
    const hxp_entry *const *entries = hx_memory_take(w.memory, &n);
    for (size_t i = 0; i < n; i++)
        for (size_t f = 0; f < entries[i]->n_facts; f++)
            told += entries[i]->facts[f]->fact_case == HONGXIN__V1__FACT__FACT_NOTICE;
    return told;
}

static bool is_broken(const char *clock)
{
    for (uint32_t i = 0; i < c.n_breaches; i++)
        if (c.breaches[i].kind == hx_rules_clock(w.m.rules, clock))
            return true;
    return false;
}

static void taken(const hxp_reply *reply)
{
    if (reply->result != HONGXIN__V1__RESULT__ACCEPTED)
        fail_msg("without part %zu, reach %d: %s", part, (int)reach, reply->code);
}

/* A complaint that nobody takes: it is deemed received, its promises are broken, all levels rise.
 */
static void a_life(void)
{
    hxp_data d = HONGXIN__V1__DATA__INIT;
    d.class_ = (char *)"SMALL";
    d.place = (char *)"B-0417";
    d.category = (char *)"door";
    world_open(&w, NOW);
    w.m.rules = rules;
    w.m.reach = is_reached;
    taken(send("1", "REPORTED", "reporter", &d));
    assert_int_equal(hx_machine_rota_begin(&w.m), HX_OK);
    world_wait(&w, NOW + 2 * HX_DAY);
    size_t told = notices();
    assert_int_equal(w.m.ops->case_load(w.memory, 1, &c), HX_OK);
    bool judged = is_broken("K_ARRIVE") && is_broken("K_RESOLVE");
    if (reach != HX_REACH_OURS && (told <= 3 || !judged)) /* by our fault nobody is late */
        fail_msg("%zu notices without part %zu, reach %d", told, part, (int)reach);
    assert_null(hx_case_fault(rules, &c, true));
    taken(send("2", "HELD", "holder:P-07/li", NULL));
    taken(send("3", "ARRIVED", "holder:P-07/li", NULL));
    assert_int_equal(w.m.ops->case_load(w.memory, 1, &c), HX_OK);
    assert_true(c.t_arrived > 0);
    assert_null(hx_case_fault(rules, &c, true));
    world_close(&w);
}

static void a_case_goes_on_without(void **state)
{
    static void (*const left_out[])(void) = {nothing,
                                             the_desk,
                                             the_ladder_of_promises,
                                             both,
                                             the_roads,
                                             what_keeps_notices_readable,
                                             quiet_hours,
                                             the_names_of_clocks,
                                             the_duty_officer,
                                             whom_a_pattern_means,
                                             acknowledgements};
    static const enum hx_reach reaches[] = {HX_REACH_UP, HX_REACH_DOWN, HX_REACH_OURS,
                                            HX_REACH_UNKNOWN};
    (void)state;
    for (size_t i = 0; i < sizeof left_out / sizeof *left_out; i++)
        for (size_t r = 0; r < sizeof reaches / sizeof *reaches; r++) {
            *rules = *world_rules();
            left_out[part = i]();
            reach = reaches[r];
            a_life();
        }
}

/* Nothing is held back, and no row is written about who got what. */
static void without_rules_for_it_each_notice_is_sent_alone(void **state)
{
    struct hx_source row;
    (void)state;
    *rules = *world_rules();
    reach = HX_REACH_UP;
    what_keeps_notices_readable();
    world_open(&w, NOW);
    w.m.rules = rules;
    hxp_data d = HONGXIN__V1__DATA__INIT;
    d.class_ = (char *)"SMALL";
    d.place = (char *)"B-0417";
    taken(send("1", "REPORTED", "reporter", &d));
    world_wait(&w, NOW + HX_HOUR);
    size_t n;
    const hxp_entry *const *entries = hx_memory_take(w.memory, &n);
    for (size_t i = 0; i < n; i++)
        for (size_t f = 0; f < entries[i]->n_facts; f++)
            if (entries[i]->facts[f]->fact_case == HONGXIN__V1__FACT__FACT_NOTICE)
                assert_string_equal(entries[i]->facts[f]->notice->held, "");
    assert_int_equal(w.m.ops->source_load(w.memory, "\x03holder:P-07", &row), HX_NOTFOUND);
    world_close(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_case_goes_on_without),
        cmocka_unit_test(without_rules_for_it_each_notice_is_sent_alone),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
