#include "simulate/prove.h"
#include "base/grown.h"
#include "engine/machine/asof.h"
#include "engine/machine/replay.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct moment { /* a case as an entry left it */
    uint64_t lsn;
    uint8_t *bytes;
    size_t size;
};

struct prove {
    const struct hx_rules *rules;
    const struct hx_city *city;
    const struct hx_memory *memory;
    struct moment *moments;
    size_t n, cap;
    char *problem;
    uint8_t packed[HX_CASE_PACKED_MAX];
    struct hx_case work, again; /* too large for the stack */
};

int prove_new(const struct hx_memory *memory, struct prove **out)
{
    struct prove *p = calloc(1, sizeof *p);
    if (!p)
        return HX_NOMEM;
    p->memory = memory;
    *out = p;
    return HX_OK;
}

void prove_free(struct prove *p)
{
    if (!p)
        return;
    for (size_t i = 0; i < p->n; i++)
        free(p->moments[i].bytes);
    free(p->moments);
    free(p);
}

static int load(const struct hx_memory *memory, uint64_t number, struct hx_case *c)
{
    return hx_memory_backend()->case_load((void *)(uintptr_t)memory, number, c);
}

/* Into p->packed. When its timer comes up is not the journal's affair: it may be a look that has
 * not been made yet. */
static size_t pack(struct prove *p, struct hx_case *c)
{
    c->due_row = 0;
    return hx_case_pack(c, p->packed, sizeof p->packed);
}

static int keep(struct prove *p, struct hx_case *c)
{
    struct moment *moments = hx_grown(p->moments, p->n, &p->cap, sizeof *moments);
    if (!moments)
        return HX_NOMEM;
    p->moments = moments;
    struct moment *m = &p->moments[p->n];
    m->lsn = c->last_lsn;
    m->size = pack(p, c);
    m->bytes = malloc(m->size);
    if (!m->bytes)
        return HX_NOMEM;
    memcpy(m->bytes, p->packed, m->size);
    p->n++;
    return HX_OK;
}

int prove_note(struct prove *p, const hxp_entry *const *entries, size_t n)
{
    int rc = HX_OK;
    for (size_t i = 0; i < n && !rc; i++) {
        if (!entries[i]->case_number)
            continue;
        rc = load(p->memory, entries[i]->case_number, &p->work);
        if (!rc && p->work.last_lsn == entries[i]->lsn)
            rc = keep(p, &p->work);
    }
    return rc;
}

/* ---- the whole journal ---- */

static void on_difference(void *ctx, const hxp_entry *stored, const hxp_entry *made)
{
    struct prove *p = ctx;
    const hxp_entry *e = stored ? stored : made;
    if (!p->problem[0])
        snprintf(p->problem, 512, "replay: entry %" PRIu64 " (%s) %s", e->lsn, e->cause,
                 !made     ? "is not made again"
                 : !stored ? "is made and was not"
                           : "is made otherwise");
}

static int differs(struct prove *p, const char *what, uint64_t lsn)
{
    if (!p->problem[0])
        snprintf(p->problem, 512, "%s: case %" PRIu64 " differs after entry %" PRIu64, what,
                 p->work.number, lsn);
    return HX_CORRUPT;
}

static bool same(struct prove *p, const struct moment *m, struct hx_case *c)
{
    return pack(p, c) == m->size && memcmp(p->packed, m->bytes, m->size) == 0;
}

static int compare_cases(struct prove *p, const struct hx_memory *memory)
{
    int rc = HX_OK;
    for (size_t i = 0; i < p->n && !rc; i++) {
        const struct moment *m = &p->moments[i];
        rc = hx_case_unpack(m->bytes, m->size, &p->work);
        if (!rc)
            rc = load(p->memory, p->work.number, &p->again);
        if (rc || p->again.last_lsn != m->lsn)
            continue; /* not its last moment */
        rc = load(memory, p->work.number, &p->again);
        if (rc || !same(p, m, &p->again))
            return differs(p, "replay", m->lsn);
    }
    return rc;
}

static int replay_all(struct prove *p, struct hx_memory *memory, struct hx_replay *r)
{
    const uint8_t *bytes;
    size_t size;
    int rc = HX_OK;
    for (uint64_t lsn = 1; !rc && lsn <= hx_memory_newest_lsn(p->memory); lsn++) {
        rc = hx_memory_entry(p->memory, lsn, &bytes, &size);
        if (!rc)
            rc = hx_replay_entry(r, bytes, size);
    }
    if (!rc)
        rc = hx_replay_finish(r);
    if (!rc && hx_replay_differences(r))
        rc = HX_CORRUPT;
    return rc ? rc : compare_cases(p, memory);
}

static int prove_replay(struct prove *p)
{
    struct hx_memory *memory = NULL;
    struct hx_replay *r = NULL;
    int rc = hx_memory_new(&memory);
    const struct hx_replay_options o = {.rules = p->rules,
                                        .city = p->city,
                                        .ops = hx_memory_backend(),
                                        .backend = memory,
                                        .differs = on_difference,
                                        .ctx = p};
    if (!rc)
        rc = hx_replay_new(&o, &r);
    if (!rc)
        rc = replay_all(p, memory, r);
    hx_replay_free(r);
    hx_memory_free(memory);
    return rc;
}

/* ---- each moment ---- */

static int entry_of(void *ctx, uint64_t lsn, struct hx_arena *arena, const uint8_t **bytes,
                    size_t *size)
{
    const struct prove *p = ctx;
    (void)arena;
    return hx_memory_entry(p->memory, lsn, bytes, size);
}

static int newest_of(void *ctx, uint64_t number, uint64_t *lsn)
{
    struct prove *p = ctx;
    int rc = load(p->memory, number, &p->work);
    *lsn = p->work.last_lsn;
    return rc;
}

static int prove_moments(struct prove *p)
{
    const struct hx_asof_journal j = {
        .entry = entry_of, .newest = newest_of, .ctx = p, .by_label = true};
    for (size_t i = 0; i < p->n; i++) {
        const struct moment *m = &p->moments[i];
        int rc = hx_asof(&j, p->rules, p->city, m->lsn, &p->again);
        if (rc && rc != HX_MISMATCH)
            return rc;
        p->work.number = p->again.number;
        if (rc || !same(p, m, &p->again))
            return differs(p, "as of", m->lsn);
    }
    return HX_OK;
}

int prove_run(struct prove *p, const struct hx_machine *m, char problem[512])
{
    p->rules = m->rules;
    p->city = m->city;
    p->problem = problem;
    problem[0] = '\0';
    int rc = prove_replay(p);
    return rc ? rc : prove_moments(p);
}
