#include "engine/calendar.h"
#include "hongxin/instant.h"

/* Start of the local day that holds t, as an instant. */
static int64_t day_of(const struct hx_calendar_rule *cal, int64_t t)
{
    int64_t local = t + cal->utc_offset_ms;
    int64_t rest = local % HX_DAY;
    if (rest < 0)
        rest += HX_DAY;
    return t - rest;
}

int64_t hx_calendar_roll(const struct hx_calendar_rule *cal, int64_t t)
{
    if (cal->kind == HX_CALENDAR_ALWAYS || cal->kind == HX_CALENDAR_WORKDAYS)
        return t;
    int64_t day = day_of(cal, t);
    if (t < day + cal->from_ms)
        return day + cal->from_ms;
    return t <= day + cal->to_ms ? t : day + HX_DAY + cal->from_ms;
}

static int64_t count(const struct hx_calendar_rule *cal, int64_t start, int64_t ms)
{
    int64_t length = cal->to_ms - cal->from_ms;
    int64_t t = hx_calendar_roll(cal, start);
    int64_t left = day_of(cal, t) + cal->to_ms - t;
    if (ms <= left)
        return t + ms;
    ms -= left;
    int64_t days = (ms - 1) / length;
    return day_of(cal, t) + (1 + days) * HX_DAY + cal->from_ms + (ms - days * length);
}

static bool listed(const int32_t *days, uint16_t n, int64_t day)
{
    for (uint16_t i = 0; i < n; i++)
        if (days[i] == day)
            return true;
    return false;
}

/* Day 0 was a Thursday. A make-up day is worked although it is a weekend; a holiday is not. */
bool hx_calendar_works(const struct hx_calendar_rule *cal, int64_t day)
{
    int weekday = (int)(((day + 3) % 7 + 7) % 7); /* 0 = Monday */
    if (listed(cal->makeups, cal->n_makeups, day))
        return true;
    return weekday < 5 && !listed(cal->holidays, cal->n_holidays, day);
}

/* `ms` is read as whole days. The day of the start is not counted. */
static int64_t workdays(const struct hx_calendar_rule *cal, int64_t start, int64_t ms)
{
    int64_t t = day_of(cal, start);
    for (int64_t left = (ms + HX_DAY - 1) / HX_DAY; left > 0;) {
        t += HX_DAY;
        left -= hx_calendar_works(cal, (t + cal->utc_offset_ms) / HX_DAY);
    }
    return t + cal->to_ms;
}

int64_t hx_calendar_add(const struct hx_calendar_rule *cal, int64_t start, int64_t ms)
{
    if (cal->kind == HX_CALENDAR_COUNT)
        return count(cal, start, ms);
    if (cal->kind == HX_CALENDAR_WORKDAYS)
        return workdays(cal, start, ms);
    return hx_calendar_roll(cal, start + ms);
}
