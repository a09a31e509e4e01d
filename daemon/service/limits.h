/* Limits of the service that are no setting: how much one answer or one turn may hold. Those of the
 * protocol are in hongxin/limits.h, those that an operator sets in config/settings.h. */
#ifndef SERVICE_LIMITS_H
#define SERVICE_LIMITS_H

enum {
    LIMIT_ENTRIES = 512,               /* entries in one Entries message … */
    LIMIT_ENTRIES_BYTES = 256 * 1024,  /* … and their bytes, unless a single one is larger */
    LIMIT_SNAPSHOT_PAGE = 200,         /* cases in one Snapshot page */
    LIMIT_SNAPSHOT_SCAN = 400,         /* cases looked at per turn for one snapshot */
    LIMIT_HISTORY = 1000,              /* entries of one CaseAnswer … */
    LIMIT_HISTORY_BYTES = 1024 * 1024, /* … and their bytes */
    LIMIT_LIST_SCAN = 2000,            /* cases looked at for one ListAnswer */
    LIMIT_COUNTS = 5000,               /* counters in one CountAnswer */
    LIMIT_RECEIVERS = 4096,            /* holders whose reachability is remembered */
    LIMIT_PROGRESS_MS =
        1000, /* a reader whose filter matches nothing hears so often how far it is */
};

#endif
