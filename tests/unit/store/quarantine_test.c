/* What was refused is kept aside: how much, under which number, and what became of it. */
#include "unit/store/fixture.h"

#include <lmdb.h>
#include <stdio.h>
#include <string.h>

static size_t quarantine_open(struct fx *fx)
{
    struct hx_store_stats s;
    assert_int_equal(hx_store_stats(fx->st, &s), HX_OK);
    return s.quarantine_open;
}

struct oldest {
    uint64_t first;
    size_t n;
    char reason[64];
};

static int look(void *ctx, const struct hx_quarantined *row)
{
    struct oldest *o = ctx;
    assert_true(row->size == 3);
    if (!o->n++) {
        o->first = row->number;
        snprintf(o->reason, sizeof o->reason, "%s", row->reason);
    }
    return 0;
}

static void quarantine_is_bounded(void **state)
{
    struct fx *fx = *state;
    struct oldest o = {0};
    fx_begin(fx);
    for (int i = 0; i < HX_QUARANTINE_MAX + 5; i++)
        assert_int_equal(
            fx->ops->quarantine(fx->st, (const uint8_t *)"bad", 3, i == 5 ? "sixth" : "other"),
            HX_OK);
    fx_commit(fx);
    fx_reopen(fx);
    assert_int_equal(hx_store_quarantined(fx->st, 0, look, &o), HX_OK);
    assert_int_equal(o.n, HX_QUARANTINE_MAX);
    assert_int_equal(o.first, 6);
    assert_string_equal(o.reason, "sixth");
    assert_int_equal(quarantine_open(fx), HX_QUARANTINE_MAX);
}

static struct hx_row_name set_aside(struct fx *fx, const char *reason)
{
    struct hx_row_name row;
    uint64_t before = hx_store_quarantine_next(fx->st);
    assert_false(hx_store_quarantine_newest(fx->st, before, &row));
    assert_int_equal(fx->ops->quarantine(fx->st, (const uint8_t *)"bad", 3, reason), HX_OK);
    assert_true(hx_store_quarantine_newest(fx->st, before, &row));
    return row;
}

static int keep_row(void *ctx, const struct hx_quarantined *row)
{
    struct hx_quarantined *rows = ctx;
    assert_int_equal(row->size, 3);
    assert_memory_equal(row->bytes, "bad", 3);
    assert_string_equal(row->reason, row->number == 1 ? "UNKNOWN_PLACE" : "UNKNOWN_PLACE again");
    rows[row->number] = *row;
    return 0;
}

/* What came again is done: refused once more it is another row, taken it is an entry. */
static void a_quarantined_row_says_what_became_of_it(void **state)
{
    struct fx *fx = *state;
    struct hx_quarantined rows[4] = {{0}};
    fx_begin(fx);
    const struct hx_row_name first = set_aside(fx, "UNKNOWN_PLACE");
    const struct hx_row_name second = set_aside(fx, "UNKNOWN_PLACE again");
    const struct hx_row_name another = {first.number, first.at + 1};
    const struct hx_row_end again = {.again = second.number}, taken = {.lsn = 7};
    assert_int_equal(hx_store_quarantine_close(fx->st, &another, &taken), HX_NOTFOUND);
    assert_int_equal(hx_store_quarantine_close(fx->st, &first, &again), HX_OK);
    fx_commit(fx);
    assert_int_equal(quarantine_open(fx), 1);
    fx_begin(fx);
    assert_int_equal(hx_store_quarantine_close(fx->st, &second, &taken), HX_OK);
    assert_int_equal(hx_store_quarantine_close(fx->st, &first, &taken), HX_OK);
    fx_commit(fx);
    fx_reopen(fx);
    assert_int_equal(hx_store_quarantined(fx->st, 0, keep_row, rows), HX_OK);
    assert_int_equal(rows[1].again, 2);
    assert_int_equal(rows[1].lsn, 0); /* as it was said first */
    assert_int_equal(rows[1].at, first.at);
    assert_int_equal(rows[2].lsn, 7);
    assert_true(rows[2].number == 2 && !rows[2].again);
    assert_int_equal(quarantine_open(fx), 0);
    assert_int_equal(fx_quarantined(fx), 2);
}

/* A batch that fails has closed nothing. */
static void an_aborted_end_is_none(void **state)
{
    struct fx *fx = *state;
    const struct hx_row_end taken = {.lsn = 7};
    fx_begin(fx);
    const struct hx_row_name row = set_aside(fx, "UNKNOWN_PLACE");
    fx_commit(fx);
    fx_begin(fx);
    assert_int_equal(hx_store_quarantine_close(fx->st, &row, &taken), HX_OK);
    hx_store_abort(fx->st);
    assert_int_equal(quarantine_open(fx), 1);
}

static int count_row(void *ctx, const struct hx_quarantined *row)
{
    assert_true(row->number);
    ++*(size_t *)ctx;
    return 0;
}

static void a_row_of_the_quarantine_without_a_number_hides_nobody(void **state)
{
    struct fx *fx = *state;
    size_t rows = 0;
    fx_begin(fx);
    assert_int_equal(fx->ops->quarantine(fx->st, (const uint8_t *)"bad", 3, "A"), HX_OK);
    assert_int_equal(fx->ops->quarantine(fx->st, (const uint8_t *)"bad", 3, "B"), HX_OK);
    fx_commit(fx);
    fx_raw_row(fx, "quarantine", (MDB_val){9, (char[]){"\0\0\0\0\0\0\0\1x"}}, "damaged key", 11);
    fx_reopen(fx);
    assert_int_equal(hx_store_quarantined(fx->st, 0, count_row, &rows), HX_OK);
    assert_int_equal(rows, 2);
}

/* An answer names the row of its own event. */
static void what_is_damaged_is_not_taken_for_the_refused_event(void **state)
{
    struct fx *fx = *state;
    struct hx_row_name row;
    struct hx_source source;
    uint64_t number;
    fx_raw_row(fx, "ref", (MDB_val){12, (char[]){"hotline\0GD-1"}}, "short", 5);
    fx_raw_row(fx, "source", (MDB_val){8, (char[]){"kiosk-1"}}, "short", 5);
    fx_reopen(fx);
    fx_begin(fx);
    uint64_t before = hx_store_quarantine_next(fx->st);
    assert_int_equal(fx->ops->ref_load(fx->st, "hotline", "GD-1", &number), HX_NOTFOUND);
    assert_false(hx_store_quarantine_newest(fx->st, before, &row));
    assert_int_equal(fx->ops->quarantine(fx->st, (const uint8_t *)"bad", 3, "A"), HX_OK);
    assert_int_equal(fx->ops->source_load(fx->st, "kiosk-1", &source), HX_NOTFOUND);
    assert_true(hx_store_quarantine_newest(fx->st, before, &row));
    assert_int_equal(row.number, before + 1);
    fx_commit(fx);
    assert_int_equal(fx_quarantined(fx), 3);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, fx_setup, fx_teardown)
    const struct CMUnitTest tests[] = {
        T(quarantine_is_bounded),
        T(a_quarantined_row_says_what_became_of_it),
        T(an_aborted_end_is_none),
        T(a_row_of_the_quarantine_without_a_number_hides_nobody),
        T(what_is_damaged_is_not_taken_for_the_refused_event),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
