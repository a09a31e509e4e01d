/* Wrong route: giving a case back, deciding about it, arbitration, and a company that is replaced
 * (corners 12, 13, 22). */
#include "base/text.h"
#include "engine/case/passing.h"
#include "engine/words/words.h"
#include "hongxin/instant.h"

#include <stdio.h>
#include <string.h>

/* ---- guards ---- */

static bool return_reason(const struct hx_step *s, const struct hx_call *call)
{
    (void)call;
    return hx_rules_return_reason(s->rules, s->data->reason);
}

/* After the receipt, or after a refusal: whoever was refused may ask once more, for another reason
 * (corner 13). */
static bool soon_after_held(const struct hx_step *s, const struct hx_call *call)
{
    const struct hx_case *c = s->c;
    int64_t from = c->t_returned > c->t_held ? c->t_returned : c->t_held;
    return c->t_held == 0 || s->t_eff <= from + call->span_ms;
}

/* "PLACE,DUTY" holds the reasons of this holder so far. Another one may well have the same reason.
 */
static bool other_reason(const struct hx_step *s, const struct hx_call *call)
{
    (void)call;
    const char *used = s->c->reasons_used, *reason = s->data->reason;
    size_t n = strlen(reason);
    for (const char *p = used; (p = strstr(p, reason)) != NULL; p += n)
        if ((p == used || p[-1] == ',') && (p[n] == ',' || p[n] == '\0'))
            return false;
    return true;
}

static bool returns_left(const struct hx_step *s, const struct hx_call *call)
{
    return (int)s->c->returns < call->number;
}

static bool returns_used(const struct hx_step *s, const struct hx_call *call)
{
    return !returns_left(s, call);
}

/* On site only the question whose thing it is may still be raised, with the code that proves one
 * was there. */
static bool owner_unclear_proven(const struct hx_step *s, const struct hx_call *call)
{
    (void)call;
    return strcmp(s->data->reason, "OWNER_UNCLEAR") == 0 && hx_brings_code(s);
}

bool hx_gave_back(const struct hx_case *c, const char *holder)
{
    for (uint32_t i = 0; i < c->n_tried; i++)
        if (strcmp(c->tried[i], holder) == 0)
            return true;
    return false;
}

/* The pair (case, holder) is never used again, except by arbitration. */
static bool not_tried(const struct hx_step *s, const struct hx_call *call)
{
    (void)call;
    return strcmp(s->data->holder, s->c->holder) != 0 && !hx_gave_back(s->c, s->data->holder);
}

/* A person sends it to nobody who gave it back; the date in the city's files does. */
static bool not_given_back(const struct hx_step *s, const struct hx_call *call)
{
    (void)call;
    return !s->event || !hx_gave_back(s->c, s->data->holder);
}

static bool not_final(const struct hx_step *s, const struct hx_call *call)
{
    (void)call;
    return !(s->c->flags & HX_FLAG_FINAL);
}

static bool other_holder(const struct hx_step *s, const struct hx_call *call)
{
    (void)call;
    return strcmp(s->data->holder, s->c->holder) != 0;
}

/* ---- effects ---- */

static void ask_return(struct hx_step *s, const struct hx_call *call)
{
    (void)call;
    struct hx_case *c = s->c;
    size_t n = strlen(c->reasons_used);
    c->returns++;
    hx_text_put(c->return_reason, sizeof c->return_reason, s->data->reason);
    snprintf(c->reasons_used + n, sizeof c->reasons_used - n, "%s%s", n ? "," : "",
             s->data->reason);
    hx_passing_ask(s);
    hx_flag_set(s, HX_FLAG_RETURN_ASKED, true);
}

static void end_return(struct hx_step *s, const struct hx_call *call)
{
    (void)call;
    s->c->t_returned = s->t_eff;
    if (strcmp(s->cause, "RETURN_ACCEPTED") != 0 && strcmp(s->cause, "HOLDER_CHANGED") != 0)
        hx_passing_refuse(s);
    hx_flag_set(s, HX_FLAG_RETURN_ASKED, false);
}

/* With another holder the question of the old one has no object any more. */
static void lapse_return(struct hx_step *s, const struct hx_call *call)
{
    struct hx_clock *k = hx_clock_find(s->c, hx_rules_clock(s->rules, "K_RETURN"));
    if (!(s->c->flags & HX_FLAG_RETURN_ASKED))
        return;
    end_return(s, call);
    if (k)
        hx_clock_void(s, k);
}

/* Whoever was accused through a wrong route is accused no longer; the fact stays, marked. */
static void void_breaches(struct hx_step *s)
{
    struct hx_case *c = s->c;
    for (uint32_t i = 0; i < c->n_breaches; i++) {
        struct hx_breach *b = &c->breaches[i];
        if (b->cycle != c->cycle || b->marks || strcmp(b->holder, c->holder) != 0)
            continue;
        hx_mark_breach(s, b, HX_BREACH_VOID_RETURN, "wrong route, return accepted");
        if (!s->rules->clocks[b->kind].stays)
            hx_ladder_correct_breach(s, b, "wrong route: the holder has changed");
    }
}

/* Clocks that the holder runs against: promises, hand-over, updates. The citizen's go on. */
static void end_holder_clocks(struct hx_step *s)
{
    struct hx_case *c = s->c;
    for (uint32_t i = 0; i < c->n_clocks; i++) {
        struct hx_clock *k = &c->clocks[i];
        const struct hx_clock_rule *rule = &s->rules->clocks[k->kind];
        if (rule->stays || k->unit[0])
            continue;
        hx_clock_void(s, k);
    }
}

static void begin_new_holder(struct hx_step *s, const char *holder)
{
    struct hx_case *c = s->c;
    if (c->n_tried < HX_CASE_TRIED)
        hx_text_put(c->tried[c->n_tried++], HX_ID_MAX, c->holder);
    hx_passing_note(s, holder);
    hx_contact_keep(c);
    c->t_held = c->t_arrived = c->t_returned = 0;
    c->reasons_used[0] = '\0';
    hx_plan_drop(s);
    hx_class_drop(s);
    hx_flag_set(s, HX_FLAG_DEEMED, false);
    hx_set_holder(s, holder);
}

/* The minutes of the wrong holder belong to the one who sent the case there. */
static void take_return(struct hx_step *s, const struct hx_call *call)
{
    (void)call;
    struct hx_case *c = s->c;
    hx_clocks_judge_missed(s);
    hx_resume(s);
    if (c->t_held) { /* else it has not begun: what is booked is of the cycle before */
        c->owner_ms[HX_OWNER_HOLDER] -= c->stint_ms;
        c->owner_ms[HX_OWNER_DISPATCHER] += c->stint_ms;
    }
    hx_flag_set(s, HX_FLAG_MISROUTED, true);
    void_breaches(s);
    end_holder_clocks(s);
    begin_new_holder(s, s->data->holder);
}

/* A plan that waits for its delivery, and the meeting about one, were the old holder's; a plan with
 * its date goes on. */
static void drop_undelivered(struct hx_step *s)
{
    int64_t delivered = s->c->flags & HX_FLAG_PLAN_FILED ? 0 : s->c->plan_date;
    hx_plan_drop(s);
    s->c->plan_date = delivered;
}

/* A company is replaced (corner 22): the time so far stays its own, the new one gets at least a
 * quarter of each budget. */
static void change_holder(struct hx_step *s, const struct hx_call *call)
{
    (void)call;
    struct hx_case *c = s->c;
    hx_clocks_judge_missed(s);
    hx_passing_note(s, s->data->holder);
    hx_set_holder(s, s->data->holder);
    c->reasons_used[0] = '\0';
    drop_undelivered(s);
    hx_class_drop(s);
    hx_flag_set(s, HX_FLAG_DEEMED, false);
    for (uint32_t i = 0; i < c->n_clocks; i++) {
        struct hx_clock *k = &c->clocks[i];
        const struct hx_clock_rule *rule = &s->rules->clocks[k->kind];
        if (hx_clock_counts(k) && rule->promise && !rule->dated && !rule->stays)
            hx_clock_hand_on(s, k);
    }
}

/* Nobody of the new company has the case or is there: its way begins anew. */
static void begin_anew(struct hx_step *s, const struct hx_call *call)
{
    (void)call;
    hx_contact_keep(s->c);
    s->c->t_held = s->c->t_arrived = 0;
}

/* Those who were told of it hear why, and not that all is well: the fact is still awaited, from
 * somebody else. */
static void take_back(struct hx_step *s, const struct hx_call *call)
{
    struct hx_clock *k = hx_clock_find(s->c, call->number);
    if (k)
        hx_clock_take_back(s, k);
}

const struct hx_word hx_words_return[] = {
    HX_GUARD("return_reason", HX_ARG_NONE, return_reason, "RETURN_REASON", HX_NOT_ALLOWED,
             "one of the reasons for a return"),
    HX_GUARD("soon_after_held", HX_ARG_SPAN, soon_after_held, "TOO_LATE", HX_NOT_ALLOWED,
             "so soon after the receipt, or after a refused request"),
    HX_GUARD("other_reason", HX_ARG_NONE, other_reason, "SAME_REASON", HX_NOT_ALLOWED,
             "this holder has not asked for the same reason before"),
    HX_CASE_GUARD("returns_left", HX_ARG_COUNT, returns_left, "NO_RETURN_LEFT", HX_NOT_ALLOWED,
                  "fewer returns were asked before"),
    HX_CASE_GUARD("returns_used", HX_ARG_COUNT, returns_used, "RETURN_REFUSED", HX_NOT_ALLOWED,
                  "so many returns were asked before"),
    HX_GUARD("owner_unclear_proven", HX_ARG_NONE, owner_unclear_proven, "ONLY_OWNER_UNCLEAR",
             HX_NOT_ALLOWED, "the owner is unclear, proven by the on-site code"),
    HX_GUARD("not_given_back", HX_ARG_NONE, not_given_back, "HOLDER_TRIED", HX_NOT_ALLOWED,
             "nobody is named who gave the case back"),
    HX_GUARD("not_tried", HX_ARG_NONE, not_tried, "HOLDER_TRIED", HX_NOT_ALLOWED,
             "this holder has not had the case"),
    HX_CASE_GUARD("not_final", HX_ARG_NONE, not_final, "FINAL", HX_NOT_ALLOWED,
                  "the street has not decided about it for good"),
    HX_GUARD("other_holder", HX_ARG_NONE, other_holder, "SAME_HOLDER", HX_NOT_ALLOWED,
             "it is another holder"),
    HX_EFFECT("ask_return", HX_ARG_NONE, ask_return, "records the request to give it back"),
    HX_EFFECT("end_return", HX_ARG_NONE, end_return, "the request is decided"),
    HX_EFFECT("lapse_return", HX_ARG_NONE, lapse_return,
              "a request to give it back has no object any more"),
    HX_EFFECT("take_return", HX_ARG_NONE, take_return,
              "the old holder's clocks and breaches are void, its minutes the dispatcher's"),
    HX_EFFECT("change_holder", HX_ARG_NONE, change_holder, "a new holder, with the floor rule"),
    HX_EFFECT("begin_anew", HX_ARG_NONE, begin_anew, "receipt and arrival are awaited once more"),
    HX_EFFECT("take_back", HX_ARG_CLOCK, take_back,
              "takes a clock back and corrects what was told of it"),
    HX_WORDS_END,
};
