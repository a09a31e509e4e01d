/* The service: everything between the sockets and the store, in one thread that owns both.
 *
 * A turn of its loop takes what the doors hold (up to a batch), applies it through the engine,
 * judges deadlines that have come, commits once, and only then answers, streams and publishes. An
 * idle daemon thus commits each event at once, a busy one many together. */
#ifndef SERVICE_SERVICE_H
#define SERVICE_SERVICE_H

#include "config/retention.h"
#include "config/settings.h"
#include "config/versions/versions.h"
#include "engine/machine/machine.h"
#include "store/store.h"

struct service_options {
    /* borrowed until service_run() has returned */
    struct hx_versions *versions; /* new ones are added to them */
    const struct hx_city *city;   /* in force; a newer version takes its place */
    struct hx_store *store;
    const char *principals_file, *roles_file; /* NULL or "": no keys, this machine only */
    const char *server_key_file;              /* NULL or "": the same, but see lock.h */
    const char *intake_endpoint;              /* events and questions */
    const char *feed_endpoint; /* subscriptions and questions; NULL or the same: one door for all */
    const char *pub_endpoint;  /* NULL = no PUB door */
    const uint8_t *onsite_key; /* HX_ONSITE_KEY_SIZE bytes; NULL = on-site codes are believed */
    bool onsite_required;      /* an on-site proof without its code is a claim */
    int64_t onsite_window_ms;
    const struct hx_retention *retention; /* NULL = identities are kept for ever */
    const char *devices_file;             /* NULL or "": signatures of devices are believed */
    const struct hx_limits *limits;
    const char *life_cycle_file; /* shown by RulesQuery; NULL = none */
    uint32_t scale;
    int64_t begin; /* a new store on scaled time begins at this instant, when it is still to come; 0
                      = now */
    uint32_t partition;
    uint64_t journal_keep_days;    /* 0 = for ever */
    uint64_t quarantine_keep_days; /* the same */
};

/* Opens the doors, serves until SIGTERM or SIGINT, finishes what has been accepted, and closes.
 * HX_OK after an orderly end. HX_DENIED: an endpoint is not on this machine. HX_BUSY: an address is
 * in use. HX_IO, HX_NOMEM; HX_IO also when the store can no longer promise durability. Reasons are
 * in the log. */
HX_CHECK int service_run(const struct service_options *options);

#endif
