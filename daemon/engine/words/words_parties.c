/* Parties to a case: further reporters, withdrawal with its coercion check (corner 10), transfer,
 * conversion. */
#include "engine/words/words.h"
#include "hongxin/instant.h"
#include "hongxin/number.h"

#include <stdio.h>
#include <string.h>

/* From the reporter's own channel; the holder's people may not bring it. */
static bool own_channel(const struct hx_step *s, const struct hx_call *call)
{
    (void)call;
    return s->actor.role == HX_ROLE_reporter;
}

/* The channel through which he reported, or the secret of the case, which only he was given: no
 * other system can speak for him, least of all the company's (corner 10). */
static bool own_source(const struct hx_step *s, const struct hx_call *call)
{
    (void)call;
    return s->own_secret || strcmp(hx_step_came(s)->source, s->c->source) == 0;
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

/* ---- parties and their call-backs ---- */

/* A party by its own reference; the first reporter also by the case's. NULL: nobody. */
static struct hx_party *party_named(const struct hx_step *s, const char *name)
{
    struct hx_case *c = s->c;
    for (uint32_t i = 0; i < c->n_parties; i++) {
        const char *ref = c->parties[i].ref[0] ? c->parties[i].ref : c->ref;
        if (strcmp(ref, name) == 0)
            return &c->parties[i];
    }
    return strcmp(name, "reporter") == 0 ? &c->parties[0] : NULL;
}

static bool settled(const struct hx_party *p)
{
    return p->gone || p->callback == HX_CALLBACK_OK || p->callback == HX_CALLBACK_BAD ||
           p->tries >= 3;
}

/* Who was called: the one that is named, otherwise the first who still waits. */
static struct hx_party *called(const struct hx_step *s)
{
    struct hx_case *c = s->c;
    struct hx_party *named = s->data->party[0] ? party_named(s, s->data->party) : NULL;
    if (named)
        return named;
    for (uint32_t i = 0; i < c->n_parties; i++)
        if (!settled(&c->parties[i]))
            return &c->parties[i];
    return &c->parties[0];
}

static bool party_known(const struct hx_step *s, const struct hx_call *call)
{
    (void)call;
    return !s->data->party[0] || party_named(s, s->data->party);
}

static bool party_open(const struct hx_step *s, const struct hx_call *call)
{
    (void)call;
    return s->data->party[0] && !settled(called(s));
}

/* A call-back that names nobody speaks for the case; one that names a party leaves the others
 * waiting. */
static bool last_party(const struct hx_step *s, const struct hx_call *call)
{
    (void)call;
    const struct hx_party *now = called(s);
    for (uint32_t i = 0; s->data->party[0] && i < s->c->n_parties; i++)
        if (&s->c->parties[i] != now && !settled(&s->c->parties[i]))
            return false;
    return true;
}

/* Of a merged case: one of its reporters, who are parties of the other case now, still waits there.
 * NULL when none does. */
static const struct hx_party *waits_there(const struct hx_step *s)
{
    for (uint32_t i = 0; s->other && i < s->other->n_parties; i++)
        if (s->other->parties[i].from_case == s->c->number && !settled(&s->other->parties[i]))
            return &s->other->parties[i];
    return NULL;
}

static bool merged_waits(const struct hx_step *s, const struct hx_call *call)
{
    (void)call;
    const struct hx_case *c = s->other;
    return c && c->t_resolved && waits_there(s);
}

/* Both reporters are called back and rate apart (corner 11): the call-back of the merged case
 * counts in the other one, for its own reporter. */
static void pass_on(struct hx_step *s, const struct hx_call *call)
{
    (void)call;
    hxp_data *data = hx_arena_memdup(s->arena, s->data, sizeof *s->data);
    const struct hx_party *waits = waits_there(s);
    if (!data || !waits)
        return;
    data->party = hx_arena_strdup(s->arena, waits->ref);
    s->data = data;
    s->message = hx_rules_event(s->rules, hx_step_came(s)->type);
}

static bool third_try(const struct hx_step *s, const struct hx_call *call)
{
    (void)call;
    return called(s)->tries >= 2;
}

static bool somebody_satisfied(const struct hx_step *s, const struct hx_call *call)
{
    (void)call;
    for (uint32_t i = 0; i < s->c->n_parties; i++)
        if (s->c->parties[i].callback == HX_CALLBACK_OK)
            return true;
    return false;
}

/* What came under a merged case's own number is heard of where it counts. */
static void heard_of(struct hx_step *s)
{
    char number[HX_NUMBER_TEXT];
    if (!s->other || s->other->merged_into != s->c->number)
        return;
    hx_tell(s, hx_rules_receiver(s->rules, "callback"),
            hx_arena_printf(s->arena, "call-back of %s counts here",
                            hx_number_format(s->other->number, number)));
}

static void rate(struct hx_step *s, const struct hx_call *call)
{
    (void)call;
    struct hx_party *p = called(s);
    heard_of(s);
    p->callback = HX_CALLBACK_OK;
    p->rating = s->data->rating;
}

static void rate_bad(struct hx_step *s, const struct hx_call *call)
{
    (void)call;
    struct hx_party *p = called(s);
    heard_of(s);
    p->callback = HX_CALLBACK_BAD;
    p->rating = s->data->rating;
}

static void count_try(struct hx_step *s, const struct hx_call *call)
{
    (void)call;
    struct hx_party *p = called(s);
    heard_of(s);
    p->tries++;
    p->callback = HX_CALLBACK_NO_ANSWER;
}

void hx_parties_ask_again(struct hx_case *c)
{
    for (uint32_t i = 0; i < c->n_parties; i++) {
        c->parties[i].callback = HX_CALLBACK_OPEN;
        c->parties[i].tries = 0;
    }
}

static void ask_again(struct hx_step *s, const struct hx_call *call)
{
    (void)call;
    hx_parties_ask_again(s->c);
}

/* The citizen's clock begins with the earliest of them. */
static void set_report(struct hx_step *s, int64_t t)
{
    struct hx_clock *k = hx_clock_find(s->c, hx_rules_clock(s->rules, "K_CITIZEN"));
    s->c->t0 = t;
    if (!k)
        return;
    k->start = t;
    k->moved_by = s->lsn;
    k->city = hx_city_number(s->m->city);
    hx_fact_clock(s, k, "MOVE");
}

void hx_earliest_report(struct hx_step *s, int64_t t)
{
    if (t < s->c->t0)
        set_report(s, t);
}

void hx_own_report(struct hx_step *s)
{
    int64_t t = INT64_MAX;
    for (uint32_t i = 0; i < s->c->n_parties; i++)
        if (s->c->parties[i].t_occ < t)
            t = s->c->parties[i].t_occ;
    if (t != INT64_MAX && t > s->c->t0)
        set_report(s, t);
}

/* Without the other system's receipt the case stays ours. */
static bool receipt_brought(const struct hx_step *s, const struct hx_call *call)
{
    (void)call;
    return s->data->receipt[0] != '\0';
}

static bool dispute_named(const struct hx_step *s, const struct hx_call *call)
{
    (void)call;
    return s->data->dispute[0] != '\0';
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
    const struct hx_party *named = s->data->party[0] ? party_named(s, s->data->party) : NULL;
    for (uint32_t i = 0; named && i < s->c->n_parties; i++)
        if (&s->c->parties[i] != named && !s->c->parties[i].gone)
            return true;
    return false;
}

static bool nobody_left(const struct hx_step *s, const struct hx_call *call)
{
    return !others_left(s, call);
}

/* One person is not counted as two: a party has one call-back. */
static bool party_new(const struct hx_step *s, const struct hx_call *call)
{
    (void)call;
    return !party_named(s, s->data->party);
}

static void add_party(struct hx_step *s, const struct hx_call *call)
{
    (void)call;
    struct hx_case *c = s->c;
    if (c->n_parties == HX_CASE_PARTIES) {
        s->overflow = true;
        return;
    }
    struct hx_party *p = &c->parties[c->n_parties++];
    int64_t t_occ = hx_step_came(s)->t_occ;
    *p = (struct hx_party){.t_occ = t_occ && t_occ <= s->t_rcv ? t_occ : s->t_rcv};
    snprintf(p->ref, sizeof p->ref, "%s", s->data->party);
    hx_earliest_report(s, p->t_occ);
    if (hx_step_came(s)->confidential || s->data->confidential)
        hx_flag_set(s, HX_FLAG_CONFIDENTIAL, true); /* of one of them is of the case (corner 28) */
}

/* Safety is at stake: the case goes on without the reporter, of whom no message speaks any more
 * (corner 10). */
static void leave_case(struct hx_step *s, const struct hx_call *call)
{
    (void)call;
    called(s)->gone = 1;
    hx_flag_set(s, HX_FLAG_CONFIDENTIAL, true);
}

static void leave_others(struct hx_step *s, const struct hx_call *call)
{
    (void)call;
    called(s)->gone = 1;
}

/* Whoever of the holder's people does something on the case may have met the reporter. */
static void note_contact(struct hx_step *s, const struct hx_call *call)
{
    (void)call;
    if (s->t_eff > s->c->last_contact)
        s->c->last_contact = s->t_eff;
}

static void hold_withdrawal(struct hx_step *s, const struct hx_call *call)
{
    (void)call;
    s->c->withdraw_at = s->c->owner_since;
    memcpy(s->c->withdraw_ms, s->c->owner_ms, sizeof s->c->withdraw_ms);
    hx_flag_set(s, HX_FLAG_WITHDRAW_ASKED, true);
}

/* Withdrawn when it was asked, not when it was confirmed: what came after belongs to nobody. */
static void date_back(struct hx_step *s, const struct hx_call *call)
{
    (void)call;
    s->c->owner_since = s->c->withdraw_at;
    memcpy(s->c->owner_ms, s->c->withdraw_ms, sizeof s->c->owner_ms);
    hx_clock_rebut_after(s, s->c->withdraw_at, "withdrawn before the deadline");
}

static void deny_withdrawal(struct hx_step *s, const struct hx_call *call)
{
    (void)call;
    s->c->withdraw_at = 0;
    hx_flag_set(s, HX_FLAG_WITHDRAW_ASKED, false);
    hx_flag_set(s, HX_FLAG_PRESSURE, true);
}

const struct hx_word hx_words_parties[] = {
    HX_GUARD("own_channel", HX_ARG_NONE, own_channel, "NOT_REPORTER", HX_NOT_ALLOWED,
             "the reporter's own channel"),
    HX_GUARD("own_source", HX_ARG_NONE, own_source, "OTHER_CHANNEL", HX_NOT_ALLOWED,
             "from the source through which he reported, or with the secret of the case"),
    HX_GUARD("no_pressure", HX_ARG_NONE, no_pressure, "PRESSURE_CHECK", HX_NOT_ALLOWED,
             "no contact with the company shortly before, not from its device"),
    HX_CASE_GUARD("no_safety", HX_ARG_NONE, no_safety, "SAFETY", HX_NOT_ALLOWED,
                  "safety is not at stake"),
    HX_GUARD("party_known", HX_ARG_NONE, party_known, "UNKNOWN_PARTY", HX_NOT_ALLOWED,
             "the party that is named belongs to the case"),
    HX_GUARD("others_left", HX_ARG_NONE, others_left, "NOBODY_ELSE", HX_NOT_ALLOWED,
             "a reporter is named, and another one is left"),
    HX_GUARD("nobody_left", HX_ARG_NONE, nobody_left, "OTHERS_LEFT", HX_NOT_ALLOWED,
             "no reporter is named, or no other one is left"),
    HX_GUARD("party_new", HX_ARG_NONE, party_new, "PARTY_ALREADY", HX_NOT_ALLOWED,
             "nobody of this reference is a party yet"),
    HX_GUARD("party_open", HX_ARG_NONE, party_open, "NO_PARTY_WAITS", HX_NOT_ALLOWED,
             "the party that is named has not been asked yet"),
    HX_GUARD("last_party", HX_ARG_NONE, last_party, "OTHERS_WAIT", HX_NOT_ALLOWED,
             "no other party waits for a call-back"),
    HX_GUARD("third_try", HX_ARG_NONE, third_try, "TRIES_LEFT", HX_NOT_ALLOWED,
             "the third try in vain"),
    HX_CASE_GUARD("somebody_satisfied", HX_ARG_NONE, somebody_satisfied, "NOBODY_CONFIRMED",
                  HX_NOT_ALLOWED, "another reporter has confirmed the solution"),
    HX_GUARD("merged_waits", HX_ARG_NONE, merged_waits, "NOT_SOLVED_THERE", HX_NOT_ALLOWED,
             "the other case is solved and waits for this reporter's call-back"),
    HX_GUARD("receipt_brought", HX_ARG_NONE, receipt_brought, "NO_RECEIPT", HX_NOT_ALLOWED,
             "the receiving system's receipt"),
    HX_GUARD("dispute_named", HX_ARG_NONE, dispute_named, "NO_DISPUTE", HX_NOT_ALLOWED,
             "the dispute that was opened"),
    HX_EFFECT("ask_again", HX_ARG_NONE, ask_again, "every reporter is called back anew"),
    HX_EFFECT("pass_on", HX_ARG_NONE, pass_on,
              "the call-back counts in the other case, for this one's reporter"),
    HX_EFFECT("rate", HX_ARG_NONE, rate, "stores a party's good call-back and its rating"),
    HX_EFFECT("rate_bad", HX_ARG_NONE, rate_bad, "stores a party's bad call-back and its rating"),
    HX_EFFECT("count_try", HX_ARG_NONE, count_try, "counts a party's call-back without answer"),
    HX_EFFECT("leave_others", HX_ARG_NONE, leave_others,
              "this reporter is called back no more; the others are"),
    HX_EFFECT("leave_case", HX_ARG_NONE, leave_case,
              "the reporter leaves, the case goes on without"),
    HX_EFFECT("add_party", HX_ARG_NONE, add_party, "a further reporter with an own call-back"),
    HX_EFFECT("note_contact", HX_ARG_NONE, note_contact,
              "the holder has had contact with the reporter"),
    HX_EFFECT("hold_withdrawal", HX_ARG_NONE, hold_withdrawal,
              "the withdrawal waits for the street's call"),
    HX_EFFECT("date_back", HX_ARG_NONE, date_back, "the withdrawal counts from when it was asked"),
    HX_EFFECT("deny_withdrawal", HX_ARG_NONE, deny_withdrawal, "the case goes on, marked PRESSURE"),
    HX_WORDS_END,
};
