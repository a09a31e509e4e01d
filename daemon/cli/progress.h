/* Progress of anything that may take longer than two seconds: one line on standard error that is
 * written over on a terminal, a new line every ten seconds elsewhere. */
#ifndef CLI_PROGRESS_H
#define CLI_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

struct progress {
    int64_t begun, shown; /* monotonic ms; shown 0 = never */
    bool terminal, open;  /* open: the line is not ended yet */
};

void progress_begin(struct progress *p);

/* Says how far it is, at most twice a second and not before two seconds. `at` of `size`; size 0 =
 * not known. `rows` is what has been done. */
void progress_show(struct progress *p, uint64_t at, uint64_t size, uint64_t rows);

/* Ends the line, so that other text can follow. */
void progress_end(struct progress *p);

#endif
