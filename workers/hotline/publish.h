/* From one request to the daemon and back: single events, batches, work orders. */
#ifndef HOTLINE_PUBLISH_H
#define HOTLINE_PUBLISH_H

#include "hotline/draft.h"
#include "hotline/hotline.h"

/* Publishes an event and answers the request with what the daemon says. `about` is the case in the
 * path, NULL for none. */
void publish_one(struct hotline *h, struct http_request *request, const char *word,
                 const char *about);

/* POST /v1/batch: {"items": [{"op": "report", "key": …, …}, …]}. */
void publish_batch(void *arg, struct http_request *request);

/* POST /v1/orders: one work order in the city's own words. */
void publish_order(void *arg, struct http_request *request);

/* ---- inside ---- */

/* Called once with what became of an event; `reply` is NULL when `err` is not HX_OK. */
typedef void outcome_fn(void *arg, int err, const hxp_reply *reply);

/* What is to be published; borrowed for the call. `derived`: the id follows from the reference. */
struct launch {
    const hxp_event *event;
    const hxp_reporter *reporter;
    bool derived;
};

/* Starts an event. A derived report that is known with another content becomes an update of its
 * case (the outcome is then that of a COMMENT with the new text). HX_OK, or the error, and then
 * there is no outcome. */
HX_CHECK int publish_start(struct hotline *h, const struct launch *l, outcome_fn *fn, void *arg);

/* The daemon cannot be reached: answered already. */
bool publish_is_away(struct hotline *h, struct http_request *request);

#endif
