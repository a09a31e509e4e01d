/* `--prove`: whether the journal of a run tells the whole truth. Put through a fresh machine it
 * must make the same entries and the same cases, byte for byte; and what is asked of the past must
 * be answered as it was true then. */
#ifndef SIMULATE_PROVE_H
#define SIMULATE_PROVE_H

#include "engine/machine/machine.h"
#include "engine/machine/memory.h"

struct prove; /* opaque */

/* The run's memory is borrowed. HX_NOMEM. */
HX_CHECK int prove_new(const struct hx_memory *memory, struct prove **out);
void prove_free(struct prove *p);

/* After each call of the machine: keeps the cases as these entries left them. */
HX_CHECK int prove_note(struct prove *p, const hxp_entry *const *entries, size_t n);

/* At the end, with the rules and the city that `m` has then and all that were before. HX_CORRUPT
 * with the first difference in `problem`. */
HX_CHECK int prove_run(struct prove *p, const struct hx_machine *m, char problem[512]);

#endif
