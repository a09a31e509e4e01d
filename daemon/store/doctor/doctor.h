/* Inside of hx_store_check and hx_store_repair; shared by the doctor's files only. */
#ifndef STORE_DOCTOR_H
#define STORE_DOCTOR_H

#include "base/disk.h"
#include "engine/rules/rules.h"
#include "store/impl.h"

/* Entries of the case being examined; the memory is kept from case to case. */
struct chain {
    struct doctor *d;
    const hxp_entry **list;
    size_t n, cap;
};

struct doctor {
    struct hx_store *st;
    const struct hx_packing *packing; /* of entries */
    const struct hx_rules *rules;     /* NULL: only what needs no rules */
    const struct hx_city *city;       /* NULL: no replay */
    hx_check_fn *report;
    void *ctx;
    hx_progress_fn *progress; /* NULL = nobody */
    void *progress_ctx;
    uint64_t steps; /* entries and cases looked at so far */
    struct hx_check_result *result;
    struct hx_arena arena;
    struct chain chain;
    struct hx_finding about; /* what the finding being built is about */
    int err; /* something could not be read, or there was no memory: what is found since then says
                nothing about the store, and nothing more is reported */
};

/* One entry or case more has been looked at. */
void doctor_step(struct doctor *d);

/* An entry as stored, in d->arena. NULL: it cannot be decoded; without memory d->err says so. */
hxp_entry *doctor_entry(struct doctor *d, const void *bytes, size_t size);

/* Reports one finding, counted. */
void doctor_found(struct doctor *d, const struct hx_finding *about, const char *fmt, ...)
    HX_PRINTF(3, 4);

/* doctor_case.c: one case by its row and its entries, oldest first, as stored (invariants 1, 2, 3,
 * 4, 5, 7, 11). Entries that cannot be decoded are left out: they are reported elsewhere. */
struct doctor_chain {
    const hxp_entry *const *entries;
    size_t n;
    bool whole; /* nothing of it is pruned */
};
void doctor_case(struct doctor *d, const struct hx_case *c, const struct doctor_chain *chain);

/* check.c: the rows of d->st by themselves and against each other, inside its snapshot. */
HX_CHECK int doctor_tables(struct doctor *d);

/* check.c: every case of d->st. */
HX_CHECK int doctor_cases(struct doctor *d);

/* doctor_replay.c: the whole journal of d->st, and its rows against what came of it. */
HX_CHECK int doctor_replay(struct doctor *d);

/* doctor_names.c: ids, sources' numbers and case numbers of the journal of d->st, inside its
 * snapshot (invariant 8). Either whoever walks through the journal shows each entry, whose event is
 * decoded into d->arena, and it is finished afterwards; or all of it at once. *out is to be freed
 * after an error, too. */
struct doctor_names;
HX_CHECK int doctor_names_new(struct doctor *d, struct doctor_names **out);
void doctor_names_free(struct doctor_names *u);
HX_CHECK int doctor_names_entry(struct doctor_names *u, const hxp_entry *e);
HX_CHECK int doctor_names_finish(struct doctor_names *u);
HX_CHECK int doctor_names(struct doctor *d);

/* doctor_projections.c: feed, open and tally made from the entries that are shown, in their order,
 * against those of d->st, inside its snapshot. *out is to be freed after an error, too. */
struct doctor_projections;
HX_CHECK int doctor_projections_new(struct doctor *d, struct doctor_projections **out);
void doctor_projections_free(struct doctor_projections *p);
HX_CHECK int doctor_projections_entry(struct doctor_projections *p, uint64_t lsn,
                                      const hxp_entry *e);
HX_CHECK int doctor_projections_finish(struct doctor_projections *p);

/* doctor_sums.c: counts of grids, communities, streets and the city (invariant 12). */
HX_CHECK int doctor_sums(struct doctor *d);

/* doctor_person.c: no entry of the case holds a text of its reporters (invariant 10). */
int doctor_persons(struct doctor *d);

/* doctor_replay.c: the journal put through a fresh machine over a store of its own in a temporary
 * folder (invariants 6 and 8). */
struct doctor_scratch {
    struct doctor *d;
    char dir[HX_SCRATCH_MAX];
    struct hx_store *st;
    struct hx_replay *replay;
    size_t unwritten; /* entries since the last commit */
    uint64_t upto;    /* the entry that was read last */
    bool counted;     /* its projections are looked at, too: set behind doctor_scratch_open */
    bool broken;      /* it could not go on to the end */
};
HX_CHECK int doctor_scratch_open(struct doctor_scratch *s, struct doctor *d,
                                 const struct hx_store_options *like);
void doctor_scratch_close(struct doctor_scratch *s);
HX_CHECK int doctor_scratch_entry(struct doctor_scratch *s, const uint8_t *bytes, size_t size);
HX_CHECK int doctor_scratch_finish(struct doctor_scratch *s);
/* The whole journal of d->st, inside its snapshot. */
HX_CHECK int doctor_scratch_read(struct doctor_scratch *s);

/* doctor_rows.c: what a row should be and is not. `want` with no data: there should be none. */
struct doctor_row {
    enum store_table table;
    MDB_val key, have, want;
};
typedef int doctor_row_fn(void *ctx, const struct doctor_row *row);

/* Every row of the derived tables that differs from the scratch store's, in the order of tables and
 * keys. Rows that stand on pruned entries are left out; cases among them are counted. */
HX_CHECK int doctor_rows(struct doctor *d, struct doctor_scratch *s, doctor_row_fn *fn, void *ctx);

/* Names the row: case, LSN, text. */
void doctor_name_row(const struct doctor_row *row, struct hx_finding *f, char text[160]);

#endif
