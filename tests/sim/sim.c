/* The machine's state: chance, steps, the queue of what is to happen. */
#include "sim/sim.h"

#include "base/message.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct sim sim;

static struct happening {
    int64_t at;
    uint64_t order;
    sim_fn *fn;
    void *ctx;
    uint64_t number;
} * heap;
static size_t n_heap, cap_heap;
static uint64_t order;

void sim_reset(uint64_t seed)
{
    bool verbose = sim.verbose;
    sim_queue_clear();
    sim = (struct sim){.seed = seed,
                       .state = seed * UINT64_C(0xD1342543DE82EF95) + 1,
                       .synchronised = true,
                       .scale = 1,
                       .crash_at = UINT64_MAX,
                       .verbose = verbose,
                       .digest = UINT64_C(14695981039346656037)};
    order = 0;
}

/* ---- chance ---- */

uint64_t sim_draw(uint64_t below)
{
    uint64_t z = sim.state += UINT64_C(0x9E3779B97F4A7C15);
    z = (z ^ (z >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94D049BB133111EB);
    return (z ^ (z >> 31)) % below;
}

bool sim_chance(unsigned per_mille)
{
    return sim_draw(1000) < per_mille;
}

int64_t sim_span(int64_t least, int64_t most)
{
    int64_t width = most - least + 1;
    int bits = 0;
    while (bits < 62 && (INT64_C(1) << bits) < width)
        bits++;
    int64_t upto = bits ? INT64_C(1) << sim_draw((uint64_t)bits + 1) : 1;
    return least + (int64_t)sim_draw((uint64_t)(upto < width ? upto : width));
}

/* ---- what is seen of it ---- */

bool sim_step(void)
{
    if (sim.running && !sim.dead && ++sim.steps >= sim.crash_at)
        sim.dead = true;
    return !sim.dead;
}

void sim_note(const void *bytes, size_t size)
{
    const uint8_t *p = bytes;
    uint64_t word;
    for (; size >= sizeof word; p += sizeof word, size -= sizeof word) {
        memcpy(&word, p, sizeof word);
        sim.digest = ((sim.digest ^ word) * UINT64_C(1099511628211)) ^ (sim.digest >> 32);
    }
    for (; size; p++, size--)
        sim.digest = (sim.digest ^ *p) * UINT64_C(1099511628211);
    sim.digest = (sim.digest ^ (uint64_t)sim.now_us) * UINT64_C(1099511628211);
}

void sim_fail(const char *fmt, ...)
{
    va_list ap;
    if (sim.failed)
        return;
    sim.failed = true;
    int n = snprintf(sim.problem, sizeof sim.problem,
                     "at %lld.%06lld s: ", (long long)(sim.now_us / SIM_SECOND),
                     (long long)(sim.now_us % SIM_SECOND));
    va_start(ap, fmt);
    vsnprintf(sim.problem + n, sizeof sim.problem - (size_t)n, fmt, ap);
    va_end(ap);
}

/* ---- messages ---- */

static const struct hx_packing *packing_of(const ProtobufCMessageDescriptor *type)
{
    enum { KINDS = 8 };
    static struct {
        const ProtobufCMessageDescriptor *type;
        struct hx_packing *packing; /* as long as the process lives */
    } kinds[KINDS];
    size_t i = 0;
    while (i < KINDS - 1 && kinds[i].type && kinds[i].type != type)
        i++;
    if (!kinds[i].type) {
        kinds[i].type = type;
        kinds[i].packing = hx_packing_new(type);
    }
    if (kinds[i].type != type || !kinds[i].packing)
        abort();
    return kinds[i].packing;
}

void *sim_decode(const ProtobufCMessageDescriptor *type, struct hx_arena *kept, const void *bytes,
                 size_t size)
{
    hx_arena_reset(kept);
    return hx_message_unpack(packing_of(type), kept, bytes, size);
}

/* ---- the queue: a heap by time, then by the order of the calls ---- */

static bool before(const struct happening *a, const struct happening *b)
{
    return a->at != b->at ? a->at < b->at : a->order < b->order;
}

static void swap(size_t a, size_t b)
{
    struct happening h = heap[a];
    heap[a] = heap[b];
    heap[b] = h;
}

void sim_at(int64_t at_us, sim_fn *fn, void *ctx, uint64_t number)
{
    if (n_heap == cap_heap) {
        cap_heap = cap_heap ? 2 * cap_heap : 4096;
        heap = realloc(heap, cap_heap * sizeof *heap);
        if (!heap)
            abort();
    }
    size_t i = n_heap++;
    heap[i] =
        (struct happening){.at = at_us, .order = order++, .fn = fn, .ctx = ctx, .number = number};
    for (; i && before(&heap[i], &heap[(i - 1) / 2]); i = (i - 1) / 2)
        swap(i, (i - 1) / 2);
}

int64_t sim_next(void)
{
    return n_heap ? heap[0].at : INT64_MAX;
}

static void drop_first(void)
{
    heap[0] = heap[--n_heap];
    for (size_t i = 0;;) {
        size_t least = i;
        for (size_t child = 2 * i + 1; child <= 2 * i + 2 && child < n_heap; child++)
            if (before(&heap[child], &heap[least]))
                least = child;
        if (least == i)
            return;
        swap(i, least);
        i = least;
    }
}

void sim_happen(void)
{
    struct happening h = heap[0];
    drop_first();
    if (h.at > sim.now_us)
        sim.now_us = h.at;
    h.fn(h.ctx, h.number);
}

void sim_queue_clear(void)
{
    free(heap);
    heap = NULL;
    n_heap = cap_heap = 0;
}

void sim_pass(int64_t until_us)
{
    while (sim_next() <= until_us)
        sim_happen();
    if (sim.now_us < until_us)
        sim.now_us = until_us;
}
