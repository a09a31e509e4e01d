/* The class of a complaint (定级): set, proposed, refused, and what follows for its clocks. */
#include "engine/words/words.h"

void hx_take_class(struct hx_step *s, int class_no)
{
    struct hx_case *c = s->c;
    if (class_no <= 0 || class_no == c->class_no)
        return;
    hx_fact_class(s, c->class_no, class_no);
    c->class_no = (uint8_t)class_no;
}

/* Classes are listed from the shortest to the longest. One by which a promise ends and none begins
 * (an emergency is solved without a limit) is longer than any. */
bool hx_class_longer(const struct hx_rules *r, int from, int to)
{
    bool ends = false, begins = false;
    for (int kind = 1; kind < HX_RULES_CLOCKS; kind++) {
        const struct hx_clock_rule *rule = &r->clocks[kind];
        bool had = hx_clock_budget(r, kind, from, 1), has = hx_clock_budget(r, kind, to, 1);
        if (!rule->promise || rule->dated || rule->stays)
            continue;
        ends = ends || (had && !has);
        begins = begins || (has && !had);
    }
    return to > from || (ends && !begins);
}

/* What is due now would be due later: a shorter class, too, leaves at least a quarter of its
 * budget, and takes back a date that two persons have set. Who is late already gains nothing by it.
 */
static bool due_later(const struct hx_step *s, const struct hx_clock *k, int class_no)
{
    const struct hx_clock_rule *rule = &s->rules->clocks[k->kind];
    const struct hx_rules *own = hx_rules_at(s->rules, k->policy);
    int64_t budget = hx_clock_budget(own, k->kind, class_no, k->cycle);
    if (!rule->promise || rule->dated || rule->stays || k->cycle != s->c->cycle ||
        !hx_clock_counts(k) || k->fired & HX_CLOCK_END || !budget ||
        (uint64_t)budget == k->budget_ms)
        return false;
    struct hx_clock next = *k;
    next.budget_ms = (uint64_t)budget;
    next.calendar = hx_clock_calendar(own, k->kind, class_no);
    next.basis = HX_BASIS_BUDGET;
    next.floor = 0;
    return hx_clock_quarter(&next, s->t_eff) > k->deadline ||
           hx_clock_deadline(s->rules, &next) > k->deadline;
}

bool hx_class_lengthens(const struct hx_step *s, int class_no)
{
    if (class_no < 0) /* unknown, in a row of a city's own file */
        return false;
    if (class_no == s->c->class_no)
        return false;
    bool later = hx_class_longer(s->rules, s->c->class_no, class_no);
    for (uint32_t i = 0; i < s->c->n_clocks && !later; i++)
        later = due_later(s, &s->c->clocks[i], class_no);
    return later;
}

void hx_class_drop(struct hx_step *s)
{
    s->c->class_asked = 0;
    s->c->class_asker.by[0] = '\0';
    hx_flag_set(s, HX_FLAG_CLASS_ASKED, false);
}

/* Who chose a class that proves too long is remembered: the holder, when it set it or asked for it
 * (corner 3). */
static void set_class(struct hx_step *s, const struct hx_call *call)
{
    (void)call;
    struct hx_case *c = s->c;
    int wanted = hx_rules_class(s->rules, s->data->class_);
    if (wanted == c->class_no)
        return;
    if (wanted < c->class_no && c->class_by_holder)
        hx_flag_set(s, HX_FLAG_UNDER_CLASSED, true);
    c->class_by_holder = wanted == c->class_asked || hx_by_holder(s);
    hx_take_class(s, wanted);
}

static void class_default(struct hx_step *s, const struct hx_call *call)
{
    (void)call;
    if (s->c->class_no == 0)
        hx_take_class(s, hx_rules_default_class(s->rules));
}

/* A clock to which the new class gives what it has: nothing moves, and no floor is given. */
static bool unmoved(const struct hx_step *s, const struct hx_clock *k)
{
    const struct hx_rules *own = hx_rules_at(s->rules, k->policy);
    return (uint64_t)hx_clock_budget(own, k->kind, s->c->class_no, k->cycle) == k->budget_ms &&
           hx_clock_calendar(own, k->kind, s->c->class_no) == k->calendar;
}

/* The last clock of this kind, if it ended like this for whoever has the case now. */
static const struct hx_clock *of_this_receipt(struct hx_case *c, int kind, int state)
{
    const struct hx_clock *k = hx_clock_last(c, kind);
    bool it = k && k->cycle == c->cycle && k->state == state &&
              (k->start >= c->t_held || k->stopped_at >= c->t_held);
    return it ? k : NULL;
}

/* What it asks for has come: no class asks for it once more. A plan that was objected to has not,
 * unless a meeting about it comes first. */
static bool has_come(const struct hx_step *s, int kind)
{
    struct hx_case *c = s->c;
    bool objected = c->objections && !c->plan_date && !(c->flags & HX_FLAG_COORDINATION);
    if (objected && kind == hx_rules_clock(s->rules, "K_PLAN"))
        return false;
    return of_this_receipt(c, kind, HX_CLOCK_STOPPED) != NULL;
}

/* Its pauses, also one that went on when it was taken back, and is over by now. */
static uint64_t paused_until_now(const struct hx_step *s, const struct hx_clock *k)
{
    const struct hx_clock *end = hx_clock_last(s->c, hx_rules_clock(s->rules, "K_PAUSE_MAX"));
    bool over = k->paused_at && end && !hx_clock_live(end) && end->start <= k->paused_at &&
                end->stopped_at > k->paused_at;
    return k->paused_ms + (over ? (uint64_t)(end->stopped_at - k->paused_at) : 0);
}

/* At the receipt, or with the last word to the reporter. A promise that an earlier class asked for
 * goes on: what was counted for it counts, and a new plan after an objection stays one. What has
 * less than a quarter of its budget left gets that. */
static void begin(struct hx_step *s, int kind)
{
    const struct hx_rules *r = s->rules;
    struct hx_case *c = s->c;
    bool promise = r->clocks[kind].promise;
    int64_t start = c->t_held, budget = hx_clock_budget(r, kind, c->class_no, c->cycle);
    uint64_t paused = 0;
    const struct hx_clock *had = promise ? of_this_receipt(c, kind, HX_CLOCK_VOID) : NULL;
    if (had) {
        start = had->start;
        budget = hx_clock_budget_kept(hx_rules_at(r, had->policy), r, had, c->class_no);
        paused = paused_until_now(s, had);
    } else if (c->objections && kind == hx_rules_clock(r, "K_PLAN")) {
        start = s->t_eff;
        budget = hx_clock_budget(r, kind, c->class_no, 2);
    } else if (!promise && c->last_contact > c->t_held) {
        start = c->last_contact;
    }
    hx_clock_start_for(s, kind, start, budget);
    struct hx_clock *k = hx_clock_find(c, kind); /* another one may have made room for it */
    if (!k || k->cycle != c->cycle)
        return;
    k->paused_ms = paused;
    if (paused || k->deadline < hx_clock_quarter(k, s->t_eff))
        hx_clock_rebudget_by(s, k, INT64_MAX);
}

/* Clocks whose budget depends on the class follow it: same start, floor rule (corners 1 to 3). So
 * do a return and an arbitration that wait: who decides has as long as the new class gives. */
static void follow_class(struct hx_step *s)
{
    struct hx_case *c = s->c;
    for (uint32_t i = 0, n = c->n_clocks; i < n; i++) {
        struct hx_clock *k = &c->clocks[i];
        const struct hx_clock_rule *rule = &s->rules->clocks[k->kind];
        if ((k->cycle != c->cycle && !rule->stays) || rule->shown || rule->dated ||
            !hx_clock_counts(k))
            continue;
        if (unmoved(s, k))
            continue;
        hx_clock_judge_missed(s, k);
        hx_clock_rebudget(s, k);
    }
    for (int kind = 1; c->t_held && kind < HX_RULES_CLOCKS; kind++) {
        const struct hx_clock_rule *rule = &s->rules->clocks[kind];
        struct hx_clock *k = hx_clock_find(c, kind);
        if (!rule->name[0] || rule->stays || rule->shown || rule->dated || rule->budget_ms[0] ||
            (k && k->cycle == c->cycle) || has_come(s, kind))
            continue;
        begin(s, kind);
    }
}

/* The class that it has moves nothing: a new plan after an objection keeps its shorter budget. */
static void reclass(struct hx_step *s, const struct hx_call *call)
{
    (void)call;
    if (s->c->class_no != s->class_from)
        follow_class(s);
    hx_class_drop(s);
}

/* What lengthens waits for a second person (S7). */
static void propose_class(struct hx_step *s, const struct hx_call *call)
{
    struct hx_case *c = s->c;
    int wanted = hx_rules_class(s->rules, s->data->class_);
    if (!hx_class_lengthens(s, wanted)) {
        hx_take_class(s, wanted);
        reclass(s, call);
        return;
    }
    c->class_asked = (uint8_t)wanted;
    hx_asked(s, &c->class_asker);
    hx_flag_set(s, HX_FLAG_CLASS_ASKED, true);
}

static void drop_proposal(struct hx_step *s, const struct hx_call *call)
{
    (void)call;
    hx_class_drop(s);
}

const struct hx_word hx_words_class[] = {
    HX_EFFECT("set_class", HX_ARG_NONE, set_class, "takes the class of the event"),
    HX_EFFECT("class_default", HX_ARG_NONE, class_default,
              "takes the default class when there is none"),
    HX_EFFECT("reclass", HX_ARG_NONE, reclass, "clocks follow the new class: same start, floor"),
    HX_EFFECT("propose_class", HX_ARG_NONE, propose_class,
              "shorter at once; longer waits for a second person"),
    HX_EFFECT("drop_proposal", HX_ARG_NONE, drop_proposal, "the change of class is refused"),
    HX_WORDS_END,
};
