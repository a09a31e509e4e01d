/* Drills (演练, F13): a case that was reported as a drill is marked from its first entry to its
 * last, in every entry, notice and view, and counts in no figure. A real case can never become one,
 * and a drill never takes anything real in. Pure. */
#ifndef ENGINE_CASE_DRILL_H
#define ENGINE_CASE_DRILL_H

#include "engine/step.h"

static inline bool hx_is_drill(const struct hx_case *c)
{
    return (c->flags & HX_FLAG_DRILL) != 0;
}

/* Whether the event may come to this case, or begin one. False with s->refusal: NO_DRILL_RIGHT (a
 * named person of a street, the city or the operator begins a drill), NOT_A_DRILL (the event says
 * it is one, its case is not), IS_A_DRILL (a report or reporter that is not marked comes to a
 * drill), DRILL_MIX (of two cases one is). */
bool hx_drill_fits(struct hx_step *s);

#endif
