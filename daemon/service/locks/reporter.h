/* Which reporter of a case somebody is, by the secret that the answer to his report gave him.
 * Service thread. */
#ifndef SERVICE_LOCKS_REPORTER_H
#define SERVICE_LOCKS_REPORTER_H

#include "engine/case/case.h"
#include <stdbool.h>

struct service;

/* The secret is that of the case, for its first reporter; or that of the case which another party
 * had reported before a merge or a split made him one of this. `party`: who he is. False: it is
 * nobody's here. */
bool reporter_is(const struct service *s, const struct hx_case *c, const char *secret,
                 uint32_t *party);

#endif
