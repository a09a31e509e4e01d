/* Events as bytes, whatever they are, read as the doors read them (reading.h), against a machine:
 * each is answered, none leaves the machine in a state that another event or the next deadline
 * could not go on from, and the invariants hold (property/invariants.h). The input is a row of
 * events, each behind its size in two bytes. */
#include "fuzz.h"
#include "hongxin/instant.h"
#include "property/invariants.h"
#include "property/world.h"
#include "reading.h"
#include "service/locks/mask.h"

#include <stdlib.h>

static const int64_t START = WORLD_EVENING;

/* What the doors refuse never comes to the machine. Those of an odd size were looked at before
 * their turn, as they are when there is time. */
static void publish(struct world *w, struct invariants *v, const uint8_t *bytes, size_t size)
{
    const ProtobufCBinaryData all = {size, (uint8_t *)(uintptr_t)bytes};
    struct hx_glance glance;
    hxp_event *e;
    int rc = reading_event(&w->arena, all, &e);
    if (rc == HX_TOOBIG || (e && mask_written_back(e)))
        return;
    struct hx_arrival in = {.bytes = bytes, .size = size, .event = e, .t_rcv = w->m.now};
    if (e && size % 2) {
        hx_event_glance(e, all, &glance);
        in.glance = &glance;
    }
    const hxp_reply *reply = NULL;
    if (hx_machine_event(&w->m, &in, &reply) || !reply)
        abort();
    invariants_world(v, w, false);
    hx_arena_reset(&w->arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct world w;
    static struct invariants v;
    const uint8_t *end = data + size;
    v = (struct invariants){.rules = world_rules()};
    world_open(&w, START);
    for (int i = 0; i < 64 && end - data > 2; i++) {
        size_t n = (size_t)data[0] << 8 | data[1];
        data += 2;
        n = n < (size_t)(end - data) ? n : (size_t)(end - data);
        publish(&w, &v, data, n);
        data += n;
        world_wait(&w, w.m.now + 20 * HX_SECOND);
    }
    world_wait(&w, w.m.now + 3 * HX_DAY);
    invariants_world(&v, &w, true);
    world_close(&w);
    return 0;
}
