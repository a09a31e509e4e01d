/* The self-audit of one case: what is found, what is written, and that a replay makes it again. */
#include "engine/machine/memory.h"
#include "engine/machine/replay.h"
#include "hongxin/instant.h"
#include "property/world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const int64_t NOW = WORLD_EVENING;
static struct hx_case c;

static void report(struct world *w)
{
    hxp_data d = HONGXIN__V1__DATA__INIT;
    d.class_ = (char *)"SMALL";
    d.place = (char *)"B-0417";
    const hxp_reply *reply = world_send(w, &(struct world_event){.type = "REPORTED", .data = &d});
    assert_int_equal(reply->case_number, 1);
    assert_int_equal(w->m.ops->case_load(w->memory, 1, &c), HX_OK);
}

static int setup(void **state)
{
    static struct world w;
    world_open(&w, NOW);
    report(&w);
    *state = &w;
    return 0;
}

static int teardown(void **state)
{
    world_close(*state);
    return 0;
}

static void stop_all_clocks(struct world *w)
{
    for (uint32_t i = 0; i < c.n_clocks; i++)
        c.clocks[i].state = HX_CLOCK_STOPPED;
    assert_int_equal(w->m.ops->case_save(w->memory, &c, INT64_MAX), HX_OK);
}

static void a_sound_case_is_left_alone(void **state)
{
    struct world *w = *state;
    const char *code;
    uint64_t newest = hx_memory_newest_lsn(w->memory);
    assert_null(hx_case_fault(world_rules(), &c, true));
    assert_int_equal(hx_machine_audit(&w->m, 1, true, &code), HX_OK);
    assert_null(code);
    assert_int_equal(hx_memory_newest_lsn(w->memory), newest);
}

static void a_case_without_a_running_clock_is_named(void **state)
{
    struct world *w = *state;
    const char *code;
    size_t n;
    stop_all_clocks(w);
    assert_string_equal(hx_case_fault(world_rules(), &c, true), "NO_CLOCK");
    (void)hx_memory_take(w->memory, &n);
    assert_int_equal(hx_machine_audit(&w->m, 1, true, &code), HX_OK);
    assert_string_equal(code, "NO_CLOCK");
    const hxp_entry *const *entries = hx_memory_take(w->memory, &n);
    assert_int_equal(n, 1);
    assert_int_equal(entries[0]->case_number, 1);
    assert_string_equal(entries[0]->facts[0]->alarm->code, "NO_CLOCK");
}

static void a_clock_past_its_deadline_still_runs(void **state)
{
    struct world *w = *state;
    world_wait(w, NOW + 3 * HX_DAY);
    assert_int_equal(w->m.ops->case_load(w->memory, 1, &c), HX_OK);
    assert_null(hx_case_fault(world_rules(), &c, true));
}

static void a_missing_or_late_timer_is_named_and_written_again(void **state)
{
    struct world *w = *state;
    const char *code;
    int64_t due = hx_case_due(world_rules(), &c);
    assert_string_equal(hx_case_fault(world_rules(), &c, false), "NO_DUE_ROW");
    c.due_row = due + 1;
    assert_string_equal(hx_case_fault(world_rules(), &c, true), "NO_DUE_ROW");
    assert_int_equal(hx_machine_audit(&w->m, 1, false, &code), HX_OK);
    assert_string_equal(code, "NO_DUE_ROW");
    assert_int_equal(w->m.ops->case_load(w->memory, 1, &c), HX_OK);
    assert_int_equal(c.due_row, due);
    assert_null(hx_case_fault(world_rules(), &c, true));
}

static void a_closed_case_needs_no_clock(void **state)
{
    struct world *w = *state;
    c.state = (uint8_t)hx_rules_state(world_rules(), "WITHDRAWN");
    stop_all_clocks(w);
    assert_null(hx_case_fault(world_rules(), &c, false));
}

/* ---- replay ---- */

static void put(struct hx_replay *r, const hxp_entry *e)
{
    uint8_t bytes[4096];
    size_t n = hongxin__v1__entry__pack(e, bytes);
    assert_int_equal(hx_replay_entry(r, bytes, n), HX_OK);
}

static void a_replay_makes_the_alarm_again(void **state)
{
    struct world *w = *state;
    struct hx_replay *r;
    struct hx_memory *again;
    const char *code;
    size_t n;
    assert_int_equal(hx_machine_audit(&w->m, 1, false, &code), HX_OK);
    const hxp_entry *const *entries = hx_memory_take(w->memory, &n);
    assert_int_equal(n, 2);
    assert_int_equal(hx_memory_new(&again), HX_OK);
    const struct hx_replay_options o = {
        .rules = world_rules(), .city = world_city(), .ops = hx_memory_backend(), .backend = again};
    assert_int_equal(hx_replay_new(&o, &r), HX_OK);
    for (size_t i = 0; i < n; i++)
        put(r, entries[i]);
    assert_int_equal(hx_replay_finish(r), HX_OK);
    assert_int_equal(hx_replay_count(r), 2);
    assert_int_equal(hx_replay_differences(r), 0);
    hx_replay_free(r);
    hx_memory_free(again);
}

/* Without a cause an entry begins a group, whatever number a damaged one before it says. */
static void an_entry_without_a_cause_begins_a_group(void **state)
{
    struct hx_replay *r;
    struct hx_memory *again;
    hxp_entry e = HONGXIN__V1__ENTRY__INIT;
    (void)state;
    e.case_number = 1;
    assert_int_equal(hx_memory_new(&again), HX_OK);
    const struct hx_replay_options o = {
        .rules = world_rules(), .city = world_city(), .ops = hx_memory_backend(), .backend = again};
    assert_int_equal(hx_replay_new(&o, &r), HX_OK);
    put(r, &e);
    put(r, &e);
    assert_int_equal(hx_replay_count(r), 1);
    hx_replay_free(r);
    hx_memory_free(again);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {T(a_sound_case_is_left_alone),
                                       T(a_case_without_a_running_clock_is_named),
                                       T(a_clock_past_its_deadline_still_runs),
                                       T(a_missing_or_late_timer_is_named_and_written_again),
                                       T(a_closed_case_needs_no_clock),
                                       T(a_replay_makes_the_alarm_again),
                                       T(an_entry_without_a_cause_begins_a_group)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
