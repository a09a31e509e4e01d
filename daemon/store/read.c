/* Reads of cases and of the journal. */
#include "hongxin/number.h"
#include "store/impl.h"
#include "store/key.h"

enum {
    RENEW_EVERY = 1000, /* rows; a reader that stays longer keeps old pages from being reused */
    VALUE_MAX = 16 * 1024 * 1024,
};

/* Where nothing has been written yet the newest LSN is 0 and the oldest 1. */
uint64_t hx_store_oldest_lsn(const struct hx_store *st)
{
    return st->txn ? st->before.oldest : st->now.oldest;
}

uint64_t hx_store_newest_lsn(const struct hx_store *st)
{
    return (st->txn ? st->before.next_lsn : st->now.next_lsn) - 1;
}

uint64_t hx_store_newest_case(const struct hx_store *st)
{
    uint64_t next = st->txn ? st->before.next_case : st->now.next_case;
    return hx_number_make((uint16_t)st->partition, next - 1);
}

int64_t hx_store_last_now(const struct hx_store *st)
{
    return st->txn ? st->before.last_now : st->now.last_now;
}

const char *hx_store_folder(const struct hx_store *st)
{
    return st->path;
}

const char *hx_store_epoch(const struct hx_store *st)
{
    return st->epoch;
}

int store_sane(int rc, const MDB_val *key, const MDB_val *value)
{
    bool none = !rc && (!key->mv_size || key->mv_size > KEY_MAX || value->mv_size > VALUE_MAX);
    return none ? MDB_CORRUPTED : rc;
}

int store_walk(MDB_cursor *cur, MDB_val *key, MDB_val *value, MDB_cursor_op op)
{
    return store_sane(mdb_cursor_get(cur, key, value, op), key, value);
}

static int sane(int rc, const MDB_val *key, const MDB_val *value)
{
    return store_error(store_sane(rc, key, value), false);
}

static int read_row(struct hx_store *st, enum store_table t, const struct key *k, MDB_val *value)
{
    MDB_val key = key_val(k);
    return sane(mdb_get(st->reader, st->dbi[t], &key, value), &key, value);
}

int hx_store_case(struct hx_store *st, uint64_t number, struct hx_case *c)
{
    struct key k = {.size = 0};
    MDB_val value;
    key_add64(&k, number);
    int err = store_read_begin(st);
    if (err)
        return err;
    err = read_row(st, T_CASE, &k, &value);
    if (!err && (hx_case_unpack(value.mv_data, value.mv_size, c) || c->number != number))
        err = HX_CORRUPT;
    store_read_end(st);
    return err;
}

int hx_store_ref(struct hx_store *st, const char *source, const char *ref, uint64_t *number)
{
    struct key k;
    MDB_val value;
    key_pair(&k, source, ref);
    int err = store_read_begin(st);
    if (err)
        return err;
    err = read_row(st, T_REF, &k, &value);
    if (!err && value.mv_size < 8)
        err = HX_CORRUPT;
    if (!err)
        *number = be64_get(value.mv_data);
    store_read_end(st);
    return err;
}

/* ---- A walk over one table that lets go of its snapshot now and then ---- */

struct walk {
    struct hx_store *st;
    enum store_table table;
    MDB_cursor *cur;
    MDB_val key, value;
    size_t rows;
};

static int walk_seek(struct walk *w, const struct key *k)
{
    static const uint8_t nothing[8];
    int rc = 0;
    if (!w->cur)
        rc = mdb_cursor_open(w->st->reader, w->st->dbi[w->table], &w->cur);
    w->key = key_val(k);
    if (!rc)
        rc = mdb_cursor_get(w->cur, &w->key, &w->value, MDB_SET_RANGE);
    if (rc)
        w->key = val_of(nothing, 0); /* not the caller's key */
    return sane(rc, &w->key, &w->value);
}

static void walk_end(struct walk *w)
{
    if (w->cur)
        mdb_cursor_close(w->cur);
    w->cur = NULL;
}

static int walk_next(struct walk *w)
{
    if (++w->rows % RENEW_EVERY || w->st->read_depth > 1)
        return sane(mdb_cursor_get(w->cur, &w->key, &w->value, MDB_NEXT), &w->key, &w->value);
    struct key k;
    key_after(&k, w->key);
    walk_end(w);
    int err = store_read_renew(w->st);
    return err ? err : walk_seek(w, &k);
}

int hx_store_refs(struct hx_store *st, const char *source, const char *prefix, size_t most,
                  uint64_t *numbers, size_t *n)
{
    struct walk w = {.st = st, .table = T_REF};
    struct key k;
    key_pair(&k, source, prefix);
    *n = 0;
    int err = store_read_begin(st);
    if (err)
        return err;
    err = walk_seek(&w, &k);
    while (!err && *n < most && w.key.mv_size >= k.size &&
           memcmp(w.key.mv_data, k.bytes, k.size) == 0) {
        if (w.value.mv_size >= 8)
            numbers[(*n)++] = be64_get(w.value.mv_data);
        err = walk_next(&w);
    }
    walk_end(&w);
    store_read_end(st);
    return err == HX_NOTFOUND ? HX_OK : err;
}

int hx_store_entries(struct hx_store *st, uint64_t from_lsn, size_t max_n, size_t max_bytes,
                     hx_entry_fn *fn, void *ctx)
{
    struct walk w = {.st = st, .table = T_JOURNAL};
    struct key k = {.size = 0};
    size_t bytes = 0, n = 0;
    key_add64(&k, from_lsn);
    int err = store_read_begin(st);
    if (err)
        return err;
    if (max_n)
        err = walk_seek(&w, &k);
    while (!err && n < max_n && bytes <= max_bytes) {
        uint64_t lsn = w.key.mv_size == 8 ? be64_get(w.key.mv_data) : 0;
        if (lsn < from_lsn || !lsn) {
            err = HX_CORRUPT; /* no LSN, or they do not grow: a damaged page */
            break;
        }
        if (fn(ctx, lsn, w.value.mv_data, w.value.mv_size))
            break;
        from_lsn = lsn + 1;
        n++;
        bytes += w.value.mv_size;
        err = walk_next(&w);
    }
    walk_end(&w);
    store_read_end(st);
    return err == HX_NOTFOUND ? HX_OK : err;
}

static int walk_chain(struct hx_store *st, uint64_t lsn, size_t max, hx_entry_fn *fn, void *ctx)
{
    int err = HX_OK;
    for (size_t n = 0; n < max && lsn; n++) {
        struct key k = {.size = 0};
        struct store_links links;
        MDB_val value;
        key_add64(&k, lsn);
        err = read_row(st, T_JOURNAL, &k, &value);
        if (err || fn(ctx, lsn, value.mv_data, value.mv_size) ||
            !store_links(value.mv_data, value.mv_size, &links))
            break;
        lsn =
            links.prev_lsn < lsn ? links.prev_lsn : 0; /* a damaged chain must not go in circles */
    }
    return err == HX_NOTFOUND ? HX_OK : err;
}

int hx_store_history(struct hx_store *st, uint64_t case_number, size_t max, hx_entry_fn *fn,
                     void *ctx)
{
    int err = store_read_begin(st);
    if (err)
        return err;
    err = hx_store_case(st, case_number, &st->spare);
    if (!err)
        err = walk_chain(st, st->spare.last_lsn, max, fn, ctx);
    store_read_end(st);
    return err;
}

/* ---- Small tables ---- */

/* The subscriber of a row; false: what no subscriber is called. */
static bool cursor_name(const MDB_val *key, char name[HX_SUBSCRIBER_MAX])
{
    const char *from = (const char *)key->mv_data + 1;
    size_t n = key->mv_size - 1;
    if (n == 0 || n >= HX_SUBSCRIBER_MAX || memchr(from, 0, n))
        return false;
    memcpy(name, from, n);
    name[n] = '\0';
    return true;
}

int hx_store_cursors(struct hx_store *st, hx_cursor_fn *fn, void *ctx)
{
    struct walk w = {.st = st, .table = T_CURSOR};
    struct key k = {.size = 1, .bytes = {'+'}};
    int err = store_read_begin(st);
    if (err)
        return err;
    err = walk_seek(&w, &k);
    while (!err && *(const char *)w.key.mv_data == '+') {
        char name[HX_SUBSCRIBER_MAX];
        uint64_t lsn = 0;
        bool named = cursor_name(&w.key, name);
        err = named ? hx_store_cursor_load(st, name, &lsn) : HX_OK;
        if (!err && named && fn(ctx, name, lsn))
            break;
        if (!err || err == HX_CORRUPT) /* a damaged row hides nobody else */
            err = walk_next(&w);
    }
    walk_end(&w);
    store_read_end(st);
    return err == HX_NOTFOUND ? HX_OK : err;
}

int hx_store_quarantined(struct hx_store *st, uint64_t after, hx_quarantine_fn *fn, void *ctx)
{
    struct walk w = {.st = st, .table = T_QUARANTINE};
    struct key k = {.size = 0};
    if (after == UINT64_MAX)
        return HX_OK; /* none lies above */
    key_add64(&k, after + 1);
    int err = store_read_begin(st);
    if (err)
        return err;
    err = walk_seek(&w, &k);
    while (!err) {
        struct hx_quarantined row;
        store_quarantine_read(w.key, w.value, &row);
        if (row.number && fn(ctx, &row))
            break;
        err = walk_next(&w);
    }
    walk_end(&w);
    store_read_end(st);
    return err == HX_NOTFOUND ? HX_OK : err;
}
