/* A new version of a life cycle that is applied to open cases: whatever it changes of a clock, be
 * it one number of its ladder or the hours in which nobody is woken, is noticed; nothing else is.
 */
#include "engine/machine/apply.h"
#include "engine/step.h"
#include "hongxin/instant.h"
#include "property/world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const int64_t NOW = WORLD_EVENING;

static struct hx_rules *next;
static struct hx_case c;
static struct hx_clock running, made;
static struct hx_mark_rule *mark;

static int setup(void **state)
{
    (void)state;
    next = malloc(sizeof *next);
    return !next;
}

static int teardown(void **state)
{
    (void)state;
    free(next);
    return 0;
}

/* The second version is the first one, and a case of the first has a running clock. */
static int anew(void **state)
{
    const struct hx_rules *r = world_rules();
    (void)state;
    *next = *r;
    next->version = r->version + 1;
    next->older = r;
    mark = &next->ladders[hx_rules_ladder(next, "promise")].marks[0];
    c = (struct hx_case){.number = 1, .cycle = 1, .class_no = (uint8_t)hx_rules_class(r, "SMALL")};
    int kind = hx_rules_clock(r, "K_RESOLVE");
    running = (struct hx_clock){.kind = (uint8_t)kind,
                                .state = HX_CLOCK_RUNNING,
                                .basis = HX_BASIS_BUDGET,
                                .cycle = 1,
                                .policy = r->version,
                                .calendar = (uint8_t)r->clocks[kind].calendar,
                                .start = NOW,
                                .budget_ms = (uint64_t)hx_clock_budget(r, kind, c.class_no, 1)};
    running.deadline = hx_clock_deadline(r, &running);
    return 0;
}

static bool changed(void)
{
    const struct hx_change change = {.rules = next};
    return hx_clock_changed(next, &c, &running, &change, NOW + HX_MINUTE, &made);
}

static void a_version_that_changes_nothing_moves_nothing(void **state)
{
    (void)state;
    assert_false(changed());
    running.policy = next->version; /* it is of this version already */
    mark->share++;
    assert_false(changed());
}

static void each_number_of_a_mark_counts(void **state)
{
    (void)state;
    mark->level++;
    assert_true(changed());
    assert_int_equal(made.policy, next->version);
    assert_int_equal(made.deadline, running.deadline);
    anew(state);
    mark->kind = HX_NOTICE_WARNING;
    assert_true(changed());
    anew(state);
    mark->share++;
    assert_true(changed());
    anew(state);
    mark->plus_ms++;
    assert_true(changed());
    anew(state);
    mark->at_ms++;
    assert_true(changed());
    anew(state);
    mark->receivers ^= 1;
    assert_true(changed());
    anew(state);
    next->ladders[hx_rules_ladder(next, "promise")].n_marks--;
    assert_true(changed());
    anew(state);
    next->clocks[running.kind].ladder = -1;
    assert_true(changed());
    anew(state);
    next->ladders[hx_rules_ladder(next, "statute")].marks[0].share++; /* of another clock */
    assert_false(changed());
}

static struct hx_calendar_rule *quiet(void)
{
    return &next->calendars[next->quiet_calendar];
}

static void the_hours_in_which_nobody_is_woken_count(void **state)
{
    (void)state;
    assert_true(next->quiet_calendar >= 0); /* the shipped one has some */
    next->quiet_level--;
    assert_true(changed());
    anew(state);
    next->quiet_never ^= 1;
    assert_true(changed());
    anew(state);
    next->quiet_flags ^= 1;
    assert_true(changed());
    anew(state);
    quiet()->week ^= 1;
    assert_true(changed());
    anew(state);
    quiet()->n_windows = 0;
    assert_true(changed());
    anew(state);
    quiet()->windows[0].to_ms -= 1000;
    assert_true(changed());
    anew(state);
    next->quiet_calendar = -1; /* they are woken at any hour from now on */
    assert_true(changed());
}

/* By another name the clocks on the wall may show the same; when they change at another instant, or
 * to another hour, they do not. */
static void quiet_hours_are_those_of_a_zone(void **state)
{
    static struct hx_zone one = {.name = "Asia/Shanghai", .n = 1}, other;
    struct hx_rules *before = malloc(sizeof *before);
    (void)state;
    assert_non_null(before);
    *before = *world_rules();
    next->older = before;
    one.changes[0] = (struct hx_zone_change){.at = NOW + HX_DAY, .offset_ms = 3600000};
    before->calendars[before->quiet_calendar].zone = &one;
    quiet()->zone = &other;
    other = one;
    other.name[0] = 'B';
    assert_false(changed());
    other.changes[0].at++;
    assert_true(changed());
    other.changes[0] = one.changes[0];
    other.changes[0].offset_ms++;
    assert_true(changed());
    free(before);
}

/* Hours that hold back none of its levels are no matter of this clock. */
static void hours_of_higher_levels_do_not(void **state)
{
    struct hx_rules *before = malloc(sizeof *before);
    (void)state;
    assert_non_null(before);
    *before = *world_rules();
    before->quiet_level = HX_LEVEL_MAX + 1;
    next->older = before;
    next->quiet_level = HX_LEVEL_MAX + 1;
    next->quiet_never ^= 1;
    assert_false(changed());
    before->quiet_calendar = next->quiet_calendar = -1; /* neither has any */
    assert_false(changed());
    free(before);
}

static void a_longer_budget_moves_the_deadline(void **state)
{
    (void)state;
    next->clocks[running.kind].budget_ms[c.class_no] += HX_HOUR;
    assert_true(changed());
    assert_int_equal(made.deadline, running.deadline + HX_HOUR);
    assert_int_equal(made.basis, HX_BASIS_BUDGET);
}

/* A quarter of the new budget is left from now on, and no breach lies in the past. */
static void a_shorter_one_keeps_the_floor(void **state)
{
    (void)state;
    next->clocks[running.kind].budget_ms[c.class_no] = 4 * HX_SECOND;
    assert_true(changed());
    assert_int_equal(made.deadline, NOW + HX_MINUTE + HX_SECOND);
    assert_int_equal(made.basis, HX_BASIS_FLOOR);
}

static void a_clock_that_the_class_has_no_more_stays(void **state)
{
    (void)state;
    memset(next->clocks[running.kind].budget_ms, 0, sizeof next->clocks[running.kind].budget_ms);
    mark->share++;
    assert_false(changed());
}

/* What a person named stays; who is told of it may be others. */
static void a_date_stays(void **state)
{
    (void)state;
    running.basis = HX_BASIS_DATE;
    running.floor = running.deadline;
    next->clocks[running.kind].budget_ms[c.class_no] += HX_HOUR;
    assert_false(changed());
    mark->share++;
    assert_true(changed());
    assert_int_equal(made.deadline, running.deadline);
    assert_int_equal(made.basis, HX_BASIS_DATE);
}

static void a_clock_that_has_ended_stays(void **state)
{
    (void)state;
    mark->share++;
    running.state = HX_CLOCK_PAUSED;
    assert_true(changed());
    running.state = HX_CLOCK_STOPPED;
    assert_false(changed());
    running.state = HX_CLOCK_VOID;
    assert_false(changed());
}

int main(void)
{
#define T(name) cmocka_unit_test_setup(name, anew)
    const struct CMUnitTest tests[] = {
        T(a_version_that_changes_nothing_moves_nothing),
        T(each_number_of_a_mark_counts),
        T(the_hours_in_which_nobody_is_woken_count),
        T(quiet_hours_are_those_of_a_zone),
        T(hours_of_higher_levels_do_not),
        T(a_longer_budget_moves_the_deadline),
        T(a_shorter_one_keeps_the_floor),
        T(a_clock_that_the_class_has_no_more_stays),
        T(a_date_stays),
        T(a_clock_that_has_ended_stays),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
