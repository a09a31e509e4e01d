/* The rows of the derived tables beside those that follow from the journal. */
#include "hongxin/instant.h"
#include "store/doctor/doctor.h"
#include "store/key.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

struct beside {
    struct doctor *d;
    struct doctor_scratch *s;
    enum store_table table;
    doctor_row_fn *fn;
    void *ctx;
};

static bool pruned(const struct doctor *d)
{
    return d->st->now.oldest > 1;
}

/* What is not the journal's affair: the place of its due row; when its company is replaced, which
 * is looked up when a city comes into force. */
static void forget_looks(struct hx_case *c)
{
    c->due_row = c->change_at = 0;
    c->change_told = 0;
}

/* The same but for that. */
static bool same_case(MDB_val a, MDB_val b)
{
    static uint8_t left[HX_CASE_PACKED_MAX], right[HX_CASE_PACKED_MAX];
    static struct hx_case c;
    if (hx_case_unpack(a.mv_data, a.mv_size, &c))
        return false;
    forget_looks(&c);
    size_t n = hx_case_pack(&c, left, sizeof left);
    if (hx_case_unpack(b.mv_data, b.mv_size, &c))
        return false;
    forget_looks(&c);
    size_t m = hx_case_pack(&c, right, sizeof right);
    return n == m && memcmp(left, right, n) == 0;
}

static bool same_row(enum store_table t, MDB_val a, MDB_val b)
{
    if (t == T_CASE)
        return same_case(a, b);
    return a.mv_size == b.mv_size && memcmp(a.mv_data, b.mv_data, a.mv_size) == 0;
}

static int key_order(MDB_val a, MDB_val b)
{
    size_t n = a.mv_size < b.mv_size ? a.mv_size : b.mv_size;
    int order = memcmp(a.mv_data, b.mv_data, n);
    return order ? order : (a.mv_size > b.mv_size) - (a.mv_size < b.mv_size);
}

static bool case_is_whole(const struct doctor *d, MDB_val row)
{
    static struct hx_case c;
    struct key k = {.size = 0};
    MDB_val value;
    if (hx_case_unpack(row.mv_data, row.mv_size, &c) || c.first_lsn >= d->st->now.oldest)
        return true;
    key_add64(&k, c.first_lsn);
    MDB_val key = key_val(&k);
    return mdb_get(d->st->reader, d->st->dbi[T_JOURNAL], &key, &value) == 0;
}

/* What the machine is to look at follows from the city's files and the clock, not from the journal:
 * of what it awaits, only numbers and cases do. */
static bool is_look(const struct doctor_row *row)
{
    const uint8_t *kind = (const uint8_t *)row->key.mv_data + 8; /* after the instant */
    return row->table == T_WATCH && row->key.mv_size > 8 &&
           (*kind == HX_WATCH_ROTA || *kind == HX_WATCH_DESK);
}

/* Rows that may be missing, or may be there, because what they stand on was forgotten in time. */
static bool excused(const struct beside *b, const struct doctor_row *row)
{
    const struct doctor *d = b->d;
    if (is_look(row))
        return true;
    if (row->table == T_PARKED) {
        MDB_val v = row->have.mv_data ? row->have : row->want;
        int64_t t = v.mv_size >= 8 ? (int64_t)be64_get(v.mv_data) : 0;
        return t < d->st->now.last_now - HX_DAY || pruned(d);
    }
    if (!pruned(d))
        return false;
    if (row->table == T_SEEN)
        return row->have.mv_size >= 32 &&
               be64_get((const uint8_t *)row->have.mv_data + 24) < d->st->now.oldest;
    return row->table != T_CASE || (row->have.mv_data && !case_is_whole(d, row->have));
}

static int differs(struct beside *b, MDB_val key, MDB_val have, MDB_val want)
{
    const struct doctor_row row = {.table = b->table, .key = key, .have = have, .want = want};
    return excused(b, &row) ? HX_OK : b->fn(b->ctx, &row);
}

static int walk(struct beside *b, MDB_cursor *left, MDB_cursor *right)
{
    static const MDB_val none = {0, NULL};
    MDB_val ka, va, kb, vb;
    int ra = store_walk(left, &ka, &va, MDB_FIRST);
    int rb = store_walk(right, &kb, &vb, MDB_FIRST), err = HX_OK;
    while (!err && (!ra || !rb)) {
        int order = ra ? 1 : rb ? -1 : key_order(ka, kb);
        if (order < 0)
            err = differs(b, ka, va, none);
        else if (order > 0)
            err = differs(b, kb, none, vb);
        else if (!same_row(b->table, va, vb))
            err = differs(b, ka, va, vb);
        if (order <= 0)
            ra = store_walk(left, &ka, &va, MDB_NEXT);
        if (order >= 0)
            rb = store_walk(right, &kb, &vb, MDB_NEXT);
    }
    if (!err && ra != MDB_NOTFOUND)
        err = store_error(ra, false);
    if (!err && rb != MDB_NOTFOUND)
        err = store_error(rb, false);
    return err;
}

static int table(struct beside *b)
{
    MDB_cursor *left = NULL, *right = NULL;
    int rc = mdb_cursor_open(b->d->st->reader, b->d->st->dbi[b->table], &left);
    if (!rc)
        rc = mdb_cursor_open(b->s->st->reader, b->s->st->dbi[b->table], &right);
    int err = rc ? store_error(rc, false) : walk(b, left, right);
    if (left)
        mdb_cursor_close(left);
    if (right)
        mdb_cursor_close(right);
    return err;
}

int doctor_rows(struct doctor *d, struct doctor_scratch *s, doctor_row_fn *fn, void *ctx)
{
    static const enum store_table derived[] = {T_CASE, T_SEEN, T_REF, T_SOURCE, T_PARKED, T_WATCH};
    struct beside b = {.d = d, .s = s, .fn = fn, .ctx = ctx};
    int err = store_read_begin(s->st);
    if (err)
        return err;
    for (size_t i = 0; i < sizeof derived / sizeof *derived && !err; i++) {
        b.table = derived[i];
        err = table(&b);
    }
    store_read_end(s->st);
    return err;
}

void doctor_name_row(const struct doctor_row *row, struct hx_finding *f, char text[160])
{
    static const struct {
        enum store_table table;
        const char *name;
        int invariant;
    } names[] = {{T_CASE, "case", 6},     {T_SEEN, "seen", 8},     {T_REF, "ref", 6},
                 {T_SOURCE, "source", 6}, {T_PARKED, "parked", 6}, {T_WATCH, "watch", 6}};
    MDB_val v = row->want.mv_data ? row->want : row->have;
    *f = (struct hx_finding){.repairable = true};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (names[i].table == row->table) {
            f->table = names[i].name;
            f->invariant = names[i].invariant;
        }
    if (row->table == T_CASE && row->key.mv_size == 8)
        f->case_number = be64_get(row->key.mv_data);
    if (row->table == T_REF && v.mv_size >= 8)
        f->case_number = be64_get(v.mv_data);
    if (row->table == T_SEEN && v.mv_size >= 32) {
        f->case_number = be64_get((const uint8_t *)v.mv_data + 16);
        f->lsn = be64_get((const uint8_t *)v.mv_data + 24);
    }
    snprintf(text, 160, "%s",
             !row->want.mv_data   ? "a row that does not follow from the journal"
             : !row->have.mv_data ? "a row that follows from the journal is missing"
                                  : "the row is not what follows from the journal");
}
