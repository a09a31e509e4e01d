/* The yardstick: LMDB alone writes the rows that the daemon writes for the same events.
 *
 *   bench_raw --config FOLDER --dir FOLDER --what reports|lives --events N --batch N
 *
 * The rows are those of the engine itself, made and packed beforehand: journal entry, case, due row
 * (when it changes) and idempotency row of every event. They are written with plain mdb_put, so
 * many events to a transaction as the daemon has put into one, each transaction durable before the
 * next. In FOLDER may stand a store that bench_fill has made: the new rows then follow its own.
 *
 * Prints one line of JSON. Only the writing is timed. */
#include "base/message.h"
#include "bench/tool.h"
#include "engine/machine/memory.h"
#include "store/key.h"
#include "store/store.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TABLES = 4, ROWS_PER_EVENT = 4 };
enum table { CASE, DUE, JOURNAL, SEEN };

struct row {
    enum table table;
    unsigned flags;
    struct key key;
    uint32_t at, size; /* in `bytes` */
};

struct yard {
    struct tool_engine engine;
    struct lives lives;
    struct hx_memory *memory;
    struct hx_packing *packing; /* of entries */
    uint64_t chunk;             /* events whose rows are made before they are written */
    /* rows of one chunk */
    struct row *rows;
    size_t n_rows, *ends; /* ends[i]: rows of the first i + 1 events */
    uint8_t *bytes;
    size_t used, cap;
    int64_t *due_rows; /* per case of the chunk */
    uint64_t case_base, lsn_base;
    /* LMDB */
    MDB_env *env;
    MDB_dbi dbi[TABLES];
    size_t batch;
    double seconds;
    double cpu;
};

/* ---- rows, made by the engine ---- */

static struct row *new_row(struct yard *y, enum table table, unsigned flags, size_t size)
{
    struct row *r = &y->rows[y->n_rows++];
    if (y->cap - y->used < size) {
        y->cap = 2 * y->cap + size;
        y->bytes = realloc(y->bytes, y->cap);
        if (!y->bytes)
            tool_die("rows", HX_NOMEM);
    }
    *r = (struct row){
        .table = table, .flags = flags, .at = (uint32_t)y->used, .size = (uint32_t)size};
    y->used += size;
    return r;
}

static void journal_row(struct yard *y, const hxp_entry *e)
{
    static uint8_t buf[64 * 1024];
    const uint8_t *end = buf + sizeof buf,
                  *p = hx_message_pack(y->packing, &e->base, buf, buf + sizeof buf);
    struct row *r = new_row(y, JOURNAL, MDB_APPEND, (size_t)(end - p));
    key_add64(&r->key, y->lsn_base + e->lsn);
    memcpy(y->bytes + r->at, p, r->size);
}

static void case_rows(struct yard *y, bool report)
{
    static uint8_t buf[HX_CASE_PACKED_MAX];
    const struct hx_case *c = &y->engine.machine.work;
    size_t size = hx_case_pack(c, buf, sizeof buf);
    if (c->due_row && c->due_row != y->due_rows[c->number - 1]) {
        struct row *due = new_row(y, DUE, 0, 0);
        key_add64(&due->key, (uint64_t)c->due_row);
        key_add64(&due->key, y->case_base + c->number);
    }
    y->due_rows[c->number - 1] = c->due_row;
    struct row *r = new_row(y, CASE, report ? MDB_APPEND : 0, size);
    key_add64(&r->key, y->case_base + c->number);
    memcpy(y->bytes + r->at, buf, size);
}

static void seen_row(struct yard *y, const char *id)
{
    struct row *r = new_row(y, SEEN, MDB_NOOVERWRITE, 32);
    key_pair(&r->key, BENCH_SOURCE, id);
    memset(y->bytes + r->at, 0x5a, 32);
}

/* Each chunk is a city of its own in memory; its numbers follow those of the chunk before. */
static void make_chunk(struct yard *y, uint64_t first)
{
    size_t n;
    uint64_t complaint;
    struct life_event e;
    tool_need("memory", hx_memory_new(&y->memory));
    y->engine.machine.backend = y->memory;
    y->engine.machine.ops = hx_memory_backend();
    y->n_rows = y->used = 0;
    memset(y->due_rows, 0, y->chunk * sizeof *y->due_rows);
    for (uint64_t i = 0; i < y->chunk; i++) {
        lives_event(&y->lives, first + i, &e);
        bool report = lives_reports(&y->lives, first + i, &complaint);
        if (!report)
            e.event.number -= y->case_base;
        tool_engine_apply(&y->engine, &e.event);
        const hxp_entry *const *entries = hx_memory_take(y->memory, &n);
        for (size_t k = 0; k < n; k++)
            journal_row(y, entries[k]);
        case_rows(y, report);
        seen_row(y, e.id);
        y->ends[i] = y->n_rows;
        hx_arena_reset(&y->engine.arena);
    }
}

static void chunk_done(struct yard *y)
{
    y->case_base += hx_memory_cases(y->memory);
    y->lsn_base += hx_memory_newest_lsn(y->memory);
    hx_memory_free(y->memory);
}

/* ---- writing ---- */

static uint64_t last_key(MDB_txn *txn, MDB_dbi dbi)
{
    MDB_cursor *cur;
    MDB_val key, value;
    uint64_t last = 0;
    tool_need("cursor", mdb_cursor_open(txn, dbi, &cur));
    if (mdb_cursor_get(cur, &key, &value, MDB_LAST) == 0)
        last = be64_get(key.mv_data);
    mdb_cursor_close(cur);
    return last;
}

static void yard_open(struct yard *y, const char *dir)
{
    static const char *const names[TABLES] = {"case", "due", "journal", "seen"};
    MDB_txn *txn;
    tool_need("env", mdb_env_create(&y->env));
    tool_need("tables", mdb_env_set_maxdbs(y->env, 64));
    tool_need("map", mdb_env_set_mapsize(y->env, HX_STORE_MAP_DEFAULT));
    tool_need(dir, mdb_env_open(y->env, dir, MDB_NOTLS, 0600));
    tool_need("begin", mdb_txn_begin(y->env, NULL, 0, &txn));
    for (int i = 0; i < TABLES; i++)
        tool_need(names[i], mdb_dbi_open(txn, names[i], MDB_CREATE, &y->dbi[i]));
    y->case_base = last_key(txn, y->dbi[CASE]);
    y->lsn_base = last_key(txn, y->dbi[JOURNAL]);
    tool_need("commit", mdb_txn_commit(txn));
    y->lives.first_case = y->case_base + 1;
}

static void write_batch(struct yard *y, size_t from, size_t to)
{
    MDB_txn *txn;
    tool_need("begin", mdb_txn_begin(y->env, NULL, 0, &txn));
    for (size_t i = from; i < to; i++) {
        struct row *r = &y->rows[i];
        MDB_val key = key_val(&r->key), value = val_of(y->bytes + r->at, r->size);
        int rc = mdb_put(txn, y->dbi[r->table], &key, &value, r->flags);
        if (rc && rc != MDB_KEYEXIST)
            tool_die("put", rc);
    }
    tool_need("commit", mdb_txn_commit(txn));
}

static void write_chunk(struct yard *y)
{
    int64_t begun = load_mono_us();
    double cpu = tool_cpu_seconds();
    for (uint64_t i = 0; i < y->chunk; i += y->batch) {
        uint64_t end = i + y->batch < y->chunk ? i + y->batch : y->chunk;
        write_batch(y, i ? y->ends[i - 1] : 0, y->ends[end - 1]);
    }
    y->seconds += (double)(load_mono_us() - begun) / 1e6;
    y->cpu += tool_cpu_seconds() - cpu;
}

static void yard_memory(struct yard *y)
{
    y->chunk = y->lives.kind == LIFE_WHOLE ? LIFE_GROUP * LIFE_STEPS : 16384;
    y->rows = calloc(y->chunk * ROWS_PER_EVENT * 2, sizeof *y->rows);
    y->ends = calloc(y->chunk, sizeof *y->ends);
    y->due_rows = calloc(y->chunk, sizeof *y->due_rows);
    y->cap = y->chunk * 2048;
    y->bytes = malloc(y->cap);
    y->packing = hx_packing_new(&hongxin__v1__entry__descriptor);
    if (!y->packing || !y->rows || !y->ends || !y->due_rows || !y->bytes)
        tool_die("rows", HX_NOMEM);
}

int main(int argc, char **argv)
{
    struct yard *y = calloc(1, sizeof *y);
    int kind = lives_kind(tool_option(argc, argv, "--what", "reports"));
    uint64_t events = tool_number(argc, argv, "--events", 262144), done = 0;
    double bytes = 0;
    if (!y || kind < 0 || kind == LIFE_TOUCH)
        tool_die("usage: bench_raw --config F --dir F --what reports|lives --events N --batch N",
                 2);
    tool_engine_init(&y->engine, tool_option(argc, argv, "--config", "config"));
    y->batch = tool_number(argc, argv, "--batch", 1024);
    y->lives = (struct lives){.city = &y->engine.city, .kind = (enum life_kind)kind, .tag = "raw"};
    yard_open(y, tool_option(argc, argv, "--dir", "."));
    yard_memory(y);
    for (; done < events; done += y->chunk) {
        make_chunk(y, done);
        write_chunk(y);
        bytes += (double)y->used;
        chunk_done(y);
    }
    printf("{\"events\": %" PRIu64 ", \"batch\": %zu, \"seconds\": %.4f, \"per_second\": %.0f, "
           "\"cpu_us\": %.3f, \"bytes_each\": %.0f}\n",
           done, y->batch, y->seconds, (double)done / y->seconds, y->cpu * 1e6 / (double)done,
           bytes / (double)done);
    mdb_env_close(y->env);
    tool_engine_fini(&y->engine);
    hx_packing_free(y->packing);
    free(y->rows);
    free(y->ends);
    free(y->due_rows);
    free(y->bytes);
    free(y);
    return 0;
}
