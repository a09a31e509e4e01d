/* Random lives of one complaint, and the two logs in which each is told:
 *
 *   as read    events come late, doubled, in another order, or never
 *   in order   the same facts with the same proofs, each told at the instant that counts for it
 * (R2), once
 *
 * Order must not matter for what a trusted proof tells. What takes its time of receipt (claims, and
 * what another person decides or is told) stands at the same instant in both logs: see "When order
 * does not matter" in docs/life-cycle.md for the conditions that life_make() keeps. */
#ifndef PROPERTY_LIFE_H
#define PROPERTY_LIFE_H

#include "engine/rules/rules.h"
#include "hongxin/schema.h"
#include <stdio.h>

enum { LIFE_ACTS = 72 };

/* One event of a life as a source tells it. */
struct act {
    uint8_t what; /* index into the table of acts */
    uint8_t id;   /* a doubled event has the id of its first */
    bool doubled; /* not told in the log in order */
    bool fixed;   /* takes its time of receipt in both logs */
    Hongxin__V1__Proof proof;
    int64_t occ;  /* when it happened */
    int64_t src;  /* when it was sent first */
    int64_t rcv;  /* when our door reads it */
    int64_t date; /* of a plan, a pause, an order; 0 = none */
};

struct life {
    uint64_t seed;
    int class_no;
    bool placed;
    int64_t begin, end;
    size_t n;
    struct act acts[LIFE_ACTS]; /* in the order in which they happened */
};

void life_make(struct life *l, uint64_t seed);

/* The event of an act. It points into the act, `text` and static memory. */
struct act_text {
    hxp_data data;
    char id[16];
};
void life_event(const struct life *l, const struct act *a, struct act_text *text, hxp_event *e);

/* When an act is read in the log as read, or in the one in order; 0 = not told there. */
int64_t life_read_at(const struct act *a, bool in_order);

/* The log as input of `hongxin simulate`. */
void life_print(const struct life *l, bool in_order, FILE *out);

/* The acts of a log in the order of reading: indices into l->acts; returns their number. */
size_t life_order(const struct life *l, bool in_order, uint8_t order[LIFE_ACTS]);

#endif
