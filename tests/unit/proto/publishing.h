/* What tests of publishing share: a client at a fake door, an event, and what has been answered. */
#ifndef PUBLISHING_H
#define PUBLISHING_H

#include "fake_door.h"

/* What the callbacks of a test have seen. */
struct seen {
    unsigned calls, accepted, failed;
    int last_err;
    char last_id[64];
    int64_t last_at;
};

/* A client of this door; whoever gets it closes it. */
hx_client *publishing_client(const struct fake *f, struct hx_client_options options);

/* A report of the hotline under this id, which is borrowed. */
hxp_event publishing_event(char *id);

/* Starts such an event; `seen` counts its answer. */
void publishing_start(hx_client *c, const char *id, struct seen *seen);

/* The callback for it: `arg` is a struct seen. */
void publishing_answered(void *arg, int err, const hxp_reply *reply);

#endif
