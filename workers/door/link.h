/* A worker's client of the daemon inside an event loop: what is started in one turn of the loop
 * travels together in one message. One thread: that of the loop. */
#ifndef DOOR_LINK_H
#define DOOR_LINK_H

#include "config/reading/problem.h"
#include "config/reading/yaml_doc.h"
#include "hongxin/client.h"

struct event;
struct event_base;

enum { LINK_TEXT = 512 };

/* Where the daemon is, and who we are there: the section `daemon` of a worker's configuration. */
struct link_settings {
    char intake[LINK_TEXT];   /* intake ["tcp://127.0.0.1:54321"] */
    char feed[LINK_TEXT];     /* feed ["tcp://127.0.0.1:54322"] */
    char key_file[LINK_TEXT]; /* key_file; "" = none [""] */
    /* Not in the file, a worker's own; as in hx_client_options. */
    unsigned window, batch;
    bool hand_back;
};

/* Reads the mapping `map` (NULL: nothing is given). A path is relative to the file's folder. Faults
 * are kept in `doc`. */
void link_settings_read(struct yaml_doc *doc, yaml_node_t *map, struct link_settings *s);

struct link {
    hx_client *client;
    struct event *readable;
};

/* HX_CONFIG with the problem: an endpoint that is none, a key file that is none or open to others.
 */
HX_CHECK int link_open(struct link *link, struct event_base *base, const struct link_settings *s,
                       struct hx_problem *problem);
/* NULL: the daemon's door for events can be reached; otherwise what to say in /healthz. */
const char *link_health(const struct link *link);

/* What was started gets its callback with HX_CLOSED. One that was never opened, all zero, may be
 * closed. */
void link_close(struct link *link);

#endif
