/* The service's state, for its own files only. */
#ifndef SERVICE_STATE_H
#define SERVICE_STATE_H

#include "base/arena.h"
#include "hongxin/limits.h"
#include "service/audit.h"
#include "service/batch.h"
#include "service/counters.h"
#include "service/door.h"
#include "service/evidence.h"
#include "service/feed.h"
#include "service/hold.h"
#include "service/limits.h"
#include "service/publisher.h"
#include "service/reach.h"
#include "service/service.h"
#include "service/tail.h"
#include "service/timebase.h"

enum { SERVICE_DOORS = 2 };

struct service {
    /* borrowed */
    struct service_options options;
    struct hx_store *store;

    /* for the whole life */
    struct timebase time;
    struct hold hold;
    struct audit audit;
    struct hx_machine machine;
    struct door doors[SERVICE_DOORS];
    size_t n_doors;
    struct publisher publisher;
    struct tail tail;
    struct feeds feeds;
    struct reach reach;
    struct evidence evidence;
    struct counters counters;
    struct hx_mono started;
    void *zmq;

    /* of the running turn: what was received, answers, entries */
    struct hx_arena arena;
    struct batch batch;
    struct hx_case scratch; /* one case at a time: too large for the stack */
};

/* A request while it is served. */
struct request {
    struct door *door;
    const struct peer *peer;    /* in the arena of the turn */
    const hxp_request *message; /* the same */
};

/* The part of the open cases that a filter can be looked for in; NULL = all. The projection knows
 * no buildings. */
const char *service_hint(const struct service *s, const hxp_filter *f, char text[64]);

/* Sends an answer to the one who asked, with the number of the question. A peer that is gone or
 * does not read misses it. */
void service_answer(struct service *s, const struct request *r, hxp_response *answer);

/* A Problem: nothing was changed. `code` and `message` are static text. */
void service_problem(struct service *s, const struct request *r, const char *code,
                     const char *message);

/* Serves one message; everything it needs later is copied to the arena. */
void service_dispatch(struct service *s, struct door *door, struct inbound *in);

/* Handlers, one per message (table in dispatch.c). */
void handle_publish(struct service *s, const struct request *r);
void handle_hello(struct service *s, const struct request *r);
void handle_credit(struct service *s, const struct request *r);
void handle_ack(struct service *s, const struct request *r);
void handle_case(struct service *s, const struct request *r);
void handle_list(struct service *s, const struct request *r);
void handle_count(struct service *s, const struct request *r);
void handle_stats(struct service *s, const struct request *r);
void handle_rules(struct service *s, const struct request *r);
void handle_onsite_code(struct service *s, const struct request *r);
void handle_ping(struct service *s, const struct request *r);

#endif
