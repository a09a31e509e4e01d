/* Pauses (挂账): seven named reasons, each with proof, owner, cap and an end that comes by itself.
 */
#include "base/text.h"
#include "engine/rules/validate.h"
#include "engine/time/calendar.h"
#include "engine/words/words.h"

#include <string.h>

static const struct hx_pause_rule *rule_of(const struct hx_step *s)
{
    int i = hx_rules_pause(s->rules, s->data->reason);
    return i >= 0 ? &s->rules->pauses[i] : NULL;
}

/* Of a date: the time to the one that stands, be it a plan's or set by two persons since. */
static int64_t whole_time(const struct hx_clock_rule *rule, const struct hx_clock *k)
{
    return rule->dated ? k->deadline - k->start - (int64_t)k->paused_ms : (int64_t)k->budget_ms;
}

/* The clocks whose time a pause is measured against: the holder's promises. */
static int64_t budget_of(const struct hx_step *s)
{
    int64_t budget = 0;
    for (uint32_t i = 0; i < s->c->n_clocks; i++) {
        const struct hx_clock *k = &s->c->clocks[i];
        const struct hx_clock_rule *rule = &s->rules->clocks[k->kind];
        if (k->cycle == s->c->cycle && k->state == HX_CLOCK_RUNNING && rule->promise &&
            rule->pauses && whole_time(rule, k) > budget)
            budget = whole_time(rule, k);
    }
    return budget;
}

/* Latest end by the reason's own cap; INT64_MAX when only the named date ends it. */
static int64_t cap_end(const struct hx_step *s, const struct hx_pause_rule *p)
{
    const struct hx_calendar_rule *cal = &s->rules->calendars[p->cap_calendar];
    if (!p->cap_ms)
        return INT64_MAX;
    return hx_calendar_add_by(cal, hx_table_at(cal->table, s->lsn, false), s->t_eff, p->cap_ms);
}

/* Until when the event asks: its own date, or the utility's, whichever comes first; 0 = not said.
 */
static int64_t asked_end(const struct hx_step *s)
{
    int64_t until = s->data->until, date = s->data->date;
    return until && date ? (until < date ? until : date) : until + date;
}

static int64_t budget_end(const struct hx_step *s)
{
    return s->t_eff + budget_of(s) - (int64_t)s->c->paused_total_ms;
}

static bool pause_reason(const struct hx_step *s, const struct hx_call *call)
{
    (void)call;
    return rule_of(s) != NULL;
}

static bool pause_proven(const struct hx_step *s, const struct hx_call *call)
{
    (void)call;
    const struct hx_pause_rule *p = rule_of(s);
    if (!p)
        return false;
    for (int i = 0; i < HX_NEEDS_END; i++)
        if (p->needs & (UINT32_C(1) << i) && !hx_event_brings(s->data, (enum hx_need)i))
            return false;
    return !(p->needs & (UINT32_C(1) << HX_NEED_onsite_code)) || hx_brings_code(s);
}

/* The reporter's own request is his to make. Of the others the rules ask for the proof alone: the
 * holder's people say so, whoever directs the work, or nobody is named. */
static bool pause_by(const struct hx_step *s, const struct hx_call *call)
{
    (void)call;
    const struct hx_pause_rule *p = rule_of(s);
    const uint32_t direct = UINT32_C(1) << HX_ROLE_dispatcher | UINT32_C(1) << HX_ROLE_community |
                            UINT32_C(1) << HX_ROLE_operator;
    if (!p || p->by_reporter)
        return p && s->actor.role == HX_ROLE_reporter;
    return hx_by_nobody(s) || hx_by_holder(s) || hx_by_level3(s) || direct >> s->actor.role & 1;
}

static struct hx_pauses *pauses_for(struct hx_case *c, const char *reason)
{
    for (uint32_t i = 0; i < c->n_pauses; i++)
        if (strcmp(c->pauses[i].reason, reason) == 0)
            return &c->pauses[i];
    return NULL;
}

/* In all cycles. What was counted without its reason counts for each. */
static uint32_t times_used(struct hx_case *c, const char *reason)
{
    const struct hx_pauses *used = pauses_for(c, reason);
    return c->counted_pauses + (used ? used->times : 0);
}

static void count_use(struct hx_step *s, const char *reason)
{
    struct hx_case *c = s->c;
    struct hx_pauses *used = pauses_for(c, reason);
    if (!used && c->n_pauses == HX_CASE_PAUSES) {
        s->overflow = true;
        return;
    }
    if (!used) {
        used = &c->pauses[c->n_pauses++];
        *used = (struct hx_pauses){.times = 0};
        hx_text_put(used->reason, sizeof used->reason, reason);
    }
    used->times++;
}

static bool pause_times(const struct hx_step *s, const struct hx_call *call)
{
    (void)call;
    const struct hx_pause_rule *p = rule_of(s);
    return p && (!p->most || times_used(s->c, p->name) < p->most);
}

static bool pause_within_cap(const struct hx_step *s, const struct hx_call *call)
{
    (void)call;
    const struct hx_pause_rule *p = rule_of(s);
    int64_t asked = asked_end(s);
    return p && (!asked || (asked > s->t_eff && asked <= cap_end(s, p)));
}

/* All pauses together at most the budget; more needs the street or the city. */
static bool pause_within_budget(const struct hx_step *s, const struct hx_call *call)
{
    (void)call;
    if (hx_by_level3(s))
        return true;
    int64_t end = budget_end(s), asked = asked_end(s);
    return end > s->t_eff && (!asked || asked <= end);
}

static bool has_pausable(const struct hx_step *s, const struct hx_call *call)
{
    (void)call;
    int reason = hx_rules_pause(s->rules, s->data->reason);
    uint32_t bit = reason < 0 ? 0 : UINT32_C(1) << reason;
    for (uint32_t i = 0; i < s->c->n_clocks; i++)
        if (s->c->clocks[i].state == HX_CLOCK_RUNNING &&
            s->rules->clocks[s->c->clocks[i].kind].promise &&
            s->rules->clocks[s->c->clocks[i].kind].pauses & bit)
            return true;
    return false;
}

/* The earliest of: the end that is asked, the reason's cap, what is left of the budget. Level 3 may
 * go beyond the budget, but a pause for which it names no end is reviewed after it: every pause has
 * an end. */
static int64_t end_of_pause(const struct hx_step *s)
{
    int64_t end = cap_end(s, rule_of(s)), asked = asked_end(s), left = budget_end(s);
    if (asked && asked < end)
        end = asked;
    if (!hx_by_level3(s) && left < end)
        end = left;
    return end < INT64_MAX ? end : s->t_eff + budget_of(s);
}

static void pause(struct hx_step *s, const struct hx_call *call)
{
    (void)call;
    struct hx_case *c = s->c;
    int reason = hx_rules_pause(s->rules, s->data->reason);
    if (reason < 0)
        return;
    int64_t end = end_of_pause(s);
    hx_text_put(c->pause_reason, sizeof c->pause_reason, s->data->reason);
    c->pause_until = end;
    if (s->rules->pauses[reason].most)
        count_use(s, s->rules->pauses[reason].name);
    hx_flag_set(s, HX_FLAG_PAUSED, true);
    for (uint32_t i = 0; i < c->n_clocks; i++)
        if (s->rules->clocks[c->clocks[i].kind].pauses & (UINT32_C(1) << reason))
            hx_clock_pause(s, &c->clocks[i]);
    int max = hx_rules_clock(s->rules, "K_PAUSE_MAX");
    if (max > 0)
        hx_clock_start_until(s, max, s->t_eff, end);
}

void hx_resume(struct hx_step *s)
{
    struct hx_case *c = s->c;
    if (!(c->flags & HX_FLAG_PAUSED))
        return;
    /* It ended when it was to end, also when we were down then. */
    int64_t end = c->pause_until && c->pause_until < s->t_eff ? c->pause_until : s->t_eff;
    int64_t longest = 0;
    for (uint32_t i = 0; i < c->n_clocks; i++) {
        struct hx_clock *k = &c->clocks[i];
        if (k->state != HX_CLOCK_PAUSED)
            continue;
        if (end - k->paused_at > longest)
            longest = end - k->paused_at;
        hx_clock_resume(s, k, end);
    }
    c->paused_total_ms += (uint64_t)longest;
    hx_flag_set(s, HX_FLAG_PAUSED, false);
    c->pause_until = 0;
}

static void resume(struct hx_step *s, const struct hx_call *call)
{
    (void)call;
    hx_resume(s);
}

const struct hx_word hx_words_pause[] = {
    HX_GUARD("pause_reason", HX_ARG_NONE, pause_reason, "PAUSE_REASON", HX_NOT_ALLOWED,
             "one of the reasons for a pause"),
    HX_GUARD("pause_by", HX_ARG_NONE, pause_by, "BAD_ROLE", HX_NOT_ALLOWED,
             "asked by whom the reason allows"),
    HX_GUARD("pause_proven", HX_ARG_NONE, pause_proven, "PAUSE_NO_PROOF", HX_NOT_ALLOWED,
             "the reason's own proof"),
    HX_GUARD("pause_times", HX_ARG_NONE, pause_times, "PAUSE_TOO_OFTEN", HX_NOT_ALLOWED,
             "not more often than the reason allows"),
    HX_GUARD("pause_within_cap", HX_ARG_NONE, pause_within_cap, "PAUSE_OVER_CAP", HX_NOT_ALLOWED,
             "not longer than its cap"),
    HX_GUARD("pause_within_budget", HX_ARG_NONE, pause_within_budget, "PAUSE_OVER_BUDGET",
             HX_NOT_ALLOWED, "all pauses together at most the budget, unless level 3 agrees"),
    HX_GUARD("has_pausable", HX_ARG_NONE, has_pausable, "NOTHING_TO_PAUSE", HX_NOT_ALLOWED,
             "a clock runs that this reason may stop"),
    HX_EFFECT("pause", HX_ARG_NONE, pause,
              "stops the clocks that this reason may stop, until its end"),
    HX_EFFECT("resume", HX_ARG_NONE, resume,
              "the pause is over: deadlines move by what was counted"),
    HX_WORDS_END,
};
