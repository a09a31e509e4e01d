/* Playing one log of a life through the machine, and what came of it. */
#ifndef PROPERTY_PLAY_H
#define PROPERTY_PLAY_H

#include "property/life.h"

/* What must not depend on the order of reading. */
struct verdict {
    uint8_t state, cycle;
    int64_t owner_ms[HX_OWNERS]; /* up to the end of the life */
    size_t n_promises;
    struct promise {
        uint8_t kind, cycle, met; /* 0 open or void, 1 met, 2 missed */
        int64_t deadline;
    } promises[HX_CASE_CLOCKS];
    size_t n_rebutted; /* not compared: how many accusations late proofs have refuted */
    size_t n_breaches; /* net: those with a mark are left out */
    struct promise breaches[HX_CASE_BREACHES];
};

/* Also replays the journal of each run from now on: every entry must be made again byte for byte
 * (invariant 6). Costs as much again. */
void play_replays(bool on);

/* False with a text when an invariant of the life-cycle page (3.8) is broken on the way. */
bool play(const struct life *l, bool in_order, struct verdict *v, char problem[256]);

/* False with a text that names the first difference. */
bool verdicts_equal(const struct verdict *read, const struct verdict *ordered, char problem[256]);

#endif
