/* Withdrawal by a reporter, with its check whether somebody presses him (corner 10). */
#include "engine/words/words.h"
#include "hongxin/instant.h"

#include <string.h>

/* From the reporter's own channel; the holder's people may not bring it. */
static bool own_channel(const struct hx_step *s, const struct hx_call *call)
{
    (void)call;
    return s->actor.role == HX_ROLE_reporter;
}

/* The channel through which he reported, or the secret of the case, which only he was given: no
 * other system can speak for him, least of all the company's (corner 10). Who came with a merged
 * case has shown it there. */
static bool own_source(const struct hx_step *s, const struct hx_call *call)
{
    (void)call;
    return s->n_speakers || s->own_secret || strcmp(hx_step_came(s)->source, s->c->source) == 0;
}

static bool shortly_before(const struct hx_step *s, int64_t t)
{
    return t && t <= s->t_eff && s->t_eff - t <= 10 * HX_MINUTE;
}

/* The company spoke with the reporter, arrived or left within ten minutes before, or the device is
 * the company's. */
static bool no_pressure(const struct hx_step *s, const struct hx_call *call)
{
    (void)call;
    const struct hx_case *c = s->c;
    bool company_device =
        s->data->device[0] && strstr(s->data->device, c->holder) != NULL && c->holder[0];
    return !company_device && !shortly_before(s, c->last_contact) &&
           !shortly_before(s, c->t_arrived) && !shortly_before(s, c->t_resolved);
}

static bool no_safety(const struct hx_step *s, const struct hx_call *call)
{
    (void)call;
    return !(s->c->flags & HX_FLAG_SAFETY);
}

/* One of several reporters speaks for himself, if he is named: the others still wait (corner 10).
 */
static bool others_left(const struct hx_step *s, const struct hx_call *call)
{
    (void)call;
    for (uint32_t i = 0; hx_names_somebody(s) && i < s->c->n_parties; i++)
        if (!hx_speaks_for(s, &s->c->parties[i]) && !s->c->parties[i].gone)
            return true;
    return false;
}

static bool nobody_left(const struct hx_step *s, const struct hx_call *call)
{
    return !others_left(s, call);
}

static bool all_left(const struct hx_step *s, const struct hx_call *call)
{
    (void)call;
    for (uint32_t i = 0; i < s->c->n_parties; i++)
        if (!s->c->parties[i].gone)
            return false;
    return true;
}

/* If the street confirms it, the case ended now. */
static void note_withdrawal(struct hx_case *c)
{
    c->withdraw_at = c->owner_since;
    memcpy(c->withdraw_ms, c->owner_ms, sizeof c->withdraw_ms);
}

/* Who was asked has left: also his own case, should the merge that brought him be taken back.
 * False: nobody was. */
static bool let_go(struct hx_case *c)
{
    bool any = false;
    for (uint32_t i = 0; i < c->n_parties; i++) {
        any |= c->parties[i].leaves;
        c->parties[i].gone |= c->parties[i].leaves;
        c->parties[i].leaves = 0;
    }
    return any;
}

static void end_check(struct hx_step *s)
{
    struct hx_clock *k = hx_clock_find(s->c, hx_rules_clock(s->rules, "K_WITHDRAW"));
    if (k)
        hx_clock_void(s, k);
    s->c->withdraw_at = 0;
    hx_flag_set(s, HX_FLAG_WITHDRAW_ASKED, false);
}

void hx_check_ends(struct hx_step *s)
{
    bool left = false, waits = false;
    for (uint32_t i = 0; i < s->c->n_parties; i++) {
        struct hx_party *p = &s->c->parties[i];
        left |= p->gone && p->leaves;
        waits |= !p->gone && p->leaves;
        p->leaves &= !p->gone;
    }
    if (left && !waits && s->c->flags & HX_FLAG_WITHDRAW_ASKED)
        end_check(s);
}

void hx_danger_came(struct hx_step *s)
{
    if (!(s->c->flags & HX_FLAG_WITHDRAW_ASKED))
        return;
    if (let_go(s->c))
        end_check(s);
    hx_flag_set(s, HX_FLAG_CONFIDENTIAL, true);
}

/* Whoever is named, or the first of them. */
static void leave(struct hx_step *s)
{
    struct hx_party *first = hx_party_called(s);
    hx_heard_of(s, "withdrawal", "callback");
    for (uint32_t i = 0; hx_names_somebody(s) && i < s->c->n_parties; i++)
        if (hx_speaks_for(s, &s->c->parties[i]))
            s->c->parties[i].gone = 1;
    first->gone = 1;
    hx_check_ends(s);
}

/* Safety is at stake: the case goes on without the reporter, of whom no message speaks any more
 * (corner 10). */
static void leave_case(struct hx_step *s, const struct hx_call *call)
{
    (void)call;
    leave(s);
    s->mark = "SAFETY";
    hx_flag_set(s, HX_FLAG_CONFIDENTIAL, true);
}

static void leave_others(struct hx_step *s, const struct hx_call *call)
{
    (void)call;
    leave(s);
    s->mark = "OTHERS_LEFT";
    if (s->c->flags & HX_FLAG_WITHDRAW_ASKED) /* it was still theirs until now */
        note_withdrawal(s->c);
}

void hx_contact_keep(struct hx_case *c)
{
    if (c->t_arrived > c->last_contact)
        c->last_contact = c->t_arrived;
    if (c->t_resolved > c->last_contact)
        c->last_contact = c->t_resolved;
}

/* Whoever of the holder's people does something on the case may have met the reporter. */
static void note_contact(struct hx_step *s, const struct hx_call *call)
{
    (void)call;
    if (s->t_eff > s->c->last_contact)
        s->c->last_contact = s->t_eff;
}

/* While the street asks another one, who asks now is asked with him. */
static bool asks_too(const struct hx_step *s, const struct hx_call *call)
{
    (void)call;
    for (uint32_t i = 0; i < s->c->n_parties; i++) {
        const struct hx_party *p = &s->c->parties[i];
        if (hx_speaks_for(s, p) && !p->leaves && !p->gone)
            return true;
    }
    return false;
}

/* Of a check that ended with its case nothing is left. */
static void hold_withdrawal(struct hx_step *s, const struct hx_call *call)
{
    (void)call;
    bool asked = s->c->flags & HX_FLAG_WITHDRAW_ASKED;
    for (uint32_t i = 0; i < s->c->n_parties; i++) {
        struct hx_party *p = &s->c->parties[i];
        p->leaves = !p->gone && ((asked && p->leaves) || hx_speaks_for(s, p));
    }
    note_withdrawal(s->c);
    s->mark = "PRESSURE_CHECK";
    hx_flag_set(s, HX_FLAG_WITHDRAW_ASKED, true);
}

/* Whoever does not want to withdraw, or came while the street was asking, has not asked. */
static bool others_stay(const struct hx_step *s, const struct hx_call *call)
{
    (void)call;
    bool leaves = false, stays = false;
    for (uint32_t i = 0; i < s->c->n_parties; i++) {
        const struct hx_party *p = &s->c->parties[i];
        leaves |= p->leaves;
        stays |= !p->leaves && !p->gone;
    }
    return leaves && stays;
}

/* Whoever has asked goes with the case that is given back. */
static bool asker_goes(const struct hx_step *s, const struct hx_call *call)
{
    (void)call;
    bool goes = false;
    for (uint32_t i = 0; s->other && i < s->c->n_parties; i++) {
        const struct hx_party *p = &s->c->parties[i];
        if (p->leaves && p->from_case != s->other->number)
            return false;
        goes |= p->leaves;
    }
    return goes;
}

static void leave_asked(struct hx_step *s, const struct hx_call *call)
{
    (void)call;
    (void)let_go(s->c);
    s->c->withdraw_at = 0;
    s->mark = "OTHERS_LEFT";
}

/* What the answer under the number of a merged case says of the withdrawal there. Unless the street
 * asks first, he has withdrawn: also from his own case, should the merge be taken back when the
 * other one has ended with him. */
static void say_withdrawn(struct hx_step *s, const struct hx_call *call)
{
    if (!s->other) /* in a row of a city's own file */
        return;
    struct hx_step there = hx_step_there(s);
    bool others = others_left(&there, call), checked = false;
    bool asked = !others && there.c->flags & HX_FLAG_WITHDRAW_ASKED;
    if (!no_safety(&there, call))
        s->mark = "SAFETY";
    else if ((checked = asked || !no_pressure(&there, call)))
        s->mark = "PRESSURE_CHECK";
    else if (others)
        s->mark = "OTHERS_LEFT";
    for (uint32_t i = 0; !checked && i < s->c->n_parties; i++)
        s->c->parties[i].gone |= hx_speaks_for(s, &s->c->parties[i]);
}

/* Under the number of a merged case the street answers for those whom it was to ask: one of them is
 * a reporter of this case. */
static bool asked_there(const struct hx_step *s, const struct hx_call *call)
{
    (void)call;
    for (uint32_t i = 0; s->other && i < s->n_theirs; i++)
        if (s->theirs[i] != HX_NOBODY && hx_speaks_for(s, &s->c->parties[i]) &&
            s->other->parties[s->theirs[i]].leaves)
            return true;
    return false;
}

/* The answer says what it would say under the number of the case that counts. */
static void say_confirmed(struct hx_step *s, const struct hx_call *call)
{
    if (!s->other) /* in a row of a city's own file */
        return;
    struct hx_step there = hx_step_there(s);
    if (others_stay(&there, call))
        s->mark = "OTHERS_LEFT";
}

/* Withdrawn when it was asked, not when it was confirmed: what came after belongs to nobody. */
static void date_back(struct hx_step *s, const struct hx_call *call)
{
    (void)call;
    (void)let_go(s->c);
    s->c->owner_since = s->c->withdraw_at;
    memcpy(s->c->owner_ms, s->c->withdraw_ms, sizeof s->c->owner_ms);
    hx_clock_rebut_after(s, s->c->withdraw_at, "withdrawn before the deadline");
}

static void deny_withdrawal(struct hx_step *s, const struct hx_call *call)
{
    (void)call;
    for (uint32_t i = 0; i < s->c->n_parties; i++)
        s->c->parties[i].leaves = 0;
    s->c->withdraw_at = 0;
    hx_flag_set(s, HX_FLAG_WITHDRAW_ASKED, false);
    hx_flag_set(s, HX_FLAG_PRESSURE, true);
}

const struct hx_word hx_words_withdraw[] = {
    HX_GUARD("own_channel", HX_ARG_NONE, own_channel, "NOT_REPORTER", HX_NOT_ALLOWED,
             "the reporter's own channel"),
    HX_GUARD("own_source", HX_ARG_NONE, own_source, "OTHER_CHANNEL", HX_NOT_ALLOWED,
             "from the source through which he reported, or with the secret of the case"),
    HX_GUARD("no_pressure", HX_ARG_NONE, no_pressure, "PRESSURE_CHECK", HX_NOT_ALLOWED,
             "no contact with the company shortly before, not from its device"),
    HX_CASE_GUARD("no_safety", HX_ARG_NONE, no_safety, "SAFETY", HX_NOT_ALLOWED,
                  "safety is not at stake"),
    HX_GUARD("others_left", HX_ARG_NONE, others_left, "NOBODY_ELSE", HX_NOT_ALLOWED,
             "a reporter is named, and another one is left"),
    HX_GUARD("nobody_left", HX_ARG_NONE, nobody_left, "OTHERS_LEFT", HX_NOT_ALLOWED,
             "no reporter is named, or no other one is left"),
    HX_CASE_GUARD("others_stay", HX_ARG_NONE, others_stay, "NOBODY_ELSE", HX_NOT_ALLOWED,
                  "a reporter is left who has not asked to withdraw"),
    HX_CASE_GUARD("all_left", HX_ARG_NONE, all_left, "OTHERS_LEFT", HX_NOT_ALLOWED,
                  "every reporter has withdrawn"),
    HX_GUARD("asks_too", HX_ARG_NONE, asks_too, "ALREADY", HX_NOT_ALLOWED,
             "whoever asks is not asked by the street already"),
    HX_GUARD("asked_there", HX_ARG_NONE, asked_there, "NOT_ASKED_THERE", HX_NOT_ALLOWED,
             "in the case that speaks for this one the street asks a reporter of this one"),
    HX_EFFECT("say_confirmed", HX_ARG_NONE, say_confirmed,
              "the answer says whether others are left there"),
    HX_EFFECT("say_withdrawn", HX_ARG_NONE, say_withdrawn,
              "the answer says whether that case goes on"),
    HX_EFFECT("leave_others", HX_ARG_NONE, leave_others,
              "this reporter is called back no more; the others are"),
    HX_GUARD("asker_goes", HX_ARG_NONE, asker_goes, "OTHERS_LEFT", HX_NOT_ALLOWED,
             "only reporters of the case that is given back have asked to withdraw"),
    HX_EFFECT("leave_asked", HX_ARG_NONE, leave_asked,
              "who has asked to withdraw is called back no more; the others are"),
    HX_EFFECT("leave_case", HX_ARG_NONE, leave_case,
              "the reporter leaves, the case goes on without"),
    HX_EFFECT("note_contact", HX_ARG_NONE, note_contact,
              "the holder has had contact with the reporter"),
    HX_EFFECT("hold_withdrawal", HX_ARG_NONE, hold_withdrawal,
              "the withdrawal waits for the street's call"),
    HX_EFFECT("date_back", HX_ARG_NONE, date_back, "the withdrawal counts from when it was asked"),
    HX_EFFECT("deny_withdrawal", HX_ARG_NONE, deny_withdrawal, "the case goes on, marked PRESSURE"),
    HX_WORDS_END,
};
