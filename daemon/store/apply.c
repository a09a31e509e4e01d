/* Rows of feed and open. */
#include "store/apply.h"
#include "store/impl.h"

#include <stdlib.h>

/* ---- Order of texts: rank[number] = place of the text among all of its tail ---- */

static int by_text(const void *a, const void *b, void *ctx)
{
    const struct names *s = ctx;
    return strcmp(names_text(s, *(const uint32_t *)a), names_text(s, *(const uint32_t *)b));
}

/* order[i] = number of the i-th text; rank is its inverse. One block: order, then rank. */
static uint32_t *rank_names(const struct names *s)
{
    uint32_t *order = malloc(2 * s->n * sizeof *order);
    if (!order)
        return NULL;
    for (uint32_t i = 0; i < s->n; i++)
        order[i] = i;
    qsort_r(order, s->n, sizeof *order, by_text, (void *)(uintptr_t)s);
    for (uint32_t i = 0; i < s->n; i++)
        order[s->n + order[i]] = i;
    return order;
}

/* ---- feed: audience NUL, LSN ---- */

/* Counting sort: the items come in the order of LSNs, so each receiver's LSNs stay sorted.
 * starts[i] = where the rows of the i-th receiver begin. */
static int sort_feed(const struct apply *a, const uint32_t *rank, uint64_t **lsns, size_t **starts)
{
    uint32_t names = a->tail->names.n;
    size_t *at = calloc(names + 2, sizeof *at);
    if (!at)
        return HX_NOMEM;
    const struct item *items = a->tail->items + a->from;
    for (size_t i = 0; i < a->n; i++) {
        const uint32_t *audience = item_audience(a->tail, &items[i]);
        for (size_t j = 0; j < items[i].n_audience; j++)
            at[rank[audience[j]] + 2]++;
    }
    for (uint32_t i = 2; i < names + 2; i++)
        at[i] += at[i - 1];
    uint64_t *out = malloc((at[names + 1] + 1) * sizeof *out);
    if (!out) {
        free(at);
        return HX_NOMEM;
    }
    for (size_t i = 0; i < a->n; i++) {
        const uint32_t *audience = item_audience(a->tail, &items[i]);
        for (size_t j = 0; j < items[i].n_audience; j++)
            out[at[rank[audience[j]] + 1]++] = items[i].lsn;
    }
    *lsns = out;
    *starts = at;
    return HX_OK;
}

static int put_feed(MDB_cursor *cur, const char *audience, const uint64_t *lsns, size_t n)
{
    struct key k;
    key_text(&k, audience);
    size_t prefix = k.size;
    int rc = 0;
    for (size_t i = 0; i < n && !rc; i++) {
        k.size = prefix;
        key_add64(&k, lsns[i]);
        MDB_val key = key_val(&k), value = val_of("", 0);
        rc = mdb_cursor_put(cur, &key, &value, 0);
    }
    return rc;
}

int apply_feed(const struct apply *a)
{
    MDB_cursor *cur;
    uint64_t *lsns;
    size_t *starts;
    const struct names *names = &a->tail->names;
    uint32_t *order = rank_names(names);
    if (!order)
        return HX_NOMEM;
    int err = sort_feed(a, order + names->n, &lsns, &starts);
    if (err)
        goto free_order;
    int rc = mdb_cursor_open(a->txn, a->dbi, &cur);
    if (rc)
        goto free_rows;
    for (uint32_t i = 0; i < names->n && !rc; i++) {
        if (order[i] && starts[i + 1] > starts[i])
            rc = put_feed(cur, names_text(names, order[i]), lsns + starts[i],
                          starts[i + 1] - starts[i]);
    }
    mdb_cursor_close(cur);
free_rows:
    err = store_error(rc, false);
    free(lsns);
    free(starts);
free_order:
    free(order);
    return err;
}

/* ---- open: kind, id NUL, case ---- */

struct open_row {
    uint64_t list; /* kind and rank of the id: sorts like the key's text */
    uint64_t case_number;
    uint32_t sequence; /* of one row's operations the last one counts */
    uint32_t id;
    char kind;
    bool add;
};

static int by_open_key(const void *pa, const void *pb)
{
    const struct open_row *a = pa, *b = pb;
    if (a->list != b->list)
        return a->list < b->list ? -1 : 1;
    if (a->case_number != b->case_number)
        return a->case_number < b->case_number ? -1 : 1;
    return a->sequence < b->sequence ? -1 : a->sequence > b->sequence;
}

static size_t list_open(const struct apply *a, const uint32_t *rank, struct open_row *rows)
{
    size_t n = 0;
    for (size_t i = 0; i < a->n; i++) {
        struct open_op ops[ITEM_OPS];
        const struct item *item = &a->tail->items[a->from + i];
        size_t n_ops = item_open_ops(item, ops);
        for (size_t j = 0; j < n_ops; j++) {
            rows[n] = (struct open_row){.list = (uint64_t)ops[j].kind << 32 | rank[ops[j].id],
                                        .case_number = item->case_number,
                                        .sequence = (uint32_t)n,
                                        .id = ops[j].id,
                                        .kind = ops[j].kind,
                                        .add = ops[j].add};
            n++;
        }
    }
    qsort(rows, n, sizeof *rows, by_open_key);
    return n;
}

/* A row that is already as it should be costs a look, no page. */
static int put_open(MDB_cursor *cur, struct key *k, const struct open_row *row)
{
    MDB_val key = key_val(k), value = val_of("", 0);
    if (row->add) {
        int rc = mdb_cursor_put(cur, &key, &value, MDB_NOOVERWRITE);
        return rc == MDB_KEYEXIST ? 0 : rc;
    }
    int rc = mdb_cursor_get(cur, &key, &value, MDB_SET);
    if (rc)
        return rc == MDB_NOTFOUND ? 0 : rc;
    return mdb_cursor_del(cur, 0);
}

static int put_open_rows(const struct apply *a, MDB_cursor *cur, const struct open_row *rows,
                         size_t n)
{
    struct key k = {.size = 0};
    size_t prefix = 0;
    int rc = 0;
    for (size_t i = 0; i < n && !rc; i++) {
        const struct open_row *row = &rows[i];
        if (!i || row->list != rows[i - 1].list) {
            key_open(&k, row->kind, names_text(&a->tail->names, row->id));
            prefix = k.size;
        }
        if (i + 1 < n && row->list == rows[i + 1].list &&
            row->case_number == rows[i + 1].case_number)
            continue;
        k.size = prefix;
        key_add64(&k, row->case_number);
        rc = put_open(cur, &k, row);
    }
    return rc;
}

int apply_open(const struct apply *a)
{
    MDB_cursor *cur;
    const struct names *names = &a->tail->names;
    uint32_t *order = rank_names(names);
    struct open_row *rows = malloc((a->n * ITEM_OPS + 1) * sizeof *rows);
    int err = order && rows ? HX_OK : HX_NOMEM;
    if (!err)
        err = store_error(mdb_cursor_open(a->txn, a->dbi, &cur), false);
    if (!err) {
        size_t n = list_open(a, order + names->n, rows);
        err = store_error(put_open_rows(a, cur, rows, n), false);
        mdb_cursor_close(cur);
    }
    free(rows);
    free(order);
    return err;
}
