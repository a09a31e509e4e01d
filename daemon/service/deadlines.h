/* Judging deadlines that have come: rows of the due table, in order of due time, a bounded number
 * per turn, after the facts that were received before (R4). */
#ifndef SERVICE_DEADLINES_H
#define SERVICE_DEADLINES_H

#include "hongxin/error.h"
#include <stddef.h>
#include <stdint.h>

struct service;

/* Engine time at which the first row or watch is to be judged; INT64_MAX when there is none, and
 * for what is held back: its end is looked for each second. */
int64_t deadlines_first(struct service *s);

/* Judges what is due in the batch's transaction, which is begun when needed. Does nothing while the
 * store is left alone. An error is the batch's. */
void deadlines_judge(struct service *s);

/* The rows of the transaction that has just been committed are done: counts their lateness. */
void deadlines_committed(struct service *s);

/* So many rows one by one after the batch has failed because of one of them. A case that cannot
 * be judged loses its row and is named in the log, so that it does not hold up all others. */
HX_CHECK int deadlines_alone(struct service *s, size_t rows);

#endif
