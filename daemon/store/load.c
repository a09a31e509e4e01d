/* What memory knows of the store: read at open, and again by read-only stores when the daemon
 * beside them has gone on. */
#include "base/log.h"
#include "base/message.h"
#include "base/text.h"
#include "base/wire.h"
#include "hongxin/number.h"
#include "store/impl.h"
#include "store/key.h"

#include <stdarg.h>
#include <stdio.h>

hxp_entry *store_entry_unpack(const struct hx_store *st, const void *bytes, size_t size,
                              struct hx_arena *arena)
{
    ProtobufCAllocator memory = hx_arena_allocator(arena);
    return st->packing ? (hxp_entry *)hx_message_unpack(st->packing, arena, bytes, size)
                       : hongxin__v1__entry__unpack(&memory, size, bytes);
}

bool store_links(const void *bytes, size_t size, struct store_links *links)
{
    enum { LSN = 1, CASE_NUMBER = 2, PREV_LSN = 4 };
    const uint8_t *p = bytes, *end = p + size;
    struct hx_wire_field f;
    *links = (struct store_links){0};
    while (p && p < end) {
        p = hx_wire_next(p, end, &f);
        if (!p || f.type != HX_WIRE_VARINT)
            continue;
        if (f.number == LSN)
            links->lsn = f.value;
        else if (f.number == CASE_NUMBER)
            links->case_number = f.value;
        else if (f.number == PREV_LSN)
            links->prev_lsn = f.value;
    }
    return p != NULL;
}

/* What is read at open, until something cannot be: then nothing of it is used. */
struct loading {
    struct hx_store *st;
    MDB_txn *txn;
    int err;
    char what[STORE_WHAT_MAX]; /* says what that is */
};

static void failed(struct loading *l, int err, const char *fmt, ...) HX_PRINTF(3, 4);
static void failed(struct loading *l, int err, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    if (err && !l->err)
        vsnprintf(l->what, STORE_WHAT_MAX, fmt, ap);
    va_end(ap);
    l->err = l->err ? l->err : err;
}

/* The number at one end of a table; 0 = it has none. A row under a key that is no number has no
 * place among the others. */
static uint64_t edge_number(struct loading *l, enum store_table t, MDB_cursor_op end)
{
    MDB_cursor *cur;
    MDB_val key, value;
    if (l->err)
        return 0;
    int rc = mdb_cursor_open(l->txn, l->st->dbi[t], &cur);
    failed(l, store_error(rc, false), "table %s", store_table_name(t));
    if (rc)
        return 0;
    rc = mdb_cursor_get(cur, &key, &value, end);
    while (!rc && key.mv_size != 8)
        rc = mdb_cursor_get(cur, &key, &value, end == MDB_LAST ? MDB_PREV : MDB_NEXT);
    uint64_t number = rc ? 0 : be64_get(key.mv_data);
    mdb_cursor_close(cur);
    if (rc != MDB_NOTFOUND)
        failed(l, store_error(rc, false), "table %s", store_table_name(t));
    return number;
}

/* 0 = there is no such row. A damaged one is no 0: numbers would be given twice. */
static uint64_t meta_number(struct loading *l, const char *name)
{
    MDB_val key = val_of(name, strlen(name)), value;
    int rc = l->err ? MDB_NOTFOUND : mdb_get(l->txn, l->st->dbi[T_META], &key, &value);
    if (rc == MDB_NOTFOUND)
        return 0;
    failed(l, store_error(rc, false), "meta row %s", name);
    if (!rc && value.mv_size != 8)
        failed(l, HX_CORRUPT, "meta row %s has %zu bytes, not 8", name, value.mv_size);
    return l->err ? 0 : be64_get(value.mv_data);
}

/* The newest entry. Without it time could run backwards: this one record must be readable. */
static int last_now(const struct hx_store *st, MDB_val key, MDB_val value, int64_t *now)
{
    struct hx_arena arena;
    if (key.mv_size != 8) /* nothing could be appended behind it */
        return HX_CORRUPT;
    hx_arena_init(&arena, 0);
    const hxp_entry *e = store_entry_unpack(st, value.mv_data, value.mv_size, &arena);
    int err = e ? HX_OK : hx_arena_failed(&arena) ? HX_NOMEM : HX_CORRUPT;
    *now = e ? e->t_rec : 0;
    hx_arena_fini(&arena);
    return err;
}

static int load_last_now(struct hx_store *st, MDB_txn *txn)
{
    MDB_val key, value;
    MDB_cursor *cur;
    int rc = mdb_cursor_open(txn, st->dbi[T_JOURNAL], &cur);
    st->now.last_now = 0;
    if (rc)
        return store_error(rc, false);
    rc = mdb_cursor_get(cur, &key, &value, MDB_LAST);
    int err = rc ? store_error(rc, false) : last_now(st, key, value, &st->now.last_now);
    mdb_cursor_close(cur);
    return err == HX_NOTFOUND ? HX_OK : err;
}

static uint64_t larger(uint64_t a, uint64_t b)
{
    return a > b ? a : b;
}

static void load_numbers(struct loading *l)
{
    struct store_mark *m = &l->st->now;
    m->top_case = edge_number(l, T_CASE, MDB_LAST);
    m->next_case = larger(hx_number_sequence(m->top_case) + 1, meta_number(l, "next_case"));
    l->st->alive = (int64_t)meta_number(l, "alive");
    m->digest = meta_number(l, "digest");
    m->oldest = larger(1, meta_number(l, "oldest"));
    m->next_lsn = larger(edge_number(l, T_JOURNAL, MDB_LAST) + 1, m->oldest);
    m->quarantine_first = edge_number(l, T_QUARANTINE, MDB_FIRST);
    m->quarantine_next = edge_number(l, T_QUARANTINE, MDB_LAST) + 1;
    if (!m->quarantine_first)
        m->quarantine_first = m->quarantine_next;
}

static int load_tail(struct hx_store *st, MDB_txn *txn)
{
    struct store_collect c = {.st = st,
                              .txn = txn,
                              .journal = st->dbi[T_JOURNAL],
                              .after = store_applied(st),
                              .upto = UINT64_MAX,
                              .max = SIZE_MAX,
                              .tail = &st->tail};
    tail_fini(&st->tail);
    int err = tail_init(&st->tail);
    if (!err)
        err = store_collect(&c);
    if (c.bad)
        hx_log(HX_LOG_ERROR, "event=journal_undecodable n=%zu", c.bad);
    return err;
}

/* In this order: each needs what comes before it. */
int store_load(struct hx_store *st, MDB_txn *txn, char what[STORE_WHAT_MAX])
{
    struct loading l = {.st = st, .txn = txn};
    load_numbers(&l);
    if (!l.err)
        failed(&l, store_quarantine_count(st, txn, &st->now.quarantine_open), "table quarantine");
    if (!l.err)
        failed(&l, load_last_now(st, txn), "newest entry");
    if (!l.err)
        failed(&l, store_projections_load(st, txn), "a cursor of the projections");
    if (!l.err)
        failed(&l, load_tail(st, txn), "the journal's end");
    hx_text_put(what, STORE_WHAT_MAX, l.what);
    return l.err;
}
