#include "service/intake/early.h"

#include "base/message.h"
#include "hongxin/flat.h"
#include "service/locks/mask.h"
#include "service/state.h"

/* Of one reading: the bytes of the messages, and what they may become in memory. An empty event is
 * two bytes in a message. */
enum { BYTES = 4 * 1024 * 1024, ARENA_BYTES = 16 * 1024 * 1024 };

int early_init(struct early_reader *e)
{
    *e = (struct early_reader){.requests = hx_packing_new(&hongxin__v1__request__descriptor),
                               .events = hx_packing_new(&hongxin__v1__event__descriptor)};
    for (size_t i = 0; i < 2; i++)
        hx_arena_init(&e->arenas[i], ARENA_BYTES);
    return e->requests && e->events ? HX_OK : HX_NOMEM;
}

void early_fini(struct early_reader *e)
{
    for (size_t i = 0; i < 2; i++)
        hx_arena_fini(&e->arenas[i]);
    hx_packing_free(e->requests);
    hx_packing_free(e->events);
}

int early_decode(const struct early_reader *e, struct hx_arena *arena,
                 const Hongxin__V1__Item *item, hxp_event **event)
{
    ProtobufCMessage *message = NULL;
    int rc = HX_CORRUPT;
    if (hx_event_is_flat(item->event.data, item->event.len))
        rc = hx_message_unpack_bounded(e->events, arena, item->event, &message);
    *event = (hxp_event *)message;
    return rc;
}

int early_unpack(const struct early_reader *e, struct hx_arena *arena, const struct inbound *in,
                 hxp_request **message)
{
    zmq_msg_t *body = (zmq_msg_t *)(uintptr_t)&in->body;
    const ProtobufCBinaryData bytes = {zmq_msg_size(body), zmq_msg_data(body)};
    ProtobufCMessage *unpacked;
    int rc = hx_message_unpack_bounded(e->requests, arena, bytes, &unpacked);
    *message = (hxp_request *)unpacked;
    return rc;
}

/* ---- by the helper ---- */

static struct hx_arena *arena_of(struct early_reader *e, uint64_t round)
{
    return &e->arenas[round % 2];
}

static bool enough(struct early_reader *e)
{
    return atomic_load(&e->enough) || hx_arena_failed(arena_of(e, e->round));
}

static void read_events(struct service *s, struct early *early)
{
    struct hx_arena *arena = arena_of(&s->early, s->early.round);
    const Hongxin__V1__Publish *p = early->message->publish;
    early->events = hx_arena_alloc(arena, p->n_items * sizeof *early->events);
    for (size_t i = 0; early->events && i < p->n_items && !enough(&s->early); i++) {
        struct early_event *e = &early->events[i];
        if (p->items[i]->event.len > s->options.limits->event_bytes ||
            early_decode(&s->early, arena, p->items[i], &e->event) != HX_OK)
            continue;
        e->masked = mask_written_back(e->event);
        hx_event_glance(e->event, p->items[i]->event, &e->glance);
    }
}

/* Returns for how many events of a batch it counts. */
static size_t read_message(struct service *s, struct inbound *in)
{
    struct early_reader *e = &s->early;
    struct hx_arena *arena = arena_of(e, e->round);
    struct early *early = hx_arena_alloc(arena, sizeof *early);
    if (!early || early_unpack(e, arena, in, &early->message) != HX_OK)
        return 1;
    in->early = early;
    in->early_round = e->round;
    if (early->message->ask_case != HONGXIN__V1__REQUEST__ASK_PUBLISH)
        return 1;
    size_t n = early->message->publish->n_items;
    if (n <= s->options.limits->publish_items)
        read_events(s, early);
    return n ? n : 1;
}

/* As many as the next batch will hold, and no more than the budget. */
static void read_all(void *service)
{
    struct service *s = service;
    struct early_reader *e = &s->early;
    size_t events = 0, bytes = 0;
    for (size_t i = 0; i < e->n && events < e->most && !enough(e); i++) {
        struct inbound *in = &e->items[i]->in;
        bytes += zmq_msg_size(&in->body);
        if (in->problem || zmq_msg_size(&in->body) > s->options.limits->message_bytes)
            continue;
        if (bytes > BYTES)
            break;
        events += read_message(s, in);
    }
}

/* ---- by the loop ---- */

void early_begin(struct service *s)
{
    struct early_reader *e = &s->early;
    if (e->piece)
        return;
    e->most = batch_most(s);
    e->n = share_look(&s->share, e->items, EARLY_MESSAGES);
    if (e->n == 0)
        return;
    e->round++;
    atomic_store(&e->enough, false);
    e->piece = helper_give(s->helper, read_all, s);
}

void early_wait(struct service *s)
{
    struct early_reader *e = &s->early;
    if (!e->piece)
        return;
    atomic_store(&e->enough, true);
    if (!helper_cancel(s->helper, e->piece))
        e->served = e->round;
    e->piece = 0;
}

void early_over(struct service *s)
{
    struct early_reader *e = &s->early;
    if (e->served)
        hx_arena_reset(arena_of(e, e->served));
    e->served = 0;
}

const struct early *early_of(const struct service *s, const struct inbound *in)
{
    return in->early && in->early_round == s->early.served ? in->early : NULL;
}
