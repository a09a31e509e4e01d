/* Appending to the journal and reading it back inside the transaction. */
#include "base/log.h"
#include "base/message.h"
#include "base/owned.h"
#include "base/text.h"
#include "store/backend.h"
#include "store/impl.h"
#include "store/key.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

enum {
    FIRST_BYTES = 256 * 1024,
    ENTRY_MAX =
        16 * 1024 * 1024, /* bytes of one entry; events are limited far below at the doors */
};

int store_next_lsn(void *b, uint64_t *lsn)
{
    struct hx_store *st = b;
    *lsn = st->now.next_lsn;
    return store_writable(st);
}

/* More room in front of what is there: the buffer is filled from its end downwards, because that is
 * how a message is packed in one pass. Rows know their distance from the end. */
static int grow_bytes(struct batch *b, size_t spare)
{
    size_t cap = 2 * b->cap + spare;
    uint8_t *bytes = malloc(cap);
    if (!bytes)
        return HX_NOMEM;
    if (b->used)
        memcpy(bytes + cap - b->used, b->bytes + b->cap - b->used, b->used);
    free(b->bytes);
    b->bytes = bytes;
    b->cap = cap;
    return HX_OK;
}

static int grow_rows(struct batch *b)
{
    size_t cap = b->rows_cap ? 2 * b->rows_cap : 1024;
    struct hx_stored *rows = realloc(b->rows, cap * sizeof *rows);
    if (!rows)
        return HX_NOMEM;
    b->rows = rows;
    b->rows_cap = cap;
    return HX_OK;
}

/* Packs into the batch's buffer, which the feeds send from; from there it is copied once, into the
 * map. */
static int pack(struct hx_store *st, const hxp_entry *e, MDB_val *bytes)
{
    struct batch *b = &st->batch;
    int err = b->n == b->rows_cap ? grow_rows(b) : HX_OK;
    if (!err && !b->cap)
        err = grow_bytes(b, FIRST_BYTES);
    while (!err) {
        uint8_t *end = b->bytes + b->cap - b->used;
        hx_owned(b->bytes, b->cap - b->used);
        uint8_t *p = hx_message_pack(st->packing, &e->base, b->bytes, end);
        if (p) {
            hx_owned_by_nobody(b->bytes, (size_t)(p - b->bytes));
            *bytes = val_of(p, (size_t)(end - p));
            return HX_OK;
        }
        err = b->cap > ENTRY_MAX + b->used ? HX_TOOBIG : grow_bytes(b, FIRST_BYTES);
    }
    return err;
}

int store_append(void *b, const hxp_entry *e)
{
    struct hx_store *st = b;
    struct batch *bt = &st->batch;
    struct key k = {.size = 0};
    MDB_val bytes;
    int err = store_writable(st);
    if (err)
        return err;
    if (e->lsn != st->now.next_lsn)
        return store_fail(st, HX_INVALID);
    err = pack(st, e, &bytes);
    if (!err)
        err = tail_add(&st->tail, e);
    if (err)
        return store_fail(st, err);
    key_add64(&k, e->lsn);
    err = store_put(st, T_JOURNAL, key_val(&k), bytes, MDB_APPEND);
    if (err)
        return err;
    bt->used += bytes.mv_size;
    bt->rows[bt->n++] = (struct hx_stored){.lsn = e->lsn,
                                           .bytes = (const uint8_t *)(uintptr_t)bt->used,
                                           .size = bytes.mv_size,
                                           .entry = e};
    st->now.next_lsn++;
    st->now.last_now = e->t_rec;
    return HX_OK;
}

static int cannot_be_decoded(struct hx_store *st, uint64_t lsn, MDB_val value)
{
    char reason[STORE_REASON_MAX];
    if (!st->txn)
        return HX_NOTFOUND; /* whoever writes next sets it aside */
    snprintf(reason, sizeof reason, "journal entry %" PRIu64 " cannot be decoded", lsn);
    hx_log(HX_LOG_ERROR, "event=quarantined reason=\"%s\"", reason);
    int err = store_quarantine(st, value.mv_data, value.mv_size, reason);
    return err ? err : HX_NOTFOUND;
}

int store_entry_load(void *b, uint64_t lsn, struct hx_arena *arena, hxp_entry **e)
{
    struct hx_store *st = b;
    struct key k = {.size = 0};
    MDB_val value;
    key_add64(&k, lsn);
    int err = store_look(st, T_JOURNAL, key_val(&k), &value);
    *e = err ? NULL : store_entry_unpack(st, value.mv_data, value.mv_size, arena);
    if (!err && !*e)
        err = !hx_arena_failed(arena) ? cannot_be_decoded(st, lsn, value)
              : st->txn               ? store_fail(st, HX_NOMEM)
                                      : HX_NOMEM;
    store_look_end(st);
    return err;
}

int hx_store_chain_save(struct hx_store *st, uint64_t lsn)
{
    int err = store_writable(st);
    return err ? err : store_meta_put(st, "chain", lsn);
}

int hx_store_chain_load(struct hx_store *st, uint64_t *lsn)
{
    MDB_val key = val_of("chain", 5), value;
    int err = store_read_begin(st);
    if (err)
        return err;
    err = store_error(mdb_get(st->reader, st->dbi[T_META], &key, &value), false);
    if (!err && value.mv_size != 8)
        err = HX_CORRUPT;
    if (!err)
        *lsn = be64_get(value.mv_data);
    store_read_end(st);
    return err;
}

/* told- name */
static void told_key(struct key *k, const char *name)
{
    k->size = (size_t)snprintf((char *)k->bytes, sizeof k->bytes, "told-%s", name);
}

int hx_store_told_save(struct hx_store *st, const char *name, const char *text)
{
    struct key k;
    int err = store_writable(st);
    told_key(&k, name);
    return err ? err : store_put(st, T_META, key_val(&k), val_of(text, strlen(text)), 0);
}

int hx_store_told_load(struct hx_store *st, const char *name, char **text)
{
    struct key k;
    told_key(&k, name);
    MDB_val key = key_val(&k), value;
    int err = store_read_begin(st);
    if (err)
        return err;
    err = store_error(mdb_get(st->reader, st->dbi[T_META], &key, &value), false);
    if (!err && !(*text = hx_text_dup(value.mv_data, value.mv_size)))
        err = HX_NOMEM;
    store_read_end(st);
    return err;
}
