/* The engine's backend: what one event reads and writes inside the open transaction, without
 * allocating. Cases are in cases.c, the journal in journal.c; here are the small rows. */
#include "store/backend.h"
#include "store/impl.h"
#include "store/key.h"

enum {
    SEEN_SIZE = 32,
    MISSING = 8, /* as many as struct hx_source keeps */
    SOURCE_SIZE = 8 + MISSING * 16,
    PARKED_SIZE = 8,
};

/* ---- Idempotency, references, sources ---- */

static int seen_load(void *b, const char *source, const char *id, struct hx_seen *seen)
{
    struct hx_store *st = b;
    struct key k;
    MDB_val value;
    int err = store_writable(st);
    if (err)
        return err;
    key_pair(&k, source, id);
    err = store_get(st, T_SEEN, key_val(&k), &value);
    if (err)
        return err;
    if (value.mv_size < SEEN_SIZE)
        return store_set_aside(st, T_SEEN, key_val(&k), value, "seen row is too short");
    const uint8_t *p = value.mv_data;
    memcpy(seen->digest, p, sizeof seen->digest);
    seen->case_number = be64_get(p + 16);
    seen->lsn = be64_get(p + 24);
    return HX_OK;
}

static int seen_save(void *b, const char *source, const char *id, const struct hx_seen *seen)
{
    struct hx_store *st = b;
    struct key k;
    uint8_t bytes[SEEN_SIZE];
    int err = store_writable(st);
    if (err)
        return err;
    memcpy(bytes, seen->digest, sizeof seen->digest);
    be64_put(bytes + 16, seen->case_number);
    be64_put(bytes + 24, seen->lsn);
    key_pair(&k, source, id);
    return store_put(st, T_SEEN, key_val(&k), val_of(bytes, sizeof bytes), 0);
}

static int ref_load(void *b, const char *source, const char *ref, uint64_t *number)
{
    struct hx_store *st = b;
    struct key k;
    MDB_val value;
    int err = store_writable(st);
    if (err)
        return err;
    key_pair(&k, source, ref);
    err = store_get(st, T_REF, key_val(&k), &value);
    if (err)
        return err;
    if (value.mv_size < 8)
        return store_set_aside(st, T_REF, key_val(&k), value, "ref row is too short");
    *number = be64_get(value.mv_data);
    return HX_OK;
}

static int ref_save(void *b, const char *source, const char *ref, uint64_t number)
{
    struct hx_store *st = b;
    struct key k;
    uint8_t bytes[8];
    int err = store_writable(st);
    if (err)
        return err;
    be64_put(bytes, number);
    key_pair(&k, source, ref);
    return store_put(st, T_REF, key_val(&k), val_of(bytes, sizeof bytes), 0);
}

static int source_unpack(MDB_val value, struct hx_source *s)
{
    if (value.mv_size < SOURCE_SIZE)
        return HX_CORRUPT;
    const uint8_t *p = value.mv_data;
    s->top = be64_get(p);
    for (size_t i = 0; i < MISSING; i++) {
        s->missing[i] = be64_get(p + 8 + 16 * i);
        s->missing_since[i] = (int64_t)be64_get(p + 16 + 16 * i);
    }
    return HX_OK;
}

static int source_load(void *b, const char *source, struct hx_source *s)
{
    struct hx_store *st = b;
    struct key k;
    MDB_val value;
    key_text(&k, source);
    int err = store_look(st, T_SOURCE, key_val(&k), &value);
    bool bad = !err && source_unpack(value, s) != HX_OK;
    if (bad)
        err = st->txn ? store_set_aside(st, T_SOURCE, key_val(&k), value, "source row is too short")
                      : HX_CORRUPT;
    store_look_end(st);
    return err;
}

static int source_save(void *b, const char *source, const struct hx_source *s)
{
    struct hx_store *st = b;
    struct key k;
    uint8_t bytes[SOURCE_SIZE];
    int err = store_writable(st);
    if (err)
        return err;
    be64_put(bytes, s->top);
    for (size_t i = 0; i < MISSING; i++) {
        be64_put(bytes + 8 + 16 * i, s->missing[i]);
        be64_put(bytes + 16 + 16 * i, (uint64_t)s->missing_since[i]);
    }
    key_text(&k, source);
    return store_put(st, T_SOURCE, key_val(&k), val_of(bytes, sizeof bytes), 0);
}

/* ---- Parked events: source NUL ref NUL, source's number, LSN ---- */

static void parked_key(struct key *k, const char *source, const char *ref)
{
    key_pair(k, source, ref);
    k->bytes[k->size++] = 0;
}

static int park(void *b, const char *source, const char *ref, const struct hx_parked *p)
{
    struct hx_store *st = b;
    struct key k;
    uint8_t bytes[PARKED_SIZE];
    int err = store_writable(st);
    if (err)
        return err;
    parked_key(&k, source, ref);
    key_add64(&k, p->seq);
    key_add64(&k, p->lsn);
    be64_put(bytes, (uint64_t)p->t_rcv);
    return store_put(st, T_PARKED, key_val(&k), val_of(bytes, sizeof bytes), 0);
}

static int unpark(void *b, const char *source, const char *ref, struct hx_parked *p)
{
    struct hx_store *st = b;
    struct key k;
    MDB_cursor *cur;
    int err = store_writable(st);
    if (err || (err = store_cursor(st, T_PARKED, &cur)))
        return err;
    parked_key(&k, source, ref);
    MDB_val key = key_val(&k), value;
    err = store_fail(st, store_error(mdb_cursor_get(cur, &key, &value, MDB_SET_RANGE), false));
    if (err)
        return err;
    const uint8_t *at = key.mv_data;
    if (key.mv_size != k.size + 16 || memcmp(at, k.bytes, k.size) != 0)
        return HX_NOTFOUND;
    p->seq = be64_get(at + k.size);
    p->lsn = be64_get(at + k.size + 8);
    p->t_rcv = value.mv_size >= PARKED_SIZE ? (int64_t)be64_get(value.mv_data) : 0;
    return store_fail(st, store_error(mdb_cursor_del(cur, 0), false));
}

/* The table is small: events wait a day at most. Deletes by key after the walk has moved on. */
int hx_store_parked_drop(struct hx_store *st, int64_t before, size_t max, size_t *n)
{
    MDB_cursor *cur;
    MDB_val key, value;
    *n = 0;
    int err = store_writable(st);
    if (err || (err = store_cursor(st, T_PARKED, &cur)))
        return err;
    int rc = mdb_cursor_get(cur, &key, &value, MDB_FIRST);
    while (!rc && *n < max) {
        bool old = value.mv_size < PARKED_SIZE || (int64_t)be64_get(value.mv_data) < before;
        struct key k;
        key_after(&k, key);
        if (old) {
            rc = mdb_cursor_del(cur, 0);
            (*n)++;
        }
        if (!rc) {
            key = key_val(&k);
            rc = mdb_cursor_get(cur, &key, &value, MDB_SET_RANGE);
        }
    }
    return rc == MDB_NOTFOUND ? HX_OK : store_fail(st, store_error(rc, false));
}

static int quarantine(void *b, const uint8_t *bytes, size_t size, const char *reason)
{
    return store_quarantine_event(b, bytes, size, reason);
}

const struct hx_backend *hx_store_backend(void)
{
    static const struct hx_backend table = {
        .case_load = store_case_load,
        .case_save = store_case_save,
        .case_number = store_case_number,
        .seen_load = seen_load,
        .seen_save = seen_save,
        .ref_load = ref_load,
        .ref_save = ref_save,
        .source_load = source_load,
        .source_save = source_save,
        .park = park,
        .unpark = unpark,
        .watch_put = store_watch_put,
        .watch_drop = store_watch_drop,
        .watch_first = store_watch_first,
        .next_lsn = store_next_lsn,
        .append = store_append,
        .entry_load = store_entry_load,
        .quarantine = quarantine,
    };
    return &table;
}

/* ---- What is committed ---- */

static int committed(struct hx_store *st, enum store_table table, const struct key *k,
                     MDB_val *value)
{
    MDB_val key = key_val(k);
    return store_error(mdb_get(st->reader, st->dbi[table], &key, value), false);
}

static int committed_source(void *b, const char *source, struct hx_source *s)
{
    struct hx_store *st = b;
    struct key k;
    MDB_val value;
    int err = store_read_begin(st);
    if (err)
        return err;
    key_text(&k, source);
    err = committed(st, T_SOURCE, &k, &value);
    if (!err)
        err = source_unpack(value, s);
    store_read_end(st);
    return err;
}

static int committed_entry(void *b, uint64_t lsn, struct hx_arena *arena, hxp_entry **e)
{
    struct hx_store *st = b;
    struct key k = {.size = 0};
    MDB_val value;
    *e = NULL;
    int err = store_read_begin(st);
    if (err)
        return err;
    key_add64(&k, lsn);
    err = committed(st, T_JOURNAL, &k, &value);
    if (!err && !(*e = store_entry_unpack(st, value.mv_data, value.mv_size, arena)))
        err = hx_arena_failed(arena) ? HX_NOMEM : HX_CORRUPT;
    store_read_end(st);
    return err;
}

const struct hx_backend *hx_store_committed(void)
{
    static const struct hx_backend table = {
        .source_load = committed_source,
        .entry_load = committed_entry,
    };
    return &table;
}
