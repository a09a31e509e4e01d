/* Clocks and the arithmetic of their deadlines.
 *
 *   deadline = max(roll(start + budget + paused), floor)        for a budget
 *   deadline = the date named by a person                       for a dated clock
 *
 * A clock is never re-used: a new cycle or a new class starts another one, so that every deadline
 * that ever stood can be added up again (R6, invariant 7). */
#include "base/text.h"
#include "engine/calendar.h"
#include "engine/machine_internal.h"
#include "hongxin/instant.h"

#include <string.h>

bool hx_clock_live(const struct hx_clock *k)
{
    return k->state == HX_CLOCK_RUNNING || k->state == HX_CLOCK_PAUSED ||
           k->state == HX_CLOCK_EXPIRED;
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

static const struct hx_calendar_rule *calendar(const struct hx_rules *r, const struct hx_clock *k)
{
    return &hx_rules_at(r, k->policy)->calendars[k->calendar];
}

static const struct hx_holidays *days(const struct hx_rules *r, const struct hx_clock *k)
{
    return hx_table_version(calendar(r, k)->table, k->days);
}

/* The version of the calendar's table that a clock takes now. */
static uint32_t days_now(const struct hx_step *s, const struct hx_calendar_rule *cal)
{
    const struct hx_holidays *h = hx_table_at(cal->table, s->lsn, false);
    return h ? h->version : 0;
}

int64_t hx_clock_budget(const struct hx_rules *r, int kind, int class_no, int cycle)
{
    const struct hx_clock_rule *rule = &r->clocks[kind];
    int at = rule->budget_ms[class_no] ? class_no : 0;
    if (cycle > 1 && rule->later_budget_ms[at])
        return rule->later_budget_ms[at];
    return rule->budget_ms[at];
}

int64_t hx_clock_deadline(const struct hx_rules *r, const struct hx_clock *k)
{
    return hx_clock_deadline_by(calendar(r, k), days(r, k), k);
}

int64_t hx_clock_deadline_by(const struct hx_calendar_rule *cal, const struct hx_holidays *h,
                             const struct hx_clock *k)
{
    switch (k->basis) {
    case HX_BASIS_NONE:
        return 0;
    case HX_BASIS_DATE:
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
    } else if (k->basis == HX_BASIS_DATE || k->basis == HX_BASIS_MOVED) {
        span = k->floor - start;
    } else if (calendar(r, k)->kind == HX_CALENDAR_DAYS) {
        span = k->deadline - start;
    }
    int64_t part = span / 1000 * share + span % 1000 * share / 1000;
    if (calendar(r, k)->kind != HX_CALENDAR_DAYS &&
        (k->basis == HX_BASIS_BUDGET || k->basis == HX_BASIS_HALF_BUDGET ||
         k->basis == HX_BASIS_CALENDAR))
        return hx_calendar_add_by(calendar(r, k), days(r, k), k->start,
                                  part + (int64_t)k->paused_ms);
    return hx_calendar_roll_by(calendar(r, k), days(r, k), start + part);
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
        return hx_calendar_add_by(calendar(r, k), days(r, k), k->start,
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
    int64_t t = hx_clock_mark(r, k, i);
    if (t == INT64_MAX || r->quiet_calendar < 0)
        return t;
    int level = hx_clock_ladder(r, k)->marks[i].level + k->shift;
    if (level < r->quiet_level || r->quiet_never & (UINT32_C(1) << c->class_no) ||
        c->flags & r->quiet_flags)
        return t;
    const struct hx_calendar_rule *waking = &r->calendars[r->quiet_calendar];
    int64_t at = hx_calendar_roll(waking, t);
    /* The last instant of a window is a whole minute, and no longer in it. */
    bool end = at == t && t % HX_MINUTE == 0 && hx_calendar_roll(waking, t + 1) > t + 1;
    return end ? hx_calendar_roll(waking, t + 1) : at;
}

int64_t hx_clock_next(const struct hx_rules *r, const struct hx_case *c, const struct hx_clock *k)
{
    if (k->state != HX_CLOCK_RUNNING && k->state != HX_CLOCK_EXPIRED)
        return INT64_MAX;
    int64_t next = INT64_MAX;
    if (k->deadline && !(k->fired & HX_CLOCK_END))
        next = k->deadline;
    int8_t ladder = r->clocks[k->kind].ladder;
    int marks = ladder < 0 ? 0 : r->ladders[ladder].n_marks;
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

int64_t hx_case_due(const struct hx_rules *r, const struct hx_case *c)
{
    int64_t clocks = hx_case_clocks_due(r, c), change = hx_case_change_due(r, c);
    return change < clocks ? change : clocks;
}

/* A state that has no row for it, as when the call-back is awaited, keeps its holder: the next
 * cycle finds the new company. */
static bool may_change_holder(const struct hx_rules *r, const struct hx_case *c)
{
    int event = hx_rules_event(r, "HOLDER_CHANGED");
    for (int i = 0; i < r->n_transitions; i++)
        if (r->transitions[i].event == event && r->transitions[i].from & (UINT32_C(1) << c->state))
            return true;
    return false;
}

int64_t hx_case_change_due(const struct hx_rules *r, const struct hx_case *c)
{
    if (!c->change_at || !may_change_holder(r, c))
        return INT64_MAX;
    return c->change_told ? c->change_at : c->change_at - HX_DAY;
}

int64_t hx_case_clocks_due(const struct hx_rules *r, const struct hx_case *c)
{
    int64_t next = INT64_MAX;
    for (uint32_t i = 0; i < c->n_clocks; i++) {
        int64_t t = hx_clock_next(r, c, &c->clocks[i]);
        if (t < next)
            next = t;
    }
    for (uint32_t i = 0; i < c->n_told; i++)
        if (hx_told_due(&c->told[i]) < next)
            next = hx_told_due(&c->told[i]);
    return next;
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

/* Clocks of earlier cycles that nobody needs any more make room; their facts stand in the journal.
 */
static bool make_room(struct hx_case *c)
{
    for (uint32_t i = 0; i < c->n_clocks; i++) {
        if (hx_clock_live(&c->clocks[i]))
            continue;
        memmove(&c->clocks[i], &c->clocks[i + 1], (c->n_clocks - i - 1) * sizeof *c->clocks);
        c->n_clocks--;
        return true;
    }
    return false;
}

uint8_t hx_clock_calendar(const struct hx_rules *r, int kind, int class_no)
{
    const struct hx_clock_rule *rule = &r->clocks[kind];
    int8_t own = rule->calendars[class_no];
    return (uint8_t)(own >= 0 ? own : rule->calendar);
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
                           .start = start,
                           .moved_by = s->lsn};
    k->days = days_now(s, calendar(s->rules, k));
    if (s->unit)
        hx_text_put(k->unit, sizeof k->unit, s->unit);
    if (s->rules->clocks[kind].promise && !s->rules->clocks[kind].stays && c->cycle > 1)
        k->shift = (uint8_t)(c->cycle - 1);
    return k;
}

bool hx_clock_fits(const struct hx_rules *r, struct hx_case *c, int kind)
{
    const struct hx_clock_rule *rule = &r->clocks[kind];
    bool placed = c->building[0] || c->estate[0] || c->grid[0];
    if (rule->replaced_by && hx_clock_find(c, rule->replaced_by))
        return false;
    return !(rule->needs_place && !placed) && !(rule->needs_no_place && placed);
}

void hx_clock_start(struct hx_step *s, int kind, int64_t start)
{
    hx_clock_start_for(s, kind, start,
                       hx_clock_budget(s->rules, kind, s->c->class_no, s->c->cycle));
}

/* BUDGET, or HALF_BUDGET when it is not that of the first cycle. */
static uint8_t basis_of(const struct hx_step *s, int kind, int64_t budget)
{
    return budget == hx_clock_budget(s->rules, kind, s->c->class_no, 1) ? HX_BASIS_BUDGET
                                                                        : HX_BASIS_HALF_BUDGET;
}

void hx_clock_start_for(struct hx_step *s, int kind, int64_t start, int64_t budget)
{
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
    k->basis = rule->shown ? HX_BASIS_NONE : basis_of(s, kind, budget);
    k->deadline = hx_clock_deadline(s->rules, k);
    hx_fact_clock(s, k, "START");
}

void hx_clock_start_until(struct hx_step *s, int kind, int64_t start, int64_t deadline)
{
    struct hx_clock *k = add(s, kind, start);
    if (!k)
        return;
    k->basis = HX_BASIS_DATE;
    k->floor = deadline;
    k->budget_ms = deadline > start ? (uint64_t)(deadline - start) : 0;
    k->deadline = deadline;
    hx_fact_clock(s, k, "START");
}

static void count_pause(struct hx_step *s, struct hx_clock *k, int64_t t);

int64_t hx_cycle_began(const struct hx_rules *r, const struct hx_case *c, int cycle)
{
    int64_t began = INT64_MAX;
    if (cycle <= 1)
        return c->t0;
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

static struct hx_breach *breach_of(struct hx_case *c, const struct hx_clock *k)
{
    for (uint32_t i = c->n_breaches; i-- > 0;)
        if (c->breaches[i].kind == k->kind && c->breaches[i].cycle == k->cycle &&
            c->breaches[i].deadline == k->deadline)
            return &c->breaches[i];
    return NULL;
}

/* Trusted proof of an earlier time came after the accusation (corner 4). */
static void rebut(struct hx_step *s, struct hx_clock *k, struct hx_breach *b)
{
    if (b->marks & HX_BREACH_REBUTTED)
        return;
    b->marks |= HX_BREACH_REBUTTED;
    long long late = (long long)((s->t_rcv - s->t_eff) / 1000);
    const char *why =
        hx_arena_printf(s->arena, "reported late by %lld min %lld s", late / 60, late % 60);
    hx_fact_breach_mark(s, b, "REBUTTED", why);
    hx_ladder_correct(s, k, why, false);
}

/* Every accusation of this clock that the fact refutes: also those of deadlines that a change of
 * class has moved since. Returns whether there was one. */
static bool rebut_all(struct hx_step *s, struct hx_clock *k, int64_t t_eff)
{
    bool any = false;
    for (uint32_t i = 0; i < s->c->n_breaches; i++) {
        struct hx_breach *b = &s->c->breaches[i];
        if (b->kind != k->kind || b->cycle != k->cycle || t_eff > b->deadline)
            continue;
        rebut(s, k, b);
        any = true;
    }
    return any;
}

void hx_clock_break(struct hx_step *s, struct hx_clock *k, int64_t due, int64_t t_noticed)
{
    struct hx_case *c = s->c;
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

void hx_clock_stop(struct hx_step *s, int kind, int64_t t_eff)
{
    struct hx_clock *k = hx_clock_find(s->c, kind);
    if (k && k->state == HX_CLOCK_EXPIRED)
        hx_clock_void(s, k);
    else if (k)
        hx_clock_judge(s, k, t_eff);
}

void hx_clock_judge(struct hx_step *s, struct hx_clock *k, int64_t t_eff)
{
    if (k->paused_at)
        count_pause(s, k, t_eff);
    k->state = HX_CLOCK_STOPPED;
    k->stopped_at = t_eff;
    /* While it is in doubt whether the deadline has come at all, nobody is late (corner 14). */
    if (k->deadline)
        k->met = t_eff <= k->deadline || hx_in_doubt(s->m, k->deadline) ? 1 : 2;
    struct hx_breach *b = breach_of(s->c, k);
    if (k->met == 2 && !b && s->rules->clocks[k->kind].promise) {
        hx_clock_break(s, k, k->deadline, s->now > k->deadline ? s->now : t_eff);
        b = breach_of(s->c, k);
    }
    hx_fact_clock(s, k, "STOP");
    if (rebut_all(s, k, t_eff))
        return;
    if (b)
        hx_ladder_clear(s, k);
    else
        hx_ladder_forget(s, k);
}

void hx_clock_pause(struct hx_step *s, struct hx_clock *k)
{
    if (k->state != HX_CLOCK_RUNNING)
        return;
    k->state = HX_CLOCK_PAUSED;
    k->paused_at = s->t_eff;
    k->moved_by = s->lsn;
    hx_fact_clock(s, k, "PAUSE");
}

/* Ends the running pause of a clock at t: the deadline moves by what was paused. */
static void count_pause(struct hx_step *s, struct hx_clock *k, int64_t t)
{
    int64_t paused = t > k->paused_at ? t - k->paused_at : 0;
    k->paused_ms += (uint64_t)paused;
    if (k->floor)
        k->floor += paused;
    k->paused_at = 0;
    const struct hx_holidays *h = hx_table_at(calendar(s->rules, k)->table, s->lsn, true);
    if (h && h->version > k->days) /* one that was applied to open cases (corner 23) */
        k->days = h->version;
    k->deadline = hx_clock_deadline(s->rules, k);
}

void hx_clock_resume(struct hx_step *s, struct hx_clock *k)
{
    if (k->state != HX_CLOCK_PAUSED)
        return;
    count_pause(s, k, s->t_eff);
    k->state = HX_CLOCK_RUNNING;
    k->moved_by = s->lsn;
    hx_fact_clock(s, k, "RESUME");
}

void hx_clock_void(struct hx_step *s, struct hx_clock *k)
{
    if (!hx_clock_live(k))
        return;
    bool ended = k->state == HX_CLOCK_EXPIRED; /* its end is told already */
    k->state = ended ? HX_CLOCK_STOPPED : HX_CLOCK_VOID;
    if (!ended) {
        k->stopped_at = s->t_eff;
        hx_fact_clock(s, k, "VOID");
    }
    hx_ladder_clear(s, k);
}

/* Marks that lie ahead again may fire again; those behind stay fired. */
static void rearm(const struct hx_step *s, struct hx_clock *k)
{
    for (int i = 0; i < HX_RULES_MARKS; i++) {
        int64_t t = hx_clock_mark(s->rules, k, i);
        if (t != INT64_MAX && t > s->now)
            k->fired &= ~(UINT32_C(1) << i);
    }
    if (k->deadline > s->now)
        k->fired &= ~HX_CLOCK_END;
}

void hx_clock_replace(struct hx_step *s, struct hx_clock *k, const struct hx_clock *next,
                      const char *why)
{
    bool moved = next->deadline != k->deadline;
    *k = *next;
    k->moved_by = s->lsn;
    rearm(s, k);
    hx_fact_clock(s, k, "MOVE");
    if (moved)
        hx_ladder_correct(s, k, why, true);
}

void hx_clock_move(struct hx_step *s, struct hx_clock *k, int64_t deadline)
{
    k->basis = HX_BASIS_MOVED;
    k->floor = deadline;
    k->deadline = deadline;
    k->moved_by = s->lsn;
    rearm(s, k);
    hx_fact_clock(s, k, "MOVE");
    hx_ladder_correct(s, k, "deadline moved", true);
}

void hx_clock_floor(struct hx_step *s, struct hx_clock *k)
{
    int64_t least = s->t_eff + (int64_t)k->budget_ms / 4;
    if (!k->deadline || k->fired & HX_CLOCK_END || k->deadline >= least ||
        k->basis == HX_BASIS_DATE || k->basis == HX_BASIS_MOVED)
        return;
    k->basis = HX_BASIS_FLOOR;
    k->floor = least;
    k->deadline = least;
    k->moved_by = s->lsn;
    rearm(s, k);
}

void hx_clock_rebut_after(struct hx_step *s, int64_t t, const char *why)
{
    for (uint32_t i = 0; i < s->c->n_clocks; i++) {
        struct hx_clock *k = &s->c->clocks[i];
        struct hx_breach *b = breach_of(s->c, k);
        if (!b || b->marks || b->deadline < t)
            continue;
        b->marks |= HX_BREACH_REBUTTED;
        hx_fact_breach_mark(s, b, "REBUTTED", why);
        hx_ladder_correct(s, k, why, false);
    }
}

/* For those who were told of the deadline that was. */
static const char *what_changed(struct hx_step *s, bool breached)
{
    const char *by = s->event && s->event->by ? s->event->by : "system";
    const char *what = strcmp(s->cause, "ABSORBED") == 0         ? "merged"
                       : strcmp(s->cause, "HOLDER_CHANGED") == 0 ? "holder changed"
                                                                 : "class changed";
    return hx_arena_printf(s->arena, "%s by %s%s", what, by,
                           breached ? "; the breach of the earlier promise stays recorded" : "");
}

void hx_clock_rebudget(struct hx_step *s, struct hx_clock *k)
{
    const struct hx_rules *own = hx_rules_at(s->rules, k->policy);
    int64_t budget = hx_clock_budget(own, k->kind, s->c->class_no, k->cycle);
    const char *why = what_changed(s, breach_of(s->c, k) != NULL);
    if (budget == 0) {
        hx_ladder_correct(s, k, why, true);
        hx_clock_void(s, k);
        return;
    }
    k->budget_ms = (uint64_t)budget;
    k->calendar = hx_clock_calendar(own, k->kind, s->c->class_no);
    k->days = days_now(s, &own->calendars[k->calendar]);
    k->basis = basis_of(s, k->kind, budget);
    k->floor = 0;
    int64_t least = s->t_eff + budget / 4;
    if (hx_clock_deadline(s->rules, k) < least) {
        k->basis = HX_BASIS_FLOOR;
        k->floor = least;
    }
    k->deadline = hx_clock_deadline(s->rules, k);
    k->moved_by = s->lsn;
    rearm(s, k);
    hx_fact_clock(s, k, "MOVE");
    hx_ladder_correct(s, k, why, true);
}
