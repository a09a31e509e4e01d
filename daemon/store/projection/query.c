/* Reads of feed and open: the rows up to the cursor, and what the tail adds to them. */
#include "base/grown.h"
#include "store/impl.h"
#include "store/projection/apply.h"
#include "store/projection/set.h"

#include <stdlib.h>

enum { RENEW_EVERY = 100 }; /* rows, each with up to 4,096 numbers */

static MDB_dbi live_table(const struct hx_store *st, enum projection p)
{
    return st->dbi[store_projection_table(p, st->projections[p].live)];
}

/* Items that readers may see: those of the open transaction are not committed. */
static size_t tail_shown(const struct hx_store *st)
{
    return st->txn ? st->tail_before : st->tail.n;
}

static bool has_prefix(MDB_val key, const struct key *k, size_t prefix)
{
    return key.mv_size >= prefix && memcmp(key.mv_data, k->bytes, prefix) == 0;
}

/* ---- feed ---- */

struct audience_walk {
    struct hx_store *st;
    uint64_t next;  /* lowest LSN wanted */
    uint64_t block; /* lowest row not read yet */
    size_t left;
    bool stop;
    hx_lsn_fn *fn;
    void *ctx;
};

static void audience_row(struct audience_walk *w, uint64_t lsn)
{
    w->stop = w->fn(w->ctx, lsn) != 0 || --w->left == 0;
    w->next = lsn + 1;
}

/* The numbers of one row. */
static void audience_block(struct audience_walk *w, uint64_t block, MDB_val value)
{
    struct set_block set;
    uint64_t base = block << SET_SHIFT;
    set_decode(&set, value);
    unsigned i = set_next(&set, w->next > base ? (unsigned)(w->next - base) : 0);
    for (; i < SET_BLOCK && !w->stop; i = set_next(&set, i + 1))
        audience_row(w, base + i);
    w->block = block + 1;
}

/* At most RENEW_EVERY rows with one snapshot. HX_NOTFOUND = no more. */
static int audience_rows(struct audience_walk *w, const char *audience)
{
    struct key k;
    MDB_cursor *cur;
    MDB_val value;
    key_text(&k, audience);
    size_t prefix = k.size;
    key_add64(&k, w->block);
    MDB_val key = key_val(&k);
    int rc = mdb_cursor_open(w->st->reader, live_table(w->st, P_FEED), &cur);
    if (rc)
        return store_error(rc, false);
    rc = mdb_cursor_get(cur, &key, &value, MDB_SET_RANGE);
    for (int n = 0; !rc && n < RENEW_EVERY && !w->stop; n++) {
        if (key.mv_size != prefix + 8 || !has_prefix(key, &k, prefix)) {
            rc = MDB_NOTFOUND;
            break;
        }
        audience_block(w, be64_get((const uint8_t *)key.mv_data + prefix), value);
        rc = mdb_cursor_get(cur, &key, &value, MDB_NEXT);
    }
    mdb_cursor_close(cur);
    return store_error(rc, false);
}

static bool item_for(const struct tail *t, const struct item *i, uint32_t audience)
{
    const uint32_t *list = item_audience(t, i);
    for (size_t n = 0; n < i->n_audience; n++) {
        if (list[n] == audience)
            return true;
    }
    return false;
}

static void audience_tail(struct audience_walk *w, const char *audience)
{
    const struct tail *t = &w->st->tail;
    uint32_t number = names_find(&t->names, audience);
    size_t n = number ? tail_shown(w->st) : 0;
    for (size_t i = 0; i < n && !w->stop; i++) {
        if (t->items[i].lsn >= w->next && item_for(t, &t->items[i], number))
            audience_row(w, t->items[i].lsn);
    }
}

int hx_store_audience(struct hx_store *st, const char *audience, uint64_t from_lsn, size_t max,
                      hx_lsn_fn *fn, void *ctx)
{
    struct audience_walk w = {.st = st,
                              .next = from_lsn,
                              .block = from_lsn >> SET_SHIFT,
                              .left = max,
                              .stop = max == 0,
                              .fn = fn,
                              .ctx = ctx};
    int err = store_read_begin(st);
    if (err)
        return err;
    while (!err && !w.stop) {
        err = audience_rows(&w, audience);
        if (!err && !w.stop)
            err = store_read_renew(st);
    }
    if (err == HX_NOTFOUND) {
        audience_tail(&w, audience);
        err = HX_OK;
    }
    store_read_end(st);
    return err;
}

/* ---- open ---- */

/* One list of the projection, e.g. the open cases of a grid: its rows, changed by the tail. */
struct change {
    uint64_t case_number;
    size_t sequence;
    bool add;
};
struct list {
    struct hx_store *st;
    struct key k;
    size_t prefix;
    MDB_cursor *cur;
    struct set_block set; /* of the row last read */
    uint64_t block;
    bool loaded;
    struct change *changes; /* sorted by case, one each */
    size_t n;
};

static int by_case(const void *pa, const void *pb)
{
    const struct change *a = pa, *b = pb;
    if (a->case_number != b->case_number)
        return a->case_number < b->case_number ? -1 : 1;
    return a->sequence < b->sequence ? -1 : 1;
}

static int list_add(struct list *l, size_t *cap, struct change c)
{
    struct change *p = hx_grown(l->changes, l->n, cap, sizeof *p);
    if (!p)
        return HX_NOMEM;
    l->changes = p;
    c.sequence = l->n;
    l->changes[l->n++] = c;
    return HX_OK;
}

/* Of several changes of one case the last one counts. */
static void list_sort(struct list *l)
{
    size_t n = 0;
    if (l->n)
        qsort(l->changes, l->n, sizeof *l->changes, by_case);
    for (size_t i = 0; i < l->n; i++) {
        if (n && l->changes[n - 1].case_number == l->changes[i].case_number)
            n--;
        l->changes[n++] = l->changes[i];
    }
    l->n = n;
}

static int list_changes(struct list *l, char kind, const char *id)
{
    const struct tail *t = &l->st->tail;
    uint32_t number = names_find(&t->names, id);
    size_t cap = 0, shown = kind == 'a' || number ? tail_shown(l->st) : 0;
    int err = HX_OK;
    for (size_t i = 0; i < shown && !err; i++) {
        struct open_op ops[ITEM_OPS];
        size_t n = item_open_ops(&t->items[i], ops);
        for (size_t j = 0; j < n && !err; j++) {
            if (ops[j].kind == kind && ops[j].id == number)
                err = list_add(
                    l, &cap,
                    (struct change){.case_number = t->items[i].case_number, .add = ops[j].add});
        }
    }
    list_sort(l);
    return err;
}

static int list_open(struct list *l, struct hx_store *st, char kind, const char *id)
{
    *l = (struct list){.st = st};
    key_open(&l->k, kind, id);
    l->prefix = l->k.size;
    return list_changes(l, kind, id);
}

static void list_close(struct list *l)
{
    if (l->cur)
        mdb_cursor_close(l->cur);
    l->cur = NULL;
    free(l->changes);
    l->changes = NULL;
}

/* The first change with a case of at least `from`. */
static size_t list_find(const struct list *l, uint64_t from)
{
    size_t low = 0, high = l->n;
    while (low < high) {
        size_t mid = (low + high) / 2;
        if (l->changes[mid].case_number < from)
            low = mid + 1;
        else
            high = mid;
    }
    return low;
}

/* Reads the first row at or above `block`; l->block is then the one read. HX_NOTFOUND = none. */
static int list_read(struct list *l, uint64_t block)
{
    MDB_val key, value;
    int rc = 0;
    l->loaded = false;
    if (!l->cur)
        rc = mdb_cursor_open(l->st->reader, live_table(l->st, P_OPEN), &l->cur);
    l->k.size = l->prefix;
    key_add64(&l->k, block);
    key = key_val(&l->k);
    if (!rc)
        rc = mdb_cursor_get(l->cur, &key, &value, MDB_SET_RANGE);
    if (!rc && (key.mv_size != l->prefix + 8 || !has_prefix(key, &l->k, l->prefix)))
        rc = MDB_NOTFOUND;
    if (rc)
        return store_error(rc, false);
    l->block = be64_get((const uint8_t *)key.mv_data + l->prefix);
    set_decode(&l->set, value);
    l->loaded = true;
    return HX_OK;
}

/* The first number of at least `from` in the rows. */
static int list_row(struct list *l, uint64_t from, uint64_t *number)
{
    for (;;) {
        uint64_t block = from >> SET_SHIFT;
        if (!l->loaded || l->block != block) {
            int err = list_read(l, block);
            if (err)
                return err;
            if (l->block != block)
                from = l->block << SET_SHIFT;
        }
        unsigned i = set_next(&l->set, (unsigned)(from & (SET_BLOCK - 1)));
        *number = (l->block << SET_SHIFT) + i;
        if (i < SET_BLOCK)
            return HX_OK;
        from = (l->block + 1) << SET_SHIFT;
    }
}

/* The first case of at least `from`; UINT64_MAX = none. */
static int list_next(struct list *l, uint64_t from, uint64_t *number)
{
    uint64_t row = 0;
    int err = HX_OK;
    for (;; from = row + 1) {
        err = list_row(l, from, &row);
        if (err)
            row = UINT64_MAX;
        if (err && err != HX_NOTFOUND)
            return err;
        size_t i = list_find(l, from);
        while (i < l->n && !l->changes[i].add && l->changes[i].case_number < row)
            i++;
        if (i < l->n && l->changes[i].case_number <= row) {
            if (l->changes[i].add) {
                *number = l->changes[i].case_number;
                return HX_OK;
            }
            if (row != UINT64_MAX)
                continue; /* this row is removed by the tail */
        }
        *number = row;
        return HX_OK;
    }
}

static int lists_next(struct list *lists, size_t n, uint64_t from, uint64_t *number)
{
    *number = UINT64_MAX;
    for (size_t i = 0; i < n; i++) {
        uint64_t one;
        int err = list_next(&lists[i], from, &one);
        if (err)
            return err;
        if (one < *number)
            *number = one;
    }
    return HX_OK;
}

static int lists_open(struct list lists[2], size_t *n, struct hx_store *st, const char *text)
{
    *n = 1;
    if (!text)
        return list_open(&lists[0], st, 'a', "");
    if (strncmp(text, "place:", 6) == 0)
        return list_open(&lists[0], st, 'p', text + 6);
    if (strncmp(text, "holder:", 7) == 0)
        return list_open(&lists[0], st, 'h', text + 7);
    int err = list_open(&lists[0], st, 'p', text);
    if (err)
        return err;
    *n = 2;
    return list_open(&lists[1], st, 'h', text);
}

static int lists_renew(struct list *lists, size_t n)
{
    if (lists[0].st->read_depth > 1)
        return HX_OK;
    for (size_t i = 0; i < n; i++) {
        if (lists[i].cur)
            mdb_cursor_close(lists[i].cur);
        lists[i].cur = NULL;
    }
    return store_read_renew(lists[0].st);
}

int hx_store_open_cases(struct hx_store *st, const char *place_or_holder, uint64_t after,
                        size_t max, hx_case_fn *fn, void *ctx)
{
    struct list lists[2] = {0};
    size_t n_lists;
    int err = store_read_begin(st);
    if (err)
        return err;
    err = lists_open(lists, &n_lists, st, place_or_holder);
    for (size_t n = 1; n <= max && !err && after != UINT64_MAX; n++) {
        uint64_t number;
        err = lists_next(lists, n_lists, after + 1, &number);
        if (err || number == UINT64_MAX || fn(ctx, number))
            break;
        after = number;
        if (n % (10 * RENEW_EVERY) == 0)
            err = lists_renew(lists, n_lists);
    }
    for (size_t i = 0; i < n_lists; i++)
        list_close(&lists[i]);
    store_read_end(st);
    return err;
}
