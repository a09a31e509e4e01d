/* Calendars: from a start and a budget to an instant. Pure arithmetic on data: the rules of a zone
 * and the tables of holidays come in as structures that daemon/config has filled.
 *
 * Elapsed time is real milliseconds. Windows and days are local: a local time in a gap (clocks put
 * forward) is the end of the gap, in a fold (put back) the first of the two (corner 25). */
#ifndef ENGINE_TIME_CALENDAR_H
#define ENGINE_TIME_CALENDAR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    HX_CALENDAR_NAME = 24,
    HX_ZONE_NAME = 40,
    HX_ZONE_CHANGES = 200, /* changes of a zone's offset: 100 years with two a year */
    HX_HOLIDAYS_OFF = 1024,
    HX_HOLIDAYS_ON = 512,
    HX_WINDOWS = 4,         /* windows of one day */
    HX_WEEK_ALL = 0x7f,     /* bit 0 = Monday */
    HX_WEEK_WORKING = 0x1f, /* Monday to Friday */
};

/* What the clocks on the wall show, from the time zone database. */
struct hx_zone {
    char name[HX_ZONE_NAME];
    int32_t offset_ms; /* east of UTC, before the first change */
    uint16_t n;
    struct hx_zone_change {
        int64_t at; /* instant from which … */
        int32_t offset_ms;
    } changes[HX_ZONE_CHANGES]; /* ascending */
};

/* One version of a table of holidays. Days are counted from 1970-01-01, ascending, and no day is in
 * both lists. */
struct hx_holidays {
    uint32_t version;
    uint16_t n_off, n_on;
    int32_t off[HX_HOLIDAYS_OFF];    /* public holidays */
    int32_t on[HX_HOLIDAYS_ON];      /* make-up working days (调休) */
    const struct hx_holidays *older; /* the version before; NULL = none */
    uint64_t from_lsn; /* of the journal entry with which it came into force; 0 = from the start */
    bool applied;      /* to open cases: their clocks take it when they are counted anew */
};

/* A table by all its versions. Lives as long as any rules that refer to it. */
struct hx_table {
    char name[HX_CALENDAR_NAME];
    const struct hx_holidays *newest; /* in force: new clocks take it (R14) */
};

enum hx_calendar_kind {
    HX_CALENDAR_ALWAYS,
    HX_CALENDAR_ROLL,  /* elapsed time; an instant outside the windows moves to the next opening */
    HX_CALENDAR_COUNT, /* only time inside the windows of worked days counts */
    HX_CALENDAR_DAYS   /* whole worked days, the first not counted, until the last window's end */
};

struct hx_calendar_rule {
    char name[HX_CALENDAR_NAME];
    enum hx_calendar_kind kind;
    uint8_t week;      /* days that are worked when the table says nothing; bit 0 = Monday */
    uint8_t n_windows; /* 0 = the whole day */
    struct hx_window {
        int32_t from_ms, to_ms; /* after midnight by the clocks on the wall; 24:00 = midnight */
    } windows[HX_WINDOWS];      /* ascending, apart from each other */
    const struct hx_zone *zone; /* NULL = UTC */
    struct hx_table *table;     /* of holidays and make-up days; NULL = none */
};

/* Which day is which: a calendar, by one version of its table (NULL = it has none). */
struct hx_days {
    const struct hx_calendar_rule *cal;
    const struct hx_holidays *table;
};

/* What kind of day it is. */
enum hx_day { HX_DAY_WORKING = 1, HX_DAY_WEEKEND, HX_DAY_HOLIDAY, HX_DAY_MAKE_UP };

/* The offset of the zone at this instant, and the first instant at which its clocks show `local`
 * (milliseconds since 1970-01-01 00:00 on the wall) or, in a gap, have passed it. */
int32_t hx_zone_offset(const struct hx_zone *zone, int64_t t);
int64_t hx_zone_instant(const struct hx_zone *zone, int64_t local);

/* The local day that holds t: days since 1970-01-01. */
int32_t hx_zone_day(const struct hx_zone *zone, int64_t t);

/* Version `version` of the table; the newest one at or below it when that is not kept, and the
 * newest of all for 0. NULL for NULL. */
const struct hx_holidays *hx_table_version(const struct hx_table *table, uint32_t version);

/* The version in force for entry `lsn`: the newest that came before it, so that whoever makes an
 * old entry again counts as it was counted then. With `applied`, only versions that were applied to
 * open cases; NULL = none. */
const struct hx_holidays *hx_table_at(const struct hx_table *table, uint64_t lsn, bool applied);

/* Whether the table knows this year: at least five days off lie in it. */
bool hx_holidays_know(const struct hx_holidays *h, int year);
/* The year of a day since 1970-01-01. */
int hx_day_year(int32_t day);

enum hx_day hx_calendar_day(const struct hx_calendar_rule *cal, const struct hx_holidays *h,
                            int32_t day);

/* The instant at which `ms` of this calendar's time have passed since `start`, by version `h` of
 * its table (ignored by calendars without one):
 *   always  start + ms
 *   roll    start + ms, moved forward to the next opening when it falls outside the windows
 *   count   only time inside the windows of worked days counts
 *   days    whole days (ms / 24 h, rounded up), the day of the start not counted, until the end
 *           of the last window of the last
 * It never lies before start, grows with start and with ms; for always, count and days,
 * add(add(t, a), b) = add(t, a + b) (for days: of whole days). */
int64_t hx_calendar_add_by(const struct hx_calendar_rule *cal, const struct hx_holidays *h,
                           int64_t start, int64_t ms);

/* The first instant at or after `t` that lies inside a window of a worked day. The end of a window
 * belongs to it. */
int64_t hx_calendar_roll_by(const struct hx_calendar_rule *cal, const struct hx_holidays *h,
                            int64_t t);

/* The same by the version in force. */
int64_t hx_calendar_add(const struct hx_calendar_rule *cal, int64_t start, int64_t ms);
int64_t hx_calendar_roll(const struct hx_calendar_rule *cal, int64_t t);

#endif
