#include "reading.h"

#include "base/message.h"
#include "hongxin/flat.h"
#include "service/intake/early.h"
#include "service/state.h"
#include <stdlib.h>
#include <string.h>

static const struct early_reader *reader(void)
{
    static struct early_reader r;
    if (!r.requests && early_init(&r) != HX_OK)
        abort();
    return &r;
}

/* Owned. */
static uint8_t *packed(const ProtobufCMessage *m, size_t *size)
{
    *size = protobuf_c_message_get_packed_size(m);
    uint8_t *bytes = malloc(*size + 1);
    if (!bytes || protobuf_c_message_pack(m, bytes) != *size)
        abort();
    return bytes;
}

bool reading_same(const ProtobufCMessage *a, const ProtobufCMessage *b)
{
    size_t size, other;
    uint8_t *bytes = packed(a, &size), *others = packed(b, &other);
    bool same = size == other && memcmp(bytes, others, size) == 0;
    free(bytes);
    free(others);
    return same;
}

/* Both ways of writing a message agree: ours, and the library's. */
static void check_writing(const struct hx_packing *packing, const ProtobufCMessage *m)
{
    size_t size;
    uint8_t *bytes = packed(m, &size);
    uint8_t *ours = malloc(size + HX_MESSAGE_SPARE);
    if (!ours)
        abort();
    uint8_t *end = ours + size + HX_MESSAGE_SPARE;
    const uint8_t *begin = hx_message_pack(packing, m, ours, end);
    if (!begin || (size_t)(end - begin) != size || memcmp(begin, bytes, size) != 0)
        abort();
    free(bytes);
    free(ours);
}

/* Whether the library reads what it writes of this. It does not, and we refuse it, when a field has
 * the number 0 in a tag of more bytes than one. */
static bool comes_back(const ProtobufCMessage *m)
{
    size_t size;
    uint8_t *bytes = packed(m, &size);
    ProtobufCMessage *again = protobuf_c_message_unpack(m->descriptor, NULL, size, bytes);
    bool back = again && reading_same(again, m);
    protobuf_c_message_free_unpacked(again, NULL);
    free(bytes);
    return back;
}

/* How something was read: what the arena held before, and what came of it. */
struct reading {
    const struct hx_packing *packing;
    ProtobufCBinaryData bytes;
    size_t before, after;
    int rc;
    const ProtobufCMessage *message;
};

static void check_reading(const struct reading *r, const ProtobufCMessageDescriptor *kind)
{
    const size_t most = HX_UNPACK_SPARE + HX_UNPACK_FACTOR * r->bytes.len;
    struct hx_arena arena;
    hx_arena_init(&arena, 0);
    ProtobufCAllocator memory = hx_arena_allocator(&arena);
    const ProtobufCMessage *m =
        protobuf_c_message_unpack(kind, &memory, r->bytes.len, r->bytes.data);
    if (r->rc == HX_OK) {
        if (!m || !r->message || r->after - r->before > most || !reading_same(r->message, m) ||
            !comes_back(m))
            abort();
        check_writing(r->packing, r->message);
    } else if (r->message || r->after != r->before)
        abort();
    /* the library takes about as much: what it reads with half of it is not too big for us */
    if (r->rc == HX_TOOBIG ? m && arena.total < most / 2 : r->rc != HX_OK && m && comes_back(m))
        abort();
    hx_arena_fini(&arena);
}

hxp_request *reading_request(struct hx_arena *arena, const uint8_t *bytes, size_t size)
{
    const ProtobufCBinaryData all = {size, (uint8_t *)(uintptr_t)bytes};
    struct reading r = {.packing = reader()->requests, .bytes = all, .before = arena->total};
    struct inbound in = {0};
    hxp_request *message;
    if (zmq_msg_init_data(&in.body, all.data, size, NULL, NULL))
        abort();
    r.rc = early_unpack(reader(), arena, &in, &message);
    zmq_msg_close(&in.body);
    r.message = message ? &message->base : NULL;
    r.after = arena->total;
    check_reading(&r, &hongxin__v1__request__descriptor);
    return message;
}

/* No event of an import's history has one of its own. */
static bool is_deep(const hxp_event *e)
{
    for (size_t i = 0; e->data && i < e->data->n_history; i++)
        if (e->data->history[i]->data && e->data->history[i]->data->n_history)
            return true;
    return false;
}

int reading_event(struct hx_arena *arena, ProtobufCBinaryData bytes, hxp_event **event)
{
    struct reading r = {.packing = reader()->events, .bytes = bytes, .before = arena->total};
    Hongxin__V1__Item item = HONGXIN__V1__ITEM__INIT;
    item.event = bytes;
    r.rc = early_decode(reader(), arena, &item, event);
    r.message = *event ? &(*event)->base : NULL;
    r.after = arena->total;
    if (hx_event_is_flat(bytes.data, bytes.len))
        check_reading(&r, &hongxin__v1__event__descriptor);
    else if (r.rc != HX_CORRUPT || *event)
        abort();
    if (*event && is_deep(*event))
        abort();
    return r.rc;
}
