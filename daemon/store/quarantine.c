/* What could not be decoded or taken, kept for people to look at, and what became of it. */
#include "base/log.h"
#include "store/impl.h"
#include "store/key.h"

#include <stdlib.h>

/* Value: time BE64, reason and its NUL, the bytes. At most QUARANTINE_BYTES of them are kept. Of a
 * row that is done the highest bit of the time is set, and two numbers follow it: closed at BE64,
 * and the LSN, or with the highest bit set the number of the next row. */
enum { QUARANTINE_BYTES = 64 * 1024, OPEN_HEAD = 8, DONE_HEAD = 24 };

static const uint64_t MARKED = (uint64_t)1 << 63;

static bool is_done(MDB_val value)
{
    return value.mv_size >= DONE_HEAD && be64_get(value.mv_data) & MARKED;
}

/* What stands before the reason. */
static size_t head_size(MDB_val value)
{
    return is_done(value) ? DONE_HEAD : OPEN_HEAD;
}

/* When a row of at least OPEN_HEAD bytes was written. */
static int64_t written_at(MDB_val value)
{
    return (int64_t)(be64_get(value.mv_data) & ~MARKED);
}

void store_quarantine_read(MDB_val key, MDB_val value, struct hx_quarantined *out)
{
    const uint8_t *p = value.mv_data;
    size_t head = head_size(value);
    *out = (struct hx_quarantined){.number = key.mv_size == 8 ? be64_get(key.mv_data) : 0,
                                   .reason = ""};
    if (value.mv_size < head)
        return;
    out->at = written_at(value);
    if (head == DONE_HEAD) {
        uint64_t by = be64_get(p + 16);
        out->closed_at = (int64_t)be64_get(p + 8);
        *(by & MARKED ? &out->again : &out->lsn) = by & ~MARKED;
    }
    const uint8_t *end = memchr(p + head, 0, value.mv_size - head);
    if (!end)
        return;
    out->reason = (const char *)p + head;
    out->bytes = end + 1;
    out->size = value.mv_size - (size_t)(end + 1 - p);
}

int store_quarantine_count(struct hx_store *st, MDB_txn *txn, uint64_t *open)
{
    MDB_cursor *cur;
    MDB_val key, value;
    int rc = mdb_cursor_open(txn, st->dbi[T_QUARANTINE], &cur);
    *open = 0;
    if (rc)
        return store_error(rc, false);
    while ((rc = mdb_cursor_get(cur, &key, &value, MDB_NEXT)) == 0)
        *open += !is_done(value);
    mdb_cursor_close(cur);
    return rc == MDB_NOTFOUND ? HX_OK : store_error(rc, false);
}

void hx_store_quarantine_time(struct hx_store *st, int64_t now)
{
    st->quarantine_now = now;
}

static int64_t now_of(const struct hx_store *st)
{
    return st->quarantine_now > st->now.last_now ? st->quarantine_now : st->now.last_now;
}

static int drop_oldest(struct hx_store *st)
{
    struct key k = {.size = 0};
    MDB_val value;
    key_add64(&k, st->now.quarantine_first++);
    int err = store_get(st, T_QUARANTINE, key_val(&k), &value);
    if (err)
        return err == HX_NOTFOUND ? HX_OK : err;
    st->now.quarantine_open -= !is_done(value);
    return store_del(st, T_QUARANTINE, key_val(&k));
}

int store_quarantine(struct hx_store *st, const void *bytes, size_t size, const char *reason)
{
    struct key k = {.size = 0};
    MDB_cursor *cur;
    int err = store_writable(st);
    while (!err && st->now.quarantine_next - st->now.quarantine_first >= HX_QUARANTINE_MAX)
        err = drop_oldest(st);
    if (err || (err = store_cursor(st, T_QUARANTINE, &cur)))
        return err;
    if (size > QUARANTINE_BYTES)
        size = QUARANTINE_BYTES;
    size_t reason_size = strnlen(reason, STORE_REASON_MAX) + 1;
    uint8_t *copy =
        malloc(OPEN_HEAD + reason_size + size); /* `bytes` may lie in a page that moves */
    if (!copy)
        return store_fail(st, HX_NOMEM);
    be64_put(copy, (uint64_t)now_of(st));
    memcpy(copy + OPEN_HEAD, reason, reason_size);
    copy[OPEN_HEAD + reason_size - 1] = 0;
    if (size)
        memcpy(copy + OPEN_HEAD + reason_size, bytes, size);
    key_add64(&k, st->now.quarantine_next++);
    err = store_put(st, T_QUARANTINE, key_val(&k), val_of(copy, OPEN_HEAD + reason_size + size), 0);
    free(copy);
    st->now.quarantine_open += !err;
    return err;
}

int store_quarantine_event(struct hx_store *st, const void *bytes, size_t size, const char *reason)
{
    int err = store_quarantine(st, bytes, size, reason);
    if (!err)
        st->now.quarantine_event = (struct hx_row_name){st->now.quarantine_next - 1, now_of(st)};
    return err;
}

uint64_t hx_store_quarantine_next(const struct hx_store *st)
{
    return st->now.quarantine_next;
}

bool hx_store_quarantine_newest(const struct hx_store *st, uint64_t before, struct hx_row_name *out)
{
    *out = st->now.quarantine_event;
    return out->number >= before;
}

/* The same row with its end; the value may lie in a page that moves. */
static int put_end(struct hx_store *st, const struct key *k, MDB_val value,
                   const struct hx_row_end *end)
{
    size_t rest = value.mv_size - OPEN_HEAD;
    uint8_t *copy = malloc(DONE_HEAD + rest);
    if (!copy)
        return store_fail(st, HX_NOMEM);
    be64_put(copy, be64_get(value.mv_data) | MARKED);
    be64_put(copy + 8, (uint64_t)now_of(st));
    be64_put(copy + 16, end->again ? end->again | MARKED : end->lsn);
    memcpy(copy + DONE_HEAD, (const uint8_t *)value.mv_data + OPEN_HEAD, rest);
    int err = store_put(st, T_QUARANTINE, key_val(k), val_of(copy, DONE_HEAD + rest), 0);
    free(copy);
    st->now.quarantine_open -= !err;
    return err;
}

int hx_store_quarantine_close(struct hx_store *st, const struct hx_row_name *row,
                              const struct hx_row_end *end)
{
    struct key k = {.size = 0};
    MDB_val value;
    key_add64(&k, row->number);
    int err = store_writable(st);
    if (!err)
        err = store_get(st, T_QUARANTINE, key_val(&k), &value);
    if (err)
        return err;
    if (value.mv_size < OPEN_HEAD || written_at(value) != row->at)
        return HX_NOTFOUND;
    return is_done(value) ? HX_OK : put_end(st, &k, value, end);
}

int store_set_aside(struct hx_store *st, enum store_table t, MDB_val key, MDB_val value,
                    const char *reason)
{
    struct key k = {.size = key.mv_size < KEY_MAX ? key.mv_size : KEY_MAX};
    hx_log(HX_LOG_ERROR, "event=quarantined reason=\"%s\"", reason);
    memcpy(k.bytes, key.mv_data, k.size); /* it may lie in a page, too */
    int err = store_quarantine(st, value.mv_data, value.mv_size, reason);
    if (!err)
        err = store_del(st, t, key_val(&k));
    return err ? err : HX_NOTFOUND;
}

/* ---- what must not stay ---- */

/* Where the kept bytes of a row begin; its whole size when it has none. */
static size_t head_of(const MDB_val *value)
{
    const char *row = value->mv_data;
    size_t size = value->mv_size, head = head_size(*value);
    const char *end = size > head ? memchr(row + head, 0, size - head) : NULL;
    return end ? (size_t)(end + 1 - row) : size;
}

static bool names(const MDB_val *value, const char *const *texts, size_t n)
{
    size_t head = head_of(value);
    const char *bytes = (const char *)value->mv_data + head;
    for (size_t i = 0; i < n; i++)
        if (memmem(bytes, value->mv_size - head, texts[i], strlen(texts[i])))
            return true;
    return false;
}

/* Only when and why is left of the row, and what became of it. */
static int empty_row(struct hx_store *st, const MDB_val *key, const MDB_val *value)
{
    uint8_t head[DONE_HEAD + STORE_REASON_MAX + 1];
    struct key k = {.size = key->mv_size < KEY_MAX ? key->mv_size : KEY_MAX};
    size_t size = head_of(value);
    if (size > sizeof head) /* no reason of ours */
        size = head_size(*value);
    memcpy(k.bytes, key->mv_data, k.size); /* both lie in a page that is copied */
    memcpy(head, value->mv_data, size);
    return store_put(st, T_QUARANTINE, key_val(&k), val_of(head, size), 0);
}

int hx_store_quarantine_wipe(struct hx_store *st, const char *const *texts, size_t n,
                             uint32_t *rows)
{
    MDB_cursor *cur;
    MDB_val key, value;
    int err = store_writable(st);
    if (err || (err = store_cursor(st, T_QUARANTINE, &cur)))
        return err;
    int rc = mdb_cursor_get(cur, &key, &value, MDB_FIRST);
    while (!rc && !err) {
        if (names(&value, texts, n)) {
            err = empty_row(st, &key, &value);
            ++*rows;
        }
        if (!err)
            rc = mdb_cursor_get(cur, &key, &value, MDB_NEXT);
    }
    return err ? err : rc == MDB_NOTFOUND ? HX_OK : store_fail(st, store_error(rc, false));
}

int hx_store_quarantine_drop(struct hx_store *st, int64_t before, size_t max, size_t *n)
{
    MDB_val value;
    int err = store_writable(st);
    for (*n = 0; !err && *n < max && st->now.quarantine_first < st->now.quarantine_next; ++*n) {
        struct key k = {.size = 0};
        key_add64(&k, st->now.quarantine_first);
        err = store_get(st, T_QUARANTINE, key_val(&k), &value);
        if (!err && value.mv_size >= OPEN_HEAD && written_at(value) >= before)
            break;
        if (!err || err == HX_NOTFOUND)
            err = drop_oldest(st);
    }
    return err;
}
