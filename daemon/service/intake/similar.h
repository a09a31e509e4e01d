/* Likely duplicates (B2): which open cases lie at the same place and are about the same matter.
 *
 * An index in memory over what is committed, filled from the store at start and kept up by every
 * entry: a report costs one look. It is only a hint, so a lost row (no memory) is no fault. */
#ifndef SERVICE_INTAKE_SIMILAR_H
#define SERVICE_INTAKE_SIMILAR_H

#include "engine/machine/machine.h"
#include "store/store.h"

struct similar_row;

struct similar {
    struct similar_row *rows; /* open addressing; key 0 = free */
    size_t size, used;
};

/* Reads the open cases of the store. Errors of the store; HX_NOMEM. */
HX_CHECK int similar_init(struct similar *s, struct hx_store *st, struct hx_case *scratch);
void similar_fini(struct similar *s);

/* A committed entry: its case is open, or is no longer. */
void similar_entry(struct similar *s, const hxp_entry *e);

/* Up to HX_SIMILAR_MAX numbers, the newest first, without `except`. Returns how many. */
size_t similar_find(const struct similar *s, const char *place, const char *category,
                    uint64_t except, uint64_t numbers[HX_SIMILAR_MAX]);

/* For struct hx_machine; the context is a struct similar. */
size_t similar_of(void *ctx, const struct hx_case *c, uint64_t numbers[HX_SIMILAR_MAX]);

#endif
