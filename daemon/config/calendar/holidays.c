/* libical reads the file; what it has no opinion about is checked here: that every day is official,
 * is one thing only, and stands once. */
#include "config/calendar/holidays.h"
#include "config/calendar/ical_event.h"
#include "config/reading/file.h"
#include "engine/place/place.h"

#include <stdlib.h>
#include <string.h>

enum { LONGEST = 31, DAYS = HX_HOLIDAYS_OFF + HX_HOLIDAYS_ON, DAY_S = 24 * 3600 };

struct marked_day {
    int32_t day;
    bool on;
    int line;
};

struct reading {
    const char *file;
    struct ical_lines lines;
    struct hx_problem *problem;
    struct hx_holidays *h;
    struct marked_day days[DAYS];
    size_t n;
    const struct hx_problems *tell; /* NULL = the first fault ends it */
    size_t told;
};

static int event_fault(struct reading *r, const char *what)
{
    return hx_problem_set(r->problem, "%s:%d: %s", r->file, (int)r->lines.line, what);
}

/* Exactly one of HOLIDAY and MAKE-UP. */
static int category(struct reading *r, icalcomponent *event, bool *on)
{
    int n = 0;
    for (icalproperty *p = icalcomponent_get_first_property(event, ICAL_CATEGORIES_PROPERTY); p;
         p = icalcomponent_get_next_property(event, ICAL_CATEGORIES_PROPERTY)) {
        const char *text = icalproperty_get_categories(p);
        *on = strcmp(text, "MAKE-UP") == 0;
        n += *on || strcmp(text, "HOLIDAY") == 0 ? 1 : 2;
    }
    return n == 1 ? HX_OK
                  : event_fault(r, "an event must have exactly one category, HOLIDAY or MAKE-UP: "
                                   "only official days count");
}

static int32_t day_of(struct icaltimetype t)
{
    t.zone = icaltimezone_get_utc_timezone();
    return (int32_t)(icaltime_as_timet(t) / DAY_S);
}

/* First day and the day behind the last. */
static int span(struct reading *r, icalcomponent *event, int32_t *from, int32_t *to)
{
    struct icaltimetype start = icalcomponent_get_dtstart(event);
    if (icaltime_is_null_time(start) || !icaltime_is_date(start))
        return event_fault(r, "DTSTART must be a date: DTSTART;VALUE=DATE:20261001");
    if (icalcomponent_get_first_property(event, ICAL_RRULE_PROPERTY) ||
        icalcomponent_get_first_property(event, ICAL_RDATE_PROPERTY))
        return event_fault(r, "an event that repeats: every year's days are announced anew");
    *from = day_of(start);
    *to = *from + 1;
    const icalproperty *end = icalcomponent_get_first_property(event, ICAL_DTEND_PROPERTY);
    if (end)
        *to = day_of(icalproperty_get_dtend(end));
    if (*to <= *from || *to - *from > LONGEST)
        return event_fault(r, "DTEND is the day behind the last: one to 31 days after DTSTART");
    return HX_OK;
}

static const char *named(const struct marked_day *d)
{
    return d->on ? "a make-up working day" : "a holiday";
}

static int add_day(struct reading *r, int32_t day, bool on)
{
    const struct marked_day mine = {day, on, (int)r->lines.line};
    for (size_t i = 0; i < r->n; i++) {
        if (r->days[i].day != day)
            continue;
        struct icaltimetype t = icaltime_from_timet_with_zone((time_t)day * DAY_S, 1, NULL);
        return hx_problem_set(r->problem, "%s:%d: %04d-%02d-%02d is %s here, but %s at line %d",
                              r->file, (int)r->lines.line, t.year, t.month, t.day, named(&mine),
                              on == r->days[i].on ? "stands already" : named(&r->days[i]),
                              r->days[i].line);
    }
    if (r->n == DAYS)
        return event_fault(r, "more days than a table can hold");
    r->days[r->n++] = mine;
    return HX_OK;
}

static int read_event(struct reading *r, icalcomponent *event)
{
    bool on = false;
    int32_t from = 0, to = 0;
    int rc = category(r, event, &on);
    if (!rc && !*ical_x(event, "X-HONGXIN-NOTICE"))
        rc = event_fault(r, "X-HONGXIN-NOTICE is missing: the number of the official notice");
    if (!rc)
        rc = span(r, event, &from, &to);
    for (int32_t day = from; !rc && day < to; day++)
        rc = add_day(r, day, on);
    return rc;
}

static int by_day(const void *x, const void *y)
{
    const struct marked_day *a = x, *b = y;
    return (a->day > b->day) - (a->day < b->day);
}

static int fill(struct reading *r)
{
    qsort(r->days, r->n, sizeof *r->days, by_day);
    for (size_t i = 0; i < r->n; i++) {
        struct hx_holidays *h = r->h;
        bool on = r->days[i].on;
        if (on ? h->n_on == HX_HOLIDAYS_ON : h->n_off == HX_HOLIDAYS_OFF)
            return hx_problem_set(r->problem, "%s: more days than a table can hold", r->file);
        if (on)
            h->on[h->n_on++] = r->days[i].day;
        else
            h->off[h->n_off++] = r->days[i].day;
    }
    return r->n ? HX_OK : hx_problem_set(r->problem, "%s: no event at all", r->file);
}

static int read_head(struct reading *r, icalcomponent *root, struct hx_table *table)
{
    const char *name = ical_x(root, "X-HONGXIN-CALENDAR");
    const char *version = ical_x(root, "X-HONGXIN-VERSION");
    char *end;
    unsigned long n = strtoul(version, &end, 10);
    if (!hx_id_valid(name) || strlen(name) >= sizeof table->name)
        return hx_problem_set(r->problem, "%s: X-HONGXIN-CALENDAR must be a short name: china",
                              r->file);
    if (*end || n < 1 || n > UINT32_MAX)
        return hx_problem_set(r->problem, "%s: X-HONGXIN-VERSION must be a number from 1", r->file);
    memcpy(table->name, name, strlen(name) + 1);
    r->h->version = (uint32_t)n;
    return HX_OK;
}

/* HX_OK: it goes on, because somebody wants to know the next fault, too. */
static int go_on(struct reading *r, int rc)
{
    if (rc != HX_CONFIG || !r->tell)
        return rc;
    r->tell->say(r->tell->ctx, r->problem);
    return ++r->told < r->tell->most ? HX_OK : rc;
}

static int read_all(struct reading *r, icalcomponent *root, struct hx_table *table)
{
    if (!root)
        return go_on(r, ical_refuse(r->file, r->lines.rest, r->problem));
    int rc = go_on(r, read_head(r, root, table));
    for (icalcomponent *e = icalcomponent_get_first_component(root, ICAL_VEVENT_COMPONENT);
         e && !rc; e = icalcomponent_get_next_component(root, ICAL_VEVENT_COMPONENT)) {
        ical_next_event(&r->lines);
        rc = go_on(r, read_event(r, e));
    }
    return rc || r->told ? rc : go_on(r, fill(r));
}

/* `how` says of what file, and who hears of faults. */
static int parse(const struct reading *how, const char *text, struct hx_table *table)
{
    struct reading *r = calloc(1, sizeof *r);
    struct hx_holidays *h = calloc(1, sizeof *h);
    *table = (struct hx_table){.newest = NULL};
    if (!r || !h) {
        free(r);
        free(h);
        return HX_NOMEM;
    }
    *r = *how;
    r->lines.rest = text;
    r->h = h;
    icalcomponent *root = ical_read(text);
    int rc = read_all(r, root, table);
    if (r->told)
        rc = HX_CONFIG;
    if (root)
        icalcomponent_free(root);
    free(r);
    if (rc)
        free(h);
    else
        table->newest = h;
    return rc;
}

int hx_holidays_parse(const char *file, const char *text, struct hx_table *table,
                      struct hx_problem *problem)
{
    return parse(&(struct reading){.file = file, .problem = problem}, text, table);
}

void hx_holidays_faults(const char *file, const char *text, const struct hx_problems *tell)
{
    struct hx_problem problem = {""};
    struct hx_table table;
    int rc =
        parse(&(struct reading){.file = file, .problem = &problem, .tell = tell}, text, &table);
    if (!rc)
        hx_holidays_free(&table);
}

void hx_holidays_file_faults(const char *path, const struct hx_problems *tell)
{
    struct hx_problem problem = {""};
    char *text;
    size_t size;
    if (hx_file_read(path, HX_HOLIDAYS_FILE_MAX, &text, &size, &problem)) {
        tell->say(tell->ctx, &problem);
        return;
    }
    hx_holidays_faults(path, text, tell);
    free(text);
}

int hx_holidays_load(const char *path, struct hx_table *table, struct hx_problem *problem)
{
    char *text;
    size_t size;
    *table = (struct hx_table){.newest = NULL};
    int rc = hx_file_read(path, HX_HOLIDAYS_FILE_MAX, &text, &size, problem);
    if (rc)
        return rc;
    rc = hx_holidays_parse(path, text, table, problem);
    free(text);
    return rc;
}

void hx_holidays_free(struct hx_table *table)
{
    const struct hx_holidays *h = table->newest;
    while (h) {
        const struct hx_holidays *older = h->older;
        free((void *)(uintptr_t)h);
        h = older;
    }
    table->newest = NULL;
}
