/* What was told late because of our outage is counted for each receiver, up to limits that only cut
 * names off, never the count. */
#include "base/text.h"
#include "engine/machine/memory.h"
#include "engine/notice/digest.h"
#include "property/world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const int64_t NOW = WORLD_EVENING;

static struct hx_digest d;

static int setup(void **state)
{
    (void)state;
    memset(&d, 0, sizeof d);
    return 0;
}

/* An entry with one notice, late by our outage. */
static void late(const char *to, const char *kind, const char *why)
{
    hxp_notice_fact notice = HONGXIN__V1__NOTICE_FACT__INIT;
    hxp_fact other = HONGXIN__V1__FACT__INIT, fact = HONGXIN__V1__FACT__INIT;
    hxp_fact *facts[] = {&other, &fact};
    hxp_entry e = HONGXIN__V1__ENTRY__INIT;
    notice.to = hx_text_field(to);
    notice.kind = hx_text_field(kind);
    notice.why = hx_text_field(why);
    notice.level = (char *)"L1";
    notice.clock = (char *)"K_ARRIVE";
    fact.fact_case = HONGXIN__V1__FACT__FACT_NOTICE;
    fact.notice = &notice;
    e.cause = (char *)"K_ARRIVE/L1";
    e.case_number = 7;
    e.lsn = 9;
    e.facts = facts;
    e.n_facts = 2;
    hx_digest_add(&d, &e);
}

static void only_what_is_late_by_us_is_counted(void **state)
{
    (void)state;
    late("manager:P-07", "WARNING", "");
    assert_int_equal(d.n, 0);
    late("manager:P-07", "WARNING", "our outage");
    late("manager:P-07", "SHOUT", "our outage");
    late("community:C-03", "WARNING", "our outage");
    assert_int_equal(d.n, 2);
    assert_int_equal(d.lines[0].notices, 2);
    assert_int_equal(d.items[0].notice.how, HX_NOTICE_WARNING);
    assert_int_equal(d.items[1].notice.how, 0); /* a kind that nobody knows */
    assert_int_equal(d.items[0].next, 2);       /* the second of the same receiver */
    hxp_entry told = HONGXIN__V1__ENTRY__INIT;
    told.cause = (char *)"DIGEST";
    hx_digest_add(&d, &told);
    assert_int_equal(d.n, 0);
    assert_int_equal(d.n_items, 0);
}

static void further_receivers_have_their_single_notices(void **state)
{
    char to[32];
    (void)state;
    for (unsigned i = 0; i <= HX_DIGEST_RECEIVERS; i++) {
        snprintf(to, sizeof to, "manager:P-%u", i);
        late(to, "WARNING", "our outage");
    }
    assert_int_equal(d.n, HX_DIGEST_RECEIVERS);
    late("manager:P-0", "WARNING", "our outage"); /* who has a line goes on counting */
    assert_int_equal(d.lines[0].notices, 2);
    for (unsigned i = 0; i < HX_DIGEST_RECEIVERS; i++) {
        snprintf(to, sizeof to, "manager:P-%u", i);
        assert_string_equal(d.lines[i].to, to);
    }
}

static void further_notices_are_counted_and_not_named(void **state)
{
    (void)state;
    for (unsigned i = 0; i < HX_DIGEST_ITEMS + 5; i++)
        late("manager:P-07", "WARNING", "our outage");
    assert_int_equal(d.n, 1);
    assert_int_equal(d.n_items, HX_DIGEST_ITEMS);
    assert_int_equal(d.lines[0].notices, HX_DIGEST_ITEMS + 5);
}

/* Not while what was sent meanwhile is read, nor while the clock is in doubt. */
static void it_is_told_when_everything_is_judged(void **state)
{
    struct world w;
    size_t n;
    (void)state;
    world_open(&w, NOW);
    assert_false(hx_digest_due(&d, &w.m, false));
    assert_true(hx_digest_due(&d, &w.m, true)); /* an end that is owed */
    late("manager:P-07", "WARNING", "our outage");
    late("community:C-03", "WARNING", "our outage");
    w.m.dist.draining = true;
    assert_false(hx_digest_due(&d, &w.m, false));
    w.m.dist = (struct hx_disturbance){.doubt = true};
    assert_false(hx_digest_due(&d, &w.m, true));
    w.m.dist.doubt = false;
    assert_true(hx_digest_due(&d, &w.m, false));
    assert_int_equal(hx_machine_digest(&w.m, &d), HX_OK);
    const hxp_entry *const *entries = hx_memory_take(w.memory, &n);
    assert_int_equal(n, 2);
    assert_string_equal(entries[0]->facts[0]->notice->to, "manager:P-07");
    assert_string_equal(entries[0]->facts[0]->notice->why, "our outage: 1 notices");
    assert_int_equal(entries[0]->facts[0]->notice->n_lines, 1);
    world_close(&w);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup(name, setup)
    const struct CMUnitTest tests[] = {
        T(only_what_is_late_by_us_is_counted),
        T(further_receivers_have_their_single_notices),
        T(further_notices_are_counted_and_not_named),
        T(it_is_told_when_everything_is_judged),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
