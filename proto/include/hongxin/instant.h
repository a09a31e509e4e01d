/* Times. Two clocks, two types that the compiler keeps apart:
 *
 *   struct hx_wall  an instant: milliseconds since 1970-01-01T00:00:00Z. Stored, sent, compared
 * with deadlines. struct hx_mono  milliseconds of the monotonic clock. In-process waits only; never
 * stored.
 *
 * Only daemon/service and programs read a clock; everything below takes instants as arguments.
 * Inside records and the engine's arithmetic an instant is a plain int64_t named t_… or ending in
 * _at; 0 means "none". */
#ifndef HONGXIN_INSTANT_H
#define HONGXIN_INSTANT_H

#include "hongxin/error.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct hx_wall {
    int64_t ms;
};
struct hx_mono {
    int64_t ms;
};

#define HX_SECOND INT64_C(1000)
#define HX_MINUTE (60 * HX_SECOND)
#define HX_HOUR   (60 * HX_MINUTE)
#define HX_DAY    (24 * HX_HOUR)

/* Instants outside 2000-01-01 … 2199-12-31 are refused at every door (features E23). */
#define HX_INSTANT_MIN INT64_C(946684800000)
#define HX_INSTANT_MAX INT64_C(7258118399999)

/* Reads RFC 3339 with optional fraction (at most milliseconds kept; more digits are cut) and a
 * required offset or Z. HX_INVALID for anything else, a date that does not exist, or an instant
 * outside the limits above. */
HX_CHECK int hx_instant_parse(const char *text, int64_t *ms);

/* Writes RFC 3339 with milliseconds in the given offset from UTC (minutes east). At most 30 bytes
 * with the NUL. */
enum { HX_INSTANT_TEXT = 48 };
char *hx_instant_format(int64_t ms, int offset_minutes, char text[HX_INSTANT_TEXT]);

/* "+08:00" as minutes east of UTC, at most 14 hours away. HX_INVALID. */
HX_CHECK int hx_offset_parse(const char *text, int *minutes);

/* Days since 1970-01-01 of a civil date, and back. Proleptic Gregorian. */
int64_t hx_days_from_civil(int64_t y, unsigned m, unsigned d);
void hx_civil_from_days(int64_t days, int64_t *y, unsigned *m, unsigned *d);

/* "40min", "3h", "48 h", "2d", "30s", "1h30min" to milliseconds. HX_INVALID when not understood. */
HX_CHECK int hx_duration_parse(const char *text, int64_t *ms);
char *hx_duration_format(int64_t ms, char text[HX_INSTANT_TEXT]);

#endif
