/* What each row costs. In one run, on one disk, each batch durable before the next begins:
 *
 *   raw        LMDB alone writes the four rows of a new complaint (case, due, journal, seen),
 * packed beforehand, by plain mdb_put: the yardstick packed     the same, packing the case and the
 * entry first: what a store cannot do without store      the store's accepting path with the same
 * complaints: look-up of the id, numbers, four rows, tail in memory +step      the same, with feed,
 * open and tally applied by steps of 16,384 entries +feed, +open, +tally, +all   raw, with the rows
 * of these projections in the accepting transaction instead
 *
 *   store_rows [--dir FOLDER] [--events N] [--rounds N] [--only METHOD] [--json FILE]
 *
 * Prints a table; the figure of several rounds is the median. */
#include "bench/complaint.h"
#include "hongxin/instant.h"
#include "store/key.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

enum { MAX_ROUNDS = 9, TABLES = 7 };
enum { CASE, DUE, JOURNAL, SEEN, FEED, OPEN, TALLY };
enum { ROW_FEED = 1, ROW_OPEN = 2, ROW_TALLY = 4 };

static const size_t batches[] = {256, 1024, 4096};
enum { BATCHES = sizeof batches / sizeof *batches };

struct bench {
    const char *dir;
    const char *only; /* raw and this one; NULL = all */
    size_t events, rounds;
    struct complaint *complaint;
    size_t batch;
};

struct figure {
    double rate; /* complaints per second */
    double cpu;  /* microseconds of processor time per complaint */
};

struct method {
    const char *name;
    struct figure (*run)(const struct bench *b, const struct method *m);
    int rows;    /* further rows of the raw methods */
    bool packs;  /* raw: packs case and entry as the store must */
    bool steps;  /* store: projections are applied */
    bool random; /* store: ids in no order */
};

static void die(const char *what, int rc)
{
    fprintf(stderr, "store_rows: %s: %d\n", what, rc);
    exit(1);
}

static void need(const char *what, int rc)
{
    if (rc)
        die(what, rc);
}

/* ---- Time ---- */

struct timing {
    struct timespec wall;
    struct rusage cpu;
};

static void timing_start(struct timing *t)
{
    clock_gettime(CLOCK_MONOTONIC, &t->wall);
    getrusage(RUSAGE_SELF, &t->cpu);
}

static double seconds(struct timeval a, struct timeval b)
{
    return (double)(b.tv_sec - a.tv_sec) + (double)(b.tv_usec - a.tv_usec) / 1e6;
}

static struct figure timing_end(const struct timing *t, size_t events)
{
    struct timing now;
    timing_start(&now);
    double wall = (double)(now.wall.tv_sec - t->wall.tv_sec) +
                  (double)(now.wall.tv_nsec - t->wall.tv_nsec) / 1e9;
    double cpu =
        seconds(t->cpu.ru_utime, now.cpu.ru_utime) + seconds(t->cpu.ru_stime, now.cpu.ru_stime);
    return (struct figure){.rate = (double)events / wall, .cpu = cpu * 1e6 / (double)events};
}

static void remove_store(const char *dir)
{
    static const char *const files[] = {"data.mdb", "lock.mdb", "owner.lock"};
    char path[512];
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        snprintf(path, sizeof path, "%s/%s", dir, files[i]);
        unlink(path);
    }
}

/* ---- Raw LMDB ---- */

struct raw {
    MDB_env *env;
    MDB_txn *txn;
    MDB_dbi dbi[TABLES];
    uint8_t case_bytes[HX_CASE_PACKED_MAX], entry_bytes[HX_CASE_PACKED_MAX];
    size_t case_size, entry_size;
};

static void raw_open(struct raw *r, const struct bench *b)
{
    static const char *const names[TABLES] = {"case", "due",  "journal", "seen",
                                              "feed", "open", "tally"};
    need("env", mdb_env_create(&r->env));
    need("dbs", mdb_env_set_maxdbs(r->env, TABLES));
    need("map", mdb_env_set_mapsize(r->env, HX_STORE_MAP_DEFAULT));
    need("open", mdb_env_open(r->env, b->dir, MDB_NOTLS, 0600));
    need("begin", mdb_txn_begin(r->env, NULL, 0, &r->txn));
    for (int i = 0; i < TABLES; i++)
        need(names[i], mdb_dbi_open(r->txn, names[i], MDB_CREATE, &r->dbi[i]));
    need("commit", mdb_txn_commit(r->txn));
}

static void raw_pack(struct raw *r, struct complaint *c)
{
    c->c.due_row = complaint_due(c);
    r->case_size = hx_case_pack(&c->c, r->case_bytes, sizeof r->case_bytes);
    r->entry_size = hongxin__v1__entry__get_packed_size(c->entry);
    hongxin__v1__entry__pack(c->entry, r->entry_bytes);
}

static void raw_put(struct raw *r, int table, const struct key *k, const void *value, size_t size,
                    unsigned flags)
{
    MDB_val key = key_val(k), v = val_of(value, size);
    need("put", mdb_put(r->txn, r->dbi[table], &key, &v, flags));
}

static void number_key(struct key *k, uint64_t a)
{
    k->size = 0;
    key_add64(k, a);
}

static void raw_text_row(struct raw *r, int table, const char *text, uint64_t n)
{
    struct key k;
    key_text(&k, text);
    key_add64(&k, n);
    raw_put(r, table, &k, "", 0, 0);
}

static void raw_feed(struct raw *r, const struct complaint *c)
{
    for (size_t i = 0; i < c->entry->n_audience; i++)
        raw_text_row(r, FEED, c->entry->audience[i], c->entry->lsn);
}

static void raw_open_rows(struct raw *r, const struct complaint *c)
{
    const char *ids[] = {"", c->c.street, c->c.community, c->c.grid, c->c.estate, c->c.holder};
    for (size_t i = 0; i < sizeof ids / sizeof *ids; i++)
        raw_text_row(r, OPEN, ids[i], c->c.number);
}

static void raw_tally(struct raw *r, const struct complaint *c)
{
    const char *ids[] = {"city", c->c.street, c->c.community, c->c.grid, c->c.holder};
    for (size_t i = 0; i < 2 * (sizeof ids / sizeof *ids); i++) {
        struct key k;
        uint8_t bytes[8];
        uint64_t n = 1;
        key_pair(&k, i % 2 ? "2026-11" : "2026-11-24", ids[i / 2]);
        MDB_val key = key_val(&k), value;
        if (!mdb_get(r->txn, r->dbi[TALLY], &key, &value))
            n += be64_get(value.mv_data);
        be64_put(bytes, n);
        raw_put(r, TALLY, &k, bytes, sizeof bytes, 0);
    }
}

static void raw_complaint(struct raw *r, const struct method *m, const struct bench *b, size_t n)
{
    struct complaint *c = b->complaint;
    struct key k;
    uint8_t seen[32] = {0};
    complaint_number(c, n + 1, BENCH_T0 + (int64_t)n / 100);
    if (m->packs)
        raw_pack(r, c);
    number_key(&k, n + 1);
    raw_put(r, CASE, &k, r->case_bytes, r->case_size, MDB_APPEND);
    raw_put(r, JOURNAL, &k, r->entry_bytes, r->entry_size, MDB_APPEND);
    number_key(&k, (uint64_t)complaint_due(c));
    key_add64(&k, n + 1);
    raw_put(r, DUE, &k, "", 0, 0);
    key_pair(&k, "hotline-12345", c->id);
    raw_put(r, SEEN, &k, seen, sizeof seen, MDB_NOOVERWRITE);
    if (m->rows & ROW_FEED)
        raw_feed(r, c);
    if (m->rows & ROW_OPEN)
        raw_open_rows(r, c);
    if (m->rows & ROW_TALLY)
        raw_tally(r, c);
}

static struct figure run_raw(const struct bench *b, const struct method *m)
{
    struct timing t;
    struct raw *r = calloc(1, sizeof *r);
    if (!r)
        die("memory", 0);
    raw_open(r, b);
    complaint_number(b->complaint, b->events, BENCH_T0);
    raw_pack(r, b->complaint);
    timing_start(&t);
    for (size_t n = 0; n < b->events;) {
        need("begin", mdb_txn_begin(r->env, NULL, 0, &r->txn));
        for (size_t i = 0; i < b->batch && n < b->events; i++, n++)
            raw_complaint(r, m, b, n);
        need("commit", mdb_txn_commit(r->txn));
    }
    struct figure f = timing_end(&t, b->events);
    mdb_env_close(r->env);
    free(r);
    return f;
}

/* ---- The store ---- */

/* The same length, in no order. */
static void scatter(char *id, uint64_t n)
{
    static const char digits[] = "0123456789abcdef";
    uint64_t x = n * UINT64_C(0x9E3779B97F4A7C15);
    x = (x ^ (x >> 29)) * UINT64_C(0xBF58476D1CE4E5B9);
    for (int i = 6; i < 18; i++, x >>= 4)
        id[i] = digits[x & 15];
}

static void store_complaint(struct hx_store *st, const struct bench *b, const struct method *m,
                            size_t n)
{
    const struct hx_backend *ops = hx_store_backend();
    struct complaint *c = b->complaint;
    struct hx_seen seen;
    uint64_t number, lsn;
    complaint_number(c, n + 1, BENCH_T0 + (int64_t)n / 100);
    if (m->random)
        scatter(c->id, n);
    if (ops->seen_load(st, "hotline-12345", c->id, &seen) != HX_NOTFOUND)
        die("seen", 0);
    need("number", ops->case_number(st, &number));
    need("lsn", ops->next_lsn(st, &lsn));
    need("append", ops->append(st, c->entry));
    need("save", ops->case_save(st, &c->c, complaint_due(c)));
    need("seen", ops->seen_save(st, "hotline-12345", c->id, &c->seen));
}

static struct figure run_store(const struct bench *b, const struct method *m)
{
    struct timing t;
    struct hx_store *st;
    char problem[HX_STORE_PROBLEM_MAX];
    struct hx_store_options options = {.path = b->dir};
    size_t done;
    if (hx_store_open(&options, &st, problem))
        die(problem, 0);
    timing_start(&t);
    for (size_t n = 0; n < b->events;) {
        need("begin", hx_store_begin(st));
        for (size_t i = 0; i < b->batch && n < b->events; i++, n++)
            store_complaint(st, b, m, n);
        need("commit", hx_store_commit(st));
        if (m->steps && hx_store_project_behind(st) >= HX_PROJECT_STEP)
            need("step", hx_store_project(st, 0, &done));
    }
    if (m->steps)
        need("step", hx_store_project(st, 0, &done));
    struct figure f = timing_end(&t, b->events);
    hx_store_close(st);
    return f;
}

/* ---- Table and JSON ---- */

static const struct method methods[] = {
    {.name = "raw", .run = run_raw},
    {.name = "packed", .run = run_raw, .packs = true},
    {.name = "store", .run = run_store},
    {.name = "store+step", .run = run_store, .steps = true},
    {.name = "random", .run = run_store, .random = true},
    {.name = "raw+feed", .run = run_raw, .rows = ROW_FEED},
    {.name = "raw+open", .run = run_raw, .rows = ROW_OPEN},
    {.name = "raw+tally", .run = run_raw, .rows = ROW_TALLY},
    {.name = "raw+all", .run = run_raw, .rows = ROW_FEED | ROW_OPEN | ROW_TALLY},
};
enum { METHODS = sizeof methods / sizeof *methods };

static int by_rate(const void *a, const void *b)
{
    const struct figure *x = a, *y = b;
    return (x->rate > y->rate) - (x->rate < y->rate);
}

static bool wanted(const struct bench *b, size_t m)
{
    return !b->only || m == 0 || strcmp(methods[m].name, b->only) == 0;
}

/* Methods take turns, so that a slow minute of the disk meets all of them. */
static void measure(struct bench *b, struct figure out[METHODS])
{
    static struct figure all[METHODS][MAX_ROUNDS];
    for (size_t round = 0; round < b->rounds; round++) {
        for (size_t m = 0; m < METHODS; m++) {
            if (!wanted(b, m))
                continue;
            fprintf(stderr, "\rbatch %zu, round %zu of %zu: %-12s", b->batch, round + 1, b->rounds,
                    methods[m].name);
            remove_store(b->dir);
            all[m][round] = methods[m].run(b, &methods[m]);
        }
    }
    fprintf(stderr, "\r%60s\r", "");
    for (size_t m = 0; m < METHODS; m++) {
        if (!wanted(b, m))
            continue;
        qsort(all[m], b->rounds, sizeof *all[m], by_rate);
        out[m] = all[m][b->rounds / 2];
    }
    remove_store(b->dir);
}

static void print_batch(const struct bench *b, const struct figure f[METHODS], json_t *rows)
{
    printf("\nbatch %zu\n  %-12s %12s %10s %12s\n", b->batch, "method", "complaints/s", "of raw",
           "CPU us each");
    for (size_t m = 0; m < METHODS; m++) {
        if (!wanted(b, m))
            continue;
        printf("  %-12s %12.0f %9.0f%% %12.2f\n", methods[m].name, f[m].rate,
               100 * f[m].rate / f[0].rate, f[m].cpu);
        json_array_append_new(rows,
                              json_pack("{s:s, s:i, s:f, s:f, s:f}", "method", methods[m].name,
                                        "batch", (int)b->batch, "per_second", f[m].rate, "of_raw",
                                        f[m].rate / f[0].rate, "cpu_us", f[m].cpu));
    }
}

static const char *option(int argc, char **argv, const char *name, const char *otherwise)
{
    for (int i = 1; i + 1 < argc; i += 2) {
        if (strcmp(argv[i], name) == 0)
            return argv[i + 1];
    }
    return otherwise;
}

int main(int argc, char **argv)
{
    const char *tmp = getenv("TMPDIR");
    char dir[256];
    struct hx_arena arena;
    struct bench b = {.dir = option(argc, argv, "--dir", NULL),
                      .only = option(argc, argv, "--only", NULL),
                      .events = strtoul(option(argc, argv, "--events", "262144"), NULL, 10),
                      .rounds = strtoul(option(argc, argv, "--rounds", "3"), NULL, 10)};
    const char *json = option(argc, argv, "--json", NULL);
    if (b.rounds < 1 || b.rounds > MAX_ROUNDS || !b.events)
        die("usage: store_rows [--dir FOLDER] [--events N] [--rounds 1-9] [--json FILE]", 2);
    snprintf(dir, sizeof dir, "%s/hx-rows-XXXXXX", tmp && *tmp ? tmp : "/tmp");
    if (!b.dir && !(b.dir = mkdtemp(dir)))
        die("folder", 1);
    hx_arena_init(&arena, 0);
    b.complaint = complaint_make(&arena);
    json_t *rows = json_array();
    if (!b.complaint || !rows)
        die("memory", 1);
    for (size_t i = 0; i < BATCHES; i++) {
        struct figure f[METHODS];
        b.batch = batches[i];
        measure(&b, f);
        print_batch(&b, f, rows);
    }
    if (json && json_dump_file(rows, json, JSON_INDENT(1)))
        die("cannot write the JSON file", 1);
    json_decref(rows);
    hx_arena_fini(&arena);
    if (b.dir == dir)
        rmdir(dir);
    return 0;
}
