/* A stretch of the journal, read page by page for one who asks: breaches of some days, notices of
 * two. */
#ifndef BOARD_STRETCH_H
#define BOARD_STRETCH_H

#include "board/ask.h"

enum { STRETCH_ENTRIES = 50000 }; /* looked at for one answer; more: it is cut */

struct stretch;

typedef void stretch_entry(struct stretch *s, const hxp_entry *entry);
typedef void stretch_end(struct stretch *s);

/* The beginning of a handler's own; `ask` first. */
struct stretch {
    struct ask ask;
    int64_t since, until;
    char *facts[4], *places[1], *holders[1], *classes[1];
    size_t n_facts, n_places, n_holders, n_classes;
    uint64_t after, seen;
    bool cut;
    stretch_entry *entry; /* each that matches, oldest first */
    stretch_end *end;     /* all were read: answers and frees */
};

/* Reads it; a fault is answered and `ask` freed. */
void stretch_read(struct stretch *s);

#endif
