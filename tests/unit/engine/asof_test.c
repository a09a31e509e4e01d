/* A case as it was: by the entries it stands on, and never by ones that are gone, damaged, or say
 * something else. */
#include "engine/machine/asof.h"
#include "engine/machine/memory.h"
#include "hongxin/instant.h"
#include "property/world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const int64_t NOW = WORLD_EVENING;
enum { A = 1, B = 2 };

static struct world w;
static struct hx_case c;

/* One entry as it is read, in place of what was written. */
static struct {
    uint64_t lsn;
    bool gone;
    uint8_t bytes[4096];
    size_t size;
} changed;

static int read_entry(void *ctx, uint64_t lsn, struct hx_arena *arena, const uint8_t **bytes,
                      size_t *size)
{
    (void)ctx;
    (void)arena;
    if (lsn != changed.lsn)
        return hx_memory_entry(w.memory, lsn, bytes, size);
    *bytes = changed.bytes;
    *size = changed.size;
    return changed.gone ? HX_NOTFOUND : HX_OK;
}

static int newest(void *ctx, uint64_t number, uint64_t *lsn)
{
    static struct hx_case of;
    (void)ctx;
    int rc = w.m.ops->case_load(w.memory, number, &of);
    *lsn = of.last_lsn;
    return rc;
}

static const struct hx_asof_journal journal = {
    .entry = read_entry, .newest = newest, .by_label = true};

static int asof(uint64_t lsn)
{
    return hx_asof(&journal, w.m.rules, w.m.city, lsn, &c);
}

static uint64_t send(const char *type, const char *ref, const char *by, hxp_data *d)
{
    const hxp_reply *reply =
        world_send(&w, &(struct world_event){.type = type, .by = by, .ref = ref, .data = d});
    if (reply->result != HONGXIN__V1__RESULT__ACCEPTED)
        fail_msg("%s: %s", reply->code, reply->message);
    world_wait(&w, w.m.now + HX_SECOND);
    return reply->lsn;
}

static uint64_t merged; /* the entry with which A went into B */

static int setup(void **state)
{
    hxp_data d = HONGXIN__V1__DATA__INIT, into = HONGXIN__V1__DATA__INIT;
    (void)state;
    memset(&changed, 0, sizeof changed);
    world_open(&w, NOW);
    d.class_ = (char *)"SMALL";
    d.place = (char *)"B-0417";
    send("REPORTED", "a", "reporter", &d);
    send("REPORTED", "b", "reporter", &d);
    send("HELD", "b", "holder:P-07/li", NULL);
    into.into = (char *)"b";
    into.why = (char *)"the same lift";
    merged = send("MERGED_INTO", "a", "dispatcher:C-03/zhao", &into);
    send("ARRIVED", "b", "holder:P-07/li", NULL);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    world_close(&w);
    return 0;
}

/* What is read of the entry is changed by `change`. */
static void change_entry(uint64_t lsn, void (*change)(hxp_entry *e))
{
    const uint8_t *bytes;
    size_t size;
    assert_int_equal(hx_memory_entry(w.memory, lsn, &bytes, &size), HX_OK);
    hxp_entry *e = hongxin__v1__entry__unpack(NULL, size, bytes);
    assert_non_null(e);
    change(e);
    changed.lsn = lsn;
    changed.size = hongxin__v1__entry__pack(e, changed.bytes);
    hongxin__v1__entry__free_unpacked(e, NULL);
}

static void put(char **text, const char *other)
{
    free(*text);
    *text = strdup(other);
}

static void each_entry_of_a_case_gives_what_was_known_then(void **state)
{
    uint64_t lsn, seen = 0;
    (void)state;
    assert_int_equal(newest(NULL, B, &lsn), HX_OK);
    while (lsn) {
        assert_int_equal(asof(lsn), HX_OK);
        assert_int_equal(c.number, B);
        assert_int_equal(c.last_lsn, lsn);
        seen++;
        const uint8_t *bytes;
        size_t size;
        assert_int_equal(hx_memory_entry(w.memory, lsn, &bytes, &size), HX_OK);
        hxp_entry *e = hongxin__v1__entry__unpack(NULL, size, bytes);
        lsn = e->prev_lsn;
        hongxin__v1__entry__free_unpacked(e, NULL);
    }
    assert_true(seen >= 4);
    assert_int_equal(asof(merged), HX_OK);
    assert_int_equal(c.merged_into, B);
}

static void the_entry_of_a_moment_is_found(void **state)
{
    uint64_t lsn, last;
    (void)state;
    assert_int_equal(newest(NULL, B, &last), HX_OK);
    assert_int_equal(hx_asof_find(&journal, B, INT64_MAX, &lsn), HX_OK);
    assert_int_equal(lsn, last);
    assert_int_equal(hx_asof_find(&journal, B, NOW + HX_SECOND, &lsn), HX_OK);
    assert_true(lsn < last);
    assert_int_equal(hx_asof_find(&journal, B, NOW - 1, &lsn), HX_NOTFOUND);
    assert_int_equal(hx_asof_find(&journal, 99, NOW, &lsn), HX_NOTFOUND);
}

static void what_was_pruned_is_not_made_up(void **state)
{
    uint64_t lsn, last;
    (void)state;
    assert_int_equal(newest(NULL, B, &last), HX_OK);
    changed.lsn = last;
    changed.gone = true;
    assert_int_equal(asof(last), HX_CORRUPT);
    assert_int_equal(hx_asof_find(&journal, B, NOW, &lsn), HX_CORRUPT);
    changed.lsn = 2; /* the report of B, on which all of it stands */
    assert_int_equal(asof(last), HX_CORRUPT);
    assert_int_equal(asof(merged), HX_CORRUPT); /* and A's merge has looked at it */
}

static void what_cannot_be_read_is_corrupt(void **state)
{
    uint64_t lsn, last;
    (void)state;
    assert_int_equal(newest(NULL, B, &last), HX_OK);
    changed.lsn = last;
    memset(changed.bytes, 0xFF, changed.size = 20);
    assert_int_equal(asof(last), HX_CORRUPT);
    assert_int_equal(hx_asof_find(&journal, B, NOW, &lsn), HX_CORRUPT);
}

static void other_state(hxp_entry *e)
{
    put(&e->state, "CLOSED");
}

static void other_holder(hxp_entry *e)
{
    put(&e->holder, "P-11");
}

static void other_class(hxp_entry *e)
{
    put(&e->class_, "EMERGENCY");
}

static void other_cause(hxp_entry *e)
{
    put(&e->cause, "COMMENT");
}

static void other_version(hxp_entry *e)
{
    e->case_version++;
}

/* What was decided must be decided again. */
static void what_the_journal_does_not_bear_out_is_no_answer(void **state)
{
    static void (*const changes[])(hxp_entry * e) = {other_state, other_holder, other_class,
                                                     other_cause, other_version};
    uint64_t last;
    (void)state;
    assert_int_equal(newest(NULL, B, &last), HX_OK);
    for (size_t i = 0; i < sizeof changes / sizeof *changes; i++) {
        change_entry(last, changes[i]);
        assert_int_equal(asof(last), HX_MISMATCH);
    }
    change_entry(2, other_holder); /* in an entry before it */
    assert_int_equal(asof(last), HX_MISMATCH);
}

static void back_to_itself(hxp_entry *e)
{
    e->prev_lsn = e->lsn;
}

static void on_to_a_later_one(hxp_entry *e)
{
    e->prev_lsn = e->lsn + 1;
}

/* Before, whoever asked for the past of such a case was never answered, nor anybody after him. */
static void a_chain_in_a_circle_has_an_end(void **state)
{
    static void (*const changes[])(hxp_entry * e) = {back_to_itself, on_to_a_later_one};
    uint64_t lsn, last;
    (void)state;
    assert_int_equal(newest(NULL, B, &last), HX_OK);
    for (size_t i = 0; i < 2; i++) {
        change_entry(last, changes[i]);
        assert_int_equal(hx_asof_find(&journal, B, NOW, &lsn), HX_CORRUPT);
        assert_int_equal(asof(merged), HX_CORRUPT); /* A's merge looks for B as it was then */
    }
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(each_entry_of_a_case_gives_what_was_known_then),
        T(the_entry_of_a_moment_is_found),
        T(what_was_pruned_is_not_made_up),
        T(what_cannot_be_read_is_corrupt),
        T(what_the_journal_does_not_bear_out_is_no_answer),
        T(a_chain_in_a_circle_has_an_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
