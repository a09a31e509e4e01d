/* Notices on their way, where the connection changes between two tries. */
#include "engine/machine/memory.h"
#include "engine/step.h"
#include "hongxin/instant.h"
#include "property/world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const int64_t NOW = WORLD_EVENING;

static struct world w;
static struct hx_case c;
static enum hx_reach up, read; /* of everybody; and how far a feed has been read */

static enum hx_reach is_up(void *ctx, const char *holder)
{
    (void)ctx;
    (void)holder;
    return up;
}

static enum hx_reach is_read(void *ctx, const char *id, uint64_t lsn)
{
    (void)ctx;
    (void)id;
    (void)lsn;
    return read;
}

static const hxp_reply *report(void)
{
    hxp_data d = HONGXIN__V1__DATA__INIT;
    d.class_ = (char *)"SMALL";
    d.place = (char *)"B-0417";
    return world_send(&w, &(struct world_event){.type = "REPORTED", .by = "reporter", .data = &d});
}

/* A complaint that was dispatched while nobody could be connected to. */
static int setup(void **state)
{
    (void)state;
    world_open(&w, NOW);
    w.m.reach = is_up;
    w.m.fetched = is_read;
    up = read = HX_REACH_DOWN;
    const hxp_reply *reply = report();
    assert_int_equal(reply->result, HONGXIN__V1__RESULT__ACCEPTED);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    world_close(&w);
    return 0;
}

static void load(void)
{
    assert_int_equal(w.m.ops->case_load(w.memory, 1, &c), HX_OK);
}

/* The last fact of a delivery among the entries since the last call. */
static const hxp_delivery_fact *delivery(void)
{
    const hxp_delivery_fact *found = NULL;
    size_t n;
    const hxp_entry *const *entries = hx_memory_take(w.memory, &n);
    for (size_t i = 0; i < n; i++)
        for (size_t f = 0; f < entries[i]->n_facts; f++)
            if (entries[i]->facts[f]->fact_case == HONGXIN__V1__FACT__FACT_DELIVERY)
                found = entries[i]->facts[f]->delivery;
    return found;
}

static void a_try_that_fails_is_followed_by_the_next(void **state)
{
    (void)state;
    load();
    assert_int_equal(c.n_sendings, 1);
    (void)delivery();
    world_wait(&w, NOW + 6 * HX_SECOND);
    const hxp_delivery_fact *f = delivery();
    assert_non_null(f);
    assert_string_equal(f->result, "FAILED");
    assert_string_equal(f->error, "no connection");
    assert_string_equal(f->fault, "THEIRS");
    assert_true(f->next == NOW + 15 * HX_SECOND);
}

/* The receiver is back but has not read so far: the feed has it, and asks for no receipt. */
static void a_feed_that_is_up_again_has_it(void **state)
{
    (void)state;
    world_wait(&w, NOW + 6 * HX_SECOND);
    (void)delivery();
    up = read = HX_REACH_UP;
    world_wait(&w, NOW + 16 * HX_SECOND);
    const hxp_delivery_fact *f = delivery();
    assert_non_null(f);
    assert_string_equal(f->result, "SENT");
    assert_int_equal(f->next, 0);
    load();
    assert_int_equal(c.n_sendings, 0);
}

static void what_was_read_meanwhile_has_arrived(void **state)
{
    (void)state;
    world_wait(&w, NOW + 6 * HX_SECOND);
    (void)delivery();
    up = HX_REACH_UP;
    read = HX_REACH_FETCHED;
    world_wait(&w, NOW + 16 * HX_SECOND);
    const hxp_delivery_fact *f = delivery();
    assert_non_null(f);
    assert_string_equal(f->result, "DELIVERED");
    load();
    assert_int_equal(c.n_sendings, 0);
}

/* Read in the last moment and not taken: it is deemed, and nobody tries to send it any more. */
static void what_is_read_and_not_taken_is_deemed(void **state)
{
    (void)state;
    world_wait(&w, NOW + 16 * HX_SECOND);
    (void)delivery();
    up = HX_REACH_UP;
    read = HX_REACH_FETCHED;
    world_wait(&w, NOW + 30 * HX_SECOND + 1);
    size_t n;
    const hxp_delivery_fact *deemed = NULL, *arrived = NULL;
    const hxp_entry *const *entries = hx_memory_take(w.memory, &n);
    for (size_t i = 0; i < n; i++)
        for (size_t f = 0; f < entries[i]->n_facts; f++)
            if (entries[i]->facts[f]->fact_case == HONGXIN__V1__FACT__FACT_DELIVERY) {
                const hxp_delivery_fact *d = entries[i]->facts[f]->delivery;
                deemed = strcmp(d->result, "DEEMED") == 0 ? d : deemed;
                arrived = strcmp(d->result, "DELIVERED") == 0 ? d : arrived;
            }
    assert_true(deemed && arrived);
    assert_string_equal(deemed->error, "fetched, not taken");
    assert_string_equal(deemed->fault, "THEIRS");
    load();
    assert_int_equal(c.state, hx_rules_state(w.m.rules, "HELD"));
    assert_true(c.flags & HX_FLAG_DEEMED);
}

/* By our fault nobody is late, and it is tried anew as soon as that is over. */
static void what_we_could_not_send_is_our_fault(void **state)
{
    (void)state;
    (void)delivery();
    up = read = HX_REACH_OURS;
    world_wait(&w, NOW + 6 * HX_SECOND);
    const hxp_delivery_fact *f = delivery();
    assert_non_null(f);
    assert_string_equal(f->result, "FAILED");
    assert_string_equal(f->error, "our outage");
    assert_string_equal(f->fault, "OURS");
    load();
    assert_true(c.n_sendings == 1 && c.sendings[0].ours);
}

/* Its timer comes up for another reason when an event was read in the millisecond of a look that
 * runs still: the look is made when that is over. */
static void a_look_is_not_lost_to_what_is_read_with_it(void **state)
{
    (void)state;
    up = read = HX_REACH_OURS;
    const hxp_reply *reply = report();
    assert_int_equal(reply->result, HONGXIN__V1__RESULT__ACCEPTED);
    world_wait(&w, NOW + HX_HOUR + 2 * HX_MINUTE);
    assert_int_equal(w.m.ops->case_load(w.memory, reply->case_number, &c), HX_OK);
    const struct hx_clock *k = hx_clock_find(&c, hx_rules_clock(w.m.rules, "K_DELIVERY"));
    assert_non_null(k);
    const int64_t every = 30 * HX_SECOND;
    int64_t at = k->start + ((w.m.now - k->start) / every + 1) * every;
    assert_true(k->deadline > at && k->basis == HX_BASIS_OUTAGE);
    hx_machine_set_time(&w.m, at);
    hx_machine_set_time(&w.m, at - 1);
    assert_int_equal(hx_machine_due(&w.m, reply->case_number, at), HX_OK);
    assert_int_equal(w.m.ops->case_load(w.memory, reply->case_number, &c), HX_OK);
    assert_true(c.due_row == at);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(a_try_that_fails_is_followed_by_the_next), T(a_feed_that_is_up_again_has_it),
        T(what_was_read_meanwhile_has_arrived),      T(what_is_read_and_not_taken_is_deemed),
        T(what_we_could_not_send_is_our_fault),      T(a_look_is_not_lost_to_what_is_read_with_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
