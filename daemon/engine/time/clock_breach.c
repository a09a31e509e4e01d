/* The breaches of a clock: written once, and rebutted by a proof that came late (R7, corner 4).
 * Each is a fact. */
#include "engine/machine/machine_internal.h"
#include "engine/time/clock_internal.h"

#include <string.h>

/* Once its end was judged it is broken, wherever its deadline has moved since without lying ahead
 * again. */
struct hx_breach *hx_clock_breach(struct hx_case *c, const struct hx_clock *k)
{
    bool judged = k->fired & HX_CLOCK_END;
    for (uint32_t i = c->n_breaches; i-- > 0;)
        if (c->breaches[i].kind == k->kind && c->breaches[i].cycle == k->cycle &&
            (judged || c->breaches[i].deadline == k->deadline))
            return &c->breaches[i];
    return NULL;
}

/* A breach of this cycle bears no mark. */
static bool one_stands(const struct hx_case *c)
{
    for (uint32_t i = 0; i < c->n_breaches; i++)
        if (c->breaches[i].cycle == c->cycle && !c->breaches[i].marks)
            return true;
    return false;
}

static const char *mark_name(uint32_t mark)
{
    return mark == HX_BREACH_REBUTTED   ? "REBUTTED"
           : mark == HX_BREACH_EXCLUDED ? "EXCLUDED"
                                        : "VOID_RETURN";
}

void hx_mark_breach(struct hx_step *s, struct hx_breach *b, uint32_t mark, const char *why)
{
    b->marks |= mark;
    hx_proposals_settle(s, b);
    hx_fact_breach_mark(s, b, mark_name(mark), why);
    if (!one_stands(s->c))
        hx_flag_set(s, HX_FLAG_BREACHED, false);
}

/* Nothing is left that a proof could refute. Of one that two persons excluded there is. */
static bool refuted(const struct hx_breach *b)
{
    return b->marks & (HX_BREACH_REBUTTED | HX_BREACH_VOID_RETURN);
}

/* Trusted proof of an earlier time came after the accusation (corner 4). */
static void rebut(struct hx_step *s, struct hx_breach *b)
{
    if (refuted(b))
        return;
    long long late = (long long)((s->t_rcv - s->t_eff) / 1000);
    const char *why =
        hx_arena_printf(s->arena, "reported late by %lld min %lld s", late / 60, late % 60);
    hx_mark_breach(s, b, HX_BREACH_REBUTTED, why);
    hx_ladder_correct_breach(s, b, why);
}

/* When the clock began whose end this breach was; the begin of its cycle when it was moved since.
 */
static int64_t breach_began(const struct hx_step *s, const struct hx_breach *b)
{
    const struct hx_case *c = s->c;
    for (uint32_t i = c->n_clocks; i-- > 0;) {
        const struct hx_clock *k = &c->clocks[i];
        if (k->kind == b->kind && k->cycle == b->cycle && k->deadline == b->deadline)
            return k->start;
    }
    return hx_cycle_began(s->rules, c, b->cycle);
}

bool hx_breach_refuted(const struct hx_step *s, const struct hx_breach *b, int kind)
{
    return b->kind == kind && s->t_eff <= b->deadline && s->t_eff >= breach_began(s, b) &&
           !refuted(b) && strcmp(b->holder, s->actor.area) == 0;
}

void hx_clock_refute(struct hx_step *s, int kind)
{
    for (uint32_t i = 0; i < s->c->n_breaches; i++)
        if (hx_breach_refuted(s, &s->c->breaches[i], kind))
            rebut(s, &s->c->breaches[i]);
}

bool hx_clock_rebut(struct hx_step *s, const struct hx_clock *k, int64_t t_eff)
{
    bool any = false;
    for (uint32_t i = 0; i < s->c->n_breaches; i++) {
        struct hx_breach *b = &s->c->breaches[i];
        if (b->kind != k->kind || b->cycle != k->cycle || t_eff > b->deadline)
            continue;
        rebut(s, b);
        any = true;
    }
    return any;
}

/* By the very deadline of now: two persons have moved it away since, and back. One that was proven
 * wrong, as by a clock that had jumped, says nothing about that deadline. */
static bool was_broken(const struct hx_case *c, const struct hx_clock *k)
{
    for (uint32_t i = 0; i < c->n_breaches; i++)
        if (c->breaches[i].kind == k->kind && c->breaches[i].cycle == k->cycle &&
            c->breaches[i].deadline == k->deadline &&
            !(c->breaches[i].marks & (HX_BREACH_REBUTTED | HX_BREACH_VOID_RETURN)))
            return true;
    return false;
}

void hx_clock_break(struct hx_step *s, struct hx_clock *k, int64_t due, int64_t t_noticed)
{
    struct hx_case *c = s->c;
    if (was_broken(c, k))
        return;
    if (c->n_breaches == HX_CASE_BREACHES) {
        s->overflow = true;
        return;
    }
    struct hx_breach *b = &c->breaches[c->n_breaches++];
    *b = (struct hx_breach){.kind = k->kind,
                            .cycle = k->cycle,
                            .policy = k->policy,
                            .deadline = k->deadline,
                            .t_noticed = t_noticed,
                            .lsn = s->lsn};
    memcpy(b->holder, c->holder, sizeof b->holder);
    hx_fact_breach(s, b, due, hx_delay_reason(s->m, due));
    hx_flag_set(s, HX_FLAG_BREACHED, true);
}

void hx_clock_judge_missed(struct hx_step *s, struct hx_clock *k)
{
    bool missed = k->state == HX_CLOCK_RUNNING && k->deadline && k->deadline < s->t_eff &&
                  !(k->fired & HX_CLOCK_END);
    if (!s->event || !missed || !hx_rules_at(s->rules, k->policy)->clocks[k->kind].promise ||
        hx_in_doubt(s->m, k->deadline))
        return;
    k->fired |= HX_CLOCK_END;
    hx_clock_break(s, k, k->deadline, s->now > k->deadline ? s->now : s->t_eff);
}

void hx_clocks_judge_missed(struct hx_step *s)
{
    for (uint32_t i = 0; i < s->c->n_clocks; i++)
        hx_clock_judge_missed(s, &s->c->clocks[i]);
}

void hx_clock_rebut_after(struct hx_step *s, int64_t t, const char *why)
{
    for (uint32_t i = 0; i < s->c->n_breaches; i++) {
        struct hx_breach *b = &s->c->breaches[i];
        if (b->marks || b->deadline < t)
            continue;
        hx_mark_breach(s, b, HX_BREACH_REBUTTED, why);
        hx_ladder_correct_breach(s, b, why);
    }
}
