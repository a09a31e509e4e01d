/* Records of administrative acts: entries of the journal that are about no case (fact AUDIT), which
 * only principals with the right to audits see. None holds an identity. */
#ifndef SERVICE_ACTS_ACT_H
#define SERVICE_ACTS_ACT_H

#include "config/access/access.h"
#include "config/access/devices.h"
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

/* Writes the record into the batch that is open. */
HX_CHECK int act_write(struct service *s, const struct act *act, uint64_t *lsn);

/* That the daemon began, or ends in good order (DAEMON_STARTED, DAEMON_STOPPED; static text): a
 * start that follows a start was a crash. Nothing while the journal is empty: it begins with the
 * first event. The next turn writes it, by act_life() in its batch. */
void act_life_begin(struct service *s, const char *act);
HX_CHECK int act_life(struct service *s);

/* What a changed registry has changed: one record for each key and principal, *n of them, all in
 * one transaction, committed on HX_OK. Otherwise none is written, as act_begin() says, and the
 * caller keeps `before` to try again. */
HX_CHECK int act_access(struct service *s, const struct hx_access *before,
                        const struct hx_access *now, size_t *n);

/* The same for the devices that are registered. */
HX_CHECK int act_devices(struct service *s, const struct hx_devices *before,
                         const struct hx_devices *now, size_t *n);

#endif
