/* Clocks and the arithmetic of their deadlines: what a clock says, without changing it.
 *
 *   deadline = max(roll(start + budget + paused), floor)        for a budget
 *   deadline = the date named by a person                       for a dated clock
 *
 * A clock is never re-used: a new cycle or a new class starts another one, so that every deadline
 * that ever stood can be added up again (R6, invariant 7). */
#include "engine/notice/silence.h"
#include "engine/time/calendar.h"
#include "engine/time/clock_internal.h"
#include "hongxin/instant.h"

#include <string.h>

bool hx_clock_counts(const struct hx_clock *k)
{
    return k->state == HX_CLOCK_RUNNING || k->state == HX_CLOCK_PAUSED;
}

bool hx_clock_has_date(const struct hx_clock *k)
{
    return k->basis == HX_BASIS_DATE || k->basis == HX_BASIS_MOVED || k->basis == HX_BASIS_OUTAGE;
}

bool hx_clock_live(const struct hx_clock *k)
{
    return hx_clock_counts(k) || k->state == HX_CLOCK_EXPIRED;
}

struct hx_clock *hx_clock_last(struct hx_case *c, int kind)
{
    for (uint32_t i = c->n_clocks; i-- > 0;)
        if (c->clocks[i].kind == kind)
            return &c->clocks[i];
    return NULL;
}

void hx_clocks_by_kind(const struct hx_case *c, const struct hx_clock *out[HX_RULES_CLOCKS])
{
    memset(out, 0, HX_RULES_CLOCKS * sizeof *out);
    for (uint32_t i = 0; i < c->n_clocks; i++)
        if (c->clocks[i].kind < HX_RULES_CLOCKS)
            out[c->clocks[i].kind] = hx_clock_live(&c->clocks[i]) ? &c->clocks[i] : NULL;
}

struct hx_clock *hx_clock_find(struct hx_case *c, int kind)
{
    struct hx_clock *k = hx_clock_last(c, kind);
    return k && hx_clock_live(k) ? k : NULL;
}

/* A clock is judged by the versions it is pinned to (R14). */
static const struct hx_clock_rule *rule_of(const struct hx_rules *r, const struct hx_clock *k)
{
    return &hx_rules_at(r, k->policy)->clocks[k->kind];
}

const struct hx_calendar_rule *hx_clock_calendar_rule(const struct hx_rules *r,
                                                      const struct hx_clock *k)
{
    return &hx_rules_at(r, k->policy)->calendars[k->calendar];
}

static const struct hx_holidays *days(const struct hx_rules *r, const struct hx_clock *k)
{
    return hx_table_version(hx_clock_calendar_rule(r, k)->table, k->days);
}

/* The version of the calendar's table that a clock takes now. */
uint32_t hx_clock_days_now(const struct hx_step *s, const struct hx_calendar_rule *cal)
{
    const struct hx_holidays *h = hx_table_at(cal->table, s->lsn, false);
    return h ? h->version : 0;
}

int64_t hx_clock_budget(const struct hx_rules *r, int kind, int class_no, int cycle)
{
    if (kind <= 0) /* a city's file without this clock */
        return 0;
    const struct hx_clock_rule *rule = &r->clocks[kind];
    int at = rule->budget_ms[class_no] ? class_no : 0;
    if (cycle > 1 && rule->later_budget_ms[at])
        return rule->later_budget_ms[at];
    return rule->budget_ms[at];
}

int64_t hx_clock_budget_kept(const struct hx_rules *own, const struct hx_rules *r,
                             const struct hx_clock *k, int class_no)
{
    int64_t first = hx_clock_budget(own, k->kind, class_no, 1);
    int64_t later = hx_clock_budget(own, k->kind, class_no, 2);
    bool again = later != first && (uint64_t)later == k->budget_ms;
    return hx_clock_budget(r, k->kind, class_no, again ? 2 : k->cycle);
}

int64_t hx_clock_deadline(const struct hx_rules *r, const struct hx_clock *k)
{
    return hx_clock_deadline_by(hx_clock_calendar_rule(r, k), days(r, k), k);
}

int64_t hx_clock_deadline_by(const struct hx_calendar_rule *cal, const struct hx_holidays *h,
                             const struct hx_clock *k)
{
    switch (k->basis) {
    case HX_BASIS_NONE:
        return 0;
    case HX_BASIS_DATE:
    case HX_BASIS_OUTAGE:
    case HX_BASIS_MOVED: /* the date stands in the floor, pauses move it */
        return k->floor;
    default: {
        int64_t due = hx_calendar_add_by(cal, h, k->start, (int64_t)(k->budget_ms + k->paused_ms));
        return k->floor > due ? k->floor : due;
    }
    }
}

/* Instant at which a share of the clock is used up, counted as its budget is counted. A deadline
 * that came from a floor, a date or whole days divides the time that was really given. */
static int64_t share_of(const struct hx_rules *r, const struct hx_clock *k, uint16_t share)
{
    int64_t start = k->start + (int64_t)k->paused_ms;
    int64_t span = (int64_t)k->budget_ms;
    if (k->basis == HX_BASIS_FLOOR) {
        span = (int64_t)k->budget_ms / 4;
        start = k->floor - span;
    } else if (hx_clock_has_date(k)) {
        span = k->floor - start;
    } else if (hx_clock_calendar_rule(r, k)->kind == HX_CALENDAR_DAYS) {
        span = k->deadline - start;
    }
    int64_t part = span / 1000 * share + span % 1000 * share / 1000;
    if (hx_clock_calendar_rule(r, k)->kind != HX_CALENDAR_DAYS &&
        (k->basis == HX_BASIS_BUDGET || k->basis == HX_BASIS_HALF_BUDGET ||
         k->basis == HX_BASIS_CALENDAR))
        return hx_calendar_add_by(hx_clock_calendar_rule(r, k), days(r, k), k->start,
                                  part + (int64_t)k->paused_ms);
    return hx_calendar_roll_by(hx_clock_calendar_rule(r, k), days(r, k), start + part);
}

const struct hx_ladder_rule *hx_clock_ladder(const struct hx_rules *r, const struct hx_clock *k)
{
    const struct hx_clock_rule *rule = rule_of(r, k);
    return rule->ladder < 0 ? NULL : &hx_rules_at(r, k->policy)->ladders[rule->ladder];
}

int64_t hx_clock_mark(const struct hx_rules *r, const struct hx_clock *k, int i)
{
    const struct hx_ladder_rule *ladder = hx_clock_ladder(r, k);
    if (!ladder || i >= ladder->n_marks)
        return INT64_MAX;
    const struct hx_mark_rule *mark = &ladder->marks[i];
    if (mark->level + k->shift > 5)
        return INT64_MAX;
    if (mark->share == 0)
        return hx_calendar_add_by(hx_clock_calendar_rule(r, k), days(r, k), k->start,
                                  mark->at_ms + (int64_t)k->paused_ms);
    if (mark->share == 1000)
        return k->deadline;
    int64_t t = share_of(r, k, mark->share);
    int64_t least = k->deadline + mark->plus_ms;
    return mark->plus_ms && least > t ? least : t;
}

int64_t hx_clock_fire_time(const struct hx_rules *r, const struct hx_case *c,
                           const struct hx_clock *k, int i)
{
    const struct hx_rules *own = hx_rules_at(r, k->policy); /* R14: its quiet hours, too */
    int64_t t = hx_clock_mark(r, k, i);
    if (t == INT64_MAX || own->quiet_calendar < 0)
        return t;
    int level = hx_clock_ladder(r, k)->marks[i].level + k->shift;
    if (level < own->quiet_level || own->quiet_never & (UINT32_C(1) << c->class_no) ||
        c->flags & own->quiet_flags)
        return t;
    const struct hx_calendar_rule *waking = &own->calendars[own->quiet_calendar];
    uint64_t as_of = k->quiet_at ? k->quiet_at : k->moved_by;
    const struct hx_holidays *h = hx_table_at(waking->table, as_of, false);
    int64_t at = hx_calendar_roll_by(waking, h, t);
    /* The last instant of a window is a whole minute, and no longer in it. */
    bool end = at == t && t % HX_MINUTE == 0 && hx_calendar_roll_by(waking, h, t + 1) > t + 1;
    return end ? hx_calendar_roll_by(waking, h, t + 1) : at;
}

bool hx_clock_end_acts(const struct hx_rules *r, const struct hx_clock *k)
{
    return rule_of(r, k)->promise || r->row_of_clock[k->kind];
}

int64_t hx_clock_next(const struct hx_rules *r, const struct hx_case *c, const struct hx_clock *k)
{
    if (k->state != HX_CLOCK_RUNNING && k->state != HX_CLOCK_EXPIRED)
        return INT64_MAX;
    int64_t next = INT64_MAX;
    if (k->deadline && !(k->fired & HX_CLOCK_END) && hx_clock_end_acts(r, k))
        next = k->deadline;
    const struct hx_ladder_rule *ladder = hx_clock_ladder(r, k);
    int marks = ladder ? ladder->n_marks : 0;
    for (int i = 0; i < marks; i++) {
        /* told at its time or later: one that is not earlier needs no calendar */
        if (k->fired & (UINT32_C(1) << i) || hx_clock_mark(r, k, i) >= next)
            continue;
        int64_t t = hx_clock_fire_time(r, c, k, i);
        if (t < next)
            next = t;
    }
    return next;
}

uint8_t hx_clock_calendar(const struct hx_rules *r, int kind, int class_no)
{
    const struct hx_clock_rule *rule = &r->clocks[kind];
    int8_t own = rule->calendars[class_no];
    return (uint8_t)(own >= 0 ? own : rule->calendar);
}

bool hx_clock_fits(const struct hx_rules *r, struct hx_case *c, int kind)
{
    const struct hx_clock_rule *rule = &r->clocks[kind];
    bool placed = c->building[0] || c->estate[0] || c->grid[0];
    if (rule->replaced_by && hx_clock_find(c, rule->replaced_by))
        return false;
    return !(rule->needs_place && !placed) && !(rule->needs_no_place && placed);
}

int64_t hx_cycle_began(const struct hx_rules *r, const struct hx_case *c, int cycle)
{
    int64_t began = INT64_MAX;
    if (cycle <= 1)
        return c->t0;
    if (cycle == c->cycle && c->cycle_at)
        return c->cycle_at;
    for (uint32_t i = 0; i < c->n_clocks; i++)
        if (c->clocks[i].cycle == cycle && !r->clocks[c->clocks[i].kind].shown &&
            c->clocks[i].start < began)
            began = c->clocks[i].start;
    return began;
}

static int cycle_at(const struct hx_rules *r, const struct hx_case *c, int64_t t)
{
    int cycle = c->cycle;
    while (cycle > 1 && t < hx_cycle_began(r, c, cycle))
        cycle--;
    return cycle;
}

struct hx_clock *hx_clock_at(const struct hx_rules *r, struct hx_case *c, int kind, int64_t t)
{
    int cycle = cycle_at(r, c, t);
    for (uint32_t i = c->n_clocks; i-- > 0;)
        if (c->clocks[i].kind == kind && c->clocks[i].cycle == cycle &&
            c->clocks[i].state != HX_CLOCK_VOID)
            return &c->clocks[i];
    return NULL;
}

int64_t hx_case_due(const struct hx_rules *r, const struct hx_case *c)
{
    int64_t clocks = hx_case_clocks_due(r, c), change = hx_case_change_due(r, c),
            sent = hx_case_delivery_due(c), due = change < clocks ? change : clocks;
    return sent < due ? sent : due;
}

bool hx_case_may_change_holder(const struct hx_rules *r, const struct hx_case *c)
{
    int event = hx_rules_event(r, "HOLDER_CHANGED");
    for (int i = 0; i < r->n_transitions; i++)
        if (r->transitions[i].event == event && r->transitions[i].from & (UINT32_C(1) << c->state))
            return true;
    return false;
}

int64_t hx_case_change_due(const struct hx_rules *r, const struct hx_case *c)
{
    if (!c->change_at || !hx_case_may_change_holder(r, c))
        return INT64_MAX;
    return c->change_told ? c->change_at : c->change_at - HX_DAY;
}

bool hx_case_rests(const struct hx_rules *r, const struct hx_case *c)
{
    bool only_asked = c->flags & HX_FLAG_MERGE_ASKED;
    return c->merged_into && !only_asked && !hx_case_open(r, c);
}

int64_t hx_case_clocks_due(const struct hx_rules *r, const struct hx_case *c)
{
    int64_t next = INT64_MAX;
    for (uint32_t i = 0; i < c->n_clocks; i++) {
        int64_t t = hx_clock_next(r, c, &c->clocks[i]);
        if (t < next)
            next = t;
    }
    for (uint32_t i = 0; i < c->n_told && !hx_case_rests(r, c); i++)
        if (hx_told_due(&c->told[i]) < next)
            next = hx_told_due(&c->told[i]);
    int64_t silence = hx_silence_due(r, c);
    return silence < next ? silence : next;
}

bool hx_case_open(const struct hx_rules *r, const struct hx_case *c)
{
    return r->states[c->state].kind == HX_STATE_OPEN;
}

bool hx_case_clocked(const struct hx_rules *r, const struct hx_case *c)
{
    for (uint32_t i = 0; i < c->n_clocks; i++)
        if (c->clocks[i].state == HX_CLOCK_RUNNING && c->clocks[i].deadline &&
            !r->clocks[c->clocks[i].kind].shown)
            return true;
    return false;
}
