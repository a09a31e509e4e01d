#include "property/play.h"

#include "engine/machine/memory.h"
#include "engine/machine/replay.h"
#include "property/invariants.h"
#include "property/world.h"
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* What is remembered of a run to judge it. */
struct run {
    struct invariants v;
    struct hx_replay *replay; /* NULL: not replayed */
    struct hx_memory *again;
};

static bool replays;

void play_replays(bool on)
{
    replays = on;
}

/* 6: the journal alone makes the same entries again. */
static void replay_begin(struct run *r)
{
    if (!replays)
        return;
    if (hx_memory_new(&r->again))
        abort();
    const struct hx_replay_options o = {.rules = world_rules(),
                                        .city = world_city(),
                                        .ops = hx_memory_backend(),
                                        .backend = r->again};
    if (hx_replay_new(&o, &r->replay))
        abort();
}

static void replay_entry(struct run *r, const hxp_entry *e)
{
    static uint8_t bytes[64 * 1024];
    size_t n;
    if (!r->replay)
        return;
    if (hx_replay_entry(r->replay, bytes, hongxin__v1__entry__pack(e, bytes)))
        invariants_broken(&r->v, "6: entry %" PRIu64 " cannot be replayed", e->lsn);
    (void)hx_memory_take(r->again, &n);
}

static void replay_end(struct run *r)
{
    if (!r->replay)
        return;
    if (hx_replay_finish(r->replay) || hx_replay_differences(r->replay))
        invariants_broken(&r->v, "6: a replay makes other entries");
    hx_replay_free(r->replay);
    hx_memory_free(r->again);
}

static void check_entries(struct run *r, struct world *w)
{
    size_t n;
    const hxp_entry *const *entries = hx_memory_take(w->memory, &n);
    for (size_t i = 0; i < n; i++) {
        invariants_entry(&r->v, entries[i]);
        replay_entry(r, entries[i]);
    }
    hx_arena_reset(&w->arena);
}

/* ---- playing ---- */

static void publish(struct world *w, const struct life *l, const struct act *a, int64_t t)
{
    /* the entry points to the bytes, its reply to the texts, until both are checked */
    static struct act_text text;
    static uint8_t bytes[1024];
    hxp_event e;
    const hxp_reply *reply;
    life_event(l, a, &text, &e);
    size_t n = hongxin__v1__event__pack(&e, bytes);
    struct hx_arrival in = {.bytes = bytes, .size = n, .event = &e, .t_rcv = t};
    if (hx_machine_event(&w->m, &in, &reply) != HX_OK)
        abort();
}

static void add_promise(struct promise *list, size_t *n, struct promise p)
{
    size_t at = (*n)++;
    for (; at && memcmp(&list[at - 1], &p, sizeof p) > 0; at--)
        list[at] = list[at - 1];
    list[at] = p;
}

static struct promise promise_of(uint8_t kind, uint8_t cycle, uint8_t met, int64_t deadline)
{
    struct promise p;
    memset(&p, 0, sizeof p); /* compared as bytes */
    p.kind = kind;
    p.cycle = cycle;
    p.met = met;
    p.deadline = deadline;
    return p;
}

static void judge(const struct hx_case *c, int64_t end, struct verdict *v)
{
    memset(v, 0, sizeof *v);
    v->state = c->state;
    v->cycle = c->cycle;
    memcpy(v->owner_ms, c->owner_ms, sizeof v->owner_ms);
    v->owner_ms[c->owner] += end - c->owner_since;
    for (uint32_t i = 0; i < c->n_clocks; i++) {
        const struct hx_clock *k = &c->clocks[i];
        if (world_rules()->clocks[k->kind].promise)
            add_promise(v->promises, &v->n_promises,
                        promise_of(k->kind, k->cycle, (uint8_t)k->met, k->deadline));
    }
    for (uint32_t i = 0; i < c->n_breaches; i++) {
        const struct hx_breach *b = &c->breaches[i];
        v->n_rebutted += (b->marks & HX_BREACH_REBUTTED) != 0;
        if (!b->marks)
            add_promise(v->breaches, &v->n_breaches, promise_of(b->kind, b->cycle, 2, b->deadline));
    }
}

bool play(const struct life *l, bool in_order, struct verdict *v, char problem[256])
{
    static struct world w;
    static struct hx_case c;
    static struct run r;
    uint8_t order[LIFE_ACTS];
    size_t n = life_order(l, in_order, order);
    r = (struct run){.v.rules = world_rules()};
    world_open(&w, l->begin);
    replay_begin(&r);
    for (size_t i = 0; i < n; i++) {
        const struct act *a = &l->acts[order[i]];
        world_wait(&w, life_read_at(a, in_order));
        publish(&w, l, a, life_read_at(a, in_order));
        check_entries(&r, &w);
    }
    world_wait(&w, l->end);
    check_entries(&r, &w);
    replay_end(&r);
    if (w.m.ops->case_load(w.m.backend, 1, &c) == HX_OK) {
        invariants_case(&r.v, &c);
        judge(&c, l->end, v);
    } else
        memset(v, 0, sizeof *v);
    world_close(&w);
    memcpy(problem, r.v.problem, sizeof r.v.problem);
    return !problem[0];
}

static bool same(const char *what, const struct promise *a, size_t na, const struct promise *b,
                 size_t nb, char problem[256])
{
    for (size_t i = 0; i < na || i < nb; i++) {
        if (i < na && i < nb && memcmp(&a[i], &b[i], sizeof *a) == 0)
            continue;
        const struct promise *p = i < na ? &a[i] : &b[i];
        snprintf(problem, 256, "%s of %s in cycle %d: as read met=%d, in order met=%d", what,
                 world_rules()->clocks[p->kind].name, p->cycle, i < na ? a[i].met : -1,
                 i < nb ? b[i].met : -1);
        return false;
    }
    return true;
}

bool verdicts_equal(const struct verdict *a, const struct verdict *b, char problem[256])
{
    if (a->state != b->state || a->cycle != b->cycle) {
        snprintf(problem, 256, "ends as read in %s/%d, in order in %s/%d",
                 world_rules()->states[a->state].name, a->cycle,
                 world_rules()->states[b->state].name, b->cycle);
        return false;
    }
    for (int i = 0; i < HX_OWNERS; i++)
        if (a->owner_ms[i] != b->owner_ms[i]) {
            snprintf(problem, 256, "%s owns as read %" PRId64 " ms, in order %" PRId64,
                     hx_owner_name((enum hx_owner)i), a->owner_ms[i], b->owner_ms[i]);
            return false;
        }
    return same("promise", a->promises, a->n_promises, b->promises, b->n_promises, problem) &&
           same("breach", a->breaches, a->n_breaches, b->breaches, b->n_breaches, problem);
}
