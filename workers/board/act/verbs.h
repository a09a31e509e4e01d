/* The verbs of the API and the events that they become. Pure but for memory. */
#ifndef BOARD_VERBS_H
#define BOARD_VERBS_H

#include "hongxin/schema.h"
#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

enum { VERB_PROBLEM = 200 };

struct verb_draft {
    char type[41];      /* of the event */
    const char *prefer; /* parties that say it; NULL: as the life cycle has them */
    const char *proof;  /* "ONSITE_CODE", or NULL */
    json_t *data;       /* owned */
    char problem[VERB_PROBLEM];
};

/* False with the problem: a key that the verb does not have, one that is missing, a wrong type.
 * `state` is that of the case. */
bool verb_draft(const char *verb, const json_t *body, const char *state, struct verb_draft *out);
bool verb_known(const char *verb);

#endif
