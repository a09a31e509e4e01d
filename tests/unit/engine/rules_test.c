/* A life cycle is checked as a whole: what is wrong with one is named with its line. Here the
 * shipped one is changed in memory, also to what no file can say; how a file's text is refused is
 * in unit/config/life_cycle_test.c. */
#include "config/life_cycle/life_cycle.h"
#include "engine/rules/rules.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct hx_rules *shipped, *r; /* a copy for each test */

static int load(void **state)
{
    (void)state;
    struct hx_problem problem;
    r = malloc(sizeof *r);
    return !r || hx_life_cycle_load(HX_SOURCE_DIR "/config/life-cycles/complaint.yaml", &shipped,
                                    &problem);
}

static int unload(void **state)
{
    (void)state;
    free(r);
    hx_life_cycle_free(shipped);
    return 0;
}

static int anew(void **state)
{
    (void)state;
    *r = *shipped;
    return 0;
}

static void refused(int line, const char *why)
{
    char problem[256];
    int at;
    assert_int_equal(hx_rules_check(r, &at, problem, sizeof problem), HX_CONFIG);
    if (!strstr(problem, why))
        fail_msg("\"%s\" does not say \"%s\"", problem, why);
    assert_int_equal(at, line);
}

static struct hx_clock_rule *clock_named(const char *name)
{
    return &r->clocks[hx_rules_clock(r, name)];
}

static struct hx_ladder_rule *ladder_named(const char *name)
{
    return &r->ladders[hx_rules_ladder(r, name)];
}

static void the_shipped_one_is_sound(void **state)
{
    (void)state;
    char problem[256];
    int line;
    assert_int_equal(hx_rules_check(r, &line, problem, sizeof problem), HX_OK);
    assert_string_equal(problem, "");
}

/* Rows that lead anywhere from a state, or none of them. */
static void set_leading_out(int state, bool out)
{
    for (int i = 0; i < r->n_transitions; i++) {
        uint32_t bit = UINT32_C(1) << state;
        if (r->transitions[i].to)
            r->transitions[i].from =
                out ? r->transitions[i].from | bit : r->transitions[i].from & ~bit;
    }
}

static void a_state_that_nobody_can_leave(void **state)
{
    (void)state;
    int held = hx_rules_state(r, "HELD");
    set_leading_out(held, false);
    r->states[held].line = 77;
    /* nobody comes to what follows it either, which is told first where it stands first */
    for (int i = held + 1; i < HX_RULES_STATES; i++)
        r->states[i].name[0] = '\0';
    refused(77, "state HELD is open but nothing leads out of it");
}

static void a_last_state_that_can_be_left(void **state)
{
    (void)state;
    int withdrawn = hx_rules_state(r, "WITHDRAWN");
    set_leading_out(withdrawn, true);
    refused(r->states[withdrawn].line, "state WITHDRAWN is terminal but something leads out of it");
}

static void a_level_without_a_time_or_a_receiver(void **state)
{
    (void)state;
    struct hx_mark_rule *m = &ladder_named("handover")->marks[0];
    m->at_ms = 0;
    refused(m->line, "ladder handover: level L1 has no time");
    m->at_ms = -1;
    refused(m->line, "level L1 has no time");
    m->receivers = 0;
    refused(m->line, "level L1 has no receiver");
}

static void a_promise_without_a_mark_of_its_breach(void **state)
{
    (void)state;
    struct hx_clock_rule *k = clock_named("K_ARRIVE");
    k->ladder = (int8_t)hx_rules_ladder(r, "handover");
    refused(k->line, "clock K_ARRIVE is a promise but nobody is told when it is broken");
    k->ladder = -1;
    refused(k->line, "clock K_ARRIVE is a promise but nobody is told when it is broken");
}

static void a_clock_after_which_nothing_follows(void **state)
{
    (void)state;
    int no = hx_rules_clock(r, "K_DELIVERY");
    for (int i = 0; i < r->n_transitions; i++)
        if (r->transitions[i].clock == no)
            r->transitions[i].clock = (int16_t)hx_rules_clock(r, "K_TRIAGE");
    refused(r->clocks[no].line,
            "clock K_DELIVERY ends and nothing follows: it needs a row `at: K_DELIVERY`");
    r->clocks[no].ladder = (int8_t)hx_rules_ladder(r, "handover"); /* somebody is told: enough */
    char problem[256];
    int line;
    int rc = hx_rules_check(r, &line, problem, sizeof problem);
    assert_true(rc == HX_OK || !strstr(problem, "K_DELIVERY"));
}

static void a_clock_without_a_time(void **state)
{
    (void)state;
    struct hx_clock_rule *k = clock_named("K_REOPEN_WINDOW");
    memset(k->budget_ms, 0, sizeof k->budget_ms);
    refused(k->line, "clock K_REOPEN_WINDOW has no budget and no date");
}

static void a_clock_that_waits_for_nothing_there_is(void **state)
{
    (void)state;
    struct hx_clock_rule *k = clock_named("K_TRIAGE");
    strcpy(k->until, "DONE");
    refused(k->line, "clock K_TRIAGE waits for an event DONE that does not exist");
}

/* ---- one version after another ---- */

static void does_not_follow(const char *why)
{
    char problem[256];
    assert_int_equal(hx_rules_follows(r, shipped, problem, sizeof problem), HX_CONFIG);
    if (!strstr(problem, why))
        fail_msg("\"%s\" does not say \"%s\"", problem, why);
}

static void a_version_comes_after_the_one_before(void **state)
{
    (void)state;
    char problem[256];
    does_not_follow("version 1 does not come after version 1");
    r->version = 0;
    does_not_follow("version 0 does not come after version 1");
    r->version = 2;
    assert_int_equal(hx_rules_follows(r, shipped, problem, sizeof problem), HX_OK);
}

/* What is stored names them by number. */
static void numbers_keep_their_names(void **state)
{
    (void)state;
    r->version = 2;
    strcpy(r->states[4].name, "OTHER");
    does_not_follow("state no 4 is OTHER, but ");
    *r = *shipped;
    r->version = 2;
    r->classes[2].name[0] = '\0';
    does_not_follow("class no 2 is missing, but SMALL in the version before");
    *r = *shipped;
    r->version = 2;
    strcpy(r->clocks[6].name, "K_SOLVE");
    does_not_follow("clock no 6 is K_SOLVE, but K_RESOLVE in the version before");
    *r = *shipped;
    r->version = 2;
    strcpy(r->clocks[31].name, "K_NEW"); /* one that was free */
    char problem[256];
    assert_int_equal(hx_rules_follows(r, shipped, problem, sizeof problem), HX_OK);
}

/* Whoever asks by a version that is not kept is answered by the newest. */
static void versions_are_found(void **state)
{
    (void)state;
    r->version = 2;
    r->from_lsn = 100;
    r->older = shipped;
    assert_ptr_equal(hx_rules_at(r, 1), shipped);
    assert_ptr_equal(hx_rules_at(r, 2), r);
    assert_ptr_equal(hx_rules_at(r, 7), r);
    assert_ptr_equal(hx_rules_in_force(r, 101), r);
    assert_ptr_equal(hx_rules_in_force(r, 100), shipped);
}

/* Numbers that stand for nothing have no name, and names that are none no number. */
static void closed_lists_end(void **state)
{
    (void)state;
    assert_string_equal(hx_level_name(-1), "");
    assert_string_equal(hx_level_name(HX_LEVEL_MAX + 1), "");
    assert_string_equal(hx_basis_name(0), "");
    assert_int_equal(hx_level_number("L6"), -1);
    assert_int_equal(hx_level_number(NULL), -1);
    assert_int_equal(hx_notice_kind_number("SHOUT"), -1);
    assert_int_equal(hx_role_number("holder", 6), HX_ROLE_holder);
    assert_int_equal(hx_role_number("holders", 7), -1);
    assert_int_equal(hx_rules_clock(shipped, NULL), -1);
    assert_int_equal(hx_rules_clock(shipped, ""), -1);
    assert_null(hx_rules_road(shipped, "pigeon"));
    assert_null(hx_rules_handover(shipped, "court")); /* refused, and nobody to call */
    assert_string_equal(hx_rules_handover(shipped, "fire"), "119");
}

int main(void)
{
#define T(name) cmocka_unit_test_setup(name, anew)
    const struct CMUnitTest tests[] = {
        T(the_shipped_one_is_sound),
        T(a_state_that_nobody_can_leave),
        T(a_last_state_that_can_be_left),
        T(a_level_without_a_time_or_a_receiver),
        T(a_promise_without_a_mark_of_its_breach),
        T(a_clock_after_which_nothing_follows),
        T(a_clock_without_a_time),
        T(a_clock_that_waits_for_nothing_there_is),
        T(a_version_comes_after_the_one_before),
        T(numbers_keep_their_names),
        T(versions_are_found),
        T(closed_lists_end),
    };
    return cmocka_run_group_tests(tests, load, unload);
}
