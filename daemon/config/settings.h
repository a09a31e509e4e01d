/* The daemon's own configuration: config/hongxin.yaml.
 *
 * Every key may be left out and then has the value written here. Unknown keys, wrong types and
 * values out of range are refused with file, line and key. Paths in the file are relative to the
 * file's folder. The file is read once at start. */
#ifndef CONFIG_SETTINGS_H
#define CONFIG_SETTINGS_H

#include "base/log.h"
#include "config/reading/problem.h"
#include "config/reading/size.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define HX_KIB UINT64_C(1024)
#define HX_MIB (1024 * HX_KIB)
#define HX_GIB (1024 * HX_MIB)
#define HX_TIB (1024 * HX_GIB)

/* The limits: X(field, unit, least, most, default, what it limits). In the file they stand under
 * `limits:` by the same names. SIZE is in bytes and written with a unit ("8 MiB"); COUNT is a plain
 * number. Sizes of messages and of a Publish can be lowered, never raised above the protocol's own.
 */
#define HX_LIMITS(X)                                                                               \
    X(message_bytes, SIZE, 64 * HX_KIB, 8 * HX_MIB, 8 * HX_MIB,                                    \
      "one message; four times as much closes the connection")                                     \
    X(event_bytes, SIZE, 4 * HX_KIB, 256 * HX_KIB, 256 * HX_KIB, "one event in a message")         \
    X(publish_items, COUNT, 1, 4096, 4096, "events in one Publish")                                \
    X(connections, COUNT, 1, 65000, 1024, "open connections of one door")                          \
    X(newcomers, COUNT, 10, 100000, 100, "strangers who may begin a handshake in a second")        \
    X(subscribers, COUNT, 1, 65000, 512, "subscribers at the same time")                           \
    X(feed_credit, COUNT, 1, 4096, 4096, "messages that one subscriber may have granted")          \
    X(batch_items, COUNT, 1, 65536, 4096, "events that share one transaction")                     \
    X(due_batch, COUNT, 1, 65536, 1024, "deadlines that are judged in one transaction")            \
    X(tail_bytes, SIZE, 1 * HX_MIB, 4 * HX_GIB, 16 * HX_MIB,                                       \
      "newest entries kept in memory for readers that are nearly up to date")                      \
    X(replay_entries, COUNT, 1, 1048576, 8192, "entries read per turn for readers that lag")       \
    X(project_entries, COUNT, 1, 1048576, 16384,                                                   \
      "entries after which lists and counters are brought up to date")                             \
    X(project_ms, COUNT, 1, 60000, 200, "… or milliseconds without anything else to do")           \
    X(resend_ms, COUNT, 0, 600000, 30000,                                                          \
      "milliseconds that sources have after an outage to send again before deadlines are judged")  \
    X(absent_ms, COUNT, 1000, 86400000, 10000,                                                     \
      "milliseconds without a turn after which we count as having been away: stopped, suspended")  \
    X(doubt_ms, COUNT, 0, 600000, 60000,                                                           \
      "milliseconds that deadlines inside a jump of the clock wait for the kernel's word on it")   \
    X(check_point_entries, COUNT, 1, 1048576, 16384, "entries after which the journal is signed")  \
    X(check_point_ms, COUNT, 1000, 3600000, 60000,                                                 \
      "… or milliseconds after the first one that is not")                                         \
    X(audit_ms, COUNT, 1000, 3600000, 60000,                                                       \
      "milliseconds in which every open case is looked at once: has it a clock and a timer?")      \
    X(source_messages, COUNT, 1, 1048576, 4096, "messages of one source that wait to be served")   \
    X(source_bytes, SIZE, 64 * HX_KIB, 1 * HX_GIB, 32 * HX_MIB,                                    \
      "… and their bytes; what is more is told when to come back")                                 \
    X(retry_after_ms, COUNT, 100, 600000, 2000,                                                    \
      "milliseconds that a source is told to wait while the store takes nothing")

struct hx_limits {
#define X(field, unit, least, most, initial, what) uint64_t field; /* what */
    HX_LIMITS(X)
#undef X
};

/* All strings are UTF-8, owned by the settings and never NULL. Paths are absolute, or relative to
 * the working folder when the path of the file was. */
struct hx_settings {
    /* store: */
    char *store_path;       /* path: folder of the store ["../var/store"] */
    uint64_t map_bytes;     /* map_size: largest size of the store, 16 MiB … 16 TiB [64 GiB] */
    uint64_t reserve_bytes; /* reserve: kept free on its disk, 1 MiB … 1 TiB [64 MiB] */
    uint64_t journal_keep_days; /* entries of closed cases are kept at least so long, 31 … 36500;
                                   0 = for ever [0] */
    uint64_t quarantine_keep_days; /* what was refused is kept so long, 1 … 36500; 0 = for ever
                                      [90] */
    uint64_t partition;            /* 0 … 8191; fixed when the store is made [0] */

    /* listen: on this machine only as long as there are no keys */
    char *ingest; /* events and questions ["tcp://127.0.0.1:54321"] */
    char *feed;   /* feeds; may be the same as ingest ["tcp://127.0.0.1:54322"] */
    char *pub;    /* city-wide stream; "" = none ["tcp://127.0.0.1:54323"] */

    /* rules: */
    char *life_cycle; /* file ["life-cycles/complaint.yaml"] */
    char *city;       /* folder, see city_load.h ["city"] */

    /* time: */
    char *zone;                 /* name shown to people ["Asia/Shanghai"] */
    int64_t utc_offset_minutes; /* of that zone, east is positive, -720 … 840 [480] */

    /* keys: */
    char *principals; /* who may come in; "" = everybody on this machine, without keys [""] */
    char *roles;      /* what each role may do ["roles.yaml"] */
    char *server_key; /* the daemon's key pair; mode 0600 ["../var/server.key"] */

    /* identity: */
    char *key_file; /* 32 bytes that encrypt who reported; mode 0600 ["../var/identity.key"] */
    char *previous_key_file; /* the key before, while it is being changed; "" = none [""] */
    char *retention;         /* classes, see retention.h; "" = identities are kept for ever [""] */

    /* evidence: */
    char *onsite_key_file;   /* 32 bytes that make on-site codes; mode 0600; "" = none [""] */
    bool onsite_required;    /* onsite_codes: required or believed [required when there is a key] */
    uint64_t onsite_seconds; /* window of a code, 10 … 3600 [60] */
    char *devices_file;      /* table of registered devices, see devices.h; "" = none [""] */

    /* log: */
    enum hx_log_level log_level; /* level: debug, info, warn or error [info] */

    struct hx_limits limits; /* limits: */
};

/* Reads and checks `path`. On success the settings are the caller's, freed with hx_settings_free;
 * on error they are zeroed and `problem` has the text:
 * - HX_CONFIG: not YAML, unknown key, wrong type, out of range, an endpoint that is not on this
 * machine, two doors at one address, a key file that others may read
 * - HX_IO: the file cannot be read
 * - HX_NOMEM
 * The key file need not exist: whoever opens the store makes it. Any thread. */
HX_CHECK int hx_settings_load(const char *path, struct hx_settings *settings,
                              struct hx_problem *problem);
void hx_settings_free(struct hx_settings *settings);

/* The numbers of the file, for checks and documents: "limits.batch_items" and so on. */
struct hx_settings_number {
    const char *key;
    int is_size; /* written with a unit */
    uint64_t least, most, initial;
    const char *what;
    size_t offset; /* of its uint64_t in struct hx_settings */
};

/* The i-th number; NULL after the last one. */
const struct hx_settings_number *hx_settings_number(size_t i);

#endif
