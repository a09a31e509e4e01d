/* The daemon's answer as HTTP: which status, which JSON. */
#ifndef DOOR_REPLY_H
#define DOOR_REPLY_H

#include "hongxin/schema.h"
#include <jansson.h>
#include <stdbool.h>

struct reply {
    int status;
    json_t *body;     /* owned: the Reply, or a problem */
    const char *code; /* of a problem; NULL: it is none. Valid as long as the Reply */
};

/* Whether the case does not allow it: now, or the first time, when this answer is given again. */
bool reply_is_refused(const hxp_reply *reply);

/* Whether it is kept: accepted, waiting for its case, or not a matter of ours but with a number;
 * now, or the first time. */
bool reply_is_taken(const hxp_reply *reply);

/* What the case refused, and what is not understood or another event of its id: a person has to
 * look at it. */
bool reply_is_in_vain(const hxp_reply *reply);

/* What was accepted or parked is 2xx; what the case does not allow, or another event of the same
 * id, is 409; what cannot be understood is 422. A repetition is what it was the first time.
 * `fresh` is the status of an accepted one. */
struct reply reply_make(const hxp_reply *reply, int fresh, int utc_offset);

/* When there was no Reply: err of hx_reply_fn or of hx_publish_start. */
struct reply reply_fail(int err);

#endif
