/* What is read while calls fail: an error, or the same as ever. */
#include "engine/machine/asof.h"
#include "engine/routing/route.h"
#include "faulted/town.h"
#include "simulate/simulate.h"
#include "store/versions.h"

#include <stdio.h>
#include <string.h>

static int entry_seen(void *ctx, uint64_t lsn, const uint8_t *bytes, size_t size)
{
    sum_add(ctx, &lsn, sizeof lsn);
    sum_add(ctx, bytes, size);
    return 0;
}

static int number_seen(void *ctx, uint64_t number)
{
    sum_add(ctx, &number, sizeof number);
    return 0;
}

static int cursor_seen(void *ctx, const char *subscriber, uint64_t lsn)
{
    sum_add(ctx, subscriber, strlen(subscriber));
    sum_add(ctx, &lsn, sizeof lsn);
    return 0;
}

static int tally_seen(void *ctx, const struct hx_tally *row)
{
    sum_add(ctx, row->what, strlen(row->what));
    sum_add(ctx, row->id, strlen(row->id));
    sum_add(ctx, &row->count, sizeof row->count);
    return 0;
}

static int aside_seen(void *ctx, const struct hx_quarantined *row)
{
    sum_add(ctx, &row->number, sizeof row->number);
    sum_add(ctx, &row->closed_at, sizeof row->closed_at);
    sum_add(ctx, row->reason, strlen(row->reason));
    sum_add(ctx, row->bytes, row->size);
    return 0;
}

static int rules_seen(void *ctx, const hxp_rules_version *v, const uint8_t *text, size_t size)
{
    sum_add(ctx, v->name, strlen(v->name));
    sum_add(ctx, text, size);
    return 0;
}

static int person_seen(void *ctx, uint64_t number, bool held)
{
    sum_add(ctx, &number, sizeof number);
    sum_add(ctx, &held, sizeof held);
    return 0;
}

/* ---- each question ---- */

static int read_case(struct town *t, struct sum *s)
{
    static struct hx_case c;
    memset(&c, 0, sizeof c);
    int rc = hx_store_case(t->st, 1, &c);
    if (!rc)
        sum_add(s, &c.version, sizeof c.version);
    return rc;
}

/* What is shown of it: whole, or an error. */
static int read_view(struct town *t, struct sum *s)
{
    static struct hx_case c;
    static uint8_t packed[1 << 16];
    memset(&c, 0, sizeof c);
    int rc = hx_store_case(t->st, 1, &c);
    const hxp_case_view *v = rc ? NULL : hx_case_view(&t->m, &c);
    if (!rc && !v)
        rc = HX_NOMEM;
    if (!rc && hongxin__v1__case_view__get_packed_size(v) <= sizeof packed)
        sum_add(s, packed, hongxin__v1__case_view__pack(v, packed));
    return rc;
}

static int read_ref(struct town *t, struct sum *s)
{
    uint64_t numbers[4], number = 0;
    size_t n = 0;
    int rc = hx_store_ref(t->st, "sim", "A", &number);
    if (!rc || rc == HX_NOTFOUND)
        rc = hx_store_refs(t->st, "sim", "", 4, numbers, &n);
    sum_add(s, &number, sizeof number);
    sum_add(s, numbers, n * sizeof *numbers);
    return rc;
}

static int read_entries(struct town *t, struct sum *s)
{
    return hx_store_entries(t->st, 1, SIZE_MAX, SIZE_MAX, entry_seen, s);
}

static int read_history(struct town *t, struct sum *s)
{
    return hx_store_history(t->st, 1, 1000, entry_seen, s);
}

static int read_audience(struct town *t, struct sum *s)
{
    return hx_store_audience(t->st, "P-07", 1, 1000, number_seen, s);
}

static int read_open(struct town *t, struct sum *s)
{
    int rc = hx_store_open_cases(t->st, NULL, 0, 100, number_seen, s);
    if (!rc)
        rc = hx_store_open_cases(t->st, "place:C-03", 0, 100, number_seen, s);
    return rc ? rc : hx_store_open_cases(t->st, "P-07", 0, 100, number_seen, s);
}

static int read_tally(struct town *t, struct sum *s)
{
    const struct hx_tally_query all = {.period = "2026-10"},
                                one = {.period = "2026-10-12", .dimension = "holder", .id = "P-07"};
    int rc = hx_store_tally(t->st, &all, tally_seen, s);
    return rc ? rc : hx_store_tally(t->st, &one, tally_seen, s);
}

static int read_cursors(struct town *t, struct sum *s)
{
    uint64_t lsn = 0;
    int rc = hx_store_cursors(t->st, cursor_seen, s);
    if (!rc)
        rc = hx_store_cursor_load(t->st, "P-07", &lsn);
    sum_add(s, &lsn, sizeof lsn);
    return rc == HX_NOTFOUND ? HX_OK : rc;
}

static int read_aside(struct town *t, struct sum *s)
{
    uint64_t lsn = 0;
    int rc = hx_store_quarantined(t->st, 0, aside_seen, s);
    if (!rc)
        rc = hx_store_chain_load(t->st, &lsn);
    sum_add(s, &lsn, sizeof lsn);
    return rc == HX_NOTFOUND ? HX_OK : rc;
}

static int read_rules(struct town *t, struct sum *s)
{
    return hx_store_rules(t->st, rules_seen, s);
}

static int read_persons(struct town *t, struct sum *s)
{
    uint8_t plain[HX_PERSON_PLAIN_MAX];
    size_t size = 0;
    bool more = false;
    int rc = hx_store_persons(t->st, 0, 10, person_seen, s, &more);
    if (!rc)
        rc = hx_store_person_load(t->st, 1, 0, plain, sizeof plain, &size);
    if (!rc)
        sum_add(s, plain, size);
    return rc == HX_NOTFOUND ? HX_OK : rc;
}

static int read_due(struct town *t, struct sum *s)
{
    struct hx_due_row rows[8], none = {0};
    size_t n = 0;
    bool stands = false;
    int64_t due = 0;
    int rc = hx_store_due_first(t->st, &due);
    if (!rc || rc == HX_NOTFOUND)
        rc = hx_store_due_rows(t->st, &none, INT64_MAX, 8, rows, &n);
    if (!rc && n)
        rc = hx_store_due_stands(t->st, &rows[0], &stands);
    sum_add(s, &due, sizeof due);
    sum_add(s, rows, n * sizeof *rows);
    sum_add(s, &stands, sizeof stands);
    return rc;
}

static int read_stats(struct town *t, struct sum *s)
{
    struct hx_store_stats stats = {0};
    int rc = hx_store_stats(t->st, &stats);
    if (!rc)
        sum_add(s, &stats.entries, sizeof stats.entries);
    return rc;
}

/* ---- the past ---- */

struct entry_bytes {
    struct hx_arena *arena;
    const uint8_t *bytes;
    size_t size;
    bool none;
};

static int copy_entry(void *ctx, uint64_t lsn, const uint8_t *bytes, size_t size)
{
    struct entry_bytes *e = ctx;
    (void)lsn;
    uint8_t *copy = hx_arena_alloc(e->arena, size);
    e->none = !copy;
    if (copy)
        memcpy(copy, bytes, size);
    e->bytes = copy;
    e->size = size;
    return 1;
}

static int past_entry(void *ctx, uint64_t lsn, struct hx_arena *arena, const uint8_t **bytes,
                      size_t *size)
{
    struct town *t = ctx;
    struct entry_bytes e = {.arena = arena};
    int rc = hx_store_entries(t->st, lsn, 1, SIZE_MAX, copy_entry, &e);
    *bytes = e.bytes;
    *size = e.size;
    return rc ? rc : e.none ? HX_NOMEM : e.bytes ? HX_OK : HX_NOTFOUND;
}

static int past_newest(void *ctx, uint64_t number, uint64_t *lsn)
{
    struct town *t = ctx;
    static struct hx_case c;
    int rc = hx_store_case(t->st, number, &c);
    *lsn = c.last_lsn;
    return rc;
}

static int read_past(struct town *t, struct sum *s)
{
    static struct hx_case c;
    const struct hx_asof_journal j = {.entry = past_entry, .newest = past_newest, .ctx = t};
    uint64_t lsn;
    int rc = hx_asof_find(&j, 1, t->m.now, &lsn);
    if (!rc)
        rc = hx_asof(&j, t->m.rules, t->m.city, lsn, &c);
    if (!rc)
        sum_add(s, &c.version, sizeof c.version);
    return rc;
}

void town_read_all(struct town *t)
{
    static const struct {
        const char *name;
        read_fn *fn;
    } reads[] = {{"case", read_case},       {"view", read_view},       {"references", read_ref},
                 {"entries", read_entries}, {"history", read_history}, {"feed", read_audience},
                 {"open cases", read_open}, {"counts", read_tally},    {"cursors", read_cursors},
                 {"aside", read_aside},     {"rules", read_rules},     {"persons", read_persons},
                 {"due", read_due},         {"stats", read_stats},     {"the past", read_past}};
    for (size_t i = 0; i < sizeof reads / sizeof *reads && !t->failed; i++)
        town_read(t, reads[i].name, reads[i].fn);
}

/* ---- the doctor ---- */

static void on_finding(void *ctx, const struct hx_finding *f)
{
    sum_add(ctx, f->text, strlen(f->text));
}

static int doctor(struct town *t, struct sum *s)
{
    struct hx_check_result r = {0};
    const struct hx_check_options o = {
        .rules = t->m.rules, .city = t->m.city, .report = on_finding, .ctx = s};
    int rc = hx_store_check(t->st, &o, &r);
    sum_add(s, &r.findings, sizeof r.findings);
    return rc;
}

static int mend(struct town *t, struct sum *s)
{
    struct hx_check_result r = {0};
    const struct hx_check_options o = {
        .rules = t->m.rules, .city = t->m.city, .report = on_finding, .ctx = s};
    int rc = hx_store_repair(t->st, &o, true, &r);
    sum_add(s, &r.findings, sizeof r.findings);
    return rc;
}

static int export(struct town *t, struct sum *s)
{
    FILE *out = tmpfile();
    struct hx_export x = {.out = out};
    if (!out)
        return HX_NOMEM;
    int rc = hx_store_export(t->st, &x);
    sum_add(s, &x.entries, sizeof x.entries);
    rewind(out);
    struct hx_journal_head head;
    if (!rc)
        rc = hx_journal_read(out, &head, entry_seen, s);
    fclose(out);
    return rc;
}

/* ---- the configuration ---- */

static int load(struct town *t, struct sum *s)
{
    struct hx_versions *versions = NULL;
    struct hx_problem why = {""};
    const struct hx_city *city = NULL;
    const struct hx_route_row *row;
    (void)t;
    int rc = simulate_config(HX_SOURCE_DIR "/config", &versions, &why);
    if (!rc)
        rc = hx_versions_city(versions, &city, &why);
    for (size_t at = 0; city && (row = hx_city_next_route(city, &at));)
        sum_add(s, row->id, strlen(row->id));
    hx_versions_free(versions);
    if (rc == HX_CONFIG && strstr(why.text, "out of memory"))
        rc = HX_NOMEM; /* said to people, not by number */
    return rc;
}

void town_load(struct town *t)
{
    hx_arena_init(&t->arena, 0);
    town_read(t, "configuration", load);
    hx_arena_fini(&t->arena);
}

struct apart {
    struct hx_check_options options;
    struct hx_journal_head head;
    struct hx_check_result result;
    struct hx_journal_check *check;
    int err;
};

static int judge_entry(void *ctx, uint64_t lsn, const uint8_t *bytes, size_t size)
{
    struct apart *a = ctx;
    (void)lsn;
    if (!a->check)
        a->err = hx_journal_check_new(&a->options, &a->head, &a->result, &a->check);
    if (!a->err)
        a->err = hx_journal_check_entry(a->check, bytes, size);
    return a->err;
}

/* The doctor of a journal without its store. */
static int judge_apart(struct town *t, struct sum *s)
{
    struct apart a = {
        .options = {.rules = t->m.rules, .city = t->m.city, .report = on_finding, .ctx = s}};
    FILE *out = tmpfile();
    struct hx_export x = {.out = out};
    if (!out)
        return HX_NOMEM;
    int rc = hx_store_export(t->st, &x);
    rewind(out);
    if (!rc)
        rc = hx_journal_read(out, &a.head, judge_entry, &a);
    if (!rc)
        rc = a.err;
    if (!rc && a.check)
        rc = hx_journal_check_finish(a.check);
    hx_journal_check_free(a.check);
    fclose(out);
    sum_add(s, &a.result.replayed, sizeof a.result.replayed);
    sum_add(s, &a.result.findings, sizeof a.result.findings);
    return rc;
}

void town_examine(struct town *t)
{
    town_read(t, "doctor", doctor);
    town_read(t, "journal apart", judge_apart);
    town_read(t, "repair", mend);
    town_read(t, "export", export);
}
