/* Guards: one question each. */
#include "base/text.h"
#include "engine/time/calendar.h"
#include "engine/words/words.h"
#include "hongxin/instant.h"

#include <string.h>

static bool has_class(const struct hx_step *s, const struct hx_call *call)
{
    (void)call;
    return s->c->class_no != 0;
}

/* A class that is given must be one of the life cycle; giving none is allowed where the row allows
 * it. */
static bool class_known(const struct hx_step *s, const struct hx_call *call)
{
    (void)call;
    return !s->data->class_[0] || hx_rules_class(s->rules, s->data->class_) > 0;
}

/* What other services do: the caller is handed over (A10). */
static bool out_of_scope(const struct hx_step *s, const struct hx_call *call)
{
    (void)call;
    return hx_rules_refused(s->rules, s->data->category);
}

/* The deadline fell while we were down, and the dispatch was before we were up (corner 17). */
static bool our_outage(const struct hx_step *s, const struct hx_call *call)
{
    (void)call;
    const struct hx_disturbance *d = &s->m->dist;
    return d->outage_to && s->c->t_dispatched < d->outage_to && s->t_rcv >= d->outage_from &&
           s->t_rcv <= d->outage_to;
}

/* The end of a guard's span, counted from an instant in the calendar that the guard names. */
static int64_t span_end(const struct hx_step *s, const struct hx_call *call, int64_t from)
{
    const struct hx_calendar_rule *cal = &s->rules->calendars[call->number];
    return hx_calendar_add_by(cal, hx_table_at(cal->table, s->lsn, false), from, call->span_ms);
}

/* The reporter may object for some time after the plan's delivery. */
static bool plan_fresh(const struct hx_step *s, const struct hx_call *call)
{
    const struct hx_clock *k = hx_clock_last(s->c, hx_rules_clock(s->rules, "K_PROMISE"));
    return k && s->t_eff <= span_end(s, call, k->start);
}

/* Any role that speaks for the holder: its staff, its manager, or the community that holds by rule.
 */
bool hx_by_holder(const struct hx_step *s)
{
    const struct hx_case *c = s->c;
    bool second = (s->actor.role == HX_ROLE_community || s->actor.role == HX_ROLE_street) &&
                  strcmp(s->actor.area, c->second) == 0;
    return s->actor.area[0] && (second || strcmp(s->actor.area, c->holder) == 0);
}

/* "P-07", "holder:P-07" and "dispatcher:C-03" name a party complained of; a role alone means
 * everybody who has it. */
bool hx_is_about(const struct hx_case *c, int role, const char *area)
{
    size_t n = strcspn(c->about, ":");
    int named = hx_role_number(c->about, n);
    const char *id = c->about[n] ? c->about + n + 1 : named > 0 ? "" : c->about;
    bool company = named == HX_ROLE_holder && role == HX_ROLE_manager;
    bool community = named == HX_ROLE_community && role == HX_ROLE_dispatcher;
    if (c->about[n] == '\0' && named <= 0) /* an id alone: whoever speaks for it */
        return area[0] && strcmp(id, area) == 0;
    return (named == role || company || community) && (!id[0] || strcmp(id, area) == 0);
}

bool hx_brings_code(const struct hx_step *s)
{
    return s->data->onsite_code[0] && strncmp(s->proof_mark, "ONSITE_CODE", 11) != 0;
}

static bool not_complained_of(const struct hx_step *s, const struct hx_call *call)
{
    (void)call;
    return !s->c->about[0] || !hx_is_about(s->c, s->actor.role, s->actor.area);
}

/* An event that names nobody and comes without a key: no rule asks who it was. */
bool hx_by_nobody(const struct hx_step *s)
{
    return s->actor.role == HX_ROLE_NONE && !s->principal[0];
}

static bool by_holder(const struct hx_step *s, const struct hx_call *call)
{
    (void)call;
    return hx_by_nobody(s) || hx_by_holder(s);
}

bool hx_by_stranger(const struct hx_step *s)
{
    bool company = s->actor.role == HX_ROLE_holder || s->actor.role == HX_ROLE_manager;
    return company && !hx_by_holder(s);
}

/* Companies speak for themselves. Everybody else is judged by the other guards. */
static bool no_stranger(const struct hx_step *s, const struct hx_call *call)
{
    (void)call;
    return !hx_by_stranger(s);
}

static bool by_holder_or_level3(const struct hx_step *s, const struct hx_call *call)
{
    return by_holder(s, call) || hx_by_level3(s);
}

/* The dispatcher's community and the street are those of the place; the city decides everywhere. */
static bool of_this_place(const struct hx_step *s, const struct hx_call *call)
{
    (void)call;
    const char *area = s->actor.role == HX_ROLE_dispatcher ? s->c->community
                       : s->actor.role == HX_ROLE_street   ? s->c->street
                                                           : "";
    return !area[0] || !s->actor.area[0] || strcmp(area, s->actor.area) == 0;
}

bool hx_by_level3(const struct hx_step *s)
{
    return s->actor.role == HX_ROLE_street || s->actor.role == HX_ROLE_city;
}

static bool by_level3(const struct hx_step *s, const struct hx_call *call)
{
    (void)call;
    return hx_by_level3(s);
}

static bool flag(const struct hx_step *s, const struct hx_call *call)
{
    return (s->c->flags & (uint32_t)call->number) != 0;
}

static bool no_flag(const struct hx_step *s, const struct hx_call *call)
{
    return !flag(s, call);
}

static bool not_by_holder(const struct hx_step *s, const struct hx_call *call)
{
    (void)call;
    return !hx_by_holder(s) && s->actor.role != HX_ROLE_holder && s->actor.role != HX_ROLE_manager;
}

/* Nobody below level 3 disposes of what is asked of itself. */
static bool not_own(const struct hx_step *s, const struct hx_call *call)
{
    return hx_by_level3(s) || not_by_holder(s, call);
}

static bool by_reporter(const struct hx_step *s, const struct hx_call *call)
{
    (void)call;
    return s->actor.role == HX_ROLE_reporter || s->actor.role == HX_ROLE_dispatcher ||
           s->actor.role == HX_ROLE_callback;
}

/* Nobody is named yet, or this one took it before the one who is: verdicts go by effective time,
 * not by what was read first (R2, corner 34). */
static bool better_receipt(const struct hx_step *s, const struct hx_call *call)
{
    (void)call;
    return !s->c->person[0] || s->t_eff < s->c->person_at;
}

static bool not_before_report(const struct hx_step *s, const struct hx_call *call)
{
    (void)call;
    return s->waited || s->t_eff >= s->c->t0;
}

/* Earlier than what is recorded, or the proof of an arrival that was only inferred. What was solved
 * at an instant was reached not later: a later arrival proves nothing. */
static bool better_arrival(const struct hx_step *s, const struct hx_call *call)
{
    (void)call;
    const struct hx_case *c = s->c;
    return c->t_arrived == 0 || s->t_eff < c->t_arrived ||
           (c->flags & HX_FLAG_ARRIVAL_UNPROVEN && s->t_eff == c->t_arrived);
}

/* A fact of the same kind, but of a later time, has ended this clock in the cycle to which this one
 * belongs: it is judged once more (corners 4 and 6). */
static bool ended_later(const struct hx_step *s, const struct hx_call *call)
{
    const struct hx_clock *k = hx_clock_at(s->rules, s->c, call->number, s->t_eff);
    return k && k->state == HX_CLOCK_STOPPED && s->t_eff < k->stopped_at && s->t_eff >= k->start;
}

/* Whoever is accused may bring his proof, also when the case has another holder by now. */
static bool by_accused(const struct hx_step *s, const struct hx_call *call)
{
    const struct hx_clock *k = hx_clock_at(s->rules, s->c, call->number, s->t_eff);
    if (hx_by_holder(s))
        return true;
    for (uint32_t i = 0; k && i < s->c->n_breaches; i++) {
        const struct hx_breach *b = &s->c->breaches[i];
        if (b->kind == k->kind && b->cycle == k->cycle && strcmp(b->holder, s->actor.area) == 0)
            return true;
    }
    return false;
}

/* An accusation of whoever speaks here, that stands, and that this fact proves wrong (corner 4). */
static bool refutes(const struct hx_step *s, const struct hx_call *call)
{
    for (uint32_t i = 0; i < s->c->n_breaches; i++)
        if (hx_breach_refuted(s, &s->c->breaches[i], call->number))
            return true;
    return false;
}

void hx_asked(struct hx_step *s, struct hx_asker *asker)
{
    hx_text_put(asker->by, sizeof asker->by, hx_step_came(s)->by);
    hx_text_put(asker->principal, sizeof asker->principal, s->principal);
}

/* Two persons are two different names: one who speaks for two posts stays one. And where there are
 * keys they are two principals: who holds one key is one, whatever names it gives. */
bool hx_second_person(const struct hx_step *s, const struct hx_asker *asker)
{
    struct hx_actor first;
    if (!asker->by[0])
        return true;
    if (asker->principal[0] && strcmp(asker->principal, s->principal) == 0)
        return false;
    return s->actor.person[0] && hx_actor_parse(asker->by, &first) &&
           strcmp(first.person, s->actor.person) != 0;
}

static bool second_for_class(const struct hx_step *s, const struct hx_call *call)
{
    (void)call;
    return hx_second_person(s, &s->c->class_asker);
}

/* The holder's own people may shorten alone, or agree to what a colleague asked for; a longer class
 * that nobody asked for before is only asked for by them. */
static bool no_stake(const struct hx_step *s, const struct hx_call *call)
{
    (void)call;
    int wanted = hx_rules_class(s->rules, s->data->class_);
    return !hx_class_lengthens(s, wanted) || wanted == s->c->class_asked || !hx_by_holder(s);
}

static bool soon_after_arrival(const struct hx_step *s, const struct hx_call *call)
{
    return s->t_eff <= span_end(s, call, s->c->t_arrived);
}

static bool class_asked(const struct hx_step *s, const struct hx_call *call)
{
    (void)call;
    return s->c->class_asked != 0;
}

/* A plan is asked for where the class has a budget for one: SPECIAL. */
static bool class_special(const struct hx_step *s, const struct hx_call *call)
{
    (void)call;
    int kind = hx_rules_clock(s->rules, "K_PLAN");
    return kind > 0 && hx_clock_budget(s->rules, kind, s->c->class_no, s->c->cycle) > 0;
}

static bool plan_dated(const struct hx_step *s, const struct hx_call *call)
{
    (void)call;
    return s->data->date > s->t_eff;
}

static bool plan_complete(const struct hx_step *s, const struct hx_call *call)
{
    (void)call;
    return s->data->n_steps > 0 && s->data->person[0];
}

/* A holder alone may not promise a later day; the street or the city may agree to it. */
static bool plan_near(const struct hx_step *s, const struct hx_call *call)
{
    return hx_by_level3(s) || s->data->date <= span_end(s, call, s->t_eff);
}

/* Nobody gives his own promise another date: that takes an objection, or two persons. */
static bool no_plan_stands(const struct hx_step *s, const struct hx_call *call)
{
    (void)call;
    const struct hx_clock *k = hx_clock_find(s->c, hx_rules_clock(s->rules, "K_PROMISE"));
    return !k || !hx_clock_counts(k);
}

static bool first_objection(const struct hx_step *s, const struct hx_call *call)
{
    (void)call;
    return s->c->objections == 0;
}

static bool plan_filed(const struct hx_step *s, const struct hx_call *call)
{
    (void)call;
    return s->c->flags & HX_FLAG_PLAN_FILED;
}

static bool has_evidence(const hxp_data *d, const char *kind)
{
    for (size_t i = 0; i < d->n_evidence; i++)
        if (strcmp(d->evidence[i], kind) == 0)
            return true;
    return false;
}

/* Photo, signature and the reporter's code count once each. */
static bool evidence(const struct hx_step *s, const struct hx_call *call)
{
    (void)call;
    const struct hx_class_rule *rule = &s->rules->classes[s->c->class_no];
    bool photo = has_evidence(s->data, "photo");
    int n = photo + has_evidence(s->data, "signature") + has_evidence(s->data, "code");
    return n >= rule->evidence && (photo || !rule->photo);
}

static bool cycles_left(const struct hx_step *s, const struct hx_call *call)
{
    return s->c->cycle < call->number;
}

/* The fact that this clock waits for is awaited still. */
static bool runs(const struct hx_step *s, const struct hx_call *call)
{
    const struct hx_clock *k = hx_clock_find(s->c, call->number);
    return k && hx_clock_counts(k);
}

/* Each part is a case of its own, under a reference that nobody has used (B8). */
static bool refs_new(const struct hx_step *s, const struct hx_call *call)
{
    (void)call;
    return !s->refs_taken;
}

/* The window is a clock of this cycle; where none was started yet, none is over. */
static bool in_window(const struct hx_step *s, const struct hx_call *call)
{
    const struct hx_clock *k = hx_clock_last(s->c, call->number);
    return !k || k->cycle != s->c->cycle || s->t_eff <= k->deadline;
}

const struct hx_word hx_words_guards[] = {
    HX_CASE_GUARD("has_class", HX_ARG_NONE, has_class, "NO_CLASS", HX_NOT_ALLOWED,
                  "the case is classed"),
    HX_GUARD("class_known", HX_ARG_NONE, class_known, "UNKNOWN_CLASS", HX_INVALID_EVENT,
             "the class exists"),
    HX_GUARD("out_of_scope", HX_ARG_NONE, out_of_scope, "IN_SCOPE", HX_NOT_ALLOWED,
             "the matter belongs to another service"),
    HX_GUARD("our_outage", HX_ARG_NONE, our_outage, "NO_OUTAGE", HX_NOT_ALLOWED,
             "it was due while we were down"),
    HX_GUARD("plan_fresh", HX_ARG_SPAN, plan_fresh, "TOO_LATE", HX_NOT_ALLOWED,
             "so soon after the plan was delivered"),
    HX_GUARD("by_holder", HX_ARG_NONE, by_holder, "NOT_HOLDER", HX_NOT_ALLOWED,
             "a person of the holder says so"),
    HX_GUARD("no_stranger", HX_ARG_NONE, no_stranger, "NOT_HOLDER", HX_NOT_ALLOWED,
             "a company says so only of a case that is its own"),
    HX_GUARD("by_holder_or_level3", HX_ARG_NONE, by_holder_or_level3, "NOT_HOLDER", HX_NOT_ALLOWED,
             "a person of the holder, the street or the city says so"),
    HX_GUARD("of_this_place", HX_ARG_NONE, of_this_place, "OTHER_PLACE", HX_NOT_ALLOWED,
             "the dispatcher or street of this place decides, or the city"),
    HX_GUARD("not_own", HX_ARG_NONE, not_own, "CALLER_IS_HOLDER", HX_NOT_ALLOWED,
             "the caller is not the holder, or is level 3"),
    HX_GUARD("not_by_holder", HX_ARG_NONE, not_by_holder, "CALLER_IS_HOLDER", HX_NOT_ALLOWED,
             "the caller is not the holder"),
    HX_GUARD("not_complained_of", HX_ARG_NONE, not_complained_of, "CALLER_COMPLAINED_OF",
             HX_NOT_ALLOWED, "the caller is not the party complained of"),
    HX_GUARD("by_reporter", HX_ARG_NONE, by_reporter, "NOT_REPORTER", HX_NOT_ALLOWED,
             "the reporter asks for it"),
    HX_GUARD("by_level3", HX_ARG_NONE, by_level3, "NEEDS_L3", HX_NOT_ALLOWED,
             "the street or the city says so"),
    HX_CASE_GUARD("flag", HX_ARG_FLAG, flag, "NOT_NOW", HX_NOT_ALLOWED, "the case bears this flag"),
    HX_CASE_GUARD("no_flag", HX_ARG_FLAG, no_flag, "ALREADY", HX_NOT_ALLOWED,
                  "the case does not bear this flag"),
    HX_GUARD("better_receipt", HX_ARG_NONE, better_receipt, "HELD_ALREADY", HX_NOT_ALLOWED,
             "nobody is named as the one who took it, or this one took it earlier"),
    HX_GUARD("not_before_report", HX_ARG_NONE, not_before_report, "BEFORE_REPORT", HX_NOT_ALLOWED,
             "it did not happen before the report"),
    HX_GUARD("better_arrival", HX_ARG_NONE, better_arrival, "ARRIVED_ALREADY", HX_NOT_ALLOWED,
             "it proves an earlier arrival than the recorded one"),
    HX_GUARD(HX_WORD_EARLIER, HX_ARG_CLOCK, ended_later, "NOT_EARLIER", HX_NOT_ALLOWED,
             "a later fact has ended this clock in its cycle"),
    HX_GUARD(HX_WORD_REFUTES, HX_ARG_CLOCK, refutes, "REFUTES_NOTHING", HX_NOT_ALLOWED,
             "proves an accusation wrong that stands against whoever says it"),
    HX_GUARD("by_accused", HX_ARG_CLOCK, by_accused, "NOT_HOLDER", HX_NOT_ALLOWED,
             "a person of the holder, or of the one whom this clock accuses"),
    HX_GUARD("second_for_class", HX_ARG_NONE, second_for_class, "SAME_PERSON", HX_NOT_ALLOWED,
             "a named person, and not the one who asked for the class"),
    HX_GUARD("no_stake", HX_ARG_NONE, no_stake, "SAME_PERSON", HX_NOT_ALLOWED,
             "not longer, or asked for before, or not by the holder's own people"),
    HX_GUARD("soon_after_arrival", HX_ARG_SPAN, soon_after_arrival, "TOO_LATE", HX_NOT_ALLOWED,
             "so soon after the arrival"),
    HX_CASE_GUARD("class_asked", HX_ARG_NONE, class_asked, "NOTHING_ASKED", HX_NOT_ALLOWED,
                  "a change of class waits"),
    HX_CASE_GUARD("class_special", HX_ARG_NONE, class_special, "NOT_SPECIAL", HX_NOT_ALLOWED,
                  "the class asks for a plan"),
    HX_GUARD("plan_dated", HX_ARG_NONE, plan_dated, "PLAN_NO_DATE", HX_NOT_ALLOWED,
             "the plan has a date to come"),
    HX_GUARD("plan_complete", HX_ARG_NONE, plan_complete, "PLAN_INCOMPLETE", HX_NOT_ALLOWED,
             "the plan has steps and a person"),
    HX_GUARD("plan_near", HX_ARG_SPAN, plan_near, "PLAN_NEEDS_L3", HX_NOT_ALLOWED,
             "the plan's date is no later than this, unless level 3 files it"),
    HX_CASE_GUARD("no_plan_stands", HX_ARG_NONE, no_plan_stands, "PLAN_STANDS", HX_NOT_ALLOWED,
                  "no plan that was delivered stands"),
    HX_CASE_GUARD("first_objection", HX_ARG_NONE, first_objection, "OBJECTED_BEFORE",
                  HX_NOT_ALLOWED, "no plan was objected to before"),
    HX_CASE_GUARD("plan_filed", HX_ARG_NONE, plan_filed, "NO_PLAN", HX_NOT_ALLOWED,
                  "a plan is filed"),
    HX_GUARD("evidence", HX_ARG_NONE, evidence, "EVIDENCE_MISSING", HX_NOT_ALLOWED,
             "evidence as the class demands"),
    HX_CASE_GUARD("cycles_left", HX_ARG_COUNT, cycles_left, "NO_FOURTH_CYCLE", HX_NOT_ALLOWED,
                  "fewer cycles than this"),
    HX_CASE_GUARD("runs", HX_ARG_CLOCK, runs, "NOT_AWAITED", HX_NOT_ALLOWED, "this clock runs"),
    HX_GUARD("refs_new", HX_ARG_NONE, refs_new, "REF_TAKEN", HX_NOT_ALLOWED,
             "every reference that is named is new, and named once"),
    HX_GUARD("in_window", HX_ARG_CLOCK, in_window, "WINDOW_OVER", HX_NOT_ALLOWED,
             "the window of this clock is not over"),
    HX_WORDS_END,
};
