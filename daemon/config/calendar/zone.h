/* The rules of a time zone, from the time zone database of the system (package tzdata). */
#ifndef CONFIG_ZONE_H
#define CONFIG_ZONE_H

#include "engine/time/calendar.h"
#include "hongxin/error.h"

enum { HX_ZONE_FIRST_YEAR = 2000, HX_ZONE_LAST_YEAR = 2035 /* libical looks no further */ };

/* Fills *zone with the offsets of "Asia/Shanghai" in these years; after them the last one stays.
 * HX_NOTFOUND: the database has no such zone. One thread. */
HX_CHECK int hx_zone_load(const char *name, struct hx_zone *zone);

#endif
