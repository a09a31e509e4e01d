/* Forgetting old cases. The sweep goes up the journal once; when it comes to the last entry of a
 * case that is old and not open, the whole chain behind it goes, with its seen and feed rows. So
 * everything at or above the sweep is complete, and below it lie only entries of cases that still
 * live. What the entries counted is kept in `pruned`, from which a rebuild of `tally` starts. */
#include "store/backend.h"
#include "store/impl.h"
#include "store/key.h"
#include "store/projection/apply.h"
#include "store/projection/set.h"

struct sweep {
    struct hx_store *st;
    int64_t before;
    struct hx_arena arena;
    struct tail gone; /* the removed entries */
};

static int sweep_entry(struct sweep *s, uint64_t lsn, hxp_entry **e)
{
    struct key k = {.size = 0};
    MDB_val value;
    *e = NULL;
    key_add64(&k, lsn);
    int err = store_get(s->st, T_JOURNAL, key_val(&k), &value);
    if (err)
        return err == HX_NOTFOUND ? HX_OK : err;
    hx_arena_reset(&s->arena);
    *e = store_entry_unpack(s->st, value.mv_data, value.mv_size, &s->arena);
    return !*e && hx_arena_failed(&s->arena) ? store_fail(s->st, HX_NOMEM) : HX_OK;
}

static int absent_ok(int err)
{
    return err == HX_NOTFOUND ? HX_OK : err;
}

/* Only a row that names this entry: a second event with the same id does not own it. */
static int drop_name(struct sweep *s, const char *source, const char *id, uint64_t lsn)
{
    struct key k;
    MDB_val value = {0, NULL};
    key_pair(&k, source, id);
    int err = absent_ok(store_get(s->st, T_SEEN, key_val(&k), &value));
    if (!err && value.mv_size >= 32 && be64_get((const uint8_t *)value.mv_data + 24) == lsn)
        err = absent_ok(store_del(s->st, T_SEEN, key_val(&k)));
    return err;
}

/* The event's id, and the number with which its source counted. */
static int drop_seen(struct sweep *s, const hxp_entry *e)
{
    ProtobufCAllocator memory = hx_arena_allocator(&s->arena); /* with the entry's life */
    struct hx_counted number;
    if (!e->event.len)
        return HX_OK;
    const hxp_event *event = hongxin__v1__event__unpack(&memory, e->event.len, e->event.data);
    if (!event)
        return hx_arena_failed(&s->arena) ? store_fail(s->st, HX_NOMEM) : HX_OK;
    int err = drop_name(s, event->source, event->id, e->lsn);
    hx_counted_name(&number, HX_COUNTER_SOURCE, event->source, event->source_seq);
    if (!err && event->source_seq)
        err = drop_name(s, number.source, number.id, e->lsn);
    return err;
}

static int drop_feed(struct sweep *s, const hxp_entry *e)
{
    enum store_table t = store_projection_table(P_FEED, s->st->projections[P_FEED].live);
    MDB_cursor *cur;
    int err = store_cursor(s->st, t, &cur);
    for (size_t i = 0; i < e->n_audience && !err; i++) {
        struct set_op op = {.number = e->lsn, .add = false};
        struct key k;
        key_text(&k, e->audience[i]);
        err = store_fail(s->st, store_error(set_apply(cur, &k, &op, 1), false));
    }
    return err;
}

static int drop_entry(struct sweep *s, const hxp_entry *e)
{
    struct key k = {.size = 0};
    key_add64(&k, e->lsn);
    int err = store_fail(s->st, tail_add(&s->gone, e));
    if (!err)
        err = drop_seen(s, e);
    if (!err)
        err = drop_feed(s, e);
    return err ? err : absent_ok(store_del(s->st, T_JOURNAL, key_val(&k)));
}

/* `e` is the last of its chain. */
static int drop_chain(struct sweep *s, hxp_entry *e)
{
    int err = HX_OK;
    while (e && !err) {
        uint64_t lsn = e->lsn, prev = e->case_number ? e->prev_lsn : 0;
        err = drop_entry(s, e);
        e = NULL;
        if (!err && prev && prev < lsn)
            err = sweep_entry(s, prev, &e);
    }
    return err;
}

/* An outage or a jump of the clock: few, and every case that lived through one is judged by it. */
static bool disturbance(const hxp_entry *e)
{
    return !e->case_number && e->n_facts &&
           e->facts[0]->fact_case == HONGXIN__V1__FACT__FACT_ALARM &&
           e->facts[0]->alarm->disturbance;
}

/* A legal hold stops the sweep before the case's last entry: what follows is kept with it. */
static int is_held(struct sweep *s, const hxp_entry *e, bool *held)
{
    *held = false;
    return e->case_number ? store_held(s->st, e->case_number, held) : HX_OK;
}

/* Whether it is the last entry of a case that is over, or belongs to none and may go. */
static int is_last(struct sweep *s, const hxp_entry *e, bool *last)
{
    struct hx_store *st = s->st;
    *last = !e->case_number;
    if (disturbance(e)) {
        *last = false;
        return HX_OK;
    }
    if (*last || e->open)
        return HX_OK;
    int err = store_case_load(st, e->case_number, &st->spare);
    *last = err == HX_NOTFOUND || (!err && st->spare.last_lsn == e->lsn);
    return absent_ok(err);
}

static int sweep(struct sweep *s, size_t max)
{
    struct hx_store *st = s->st;
    uint64_t upto = store_applied(st), newest = st->now.next_lsn - 1;
    int err = HX_OK;
    for (size_t n = 0; n < max && !err; n++) {
        hxp_entry *e;
        bool last = false, held = false;
        if (st->now.oldest > upto || st->now.oldest >= newest)
            break;
        err = sweep_entry(s, st->now.oldest, &e);
        if (err || (e && e->t_rec >= s->before))
            break;
        if (e)
            err = is_last(s, e, &last);
        if (!err && last)
            err = is_held(s, e, &held);
        if (held)
            break;
        if (!err && last)
            err = drop_chain(s, e);
        st->now.oldest++;
    }
    return err;
}

static int keep_counts(struct sweep *s)
{
    struct apply a = {
        .txn = s->st->txn, .dbi = s->st->dbi[T_PRUNED], .tail = &s->gone, .n = s->gone.n};
    return s->gone.n ? store_fail(s->st, apply_tally(&a)) : HX_OK;
}

int hx_store_prune(struct hx_store *st, int64_t before, size_t max, size_t *done)
{
    struct sweep s = {.st = st, .before = before};
    *done = 0;
    if (st->txn || st->readonly)
        return HX_INVALID;
    if (hx_store_rebuilding(st))
        return HX_AGAIN;
    int err = tail_init(&s.gone);
    if (err)
        return err;
    hx_arena_init(&s.arena, 0);
    err = hx_store_begin(st);
    if (err)
        goto free_all;
    uint64_t oldest = st->now.oldest;
    err = sweep(&s, max);
    if (!err)
        err = keep_counts(&s);
    if (!err && st->now.oldest != oldest)
        (void)store_meta_put(st, "oldest", st->now.oldest);
    err = hx_store_commit(st); /* errors are sticky: it returns the first one */
    if (!err)
        *done = s.gone.n;
free_all:
    hx_arena_fini(&s.arena);
    tail_fini(&s.gone);
    return err;
}
