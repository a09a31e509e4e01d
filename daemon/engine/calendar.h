/* Calendars: from a start and a budget to an instant. Pure arithmetic on a rule; elapsed time is
 * real milliseconds. */
#ifndef ENGINE_CALENDAR_H
#define ENGINE_CALENDAR_H

#include "engine/rules.h"

/* The instant at which `ms` of this calendar's time have passed since `start`.
 *   always  start + ms
 *   roll    start + ms, moved forward to the next opening when it falls outside the window
 *   count   only time inside the window counts
 *   workdays  whole working days (ms / 24 h), the day of the start not counted, until the window's
 * end of the last */
int64_t hx_calendar_add(const struct hx_calendar_rule *cal, int64_t start, int64_t ms);

/* The first instant at or after `t` that lies inside the window. The end of the window belongs to
 * it. */
int64_t hx_calendar_roll(const struct hx_calendar_rule *cal, int64_t t);

/* Whether this day (days since 1970-01-01) is worked: Monday to Friday and make-up days, without
 * holidays. */
bool hx_calendar_works(const struct hx_calendar_rule *cal, int64_t day);

#endif
