#include "engine/machine/apply.h"
#include "engine/duty/rota.h"
#include "engine/machine/machine_internal.h"
#include "hongxin/instant.h"

#include <stdio.h>
#include <string.h>

/* ---- one clock ---- */

static bool by_budget(const struct hx_clock *k)
{
    return k->basis != HX_BASIS_NONE && !hx_clock_has_date(k);
}

/* The new deadline in this calendar; an earlier one not before the floor. */
static void settle(struct hx_clock *next, const struct hx_calendar_rule *cal,
                   const struct hx_holidays *days, int64_t before, int64_t now)
{
    int64_t least = hx_clock_quarter(next, now);
    if (least > before)
        least = before;
    next->deadline = hx_clock_deadline_by(cal, days, next);
    if (next->deadline < before && next->deadline < least) {
        next->basis = HX_BASIS_FLOOR;
        next->floor = least;
        next->deadline = least;
    }
}

static bool by_table(const struct hx_rules *own, const struct hx_clock *k,
                     const struct hx_change *change, int64_t now, struct hx_clock *next)
{
    const struct hx_calendar_rule *cal = &own->calendars[k->calendar];
    if (cal->table != change->table || k->days == change->days->version || !by_budget(k))
        return false;
    next->days = change->days->version;
    next->basis = HX_BASIS_CALENDAR;
    settle(next, cal, change->days, k->deadline, now);
    return next->deadline != k->deadline;
}

static bool same_mark(const struct hx_mark_rule *a, const struct hx_mark_rule *b)
{
    return a->level == b->level && a->kind == b->kind && a->share == b->share &&
           a->plus_ms == b->plus_ms && a->at_ms == b->at_ms && a->receivers == b->receivers;
}

static bool same_ladder(const struct hx_ladder_rule *a, const struct hx_ladder_rule *b)
{
    if (!a || !b)
        return a == b;
    bool same = a->n_marks == b->n_marks;
    for (int i = 0; same && i < a->n_marks; i++)
        same = same_mark(&a->marks[i], &b->marks[i]);
    return same;
}

/* Whether clocks on the wall always show the same, under whatever name. */
static bool same_zone(const struct hx_zone *a, const struct hx_zone *b)
{
    bool same = a && b && a->offset_ms == b->offset_ms && a->n == b->n;
    for (uint16_t i = 0; same && i < a->n; i++)
        same = a->changes[i].at == b->changes[i].at &&
               a->changes[i].offset_ms == b->changes[i].offset_ms;
    return same || a == b;
}

/* Whether nobody is woken at the same hours of the same days. */
static bool same_quiet(const struct hx_rules *a, const struct hx_rules *b)
{
    if (a->quiet_calendar < 0 || b->quiet_calendar < 0)
        return a->quiet_calendar < 0 && b->quiet_calendar < 0;
    const struct hx_calendar_rule *x = &a->calendars[a->quiet_calendar],
                                  *y = &b->calendars[b->quiet_calendar];
    return a->quiet_level == b->quiet_level && a->quiet_never == b->quiet_never &&
           a->quiet_flags == b->quiet_flags && x->kind == y->kind && x->week == y->week &&
           x->table == y->table && same_zone(x->zone, y->zone) && x->n_windows == y->n_windows &&
           memcmp(x->windows, y->windows, x->n_windows * sizeof *x->windows) == 0;
}

/* Whether quiet hours hold a notice of this clock back. */
static bool wakes(const struct hx_rules *r, const struct hx_clock *k)
{
    const struct hx_ladder_rule *ladder = hx_clock_ladder(r, k);
    for (int i = 0; ladder && r->quiet_calendar >= 0 && i < ladder->n_marks; i++)
        if (ladder->marks[i].level + k->shift >= r->quiet_level)
            return true;
    return false;
}

/* A clock that the new life cycle does not give to this class stays as it is. */
static bool by_rules(const struct hx_rules *own, const struct hx_case *c, const struct hx_clock *k,
                     const struct hx_change *change, int64_t now, struct hx_clock *next)
{
    const struct hx_rules *r = change->rules;
    int64_t budget = hx_clock_budget_kept(own, r, k, c->class_no);
    if (k->policy == r->version || (by_budget(k) && !budget))
        return false;
    next->policy = r->version;
    if (by_budget(k)) {
        next->calendar = hx_clock_calendar(r, k->kind, c->class_no);
        const struct hx_calendar_rule *cal = &r->calendars[next->calendar];
        const struct hx_holidays *days =
            hx_table_at(cal->table, change->lsn ? change->lsn : UINT64_MAX, false);
        next->days = days ? days->version : 0;
        next->budget_ms = (uint64_t)budget;
        if (k->basis != HX_BASIS_HALF_BUDGET)
            next->basis = HX_BASIS_BUDGET;
        settle(next, cal, days, k->deadline, now);
    }
    return next->deadline != k->deadline ||
           !same_ladder(hx_clock_ladder(own, k), hx_clock_ladder(r, next)) ||
           ((wakes(own, k) || wakes(r, next)) && !same_quiet(own, r));
}

bool hx_clock_changed(const struct hx_rules *r, const struct hx_case *c, const struct hx_clock *k,
                      const struct hx_change *change, int64_t now, struct hx_clock *next)
{
    const struct hx_rules *own = hx_rules_at(r, k->policy);
    if (!hx_clock_counts(k))
        return false;
    *next = *k;
    return change->rules ? by_rules(own, c, k, change, now, next)
                         : by_table(own, k, change, now, next);
}

static void keep_later(const struct hx_change *c, uint64_t from, uint64_t *best,
                       struct hx_change *out)
{
    if (from <= *best)
        return;
    *best = from;
    *out = *c;
}

bool hx_change_at(const struct hx_rules *r, uint64_t lsn, struct hx_change *change)
{
    uint64_t best = 0;
    for (const struct hx_rules *v = r; v; v = v->older)
        if (v->applied && v->from_lsn < lsn)
            keep_later(&(struct hx_change){.rules = v}, v->from_lsn, &best, change);
    for (const struct hx_rules *v = r; v; v = v->older)
        for (uint8_t i = 0; i < v->n_calendars; i++) {
            const struct hx_table *t = v->calendars[i].table;
            const struct hx_holidays *h = hx_table_at(t, lsn, true);
            if (h)
                keep_later(&(struct hx_change){.table = t, .days = h}, h->from_lsn, &best, change);
        }
    return best != 0;
}

/* ---- a case ---- */

static void count(struct hx_moves *moves, const struct hx_clock *k, const struct hx_clock *next)
{
    if (next->deadline == k->deadline)
        return;
    moves->later += next->deadline > k->deadline;
    moves->earlier += next->deadline < k->deadline;
    if (!moves->earliest || next->deadline < moves->earliest)
        moves->earliest = next->deadline;
}

static bool preview_city(const struct hx_rules *r, const struct hx_case *c,
                         const struct hx_change *change, int64_t now, struct hx_moves *moves)
{
    bool rerouted = hx_case_rerouted(r, c, change, now);
    moves->rerouted += rerouted;
    return rerouted || hx_case_company_ends(change->city, r, c) != c->change_at;
}

static bool preview_clocks(const struct hx_rules *r, const struct hx_case *c,
                           const struct hx_change *change, int64_t now, struct hx_moves *moves)
{
    bool any = false;
    struct hx_clock next;
    for (uint32_t i = 0; i < c->n_clocks; i++)
        if (hx_clock_changed(r, c, &c->clocks[i], change, now, &next)) {
            count(moves, &c->clocks[i], &next);
            any = true;
        }
    return any;
}

/* True when anything moves. */
static bool preview(const struct hx_rules *r, const struct hx_case *c,
                    const struct hx_change *change, int64_t now, struct hx_moves *moves)
{
    bool any = hx_case_open(r, c) && (change->city ? preview_city(r, c, change, now, moves)
                                                   : preview_clocks(r, c, change, now, moves));
    moves->cases++;
    moves->moved += any;
    return any;
}

void hx_change_preview(const struct hx_rules *r, const struct hx_case *c,
                       const struct hx_change *change, int64_t now, struct hx_moves *moves)
{
    (void)preview(r, c, change, now, moves);
}

static const char *what_came(struct hx_step *s, const struct hx_change *change)
{
    if (change->rules)
        return hx_arena_printf(s->arena, "policy %s applied", change->rules->version_text);
    return hx_arena_printf(s->arena, "calendar %s/%u applied", change->table->name,
                           change->days->version);
}

static int move_case(struct hx_machine *m, struct hx_case *c, struct hx_change *change)
{
    struct hx_step s;
    hx_step_begin(&s, m, c, NULL);
    s.data = hx_event_data(NULL);
    s.cause = "CALENDAR_APPLIED";
    int rc = m->ops->next_lsn(m->backend, &s.lsn);
    if (rc)
        return rc;
    change->lsn = s.lsn;
    const char *why = what_came(&s, change);
    for (uint32_t i = 0; i < c->n_clocks; i++) {
        struct hx_clock next;
        if (hx_clock_changed(m->rules, c, &c->clocks[i], change, s.now, &next))
            hx_clock_replace(&s, &c->clocks[i], &next, why);
    }
    c->version++;
    return hx_step_write(m, &s, NULL, NULL);
}

int hx_machine_apply(struct hx_machine *m, uint64_t case_number, const struct hx_change *change,
                     struct hx_moves *moves)
{
    struct hx_case *c = &m->work;
    int rc = m->ops->case_load(m->backend, case_number, c);
    if (!rc)
        rc = hx_machine_catch_up(m, c, m->now + 1);
    struct hx_moves before = *moves;
    if (rc || !preview(m->rules, c, change, m->now, moves))
        return rc;
    if (change->city)
        return moves->rerouted > before.rerouted ? hx_machine_reroute(m, case_number)
                                                 : hx_machine_change_row(m, case_number);
    struct hx_change now = *change;
    return move_case(m, c, &now);
}

/* ---- the rota ---- */

static bool other_person(const struct hx_on_duty *a, const struct hx_on_duty *b)
{
    return !a->person != !b->person || (a->person && strcmp(a->person, b->person) != 0);
}

static bool post_differs(const struct hx_rules *r, const struct hx_change *change,
                         const struct hx_shift *post, int64_t now)
{
    const struct hx_days days = hx_rules_duty_days(r, UINT64_MAX);
    const struct hx_rota *next = hx_city_rota(change->city),
                         *old = hx_city_rota(change->city_before);
    for (int64_t t = now; t < now + 7 * HX_DAY; t += 3 * HX_HOUR) {
        struct hx_on_duty a = hx_rota_at(old, post->role, post->area, &days, t, 0);
        struct hx_on_duty b = hx_rota_at(next, post->role, post->area, &days, t, 0);
        if (other_person(&a, &b))
            return true;
    }
    return false;
}

uint64_t hx_change_posts(const struct hx_rules *r, const struct hx_change *change, int64_t now)
{
    const struct hx_rota *next = change->city ? hx_city_rota(change->city) : NULL,
                         *old = change->city_before ? hx_city_rota(change->city_before) : NULL;
    const struct hx_shift *post;
    uint64_t n = 0;
    if (!next || !old)
        return 0;
    for (size_t i = 0; (post = hx_rota_next_post(next, &i));)
        n += post_differs(r, change, post, now);
    for (size_t i = 0; (post = hx_rota_next_post(old, &i));)
        n += !hx_rota_knows(next, post->role, post->area);
    return n;
}

/* ---- the journal ---- */

int hx_machine_in_force(struct hx_machine *m, const hxp_rules_fact *fact)
{
    hxp_fact *f = hx_arena_alloc(m->arena, sizeof *f);
    if (!f)
        return HX_NOMEM;
    hongxin__v1__fact__init(f);
    f->fact_case = HONGXIN__V1__FACT__FACT_RULES;
    f->rules = (hxp_rules_fact *)(uintptr_t)fact;
    return hx_machine_entry(m, f, "RULES_IN_FORCE", 0);
}

bool hx_table_lacks_next_year(const struct hx_table *table, const struct hx_zone *zone, int64_t now)
{
    enum { DAYS_OF_NOVEMBER_AND_DECEMBER = 61 };
    int32_t today = hx_zone_day(zone, now);
    int year = hx_day_year(today);
    bool november = hx_day_year(today + DAYS_OF_NOVEMBER_AND_DECEMBER) > year;
    return november && !hx_holidays_know(table->newest, year + 1);
}
