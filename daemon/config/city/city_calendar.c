/* duty.ics: the rota as a calendar program writes it, beside or instead of duty.csv.
 *
 * An event is a shift; X-HONGXIN-ROLE, -AREA, -PERSON and -ORDER say what the columns of duty.csv
 * say, and the same checks are made. A rule that never ends becomes a shift on days of the week;
 * one that ends is written out, each time for itself. */
#include "config/calendar/ical_event.h"
#include "config/city/city_internal.h"
#include "config/reading/file.h"
#include "engine/duty/rota.h"
#include "hongxin/instant.h"

#include <stdlib.h>
#include <string.h>

enum { DUTY_COLUMNS = DUTY_TO + 1, TIMES = 2000, DAY_S = 24 * 3600 };

/* ---- times ---- */

/* The zone that a property names; NULL = the city's own time. */
static int zone_of(const struct city_row *at, icalproperty *p, const icaltimezone **zone)
{
    icalparameter *tzid = p ? icalproperty_get_first_parameter(p, ICAL_TZID_PARAMETER) : NULL;
    *zone = NULL;
    if (!tzid)
        return HX_OK;
    *zone = icaltimezone_get_builtin_timezone(icalparameter_get_tzid(tzid));
    return *zone ? HX_OK
                 : city_fault(at, "unknown time zone %.60s: leave TZID out for the city's time",
                              icalparameter_get_tzid(tzid));
}

static int64_t instant(const struct city_row *at, struct icaltimetype t, const icaltimezone *zone)
{
    bool utc = icaltime_is_utc(t);
    t.is_date = 0;
    if (zone && !utc)
        return (int64_t)icaltime_as_timet_with_zone(t, zone) * 1000;
    t.zone = icaltimezone_get_utc_timezone();
    return (int64_t)icaltime_as_timet(t) * 1000 -
           (utc ? 0 : hx_city_utc_offset(at->loader->city) * HX_MINUTE);
}

struct when {
    const struct city_row *at;
    icalcomponent *event;
    const icaltimezone *zone;
    struct icaltimetype start;
    int64_t begin, length;
};

static int read_when(struct when *w)
{
    icalproperty *start = icalcomponent_get_first_property(w->event, ICAL_DTSTART_PROPERTY);
    if (!start)
        return city_fault(w->at, "DTSTART is missing");
    int err = zone_of(w->at, start, &w->zone);
    if (err)
        return err;
    w->start = icalproperty_get_dtstart(start);
    w->begin = instant(w->at, w->start, w->zone);
    struct icaltimetype end = icalcomponent_get_dtend(w->event);
    if (!icaltime_is_null_time(end))
        w->length = instant(w->at, end, w->zone) - w->begin;
    else if (icaltime_is_date(w->start))
        w->length = HX_DAY;
    return w->length > 0 ? HX_OK
                         : city_fault(w->at, "the shift has no end behind its beginning: DTEND");
}

/* ---- shifts ---- */

static int add_time(const struct when *w, int64_t begin)
{
    const struct hx_shift shift = {.since = begin, .until = begin + w->length};
    return city_add_shift(w->at, &shift);
}

static bool excepted(const struct when *w, struct icaltimetype t)
{
    for (icalproperty *p = icalcomponent_get_first_property(w->event, ICAL_EXDATE_PROPERTY); p;
         p = icalcomponent_get_next_property(w->event, ICAL_EXDATE_PROPERTY)) {
        struct icaltimetype not = icalproperty_get_exdate(p);
        bool same = icaltime_is_date(not )
                        ? icaltime_compare_date_only(not, t) == 0
                        : instant(w->at, not, w->zone) == instant(w->at, t, w->zone);
        if (same)
            return true;
    }
    return false;
}

/* Each time of a rule that ends. */
static int write_out(const struct when *w, struct icalrecurrencetype rule)
{
    icalrecur_iterator *each = icalrecur_iterator_new(rule, w->start);
    int n = 0, err = each ? HX_OK : city_fault(w->at, "RRULE cannot be understood");
    while (!err) {
        struct icaltimetype t = icalrecur_iterator_next(each);
        if (icaltime_is_null_time(t))
            break;
        if (++n > TIMES)
            err = city_fault(w->at, "RRULE: more than %d times", TIMES);
        else if (!excepted(w, t))
            err = add_time(w, instant(w->at, t, w->zone));
    }
    if (each)
        icalrecur_iterator_free(each);
    return err;
}

/* Days of the week: BYDAY, or the day on which it begins; 0 = every day. */
static uint32_t days_of(const struct when *w, const struct icalrecurrencetype *rule)
{
    uint32_t days = 0;
    for (int i = 0; i < ICAL_BY_DAY_SIZE && rule->by_day[i] != ICAL_RECURRENCE_ARRAY_MAX; i++) {
        int weekday = (int)icalrecurrencetype_day_day_of_week(rule->by_day[i]); /* 1 = Sunday */
        days |= UINT32_C(1) << (weekday + 5) % 7;
    }
    if (!days && rule->freq == ICAL_WEEKLY_RECURRENCE)
        days = UINT32_C(1) << (icaltime_day_of_week(w->start) + 5) % 7;
    return days;
}

static int endless(const struct when *w, const struct icalrecurrencetype *rule)
{
    int64_t minutes = hx_city_utc_offset(w->at->loader->city) * HX_MINUTE;
    int64_t time = ((w->begin + minutes) % HX_DAY + HX_DAY) % HX_DAY;
    bool simple = (rule->freq == ICAL_WEEKLY_RECURRENCE || rule->freq == ICAL_DAILY_RECURRENCE) &&
                  rule->interval <= 1 && w->length <= HX_DAY &&
                  !icalcomponent_get_first_property(w->event, ICAL_EXDATE_PROPERTY);
    if (!simple)
        return city_fault(w->at, "a rule without UNTIL or COUNT must be DAILY or WEEKLY with "
                                 "INTERVAL 1 and no EXDATE, and a shift of it at most a day");
    struct hx_shift shift = {.since = w->begin, .days = days_of(w, rule)};
    shift.from_ms = (int32_t)time;
    shift.to_ms = (int32_t)((time + w->length) % HX_DAY);
    return city_add_shift(w->at, &shift);
}

static int add_event(const struct city_row *at)
{
    const struct hx_csv_table *t = &at->loader->files[DUTY_CALENDAR];
    struct when w = {.at = at, .event = at->loader->events[at->row - t->rows]};
    icalproperty *p = icalcomponent_get_first_property(w.event, ICAL_RRULE_PROPERTY);
    int err = read_when(&w);
    if (err)
        return err;
    if (icalcomponent_get_first_property(w.event, ICAL_RDATE_PROPERTY))
        return city_fault(at, "RDATE: write an event of its own for each time");
    if (!p)
        return add_time(&w, w.begin);
    struct icalrecurrencetype rule = icalproperty_get_rrule(p);
    return rule.count || !icaltime_is_null_time(rule.until) ? write_out(&w, rule)
                                                            : endless(&w, &rule);
}

/* ---- the file ---- */

/* What duty.csv would have in its columns. */
static int fill_row(struct hx_csv_table *t, struct hx_csv_row *row, icalcomponent *event)
{
    static const char *const names[DUTY_COLUMNS] = {
        [DUTY_ROLE] = "X-HONGXIN-ROLE",   [DUTY_AREA] = "X-HONGXIN-AREA",
        [DUTY_ORDER] = "X-HONGXIN-ORDER", [DUTY_PERSON] = "X-HONGXIN-PERSON",
        [DUTY_EN] = "X-HONGXIN-NAME-EN",  [DUTY_DAYS] = "X-HONGXIN-DAYS"};
    const char **v = hx_arena_alloc(&t->arena, DUTY_COLUMNS * sizeof *v);
    const char *summary = icalcomponent_get_summary(event);
    if (!v)
        return HX_NOMEM;
    for (size_t i = 0; i < DUTY_COLUMNS; i++)
        v[i] = names[i] ? hx_arena_strdup(&t->arena, ical_x(event, names[i])) : "";
    v[DUTY_ZH] = hx_arena_strdup(&t->arena, summary ? summary : "");
    if (hx_arena_failed(&t->arena))
        return HX_NOMEM;
    if (!*v[DUTY_ORDER])
        v[DUTY_ORDER] = "1";
    row->values = v;
    return HX_OK;
}

static int read_events(struct city_loader *l, icalcomponent *root)
{
    struct hx_csv_table *t = &l->files[DUTY_CALENDAR];
    struct ical_lines lines = {.rest = l->texts->list[DUTY_CALENDAR].text};
    size_t n = (size_t)icalcomponent_count_components(root, ICAL_VEVENT_COMPONENT);
    void **events = calloc(n + 1, sizeof *events);
    t->rows = calloc(n + 1, sizeof *t->rows);
    int err = events && t->rows ? HX_OK : HX_NOMEM;
    for (icalcomponent *e = icalcomponent_get_first_component(root, ICAL_VEVENT_COMPONENT);
         e && !err; e = icalcomponent_get_next_component(root, ICAL_VEVENT_COMPONENT)) {
        ical_next_event(&lines);
        struct hx_csv_row *row = &t->rows[t->count];
        row->line = lines.line;
        events[t->count++] = e;
        err = fill_row(t, row, e);
    }
    l->events = events;
    if (!err)
        err = city_each(l, DUTY_CALENDAR, add_event);
    l->events = NULL;
    free(events);
    return err;
}

int city_add_duty_calendar(struct city_loader *l)
{
    const struct hx_city_text *text = &l->texts->list[DUTY_CALENDAR];
    struct hx_csv_table *t = &l->files[DUTY_CALENDAR];
    if (!text->path)
        return HX_OK;
    hx_arena_init(&t->arena, 0);
    t->path = text->path;
    t->name = hx_file_name(text->path);
    t->columns = DUTY_COLUMNS;
    t->lines = 1;
    char *copy = strndup(text->text, text->size);
    icalcomponent *root = copy ? ical_read(copy) : NULL;
    int err = copy ? HX_OK : HX_NOMEM;
    if (copy && !root)
        err = city_table_lost(l, DUTY_CALENDAR, ical_refuse(text->path, copy, l->problem));
    free(copy);
    if (!root)
        return err;
    err = read_events(l, root);
    icalcomponent_free(root);
    return err;
}
