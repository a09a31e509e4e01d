#include "config/calendar/ical_event.h"

#include <stdbool.h>
#include <string.h>
#include <strings.h>

void ical_next_event(struct ical_lines *l)
{
    static const char begin[] = "BEGIN:VEVENT";
    while (*l->rest) {
        bool found = strncasecmp(l->rest, begin, sizeof begin - 1) == 0;
        size_t n = strcspn(l->rest, "\n");
        l->rest += n + (l->rest[n] == '\n');
        l->line++;
        if (found)
            return;
    }
}

const char *ical_x(icalcomponent *c, const char *name)
{
    for (icalproperty *p = icalcomponent_get_first_property(c, ICAL_X_PROPERTY); p;
         p = icalcomponent_get_next_property(c, ICAL_X_PROPERTY))
        if (strcmp(icalproperty_get_x_name(p), name) == 0)
            return icalproperty_get_x(p);
    return "";
}

icalcomponent *ical_read(const char *text)
{
    icalerror_set_errors_are_fatal(0); /* a bad file is refused, not the end of the process */
    icalcomponent *root = icalparser_parse_string(text);
    if (!root)
        return NULL;
    if (icalcomponent_isa(root) == ICAL_VCALENDAR_COMPONENT && !icalcomponent_count_errors(root))
        return root;
    icalcomponent_free(root);
    return NULL;
}
