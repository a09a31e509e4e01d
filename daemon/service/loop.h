/* The loop: when a turn is taken, what is done each second, how it ends. */
#ifndef SERVICE_LOOP_H
#define SERVICE_LOOP_H

#include "hongxin/error.h"
#include "service/doors/reactor.h"
#include <stdbool.h>
#include <stdint.h>

struct service;

struct loop {
    struct service *service; /* borrowed */
    struct reactor *reactor;
    int64_t soon_since; /* monotonic; since when SOON has been waiting for quiet */
    int64_t armed_for;  /* engine time; INT64_MAX = not armed */
    bool more;          /* AGAIN is pending */
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
