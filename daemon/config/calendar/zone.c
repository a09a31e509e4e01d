#include "config/calendar/zone.h"
#include "base/text.h"
#include "hongxin/instant.h"

#include <libical/ical.h>

static int64_t year_start(int year)
{
    struct icaltimetype t = icaltime_null_time();
    t.year = year;
    t.month = t.day = 1;
    t.zone = icaltimezone_get_utc_timezone();
    return (int64_t)icaltime_as_timet(t) * HX_SECOND;
}

static int32_t offset_at(icaltimezone *tz, int64_t t)
{
    int summer;
    struct icaltimetype at =
        icaltime_from_timet_with_zone((time_t)(t / HX_SECOND), 0, icaltimezone_get_utc_timezone());
    return icaltimezone_get_utc_offset_of_utc_time(tz, &at, &summer) * (int32_t)HX_SECOND;
}

/* The second in (low, high] from which the offset is that of `high`. */
static int64_t change_in(icaltimezone *tz, int64_t low, int64_t high)
{
    int32_t after = offset_at(tz, high);
    while (high - low > HX_SECOND) {
        int64_t middle = low + (high - low) / (2 * HX_SECOND) * HX_SECOND;
        if (offset_at(tz, middle) == after)
            high = middle;
        else
            low = middle;
    }
    return high;
}

int hx_zone_load(const char *name, struct hx_zone *zone)
{
    icaltimezone *tz = icaltimezone_get_builtin_timezone(name);
    if (!tz)
        return HX_NOTFOUND;
    int64_t t = year_start(HX_ZONE_FIRST_YEAR), end = year_start(HX_ZONE_LAST_YEAR + 1);
    *zone = (struct hx_zone){.offset_ms = offset_at(tz, t)};
    hx_text_put(zone->name, sizeof zone->name, name);
    for (int32_t before = zone->offset_ms; t < end && zone->n < HX_ZONE_CHANGES; t += HX_DAY) {
        int32_t offset = offset_at(tz, t + HX_DAY);
        if (offset == before)
            continue;
        zone->changes[zone->n++] = (struct hx_zone_change){change_in(tz, t, t + HX_DAY), offset};
        before = offset;
    }
    return HX_OK;
}
