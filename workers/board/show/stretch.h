/* A stretch of the journal, read page by page for one who asks: breaches of some days, notices of
 * two. When it has more entries than are looked at for one answer (board.yaml, `looked_at`), it
 * begins anew from a later instant: the oldest are left out, never the newest. With `upto` the
 * newest are those before it. */
#ifndef BOARD_STRETCH_H
#define BOARD_STRETCH_H

#include "board/ask.h"

struct stretch;

typedef void stretch_entry(struct stretch *s, const hxp_entry *entry);
typedef void stretch_end(struct stretch *s);

/* The beginning of a handler's own; `ask` first. */
struct stretch {
    struct ask ask;
    int64_t since, until;
    int64_t upto; /* what comes later only adds to what was before; 0: now is the end */
    char *facts[4], *places[1], *holders[1], *classes[1];
    size_t n_facts, n_places, n_holders, n_classes;
    uint64_t after, seen;
    int64_t reached;      /* t_rec of the last one */
    bool cut;             /* the oldest are left out */
    stretch_entry *entry; /* each that matches, oldest first */
    stretch_end *anew;    /* it begins once more: forgets what came */
    stretch_end *end;     /* all were read: answers and frees */
};

/* Reads it; a fault is answered and `ask` freed. */
void stretch_read(struct stretch *s);

/* A page of `all` (oldest first), the newest first: {items, total, total_exact, cut, next}.
 * `cursor` is how many were on the pages before, "" none. */
json_t *stretch_page(const struct stretch *s, const json_t *all, const char *cursor,
                     uint64_t limit);

#endif
