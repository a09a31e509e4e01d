/* Appending to the journal and reading it back inside the transaction. */
#include "base/log.h"
#include "store/backend.h"
#include "store/impl.h"
#include "store/key.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

int store_next_lsn(void *b, uint64_t *lsn)
{
    struct hx_store *st = b;
    *lsn = st->now.next_lsn;
    return store_writable(st);
}

static int batch_room(struct batch *b, size_t size)
{
    if (b->cap - b->used < size) {
        size_t cap = 2 * b->cap + size + 256 * 1024;
        uint8_t *bytes = realloc(b->bytes, cap);
        if (!bytes)
            return HX_NOMEM;
        b->bytes = bytes;
        b->cap = cap;
    }
    if (b->n == b->rows_cap) {
        size_t cap = b->rows_cap ? 2 * b->rows_cap : 1024;
        struct hx_stored *rows = realloc(b->rows, cap * sizeof *rows);
        if (!rows)
            return HX_NOMEM;
        b->rows = rows;
        b->rows_cap = cap;
    }
    return HX_OK;
}

/* Packs into the batch's buffer, which the feeds send from; from there one copy into the map. */
int store_append(void *b, const hxp_entry *e)
{
    struct hx_store *st = b;
    struct batch *bt = &st->batch;
    int err = store_writable(st);
    if (err)
        return err;
    if (e->lsn != st->now.next_lsn)
        return store_fail(st, HX_INVALID);
    size_t size = hongxin__v1__entry__get_packed_size(e);
    err = batch_room(bt, size);
    if (!err)
        err = tail_add(&st->tail, e);
    if (err)
        return store_fail(st, err);
    uint8_t *bytes = bt->bytes + bt->used;
    hongxin__v1__entry__pack(e, bytes);
    struct key k = {.size = 0};
    key_add64(&k, e->lsn);
    err = store_put(st, T_JOURNAL, key_val(&k), val_of(bytes, size), MDB_APPEND);
    if (err)
        return err;
    bt->rows[bt->n++] = (struct hx_stored){
        .lsn = e->lsn, .bytes = (const uint8_t *)(uintptr_t)bt->used, .size = size, .entry = e};
    bt->used += size;
    st->now.next_lsn++;
    st->now.last_now = e->t_rec;
    return HX_OK;
}

int store_entry_load(void *b, uint64_t lsn, struct hx_arena *arena, hxp_entry **e)
{
    struct hx_store *st = b;
    struct key k = {.size = 0};
    char reason[STORE_REASON_MAX];
    MDB_val value;
    int err = store_writable(st);
    if (err)
        return err;
    key_add64(&k, lsn);
    err = store_get(st, T_JOURNAL, key_val(&k), &value);
    if (err)
        return err;
    *e = store_entry_unpack(value.mv_data, value.mv_size, arena);
    if (*e)
        return HX_OK;
    if (hx_arena_failed(arena))
        return store_fail(st, HX_NOMEM);
    snprintf(reason, sizeof reason, "journal entry %" PRIu64 " cannot be decoded", lsn);
    hx_log(HX_LOG_ERROR, "event=quarantined reason=\"%s\"", reason);
    err = store_quarantine(st, value.mv_data, value.mv_size, reason);
    return err ? err : HX_NOTFOUND;
}
