/* In whose name a person acts: `by` of an event. The daemon judges it; here one is proposed that
 * fits the case, so that nobody has to type "street:S-02/wang". Pure. */
#ifndef BOARD_ACTOR_H
#define BOARD_ACTOR_H

#include "hongxin/schema.h"
#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

enum { ACTOR_MAX = 256 };

struct actor_input {
    const json_t *who;         /* WhoAnswer: enforced, claims, areas */
    const char *role;          /* with a daemon without keys: what he works as */
    const json_t *areas;       /* … and where */
    const char *person;        /* never another one */
    const json_t *by;          /* parties that may say the event; NULL or empty: anybody */
    const char *prefer;        /* "street city": parties in this order first; NULL */
    const hxp_case_view *view; /* NULL: about no case yet */
};

/* False: there is no party for whom he may speak here. */
bool actor_propose(const struct actor_input *in, char out[ACTOR_MAX]);

/* "role[:area]/person" of his own; false when it names somebody else or nobody. */
bool actor_is_own(const char *by, const char *person);

#endif
