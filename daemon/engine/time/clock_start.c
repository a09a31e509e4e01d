/* How a clock begins: by its budget, until a date, or as long as our outage lets it wait (R5). */
#include "base/text.h"
#include "engine/machine/machine_internal.h"
#include "engine/time/clock_internal.h"

#include <string.h>

/* Ran out, and another one of its kind was started since: K_DELIVERY as often as nobody at all can
 * be reached. */
static bool is_followed(const struct hx_case *c, uint32_t i)
{
    const struct hx_clock *k = &c->clocks[i];
    for (uint32_t j = i + 1; k->state == HX_CLOCK_EXPIRED && j < c->n_clocks; j++)
        if (c->clocks[j].kind == k->kind && strcmp(c->clocks[j].unit, k->unit) == 0)
            return true;
    return false;
}

/* Clocks that nobody needs any more make room, the oldest first; their facts stand in the journal.
 */
static bool make_room(struct hx_case *c)
{
    for (uint32_t i = 0; i < c->n_clocks; i++) {
        if (hx_clock_live(&c->clocks[i]) && !is_followed(c, i))
            continue;
        memmove(&c->clocks[i], &c->clocks[i + 1], (c->n_clocks - i - 1) * sizeof *c->clocks);
        c->n_clocks--;
        return true;
    }
    return false;
}

static struct hx_clock *add(struct hx_step *s, int kind, int64_t start)
{
    struct hx_case *c = s->c;
    if (c->n_clocks == HX_CASE_CLOCKS && !make_room(c)) {
        s->overflow = true;
        return NULL;
    }
    struct hx_clock *k = &c->clocks[c->n_clocks++];
    *k = (struct hx_clock){.kind = (uint8_t)kind,
                           .state = HX_CLOCK_RUNNING,
                           .cycle = c->cycle,
                           .calendar = hx_clock_calendar(s->rules, kind, c->class_no),
                           .policy = s->rules->version,
                           .city = hx_city_number(s->m->city),
                           .start = start,
                           .moved_by = s->lsn,
                           .quiet_at = s->lsn};
    k->days = hx_clock_days_now(s, hx_clock_calendar_rule(s->rules, k));
    if (s->unit)
        hx_text_put(k->unit, sizeof k->unit, s->unit);
    if (s->rules->clocks[kind].promise && !s->rules->clocks[kind].stays && c->cycle > 1)
        k->shift = (uint8_t)(c->cycle - 1);
    return k;
}

void hx_clock_start(struct hx_step *s, int kind, int64_t start)
{
    hx_clock_start_for(s, kind, start,
                       hx_clock_budget(s->rules, kind, s->c->class_no, s->c->cycle));
}

uint8_t hx_clock_basis(const struct hx_rules *r, const struct hx_case *c, int kind, int64_t budget)
{
    return budget == hx_clock_budget(r, kind, c->class_no, 1) ? HX_BASIS_BUDGET
                                                              : HX_BASIS_HALF_BUDGET;
}

/* When the pause began: its end keeps the start. In a life cycle without such a clock the first one
 * that stands still knows it. */
static int64_t pause_began(struct hx_step *s)
{
    const struct hx_clock *end = hx_clock_find(s->c, hx_rules_clock(s->rules, "K_PAUSE_MAX"));
    int64_t since = end ? end->start : s->t_eff; /* also when this is heard of late */
    for (uint32_t i = 0; !end && i < s->c->n_clocks; i++)
        if (s->c->clocks[i].state == HX_CLOCK_PAUSED && s->c->clocks[i].paused_at < since)
            since = s->c->clocks[i].paused_at;
    return since;
}

/* A clock that begins while the case is paused stands still with the others that this reason stops,
 * since the pause began or since its own start. */
static void join_pause(struct hx_step *s, struct hx_clock *k)
{
    const struct hx_case *c = s->c;
    if (!(c->flags & HX_FLAG_PAUSED))
        return;
    int reason = hx_rules_pause(s->rules, c->pause_reason);
    if (reason < 0 || !(s->rules->clocks[k->kind].pauses & (UINT32_C(1) << reason)))
        return;
    int64_t since = pause_began(s);
    hx_clock_stand(s, k, k->start > since ? k->start : since);
}

void hx_clock_start_for(struct hx_step *s, int kind, int64_t start, int64_t budget)
{
    if (kind <= 0) /* a city's file without this clock */
        return;
    const struct hx_clock_rule *rule = &s->rules->clocks[kind];
    struct hx_case *c = s->c;
    if (!hx_clock_fits(s->rules, c, kind) || (!rule->shown && !rule->dated && budget == 0))
        return;
    if (rule->dated && (s->data->date || !budget)) {
        hx_clock_start_until(s, kind, start, s->data->date);
        return;
    }
    struct hx_clock *k = add(s, kind, rule->shown ? c->t0 : start);
    if (!k)
        return;
    k->budget_ms = (uint64_t)budget;
    k->basis = rule->shown ? HX_BASIS_NONE : hx_clock_basis(s->rules, s->c, kind, budget);
    k->deadline = hx_clock_deadline(s->rules, k);
    hx_fact_clock(s, k, "START");
    join_pause(s, k);
}

static void start_until(struct hx_step *s, struct hx_clock *k, int64_t deadline)
{
    k->floor = k->deadline = deadline;
    hx_fact_clock(s, k, "START");
    join_pause(s, k);
}

void hx_clock_start_until(struct hx_step *s, int kind, int64_t start, int64_t deadline)
{
    struct hx_clock *k = kind > 0 ? add(s, kind, start) : NULL;
    if (!k)
        return;
    k->basis = HX_BASIS_DATE;
    k->budget_ms = deadline > start ? (uint64_t)(deadline - start) : 0;
    start_until(s, k, deadline);
}

void hx_clock_start_waiting(struct hx_step *s, int kind, int64_t start, int64_t deadline)
{
    struct hx_clock *k = kind > 0 ? add(s, kind, start) : NULL;
    if (!k)
        return;
    k->basis = HX_BASIS_OUTAGE;
    k->budget_ms = (uint64_t)hx_clock_budget(s->rules, kind, s->c->class_no, s->c->cycle);
    start_until(s, k, deadline);
}
