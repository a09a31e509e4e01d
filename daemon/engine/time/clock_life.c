/* The life of a clock: judged by its fact, paused, moved, taken back (R5), each as a fact. */
#include "base/text.h"
#include "engine/machine/machine_internal.h"
#include "engine/notice/delivery.h"
#include "engine/time/clock_internal.h"
#include "hongxin/number.h"

#include <string.h>

/* Of a record that does not say so yet. */
static void pin_quiet(struct hx_clock *k)
{
    if (!k->quiet_at)
        k->quiet_at = k->moved_by;
}

/* It follows the city of now from here on. Its quiet hours stay what they were. */
static void moved_now(const struct hx_step *s, struct hx_clock *k)
{
    pin_quiet(k);
    k->moved_by = s->lsn;
    k->city = hx_city_number(s->m->city);
}

void hx_clock_wait_ends(struct hx_step *s, struct hx_clock *k, int64_t at)
{
    k->basis = HX_BASIS_OUTAGE;
    k->floor = k->deadline = at;
    moved_now(s, k);
    hx_fact_clock(s, k, "MOVE");
}

static void keep_quiet(const struct hx_step *s, struct hx_clock *k)
{
    const struct hx_rules *own = hx_rules_at(s->rules, k->policy);
    const struct hx_holidays *h = NULL;
    pin_quiet(k);
    if (own->quiet_calendar >= 0)
        h = hx_table_at(own->calendars[own->quiet_calendar].table, s->lsn, true);
    if (h && h->from_lsn >= k->quiet_at)
        k->quiet_at = h->from_lsn + 1;
}

/* A clock that is counted anew keeps the tables of its start (R14), unless newer ones were applied
 * to open cases (corner 23): that of its calendar, and that of its quiet hours. */
static void keep_days(const struct hx_step *s, struct hx_clock *k)
{
    const struct hx_holidays *h =
        hx_table_at(hx_clock_calendar_rule(s->rules, k)->table, s->lsn, true);
    if (h && h->version > k->days)
        k->days = h->version;
    keep_quiet(s, k);
}

/* Ends the running pause of a clock at t: the deadline moves by what was paused. */
static void count_pause(struct hx_step *s, struct hx_clock *k, int64_t t)
{
    int64_t paused = t > k->paused_at ? t - k->paused_at : 0;
    k->paused_ms += (uint64_t)paused;
    if (k->floor)
        k->floor += paused;
    k->paused_at = 0;
    keep_days(s, k);
    k->deadline = hx_clock_deadline(s->rules, k);
}

void hx_clock_stop(struct hx_step *s, int kind, int64_t t_eff)
{
    struct hx_clock *k = hx_clock_find(s->c, kind);
    if (k && k->state == HX_CLOCK_EXPIRED)
        hx_clock_void(s, k);
    else if (k)
        hx_clock_judge(s, k, t_eff);
}

/* While it is in doubt whether the deadline has come at all, nobody is late, and nobody becomes it
 * by a proof that he was there even earlier (corner 14). A pause after the breach
 * gives no more time; two persons who correct a deadline do. */
static bool in_time(struct hx_step *s, const struct hx_clock *k, int64_t t_eff)
{
    bool was = k->state == HX_CLOCK_STOPPED && k->met == 1 && t_eff <= k->stopped_at;
    const struct hx_breach *b = hx_clock_breach(s->c, k);
    int64_t deadline = b && k->paused_ms ? b->deadline : k->deadline;
    return was || t_eff <= deadline || hx_in_doubt(s->m, deadline);
}

void hx_clock_judge(struct hx_step *s, struct hx_clock *k, int64_t t_eff)
{
    if (k->paused_at)
        count_pause(s, k, t_eff);
    if (k->deadline)
        k->met = in_time(s, k, t_eff) ? 1 : 2;
    k->state = HX_CLOCK_STOPPED;
    k->stopped_at = t_eff;
    hx_delivery_take_back(s, k, -1);
    hx_proposals_drop_move(s, k);
    struct hx_breach *b = hx_clock_breach(s->c, k);
    if (k->met == 2 && !b && s->rules->clocks[k->kind].promise) {
        hx_clock_break(s, k, k->deadline, s->now > k->deadline ? s->now : t_eff);
        b = hx_clock_breach(s->c, k);
    }
    hx_fact_clock(s, k, "STOP");
    bool rebutted = k->met == 1 && hx_clock_rebut(s, k, t_eff);
    if (b || rebutted)
        hx_ladder_clear(s, k); /* also of what was reminded: the fact is there */
    else
        hx_ladder_forget(s, k);
}

void hx_clock_pause(struct hx_step *s, struct hx_clock *k)
{
    if (k->state != HX_CLOCK_RUNNING)
        return;
    hx_clock_judge_missed(s, k);
    hx_clock_stand(s, k, s->t_eff);
}

void hx_clock_stand(struct hx_step *s, struct hx_clock *k, int64_t since)
{
    k->state = HX_CLOCK_PAUSED;
    k->paused_at = since;
    moved_now(s, k);
    hx_fact_clock(s, k, "PAUSE");
}

void hx_clock_resume(struct hx_step *s, struct hx_clock *k, int64_t end)
{
    if (k->state != HX_CLOCK_PAUSED)
        return;
    count_pause(s, k, end);
    k->state = HX_CLOCK_RUNNING;
    moved_now(s, k);
    hx_fact_clock(s, k, "RESUME");
}

void hx_clock_void(struct hx_step *s, struct hx_clock *k)
{
    if (!hx_clock_live(k))
        return;
    hx_clock_judge_missed(s, k);
    bool ended = k->state == HX_CLOCK_EXPIRED; /* its end is told already */
    k->state = ended ? HX_CLOCK_STOPPED : HX_CLOCK_VOID;
    hx_delivery_take_back(s, k, -1);
    hx_proposals_drop_move(s, k);
    if (!ended) {
        k->stopped_at = s->t_eff;
        hx_fact_clock(s, k, "VOID");
    }
    hx_ladder_clear(s, k);
}

/* What lies ahead of a change and what behind it: from when it counts, also when we were down and
 * read it later (corner 17); of a clock that stands still, from when it stopped. */
static int64_t changed_at(const struct hx_step *s, const struct hx_clock *k)
{
    int64_t t = s->t_eff < s->now ? s->t_eff : s->now;
    return k->paused_at && k->paused_at < t ? k->paused_at : t;
}

/* A mark of its ladder lies ahead, and may fire again. */
static void take_back(struct hx_step *s, struct hx_clock *k, int mark)
{
    const uint32_t bit = UINT32_C(1) << mark;
    if (!(k->fired & bit))
        return;
    hx_delivery_take_back(s, k, hx_clock_ladder(s->rules, k)->marks[mark].level + k->shift);
    k->fired &= ~bit;
}

/* Set anew by this entry, under the city of now. Marks that lie ahead again may fire again; those
 * behind stay fired. */
static void moved(struct hx_step *s, struct hx_clock *k)
{
    moved_now(s, k);
    for (int i = 0; i < HX_RULES_MARKS; i++) {
        int64_t t = hx_clock_mark(s->rules, k, i);
        if (t != INT64_MAX && t > changed_at(s, k))
            take_back(s, k, i);
    }
    if (k->deadline > changed_at(s, k))
        k->fired &= ~HX_CLOCK_END;
}

/* Nothing is told again where the deadline is what it was, however long ago the change was sent. */
static void moved_from(struct hx_step *s, struct hx_clock *k, int64_t deadline)
{
    if (k->deadline == deadline)
        moved_now(s, k);
    else
        moved(s, k);
}

void hx_clock_replace(struct hx_step *s, struct hx_clock *k, const struct hx_clock *next,
                      const char *why)
{
    bool other = next->deadline != k->deadline, rules = next->policy != k->policy;
    *k = *next;
    moved(s, k);
    if (rules)
        k->quiet_at = s->lsn;
    else
        keep_quiet(s, k);
    hx_fact_clock(s, k, "MOVE");
    if (!other)
        return;
    if (k->fired & HX_CLOCK_END) /* broken either way: how it ends is still to be told */
        hx_ladder_amend(s, k, why);
    else
        hx_ladder_correct(s, k, why);
}

void hx_clock_move(struct hx_step *s, struct hx_clock *k, int64_t deadline)
{
    hx_clock_judge_missed(s, k);
    bool over = deadline <= changed_at(s, k), either_way = over && k->fired & HX_CLOCK_END;
    if (over && !either_way && deadline != k->deadline)
        k->fired = 0; /* missed already, and told anew as what it is by now (R9) */
    k->basis = HX_BASIS_MOVED;
    k->floor = deadline;
    k->deadline = deadline;
    moved(s, k);
    hx_fact_clock(s, k, "MOVE");
    if (either_way)
        hx_ladder_amend(s, k, "deadline moved; the breach stays recorded");
    else
        hx_ladder_correct(s, k, "deadline moved");
}

int64_t hx_clock_quarter(const struct hx_clock *k, int64_t now)
{
    return (k->paused_at ? k->paused_at : now) + (int64_t)k->budget_ms / 4;
}

void hx_clock_floor(struct hx_step *s, struct hx_clock *k)
{
    int64_t least = hx_clock_quarter(k, s->t_eff);
    if (!k->deadline || k->fired & HX_CLOCK_END || k->deadline >= least || hx_clock_has_date(k))
        return;
    k->basis = HX_BASIS_FLOOR;
    k->floor = least;
    k->deadline = least;
    moved(s, k);
}

/* What a merge is about is the other case; anything else somebody has decided. */
static const char *what_happened(struct hx_step *s)
{
    char number[HX_NUMBER_TEXT];
    const char *by = s->event && s->event->by ? s->event->by : "system";
    if (s->other && strcmp(s->cause, "ABSORBED") == 0)
        return hx_arena_printf(s->arena, "merged with %s",
                               hx_number_format(s->other->number, number));
    if (s->other && strcmp(s->cause, "RELEASED") == 0)
        return hx_arena_printf(s->arena, "no longer merged with %s",
                               hx_number_format(s->other->number, number));
    return hx_arena_printf(
        s->arena, "%s by %s",
        strcmp(s->cause, "HOLDER_CHANGED") == 0 ? "holder changed" : "class changed", by);
}

/* For those who were told of the deadline that was. */
static const char *what_changed(struct hx_step *s, bool breached)
{
    const char *what = what_happened(s);
    return breached ? hx_arena_printf(s->arena,
                                      "%s; the breach of the earlier promise stays recorded", what)
                    : what;
}

void hx_clock_take_back(struct hx_step *s, struct hx_clock *k)
{
    hx_clock_judge_missed(s, k);
    hx_ladder_correct(s, k, what_changed(s, hx_clock_breach(s->c, k) != NULL));
    hx_clock_void(s, k);
}

/* With a budget by the rules of its start, that of a clock which runs on or of a new class, and at
 * least a quarter of it, or until `known`. */
static void rebudget(struct hx_step *s, struct hx_clock *k, bool kept, int64_t known)
{
    const struct hx_rules *own = hx_rules_at(s->rules, k->policy);
    int64_t budget = kept ? hx_clock_budget_kept(own, own, k, s->c->class_no)
                          : hx_clock_budget(own, k->kind, s->c->class_no, k->cycle);
    const char *why = what_changed(s, hx_clock_breach(s->c, k) != NULL);
    if (budget == 0) {
        hx_clock_take_back(s, k);
        return;
    }
    int64_t deadline = k->deadline;
    k->budget_ms = (uint64_t)budget;
    const struct hx_table *before = own->calendars[k->calendar].table;
    k->calendar = hx_clock_calendar(own, k->kind, s->c->class_no);
    if (k->days && own->calendars[k->calendar].table == before)
        keep_days(s, k);
    else
        k->days = hx_clock_days_now(s, &own->calendars[k->calendar]);
    keep_quiet(s, k);
    k->basis = hx_clock_basis(own, s->c, k->kind, budget);
    k->floor = 0;
    int64_t least = hx_clock_quarter(k, s->t_eff);
    least = known < least ? known : least;
    if (hx_clock_deadline(s->rules, k) < least) {
        k->basis = HX_BASIS_FLOOR;
        k->floor = least;
    }
    k->deadline = hx_clock_deadline(s->rules, k);
    moved_from(s, k, deadline);
    hx_fact_clock(s, k, "MOVE");
    hx_ladder_correct(s, k, why);
}

void hx_clock_rebudget(struct hx_step *s, struct hx_clock *k)
{
    rebudget(s, k, false, INT64_MAX);
}

void hx_clock_rebudget_by(struct hx_step *s, struct hx_clock *k, int64_t known)
{
    rebudget(s, k, true, known);
}

/* At least a quarter for a date that was set; the budget counts no more unless it ends before. */
static void floor_date(const struct hx_step *s, struct hx_clock *k)
{
    int64_t least = hx_clock_quarter(k, s->t_eff);
    if (k->deadline >= least)
        return;
    struct hx_clock fresh = *k;
    fresh.basis = HX_BASIS_FLOOR;
    fresh.floor = least;
    if (hx_clock_deadline(s->rules, &fresh) == least)
        k->basis = HX_BASIS_FLOOR;
    k->floor = least;
    k->deadline = least;
}

void hx_clock_hand_on(struct hx_step *s, struct hx_clock *k)
{
    if (k->basis != HX_BASIS_MOVED) {
        hx_clock_rebudget_by(s, k, INT64_MAX);
        return;
    }
    const char *why = what_changed(s, hx_clock_breach(s->c, k) != NULL);
    int64_t deadline = k->deadline;
    floor_date(s, k);
    moved_from(s, k, deadline);
    hx_fact_clock(s, k, "MOVE");
    hx_ladder_correct(s, k, why);
}
