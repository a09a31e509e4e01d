/* A small world for tests of the machine: the complaint life cycle as shipped, and a city of one
 * building. Loaded once per process; abort() when that fails. */
#ifndef PROPERTY_WORLD_H
#define PROPERTY_WORLD_H

#include "engine/machine/machine.h"
#include "engine/rules/rules.h"

const struct hx_rules *world_rules(void);
/* Building B-0417 of estate E-1, held by P-07, in grid G-041, community C-03, street S-02. */
const struct hx_city *world_city(void);

/* A machine on a backend in memory. */
struct world {
    struct hx_machine m;
    struct hx_arena arena;
    struct hx_memory *memory;
};

void world_open(struct world *w, int64_t begin);
void world_close(struct world *w);

/* Fires what is due before `until` (exclusive: what comes in at that instant goes first, R4), each
 * mark at its own time, then sets the time. abort() when the machine does not come to rest. */
void world_wait(struct world *w, int64_t until);

#endif
