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
    if (cal->kind == HX_CALENDAR_ALWAYS)
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

int64_t hx_calendar_add(const struct hx_calendar_rule *cal, int64_t start, int64_t ms)
{
    if (cal->kind == HX_CALENDAR_COUNT)
        return count(cal, start, ms);
    return hx_calendar_roll(cal, start + ms);
}
