/* Putting right what follows from the journal. Every row that is wrong is first collected, then
 * written in one transaction; the projections are rebuilt by their own way. */
#include "base/grown.h"
#include "engine/notice/outage.h"
#include "store/backend.h"
#include "store/doctor/doctor.h"
#include "store/key.h"

#include <stdlib.h>
#include <string.h>

struct wrong {
    enum store_table table;
    struct key key;
    uint8_t *want; /* NULL: no row */
    size_t size;
};

struct repair {
    struct doctor d;
    struct hx_check_options o;
    struct wrong *rows;
    size_t n, cap;
    bool projections[PROJECTIONS];
    uint64_t journal; /* findings about the journal itself */
};

static int keep(void *ctx, const struct doctor_row *row)
{
    struct repair *r = ctx;
    struct hx_finding f;
    char text[160];
    struct wrong *rows = hx_grown(r->rows, r->n, &r->cap, sizeof *rows);
    if (!rows)
        return HX_NOMEM;
    r->rows = rows;
    struct wrong *w = &r->rows[r->n];
    *w = (struct wrong){.table = row->table, .key.size = row->key.mv_size};
    memcpy(w->key.bytes, row->key.mv_data, row->key.mv_size);
    if (row->want.mv_data) {
        w->size = row->want.mv_size;
        w->want = malloc(w->size ? w->size : 1);
        if (!w->want)
            return HX_NOMEM;
        memcpy(w->want, row->want.mv_data, w->size);
    }
    r->n++;
    doctor_name_row(row, &f, text);
    doctor_found(&r->d, &f, "%s", text);
    return HX_OK;
}

/* ---- what is wrong ---- */

static void on_finding(void *ctx, const struct hx_finding *f)
{
    struct repair *r = ctx;
    if (strcmp(f->table, "feed") == 0)
        r->projections[P_FEED] = true;
    if (strcmp(f->table, "open") == 0)
        r->projections[P_OPEN] = true;
    if (strcmp(f->table, "tally") == 0)
        r->projections[P_TALLY] = true;
    r->journal += strcmp(f->table, "journal") == 0 && f->invariant == 6;
    if (f->repairable)
        r->o.report(r->o.ctx, f);
}

/* The due rows of cases that are right otherwise: found by the walk over the tables. */
static int look(struct repair *r)
{
    struct doctor_scratch s;
    const struct hx_store_options like = {.map_bytes = r->d.st->map_bytes,
                                          .partition = r->d.st->partition};
    int err = store_read_begin(r->d.st);
    if (err)
        return err;
    err = doctor_tables(&r->d);
    int opened = err ? err : doctor_scratch_open(&s, &r->d, &like);
    if (!err && !opened) {
        err = doctor_scratch_read(&s);
        if (!err && (s.broken || r->journal))
            err = HX_CORRUPT;
        if (!err)
            err = doctor_rows(&r->d, &s, keep, r);
    }
    if (!err)
        err = opened;
    if (!opened)
        doctor_scratch_close(&s);
    store_read_end(r->d.st);
    return err;
}

/* ---- putting it right ---- */

/* The next mark of a case; in our outage its next look since we were there last, for nobody is told
 * later because of a repair. */
static int64_t row_of(const struct repair *r, const struct hx_case *c)
{
    int64_t due = hx_case_due(r->o.rules, c);
    int64_t look = hx_outage_look(r->o.rules, c, hx_store_alive(r->d.st));
    return look < due ? look : due;
}

static int put_case(struct repair *r, const struct wrong *w)
{
    struct hx_store *st = r->d.st;
    int err = hx_case_unpack(w->want, w->size, &st->spare);
    st->spare.due_row = 0; /* it gets one */
    return err ? err : store_case_save(st, &st->spare, row_of(r, &st->spare));
}

static int put(struct repair *r, const struct wrong *w)
{
    struct hx_store *st = r->d.st;
    if (!w->want) {
        int err = store_del(st, w->table, key_val(&w->key));
        return err == HX_NOTFOUND ? HX_OK : err;
    }
    return w->table == T_CASE
               ? put_case(r, w)
               : store_put(st, w->table, key_val(&w->key), val_of(w->want, w->size), 0);
}

/* The case in `spare`: a row at or before its next mark, when it has none. */
static int due_of_spare(struct repair *r)
{
    struct hx_store *st = r->d.st;
    struct hx_case *c = &st->spare;
    MDB_val row;
    struct key k = {.size = 0};
    key_add64(&k, (uint64_t)c->due_row);
    key_add64(&k, c->number);
    int err = store_get(st, T_DUE, key_val(&k), &row);
    if ((err && err != HX_NOTFOUND) || (!err && c->due_row <= hx_case_due(r->o.rules, c)))
        return err;
    c->due_row = 0;
    return store_case_save(st, c, row_of(r, c));
}

static int end_of_walk(struct hx_store *st, int rc)
{
    return rc == MDB_NOTFOUND ? HX_OK : store_fail(st, store_error(rc, false));
}

/* A row that says it is another case is nobody's: written under its own word it would take that
 * case's place. */
static bool spare_is(const struct hx_store *st, MDB_val key)
{
    return key.mv_size == 8 && be64_get(key.mv_data) == st->spare.number;
}

/* Each case whose next mark has no row at or before it gets one; a row of no case goes. */
static int put_due(struct repair *r)
{
    struct hx_store *st = r->d.st;
    MDB_cursor *cur;
    MDB_val key, value;
    struct key next;
    int err = store_cursor(st, T_CASE, &cur);
    int rc = err ? 0 : store_walk(cur, &key, &value, MDB_FIRST);
    while (!err && !rc) {
        key_after(&next, key);
        if (!hx_case_unpack(value.mv_data, value.mv_size, &st->spare) && spare_is(st, key))
            err = due_of_spare(r);
        key = key_val(&next);
        rc = store_walk(cur, &key, &value, MDB_SET_RANGE);
    }
    return err ? err : end_of_walk(st, rc);
}

static int drop_due(struct repair *r)
{
    struct hx_store *st = r->d.st;
    MDB_cursor *cur;
    MDB_val key, value, row;
    struct key next, k;
    int err = store_cursor(st, T_DUE, &cur);
    int rc = err ? 0 : store_walk(cur, &key, &value, MDB_FIRST);
    while (!err && !rc) {
        key_after(&next, key);
        k.size = 0;
        key_add64(&k, key.mv_size == 16 ? be64_get((const uint8_t *)key.mv_data + 8) : 0);
        err = store_get(st, T_CASE, key_val(&k), &row);
        if (err == HX_NOTFOUND)
            err = store_error(mdb_cursor_del(cur, 0), false);
        key = key_val(&next);
        rc = store_walk(cur, &key, &value, MDB_SET_RANGE);
    }
    return err ? store_fail(st, err) : end_of_walk(st, rc);
}

static int put_all(struct repair *r)
{
    int err = hx_store_begin(r->d.st);
    if (err)
        return err;
    for (size_t i = 0; i < r->n && !err; i++)
        err = put(r, &r->rows[i]);
    if (!err)
        err = put_due(r);
    if (!err)
        err = drop_due(r);
    if (!err)
        return hx_store_commit(r->d.st);
    hx_store_abort(r->d.st);
    return err;
}

static int rebuild(struct repair *r)
{
    static const char *const names[PROJECTIONS] = {"feed", "open", "tally"};
    size_t done = 0;
    int err = HX_OK;
    for (int p = 0; p < PROJECTIONS && !err; p++)
        if (r->projections[p])
            err = hx_store_rebuild(r->d.st, names[p]);
    while (!err && hx_store_rebuilding(r->d.st))
        err = hx_store_project(r->d.st, 0, &done);
    return err;
}

int hx_store_repair(struct hx_store *st, const struct hx_check_options *o, bool dry,
                    struct hx_check_result *result)
{
    struct repair r = {.o = *o};
    *result = (struct hx_check_result){0};
    if (st->txn || !o->rules || !o->city || (st->readonly && !dry))
        return HX_INVALID;
    r.d = (struct doctor){.st = st,
                          .packing = st->packing,
                          .rules = o->rules,
                          .city = o->city,
                          .report = on_finding,
                          .ctx = &r,
                          .progress = o->progress,
                          .progress_ctx = o->ctx,
                          .result = result};
    hx_arena_init(&r.d.arena, 0);
    int err = look(&r);
    if (!err && !dry)
        err = put_all(&r);
    if (!err && !dry)
        err = rebuild(&r);
    for (size_t i = 0; i < r.n; i++)
        free(r.rows[i].want);
    free(r.rows);
    hx_arena_fini(&r.d.arena);
    return err;
}
