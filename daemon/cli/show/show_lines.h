/* Lines of one journal entry: what show_entry.c takes from show_lines.c. */
#ifndef CLI_SHOW_LINES_H
#define CLI_SHOW_LINES_H

#include "cli/show/show.h"

struct lines {
    struct show *s;
    const hxp_entry *e;
    const char *const *facts; /* those that are wanted; NULL: all */
    int n;                    /* so far */
};

/* The time and the case: how every line begins; a new day gets a line of its own before. */
void line_begin(struct lines *l);
void line_end(struct lines *l);

/* The whole line of a fact: class, mark, flag, clock, rules, delivery, swap, silence or alarm. */
void line_of_fact(struct lines *l, const hxp_fact *f);

#endif
