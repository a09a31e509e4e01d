/* What the files of clocks share. */
#ifndef ENGINE_TIME_CLOCK_INTERNAL_H
#define ENGINE_TIME_CLOCK_INTERNAL_H

#include "engine/step.h"

/* The calendar of the version it is pinned to (R14). */
const struct hx_calendar_rule *hx_clock_calendar_rule(const struct hx_rules *r,
                                                      const struct hx_clock *k);
/* The version of the calendar's table that a clock takes now; 0 = it has none. */
uint32_t hx_clock_days_now(const struct hx_step *s, const struct hx_calendar_rule *cal);

#endif
