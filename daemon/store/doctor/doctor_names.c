/* Names that stand for one thing only (invariant 8): no event id of a source, no number that a
 * source counts with, and no case number is used twice with another content. Each use is a small
 * record; records of one name are brought together by sorting. A long journal is walked through
 * several times, each time for a part of the names; the first time by whoever walks anyway. */
#include "store/doctor/doctor.h"

#include "base/grown.h"

#include <inttypes.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

enum { ENTRIES_AT_ONCE = 2 * 1024 * 1024 };

enum kind { EVENT_ID, SOURCE_NUMBER, CASE_NUMBER };

struct use {
    uint8_t name[12]; /* digests: of what is named, and of what it stands for */
    uint8_t content[12];
    uint64_t lsn, case_number;
    enum kind kind;
};

struct doctor_names {
    struct doctor *d;
    struct use *list;
    size_t n, cap;
    uint64_t part, parts; /* of the names: those whose digest falls into it */
    int err;
};

static void digest(uint8_t out[12], enum kind kind, const void *a, size_t na, const void *b,
                   size_t nb)
{
    crypto_generichash_state state;
    uint8_t whole[crypto_generichash_BYTES_MIN];
    const uint8_t head = (uint8_t)kind;
    crypto_generichash_init(&state, NULL, 0, sizeof whole);
    crypto_generichash_update(&state, &head, 1);
    crypto_generichash_update(&state, a, na);
    crypto_generichash_update(&state, b, nb);
    crypto_generichash_final(&state, whole, sizeof whole);
    memcpy(out, whole, 12);
}

static struct use *new_use(struct doctor_names *u)
{
    struct use *list = hx_grown(u->list, u->n, &u->cap, sizeof *list);
    if (!list) {
        u->err = HX_NOMEM;
        return NULL;
    }
    u->list = list;
    return &u->list[u->n];
}

static void add(struct doctor_names *u, enum kind kind, const hxp_entry *e, const char *source,
                const void *name, size_t size)
{
    struct use *use = new_use(u);
    if (!use)
        return;
    *use = (struct use){.kind = kind, .lsn = e->lsn, .case_number = e->case_number};
    digest(use->name, kind, source, strlen(source) + 1, name, size);
    if (kind == CASE_NUMBER)
        digest(use->content, kind, &e->lsn, sizeof e->lsn, "", 0);
    else
        digest(use->content, kind, e->event.data, e->event.len, e->reporter_digest.data,
               e->reporter_digest.len);
    u->n += use->name[0] % u->parts == u->part;
}

/* What was kept aside because its id was used before is not a second use. */
static bool kept_aside(const hxp_entry *e)
{
    return e->n_facts && e->facts[0]->fact_case == HONGXIN__V1__FACT__FACT_REPLY &&
           e->facts[0]->reply->result == HONGXIN__V1__RESULT__CONFLICT;
}

int doctor_names_entry(struct doctor_names *u, const hxp_entry *e)
{
    if (e->case_number && !e->prev_lsn)
        add(u, CASE_NUMBER, e, "", &e->case_number, sizeof e->case_number);
    if (!e->event.len || kept_aside(e))
        return u->err;
    ProtobufCAllocator memory = hx_arena_allocator(&u->d->arena);
    const hxp_event *event = hongxin__v1__event__unpack(&memory, e->event.len, e->event.data);
    if (!event && hx_arena_failed(&u->d->arena))
        u->err = HX_NOMEM;
    if (!event)
        return u->err;
    add(u, EVENT_ID, e, event->source, event->id, strlen(event->id));
    if (event->source_seq)
        add(u, SOURCE_NUMBER, e, event->source, &event->source_seq, sizeof event->source_seq);
    return u->err;
}

static int look(void *ctx, uint64_t lsn, const uint8_t *bytes, size_t size)
{
    struct doctor_names *u = ctx;
    (void)lsn;
    hx_arena_reset(&u->d->arena);
    const hxp_entry *e = doctor_entry(u->d, bytes, size);
    if (e)
        return doctor_names_entry(u, e);
    return u->d->err; /* else: said by the walk over the journal */
}

static int walk(struct doctor_names *u)
{
    int err = hx_store_entries(u->d->st, 1, SIZE_MAX, SIZE_MAX, look, u);
    return err ? err : u->err;
}

static int by_name(const void *pa, const void *pb)
{
    const struct use *a = pa, *b = pb;
    int c = memcmp(a->name, b->name, sizeof a->name);
    return c ? c : (a->lsn > b->lsn) - (a->lsn < b->lsn);
}

static void compare(struct doctor_names *u)
{
    static const char *const what[] = {"an event id", "a source's number", "the case number"};
    qsort(u->list, u->n, sizeof *u->list, by_name);
    for (size_t i = 1; i < u->n; i++) {
        const struct use *first = &u->list[i - 1], *again = &u->list[i];
        if (memcmp(first->name, again->name, sizeof first->name) != 0 ||
            memcmp(first->content, again->content, sizeof first->content) == 0)
            continue;
        doctor_found(u->d,
                     &(struct hx_finding){.invariant = 8,
                                          .table = "journal",
                                          .case_number = again->case_number,
                                          .lsn = again->lsn},
                     "%s is used again with another content, first at LSN %" PRIu64,
                     what[again->kind], first->lsn);
    }
}

static int entries(const struct hx_store *st, size_t *n)
{
    MDB_stat stat;
    int rc = mdb_stat(st->reader, st->dbi[T_JOURNAL], &stat);
    *n = rc ? 0 : stat.ms_entries;
    return store_error(rc, false);
}

int doctor_names_new(struct doctor *d, struct doctor_names **out)
{
    struct doctor_names *u = calloc(1, sizeof *u);
    size_t n;
    *out = u;
    if (!u)
        return HX_NOMEM;
    u->d = d;
    int err = entries(d->st, &n);
    u->parts = n / ENTRIES_AT_ONCE + 1;
    return err;
}

void doctor_names_free(struct doctor_names *u)
{
    if (u)
        free(u->list);
    free(u);
}

int doctor_names_finish(struct doctor_names *u)
{
    int err = HX_OK;
    for (; u->part < u->parts && !err; u->part++) {
        if (u->part) {
            u->n = 0;
            err = walk(u);
        }
        if (!err && u->n)
            compare(u);
    }
    return err;
}

int doctor_names(struct doctor *d)
{
    struct doctor_names *u;
    int err = doctor_names_new(d, &u);
    if (!err)
        err = walk(u);
    if (!err)
        err = doctor_names_finish(u);
    doctor_names_free(u);
    return err;
}
