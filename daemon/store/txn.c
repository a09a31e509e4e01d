/* Transactions: the sticky write transaction and the short, nesting read transaction. */
#include "base/grown.h"
#include "base/log.h"
#include "base/owned.h"
#include "store/impl.h"
#include "store/key.h"

#include <stdlib.h>

/* ---- Writing ---- */

int store_fail(struct hx_store *st, int err)
{
    if (err && err != HX_NOTFOUND && !st->err)
        st->err = err;
    return err;
}

int store_writable(const struct hx_store *st)
{
    if (!st->txn)
        return HX_INVALID;
    return st->err || !st->batch.shown ? st->err : HX_INVALID; /* shown while it runs: sealed */
}

int store_cursor(struct hx_store *st, enum store_table table, MDB_cursor **cursor)
{
    int rc = table == T_JOURNAL ? store_batch_put(st) : HX_OK;
    if (rc)
        return rc;
    if (!st->cursors[table])
        rc = mdb_cursor_open(st->txn, st->dbi[table], &st->cursors[table]);
    *cursor = st->cursors[table];
    return rc ? store_fail(st, store_error(rc, false)) : HX_OK;
}

int store_put(struct hx_store *st, enum store_table table, MDB_val key, MDB_val value,
              unsigned flags)
{
    MDB_cursor *cur;
    int err = store_cursor(st, table, &cur);
    if (err)
        return err;
    return store_fail(st, store_error(mdb_cursor_put(cur, &key, &value, flags), false));
}

int store_get(struct hx_store *st, enum store_table table, MDB_val key, MDB_val *value)
{
    MDB_cursor *cur;
    int err = store_cursor(st, table, &cur);
    if (err)
        return err;
    return store_fail(st, store_error(mdb_cursor_get(cur, &key, value, MDB_SET), false));
}

int store_look(struct hx_store *st, enum store_table table, MDB_val key, MDB_val *value)
{
    int err = st->txn ? store_writable(st) : store_read_begin(st);
    if (err)
        return err;
    return st->txn ? store_get(st, table, key, value)
                   : store_error(mdb_get(st->reader, st->dbi[table], &key, value), false);
}

void store_look_end(struct hx_store *st)
{
    if (!st->txn && st->read_depth)
        store_read_end(st);
}

int store_del(struct hx_store *st, enum store_table table, MDB_val key)
{
    MDB_val value;
    int err = store_get(st, table, key, &value);
    if (err)
        return err;
    return store_fail(st, store_error(mdb_cursor_del(st->cursors[table], 0), false));
}

int store_meta_put(struct hx_store *st, const char *name, uint64_t value)
{
    uint8_t bytes[8];
    be64_put(bytes, value);
    return store_put(st, T_META, val_of(name, strlen(name)), val_of(bytes, sizeof bytes), 0);
}

int hx_store_begin(struct hx_store *st)
{
    if (st->txn || st->readonly || st->read_depth)
        return HX_INVALID;
    int rc = mdb_txn_begin(st->env, NULL, 0, &st->txn);
    if (rc) {
        st->txn = NULL;
        st->broken = rc == MDB_PANIC;
        hx_log(HX_LOG_ERROR, "event=store_begin_failed error=\"%s\"", mdb_strerror(rc));
        return store_error(rc, false);
    }
    store_room_look(st);
    st->err = HX_OK;
    st->before = st->now;
    st->tail_before = st->tail.n;
    memset(st->taken, 0, sizeof st->taken);
    store_batch_clear(st);
    hx_owned_by_nobody(st->batch.bytes, st->batch.cap);
    st->batch.shown = false;
    return HX_OK;
}

bool hx_store_broken(const struct hx_store *st)
{
    return st->broken;
}

/* The handle and its cursors are gone, whatever the outcome was. */
static void forget_txn(struct hx_store *st)
{
    st->txn = NULL;
    st->case_end = NULL;
    memset(st->cursors, 0, sizeof st->cursors);
}

static void undo(struct hx_store *st)
{
    st->now = st->before;
    tail_cut(&st->tail, st->tail_before);
    store_batch_wait(st);
    store_batch_clear(st);
}

void hx_store_abort(struct hx_store *st)
{
    if (!st->txn)
        return;
    mdb_txn_abort(st->txn);
    forget_txn(st);
    undo(st);
}

/* Distances from the buffer's end become pointers: it does not move any more. */
static void show_batch(struct hx_store *st)
{
    struct batch *b = &st->batch;
    for (size_t i = 0; i < b->n; i++)
        b->rows[i].bytes = b->bytes + b->cap - (uintptr_t)b->rows[i].bytes;
    b->shown = true;
}

int hx_store_seal(struct hx_store *st)
{
    if (!st->txn)
        return HX_INVALID;
    if (st->err || st->batch.shown)
        return st->err;
    int err = store_pending_write(st);
    if (!err)
        err = store_batch_put(st);
    if (!err)
        show_batch(st);
    return store_fail(st, err);
}

static int commit_failed(struct hx_store *st, int err)
{
    st->failed_commits++;
    undo(st);
    if (err == HX_FULL || err == HX_IO) {
        st->commit_failed = true;
        st->room = false;
    }
    hx_log(HX_LOG_ERROR, "event=commit_failed error=%s", hx_errname(err));
    return err;
}

int hx_store_commit(struct hx_store *st)
{
    if (!st->txn)
        return HX_INVALID;
    int err = hx_store_seal(st);
    if (err) {
        mdb_txn_abort(st->txn);
        forget_txn(st);
        return commit_failed(st, err);
    }
    err = store_error(mdb_txn_commit(st->txn), true);
    forget_txn(st);
    if (err)
        return commit_failed(st, err);
    st->n_pending = 0;
    if (st->alive_next)
        st->alive = st->alive_next;
    st->alive_next = 0;
    st->commit_failed = false;
    st->commits++;
    st->appended_bytes += st->batch.used;
    return HX_OK;
}

size_t hx_store_batch(const struct hx_store *st, const struct hx_stored **entries)
{
    *entries = st->batch.rows;
    return st->batch.shown ? st->batch.n : 0;
}

size_t hx_store_batch_size(const struct hx_store *st)
{
    return st->txn ? st->batch.n : 0;
}

/* ---- Reading ---- */

/* Whoever only reads goes on where the daemon beside it has gone on. */
static int catch_up(struct hx_store *st)
{
    char what[STORE_WHAT_MAX];
    int err = store_load(st, st->reader, what);
    st->seen_txn = mdb_txn_id(st->reader);
    if (!err)
        return HX_OK;
    hx_log(HX_LOG_ERROR, "event=store_unreadable error=%s what=\"%s\"", hx_errname(err), what);
    mdb_txn_reset(st->reader);
    return err;
}

int store_read_begin(struct hx_store *st)
{
    if (st->read_depth++)
        return HX_OK;
    int err = store_error(mdb_txn_renew(st->reader), false);
    if (!err && st->readonly && mdb_txn_id(st->reader) != st->seen_txn)
        err = catch_up(st);
    if (err)
        st->read_depth--;
    return err;
}

void store_read_end(struct hx_store *st)
{
    if (--st->read_depth == 0)
        mdb_txn_reset(st->reader);
}

int store_read_renew(struct hx_store *st)
{
    if (st->read_depth > 1)
        return HX_OK;
    mdb_txn_reset(st->reader);
    return store_error(mdb_txn_renew(st->reader), false);
}

/* ---- Cursors of subscribers: in memory until somebody writes ---- */

static bool name_ok(const char *name)
{
    size_t n = strlen(name);
    return n > 0 && n < HX_SUBSCRIBER_MAX;
}

static struct pending_cursor *pending_find(struct hx_store *st, const char *name)
{
    for (size_t i = 0; i < st->n_pending; i++) {
        if (strcmp(st->pending[i].name, name) == 0)
            return &st->pending[i];
    }
    return NULL;
}

static struct pending_cursor *pending_new(struct hx_store *st)
{
    struct pending_cursor *p = hx_grown(st->pending, st->n_pending, &st->pending_cap, sizeof *p);
    if (!p)
        return NULL;
    st->pending = p;
    return &st->pending[st->n_pending++];
}

int hx_store_cursor_save(struct hx_store *st, const char *subscriber, uint64_t lsn)
{
    if (!name_ok(subscriber) || st->readonly)
        return HX_INVALID;
    struct pending_cursor *p = pending_find(st, subscriber);
    if (!p) {
        p = pending_new(st);
        if (!p)
            return HX_NOMEM;
        memcpy(p->name, subscriber, strlen(subscriber) + 1);
    }
    p->lsn = lsn;
    return HX_OK;
}

/* Subscribers begin with '+', projections with '='. */
static void subscriber_key(struct key *k, const char *name)
{
    k->bytes[0] = '+';
    k->size = 1 + strlen(name);
    memcpy(k->bytes + 1, name, k->size - 1);
}

uint64_t hx_store_digest_owed(const struct hx_store *st)
{
    return st->now.digest;
}

int hx_store_digest_owe(struct hx_store *st, uint64_t lsn)
{
    int err = store_writable(st);
    if (!err)
        err = store_meta_put(st, "digest", lsn);
    if (!err)
        st->now.digest = lsn;
    return err;
}

int64_t hx_store_alive(const struct hx_store *st)
{
    int64_t last = hx_store_last_now(st);
    return st->alive > last ? st->alive : last;
}

void hx_store_alive_save(struct hx_store *st, int64_t now)
{
    if (now > st->alive)
        st->alive_next = now;
}

bool hx_store_alive_pending(const struct hx_store *st)
{
    return st->alive_next != 0;
}

int store_pending_write(struct hx_store *st)
{
    struct key k;
    uint8_t bytes[8];
    int err = HX_OK;
    for (size_t i = 0; i < st->n_pending && !err; i++) {
        subscriber_key(&k, st->pending[i].name);
        be64_put(bytes, st->pending[i].lsn);
        err = store_put(st, T_CURSOR, key_val(&k), val_of(bytes, 8), 0);
    }
    if (!err && st->alive_next)
        err = store_meta_put(st, "alive", (uint64_t)st->alive_next);
    return err;
}

int hx_store_cursor_load(struct hx_store *st, const char *subscriber, uint64_t *lsn)
{
    struct key k;
    if (!name_ok(subscriber))
        return HX_INVALID;
    const struct pending_cursor *p = pending_find(st, subscriber);
    if (p) {
        *lsn = p->lsn;
        return HX_OK;
    }
    subscriber_key(&k, subscriber);
    MDB_val key = key_val(&k), value;
    int err = store_read_begin(st);
    if (err)
        return err;
    err = store_error(mdb_get(st->reader, st->dbi[T_CURSOR], &key, &value), false);
    if (!err && value.mv_size != 8)
        err = HX_CORRUPT;
    if (!err)
        *lsn = be64_get(value.mv_data);
    store_read_end(st);
    return err;
}

size_t hx_store_cursors_pending(const struct hx_store *st)
{
    return st->n_pending;
}
