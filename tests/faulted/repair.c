/* What follows from the journal is damaged, and put right while calls fail: a repair that has
 * failed can be done again, and ends with the rows that it ends with when nothing fails. */
#include "faulted/fail.h"
#include "faulted/town.h"
#include "store/impl.h"
#include "store/key.h"

#include <stdlib.h>

static int drop_first(struct hx_store *st, enum store_table table)
{
    MDB_cursor *cur;
    MDB_val key, value;
    int err = store_cursor(st, table, &cur);
    int rc = err ? 0 : mdb_cursor_get(cur, &key, &value, MDB_FIRST);
    if (!err && !rc)
        rc = mdb_cursor_del(cur, 0);
    return err ? err : rc == MDB_NOTFOUND ? HX_OK : store_fail(st, store_error(rc, false));
}

/* One row of each kind is gone, some say what is not so, and one is none. */
static int damage(struct hx_store *st)
{
    static const enum store_table tables[] = {T_DUE, T_SEEN, T_REF, T_CASE};
    static const char none[32];
    struct key due = {.size = 0};
    int err = hx_store_begin(st);
    if (err)
        return err;
    for (size_t i = 0; i < sizeof tables / sizeof *tables; i++)
        (void)drop_first(st, tables[i]); /* errors are sticky: the commit says the first one */
    for (int p = 0; p < PROJECTIONS; p++)
        (void)drop_first(st, store_projection_table((enum projection)p, st->projections[p].live));
    key_add64(&due, 5);
    key_add64(&due, 4711);
    (void)store_put(st, T_DUE, key_val(&due), val_of("", 0), 0);
    (void)store_put(st, T_DUE, val_of("odd", 3), val_of("", 0), 0);
    (void)store_put(st, T_SEEN, val_of("sim\0none", 8), val_of(none, sizeof none), 0);
    return hx_store_commit(st);
}

static void hear(void *ctx, const struct hx_finding *f)
{
    (void)ctx;
    (void)f;
}

static int mend(struct town *t)
{
    struct hx_check_result r;
    const struct hx_check_options o = {.rules = t->m.rules, .city = t->m.city, .report = hear};
    return hx_store_repair(t->st, &o, false, &r);
}

static int put_right(struct town *t, const void *unused)
{
    (void)unused;
    int rc = damage(t->st);
    if (!rc)
        rc = mend(t);
    (void)fail_disarm();
    if (rc && mend(t)) /* what has failed can be done again */
        town_fail(t, "it cannot be repaired any more");
    return rc || !fail_hit() ? rc : HX_IO; /* tolerated: the calls behind it are tried, too */
}

/* How often a projection was rebuilt decides in which of its two tables it lies. */
static void lie_as_ever(struct hx_store *st)
{
    static const char *const names[PROJECTIONS] = {"feed", "open", "tally"};
    size_t done;
    for (int p = 0; p < PROJECTIONS; p++) {
        int rc = st->projections[p].live ? hx_store_rebuild(st, names[p]) : HX_OK;
        while (!rc && hx_store_rebuilding(st))
            rc = hx_store_project(st, 0, &done);
        if (rc)
            abort();
    }
}

void town_repair(struct town *t)
{
    town_do(t, "put right", put_right, NULL);
    lie_as_ever(t->st);
}
