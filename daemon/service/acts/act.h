/* Records of administrative acts: entries of the journal that are about no case (fact AUDIT), which
 * only principals with the right to audits see. None holds an identity. */
#ifndef SERVICE_ACTS_ACT_H
#define SERVICE_ACTS_ACT_H

#include "hongxin/error.h"
#include <stdint.h>

struct service;

/* What was done; texts are UTF-8, borrowed, "" when there is nothing to say. */
struct act {
    const char *act, *by, *person, *about, *reason, *detail;
};

/* Ends the batch that runs (commits and answers it) and opens a transaction of its own, in which
 * the caller may change what the act is about. HX_AGAIN: the store is left alone for now. Errors of
 * the store. */
HX_CHECK int act_begin(struct service *s);

/* Records and commits. On HX_OK the act is on disk; *lsn may be NULL. */
HX_CHECK int act_commit(struct service *s, const struct act *act, uint64_t *lsn);
void act_abort(struct service *s);

/* Ends a transaction into which act_write() has written with this result: commits it, or, when
 * something was not written, none of it. The result of the whole. */
HX_CHECK int act_end(struct service *s, int written);

/* Writes the record into the batch that is open. */
HX_CHECK int act_write(struct service *s, const struct act *act, uint64_t *lsn);

/* That the daemon began, or ends in good order (DAEMON_STARTED, DAEMON_STOPPED; static text): a
 * start that follows a start was a crash. Nothing while the journal is empty: it begins with the
 * first event. The next turn writes it, by act_life() in its batch. */
void act_life_begin(struct service *s, const char *act);
HX_CHECK int act_life(struct service *s);

#endif
