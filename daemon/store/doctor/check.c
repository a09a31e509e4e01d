/* Examining everything in one snapshot. The projections are built a second time in a temporary
 * environment, by the same functions, and compared row by row. */
#include "store/doctor/doctor.h"
#include "store/key.h"
#include "store/projection/apply.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static void report(struct doctor *d, struct hx_finding f, const char *text)
{
    if (d->err)
        return;
    f.text = text;
    if (!f.clock)
        f.clock = "";
    d->result->findings++;
    d->result->repairable += f.repairable;
    d->result->invariants[f.invariant]++;
    d->report(d->ctx, &f);
}

void doctor_found(struct doctor *d, const struct hx_finding *about, const char *fmt, ...)
{
    char text[256];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    report(d, *about, text);
}

typedef void row_fn(struct doctor *c, MDB_val key, MDB_val value);

static int each_row(struct doctor *c, enum store_table t, row_fn *fn)
{
    MDB_cursor *cur;
    MDB_val key, value;
    int rc = mdb_cursor_open(c->st->reader, c->st->dbi[t], &cur);
    if (rc)
        return store_error(rc, false);
    while (!c->err && !(rc = mdb_cursor_get(cur, &key, &value, MDB_NEXT)))
        fn(c, key, value);
    mdb_cursor_close(cur);
    return c->err ? c->err : rc == MDB_NOTFOUND ? HX_OK : store_error(rc, false);
}

static int get(struct doctor *c, enum store_table t, uint64_t a, const uint64_t *b, MDB_val *value)
{
    struct key k = {.size = 0};
    key_add64(&k, a);
    if (b)
        key_add64(&k, *b);
    MDB_val key = key_val(&k);
    int rc = mdb_get(c->st->reader, c->st->dbi[t], &key, value);
    if (rc && rc != MDB_NOTFOUND)
        c->err = store_error(rc, false);
    return rc;
}

hxp_entry *doctor_entry(struct doctor *d, const void *bytes, size_t size)
{
    hxp_entry *e = store_entry_unpack(bytes, size, &d->arena);
    if (!e && hx_arena_failed(&d->arena))
        d->err = HX_NOMEM;
    return e;
}

static hxp_entry *entry_at(struct doctor *c, uint64_t lsn)
{
    MDB_val value;
    if (get(c, T_JOURNAL, lsn, NULL, &value))
        return NULL;
    hx_arena_reset(&c->arena);
    return doctor_entry(c, value.mv_data, value.mv_size);
}

void doctor_step(struct doctor *d)
{
    d->steps++;
    if (d->progress)
        d->progress(d->progress_ctx, d->steps, 0);
}

/* ---- journal ---- */

static int check_journal(struct doctor *c)
{
    MDB_cursor *cur;
    MDB_val key, value;
    uint64_t last = 0;
    int64_t t = 0;
    int rc = mdb_cursor_open(c->st->reader, c->st->dbi[T_JOURNAL], &cur);
    if (rc)
        return store_error(rc, false);
    while (!c->err && !(rc = mdb_cursor_get(cur, &key, &value, MDB_NEXT))) {
        uint64_t lsn = be64_get(key.mv_data);
        hx_arena_reset(&c->arena);
        const hxp_entry *e = doctor_entry(c, value.mv_data, value.mv_size);
        if (last && last >= c->st->now.oldest && lsn != last + 1)
            doctor_found(c, &(struct hx_finding){.invariant = 6, .table = "journal", .lsn = lsn},
                         "gap between LSN %" PRIu64 " and %" PRIu64, last, lsn);
        last = lsn;
        c->result->entries++;
        doctor_step(c);
        if (!e) {
            doctor_found(c, &(struct hx_finding){.invariant = 6, .table = "journal", .lsn = lsn},
                         "entry %" PRIu64 " cannot be decoded", lsn);
            continue;
        }
        if (e->lsn != lsn)
            doctor_found(c, &(struct hx_finding){.invariant = 6, .table = "journal", .lsn = lsn},
                         "entry %" PRIu64 " says it is %" PRIu64, lsn, e->lsn);
        if (e->prev_lsn >= lsn)
            doctor_found(c, &(struct hx_finding){.invariant = 6, .table = "journal", .lsn = lsn},
                         "entry %" PRIu64 " follows a later one", lsn);
        if (e->t_rec < t)
            doctor_found(c, &(struct hx_finding){.invariant = 6, .table = "journal", .lsn = lsn},
                         "time runs backwards at entry %" PRIu64, lsn);
        t = e->t_rec;
    }
    mdb_cursor_close(cur);
    return c->err ? c->err : rc == MDB_NOTFOUND ? HX_OK : store_error(rc, false);
}

/* ---- case: its chain, its due row ---- */

static const struct hx_finding *broken_case(struct doctor *d, uint64_t number)
{
    d->about = (struct hx_finding){
        .invariant = 6, .table = "case", .case_number = number, .repairable = d->city != NULL};
    return &d->about;
}

static const struct hx_finding *broken_chain(struct doctor *d, const struct hx_case *k,
                                             uint64_t lsn)
{
    d->about =
        (struct hx_finding){.invariant = 6, .table = "case", .case_number = k->number, .lsn = lsn};
    return &d->about;
}

static const struct hx_finding *late_row(struct doctor *d, const struct hx_case *k)
{
    d->about = (struct hx_finding){.invariant = 1,
                                   .table = "due",
                                   .case_number = k->number,
                                   .lsn = k->last_lsn,
                                   .repairable = true};
    return &d->about;
}

static void check_chain(struct doctor *c, const struct hx_case *k)
{
    uint64_t lsn = k->last_lsn, steps = 0;
    while (lsn >= c->st->now.oldest && lsn) {
        const hxp_entry *e = entry_at(c, lsn);
        if (!e || e->case_number != k->number) {
            doctor_found(c, broken_chain(c, k, lsn),
                         "chain of case %" PRIu64 " is broken at LSN %" PRIu64, k->number, lsn);
            return;
        }
        if (!e->prev_lsn && lsn != k->first_lsn)
            doctor_found(c, broken_chain(c, k, lsn),
                         "chain of case %" PRIu64 " does not end at its first entry", k->number);
        if (e->prev_lsn >= lsn || ++steps > k->version + 1)
            return;
        lsn = e->prev_lsn;
    }
}

static void check_due(struct doctor *c, const struct hx_case *k)
{
    MDB_val value;
    uint64_t number = k->number;
    if (k->due_row && get(c, T_DUE, (uint64_t)k->due_row, &number, &value))
        doctor_found(c, late_row(c, k), "case %" PRIu64 " has no row at %" PRId64, number,
                     k->due_row);
    if (!c->rules)
        return;
    int64_t next = hx_case_due(c->rules, k);
    if (next != INT64_MAX && (!k->due_row || k->due_row > next))
        doctor_found(c, late_row(c, k),
                     "case %" PRIu64 " next needs the engine at %" PRId64
                     ", its row is at %" PRId64,
                     number, next, k->due_row);
}

static void check_case(struct doctor *c, MDB_val key, MDB_val value)
{
    struct hx_case *k = &c->st->spare;
    uint64_t number = key.mv_size == 8 ? be64_get(key.mv_data) : 0;
    if (hx_case_unpack(value.mv_data, value.mv_size, k) || k->number != number) {
        doctor_found(c, broken_case(c, number), "case %" PRIu64 " cannot be decoded", number);
        return;
    }
    if (k->last_lsn >= c->st->now.next_lsn)
        doctor_found(c, broken_case(c, number), "case %" PRIu64 " is ahead of the journal", number);
    else
        check_chain(c, k);
    check_due(c, k);
}

static void check_due_row(struct doctor *c, MDB_val key, MDB_val value)
{
    (void)value;
    const struct hx_finding unreadable = {.invariant = 1, .table = "due", .repairable = true};
    if (key.mv_size != 16) {
        doctor_found(c, &unreadable, "a row cannot be decoded: its key has %zu bytes", key.mv_size);
        return;
    }
    uint64_t number = be64_get((const uint8_t *)key.mv_data + 8);
    if (get(c, T_CASE, number, NULL, &value))
        doctor_found(c,
                     &(struct hx_finding){
                         .invariant = 1, .table = "due", .case_number = number, .repairable = true},
                     "a row names case %" PRIu64 ", which does not exist", number);
}

/* ---- seen, ref ---- */

static void check_seen(struct doctor *c, MDB_val key, MDB_val value)
{
    (void)key;
    if (value.mv_size < 32) {
        doctor_found(
            c, &(struct hx_finding){.invariant = 8, .table = "seen", .repairable = c->city != NULL},
            "a row has %zu bytes", value.mv_size);
        return;
    }
    uint64_t lsn = be64_get((const uint8_t *)value.mv_data + 24);
    if (lsn >= c->st->now.next_lsn ||
        (lsn >= c->st->now.oldest && get(c, T_JOURNAL, lsn, NULL, &value)))
        doctor_found(
            c,
            &(struct hx_finding){
                .invariant = 8, .table = "seen", .lsn = lsn, .repairable = c->city != NULL},
            "a row names entry %" PRIu64 ", which does not exist", lsn);
}

static void check_ref(struct doctor *c, MDB_val key, MDB_val value)
{
    (void)key;
    uint64_t number = value.mv_size >= 8 ? be64_get(value.mv_data) : 0;
    if (get(c, T_CASE, number, NULL, &value))
        doctor_found(c,
                     &(struct hx_finding){.invariant = 6,
                                          .table = "ref",
                                          .case_number = number,
                                          .repairable = c->city != NULL},
                     "a row names case %" PRIu64 ", which does not exist", number);
}

/* ---- projections ---- */

struct rebuild {
    struct doctor *c;
    char dir[HX_SCRATCH_MAX];
    MDB_env *env;
    MDB_dbi dbi[PROJECTIONS];
};

static const char *const projection_names[PROJECTIONS] = {"feed", "open", "tally"};

static int rebuild_env(struct rebuild *r)
{
    MDB_txn *txn;
    int rc = hx_disk_scratch("check", r->dir);
    if (rc)
        return rc;
    rc = mdb_env_create(&r->env);
    if (!rc)
        rc = mdb_env_set_maxdbs(r->env, PROJECTIONS);
    if (!rc)
        rc = mdb_env_set_mapsize(r->env, r->c->st->map_bytes);
    if (!rc)
        rc = mdb_env_open(r->env, r->dir, MDB_NOSYNC | MDB_NOMETASYNC | MDB_NOTLS, 0600);
    if (!rc)
        rc = mdb_txn_begin(r->env, NULL, 0, &txn);
    if (rc)
        return store_error(rc, true);
    for (int p = 0; p < PROJECTIONS && !rc; p++)
        rc = mdb_dbi_open(txn, projection_names[p], MDB_CREATE, &r->dbi[p]);
    if (rc)
        mdb_txn_abort(txn);
    else
        rc = mdb_txn_commit(txn);
    return store_error(rc, true);
}

static void rebuild_close(struct rebuild *r)
{
    char path[HX_SCRATCH_MAX + 16];
    static const char *const files[] = {"data.mdb", "lock.mdb"};
    if (r->env)
        mdb_env_close(r->env);
    for (size_t i = 0; r->dir[0] && i < 2; i++) {
        snprintf(path, sizeof path, "%s/%s", r->dir, files[i]);
        unlink(path);
    }
    if (r->dir[0])
        rmdir(r->dir);
}

static int copy_pruned(struct rebuild *r, MDB_txn *txn)
{
    struct hx_store *st = r->c->st;
    MDB_cursor *cur;
    MDB_val key, value;
    int rc = mdb_cursor_open(st->reader, st->dbi[T_PRUNED], &cur);
    if (rc)
        return store_error(rc, false);
    while (!(rc = mdb_cursor_get(cur, &key, &value, MDB_NEXT))) {
        if ((rc = mdb_put(txn, r->dbi[P_TALLY], &key, &value, 0)))
            break;
    }
    mdb_cursor_close(cur);
    return rc == MDB_NOTFOUND ? HX_OK : store_error(rc, true);
}

static int apply_all(struct rebuild *r, struct tail *tail, bool first)
{
    static int (*const apply[PROJECTIONS])(const struct apply *) = {apply_feed, apply_open,
                                                                    apply_tally};
    MDB_txn *txn;
    int rc = mdb_txn_begin(r->env, NULL, 0, &txn);
    if (rc)
        return store_error(rc, true);
    int err = first ? copy_pruned(r, txn) : HX_OK;
    for (int p = 0; p < PROJECTIONS && !err && tail->n; p++)
        err = apply[p](&(struct apply){.txn = txn, .dbi = r->dbi[p], .tail = tail, .n = tail->n});
    if (err) {
        mdb_txn_abort(txn);
        return err;
    }
    return store_error(mdb_txn_commit(txn), true);
}

static int rebuild_fill(struct rebuild *r)
{
    struct hx_store *st = r->c->st;
    struct store_collect c = {.txn = st->reader,
                              .journal = st->dbi[T_JOURNAL],
                              .upto = store_applied(st),
                              .max = HX_PROJECT_STEP};
    int err = HX_OK;
    for (bool more = true, first = true; more && !err; first = false) {
        struct tail tail;
        err = tail_init(&tail);
        if (err)
            return err;
        c.tail = &tail;
        c.n = 0;
        err = store_collect(&c);
        if (!err)
            err = apply_all(r, &tail, first);
        more = c.n == c.max;
        c.after = c.last;
        tail_fini(&tail);
    }
    return err;
}

static int compare_rows(MDB_cursor *a, MDB_cursor *b, size_t *row, bool *same)
{
    MDB_val ka, va, kb, vb;
    for (;;) {
        int ra = mdb_cursor_get(a, &ka, &va, MDB_NEXT), rb = mdb_cursor_get(b, &kb, &vb, MDB_NEXT);
        *same = ra == rb;
        if (ra && ra != MDB_NOTFOUND)
            return store_error(ra, false);
        if (rb && rb != MDB_NOTFOUND)
            return store_error(rb, false);
        if (ra || rb)
            return HX_OK;
        ++*row;
        *same = ka.mv_size == kb.mv_size && va.mv_size == vb.mv_size &&
                memcmp(ka.mv_data, kb.mv_data, ka.mv_size) == 0 &&
                (!va.mv_size || memcmp(va.mv_data, vb.mv_data, va.mv_size) == 0);
        if (!*same)
            return HX_OK;
    }
}

static int rebuild_compare(struct rebuild *r, MDB_txn *txn, enum projection p)
{
    struct hx_store *st = r->c->st;
    MDB_dbi live = st->dbi[store_projection_table(p, st->projections[p].live)];
    MDB_cursor *a = NULL, *b = NULL;
    size_t row = 0;
    bool same = true;
    int rc = mdb_cursor_open(st->reader, live, &a);
    if (!rc)
        rc = mdb_cursor_open(txn, r->dbi[p], &b);
    int err = rc ? store_error(rc, false) : compare_rows(a, b, &row, &same);
    if (!err && !same)
        doctor_found(
            r->c,
            &(struct hx_finding){.invariant = 6, .table = projection_names[p], .repairable = true},
            "differs from a rebuild at row %zu", row);
    if (a)
        mdb_cursor_close(a);
    if (b)
        mdb_cursor_close(b);
    return err;
}

static int check_projections(struct doctor *c)
{
    struct rebuild r = {.c = c};
    MDB_txn *txn;
    int err = rebuild_env(&r);
    if (!err)
        err = rebuild_fill(&r);
    if (!err)
        err = store_error(mdb_txn_begin(r.env, NULL, MDB_RDONLY, &txn), false);
    if (!err) {
        for (int p = 0; p < PROJECTIONS && !err; p++)
            err = rebuild_compare(&r, txn, p);
        mdb_txn_abort(txn);
    }
    rebuild_close(&r);
    return err;
}

/* ---- cases by their entries ---- */

static int add_entry(void *ctx, uint64_t lsn, const uint8_t *bytes, size_t size)
{
    struct chain *h = ctx;
    (void)lsn;
    const hxp_entry *e = doctor_entry(h->d, bytes, size);
    if (h->n == h->cap) {
        size_t cap = h->cap ? 2 * h->cap : 64;
        const hxp_entry **list = realloc(h->list, cap * sizeof(*list));
        if (!list) {
            h->d->err = HX_NOMEM;
            return 1;
        }
        h->list = list;
        h->cap = cap;
    }
    if (e)
        h->list[h->n++] = e;
    return 0;
}

static void oldest_first(struct chain *h)
{
    for (size_t i = 0; i < h->n / 2; i++) {
        const hxp_entry *swap = h->list[i];
        h->list[i] = h->list[h->n - 1 - i];
        h->list[h->n - 1 - i] = swap;
    }
}

static void examine_case(struct doctor *d, MDB_val key, MDB_val value)
{
    struct hx_case *k = &d->st->spare;
    struct chain *h = &d->chain;
    d->result->cases++;
    doctor_step(d);
    if (key.mv_size != 8 || hx_case_unpack(value.mv_data, value.mv_size, k))
        return; /* said by the walk over the tables */
    hx_arena_reset(&d->arena);
    h->d = d;
    h->n = 0;
    int err = hx_store_history(d->st, k->number, SIZE_MAX, add_entry, h);
    if (err && err != HX_NOTFOUND && !d->err)
        d->err = err;
    oldest_first(h);
    bool whole = h->n && !h->list[0]->prev_lsn;
    d->result->unproven += !whole;
    doctor_case(d, k, &(struct doctor_chain){h->list, h->n, whole});
}

int doctor_cases(struct doctor *d)
{
    int err = each_row(d, T_CASE, examine_case);
    free(d->chain.list);
    d->chain = (struct chain){0};
    return err;
}

/* ---- all of it ---- */

int doctor_tables(struct doctor *d)
{
    int err = check_journal(d);
    if (!err)
        err = each_row(d, T_CASE, check_case);
    if (!err)
        err = each_row(d, T_DUE, check_due_row);
    if (!err)
        err = each_row(d, T_SEEN, check_seen);
    if (!err)
        err = each_row(d, T_REF, check_ref);
    if (!err)
        err = doctor_names(d);
    if (!err)
        err = check_projections(d);
    return err ? err : doctor_sums(d);
}

int hx_store_check(struct hx_store *st, const struct hx_check_options *o,
                   struct hx_check_result *result)
{
    struct doctor d = {.st = st,
                       .rules = o->rules,
                       .city = o->rules ? o->city : NULL,
                       .report = o->report,
                       .ctx = o->ctx,
                       .progress = o->progress,
                       .progress_ctx = o->ctx,
                       .result = result};
    *result = (struct hx_check_result){0};
    if (st->txn)
        return HX_INVALID;
    int err = store_read_begin(st);
    if (err)
        return err;
    hx_arena_init(&d.arena, 0);
    err = doctor_tables(&d);
    if (!err && d.rules)
        err = doctor_cases(&d);
    if (!err && d.city)
        err = doctor_replay(&d);
    if (!err && st->has_key)
        err = doctor_persons(&d);
    hx_arena_fini(&d.arena);
    store_read_end(st);
    return err ? err : d.err;
}
