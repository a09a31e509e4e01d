/* A client of librdkafka as our programs run it: its log in our log, its errors counted by class,
 * its statistics as figures, and a fatal error as a named reason to end the process, which the
 * service manager then starts anew.
 *
 * Callbacks (log, errors, statistics) run in the thread that polls the client, so everything here
 * belongs to that thread; client_fatal() and the figures may be read from any. */
#ifndef KAFKA_CLIENT_H
#define KAFKA_CLIENT_H

#include "config/reading/problem.h"
#include <librdkafka/rdkafka.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct evbuffer;

/* Classes of errors: name in log and figures, and what is to be looked at. */
#define CLIENT_ERRORS(X)                                                                           \
    X(TRANSPORT, "transport")           /* no connection, timed out, no leader: tried again */     \
    X(AUTHENTICATION, "authentication") /* TLS or SASL: certificates, user, password */            \
    X(AUTHORIZATION, "authorization")   /* the broker's ACLs */                                    \
    X(TOPIC, "topic")                   /* there is no such topic or partition */                  \
    X(SIZE, "size")                     /* a record is larger than the broker takes */             \
    X(STORAGE, "storage")               /* the broker's disk, or too few copies in step */         \
    X(GROUP, "group")                   /* of a consumer group: rebalanced, thrown out */          \
    X(FATAL, "fatal")                   /* fenced, or broken: the process ends */                  \
    X(OTHER, "other")
enum client_error {
#define X(name, text) CLIENT_ERROR_##name,
    CLIENT_ERRORS(X)
#undef X
        CLIENT_ERRORS_COUNT
};

enum client_error client_error_class(rd_kafka_resp_err_t err);
const char *client_error_name(enum client_error error);

struct client {
    rd_kafka_t *rk;
    const char *role; /* "in", "out", …: a label of its figures and of its lines in the log */
    void *arg;        /* the owner's, for callbacks of its own: rd_kafka_opaque() is the client */
    _Atomic uint64_t errors[CLIENT_ERRORS_COUNT];
    int64_t told_at[CLIENT_ERRORS_COUNT]; /* when a class was logged last, monotonic, ms */
    uint64_t untold[CLIENT_ERRORS_COUNT]; /* … and how many were not logged since then */
    _Atomic uint64_t clock_apart; /* ms between our wall clock and another's, as last seen */
    int64_t clock_told_at; /* when it was logged that it is far; of who calls client_clock() */
    _Atomic bool is_fatal;
    char fatal[320];           /* set before is_fatal */
    struct client_statistics { /* at most CLUSTER_STATISTICS_MS old */
        _Atomic uint64_t brokers_up, sent, received, sent_bytes, received_bytes, queued;
        _Atomic uint64_t lag;    /* of a consumer: records behind its committed offsets */
        _Atomic uint64_t rtt_us; /* the slowest broker's, 99 of 100 */
    } statistics;
};

/* Makes the client over `conf` (see cluster_conf()), which is taken in any case. It connects by
 * itself, now and whenever the connection breaks: a broker that is away is no error here.
 * HX_CONFIG with the problem: properties that contradict each other, certificates that cannot be
 * used. `role` is kept. */
HX_CHECK int client_open(struct client *c, rd_kafka_type_t type, rd_kafka_conf_t *conf,
                         const char *role, struct hx_problem *problem);
/* Also of one that was never opened. Waits for librdkafka's threads; a producer's unsent records
 * are gone. */
void client_close(struct client *c);
/* The same at the end of the process, for a consumer: a topic of its that was deleted and made anew
 * keeps librdkafka 2.0.2 from ending. After three seconds it is left as it is; `c` must stay. */
void client_leave(struct client *c);

/* An error that a call or a message brought: counted by class; the first of its class is logged,
 * then one each ten seconds with the number of those between. A fatal one is kept. `text` may be
 * NULL. */
void client_note(struct client *c, rd_kafka_resp_err_t err, const char *text);

/* What the wall clock of another machine, `whose`, says at this moment; 0 = not known. One that is
 * a minute apart from ours is logged, once in ten minutes. */
void client_clock(struct client *c, const char *whose, int64_t theirs);

/* NULL, or why this process has to end: "FENCED: another instance …". Any thread. */
const char *client_fatal(const struct client *c);

/* The figures of all clients of a program together. Any thread. */
void client_figures(const struct client *const *clients, size_t n, struct evbuffer *out);

#endif
