/* The journal on its way to the sender: a feed, cut into batches. While one batch is being
 * committed the next one fills; when that is full the feed is held back. Entries are acknowledged
 * to the daemon when their transaction is committed.
 *
 * Where the feed begins is said by the position that the sender has read. When the daemon's journal
 * is another one (a new store, a copy that was restored) or has been pruned, a reset goes to every
 * topic, in one transaction with the new position, and the states of cases are built anew. One
 * thread: the loop's. */
#ifndef KAFKA_FOLLOW_H
#define KAFKA_FOLLOW_H

#include "hongxin/client.h"
#include "kafka/out/out_settings.h"

struct event_base;
struct evbuffer;
struct follow; /* opaque */

/* `ended` comes when nothing can be written any more. `settings` is kept. HX_CONFIG with the
 * problem, HX_NOMEM. */
HX_CHECK int follow_open(struct event_base *base, hx_client *client,
                         const struct cluster_settings *cluster,
                         const struct out_settings *settings, struct follow **out,
                         struct hx_problem *problem);
void follow_close(struct follow *f); /* before the client is closed; NULL is allowed */

/* Called once, in the loop, when nothing can be written any more. */
void follow_on_end(struct follow *f, void (*ended)(void *arg), void *arg);
enum sender_end follow_end(const struct follow *f);
const char *follow_why(const struct follow *f); /* NULL: it has not ended */

const char *follow_trouble(struct follow *f); /* NULL: all is well */
void follow_figures(struct follow *f, struct evbuffer *out);

#endif
