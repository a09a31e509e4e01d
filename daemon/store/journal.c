/* Appending to the journal and reading it back inside the transaction. */
#include "base/log.h"
#include "base/text.h"
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

int store_append(void *b, const hxp_entry *e)
{
    struct hx_store *st = b;
    int err = store_writable(st);
    if (err)
        return err;
    if (e->lsn != st->now.next_lsn)
        return store_fail(st, HX_INVALID);
    err = tail_add(&st->tail, e);
    if (!err)
        err = store_batch_add(st, e);
    if (err)
        return store_fail(st, err);
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
