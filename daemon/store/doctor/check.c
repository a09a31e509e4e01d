/* Examining everything in one snapshot. */
#include "base/grown.h"
#include "base/message.h"
#include "store/doctor/doctor.h"
#include "store/key.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

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
    while (!c->err && !(rc = store_walk(cur, &key, &value, MDB_NEXT)))
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
    int rc = store_sane(mdb_get(c->st->reader, c->st->dbi[t], &key, value), &key, value);
    if (rc && rc != MDB_NOTFOUND)
        c->err = store_error(rc, false);
    return rc;
}

hxp_entry *doctor_entry(struct doctor *d, const void *bytes, size_t size)
{
    hxp_entry *e = (hxp_entry *)hx_message_unpack(d->packing, &d->arena, bytes, size);
    if (!e && hx_arena_failed(&d->arena))
        d->err = HX_NOMEM;
    return e;
}

/* False: there is no such entry, or it is none. */
static bool links_at(struct doctor *c, uint64_t lsn, struct store_links *links)
{
    MDB_val value;
    return !get(c, T_JOURNAL, lsn, NULL, &value) &&
           store_links(value.mv_data, value.mv_size, links);
}

void doctor_step(struct doctor *d)
{
    d->steps++;
    if (d->progress)
        d->progress(d->progress_ctx, d->steps, 0);
}

/* ---- journal ---- */

/* Who looks at each entry while the journal is walked through, so that it is decoded once. */
struct lookers {
    struct doctor_names *names;
    struct doctor_projections *projections;
};

static int look_at(const struct lookers *l, uint64_t lsn, const hxp_entry *e)
{
    int err = doctor_names_entry(l->names, e);
    return err ? err : doctor_projections_entry(l->projections, lsn, e);
}

/* A damaged page may lead to a shorter key. */
static bool has_number(struct doctor *d, MDB_val key)
{
    if (key.mv_size != 8)
        doctor_found(d, &(struct hx_finding){.invariant = 6, .table = "journal"},
                     "a row cannot be decoded: its key has %zu bytes", key.mv_size);
    return key.mv_size == 8;
}

static int check_journal(struct doctor *c, const struct lookers *lookers)
{
    MDB_cursor *cur;
    MDB_val key, value;
    uint64_t last = 0;
    int64_t t = 0;
    int rc = mdb_cursor_open(c->st->reader, c->st->dbi[T_JOURNAL], &cur);
    if (rc)
        return store_error(rc, false);
    while (!c->err && !(rc = store_walk(cur, &key, &value, MDB_NEXT))) {
        if (!has_number(c, key))
            continue;
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
        if (!c->err)
            c->err = look_at(lookers, lsn, e);
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
        struct store_links e;
        if (!links_at(c, lsn, &e) || e.case_number != k->number) {
            doctor_found(c, broken_chain(c, k, lsn),
                         "chain of case %" PRIu64 " is broken at LSN %" PRIu64, k->number, lsn);
            return;
        }
        if (!e.prev_lsn && lsn != k->first_lsn)
            doctor_found(c, broken_chain(c, k, lsn),
                         "chain of case %" PRIu64 " does not end at its first entry", k->number);
        if (e.prev_lsn >= lsn || ++steps > k->version + 1)
            return;
        lsn = e.prev_lsn;
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

/* ---- cases by their entries ---- */

static int add_entry(void *ctx, uint64_t lsn, const uint8_t *bytes, size_t size)
{
    struct chain *h = ctx;
    (void)lsn;
    const hxp_entry *e = doctor_entry(h->d, bytes, size);
    const hxp_entry **list = hx_grown(h->list, h->n, &h->cap, sizeof(*list));
    if (!list) {
        h->d->err = HX_NOMEM;
        return 1;
    }
    h->list = list;
    if (e)
        h->list[h->n++] = e;
    return !e; /* whatever is before one that cannot be decoded is not tied to the rest */
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

static int rows(struct doctor *d)
{
    static const struct {
        enum store_table table;
        row_fn *look;
    } list[] = {
        {T_CASE, check_case}, {T_DUE, check_due_row}, {T_SEEN, check_seen}, {T_REF, check_ref}};
    int err = HX_OK;
    for (size_t i = 0; i < sizeof list / sizeof *list && !err; i++)
        err = each_row(d, list[i].table, list[i].look);
    return err;
}

int doctor_tables(struct doctor *d)
{
    struct lookers l = {0};
    int err = doctor_names_new(d, &l.names);
    if (!err)
        err = doctor_projections_new(d, &l.projections);
    if (!err)
        err = check_journal(d, &l);
    if (!err)
        err = rows(d);
    if (!err)
        err = doctor_names_finish(l.names);
    if (!err)
        err = doctor_projections_finish(l.projections);
    doctor_projections_free(l.projections);
    doctor_names_free(l.names);
    return err ? err : doctor_sums(d);
}

int hx_store_check(struct hx_store *st, const struct hx_check_options *o,
                   struct hx_check_result *result)
{
    struct doctor d = {.st = st,
                       .packing = st->packing,
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
