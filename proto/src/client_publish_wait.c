/* Publishing one event and waiting for its answer, on top of the publishing that does not wait. */
#include "client_internal.h"

#include <stdlib.h>

struct waiter {
    bool done;
    int err;
    hxp_reply *reply;
};

static hxp_reply *copy_reply(const hxp_reply *reply)
{
    size_t size = hongxin__v1__reply__get_packed_size(reply);
    uint8_t *bytes = malloc(size ? size : 1);
    if (!bytes)
        return NULL;
    hongxin__v1__reply__pack(reply, bytes);
    hxp_reply *copy = hongxin__v1__reply__unpack(NULL, size, bytes);
    free(bytes);
    return copy;
}

static void on_reply(void *arg, int err, const hxp_reply *reply)
{
    struct waiter *w = arg;
    w->done = true;
    w->err = err;
    if (!err && !(w->reply = copy_reply(reply)))
        w->err = HX_NOMEM;
}

int hx_publish(hx_client *c, const hxp_event *event, const hxp_reporter *reporter,
               hxp_reply **reply)
{
    struct waiter w = {0};
    const struct hx_item item = {.event = event, .reporter = reporter};
    int64_t until = hx_client_now() + c->wait_ms;
    *reply = NULL;
    if (c->busy)
        return HX_BUSY;
    c->publisher.told_retry = false;
    int err = hx_publish_start(c, &item, on_reply, &w);
    for (int64_t left; !w.done && (!err || err == HX_AGAIN);) {
        if ((left = until - hx_client_now()) <= 0)
            break;
        (void)hx_client_poll(c, (int)left);
        if (err)
            err = hx_publish_start(c, &item, on_reply, &w);
    }
    if (err || w.done) {
        *reply = w.reply;
        return err ? err : w.err;
    }
    hx_publish_forget(c, on_reply, &w);
    return c->publisher.told_retry ? HX_AGAIN : HX_TIMEOUT;
}

Hongxin__V1__Result hx_reply_first(const hxp_reply *reply)
{
    bool again = reply->result == HONGXIN__V1__RESULT__DUPLICATE && reply->was;
    return again ? reply->was : reply->result;
}

void hx_reply_free(hxp_reply *reply)
{
    if (reply)
        hongxin__v1__reply__free_unpacked(reply, NULL);
}
