/* Every limit of the service in one place. The constants are part of the protocol; what stands in
 * struct limits comes from the configuration. */
#ifndef SERVICE_LIMITS_H
#define SERVICE_LIMITS_H

#include <stddef.h>
#include <stdint.h>

enum {
    LIMIT_ITEMS = 4096,                /* events in one Publish */
    LIMIT_EVENT = 64 * 1024,           /* bytes of one event */
    LIMIT_REPORTER = 3500,             /* bytes of one identity; the store takes 4,096 encrypted */
    LIMIT_FILTER = 4096,               /* bytes of a packed filter */
    LIMIT_CREDIT = 4096,               /* messages a subscriber may have granted in all */
    LIMIT_ENTRIES = 512,               /* entries in one Entries message … */
    LIMIT_ENTRIES_BYTES = 256 * 1024,  /* … and their bytes, unless a single one is larger */
    LIMIT_SNAPSHOT_PAGE = 200,         /* cases in one Snapshot page */
    LIMIT_SNAPSHOT_SCAN = 400,         /* cases looked at per turn for one snapshot */
    LIMIT_HISTORY = 1000,              /* entries of one CaseAnswer … */
    LIMIT_HISTORY_BYTES = 1024 * 1024, /* … and their bytes */
    LIMIT_LIST = 500,                  /* cases in one ListAnswer */
    LIMIT_LIST_SCAN = 2000,            /* cases looked at for one ListAnswer */
    LIMIT_COUNTS = 5000,               /* counters in one CountAnswer */
    LIMIT_RECEIVERS = 4096,            /* holders whose reachability is remembered */
    LIMIT_QUIET_MS = 15000,            /* a subscriber silent for so long is lost */
    LIMIT_PROGRESS_MS =
        1000, /* a reader whose filter matches nothing hears so often how far it is */
};

struct limits {
    size_t message_bytes; /* one message; four times as much closes the connection */
    size_t batch_items;   /* events in one transaction; a Publish is never divided */
    size_t due_batch;     /* deadlines judged in one transaction */
    size_t subscribers;   /* at the same time */
    size_t tail_bytes;    /* recent entries kept in memory for readers that are nearly up to date */
    size_t replay_entries;  /* looked at per turn for readers that lag, all together */
    size_t project_entries; /* projections are brought up to date when they are so far behind … */
    uint32_t project_ms;    /* … or when nothing else is to do for so long */
    uint32_t retry_after_ms; /* told to sources while the store takes nothing */
};

#endif
