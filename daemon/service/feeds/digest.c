#include "service/feeds/digest.h"

#include "service/deadlines.h"
#include "service/state.h"

/* One that cannot be decoded is the doctor's matter. */
static int count_again(void *service, uint64_t lsn, const uint8_t *bytes, size_t size)
{
    struct service *s = service;
    (void)lsn;
    hx_arena_reset(&s->arena);
    ProtobufCAllocator memory = hx_arena_allocator(&s->arena);
    const hxp_entry *e = hongxin__v1__entry__unpack(&memory, size, bytes);
    if (e)
        hx_digest_add(&s->digest, e);
    return 0;
}

int digest_load(struct service *s)
{
    uint64_t owed = hx_store_digest_owed(s->store);
    int rc = owed ? hx_store_entries(s->store, owed, SIZE_MAX, SIZE_MAX, count_again, s) : HX_OK;
    hx_arena_reset(&s->arena);
    return rc == HX_NOTFOUND ? HX_OK : rc;
}

int digest_owe(struct service *s)
{
    return hx_store_digest_owed(s->store)
               ? HX_OK /* of an earlier one: its notices are told in the same digest */
               : hx_store_digest_owe(s->store, s->machine.dist.lsn);
}

bool digest_due(struct service *s)
{
    bool owed = hx_store_digest_owed(s->store) && !hold_waits(s);
    return hx_digest_due(&s->digest, &s->machine, owed) &&
           deadlines_first(s) >= timebase_now(&s->time) && !batch_paused(s);
}

void digest_write(struct service *s)
{
    struct batch *b = &s->batch;
    if (!digest_due(s) || batch_begin(s) != HX_OK)
        return;
    hx_machine_set_time(&s->machine, timebase_now(&s->time));
    b->error = hx_machine_digest(&s->machine, &s->digest);
    if (b->error == HX_OK && hx_store_digest_owed(s->store))
        b->error = hx_store_digest_owe(s->store, 0);
}
