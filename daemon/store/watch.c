/* What must come before an instant, or its source is told (corners 6 and 7): rows in the order of
 * that instant, like those of `due`. */
#include "store/backend.h"
#include "store/impl.h"
#include "store/key.h"

#include <stdio.h>

/* at, kind, source NUL, number */
static void watch_key(struct key *k, const struct hx_watch *w)
{
    size_t n = strlen(w->source) + 1;
    k->size = 0;
    key_add64(k, w->at > 0 ? (uint64_t)w->at : 0);
    k->bytes[k->size++] = w->kind;
    memcpy(k->bytes + k->size, w->source, n);
    k->size += n;
    key_add64(k, w->number);
}

int store_watch_put(void *b, const struct hx_watch *w)
{
    struct hx_store *st = b;
    struct key k;
    MDB_val there;
    int err = store_writable(st);
    if (err)
        return err;
    watch_key(&k, w);
    err = store_get(st, T_WATCH, key_val(&k), &there);
    return err == HX_NOTFOUND
               ? store_put(st, T_WATCH, key_val(&k), val_of(w->ref, strlen(w->ref) + 1), 0)
               : err;
}

int store_watch_drop(void *b, const struct hx_watch *w)
{
    struct key k;
    int err = store_writable(b);
    if (err)
        return err;
    watch_key(&k, w);
    err = store_del(b, T_WATCH, key_val(&k));
    return err == HX_NOTFOUND ? HX_OK : err;
}

static int unpack(MDB_val key, MDB_val value, struct hx_watch *w)
{
    const uint8_t *p = key.mv_data;
    *w = (struct hx_watch){0};
    if (key.mv_size < 8 + 1 + 1 + 8 || key.mv_size - 17 > sizeof w->source || value.mv_size == 0 ||
        value.mv_size > sizeof w->ref)
        return HX_CORRUPT;
    w->at = (int64_t)be64_get(p);
    w->kind = p[8];
    memcpy(w->source, p + 9, key.mv_size - 17);
    w->source[sizeof w->source - 1] = '\0';
    w->number = be64_get(p + key.mv_size - 8);
    memcpy(w->ref, value.mv_data, value.mv_size);
    w->ref[sizeof w->ref - 1] = '\0';
    return HX_OK;
}

/* A row that cannot be read is set aside when there is a transaction, and otherwise not there. */
static int first(struct hx_store *st, MDB_cursor *cur, struct hx_watch *w)
{
    MDB_val key, value;
    int err = store_error(mdb_cursor_get(cur, &key, &value, MDB_FIRST), false);
    while (!err && unpack(key, value, w)) {
        if (!st->txn)
            return HX_NOTFOUND;
        err = store_set_aside(st, T_WATCH, key, value, "watch row cannot be decoded");
        if (err == HX_NOTFOUND)
            err = store_error(mdb_cursor_get(cur, &key, &value, MDB_FIRST), false);
    }
    return err;
}

int store_watch_first(void *b, struct hx_watch *w)
{
    struct hx_store *st = b;
    MDB_cursor *cur;
    int err;
    if (st->txn) {
        err = store_writable(st);
        if (!err)
            err = store_cursor(st, T_WATCH, &cur);
        return err ? err : store_fail(st, first(st, cur, w));
    }
    err = store_read_begin(st);
    if (err)
        return err;
    err = store_error(mdb_cursor_open(st->reader, st->dbi[T_WATCH], &cur), false);
    if (!err) {
        err = first(st, cur, w);
        mdb_cursor_close(cur);
    }
    store_read_end(st);
    return err;
}
