#include "service/intake/early.h"

#include "service/locks/mask.h"
#include "service/state.h"
#include "service/text.h"
#include <stdlib.h>

enum { MESSAGES = 4096, ROOM_FIRST = 64 };

void early_init(struct early_reader *e)
{
    *e = (struct early_reader){0};
    for (size_t i = 0; i < 2; i++)
        hx_arena_init(&e->arenas[i], 0);
}

void early_fini(struct early_reader *e)
{
    for (size_t i = 0; i < 2; i++)
        hx_arena_fini(&e->arenas[i]);
    free(e->items);
    e->items = NULL;
}

hxp_event *early_decode(struct hx_arena *arena, const Hongxin__V1__Item *item)
{
    ProtobufCAllocator in_arena = hx_arena_allocator(arena);
    if (!text_event_flat(item->event.data, item->event.len))
        return NULL;
    return hongxin__v1__event__unpack(&in_arena, item->event.len, item->event.data);
}

/* ---- by the helper ---- */

static struct hx_arena *arena_of(struct early_reader *e)
{
    return &e->arenas[e->round % 2];
}

/* Returns how many events it has read. */
static size_t read_events(struct service *s, struct early *early)
{
    struct hx_arena *arena = arena_of(&s->early);
    const Hongxin__V1__Publish *p = early->message->publish;
    if (p->n_items > s->options.limits->publish_items)
        return 0;
    early->events = hx_arena_alloc(arena, p->n_items * sizeof *early->events);
    for (size_t i = 0; early->events && i < p->n_items; i++) {
        struct early_event *e = &early->events[i];
        if (p->items[i]->event.len <= s->options.limits->event_bytes)
            e->event = early_decode(arena, p->items[i]);
        e->masked = e->event && mask_written_back(e->event);
    }
    return p->n_items;
}

static size_t read_message(struct service *s, struct inbound *in)
{
    struct hx_arena *arena = arena_of(&s->early);
    ProtobufCAllocator in_arena = hx_arena_allocator(arena);
    size_t size = zmq_msg_size(&in->body);
    if (in->problem || size > s->options.limits->message_bytes)
        return 0;
    struct early *early = hx_arena_alloc(arena, sizeof *early);
    if (!early)
        return 0;
    early->message = hongxin__v1__request__unpack(&in_arena, size, zmq_msg_data(&in->body));
    if (!early->message)
        return 0;
    in->early = early;
    in->early_round = s->early.round;
    bool publish = early->message->ask_case == HONGXIN__V1__REQUEST__ASK_PUBLISH;
    return publish ? read_events(s, early) : 0;
}

/* As many as the next batch will hold. */
static void read_all(void *service)
{
    struct service *s = service;
    struct early_reader *e = &s->early;
    size_t events = 0;
    for (size_t i = 0; i < e->n && events < s->options.limits->batch_items; i++)
        events += read_message(s, &e->items[i]->in);
}

/* ---- by the loop ---- */

static bool make_room(struct early_reader *e, size_t n)
{
    if (n <= e->room)
        return true;
    size_t room = e->room ? e->room : ROOM_FIRST;
    while (room < n)
        room *= 2;
    struct share_item **items = realloc(e->items, room * sizeof(struct share_item *));
    if (!items)
        return false;
    e->items = items;
    e->room = room;
    return true;
}

void early_begin(struct service *s)
{
    struct early_reader *e = &s->early;
    size_t most = s->share.n < MESSAGES ? s->share.n : MESSAGES;
    if (e->piece || most == 0 || !make_room(e, most))
        return;
    e->round++;
    hx_arena_reset(arena_of(e));
    e->n = share_look(&s->share, e->items, most);
    e->piece = helper_give(s->helper, read_all, s);
}

void early_wait(struct service *s)
{
    helper_wait(s->helper, s->early.piece);
    s->early.piece = 0;
}

const struct early *early_of(const struct service *s, const struct inbound *in)
{
    return in->early && in->early_round == s->early.round ? in->early : NULL;
}
