/* The life of a worker: its loop, its signals, its end. */
#ifndef DOOR_RUN_H
#define DOOR_RUN_H

#include "http/http.h"

enum { RUN_SIGNALS = 3 };

struct event;
struct event_base;

struct run {
    struct event_base *base;
    struct event *signals[RUN_SIGNALS];
    struct http_server *server; /* borrowed; stopped by SIGTERM and SIGINT */
    void (*hangup)(void *arg);  /* told of SIGHUP; NULL: it is ignored */
    void *arg;                  /* of hangup */
};

/* Makes the loop; keeps `hangup` and `arg`. HX_NOMEM. Call run_close() in any case. */
HX_CHECK int run_open(struct run *run);

/* Raises the limit of descriptors to what so many connections need, or as far as it may; says so
 * when it is not enough. */
void run_descriptors(uint64_t connections);

/* Says "event=ready" (to the service manager, too) and loops until a signal has stopped the server
 * gracefully. */
void run_loop(struct run *run, struct http_server *server, const char *worker);
void run_close(struct run *run);

#endif
