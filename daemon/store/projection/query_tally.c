/* Reads of tally: the rows up to the cursor, and what the tail adds to them, as one sorted list. */
#include "store/impl.h"
#include "store/projection/apply.h"

#include <stdlib.h>

static bool has_prefix(MDB_val key, const struct key *k)
{
    return key.mv_size >= k->size && memcmp(key.mv_data, k->bytes, k->size) == 0;
}

/* Splits a key into its four texts. False: not a key of ours. */
static bool tally_split(const struct key *k, struct hx_tally *row)
{
    const char *parts[4], *p = (const char *)k->bytes, *end = p + k->size;
    for (int i = 0; i < 4; i++) {
        parts[i] = p;
        const char *nul = memchr(p, 0, (size_t)(end - p));
        if (!nul)
            return false;
        p = nul + 1;
    }
    row->period = parts[0];
    row->dimension = parts[1];
    row->id = parts[2];
    row->what = parts[3];
    return true;
}

static int tally_row(const struct tally_key_count *r, hx_tally_fn *fn, void *ctx)
{
    struct tally_key_count copy = *r;
    struct hx_tally row = {.count = r->count};
    if (copy.key.size == KEY_MAX)
        return 0;
    copy.key.bytes[copy.key.size++] = 0; /* ends the last text */
    return tally_split(&copy.key, &row) ? fn(ctx, &row) : 0;
}

static void tally_prefix(struct key *k, const struct hx_tally_query *q)
{
    const char *texts[] = {q->period, q->dimension, q->id};
    k->size = 0;
    for (int i = 0; i < 3 && texts[i]; i++) {
        size_t n = strnlen(texts[i], 120) + 1;
        memcpy(k->bytes + k->size, texts[i], n - 1);
        k->bytes[k->size + n - 1] = 0;
        k->size += n;
    }
}

static int compare_keys(const struct key *a, MDB_val b)
{
    size_t n = a->size < b.mv_size ? a->size : b.mv_size;
    int c = memcmp(a->bytes, b.mv_data, n);
    return c ? c : (a->size > b.mv_size) - (a->size < b.mv_size);
}

struct tally_walk {
    struct tally_key_count *tail; /* sorted */
    size_t n, at;
    struct key prefix;
    hx_tally_fn *fn;
    void *ctx;
    int stop;
};

/* Rows of the tail before `key`, or all. */
static void tally_tail(struct tally_walk *w, const MDB_val *key)
{
    while (w->at < w->n && !w->stop && (!key || compare_keys(&w->tail[w->at].key, *key) < 0)) {
        const struct tally_key_count *r = &w->tail[w->at++];
        if (has_prefix(key_val(&r->key), &w->prefix))
            w->stop = tally_row(r, w->fn, w->ctx);
    }
}

static void tally_stored(struct tally_walk *w, MDB_val key, MDB_val value)
{
    struct tally_key_count r = {.count = value.mv_size == 8 ? be64_get(value.mv_data) : 0};
    tally_tail(w, &key);
    if (w->stop)
        return;
    r.key.size = key.mv_size;
    memcpy(r.key.bytes, key.mv_data, key.mv_size);
    if (w->at < w->n && compare_keys(&w->tail[w->at].key, key) == 0)
        r.count += w->tail[w->at++].count;
    w->stop = tally_row(&r, w->fn, w->ctx);
}

static int tally_walk(struct hx_store *st, struct tally_walk *w)
{
    MDB_dbi table = st->dbi[store_projection_table(P_TALLY, st->projections[P_TALLY].live)];
    MDB_cursor *cur;
    MDB_val key = key_val(&w->prefix), value;
    int rc = mdb_cursor_open(st->reader, table, &cur);
    if (rc)
        return store_error(rc, false);
    rc = mdb_cursor_get(cur, &key, &value, MDB_SET_RANGE);
    while (!rc && !w->stop && has_prefix(key, &w->prefix)) {
        tally_stored(w, key, value);
        rc = mdb_cursor_get(cur, &key, &value, MDB_NEXT);
    }
    mdb_cursor_close(cur);
    tally_tail(w, NULL);
    return rc == MDB_NOTFOUND ? HX_OK : store_error(rc, false);
}

int hx_store_tally(struct hx_store *st, const struct hx_tally_query *query, hx_tally_fn *fn,
                   void *ctx)
{
    struct tally_walk w = {.fn = fn, .ctx = ctx};
    struct tally_sum sum;
    if (!query->period || (query->id && !query->dimension))
        return HX_INVALID;
    tally_prefix(&w.prefix, query);
    int err = store_read_begin(st);
    if (err)
        return err;
    err = tally_sum(&sum, &st->tail, 0, hx_store_project_behind(st));
    if (!err) {
        w.n = sum.n;
        err = tally_sorted(&sum, &st->tail, &w.tail);
        tally_sum_fini(&sum);
    }
    if (!err)
        err = tally_walk(st, &w);
    free(w.tail);
    store_read_end(st);
    return err;
}
