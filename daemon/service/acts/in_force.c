#include "service/acts/in_force.h"

#include "base/log.h"
#include "base/text.h"
#include "hongxin/instant.h"
#include "service/acts/apply.h"
#include "service/acts/moving.h"
#include "service/state.h"
#include "store/versions.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* ---- reading both ---- */

static void older(const struct hx_version *x, const struct hx_version *newest)
{
    hx_log(
        HX_LOG_WARN,
        "event=rules_file_older kind=%s file=%s version=%u in_force=%u \"the newer version stays "
        "in force\"",
        x->kind, x->file, x->number, newest->number);
}

/* A file of the configuration: in force already, new, or older than what is. */
static int put_file(struct hx_versions *v, struct hx_version *x, struct hx_problem *problem)
{
    struct timebase clock;
    timebase_init(&clock, 1, 0);
    const struct hx_version *newest = hx_versions_find(v, x->kind, x->name, 0);
    bool is_older = newest && newest->number > x->number;
    int rc = is_older && !hx_versions_find(v, x->kind, x->name, x->number)
                 ? HX_EXISTS
                 : hx_version_follows(v, x, timebase_now(&clock), problem);
    if (rc == HX_EXISTS && is_older)
        older(x, newest);
    if (!rc)
        rc = hx_versions_put(v, x, problem);
    if (rc)
        hx_version_free(x);
    return rc == HX_EXISTS ? HX_OK : rc;
}

static int put_files(struct hx_versions *v, const char *life_cycle, struct hx_problem *problem)
{
    struct hx_version *list[HX_RULES_TABLES + 1];
    size_t n = 0;
    int rc = hx_version_files(v, life_cycle, list, &n, problem);
    for (size_t i = 0; i < n; i++) {
        if (rc)
            hx_version_free(list[i]);
        else
            rc = put_file(v, list[i], problem);
    }
    return rc;
}

/* The folder bears no number: what differs from what is in force is new. But what two persons have
 * put into force is undone neither by a folder as it was before, nor by a file that was edited
 * beside it: then city.yaml must have another version. */
static int put_city(struct hx_versions *v, struct in_force_files *f, struct hx_problem *problem)
{
    struct hx_version *x;
    const struct hx_version *newest = hx_versions_find(v, "city", "city", 0);
    int rc = hx_version_of_city(v, f->texts, f->city, &x, problem);
    f->city = NULL;
    if (rc)
        return rc;
    const struct hx_version *same = hx_versions_same_city(v, x);
    bool stays = newest && newest->by_persons && same != newest &&
                 (same || strcmp(hx_version_label(newest), hx_version_label(x)) == 0);
    if (stays)
        older(x, newest);
    rc = stays || (same && same == newest) ? HX_EXISTS : hx_versions_put(v, x, problem);
    if (rc)
        hx_version_free(x);
    return rc == HX_EXISTS ? HX_OK : rc;
}

int in_force_load(struct hx_store *store, struct in_force_files *files, struct hx_versions **out,
                  struct hx_problem *problem)
{
    struct hx_versions *v;
    int rc = hx_versions_new(&v);
    if (!rc)
        rc = hx_store_versions(store, v, problem);
    if (!rc)
        rc = put_files(v, files->life_cycle, problem);
    if (!rc)
        rc = put_city(v, files, problem);
    if (rc) {
        hx_versions_free(v);
        v = NULL;
    }
    *out = v;
    return rc;
}

void in_force_describe(const struct hx_version *x, hxp_rules_version *v)
{
    hongxin__v1__rules_version__init(v);
    v->kind = hx_text_field(x->kind);
    v->name = hx_text_field(x->name);
    v->version = x->number;
    v->digest = (ProtobufCBinaryData){sizeof x->digest, (uint8_t *)(uintptr_t)x->digest};
    v->file = x->file;
    v->state = HONGXIN__V1__RULES_VERSION__STATE__IN_FORCE;
}

/* ---- one version ---- */

struct find {
    struct service *s;
    const struct hx_version *x;
    hxp_rules_version *row; /* in the arena */
};

static int same_row(void *ctx, const hxp_rules_version *row, const uint8_t *text, size_t size)
{
    struct find *f = ctx;
    (void)text;
    (void)size;
    if (strcmp(row->kind, f->x->kind) != 0 || strcmp(row->name, f->x->name) != 0 ||
        row->version != f->x->number)
        return 0;
    ProtobufCAllocator memory = hx_arena_allocator(&f->s->arena);
    size_t n = hongxin__v1__rules_version__get_packed_size(row);
    uint8_t *packed = hx_arena_alloc(&f->s->arena, n + 1);
    if (packed) {
        hongxin__v1__rules_version__pack(row, packed);
        f->row = hongxin__v1__rules_version__unpack(&memory, n, packed);
    }
    return 1;
}

int in_force_row(struct service *s, const struct hx_version *x, hxp_rules_version **row)
{
    struct find f = {s, x, NULL};
    int rc = hx_store_rules(s->store, same_row, &f);
    *row = f.row;
    return rc || !hx_arena_failed(&s->arena) ? rc : HX_NOMEM;
}

/* ---- at the start ---- */

struct known {
    struct service *s;
    bool any;
    bool *stored; /* by the place of a version in the list */
};

static int find_stored(void *ctx, const hxp_rules_version *row, const uint8_t *text, size_t size)
{
    struct known *k = ctx;
    struct hx_versions *v = k->s->options.versions;
    (void)text;
    (void)size;
    if (row->state != HONGXIN__V1__RULES_VERSION__STATE__IN_FORCE)
        return 0;
    k->any = true;
    for (size_t i = 0; hx_versions_at(v, i); i++)
        if (hx_versions_at(v, i) == hx_versions_find(v, row->kind, row->name, row->version))
            k->stored[i] = true;
    if (row->next_case)
        moving_resume(k->s, row);
    return 0;
}

/* In a store that has versions already, a new one is news. */
static int record(struct service *s, const struct hx_version *x, bool news)
{
    hxp_rules_version row;
    uint64_t lsn = 0;
    int rc = HX_OK;
    in_force_describe(x, &row);
    row.t_rec = s->machine.now;
    if (news)
        rc = apply_tell(s, x, &row, &lsn);
    row.lsn = lsn;
    if (!rc)
        rc = hx_store_rules_save(s->store, &row, x->text, x->size);
    if (!rc)
        hx_version_came(s->options.versions, x, lsn, false);
    hx_log(HX_LOG_INFO, "event=rules_in_force kind=%s name=%s version=%u file=%s", x->kind, x->name,
           x->number, x->file);
    return rc;
}

static int record_all(struct service *s, const struct known *k)
{
    const struct hx_version *x;
    for (size_t i = 0; (x = hx_versions_at(s->options.versions, i)) != NULL; i++) {
        if (k->stored[i])
            continue;
        if (batch_begin(s) != HX_OK)
            return s->batch.error;
        s->batch.error = record(s, x, k->any);
        if (s->batch.error)
            return s->batch.error;
    }
    return HX_OK;
}

int in_force_start(struct service *s)
{
    struct known k = {.s = s};
    size_t n = 0;
    while (hx_versions_at(s->options.versions, n))
        n++;
    k.stored = calloc(n + 1, sizeof *k.stored);
    if (!k.stored)
        return HX_NOMEM;
    int rc = hx_store_rules(s->store, find_stored, &k);
    if (!rc)
        rc = record_all(s, &k);
    free(k.stored);
    if (s->batch.open && !batch_settle(s) && !rc)
        rc = HX_IO;
    batch_reset(&s->batch);
    hx_arena_reset(&s->arena);
    return rc;
}

/* ---- next year's calendar ---- */

enum { WEEK = 7 };

const struct hx_version *in_force_missing(const struct hx_versions *v, int64_t now, size_t *at)
{
    const struct hx_version *x;
    while ((x = hx_versions_at(v, (*at)++)) != NULL) {
        struct hx_change c;
        hx_version_change(v, x, &c);
        if (c.table && c.table->newest == c.days &&
            hx_table_lacks_next_year(c.table, &hx_versions_rules(v)->zone, now))
            return x;
    }
    return NULL;
}

static int ring(struct service *s, const struct hx_table *table, hxp_rules_version *row)
{
    int rc = hx_store_begin(s->store);
    if (rc)
        return rc;
    row->alarmed = s->machine.now;
    rc = hx_machine_calendar_missing(&s->machine, table);
    if (!rc)
        rc = hx_store_rules_save(s->store, row, NULL, 0);
    if (rc) {
        hx_store_abort(s->store);
        return rc;
    }
    rc = hx_store_commit(s->store);
    if (rc)
        return rc;
    batch_show(s);
    hx_log(HX_LOG_WARN, "event=calendar_missing table=%s \"docs/calendars.md: next year's\"",
           table->name);
    return HX_OK;
}

int in_force_look(struct service *s)
{
    const struct hx_version *x;
    const struct hx_versions *v = s->options.versions;
    size_t at = 0;
    int rc = HX_OK;
    hx_machine_set_time(&s->machine, timebase_now(&s->time));
    while (!rc && (x = in_force_missing(v, s->machine.now, &at)) != NULL) {
        struct hx_change c;
        hxp_rules_version *row;
        rc = in_force_row(s, x, &row);
        hx_version_change(v, x, &c);
        if (!rc && row && s->machine.now - row->alarmed >= WEEK * HX_DAY)
            rc = ring(s, c.table, row);
    }
    return rc;
}
