/* Waiting for our own outage to end: nobody at all can be reached (corner 18). What waits for that,
 * the dispatch of a case and the notices on their way, is tried as often as ever at first and then
 * ever more seldom, by a share of how long it waits already: an outage of days is not a try each
 * half minute. In between it is looked as often as ever whether anybody can be reached again; when
 * so, the try is made in that instant, which is the one in which it would have been made anyway.
 * Only a try is an entry of the journal, a look writes none: it is a row of the timer that is
 * earlier than the next mark. Internal to the engine. */
#ifndef ENGINE_NOTICE_OUTAGE_H
#define ENGINE_NOTICE_OUTAGE_H

#include "engine/step.h"

/* How often a notice that waits for us is tried at first: as long as the road's plan is, or, when
 * that is a single try, as that of everybody's first road. */
int64_t hx_outage_every(const struct hx_rules *r, const struct hx_road_rule *road);
/* Until the next try of what has waited so long: `every` times a whole number, at most `most`. */
int64_t hx_outage_wait(const struct hx_rules *r, int64_t every, int64_t waited, int64_t most);

/* The dispatch waits for us: K_DELIVERY runs from the effective time of the step. */
void hx_outage_dispatch(struct hx_step *s);
/* The next look after `now`, also for the doctor; INT64_MAX = none comes before the next try. */
int64_t hx_outage_look(const struct hx_rules *r, const struct hx_case *c, int64_t now);
/* The clock whose try may be made at this look, NULL = none … */
struct hx_clock *hx_outage_clock(const struct hx_rules *r, struct hx_case *c, int64_t at);
/* … and the notices: their next try is now. */
void hx_outage_sendings(const struct hx_rules *r, struct hx_case *c, int64_t at);

#endif
