/* What the files of clocks share. */
#ifndef ENGINE_TIME_CLOCK_INTERNAL_H
#define ENGINE_TIME_CLOCK_INTERNAL_H

#include "engine/step.h"

/* The calendar of the version it is pinned to (R14). */
const struct hx_calendar_rule *hx_clock_calendar_rule(const struct hx_rules *r,
                                                      const struct hx_clock *k);
/* The version of the calendar's table that a clock takes now; 0 = it has none. */
uint32_t hx_clock_days_now(const struct hx_step *s, const struct hx_calendar_rule *cal);

/* BUDGET, or HALF_BUDGET when it is not that of the first cycle. */
uint8_t hx_clock_basis(const struct hx_rules *r, const struct hx_case *c, int kind, int64_t budget);

/* The breach that stands for the deadline of now, or NULL. A pause that was counted since has moved
 * the deadline, or two persons have, to another instant that was over: not the breach. What was
 * broken is broken once. */
struct hx_breach *hx_clock_breach(struct hx_case *c, const struct hx_clock *k);
/* It stands still since then. Nothing is judged by it: what begins in a pause has missed nothing
 * before it is known how long it is given. */
void hx_clock_stand(struct hx_step *s, struct hx_clock *k, int64_t since);
/* Every accusation of this clock that the fact refutes: also those of deadlines that a change of
 * class has moved since. Returns whether there was one. */
bool hx_clock_rebut(struct hx_step *s, const struct hx_clock *k, int64_t t_eff);

#endif
