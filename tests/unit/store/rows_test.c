/* Every table of the accepting transaction, through the engine's backend. */
#include "base/owned.h"
#include "hongxin/number.h"
#include "unit/store/fixture.h"

#include <stdio.h>
#include <string.h>

static void new_case_is_found_after_reopening(void **state)
{
    struct fx *fx = *state;
    fx_begin(fx);
    uint64_t number = fx_report(fx, 1);
    fx_commit(fx);
    fx_reopen(fx);
    struct hx_case c;
    assert_int_equal(hx_store_case(fx->st, number, &c), HX_OK);
    assert_int_equal(c.number, number);
    assert_int_equal(c.due_row, fx->now + 5 * HX_MINUTE);
    assert_int_equal(hx_store_newest_lsn(fx->st), 1);
    assert_int_equal(hx_store_last_now(fx->st), fx->now);
    int64_t due;
    assert_int_equal(hx_store_due_first(fx->st, &due), HX_OK);
    assert_int_equal(due, fx->now + 5 * HX_MINUTE);
    assert_int_equal(fx_problems(fx), 0);
}

static void empty_store_says_so(void **state)
{
    struct fx *fx = *state;
    int64_t due;
    struct hx_case c;
    assert_int_equal(hx_store_oldest_lsn(fx->st), 1);
    assert_int_equal(hx_store_newest_lsn(fx->st), 0);
    assert_int_equal(hx_store_last_now(fx->st), 0);
    assert_int_equal(hx_store_due_first(fx->st, &due), HX_NOTFOUND);
    assert_int_equal(hx_store_case(fx->st, 1, &c), HX_NOTFOUND);
    assert_int_equal(strlen(hx_store_epoch(fx->st)), 32);
    assert_string_equal(fx_open_cases(fx, NULL), "");
    assert_true(hx_store_room(fx->st));
}

static void case_numbers_carry_the_partition(void **state)
{
    struct fx *fx = *state;
    fx_begin(fx);
    assert_int_equal(fx_report(fx, 1), 1);
    assert_int_equal(fx_report(fx, 2), 2);
    fx_commit(fx);
    fx_close(fx);
    char dir[160];
    snprintf(dir, sizeof dir, "%s-7", fx->dir);
    struct hx_store_options other = fx->options;
    other.path = dir;
    other.partition = 7;
    assert_int_equal(hx_store_open(&other, &fx->st, fx->problem), HX_OK);
    fx_begin(fx);
    assert_int_equal(fx_report(fx, 1), hx_number_make(7, 1));
    fx_commit(fx);
    fx_close(fx);
    assert_int_equal(hx_store_open(&other, &fx->st, fx->problem), HX_OK);
    fx_begin(fx);
    assert_int_equal(fx_report(fx, 2), hx_number_make(7, 2));
    fx_commit(fx);
    fx_close(fx);
    fx_remove(dir);
}

static void aborted_numbers_are_given_again(void **state)
{
    struct fx *fx = *state;
    fx_begin(fx);
    assert_int_equal(fx_report(fx, 1), 1);
    hx_store_abort(fx->st);
    assert_int_equal(hx_store_newest_lsn(fx->st), 0);
    assert_string_equal(fx_open_cases(fx, NULL), "");
    fx_begin(fx);
    assert_int_equal(fx_report(fx, 1), 1);
    fx_commit(fx);
    assert_int_equal(hx_store_newest_lsn(fx->st), 1);
}

static void seen_answers_for_ids_of_any_length(void **state)
{
    struct fx *fx = *state;
    char longest[2001];
    memset(longest, 'x', sizeof longest - 1);
    longest[sizeof longest - 1] = 0;
    struct hx_seen in = {.case_number = 5, .lsn = 9}, out;
    memset(in.digest, 7, sizeof in.digest);
    fx_begin(fx);
    assert_int_equal(fx->ops->seen_load(fx->st, "hotline", "a", &out), HX_NOTFOUND);
    assert_int_equal(fx->ops->seen_save(fx->st, "hotline", "a", &in), HX_OK);
    in.lsn = 10;
    assert_int_equal(fx->ops->seen_save(fx->st, "hotline", longest, &in), HX_OK);
    fx_commit(fx);
    fx_begin(fx);
    assert_int_equal(fx->ops->seen_load(fx->st, "hotline", "a", &out), HX_OK);
    assert_int_equal(out.lsn, 9);
    assert_int_equal(out.case_number, 5);
    assert_memory_equal(out.digest, in.digest, sizeof in.digest);
    assert_int_equal(fx->ops->seen_load(fx->st, "hotline", longest, &out), HX_OK);
    assert_int_equal(out.lsn, 10);
    longest[1999] = 'y';
    assert_int_equal(fx->ops->seen_load(fx->st, "hotline", longest, &out), HX_NOTFOUND);
    assert_int_equal(fx->ops->seen_load(fx->st, "hotlin", "ea", &out), HX_NOTFOUND);
    hx_store_abort(fx->st);
}

static void references_lead_to_their_case(void **state)
{
    struct fx *fx = *state;
    uint64_t number = 0;
    fx_begin(fx);
    fx_report(fx, 1);
    assert_int_equal(fx->ops->ref_save(fx->st, "hotline", "GD-2026-1", 1), HX_OK);
    assert_int_equal(fx->ops->ref_load(fx->st, "hotline", "GD-2026-1", &number), HX_OK);
    assert_int_equal(number, 1);
    assert_int_equal(hx_store_ref(fx->st, "hotline", "GD-2026-1", &number), HX_NOTFOUND);
    fx_commit(fx);
    assert_int_equal(hx_store_ref(fx->st, "hotline", "GD-2026-1", &number), HX_OK);
    assert_int_equal(hx_store_ref(fx->st, "wechat", "GD-2026-1", &number), HX_NOTFOUND);
}

static void sources_keep_what_is_missing(void **state)
{
    struct fx *fx = *state;
    struct hx_source in = {.top = 44, .missing = {3, 5}, .missing_since = {FX_T0, FX_T0 + 1}}, out;
    fx_begin(fx);
    assert_int_equal(fx->ops->source_load(fx->st, "kiosk-1", &out), HX_NOTFOUND);
    assert_int_equal(fx->ops->source_save(fx->st, "kiosk-1", &in), HX_OK);
    fx_commit(fx);
    fx_begin(fx);
    assert_int_equal(fx->ops->source_load(fx->st, "kiosk-1", &out), HX_OK);
    hx_store_abort(fx->st);
    assert_memory_equal(&in, &out, sizeof in);
}

static void questions_see_what_is_committed(void **state)
{
    struct fx *fx = *state;
    const struct hx_backend *seen = hx_store_committed();
    struct hx_source source = {.top = 17};
    hxp_entry *e;
    fx_begin(fx);
    assert_int_equal(fx->ops->source_save(fx->st, "pos", &source), HX_OK);
    fx_report(fx, 1);
    source.top = 0;
    assert_int_equal(seen->source_load(fx->st, "pos", &source), HX_NOTFOUND);
    assert_int_equal(seen->entry_load(fx->st, 1, &fx->arena, &e), HX_NOTFOUND);
    assert_null(e);
    fx_commit(fx);
    assert_int_equal(seen->source_load(fx->st, "pos", &source), HX_OK);
    assert_int_equal(source.top, 17);
    assert_int_equal(seen->entry_load(fx->st, 1, &fx->arena, &e), HX_OK);
    assert_int_equal(e->lsn, 1);
}

/* A question that finds no memory is one question: the batch goes on. */
static void a_question_without_memory_fails_no_batch(void **state)
{
    struct fx *fx = *state;
    struct hx_arena tight;
    hxp_entry *e;
    fx_begin(fx);
    fx_report(fx, 1);
    fx_commit(fx);
    hx_arena_init(&tight, 1);
    fx_begin(fx);
    assert_int_equal(hx_store_committed()->entry_load(fx->st, 1, &tight, &e), HX_NOMEM);
    fx_report(fx, 2);
    fx_commit(fx);
    hx_arena_fini(&tight);
}

static void parked_events_come_back_in_the_sources_order(void **state)
{
    struct fx *fx = *state;
    struct hx_parked p;
    const struct hx_parked in[] = {{.lsn = 10, .seq = 300, .t_rcv = FX_T0},
                                   {.lsn = 11, .seq = 2, .t_rcv = FX_T0 + 1},
                                   {.lsn = 12, .seq = 2, .t_rcv = FX_T0 + 2}};
    fx_begin(fx);
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(fx->ops->park(fx->st, "hotline", "R-1", &in[i]), HX_OK);
    assert_int_equal(fx->ops->park(fx->st, "hotline", "R-10", &in[0]), HX_OK);
    fx_commit(fx);
    fx_begin(fx);
    static const uint64_t order[] = {11, 12, 10};
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(fx->ops->unpark(fx->st, "hotline", "R-1", &p), HX_OK);
        assert_int_equal(p.lsn, order[i]);
    }
    assert_int_equal(p.t_rcv, FX_T0);
    assert_int_equal(fx->ops->unpark(fx->st, "hotline", "R-1", &p), HX_NOTFOUND);
    fx_commit(fx);
    size_t n;
    fx_begin(fx);
    assert_int_equal(hx_store_parked_drop(fx->st, FX_T0, 10, &n), HX_OK);
    assert_int_equal(n, 0);
    assert_int_equal(hx_store_parked_drop(fx->st, FX_T0 + 1, 10, &n), HX_OK);
    assert_int_equal(n, 1);
    fx_commit(fx);
}

static void batch_shows_what_was_appended(void **state)
{
    struct fx *fx = *state;
    const struct hx_stored *rows;
    assert_int_equal(hx_store_batch(fx->st, &rows), 0);
    fx_begin(fx);
    for (unsigned i = 0; i < 3000; i++)
        fx_report(fx, i);
    assert_int_equal(hx_store_batch(fx->st, &rows), 0);
    assert_int_equal(hx_store_batch_size(fx->st), 3000);
    fx_commit(fx);
    assert_int_equal(hx_store_batch(fx->st, &rows), 3000);
    for (size_t i = 0; i < 3000; i++) {
        hxp_entry *e = hongxin__v1__entry__unpack(NULL, rows[i].size, rows[i].bytes);
        assert_non_null(e);
        assert_int_equal(e->lsn, i + 1);
        assert_int_equal(rows[i].lsn, i + 1);
        assert_int_equal(rows[i].entry->lsn, i + 1);
        hongxin__v1__entry__free_unpacked(e, NULL);
    }
    fx_begin(fx);
    hx_store_abort(fx->st);
    assert_int_equal(hx_store_batch(fx->st, &rows), 0);
}

struct walked {
    uint64_t first, last;
    size_t n, stop_at;
};

static int walk(void *ctx, uint64_t lsn, const uint8_t *bytes, size_t size)
{
    struct walked *w = ctx;
    assert_true(size > 0 && bytes);
    if (!w->n++)
        w->first = lsn;
    w->last = lsn;
    return w->n == w->stop_at;
}

static void journal_is_read_from_anywhere(void **state)
{
    struct fx *fx = *state;
    fx_begin(fx);
    for (unsigned i = 0; i < 2500; i++)
        fx_report(fx, i);
    fx_commit(fx);
    struct walked w = {0};
    assert_int_equal(hx_store_entries(fx->st, 1, SIZE_MAX, SIZE_MAX, walk, &w), HX_OK);
    assert_int_equal(w.n, 2500);
    assert_int_equal(w.last, 2500);
    w = (struct walked){0};
    assert_int_equal(hx_store_entries(fx->st, 2490, 5, SIZE_MAX, walk, &w), HX_OK);
    assert_int_equal(w.first, 2490);
    assert_int_equal(w.last, 2494);
    w = (struct walked){0};
    assert_int_equal(hx_store_entries(fx->st, 1, SIZE_MAX, 1, walk, &w), HX_OK);
    assert_int_equal(w.n, 1);
    w = (struct walked){.stop_at = 3};
    assert_int_equal(hx_store_entries(fx->st, 1, SIZE_MAX, SIZE_MAX, walk, &w), HX_OK);
    assert_int_equal(w.n, 3);
    w = (struct walked){0};
    assert_int_equal(hx_store_entries(fx->st, 2501, SIZE_MAX, SIZE_MAX, walk, &w), HX_OK);
    assert_int_equal(w.n, 0);
}

/* Only the address sanitizer knows; it would also find whoever still looks at it. */
static void memory_is_gone(const void *p)
{
#ifdef HX_KNOWS_OWNERS
    assert_true(__asan_address_is_poisoned(p));
#else
    (void)p;
#endif
}

static int keep_bytes(void *kept, uint64_t lsn, const uint8_t *bytes, size_t size)
{
    (void)lsn;
    (void)size;
    *(const uint8_t **)kept = bytes;
    return 0;
}

static void rows_end_with_their_transaction(void **state)
{
    struct fx *fx = *state;
    const struct hx_stored *stored;
    const uint8_t *row = NULL;
    fx_begin(fx);
    fx_report(fx, 1);
    fx_commit(fx);
    assert_int_equal(hx_store_entries(fx->st, 1, 1, SIZE_MAX, keep_bytes, &row), HX_OK);
    assert_non_null(row);
    memory_is_gone(row);
    assert_int_equal(hx_store_batch(fx->st, &stored), 1);
    row = stored[0].bytes;
    assert_int_equal(row[0], 0x08); /* the LSN: it may be looked at until the next begin */
    fx_begin(fx);
    memory_is_gone(row);
    fx_report(fx, 2);
    fx_commit(fx);
}

static void history_follows_the_chain(void **state)
{
    struct fx *fx = *state;
    fx_begin(fx);
    uint64_t number = fx_report(fx, 1);
    fx_report(fx, 2);
    fx_put(fx, &(struct fx_entry){.number = number, .cause = "HELD", .holder = "P-2"});
    fx_report(fx, 3);
    fx_put(fx, &(struct fx_entry){.number = number, .cause = "ARRIVED", .holder = "P-2"});
    fx_commit(fx);
    struct walked w = {0};
    assert_int_equal(hx_store_history(fx->st, number, 10, walk, &w), HX_OK);
    assert_int_equal(w.n, 3);
    assert_int_equal(w.first, 5);
    assert_int_equal(w.last, 1);
    w = (struct walked){0};
    assert_int_equal(hx_store_history(fx->st, number, 2, walk, &w), HX_OK);
    assert_int_equal(w.n, 2);
    assert_int_equal(hx_store_history(fx->st, 99, 2, walk, &w), HX_NOTFOUND);
}

struct cursors {
    char text[256];
};

static int list_cursor(void *ctx, const char *name, uint64_t lsn)
{
    struct cursors *c = ctx;
    size_t n = strlen(c->text);
    snprintf(c->text + n, sizeof c->text - n, "%s=%u ", name, (unsigned)lsn);
    return 0;
}

static void cursors_join_the_next_transaction(void **state)
{
    struct fx *fx = *state;
    uint64_t lsn = 0;
    struct cursors list = {""};
    assert_int_equal(hx_store_cursor_load(fx->st, "P-07", &lsn), HX_NOTFOUND);
    assert_int_equal(hx_store_cursor_save(fx->st, "", 1), HX_INVALID);
    assert_int_equal(hx_store_cursor_save(fx->st, "P-07", 5), HX_OK);
    assert_int_equal(hx_store_cursor_save(fx->st, "P-07", 6), HX_OK);
    assert_int_equal(hx_store_cursor_save(fx->st, "board", 2), HX_OK);
    assert_int_equal(hx_store_cursors_pending(fx->st), 2);
    assert_int_equal(hx_store_cursor_load(fx->st, "P-07", &lsn), HX_OK);
    assert_int_equal(lsn, 6);
    fx_begin(fx);
    hx_store_abort(fx->st);
    assert_int_equal(hx_store_cursors_pending(fx->st), 2);
    fx_begin(fx);
    fx_report(fx, 1);
    fx_commit(fx);
    assert_int_equal(hx_store_cursors_pending(fx->st), 0);
    assert_int_equal(hx_store_cursor_save(fx->st, "wall", 9), HX_OK);
    fx_reopen(fx); /* closing writes what is pending */
    assert_int_equal(hx_store_cursor_load(fx->st, "P-07", &lsn), HX_OK);
    assert_int_equal(lsn, 6);
    assert_int_equal(hx_store_cursors(fx->st, list_cursor, &list), HX_OK);
    assert_string_equal(list.text, "P-07=6 board=2 wall=9 ");
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, fx_setup, fx_teardown)
    const struct CMUnitTest tests[] = {
        T(new_case_is_found_after_reopening),  T(empty_store_says_so),
        T(case_numbers_carry_the_partition),   T(aborted_numbers_are_given_again),
        T(seen_answers_for_ids_of_any_length), T(references_lead_to_their_case),
        T(questions_see_what_is_committed),    T(a_question_without_memory_fails_no_batch),
        T(sources_keep_what_is_missing),       T(parked_events_come_back_in_the_sources_order),
        T(batch_shows_what_was_appended),      T(journal_is_read_from_anywhere),
        T(history_follows_the_chain),          T(cursors_join_the_next_transaction),
        T(rows_end_with_their_transaction),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
