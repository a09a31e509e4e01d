/* Events as bytes, whatever they are, against a machine: each is answered, none leaves the machine
 * in a state that another event or the next deadline could not go on from. The input is a row of
 * events, each behind its size in two bytes. */
#include "engine/machine/memory.h"
#include "fuzz.h"
#include "hongxin/instant.h"
#include "property/world.h"

#include <stdlib.h>

static const int64_t START = WORLD_EVENING;

static void publish(struct world *w, const uint8_t *bytes, size_t size)
{
    ProtobufCAllocator in_arena = hx_arena_allocator(&w->arena);
    const hxp_event *e = hongxin__v1__event__unpack(&in_arena, size, bytes);
    struct hx_arrival in = {.bytes = bytes, .size = size, .event = e, .t_rcv = w->m.now};
    const hxp_reply *reply = NULL;
    size_t n;
    if (hx_machine_event(&w->m, &in, &reply) || !reply)
        abort();
    const hxp_entry *const *entries = hx_memory_take(w->memory, &n);
    for (size_t i = 0; i < n; i++) {
        size_t packed = hongxin__v1__entry__get_packed_size(entries[i]);
        uint8_t *out = malloc(packed + 1);
        if (!out || hongxin__v1__entry__pack(entries[i], out) != packed)
            abort();
        free(out);
    }
    hx_arena_reset(&w->arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct world w;
    const uint8_t *end = data + size;
    world_open(&w, START);
    for (int i = 0; i < 64 && end - data > 2; i++) {
        size_t n = (size_t)data[0] << 8 | data[1];
        data += 2;
        n = n < (size_t)(end - data) ? n : (size_t)(end - data);
        publish(&w, data, n);
        data += n;
        world_wait(&w, w.m.now + 20 * HX_SECOND);
    }
    world_wait(&w, w.m.now + 3 * HX_DAY);
    world_close(&w);
    return 0;
}
