#include "engine/time/calendar.h"
#include "hongxin/instant.h"

enum {
    DAYS_MOST = 40000, /* a walk ends after a century whatever the calendar says */
    KNOWN_LEAST = 5    /* days off that a known year has at least */
};

static const struct hx_zone utc = {.name = "UTC"};
static const struct hx_window whole_day = {0, (int32_t)HX_DAY};

/* ---- zones ---- */

static const struct hx_zone *zone_of(const struct hx_calendar_rule *cal)
{
    return cal->zone ? cal->zone : &utc;
}

int32_t hx_zone_offset(const struct hx_zone *zone, int64_t t)
{
    size_t low = 0, high = zone->n; /* changes below `low` have happened */
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (zone->changes[middle].at <= t)
            low = middle + 1;
        else
            high = middle;
    }
    return low ? zone->changes[low - 1].offset_ms : zone->offset_ms;
}

/* The smallest instant whose local time is at or after `local`: in a gap that is its end, in a fold
 * the first of two. Offsets lie within a day, so only changes around `local` matter. */
int64_t hx_zone_instant(const struct hx_zone *zone, int64_t local)
{
    int64_t from = local - HX_DAY;
    size_t i = 0;
    while (i < zone->n && zone->changes[i].at <= from)
        i++;
    int32_t offset = i ? zone->changes[i - 1].offset_ms : zone->offset_ms;
    for (; i < zone->n; i++) {
        if (local - offset < zone->changes[i].at)
            return local - offset;
        offset = zone->changes[i].offset_ms;
        if (local - offset < zone->changes[i].at)
            return zone->changes[i].at;
    }
    return local - offset;
}

static int64_t floor_day(int64_t local)
{
    return local >= 0 ? local / HX_DAY : -((-local + HX_DAY - 1) / HX_DAY);
}

int32_t hx_zone_day(const struct hx_zone *zone, int64_t t)
{
    return (int32_t)floor_day(t + hx_zone_offset(zone, t));
}

/* ---- days ---- */

const struct hx_holidays *hx_table_version(const struct hx_table *table, uint32_t version)
{
    if (!table)
        return NULL;
    const struct hx_holidays *h = table->newest;
    while (version && h && h->version > version && h->older)
        h = h->older;
    return h;
}

const struct hx_holidays *hx_table_at(const struct hx_table *table, uint64_t lsn, bool applied)
{
    const struct hx_holidays *h = table ? table->newest : NULL;
    while (h && (h->from_lsn >= lsn || (applied && !h->applied)))
        h = h->older;
    return h;
}

static bool listed(const int32_t *days, uint16_t n, int32_t day)
{
    size_t low = 0, high = n;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (days[middle] == day)
            return true;
        if (days[middle] < day)
            low = middle + 1;
        else
            high = middle;
    }
    return false;
}

/* From the count of leap days in whole cycles of 400, 100 and 4 years; years begin in March. */
int hx_day_year(int32_t day)
{
    int64_t since = (int64_t)day + 719468; /* 0000-03-01 */
    int64_t era = since >= 0 ? since / 146097 : -((-since + 146096) / 146097);
    int64_t in_era = since - era * 146097;
    int64_t year = (in_era - in_era / 1460 + in_era / 36524 - in_era / 146096) / 365;
    int64_t in_year = in_era - (365 * year + year / 4 - year / 100);
    return (int)(year + era * 400 + (in_year >= 306));
}

bool hx_holidays_know(const struct hx_holidays *h, int year)
{
    int n = 0;
    for (uint16_t i = 0; h && i < h->n_off; i++)
        n += hx_day_year(h->off[i]) == year;
    return n >= KNOWN_LEAST;
}

/* Day 0 was a Thursday. */
enum hx_day hx_calendar_day(const struct hx_calendar_rule *cal, const struct hx_holidays *h,
                            int32_t day)
{
    int weekday = ((day + 3) % 7 + 7) % 7; /* 0 = Monday */
    if (h && listed(h->on, h->n_on, day))
        return HX_DAY_MAKE_UP;
    if (h && listed(h->off, h->n_off, day))
        return HX_DAY_HOLIDAY;
    return cal->week >> weekday & 1 ? HX_DAY_WORKING : HX_DAY_WEEKEND;
}

static bool works(const struct hx_calendar_rule *cal, const struct hx_holidays *h, int32_t day)
{
    enum hx_day kind = hx_calendar_day(cal, h, day);
    return kind == HX_DAY_WORKING || kind == HX_DAY_MAKE_UP;
}

/* ---- windows ---- */

/* Windows one after the other, day by day, from the day that holds an instant. */
struct walk {
    const struct hx_calendar_rule *cal;
    const struct hx_holidays *h;
    int32_t day, last;
    uint8_t next;
    int64_t from, to; /* of the present window, as instants */
};

static struct walk walk_from(const struct hx_calendar_rule *cal, const struct hx_holidays *h,
                             int64_t t)
{
    int32_t day = hx_zone_day(zone_of(cal), t);
    return (struct walk){.cal = cal, .h = h, .day = day, .last = day + DAYS_MOST};
}

static const struct hx_window *window(const struct hx_calendar_rule *cal, uint8_t i)
{
    return cal->n_windows ? &cal->windows[i] : &whole_day;
}

static uint8_t windows(const struct hx_calendar_rule *cal)
{
    return cal->n_windows ? cal->n_windows : 1;
}

static bool walk_next(struct walk *w)
{
    while (w->next == windows(w->cal) || (w->next == 0 && !works(w->cal, w->h, w->day))) {
        w->next = 0;
        if (++w->day > w->last)
            return false;
    }
    const struct hx_window *win = window(w->cal, w->next++);
    int64_t midnight = (int64_t)w->day * HX_DAY;
    w->from = hx_zone_instant(zone_of(w->cal), midnight + win->from_ms);
    w->to = hx_zone_instant(zone_of(w->cal), midnight + win->to_ms);
    return true;
}

int64_t hx_calendar_roll_by(const struct hx_calendar_rule *cal, const struct hx_holidays *h,
                            int64_t t)
{
    if (cal->kind == HX_CALENDAR_ALWAYS || cal->kind == HX_CALENDAR_DAYS)
        return t;
    struct walk w = walk_from(cal, h, t);
    while (walk_next(&w))
        if (t <= w.to)
            return t < w.from ? w.from : t;
    return t;
}

static int64_t count(const struct hx_calendar_rule *cal, const struct hx_holidays *h, int64_t start,
                     int64_t ms)
{
    struct walk w = walk_from(cal, h, start);
    while (walk_next(&w)) {
        int64_t from = w.from > start ? w.from : start;
        if (w.to < from)
            continue;
        if (ms <= w.to - from)
            return from + ms;
        ms -= w.to - from;
    }
    return start + ms;
}

static int64_t whole_days(const struct hx_calendar_rule *cal, const struct hx_holidays *h,
                          int64_t start, int64_t ms)
{
    int32_t day = hx_zone_day(zone_of(cal), start);
    int64_t left = (ms + HX_DAY - 1) / HX_DAY;
    if (left <= 0)
        return start;
    for (int32_t last = day + DAYS_MOST; left > 0 && day < last;)
        left -= works(cal, h, ++day);
    int32_t end = window(cal, (uint8_t)(windows(cal) - 1))->to_ms;
    return hx_zone_instant(zone_of(cal), (int64_t)day * HX_DAY + end);
}

int64_t hx_calendar_add_by(const struct hx_calendar_rule *cal, const struct hx_holidays *h,
                           int64_t start, int64_t ms)
{
    if (cal->kind == HX_CALENDAR_COUNT)
        return count(cal, h, start, ms);
    if (cal->kind == HX_CALENDAR_DAYS)
        return whole_days(cal, h, start, ms);
    return hx_calendar_roll_by(cal, h, start + ms);
}

int64_t hx_calendar_add(const struct hx_calendar_rule *cal, int64_t start, int64_t ms)
{
    return hx_calendar_add_by(cal, hx_table_version(cal->table, 0), start, ms);
}

int64_t hx_calendar_roll(const struct hx_calendar_rule *cal, int64_t t)
{
    return hx_calendar_roll_by(cal, hx_table_version(cal->table, 0), t);
}
