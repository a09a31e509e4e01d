/* Cases and their due rows. */
#include "hongxin/number.h"
#include "store/backend.h"
#include "store/impl.h"
#include "store/key.h"

#include <inttypes.h>
#include <stdio.h>

int store_case_load(void *b, uint64_t number, struct hx_case *c)
{
    struct hx_store *st = b;
    struct key k = {.size = 0};
    char reason[STORE_REASON_MAX];
    MDB_val value;
    int err = store_writable(st);
    if (err)
        return err;
    key_add64(&k, number);
    err = store_get(st, T_CASE, key_val(&k), &value);
    if (err)
        return err;
    if (!hx_case_unpack(value.mv_data, value.mv_size, c) && c->number == number)
        return HX_OK;
    snprintf(reason, sizeof reason, "case %" PRIu64 " cannot be decoded", number);
    err = store_set_aside(st, T_CASE, key_val(&k), value, reason);
    /* its number is never given again, even if it was the newest */
    if (err == HX_NOTFOUND && store_meta_put(st, "next_case", st->now.next_case))
        return st->err;
    return err;
}

static void due_key(struct key *k, int64_t due, uint64_t number)
{
    k->size = 0;
    key_add64(k, due > 0 ? (uint64_t)due : 0);
    key_add64(k, number);
}

/* Keeps a row at or before `due`. A row that has become too early stays: it is dropped when it
 * comes up, which is cheaper than hunting it down. Rows up to st->taken are gone. */
static int due_keep(struct hx_store *st, struct hx_case *c, int64_t due)
{
    struct key k;
    due_key(&k, c->due_row, c->number);
    if (c->due_row && memcmp(k.bytes, st->taken, sizeof st->taken) <= 0)
        c->due_row = 0;
    if (due == INT64_MAX || (c->due_row && c->due_row <= due))
        return HX_OK;
    c->due_row = due > 0 ? due : 1;
    due_key(&k, c->due_row, c->number);
    return store_put(st, T_DUE, key_val(&k), val_of("", 0), 0);
}

/* New cases go to the end, through a cursor that stays there. A damaged row may lie behind them. */
static int case_put(struct hx_store *st, uint64_t number, MDB_val value)
{
    struct key k = {.size = 0};
    key_add64(&k, number);
    if (number <= st->now.top_case)
        return store_put(st, T_CASE, key_val(&k), value, 0);
    MDB_val key = key_val(&k);
    int rc = 0;
    if (!st->case_end)
        rc = mdb_cursor_open(st->txn, st->dbi[T_CASE], &st->case_end);
    if (!rc)
        rc = mdb_cursor_put(st->case_end, &key, &value, MDB_APPEND);
    if (rc == MDB_KEYEXIST)
        rc = mdb_cursor_put(st->case_end, &key, &value, 0);
    if (!rc)
        st->now.top_case = number;
    return store_fail(st, store_error(rc, false));
}

int store_case_save(void *b, struct hx_case *c, int64_t due)
{
    struct hx_store *st = b;
    int err = store_writable(st);
    if (!err)
        err = due_keep(st, c, due);
    if (err)
        return err;
    size_t size = hx_case_pack(c, st->scratch, sizeof st->scratch);
    return size ? case_put(st, c->number, val_of(st->scratch, size)) : store_fail(st, HX_TOOBIG);
}

int store_case_number(void *b, uint64_t *number)
{
    struct hx_store *st = b;
    int err = store_writable(st);
    if (err)
        return err;
    if (st->now.next_case > HX_NUMBER_SEQUENCE_MAX)
        return store_fail(st, HX_FULL);
    *number = hx_number_make((uint16_t)st->partition, st->now.next_case++);
    return HX_OK;
}

static int row_of(const struct hx_store *st, MDB_val key, struct hx_due_row *row)
{
    if (key.mv_size != sizeof st->taken)
        return HX_CORRUPT;
    row->due = (int64_t)be64_get(key.mv_data);
    row->case_number = be64_get((const uint8_t *)key.mv_data + 8);
    return HX_OK;
}

/* The first row that can be read. One that cannot is set aside when there is a transaction (its key
 * is all it is), and otherwise passed over: it must not hide the others. Whose it was is found by
 * the audit, which gives the case another one. */
static int first_due(struct hx_store *st, MDB_cursor *cur, struct hx_due_row *row)
{
    MDB_val key, value;
    int err = store_error(mdb_cursor_get(cur, &key, &value, MDB_FIRST), false);
    while (!err && row_of(st, key, row)) {
        if (st->txn)
            err = store_set_aside(st, T_DUE, key, key, "due row cannot be decoded");
        if (!err || err == HX_NOTFOUND)
            err = store_error(mdb_cursor_get(cur, &key, &value, st->txn ? MDB_FIRST : MDB_NEXT),
                              false);
    }
    return err;
}

/* What of a walk over the due rows is asked for, and what was found. */
struct due_walk {
    struct hx_due_row after;
    int64_t upto;
    size_t max, *n;
    struct hx_due_row *rows;
};

static int walk_due(const struct hx_store *st, MDB_cursor *cur, const struct due_walk *w)
{
    struct key after;
    MDB_val key, value;
    due_key(&after, w->after.due, w->after.case_number + 1);
    key = key_val(&after);
    int err = store_error(mdb_cursor_get(cur, &key, &value, MDB_SET_RANGE), false);
    while (!err && *w->n < w->max) {
        bool read = row_of(st, key, &w->rows[*w->n]) == HX_OK;
        if (read && w->rows[*w->n].due > w->upto)
            break;
        *w->n += read; /* whoever takes the first rows sets the others aside */
        err = store_error(mdb_cursor_get(cur, &key, &value, MDB_NEXT), false);
    }
    return err == HX_NOTFOUND ? HX_OK : err;
}

int hx_store_due_list(struct hx_store *st, struct hx_due_row *at, int64_t upto, size_t max,
                      struct hx_due_row *rows, size_t *n)
{
    MDB_cursor *cur;
    *n = 0;
    int err = store_writable(st);
    if (!err)
        err = store_cursor(st, T_DUE, &cur);
    if (!err)
        err = walk_due(st, cur, &(struct due_walk){*at, upto, max, n, rows});
    if (*n)
        *at = rows[*n - 1];
    return store_fail(st, err);
}

int hx_store_due_first(struct hx_store *st, int64_t *due)
{
    struct hx_due_row row = {0};
    MDB_cursor *cur;
    int err = HX_OK;
    if (st->txn) {
        err = store_writable(st);
        if (!err)
            err = store_cursor(st, T_DUE, &cur);
        if (!err)
            err = store_fail(st, first_due(st, cur, &row));
    } else {
        err = store_read_begin(st);
        if (err)
            return err;
        err = store_error(mdb_cursor_open(st->reader, st->dbi[T_DUE], &cur), false);
        if (!err) {
            err = first_due(st, cur, &row);
            mdb_cursor_close(cur);
        }
        store_read_end(st);
    }
    *due = row.due;
    return err;
}

int hx_store_due_rows(struct hx_store *st, const struct hx_due_row *after, int64_t upto, size_t max,
                      struct hx_due_row *rows, size_t *n)
{
    MDB_cursor *cur;
    *n = 0;
    int err = store_read_begin(st);
    if (err)
        return err;
    err = store_error(mdb_cursor_open(st->reader, st->dbi[T_DUE], &cur), false);
    if (!err) {
        err = walk_due(st, cur, &(struct due_walk){*after, upto, max, n, rows});
        mdb_cursor_close(cur);
    }
    store_read_end(st);
    return err;
}

int hx_store_due_stands(struct hx_store *st, const struct hx_due_row *row, bool *stands)
{
    struct key k;
    MDB_val key, value;
    due_key(&k, row->due, row->case_number);
    key = key_val(&k);
    int err = store_read_begin(st);
    if (err)
        return err;
    err = store_error(mdb_get(st->reader, st->dbi[T_DUE], &key, &value), false);
    store_read_end(st);
    *stands = err == HX_OK;
    return err == HX_NOTFOUND ? HX_OK : err;
}

int hx_store_due_take(struct hx_store *st, int64_t upto, size_t max, struct hx_due_row *rows,
                      size_t *n)
{
    MDB_cursor *cur;
    *n = 0;
    int err = store_writable(st);
    if (!err)
        err = store_cursor(st, T_DUE, &cur);
    while (!err && *n < max) {
        struct hx_due_row *row = &rows[*n];
        err = first_due(st, cur, row);
        if (err || row->due > upto)
            break;
        struct key k;
        due_key(&k, row->due, row->case_number);
        memcpy(st->taken, k.bytes, sizeof st->taken);
        err = store_error(mdb_cursor_del(cur, 0), false);
        (*n)++;
    }
    return err == HX_NOTFOUND ? HX_OK : store_fail(st, err);
}
