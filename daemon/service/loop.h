/* The loop: libevent, the timer of the next deadline, signals, the service manager. */
#ifndef SERVICE_LOOP_H
#define SERVICE_LOOP_H

#include "hongxin/error.h"
#include <event2/event.h>
#include <stdbool.h>
#include <stdint.h>

struct service;

enum { LOOP_SIGNALS = 3, LOOP_DOORS = 2 };

struct loop {
    struct service *service; /* borrowed */
    struct event_base *base;
    struct event *doors[LOOP_DOORS];
    struct event *again;  /* there is more to do; others first */
    struct event *due;    /* timerfd of the first due row */
    struct event *soon;   /* something small is to be done in a moment: acks, projections */
    struct event *safety; /* 250 ms: looks whether an edge of a door was missed */
    struct event *audit;  /* the next step of the self-audit, while a round goes on */
    struct event *second; /* each second: feeds, clock, service manager */
    struct event *signals[LOOP_SIGNALS];
    int timer;          /* descriptor, CLOCK_REALTIME */
    int64_t soon_since; /* monotonic; since when `soon` has been waiting for quiet */
    int64_t armed_for;  /* engine time; INT64_MAX = not armed */
    bool more;          /* `again` is pending */
    bool stopping, failed;
    uint64_t seconds;
    struct {
        bool on;
        uint64_t usec;
    } watchdog;
};

/* HX_NOMEM, HX_IO. After an error the loop is closed. */
HX_CHECK int loop_open(struct loop *l, struct service *s);

/* Serves until a signal or until the store fails for good (HX_IO). */
HX_CHECK int loop_run(struct loop *l);
void loop_close(struct loop *l);

#endif
