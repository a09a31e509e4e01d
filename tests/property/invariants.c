#include "property/invariants.h"

#include "engine/machine/memory.h"
#include "engine/step.h"
#include "property/world.h"
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void invariants_broken(struct invariants *v, const char *format, ...)
{
    va_list args;
    if (v->problem[0])
        return;
    va_start(args, format);
    vsnprintf(v->problem, sizeof v->problem, format, args);
    va_end(args);
}

/* ---- entries ---- */

static uint64_t mix(uint64_t h, const char *s)
{
    for (; *s; s++)
        h = (h ^ (unsigned char)*s) * UINT64_C(1099511628211);
    return (h ^ 0xff) * UINT64_C(1099511628211);
}

/* Whoever heard that it is not so may be told of the same mark again. */
static void taken_back(struct invariants *v, uint64_t what)
{
    size_t kept = 0;
    for (size_t i = 0; i < v->n_told; i++)
        if (v->told[i].what != what)
            v->told[kept++] = v->told[i];
    v->n_told = kept;
}

/* 3: no mark fires twice, none before its time. */
static void check_notice(struct invariants *v, const hxp_entry *e, const hxp_notice_fact *f)
{
    uint64_t what = UINT64_C(14695981039346656037) ^ e->cycle ^ e->case_number << 8;
    what = mix(mix(mix(what, f->clock), f->level), f->to);
    if (strcmp(f->kind, "CORRECTION") == 0)
        taken_back(v, what);
    bool alarm = strcmp(f->kind, "REMINDER") == 0 || strcmp(f->kind, "WARNING") == 0 ||
                 strcmp(f->kind, "BREACH") == 0;
    if (!alarm || f->why[0])
        return;
    if (e->t_rec < f->t_due)
        invariants_broken(v, "3: %s %s is told before it is due", f->clock, f->level);
    for (size_t i = 0; i < v->n_told; i++)
        if (v->told[i].what == what && v->told[i].t_due == f->t_due)
            invariants_broken(v, "3: %s %s is told twice to %s", f->clock, f->level, f->to);
    if (v->n_told == INVARIANTS_TOLD)
        return;
    v->told[v->n_told].what = what;
    v->told[v->n_told++].t_due = f->t_due;
}

/* 2: every millisecond has one owner. */
static void check_owner(struct invariants *v, const hxp_owner_fact *f)
{
    int64_t sum = (int64_t)(f->citizen + f->dispatcher + f->holder + f->assisting + f->arbiter +
                            f->force + f->system);
    if (sum != (int64_t)f->total_ms)
        invariants_broken(v, "2: the parts add up to %" PRId64 " of %" PRId64 " ms", sum,
                          (int64_t)f->total_ms);
}

void invariants_entry(struct invariants *v, const hxp_entry *e)
{
    if (e->t_rec < v->last)
        invariants_broken(v, "R13: time runs backwards at entry %" PRIu64, e->lsn);
    v->last = e->t_rec;
    for (size_t i = 0; i < e->n_facts; i++) {
        const hxp_fact *f = e->facts[i];
        if (f->fact_case == HONGXIN__V1__FACT__FACT_NOTICE)
            check_notice(v, e, f->notice);
        if (f->fact_case == HONGXIN__V1__FACT__FACT_OWNER)
            check_owner(v, f->owner);
        if (f->fact_case == HONGXIN__V1__FACT__FACT_BREACH &&
            f->breach->t_noticed < f->breach->t_due)
            invariants_broken(v, "4: %s is noticed before it is due", f->breach->clock);
    }
}

/* ---- cases ---- */

static void check_clock(struct invariants *v, const struct hx_case *c, const struct hx_clock *k)
{
    const char *name = v->rules->clocks[k->kind].name;
    if (k->deadline != hx_clock_deadline(v->rules, k))
        invariants_broken(v, "7: the parts of %s give another deadline", name);
    if (k->met == 1 && k->deadline && k->stopped_at > k->deadline)
        invariants_broken(v, "R3: %s is met after its deadline", name);
    bool accused = false;
    for (uint32_t i = 0; i < c->n_breaches; i++)
        accused |= c->breaches[i].kind == k->kind && c->breaches[i].cycle == k->cycle;
    if (k->met == 2 && v->rules->clocks[k->kind].promise && !accused)
        invariants_broken(v, "R7: %s is missed and no breach says so", name);
}

/* Neither met nor missed nor without effect; it may go on. */
static bool is_open(const struct hx_clock *k)
{
    return k->state == HX_CLOCK_RUNNING || k->state == HX_CLOCK_PAUSED ||
           k->state == HX_CLOCK_MERGED;
}

/* 5: whoever heard of a breach hears its end, unless the clock is still open. */
static void check_told(struct invariants *v, const struct hx_case *c, const struct hx_told *t)
{
    bool open = false;
    for (uint32_t i = 0; i < c->n_clocks; i++)
        if (c->clocks[i].kind == t->kind && c->clocks[i].cycle == t->cycle)
            open |= is_open(&c->clocks[i]);
    if (t->how == HX_NOTICE_BREACH && !t->done && !open)
        invariants_broken(v, "5: %s heard of the breach of %s and not how it ended", t->to,
                          v->rules->clocks[t->kind].name);
}

/* 2, of the case. */
static void check_owners(struct invariants *v, const struct hx_case *c)
{
    int64_t sum = 0;
    for (int i = 0; i < HX_OWNERS; i++) {
        sum += c->owner_ms[i];
        if (c->owner_ms[i] < 0)
            invariants_broken(v, "2: %s has less than nothing", hx_owner_name((enum hx_owner)i));
    }
    if (sum != c->owner_since - c->t_report)
        invariants_broken(v, "2: the parts do not add up");
}

/* 1: what waits has a row that fires in time. */
static void check_row(struct invariants *v, const struct hx_case *c)
{
    int64_t due = hx_case_due(v->rules, c);
    if (hx_case_open(v->rules, c) && !hx_case_clocked(v->rules, c))
        invariants_broken(v, "1: %s has no clock", v->rules->states[c->state].name);
    if (due != INT64_MAX && (!c->due_row || c->due_row > due))
        invariants_broken(v, "1: its row comes after its next mark");
}

/* 4: none is noticed early, and nobody is accused twice of the same. */
static void check_breach(struct invariants *v, const struct hx_case *c, uint32_t at)
{
    const struct hx_breach *b = &c->breaches[at];
    const char *name = v->rules->clocks[b->kind].name;
    if (b->t_noticed < b->deadline)
        invariants_broken(v, "4: %s was noticed before it was due", name);
    for (const struct hx_breach *o = c->breaches; o < b; o++)
        if (b->kind == o->kind && b->cycle == o->cycle && b->deadline == o->deadline &&
            strcmp(b->holder, o->holder) == 0 && !o->marks)
            invariants_broken(v, "3: %s accuses %s twice", name, b->holder);
}

bool invariants_packing(const struct hx_case *c)
{
    static uint8_t packed[HX_CASE_PACKED_MAX], again[HX_CASE_PACKED_MAX];
    static struct hx_case back;
    size_t n = hx_case_pack(c, packed, sizeof packed);
    if (!n && c->number)
        return false; /* it had no room; of nothing nothing is stored */
    return !hx_case_unpack(packed, n, &back) && hx_case_pack(&back, again, sizeof again) == n &&
           memcmp(packed, again, n) == 0;
}

void invariants_case(struct invariants *v, const struct hx_case *c)
{
    check_owners(v, c);
    check_row(v, c);
    for (uint32_t i = 0; i < c->n_clocks; i++)
        check_clock(v, c, &c->clocks[i]);
    for (uint32_t i = 0; i < c->n_breaches; i++)
        check_breach(v, c, i);
    for (uint32_t i = 0; i < c->n_told; i++)
        check_told(v, c, &c->told[i]);
    if (!invariants_packing(c))
        invariants_broken(v, "its stored form reads as another case");
}

/* ---- a world ---- */

static void check_number(struct invariants *v, struct world *w, uint64_t number)
{
    static struct hx_case c;
    if (number && w->m.ops->case_load(w->m.backend, number, &c) == HX_OK)
        invariants_case(v, &c);
}

void invariants_world(struct invariants *v, struct world *w, bool all)
{
    size_t n;
    const hxp_entry *const *entries = hx_memory_take(w->memory, &n);
    for (size_t i = 0; i < n; i++) {
        invariants_entry(v, entries[i]);
        if (i + 1 == n || entries[i]->case_number != entries[i + 1]->case_number)
            check_number(v, w, entries[i]->case_number);
    }
    for (uint64_t c = 1; all && c <= hx_memory_cases(w->memory); c++)
        check_number(v, w, c);
    if (!v->problem[0])
        return;
    fprintf(stderr, "%s\n", v->problem);
    abort();
}
