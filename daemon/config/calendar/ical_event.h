/* What libical does not give of an event: its line, and properties of our own by their name.
 *
 * libical keeps no lines: events stay in the order of the file, so the n-th BEGIN:VEVENT is the
 * line of the n-th event. */
#ifndef CONFIG_ICAL_EVENT_H
#define CONFIG_ICAL_EVENT_H

#include "config/reading/problem.h"

#include <libical/ical.h>

struct ical_lines {
    const char *rest; /* of the text, behind the present event's line */
    unsigned line;    /* of the present event; 0 before the first */
};

/* Moves to the line of the next event. */
void ical_next_event(struct ical_lines *l);

/* The text of a property such as "X-HONGXIN-VERSION"; "" when there is none, or when its VALUE says
 * that it is something else, as a date. */
const char *ical_x(icalcomponent *c, const char *name);

/* A text as one whole calendar; NULL when it is none, or a part of it cannot be understood. Freed
 * with icalcomponent_free. */
icalcomponent *ical_read(const char *text);

/* Says of such a text that it is none, with the line where something begins or ends that does not
 * belong there. HX_CONFIG. */
int ical_refuse(const char *file, const char *text, struct hx_problem *problem);

#endif
