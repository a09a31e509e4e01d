#include "config/calendar/ical_event.h"
#include "base/text.h"

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
            return hx_text_field(icalproperty_get_x(p));
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

/* ---- where a text is broken ---- */

enum { NAME = 24, DEPTH = 8 };

struct nesting {
    char open[DEPTH][NAME];
    int n;
};

static void name_of(const char *line, char name[NAME])
{
    size_t n = strcspn(line, "\r\n");
    hx_text_put(name, n + 1 < NAME ? n + 1 : NAME, line);
}

/* Whether the line may stand here. */
static bool nests(struct nesting *x, const char *line)
{
    char name[NAME];
    if (strncasecmp(line, "BEGIN:", 6) == 0) {
        name_of(line + 6, name);
        bool inside =
            x->n && strcasecmp(x->open[x->n - 1], "VEVENT") == 0 && strcasecmp(name, "VALARM") != 0;
        if (inside || x->n == DEPTH)
            return false;
        hx_text_put(x->open[x->n++], NAME, name);
    } else if (strncasecmp(line, "END:", 4) == 0) {
        name_of(line + 4, name);
        return x->n && strcasecmp(x->open[--x->n], name) == 0;
    }
    return true;
}

int ical_refuse(const char *file, const char *text, struct hx_problem *problem)
{
    static const char what[] = "not one whole iCalendar (RFC 5545) object";
    struct nesting x = {.n = 0};
    size_t line = 0, n;
    bool sound = true;
    for (; sound && *text; text += n + (text[n] == '\n')) {
        sound = nests(&x, text);
        n = strcspn(text, "\n");
        line++;
    }
    if (!sound)
        return hx_problem_set(problem, "%s:%zu: %s: this does not belong here", file, line, what);
    if (x.n)
        return hx_problem_set(problem, "%s:%zu: %s: END:%s is missing", file, line, what,
                              x.open[x.n - 1]);
    return hx_problem_set(problem, "%s: %s", file, what);
}
