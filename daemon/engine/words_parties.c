/* Parties to a case: further reporters, withdrawal with its coercion check (corner 10), transfer,
 * conversion. */
#include "engine/words.h"
#include "hongxin/instant.h"

#include <stdio.h>
#include <string.h>

/* From the reporter's own channel; the holder's people may not bring it. */
static bool own_channel(const struct hx_step *s, const struct hx_call *call)
{
    (void)call;
    return s->actor.role == HX_ROLE_reporter;
}

/* The company spoke with the reporter within ten minutes before, or the device is the company's. */
static bool no_pressure(const struct hx_step *s, const struct hx_call *call)
{
    (void)call;
    const struct hx_case *c = s->c;
    bool company_device =
        s->data->device[0] && strstr(s->data->device, c->holder) != NULL && c->holder[0];
    bool contact = c->last_contact && s->t_eff - c->last_contact <= 10 * HX_MINUTE &&
                   s->t_eff >= c->last_contact;
    return !company_device && !contact;
}

static bool no_safety(const struct hx_step *s, const struct hx_call *call)
{
    (void)call;
    return !(s->c->flags & HX_FLAG_SAFETY);
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
    *p = (struct hx_party){.t_occ = s->event->t_occ && s->event->t_occ <= s->t_rcv ? s->event->t_occ
                                                                                   : s->t_rcv};
    snprintf(p->ref, sizeof p->ref, "%s", s->data->party);
    if (p->t_occ < c->t0)
        c->t0 = p->t_occ;
}

/* Whoever of the holder's people does something on the case may have met the reporter. */
static void note_contact(struct hx_step *s, const struct hx_call *call)
{
    (void)call;
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
    HX_GUARD("no_pressure", HX_ARG_NONE, no_pressure, "PRESSURE_CHECK", HX_NOT_ALLOWED,
             "no contact with the company shortly before, not from its device"),
    HX_GUARD("no_safety", HX_ARG_NONE, no_safety, "SAFETY", HX_NOT_ALLOWED,
             "safety is not at stake"),
    HX_EFFECT("add_party", HX_ARG_NONE, add_party, "a further reporter with an own call-back"),
    HX_EFFECT("note_contact", HX_ARG_NONE, note_contact,
              "the holder has had contact with the reporter"),
    HX_EFFECT("hold_withdrawal", HX_ARG_NONE, hold_withdrawal,
              "the withdrawal waits for the street's call"),
    HX_EFFECT("date_back", HX_ARG_NONE, date_back, "the withdrawal counts from when it was asked"),
    HX_EFFECT("deny_withdrawal", HX_ARG_NONE, deny_withdrawal, "the case goes on, marked PRESSURE"),
    HX_WORDS_END,
};
