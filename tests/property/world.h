/* A small world for tests of the machine: the complaint life cycle as shipped, and a city of one
 * building. Loaded once per process; abort() when that fails. */
#ifndef PROPERTY_WORLD_H
#define PROPERTY_WORLD_H

#include "engine/machine/machine.h"
#include "engine/rules/rules.h"

/* Where tests begin when they need a time: 2026-10-12T19:00:00+08:00, a Monday. */
#define WORLD_EVENING INT64_C(1791802800000)

const struct hx_rules *world_rules(void);
/* Building B-0417 of estate E-1, held by P-07, in grid G-041, community C-03, street S-02. */
const struct hx_city *world_city(void);

/* A machine on a backend in memory. */
struct world {
    struct hx_machine m;
    struct hx_arena arena;
    struct hx_memory *memory;
    unsigned sent;
};

void world_open(struct world *w, int64_t begin);
void world_close(struct world *w);

/* What somebody sends at w->m.now; the source is "test". Texts are borrowed and may be NULL. */
struct world_event {
    const char *type, *by;
    const char *id; /* NULL: one that no other event has */
    const char *ref;
    uint64_t case_number;
    hxp_data *data;
    uint64_t seq;          /* of its source; 0 = it does not count */
    const char *principal; /* whose key brought it */
};

/* The answer, which lives as long as the world. abort() when the machine fails. */
const hxp_reply *world_send(struct world *w, const struct world_event *what);

/* Fires what is due before `until` (exclusive: what comes in at that instant goes first, R4), each
 * mark at its own time, then sets the time. abort() when the machine does not come to rest. */
void world_wait(struct world *w, int64_t until);

#endif
