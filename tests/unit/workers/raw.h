/* A server of the shared library in the test's own thread, and raw sockets to talk to it with. */
#ifndef TESTS_UNIT_WORKERS_RAW_H
#define TESTS_UNIT_WORKERS_RAW_H

#include "http/http.h"
#include <event2/event.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

struct raw {
    struct event_base *base;
    struct http_server *server;
    struct http_limits limits;
    struct http_options options;
    unsigned handled;             /* requests that reached a handler */
    struct http_request *waiting; /* of POST /later: to be answered by the test */
    bool stopped;
};

/* Routes: GET /hello, POST /echo, POST /later, POST /json, GET /thing/{a}/part/{b}. */
void raw_begin(struct raw *t); /* defaults; change limits or options, then … */
void raw_open(struct raw *t);
void raw_close(struct raw *t);

int raw_connect(struct raw *t);
void raw_send(int fd, const void *bytes, size_t size);
void raw_turn(struct raw *t); /* what is due, without waiting */

/* Reads until the other side closes or `until` stands in what came; fails after a minute. Returns
 * the text (owned by the caller); *closed says which it was. */
char *raw_read(struct raw *t, int fd, const char *until, bool *closed);

/* Sends all and reads until it is closed. */
char *raw_talk(struct raw *t, const void *bytes, size_t size);

int raw_status(const char *answer);

#define RAW_UNTIL(t, condition)                                                                    \
    do {                                                                                           \
        int64_t raw_end = raw_now() + 60000;                                                       \
        while (!(condition)) {                                                                     \
            if (raw_now() > raw_end)                                                               \
                fail_msg("did not become true in a minute: %s", #condition);                       \
            raw_turn(t);                                                                           \
        }                                                                                          \
    } while (0)
int64_t raw_now(void);

#endif
