/* Projections: steps, cursors, rebuilding. */
#include "base/log.h"
#include "store/impl.h"
#include "store/projection/apply.h"

#include <inttypes.h>

enum { STATE_SIZE = 18 };

static const struct {
    const char *name, *cursor;
    enum store_table table; /* generation 0; generation 1 follows it */
    int (*apply)(const struct apply *a);
} projections[PROJECTIONS] = {
    [P_FEED] = {"feed", "=feed", T_FEED_A, apply_feed},
    [P_OPEN] = {"open", "=open", T_OPEN_A, apply_open},
    [P_TALLY] = {"tally", "=tally", T_TALLY_A, apply_tally},
};

enum store_table store_projection_table(enum projection p, uint8_t generation)
{
    return projections[p].table + (generation & 1);
}

/* ---- Cursors ---- */

int store_projection_save(struct hx_store *st, enum projection p, struct projection_state s)
{
    uint8_t bytes[STATE_SIZE];
    const char *name = projections[p].cursor;
    be64_put(bytes, s.lsn);
    bytes[8] = s.live;
    bytes[9] = s.building;
    be64_put(bytes + 10, s.built);
    return store_put(st, T_CURSOR, val_of(name, strlen(name)), val_of(bytes, sizeof bytes), 0);
}

int store_projections_load(struct hx_store *st, MDB_txn *txn)
{
    for (int p = 0; p < PROJECTIONS; p++) {
        const char *name = projections[p].cursor;
        MDB_val key = val_of(name, strlen(name)), value;
        int err = store_error(mdb_get(txn, st->dbi[T_CURSOR], &key, &value), false);
        if (err == HX_NOTFOUND)
            continue;
        if (err)
            return err;
        if (value.mv_size < STATE_SIZE)
            return HX_CORRUPT;
        const uint8_t *b = value.mv_data;
        st->projections[p] = (struct projection_state){
            .lsn = be64_get(b), .live = b[8] & 1, .building = b[9], .built = be64_get(b + 10)};
    }
    return HX_OK;
}

/* Live projections move together; the lowest is the safe answer. */
uint64_t store_applied(const struct hx_store *st)
{
    uint64_t lsn = UINT64_MAX;
    for (int p = 0; p < PROJECTIONS; p++) {
        if (st->projections[p].lsn < lsn)
            lsn = st->projections[p].lsn;
    }
    return lsn;
}

size_t hx_store_project_behind(const struct hx_store *st)
{
    return st->txn ? st->tail_before : st->tail.n;
}

bool hx_store_rebuilding(const struct hx_store *st)
{
    for (int p = 0; p < PROJECTIONS; p++) {
        if (st->projections[p].building)
            return true;
    }
    return false;
}

/* ---- Journal back into items ---- */

static bool behind(MDB_val key, uint64_t upto)
{
    return key.mv_size == 8 && be64_get(key.mv_data) > upto;
}

/* What cannot be decoded is counted and passed over. */
static int collect_one(struct store_collect *c, MDB_val key, MDB_val value, struct hx_arena *arena)
{
    if (key.mv_size != 8) { /* a damaged page; it has no place among the others */
        c->bad++;
        return HX_OK;
    }
    hxp_entry *e = store_entry_unpack(c->st, value.mv_data, value.mv_size, arena);
    c->last = be64_get(key.mv_data);
    c->n++;
    c->bad += !e && !hx_arena_failed(arena);
    if (e)
        return tail_add(c->tail, e);
    return hx_arena_failed(arena) ? HX_NOMEM : HX_OK;
}

int store_collect(struct store_collect *c)
{
    MDB_cursor *cur;
    struct key k = {.size = 0};
    struct hx_arena arena;
    MDB_val key, value;
    int rc = mdb_cursor_open(c->txn, c->journal, &cur);
    if (rc)
        return store_error(rc, false);
    hx_arena_init(&arena, 0);
    key_add64(&k, c->after + 1);
    key = key_val(&k);
    int err = HX_OK;
    rc = store_walk(cur, &key, &value, MDB_SET_RANGE);
    c->last = c->after;
    while (!rc && !err && c->n < c->max && !behind(key, c->upto)) {
        err = collect_one(c, key, value, &arena);
        hx_arena_reset(&arena);
        rc = store_walk(cur, &key, &value, MDB_NEXT);
    }
    hx_arena_fini(&arena);
    mdb_cursor_close(cur);
    return err || rc == MDB_NOTFOUND ? err : store_error(rc, false);
}

/* ---- Steps ---- */

static int apply_to(struct hx_store *st, enum projection p, uint8_t generation, struct apply a)
{
    a.txn = st->txn;
    a.dbi = st->dbi[store_projection_table(p, generation)];
    return store_fail(st, projections[p].apply(&a));
}

/* The oldest items of the tail go into all three. */
static int live_step(struct hx_store *st, size_t max, size_t *done)
{
    struct projection_state next[PROJECTIONS];
    size_t n = st->tail.n < max ? st->tail.n : max;
    if (!n)
        return HX_OK;
    int err = hx_store_begin(st);
    if (err)
        return err;
    memcpy(next, st->projections, sizeof next);
    for (int p = 0; p < PROJECTIONS && !err; p++) {
        struct apply a = {.tail = &st->tail, .from = 0, .n = n};
        /* only after damage repaired by hand can one be ahead of the others */
        while (a.n && st->tail.items[a.from].lsn <= next[p].lsn)
            a.from++, a.n--;
        if (a.n)
            err = apply_to(st, p, next[p].live, a);
        if (next[p].lsn < st->tail.items[n - 1].lsn)
            next[p].lsn = st->tail.items[n - 1].lsn;
        if (!err)
            err = store_projection_save(st, p, next[p]);
    }
    err = hx_store_commit(st);
    if (err)
        return err;
    memcpy(st->projections, next, sizeof next);
    tail_drop(&st->tail, n);
    *done += n;
    return HX_OK;
}

static int empty_table(struct hx_store *st, enum projection p, uint8_t generation)
{
    MDB_dbi dbi = st->dbi[store_projection_table(p, generation)];
    return store_fail(st, store_error(mdb_drop(st->txn, dbi, 0), false));
}

/* The new rows have caught up: they serve from now on, the old ones go. */
static int swap(struct hx_store *st, enum projection p, struct projection_state *s)
{
    int err = empty_table(st, p, s->live);
    s->live ^= 1;
    s->building = false;
    s->built = 0;
    hx_log(HX_LOG_INFO, "event=projection_rebuilt name=%s lsn=%" PRIu64, projections[p].name,
           s->lsn);
    return err;
}

static int build_step(struct hx_store *st, enum projection p, size_t max, size_t *done)
{
    struct projection_state next = st->projections[p];
    struct tail tail;
    int err = tail_init(&tail);
    if (err)
        return err;
    err = hx_store_begin(st);
    if (err)
        goto free_tail;
    struct store_collect c = {.st = st,
                              .txn = st->txn,
                              .journal = st->dbi[T_JOURNAL],
                              .after = next.built,
                              .upto = next.lsn,
                              .max = max,
                              .tail = &tail};
    err = store_fail(st, store_collect(&c));
    if (!err && tail.n)
        err = apply_to(st, p, next.live ^ 1, (struct apply){.tail = &tail, .n = tail.n});
    next.built = c.last;
    if (!err && c.n < max)
        err = swap(st, p, &next);
    if (!err)
        (void)store_projection_save(st, p, next);
    err = hx_store_commit(st);
    if (!err) {
        st->projections[p] = next;
        *done += c.n;
    }
free_tail:
    tail_fini(&tail);
    return err;
}

int hx_store_project(struct hx_store *st, size_t max_entries, size_t *done)
{
    size_t max = max_entries ? max_entries : HX_PROJECT_STEP;
    *done = 0;
    if (st->txn || st->readonly)
        return HX_INVALID;
    int err = live_step(st, max, done);
    for (int p = 0; p < PROJECTIONS && !err; p++) {
        if (st->projections[p].building)
            return build_step(st, p, max, done);
    }
    return err;
}

/* ---- Rebuilding ---- */

/* What pruned entries counted is not in the journal any more. */
static int copy_pruned(struct hx_store *st, uint8_t generation)
{
    MDB_cursor *from, *to;
    MDB_val key, value;
    int err = store_cursor(st, T_PRUNED, &from);
    if (!err)
        err = store_cursor(st, store_projection_table(P_TALLY, generation), &to);
    int rc = err ? 0 : mdb_cursor_get(from, &key, &value, MDB_FIRST);
    while (!err && !rc) {
        uint8_t copy[KEY_MAX + 8]; /* the row lies in a page of the same environment */
        size_t size = key.mv_size;
        memcpy(copy, key.mv_data, size);
        memcpy(copy + size, value.mv_data, 8);
        key = val_of(copy, size);
        value = val_of(copy + size, 8);
        rc = mdb_cursor_put(to, &key, &value, MDB_APPEND);
        if (!rc)
            rc = mdb_cursor_get(from, &key, &value, MDB_NEXT);
    }
    return err || rc == MDB_NOTFOUND ? err : store_fail(st, store_error(rc, false));
}

int hx_store_rebuild(struct hx_store *st, const char *projection)
{
    int p = 0;
    if (st->txn || st->readonly)
        return HX_INVALID;
    while (p < PROJECTIONS && strcmp(projections[p].name, projection) != 0)
        p++;
    if (p == PROJECTIONS)
        return HX_NOTFOUND;
    struct projection_state next = st->projections[p];
    next.building = true;
    next.built = 0;
    int err = hx_store_begin(st);
    if (err)
        return err;
    err = empty_table(st, p, next.live ^ 1);
    if (!err && p == P_TALLY)
        err = copy_pruned(st, next.live ^ 1);
    if (!err)
        (void)store_projection_save(st, p, next);
    err = hx_store_commit(st); /* errors are sticky: it returns the first one */
    if (!err)
        st->projections[p] = next;
    return err;
}
