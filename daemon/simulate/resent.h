/* Events that a source sends again, because the answer was lost on its way (corner 8). */
#ifndef SIMULATE_RESENT_H
#define SIMULATE_RESENT_H

#include "simulate/scenario.h"

/* A line that says the same as an earlier one, apart from `rcv`, is the same message once more: the
 * times that it does not name are those of the first. The actions must be in order. HX_NOMEM. */
HX_CHECK int scenario_resent(struct scenario *s);

#endif
