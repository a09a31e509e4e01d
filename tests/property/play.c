#include "property/play.h"

#include "engine/machine/memory.h"
#include "engine/machine/replay.h"
#include "engine/step.h"
#include "property/world.h"
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { TOLD_MAX = 512 };

/* What is remembered of a run to judge it. */
struct run {
    const struct life *l;
    char *problem;
    bool failed;
    size_t n_told; /* the notices that went out */
    struct {
        uint64_t what; /* digest of clock, level and receiver */
        int64_t t_due;
    } told[TOLD_MAX];
    int64_t last;             /* t_rec of the newest entry */
    struct hx_replay *replay; /* NULL: not replayed */
    struct hx_memory *again;
};

static bool replays;

void play_replays(bool on)
{
    replays = on;
}

#define BROKEN(r, ...)                                                                             \
    do {                                                                                           \
        if (!(r)->failed)                                                                          \
            snprintf((r)->problem, 256, __VA_ARGS__);                                              \
        (r)->failed = true;                                                                        \
    } while (0)

/* ---- invariants on entries ---- */

static uint64_t mix(uint64_t h, const char *s)
{
    for (; *s; s++)
        h = (h ^ (unsigned char)*s) * UINT64_C(1099511628211);
    return (h ^ 0xff) * UINT64_C(1099511628211);
}

/* Whoever heard that it is not so may be told of the same mark again. */
static void taken_back(struct run *r, uint64_t what)
{
    size_t kept = 0;
    for (size_t i = 0; i < r->n_told; i++)
        if (r->told[i].what != what)
            r->told[kept++] = r->told[i];
    r->n_told = kept;
}

/* 3: no mark fires twice, none before its time. */
static void check_notice(struct run *r, const hxp_entry *e, const hxp_notice_fact *f)
{
    uint64_t what =
        mix(mix(mix(UINT64_C(14695981039346656037) ^ e->cycle, f->clock), f->level), f->to);
    if (strcmp(f->kind, "CORRECTION") == 0)
        taken_back(r, what);
    bool alarm = strcmp(f->kind, "REMINDER") == 0 || strcmp(f->kind, "WARNING") == 0 ||
                 strcmp(f->kind, "BREACH") == 0;
    if (!alarm || f->why[0])
        return;
    if (e->t_rec < f->t_due)
        BROKEN(r, "3: %s %s is told before it is due", f->clock, f->level);
    for (size_t i = 0; i < r->n_told; i++)
        if (r->told[i].what == what && r->told[i].t_due == f->t_due)
            BROKEN(r, "3: %s %s is told twice to %s", f->clock, f->level, f->to);
    if (r->n_told == TOLD_MAX)
        return;
    r->told[r->n_told].what = what;
    r->told[r->n_told++].t_due = f->t_due;
}

/* 2: every millisecond has one owner. */
static void check_owner(struct run *r, const hxp_owner_fact *f)
{
    int64_t sum = (int64_t)(f->citizen + f->dispatcher + f->holder + f->assisting + f->arbiter +
                            f->force + f->system);
    if (sum != (int64_t)f->total_ms)
        BROKEN(r, "2: the parts add up to %" PRId64 " of %" PRId64 " ms", sum,
               (int64_t)f->total_ms);
}

static void check_entry(struct run *r, const hxp_entry *e)
{
    if (e->t_rec < r->last)
        BROKEN(r, "R13: time runs backwards at entry %" PRIu64, e->lsn);
    r->last = e->t_rec;
    for (size_t i = 0; i < e->n_facts; i++) {
        const hxp_fact *f = e->facts[i];
        if (f->fact_case == HONGXIN__V1__FACT__FACT_NOTICE)
            check_notice(r, e, f->notice);
        if (f->fact_case == HONGXIN__V1__FACT__FACT_OWNER)
            check_owner(r, f->owner);
        if (f->fact_case == HONGXIN__V1__FACT__FACT_BREACH &&
            f->breach->t_noticed < f->breach->t_due)
            BROKEN(r, "4: %s is noticed before it is due", f->breach->clock);
    }
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
        BROKEN(r, "6: entry %" PRIu64 " cannot be replayed", e->lsn);
    (void)hx_memory_take(r->again, &n);
}

static void replay_end(struct run *r)
{
    if (!r->replay)
        return;
    if (hx_replay_finish(r->replay) || hx_replay_differences(r->replay))
        BROKEN(r, "6: a replay makes other entries");
    hx_replay_free(r->replay);
    hx_memory_free(r->again);
}

static void check_entries(struct run *r, struct world *w)
{
    size_t n;
    const hxp_entry *const *entries = hx_memory_take(w->memory, &n);
    for (size_t i = 0; i < n; i++) {
        check_entry(r, entries[i]);
        replay_entry(r, entries[i]);
    }
    hx_arena_reset(&w->arena);
}

/* ---- invariants on the case ---- */

static void check_clock(struct run *r, const struct hx_case *c, const struct hx_clock *k)
{
    const char *name = world_rules()->clocks[k->kind].name;
    if (k->deadline != hx_clock_deadline(world_rules(), k))
        BROKEN(r, "7: the parts of %s give another deadline", name);
    if (k->met == 1 && k->deadline && k->stopped_at > k->deadline)
        BROKEN(r, "R3: %s is met after its deadline", name);
    bool accused = false;
    for (uint32_t i = 0; i < c->n_breaches; i++)
        accused |= c->breaches[i].kind == k->kind && c->breaches[i].cycle == k->cycle;
    if (k->met == 2 && world_rules()->clocks[k->kind].promise && !accused)
        BROKEN(r, "R7: %s is missed and no breach says so", name);
}

/* 5: whoever heard of a breach hears its end, unless the clock still runs. */
static void check_told(struct run *r, const struct hx_case *c, const struct hx_told *t)
{
    bool runs = false;
    for (uint32_t i = 0; i < c->n_clocks; i++)
        if (c->clocks[i].kind == t->kind && c->clocks[i].cycle == t->cycle)
            runs |= c->clocks[i].state == HX_CLOCK_RUNNING || c->clocks[i].state == HX_CLOCK_PAUSED;
    if (t->how == HX_NOTICE_BREACH && !t->done && !runs)
        BROKEN(r, "5: %s heard of the breach of %s and not how it ended", t->to,
               world_rules()->clocks[t->kind].name);
}

static void check_case(struct run *r, const struct hx_case *c)
{
    int64_t sum = 0;
    for (int i = 0; i < HX_OWNERS; i++) {
        sum += c->owner_ms[i];
        if (c->owner_ms[i] < 0)
            BROKEN(r, "2: %s has less than nothing", hx_owner_name((enum hx_owner)i));
    }
    if (sum != c->owner_since - c->t_report)
        BROKEN(r, "2: the parts do not add up");
    int64_t due = hx_case_due(world_rules(), c);
    if (hx_case_open(world_rules(), c) && !hx_case_clocked(world_rules(), c))
        BROKEN(r, "1: %s has no clock", world_rules()->states[c->state].name);
    if (due != INT64_MAX && (!c->due_row || c->due_row > due))
        BROKEN(r, "1: its row comes after its next mark");
    for (uint32_t i = 0; i < c->n_clocks; i++)
        check_clock(r, c, &c->clocks[i]);
    for (uint32_t i = 0; i < c->n_told; i++)
        check_told(r, c, &c->told[i]);
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
    r = (struct run){.l = l, .problem = problem};
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
        check_case(&r, &c);
        judge(&c, l->end, v);
    } else
        memset(v, 0, sizeof *v);
    world_close(&w);
    return !r.failed;
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
