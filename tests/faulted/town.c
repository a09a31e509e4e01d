#include "faulted/town.h"

#include "faulted/fail.h"
#include "property/world.h"
#include <inttypes.h>
#include <lmdb.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { DUE_AT_ONCE = 16 };
enum { NOT_KEPT = 1 }; /* it has succeeded in spite of a fault, and was given up all the same */

void town_fail(struct town *t, const char *fmt, ...)
{
    va_list ap;
    if (t->failed)
        return;
    t->failed = true;
    int n = snprintf(t->problem, sizeof t->problem, "%s: ", t->doing);
    va_start(ap, fmt);
    vsnprintf(t->problem + n, sizeof t->problem - (size_t)n, fmt, ap);
    va_end(ap);
}

static enum hx_reach up(void *ctx, const char *holder)
{
    (void)ctx;
    (void)holder;
    return HX_REACH_UP;
}

static void open_store(struct town *t)
{
    char problem[HX_STORE_PROBLEM_MAX];
    if (hx_store_open(&t->options, &t->st, problem)) {
        town_fail(t, "the store cannot be opened: %s", problem);
        abort();
    }
    t->m.backend = t->st;
}

void town_open(struct town *t, int64_t begin)
{
    static const uint8_t key[HX_IDENTITY_KEY_SIZE] = {17};
    const char *tmp = getenv("TMPDIR");
    snprintf(t->dir, sizeof t->dir, "%.90s/hx-faulted-XXXXXX", tmp && *tmp ? tmp : "/tmp");
    if (!mkdtemp(t->dir))
        abort();
    t->options = (struct hx_store_options){
        .path = t->dir, .map_bytes = 64 << 20, .identity_key = key, .reserve_bytes = 1 << 16};
    hx_arena_init(&t->arena, 0);
    t->m = (struct hx_machine){.rules = t->rules ? t->rules : world_rules(),
                               .city = t->rules ? t->city : world_city(),
                               .ops = hx_store_backend(),
                               .arena = &t->arena,
                               .reach = up};
    t->doing = "open";
    open_store(t);
    hx_machine_set_time(&t->m, begin);
}

void town_close(struct town *t)
{
    hx_store_close(t->st);
    t->st = NULL;
    hx_arena_fini(&t->arena);
}

void town_remove(struct town *t)
{
    static const char *const files[] = {"data.mdb", "lock.mdb", "owner.lock"};
    char path[256];
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        snprintf(path, sizeof path, "%s/%s", t->dir, files[i]);
        unlink(path);
    }
    rmdir(t->dir);
}

/* ---- again and again ---- */

static uint64_t draw(struct town *t, uint64_t below)
{
    t->chance = t->chance * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (t->chance >> 33) % below;
}

/* Of so many calls, the next one that fails. */
static uint64_t next_fault(struct town *t, uint64_t at, uint64_t calls)
{
    uint64_t stride = t->most ? calls / t->most : 0;
    return at + 1 + (stride ? draw(t, 2 * stride) : 0);
}

static bool an_error_of_the_machine(int rc)
{
    return rc == HX_NOMEM || rc == HX_FULL || rc == HX_IO;
}

struct attempt {
    act_fn *act;
    const void *what;
    bool outside; /* of a transaction */
};

/* What disturbs us is in memory beside the store: who gives a transaction up takes it back, as the
 * service does. */
static int once(struct town *t, const struct attempt *a, bool keep)
{
    const struct hx_disturbance before = t->m.dist;
    hx_arena_reset(&t->arena);
    int rc = a->outside ? HX_OK : hx_store_begin(t->st);
    if (rc)
        return rc;
    rc = a->act(t, a->what);
    if (a->outside)
        return rc;
    if (rc || !keep || (fail_hit() && draw(t, 8))) {
        hx_store_abort(t->st);
        t->m.dist = before;
        return rc ? rc : NOT_KEPT;
    }
    rc = hx_store_commit(t->st);
    if (rc)
        t->m.dist = before;
    return rc;
}

/* One call of it fails. True: it is done. */
static bool with_fault(struct town *t, const struct attempt *a, uint64_t at, uint64_t *calls)
{
    uint64_t newest = hx_store_newest_lsn(t->st);
    fail_arm(at);
    int rc = once(t, a, true);
    uint64_t n = fail_disarm();
    *calls = n > *calls ? n : *calls;
    if (!fail_hit() || rc == HX_OK) {
        t->tolerated += fail_hit();
        if (rc)
            town_fail(t, "without a fault: %s", hx_errname(rc));
        return true;
    }
    t->tried++;
    t->tolerated += rc == NOT_KEPT;
    if (rc != NOT_KEPT && !an_error_of_the_machine(rc))
        town_fail(t, "call %" PRIu64 " failed, and it says %s", at, hx_errname(rc));
    if (!a->outside && hx_store_newest_lsn(t->st) != newest)
        town_fail(t, "call %" PRIu64 " failed, and entries were kept", at);
    return false;
}

static void try_all(struct town *t, const char *name, const struct attempt *a)
{
    uint64_t calls = 0, at = 0;
    t->doing = name;
    if (!t->calm && !a->outside) { /* how many calls it has: it may be given up as well */
        fail_arm(0);
        int rc = once(t, a, false);
        calls = fail_disarm();
        if (rc != NOT_KEPT)
            town_fail(t, "without a fault: %s", hx_errname(rc));
    }
    if (!t->calm && a->outside)
        calls = t->most ? 4 * t->most : UINT32_MAX; /* not known: it cannot be taken back */
    while (!t->calm && !t->failed && (at = next_fault(t, at, calls)) <= calls + 8)
        if (with_fault(t, a, at, &calls))
            return;
    fail_arm(0);
    int rc = once(t, a, true);
    (void)fail_disarm();
    if (rc)
        town_fail(t, "in the end: %s", hx_errname(rc));
}

void town_write(struct town *t, const char *name, act_fn *act, const void *what)
{
    try_all(t, name, &(struct attempt){.act = act, .what = what});
}

void town_do(struct town *t, const char *name, act_fn *act, const void *what)
{
    try_all(t, name, &(struct attempt){.act = act, .what = what, .outside = true});
}

void town_read(struct town *t, const char *name, read_fn *fn)
{
    struct sum whole = {0};
    uint64_t at = 0;
    t->doing = name;
    if (t->calm)
        return;
    fail_arm(0);
    hx_arena_reset(&t->arena);
    int expected = fn(t, &whole);
    uint64_t calls = fail_disarm();
    while (!t->failed && (at = next_fault(t, at, calls)) <= calls) {
        struct sum seen = {0};
        hx_arena_reset(&t->arena);
        fail_arm(at);
        int rc = fn(t, &seen);
        (void)fail_disarm();
        t->tried += fail_hit();
        if (rc == expected && seen.value == whole.value)
            t->tolerated++;
        else if (!an_error_of_the_machine(rc))
            town_fail(t, "call %" PRIu64 " failed, and the answer is another (%s)", at,
                      hx_errname(rc));
    }
}

/* ---- what every play does ---- */

int town_judge(struct town *t, const void *unused)
{
    (void)unused;
    struct hx_due_row rows[DUE_AT_ONCE];
    size_t n;
    int rc = hx_store_due_take(t->st, t->m.now, DUE_AT_ONCE, rows, &n);
    for (size_t i = 0; !rc && i < n; i++) {
        rc = hx_machine_due(&t->m, rows[i].case_number, INT64_MAX);
        if (rc == HX_NOTFOUND)
            rc = HX_OK;
    }
    return rc;
}

int town_ring(struct town *t, const void *unused)
{
    (void)unused;
    return hx_machine_watch(&t->m, INT64_MAX);
}

/* ---- what lies on the disk ---- */

void sum_add(struct sum *s, const void *bytes, size_t size)
{
    const uint8_t *p = bytes;
    for (size_t i = 0; i < size; i++)
        s->value = (s->value ^ p[i]) * UINT64_C(1099511628211);
    s->value = (s->value ^ size) * UINT64_C(1099511628211);
}

static void add_rows(MDB_txn *txn, MDB_dbi dbi, struct sum *s, uint64_t *rows)
{
    MDB_cursor *cur;
    MDB_val key, value;
    if (mdb_cursor_open(txn, dbi, &cur))
        abort();
    while (mdb_cursor_get(cur, &key, &value, MDB_NEXT) == 0) {
        sum_add(s, key.mv_data, key.mv_size);
        sum_add(s, value.mv_data, value.mv_size);
        (*rows)++;
    }
    mdb_cursor_close(cur);
}

static bool add_table(MDB_txn *txn, const MDB_val *name, struct hx_sum_of_tables *out)
{
    MDB_dbi dbi;
    struct sum s = {0};
    size_t at = out->n++;
    snprintf(out->tables[at].name, sizeof out->tables[at].name, "%.*s", (int)name->mv_size,
             (const char *)name->mv_data);
    if (mdb_dbi_open(txn, out->tables[at].name, 0, &dbi))
        return false;
    add_rows(txn, dbi, &s, &out->tables[at].rows);
    out->tables[at].sum = s.value;
    return true;
}

bool town_rows(const struct town *t, struct hx_sum_of_tables *out)
{
    MDB_env *env;
    MDB_txn *txn;
    MDB_dbi names;
    MDB_cursor *cur;
    MDB_val key, value;
    bool good = true;
    memset(out, 0, sizeof *out);
    if (mdb_env_create(&env) || mdb_env_set_maxdbs(env, 40) ||
        mdb_env_open(env, t->dir, MDB_RDONLY, 0600) || mdb_txn_begin(env, NULL, MDB_RDONLY, &txn) ||
        mdb_dbi_open(txn, NULL, 0, &names) || mdb_cursor_open(txn, names, &cur))
        abort();
    while (good && mdb_cursor_get(cur, &key, &value, MDB_NEXT) == 0)
        good = add_table(txn, &key, out);
    mdb_cursor_close(cur);
    mdb_txn_abort(txn);
    mdb_env_close(env);
    return good;
}
