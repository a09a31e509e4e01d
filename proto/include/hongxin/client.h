/* libhongxin: publish events to a hongxin daemon, follow its journal, ask it questions.
 *
 * A client holds at most two connections: to the intake door (publishing) and to the feed door
 * (feeds and questions). Both reconnect by themselves for as long as the client lives; what was not
 * answered is sent again, which is harmless because the daemon knows an event by its source and id.
 *
 *   hx_client *c;
 *   const struct hx_client_options o = {.intake = "tcp://127.0.0.1:54321"};
 *   if (hx_client_open(&o, &c) == HX_OK) {
 *       hxp_reply *reply;
 *       if (hx_publish(c, &event, NULL, &reply) == HX_OK) { … hx_reply_free(reply); }
 *       hx_client_close(c);
 *   }
 *
 * Threads: a client belongs to one thread at a time and starts one of its own inside ZeroMQ; do not
 * use it after fork(). Callbacks run in the thread that calls hx_client_poll() or one of the calls
 * that wait, and only inside such a call. Inside a callback hx_publish_start(),
 * hx_publish_forget(), hx_ask_start(), hx_feed_ack(), hx_feed_pause(), hx_subscribe() and
 * hx_unsubscribe() are allowed; everything that waits returns HX_BUSY, and closing is a mistake of
 * the caller that is ignored.
 *
 * Errors are those of hongxin/error.h; times are milliseconds. Pointers passed in are borrowed for
 * the call unless said otherwise; strings are UTF-8. */
#ifndef HONGXIN_CLIENT_H
#define HONGXIN_CLIENT_H

#include "hongxin/error.h"
#include "hongxin/limits.h"
#include "hongxin/schema.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct hx_client hx_client;

/* Every member may be 0: then the default in brackets holds. */
struct hx_client_options {
    const char *intake; /* "tcp://host:port" or "ipc://path" of the intake door [none] */
    const char *feed;   /* the same of the feed door [none] */
    unsigned window;    /* events started and not yet answered, at most [8,192] */
    unsigned batch;     /* events in one message, at most HX_ITEMS_MAX [256] */
    unsigned wait_ms;   /* how long the calls that wait do so [10,000] */
    unsigned resend_ms; /* an unanswered message is sent again when the daemon has answered none of
                           ours for so long, or a later one and this one not; the time doubles
                           with each attempt, up to 30 s [5,000]. After a new connection: at once */
    unsigned linger_ms; /* how long hx_client_close() may take to send the rest [1,000] */
    bool hand_back;     /* RETRY_AFTER is given to the callback like any other answer, for callers
                           that keep an order of their own [false: the library honours it] */
    const char *key_file;    /* who we are and which daemon we trust (hongxin/key.h), read by
                                hx_client_open() [none: a daemon without keys, on this machine] */
    const hx_client *beside; /* shares the thread of this client, which has to be closed later and
                                used by the same thread [none: has one of its own] */
};

/* Makes a client and begins to connect; it does not wait for a connection. HX_INVALID: no endpoint
 * at all, one that is not tcp:// or ipc://, or batch above HX_ITEMS_MAX; a key file without key or
 * without the daemon's. HX_DENIED: others may read the key file. HX_NOTFOUND: there is no such
 * file. HX_NOMEM. HX_IO: ZeroMQ cannot be set up (no descriptors left). On error *out is NULL. */
HX_CHECK int hx_client_open(const struct hx_client_options *options, hx_client **out);

/* Ends everything and frees the client. Each event that was started and not answered gets its
 * callback with HX_CLOSED: whether the daemon has it is not known. NULL is allowed. */
void hx_client_close(hx_client *client);

/* Does all that is due (sends, receives, calls back) and waits up to timeout_ms (0: not at all, -1:
 * without end) for the first thing to do. Returns the number of messages handled, 0 when the time
 * is over or a signal came, or HX_BUSY inside a callback. Never fails for a broken connection: it
 * is being made again. */
int hx_client_poll(hx_client *client, int timeout_ms);

/* A descriptor for an event loop of one's own: when it is readable, call hx_client_poll(client, 0).
 * It also becomes readable when something is to be sent again or a started event waits to be sent.
 * Level-triggered; never read it, never close it. It stays the same for the client's life. */
int hx_client_fd(const hx_client *client);

/* Waits until every started event is answered and every acknowledgement of a feed is confirmed.
 * HX_OK, HX_TIMEOUT, or HX_BUSY inside a callback. */
HX_CHECK int hx_client_flush(hx_client *client, int timeout_ms);

/* What the daemon, or the library, objected to last: "CODE: text"; of a refused file, a line for
 * each of its faults. Empty when there was nothing. Valid until the next call on this client. */
const char *hx_client_problem(const hx_client *client);

enum hx_door { HX_DOOR_INTAKE, HX_DOOR_FEED };

/* True while the connection to this door stands, as far as the last hx_client_poll() saw. */
bool hx_client_is_up(const hx_client *client, enum hx_door door);

/* ---- publishing ------------------------------------------------------------------------------ */

/* One event to publish: either `event`, or `bytes` and `size`, an Event serialized already (sent as
 * it is). `reporter` may be NULL. All is copied before the call returns. */
struct hx_item {
    const hxp_event *event;
    const void *bytes;
    size_t size;
    const hxp_reporter *reporter;
    /* From a door that could not read what it was given: why and where, for people, at most 119
     * bytes without personal data. The daemon keeps it in quarantine with `bytes` (may be none) and
     * answers INVALID, UNREADABLE. NULL: an event. */
    const char *unreadable;
    /* It was refused before: `kept` of that answer. What becomes of it now is written into the
     * daemon's quarantine there. NULL: it comes for the first time. */
    const char *closes;
    const char *behalf; /* the principal for whom we publish, when our own may do so; NULL: ours */
};

/* The answer to one event, exactly once for each hx_publish_start() that returned HX_OK.
 *   HX_OK       `reply` says what became of it (any result but RETRY_AFTER, which the library
 *               honours by itself unless it is told to hand it back); borrowed for the call
 *   HX_CLOSED   the client was closed before an answer came
 *   HX_TOOBIG, HX_INVALID   the daemon refused the message that held it; see hx_client_problem()
 *   HX_NOMEM    memory ran out while it was to be sent again
 * A repeated event is answered with DUPLICATE and all fields of the first answer: the event counts
 * once. Events are applied in the order in which they were started, except those that were told
 * RETRY_AFTER: wait for the answer before starting an event that depends on it. Each turn's events
 * travel in one message if they are no more than `batch` and 1 MiB; what of one message is refused
 * for now does not hold back the next message that is under way already. */
typedef void hx_reply_fn(void *arg, int err, const hxp_reply *reply);

/* Queues one event for the intake door; it travels with others in one message at the next
 * hx_client_poll(), or at once when a message is full. HX_AGAIN: the window is full, poll first.
 * HX_TOOBIG: event above HX_EVENT_MAX or reporter above HX_REPORTER_MAX. HX_INVALID: no intake
 * door, a `behalf` that is no name, or an `event` without id or source (without them sending again
 * would not be harmless). HX_CLOSED: called from a callback of hx_client_close(). HX_NOMEM. */
HX_CHECK int hx_publish_start(hx_client *client, const struct hx_item *item, hx_reply_fn *fn,
                              void *arg);

/* From now on there is no callback for what was started with this fn and arg. The events may still
 * be published. Returns how many there were. */
size_t hx_publish_forget(hx_client *client, hx_reply_fn *fn, const void *arg);

/* Events started and not yet answered. */
size_t hx_publish_pending(const hx_client *client);

/* Publishes one event and waits for its answer. HX_OK: *reply is the caller's, free it with
 * hx_reply_free(). HX_TIMEOUT: no answer in time, it is not known whether the daemon has the event:
 * call again with the same event. HX_AGAIN: the daemon is there but takes nothing now
 * (hx_client_problem() says why). Both may still publish it later. And what hx_publish_start() and
 * hx_reply_fn name; HX_BUSY inside a callback. */
HX_CHECK int hx_publish(hx_client *client, const hxp_event *event, const hxp_reporter *reporter,
                        hxp_reply **reply);
void hx_reply_free(hxp_reply *reply);

/* What became of the event: `result`, or of a DUPLICATE what it was the first time, as far as the
 * daemon says so (`was`). DUPLICATE itself: the journal does not reach back so far any more. */
Hongxin__V1__Result hx_reply_first(const hxp_reply *reply);

/* ---- following the journal ------------------------------------------------------------------- */

/* What a subscriber is told. Every member may be NULL. All messages are borrowed for the call. */
struct hx_feed_calls {
    /* The feed stands (again); entries from welcome->next_lsn on will follow. */
    void (*welcome)(void *arg, const Hongxin__V1__Welcome *welcome);
    /* One page of what is true as of snapshot->lsn; the last one has `last`. After a broken
     * connection an unfinished snapshot begins anew. */
    void (*snapshot)(void *arg, const Hongxin__V1__Snapshot *snapshot);
    /* One entry, in order of LSN, none twice, none left out that matches the filter and this
     * connection may see. `bytes` is the entry as stored. */
    void (*entry)(void *arg, const hxp_entry *entry, const ProtobufCBinaryData *bytes);
    /* Everything up to `lsn` that matches has been given to `entry`: a point that can be
     * acknowledged, also when nothing matched. */
    void (*upto)(void *arg, uint64_t lsn);
    /* The daemon has the cursor on disk. */
    void (*acked)(void *arg, uint64_t lsn);
    /* There is a gap: entries before `oldest_lsn` are pruned, or the journal is another one. What
     * was derived from the feed is to be built anew; the feed goes on by itself with a snapshot
     * (when one was asked for) and the oldest entry there is. */
    void (*reset)(void *arg, uint64_t oldest_lsn);
    /* The daemon refused the subscription, or another connection took its name over (TAKEN_OVER):
     * it is over. Or an entry could not be decoded (UNDECODABLE): it is passed over and the feed
     * goes on. */
    void (*problem)(void *arg, const Hongxin__V1__Problem *problem);
};

struct hx_subscription {
    const char *subscriber; /* name under which the daemon keeps the cursor; NULL: none */
    const Hongxin__V1__Filter *filter; /* NULL: everything */
    Hongxin__V1__Hello__From from;     /* RESUME, NOW, LSN or OLDEST, as in wire.proto */
    uint64_t from_lsn;                 /* with LSN */
    bool snapshot;                     /* first what is true now */
    unsigned credit;                   /* messages on their way at most [256] */
    const char *behalf;                /* the principal who follows, when ours may do so for him */
    const struct hx_feed_calls *calls; /* kept by the library, not copied */
    void *arg;                         /* for all of them */
};

/* Subscribes on the feed door, in place of a subscription there was. Credit is renewed as callbacks
 * return, so a slow subscriber slows its own feed only. After a broken connection the feed goes on
 * behind the last entry seen. HX_INVALID: no feed door, credit above HX_CREDIT_MAX, or no calls.
 * HX_TOOBIG: filter above HX_FILTER_MAX. HX_NOMEM. */
HX_CHECK int hx_subscribe(hx_client *client, const struct hx_subscription *subscription);

/* Ends the feed: no callback of it runs any more. The connection is made anew, because that is how
 * a feed ends. */
void hx_unsubscribe(hx_client *client);

/* Holds the feed back (true), or lets it go on (false): no more credit is granted, so entries that
 * are on their way (`credit` messages at most) still come and then none, while the daemon goes on
 * hearing from this subscriber. For one who hands entries on to somebody slower. A feed begins
 * unpaused with hx_subscribe(); a reconnect or a reset changes nothing. No effect without a feed.
 */
void hx_feed_pause(hx_client *client, bool paused);

/* Everything up to `lsn` is done with: after a restart of this program (RESUME) the feed begins
 * behind it. Cumulative; cheap to call for every entry: the newest one travels at the next
 * hx_client_poll(). HX_INVALID: no feed, a feed without a subscriber's name, or an LSN that was not
 * yet seen. */
HX_CHECK int hx_feed_ack(hx_client *client, uint64_t lsn);

/* ---- questions ------------------------------------------------------------------------------- */

/* The answer to one question, exactly once for each hx_ask_start() that returned HX_OK. HX_OK:
 * `answer` holds it, borrowed for the call. HX_TIMEOUT: none within wait_ms. HX_AGAIN: the daemon
 * is too busy. HX_CLOSED: the client was closed. HX_NOTFOUND, HX_DENIED, HX_TOOBIG, HX_INVALID:
 * what the daemon objected to; hx_client_problem() says more. */
typedef void hx_answer_fn(void *arg, int err, const hxp_response *answer);

/* Asks without waiting: `request` holds one question (case_query, list, count … but nothing that
 * publishes or belongs to a feed); its number is set by the library; with `behalf` it asks for
 * another principal. Allowed inside callbacks. Asked on the feed door, or on the intake door when
 * there is no other; asked again on a new connection. HX_INVALID: no question. HX_TOOBIG, HX_NOMEM;
 * HX_CLOSED: from a callback of hx_client_close(). */
HX_CHECK int hx_ask_start(hx_client *client, hxp_request *request, hx_answer_fn *fn, void *arg);

/* From now on there is no callback for what was asked with this fn and arg. Returns how many there
 * were. */
size_t hx_ask_forget(hx_client *client, hx_answer_fn *fn, const void *arg);

/* Each asks the feed door (the intake door when there is no other), waits and gives *answer to the
 * caller, to be freed with hx_response_free(): the member named after the question is set. While
 * waiting, callbacks of feeds and publications run as in hx_client_poll(). HX_NOTFOUND: no such
 * case or rules. HX_TIMEOUT. HX_AGAIN: the daemon is too busy. HX_INVALID: no feed door, or a
 * question the daemon refused; hx_client_problem() says why. HX_TOOBIG, HX_NOMEM; HX_BUSY inside a
 * callback. On error *answer is NULL. */
HX_CHECK int hx_ask_case(hx_client *client, const Hongxin__V1__CaseQuery *query,
                         hxp_response **answer); /* answer->case_answer */
HX_CHECK int hx_ask_list(hx_client *client, const Hongxin__V1__ListQuery *query,
                         hxp_response **answer); /* answer->list */
HX_CHECK int hx_ask_count(hx_client *client, const Hongxin__V1__CountQuery *query,
                          hxp_response **answer);                    /* answer->count */
HX_CHECK int hx_ask_stats(hx_client *client, hxp_response **answer); /* answer->stats */
HX_CHECK int hx_ask_rules(hx_client *client, const Hongxin__V1__RulesQuery *query,
                          hxp_response **answer); /* answer->rules */
HX_CHECK int hx_ask_route(hx_client *client, const Hongxin__V1__RouteQuery *query,
                          hxp_response **answer); /* answer->route */

HX_CHECK int hx_ask_due(hx_client *client, const Hongxin__V1__DueQuery *query,
                        hxp_response **answer); /* answer->due */
HX_CHECK int hx_ask_similar(hx_client *client, const Hongxin__V1__SimilarQuery *query,
                            hxp_response **answer); /* answer->similar */
/* Previewing looks at every open case: give it time. HX_INVALID: refused, see hx_client_problem().
 */
HX_CHECK int hx_ask_apply(hx_client *client, const Hongxin__V1__Apply *apply,
                          hxp_response **answer); /* answer->apply */

HX_CHECK int hx_ask_onsite_code(hx_client *client, const Hongxin__V1__OnsiteCodeQuery *query,
                                hxp_response **answer); /* answer->onsite_code */

/* About who reported: each is recorded in the journal before it is answered, and needs a reason.
 * HX_DENIED: no right to it. HX_NOTFOUND: no such case. An act is an IdentityAct: ERASE, HOLD or
 * RELEASE. */
HX_CHECK int hx_ask_identity(hx_client *client, const Hongxin__V1__IdentityQuery *query,
                             hxp_response **answer); /* answer->identity */
HX_CHECK int hx_ask_identity_act(hx_client *client, const Hongxin__V1__IdentityAct *act,
                                 hxp_response **answer); /* answer->identity_acted */
HX_CHECK int hx_ask_trace(hx_client *client, const Hongxin__V1__TraceQuery *query,
                          hxp_response **answer); /* answer->trace */

/* What was refused as INVALID, the oldest first. HX_DENIED: no right to it. */
HX_CHECK int hx_ask_quarantine(hx_client *client, const Hongxin__V1__QuarantineQuery *query,
                               hxp_response **answer); /* answer->quarantine */

/* Asks one door whether it is alive: answer->pong. Errors as above; HX_INVALID also when the client
 * has no such door. */
HX_CHECK int hx_ping(hx_client *client, enum hx_door door, hxp_response **answer);

void hx_response_free(hxp_response *answer);

#ifdef __cplusplus
}
#endif

#endif
