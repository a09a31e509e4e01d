/* An exported journal: the file's frame, every entry, and the machine that makes them again. What
 * is damaged is named; nothing is done twice, nobody dies of it. */
#include "engine/machine/memory.h"
#include "engine/machine/replay.h"
#include "fuzz.h"
#include "property/world.h"
#include "store/store.h"

#include <stdio.h>
#include <stdlib.h>

struct reading {
    struct hx_replay *replay;
    struct hx_memory *memory;
};

static int take(void *ctx, uint64_t lsn, const uint8_t *bytes, size_t size)
{
    struct reading *r = ctx;
    size_t n;
    (void)lsn;
    if (hx_replay_entry(r->replay, bytes, size) != HX_OK)
        return 1;
    (void)hx_memory_take(r->memory, &n);
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct reading r = {0};
    struct hx_journal_head head;
    FILE *in = size ? fmemopen((void *)(uintptr_t)data, size, "rb") : NULL;
    if (!in)
        return 0;
    if (hx_memory_new(&r.memory))
        abort();
    const struct hx_replay_options o = {.rules = world_rules(),
                                        .city = world_city(),
                                        .ops = hx_memory_backend(),
                                        .backend = r.memory};
    if (hx_replay_new(&o, &r.replay))
        abort();
    if (hx_journal_read(in, &head, take, &r) == HX_OK)
        (void)!hx_replay_finish(r.replay);
    hx_replay_free(r.replay);
    hx_memory_free(r.memory);
    fclose(in);
    return 0;
}
