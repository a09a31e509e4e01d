/* What must hold whatever comes in (the invariants 1 to 5 and 7 of the life-cycle page, 3.8),
 * looked at entry by entry and case by case. Only the engine is needed. */
#ifndef PROPERTY_INVARIANTS_H
#define PROPERTY_INVARIANTS_H

#include "engine/case/case.h"
#include "engine/rules/rules.h"
#include "hongxin/schema.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct world;

enum { INVARIANTS_TOLD = 512 };

/* What is remembered of one journal to judge it: {.rules = …} at its beginning. */
struct invariants {
    const struct hx_rules *rules; /* borrowed */
    char problem[256];            /* the first that is broken; "" = none */
    int64_t last;                 /* t_rec of the newest entry */
    size_t n_told;                /* the notices that went out; later ones find no room */
    struct {
        uint64_t what; /* digest of case, cycle, clock, level and receiver */
        int64_t t_due;
    } told[INVARIANTS_TOLD];
};

/* Only the first one is kept. */
void invariants_broken(struct invariants *v, const char *format, ...) HX_PRINTF(2, 3);

/* The next entry of the journal. */
void invariants_entry(struct invariants *v, const hxp_entry *e);

/* A case as it is stored: its parts, its row, and what is told of it agree, and its stored form
 * reads as the same case. */
void invariants_case(struct invariants *v, const struct hx_case *c);

/* Takes what is new in the world's journal, and looks at it and at its cases; at all of them when
 * that is wanted. abort() with the text when something is broken. */
void invariants_world(struct invariants *v, struct world *w, bool all);

/* Whether the stored form of a case reads as a case with the same stored form. */
bool invariants_packing(const struct hx_case *c);

#endif
