/* The projections made a second time in a temporary environment, by the functions that made them,
 * and compared row by row. Entries come from whoever walks through the journal. */
#include "store/doctor/doctor.h"
#include "store/projection/apply.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

struct doctor_projections {
    struct doctor *d;
    char dir[HX_SCRATCH_MAX];
    MDB_env *env;
    MDB_dbi dbi[PROJECTIONS];
    struct tail tail; /* taken in and not applied */
};

static const char *const names[PROJECTIONS] = {"feed", "open", "tally"};

static int open_env(struct doctor_projections *p)
{
    static const char *const files[] = {"data.mdb", "lock.mdb", NULL};
    int rc = mdb_env_create(&p->env);
    if (!rc)
        rc = mdb_env_set_maxdbs(p->env, PROJECTIONS);
    if (!rc)
        rc = mdb_env_set_mapsize(p->env, p->d->st->map_bytes);
    if (!rc)
        rc = mdb_env_open(p->env, p->dir, MDB_NOSYNC | MDB_NOMETASYNC | MDB_NOTLS, 0600);
    hx_disk_scratch_remove(p->dir, files); /* killed, the doctor leaves nothing behind */
    return store_error(rc, true);
}

/* What pruned entries counted is not in the journal any more. */
static int copy_pruned(struct doctor_projections *p, MDB_txn *txn)
{
    const struct hx_store *st = p->d->st;
    MDB_cursor *cur;
    MDB_val key, value;
    int rc = mdb_cursor_open(st->reader, st->dbi[T_PRUNED], &cur);
    if (rc)
        return store_error(rc, false);
    while (!(rc = store_walk(cur, &key, &value, MDB_NEXT))) {
        if ((rc = mdb_put(txn, p->dbi[P_TALLY], &key, &value, 0)))
            break;
    }
    mdb_cursor_close(cur);
    return rc == MDB_NOTFOUND ? HX_OK : store_error(rc, true);
}

static int make_tables(struct doctor_projections *p)
{
    MDB_txn *txn;
    int rc = mdb_txn_begin(p->env, NULL, 0, &txn);
    if (rc)
        return store_error(rc, true);
    for (int i = 0; i < PROJECTIONS && !rc; i++)
        rc = mdb_dbi_open(txn, names[i], MDB_CREATE, &p->dbi[i]);
    int err = rc ? store_error(rc, true) : copy_pruned(p, txn);
    if (err)
        mdb_txn_abort(txn);
    return err ? err : store_error(mdb_txn_commit(txn), true);
}

int doctor_projections_new(struct doctor *d, struct doctor_projections **out)
{
    struct doctor_projections *p = calloc(1, sizeof *p);
    *out = p;
    if (!p)
        return HX_NOMEM;
    p->d = d;
    int err = tail_init(&p->tail);
    if (!err)
        err = hx_disk_scratch("check", p->dir);
    if (!err)
        err = open_env(p);
    return err ? err : make_tables(p);
}

void doctor_projections_free(struct doctor_projections *p)
{
    if (!p)
        return;
    if (p->env)
        mdb_env_close(p->env);
    tail_fini(&p->tail);
    free(p);
}

/* ---- filling ---- */

static int apply_tail(struct doctor_projections *p)
{
    static int (*const apply[PROJECTIONS])(const struct apply *) = {apply_feed, apply_open,
                                                                    apply_tally};
    MDB_txn *txn;
    int rc = mdb_txn_begin(p->env, NULL, 0, &txn), err = HX_OK;
    if (rc)
        return store_error(rc, true);
    for (int i = 0; i < PROJECTIONS && !err; i++)
        err = apply[i](
            &(struct apply){.txn = txn, .dbi = p->dbi[i], .tail = &p->tail, .n = p->tail.n});
    if (err) {
        mdb_txn_abort(txn);
        return err;
    }
    tail_drop(&p->tail, p->tail.n);
    return store_error(mdb_txn_commit(txn), true);
}

int doctor_projections_entry(struct doctor_projections *p, uint64_t lsn, const hxp_entry *e)
{
    if (lsn > store_applied(p->d->st))
        return HX_OK; /* still in the store's own tail */
    int err = tail_add(&p->tail, e);
    return err || p->tail.n < HX_PROJECT_STEP ? err : apply_tail(p);
}

/* ---- comparing ---- */

static int compare_rows(MDB_cursor *a, MDB_cursor *b, size_t *row, bool *same)
{
    MDB_val ka, va, kb, vb;
    for (;;) {
        int ra = store_walk(a, &ka, &va, MDB_NEXT);
        int rb = store_walk(b, &kb, &vb, MDB_NEXT);
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

static int compare(struct doctor_projections *p, MDB_txn *txn, enum projection which)
{
    const struct hx_store *st = p->d->st;
    MDB_dbi live = st->dbi[store_projection_table(which, st->projections[which].live)];
    MDB_cursor *a = NULL, *b = NULL;
    size_t row = 0;
    bool same = true;
    int rc = mdb_cursor_open(st->reader, live, &a);
    if (!rc)
        rc = mdb_cursor_open(txn, p->dbi[which], &b);
    int err = rc ? store_error(rc, false) : compare_rows(a, b, &row, &same);
    if (!err && !same)
        doctor_found(
            p->d, &(struct hx_finding){.invariant = 6, .table = names[which], .repairable = true},
            "differs from a rebuild at row %zu", row);
    if (a)
        mdb_cursor_close(a);
    if (b)
        mdb_cursor_close(b);
    return err;
}

int doctor_projections_finish(struct doctor_projections *p)
{
    MDB_txn *txn;
    int err = p->tail.n ? apply_tail(p) : HX_OK;
    if (!err)
        err = store_error(mdb_txn_begin(p->env, NULL, MDB_RDONLY, &txn), false);
    if (err)
        return err;
    for (int i = 0; i < PROJECTIONS && !err; i++)
        err = compare(p, txn, i);
    mdb_txn_abort(txn);
    return err;
}
