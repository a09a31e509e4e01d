/* The service's state, for its own files only. */
#ifndef SERVICE_STATE_H
#define SERVICE_STATE_H

#include "base/arena.h"
#include "engine/notice/digest.h"
#include "hongxin/limits.h"
#include "service/acts/apply.h"
#include "service/counters.h"
#include "service/doors/door.h"
#include "service/doors/publisher.h"
#include "service/doors/share.h"
#include "service/feeds/feed.h"
#include "service/feeds/reach.h"
#include "service/feeds/tail.h"
#include "service/helper.h"
#include "service/intake/batch.h"
#include "service/intake/devices.h"
#include "service/intake/early.h"
#include "service/intake/evidence.h"
#include "service/intake/hold.h"
#include "service/intake/silence.h"
#include "service/intake/similar.h"
#include "service/limits.h"
#include "service/locks/lock.h"
#include "service/locks/secret.h"
#include "service/service.h"
#include "service/timebase.h"
#include "service/upkeep/audit.h"
#include "service/upkeep/chain.h"
#include "service/upkeep/retention.h"

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
    struct hx_digest digest; /* of the notices that an outage made late */
    struct door doors[SERVICE_DOORS];
    size_t n_doors;
    struct publisher publisher;
    struct tail tail;
    struct feeds feeds;
    struct reach reach;
    struct apply apply;
    struct evidence evidence;
    struct devices devices;
    struct similar similar;
    struct counters counters;
    struct lock lock;
    struct share share; /* what has come in and waits */
    struct silence silence;
    struct retention retention;
    struct chain chain;
    struct helper *helper; /* owned */
    struct early_reader early;
    struct secret_key *secrets; /* of the cases; owned */
    struct hx_mono started;
    const char *life; /* an act of the daemon itself that is still to be written; NULL = none */
    void *zmq;

    /* of the running turn: what was received, answers, entries */
    struct hx_arena arena;
    struct batch batch;
    struct hx_case scratch; /* one case at a time: too large for the stack */
    struct hx_case past;    /* another one, while the past is asked or an entry is masked */
    struct hx_case marked;  /* another one, while it is asked where its identities are kept */
};

/* A request while it is served. */
struct request {
    struct door *door;
    const struct peer *peer;          /* in the arena of the turn */
    const hxp_request *message;       /* the same */
    const struct early_event *events; /* of its items, when they were read before; else NULL */
    const struct hx_principal *who;   /* NULL: there are no keys, everybody may do everything */
    const struct hx_principal *via;   /* who asks on behalf of `who`, and what he may not is denied
                                         as well; NULL: nobody does, or there are no keys */
    const char *user;                 /* the key it came with, in the arena; NULL without keys */
    uint64_t wait_ms;                 /* above 0: its line is full, nothing is done */
};

/* The part of the open cases that a filter can be looked for in; NULL = all. The projection knows
 * no buildings. */
const char *service_hint(const struct service *s, const hxp_filter *f, char text[64]);

/* filter_problem(), then filter_unknown() by the city and the rules of this daemon. */
const char *service_filter_problem(const struct service *s, const hxp_filter *f);

/* changes.c: looks at open cases whose company is replaced, by the files of this start. */
HX_CHECK int changes_look(struct service *s);

/* The city in force is another one. */
void service_use_city(struct service *s);

/* Sends an answer to the one who asked, with the number of the question. A peer that is gone or
 * does not read misses it. */
void service_answer(struct service *s, const struct request *r, hxp_response *answer);

/* A Problem: nothing was changed. `code` and `message` are static text. */
void service_problem(struct service *s, const struct request *r, const char *code,
                     const char *message);

/* True when something is wrong with a question (a code of service_filter_problem or the like): it
 * has been told. NULL = nothing is. */
bool service_refused(struct service *s, const struct request *r, const char *code);

/* The same for what the principal has no right to: DENIED, whatever the reason, and counted. */
void service_deny(struct service *s, const struct request *r);

/* True when the one who asks may: without keys always. Otherwise it has been denied. */
bool service_may(struct service *s, const struct request *r, enum hx_right right);

/* Whether the one who asks may see the case. */
bool service_sees_case(const struct service *s, const struct request *r, const hxp_case_view *view);

/* The same, and then the view as its receiver is shown it; `c` is what it was made of. */
bool service_shows_case(struct service *s, const struct request *r, const struct hx_case *c,
                        hxp_case_view *view);

/* Whether a question with this filter stays inside the areas of the one who asks; without places
 * and holders only with the whole city. */
bool service_sees_filter(const struct service *s, const struct request *r, const hxp_filter *f);

/* Serves one message; everything it needs later is copied to the arena. `wait_ms` above 0: refuses
 * it, and says when to come back. */
void service_dispatch(struct service *s, struct door *door, struct inbound *in, uint64_t wait_ms);

/* Whose line the message belongs to (share.h). */
uint64_t service_source(const struct service *s, const struct inbound *in);

/* Handlers, one per message (table in dispatch.c). */
void handle_publish(struct service *s, const struct request *r);
void handle_hello(struct service *s, const struct request *r);
void handle_credit(struct service *s, const struct request *r);
void handle_ack(struct service *s, const struct request *r);
void handle_case(struct service *s, const struct request *r);
/* status.c: the answer to a CaseQuery with a secret; `c` is s->scratch, NULL = there is no such
 * case.
 */
void service_status(struct service *s, const struct request *r, const struct hx_case *c);
void handle_list(struct service *s, const struct request *r);
void handle_count(struct service *s, const struct request *r);
void handle_stats(struct service *s, const struct request *r);
void handle_rules(struct service *s, const struct request *r);
void handle_route(struct service *s, const struct request *r);
void handle_onsite_code(struct service *s, const struct request *r);
void handle_due(struct service *s, const struct request *r);
void handle_similar(struct service *s, const struct request *r);
void handle_apply(struct service *s, const struct request *r);
void handle_ping(struct service *s, const struct request *r);
void handle_duty(struct service *s, const struct request *r);
void handle_who(struct service *s, const struct request *r);
void handle_quarantine(struct service *s, const struct request *r);
void handle_entries(struct service *s, const struct request *r);
void handle_identity(struct service *s, const struct request *r);
void handle_identity_act(struct service *s, const struct request *r);
void handle_trace(struct service *s, const struct request *r);

#endif
