/* A life over the backend in memory, which gives nothing up: an allocation that fails ends it, and
 * must say that memory was short, never that something is damaged or not there. */
#include "engine/machine/memory.h"
#include "faulted/fail.h"
#include "faulted/town.h"

#include <inttypes.h>

static int ring(struct hx_machine *m, struct hx_memory *memory, int64_t until)
{
    int64_t due;
    uint64_t number;
    int rc = HX_OK;
    while (!rc && hx_memory_due(memory, &due, &number) && due < until) {
        hx_arena_reset(m->arena);
        hx_machine_set_time(m, due);
        rc = hx_machine_due(m, number, INT64_MAX);
    }
    hx_machine_set_time(m, until);
    return rc ? rc : hx_machine_watch(m, until);
}

static int tell(struct hx_machine *m, const struct life *l, const struct act *a)
{
    static struct act_text text;
    static uint8_t bytes[1024];
    hxp_event e;
    const hxp_reply *reply;
    life_event(l, a, &text, &e);
    hx_arena_reset(m->arena);
    const struct hx_arrival in = {.bytes = bytes,
                                  .size = hongxin__v1__event__pack(&e, bytes),
                                  .event = &e,
                                  .t_rcv = life_read_at(a, false)};
    return hx_machine_event(m, &in, &reply);
}

static int live(struct town *t, struct hx_memory *memory)
{
    uint8_t order[LIFE_ACTS];
    size_t n = life_order(t->life, false, order);
    struct hx_machine m = {.rules = t->m.rules,
                           .city = t->m.city,
                           .ops = hx_memory_backend(),
                           .backend = memory,
                           .arena = &t->arena,
                           .reach = t->m.reach};
    int rc = HX_OK;
    hx_memory_by_source(memory);
    hx_machine_set_time(&m, t->life->begin);
    for (size_t i = 0; i < n && !rc; i++) {
        const struct act *a = &t->life->acts[order[i]];
        rc = ring(&m, memory, life_read_at(a, false));
        if (!rc)
            rc = tell(&m, t->life, a);
    }
    return rc ? rc : ring(&m, memory, t->life->end);
}

static int in_memory(struct town *t, struct sum *s)
{
    struct hx_memory *memory;
    const uint8_t *bytes;
    size_t size;
    int rc = hx_memory_new(&memory);
    if (rc)
        return rc;
    rc = live(t, memory);
    for (uint64_t lsn = 1; !rc && lsn <= hx_memory_newest_lsn(memory); lsn++) {
        rc = hx_memory_entry(memory, lsn, &bytes, &size);
        if (!rc)
            sum_add(s, bytes, size);
    }
    hx_memory_free(memory);
    return rc;
}

void town_remember(struct town *t)
{
    struct sum whole = {0}, seen;
    fail_arm_only(FAIL_allocation, 0);
    int rc = in_memory(t, &whole);
    uint64_t calls = fail_disarm();
    uint64_t step = t->most && calls > 4 * t->most ? calls / (4 * t->most) : 1;
    if (rc)
        town_fail(t, "in memory: %s", hx_errname(rc));
    town_read(t, "in memory", in_memory);
    for (uint64_t at = 1; !t->failed && at <= calls; at += step) {
        seen.value = 0;
        fail_arm_only(FAIL_allocation, at);
        rc = in_memory(t, &seen);
        (void)fail_disarm();
        t->tried++;
        if (rc != HX_NOMEM && (rc || seen.value != whole.value))
            town_fail(t, "allocation %" PRIu64 " failed, and it says %s", at, hx_errname(rc));
    }
}
