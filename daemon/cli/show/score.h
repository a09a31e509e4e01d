/* Promises kept and broken, per clock and per holder, as the journal tells them. A breach that is
 * rebutted, excluded or taken back counts no more. One thread. */
#ifndef CLI_SCORE_H
#define CLI_SCORE_H

#include "cli/show/show.h"
#include "hongxin/schema.h"

enum { SCORE_CLOCKS = 16, SCORE_HOLDERS = 512 };

struct score_line {
    char name[24];
    uint64_t kept, broken;
};

struct score {
    struct score_line clocks[SCORE_CLOCKS];
    struct score_line holders[SCORE_HOLDERS];
    size_t n_clocks, n_holders;
    uint64_t reported, held, deemed, arrived, resolved, closed, reopened, notices, rebutted,
        entries;
    int64_t now; /* of the newest entry */
};

void score_entry(struct score *s, const hxp_entry *e);

/* One line of where the evening stands. */
void score_print_state(const struct score *s, struct show *show);

/* The tables at the end: clocks, then the holders with the most broken promises and the best ones.
 * `name` gives a holder's name for people; may return NULL. */
void score_print(struct score *s, struct show *show, const char *(*name)(void *ctx, const char *id),
                 void *ctx);

#endif
