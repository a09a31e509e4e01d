/* The way of a case into the holder's hands: told, taken, deemed to be taken, told again. */
#include "base/text.h"
#include "engine/notice/delivery.h"
#include "engine/notice/outage.h"
#include "engine/words/words.h"

#include <string.h>

/* When the holder is told: not before we read what sends the case to it. */
static int64_t told_at(const struct hx_step *s)
{
    int64_t read = s->waited ? s->now : s->t_rcv;
    return s->quiet || read < s->t_eff ? s->t_eff : read;
}

static bool sent_meanwhile(const struct hx_step *s)
{
    return strcmp(s->mark, "OUTAGE") == 0;
}

/* What lies between a fact and our reading of it is no holder's time: the system's as long as we
 * were down (corner 17), else that of whoever sent it late. Whether any of it was ours. */
static bool book_until_told(struct hx_step *s, int64_t told_before)
{
    struct hx_case *c = s->c;
    int64_t gap = c->t_dispatched - c->owner_since;
    bool goes_on = c->owner_since == told_before; /* nobody has had it in between */
    if (!goes_on)
        c->ours_ms = c->late_ms = 0;
    if (gap <= 0 || s->t_eff >= c->t_dispatched)
        return false;
    int64_t from = c->owner_since, to = c->t_dispatched;
    int64_t ours = hx_outage_within(s->m, &from, &to) ? to - from : 0;
    c->ours_ms += ours;
    if (ours || goes_on)
        c->late_ms += ours ? c->t_dispatched - to : gap;
    c->owner_ms[HX_OWNER_SYSTEM] += ours;
    c->owner_ms[HX_OWNER_DISPATCHER] += gap - ours;
    c->owner_since = c->t_dispatched;
    return ours > 0;
}

static const char *why_dispatched(const struct hx_step *s, bool ours)
{
    if (ours || sent_meanwhile(s))
        return "delivered after our outage";
    return strcmp(s->cause, "HOLDER_CHANGED") == 0 ? "the holder has changed" : "";
}

/* The holder is told, and from then on has 30 seconds to take it. When nobody at all can be reached
 * the fault is ours and the clock waits (S1, corner 18). */
void hx_dispatch(struct hx_step *s)
{
    struct hx_case *c = s->c;
    const char *to = hx_receiver(s, hx_rules_receiver(s->rules, "duty"));
    hx_tell_second(s);
    enum hx_reach reach = s->quiet ? HX_REACH_UP : hx_step_reach(s, c->holder);
    int64_t told_before = c->t_dispatched;
    c->t_dispatched = told_at(s);
    bool ours = book_until_told(s, told_before);
    c->dispatch_lsn = s->lsn;
    hxp_notice_fact *f = hx_fact_notice(s, HX_NOTICE_CASE, to);
    if (f) {
        f->t_due = s->t_eff;
        f->why = hx_text_field(why_dispatched(s, ours));
        f->expects = hx_text_field("HELD");
        if (!hx_post_answers(s, f))
            hx_ladder_climb(s, to);
    }
    if (reach == HX_REACH_OURS) {
        hx_flag_set(s, HX_FLAG_OUTAGE, true);
        c->undelivered_since = c->t_dispatched;
        hx_clock_start(s, hx_rules_clock(s->rules, "K_DELIVERY"), c->t_dispatched);
        return;
    }
    hx_clock_start(s, hx_rules_clock(s->rules, "K_HANDOVER"), c->t_dispatched);
}

static void dispatch(struct hx_step *s, const struct hx_call *call)
{
    (void)call;
    hx_dispatch(s);
}

static void name_person(struct hx_step *s, const struct hx_call *call)
{
    (void)call;
    hx_text_put(s->c->person, sizeof s->c->person, hx_step_came(s)->by);
    s->c->person_at = s->t_eff;
}

static void begin_holder(struct hx_step *s, const struct hx_call *call)
{
    (void)call;
    /* nobody has taken it before it was handed over, whatever his clock says */
    s->c->t_held = s->t_eff > s->c->t_dispatched ? s->t_eff : s->c->t_dispatched;
    s->c->stint_ms = 0; /* a return gives the dispatcher what comes from now on (corner 12) */
    hx_delivery_taken(s);
}

static void deem(struct hx_step *s, const struct hx_call *call)
{
    (void)call;
    hx_flag_set(s, HX_FLAG_DEEMED, true);
    hx_delivery_deem(s);
}

/* The next person of the rota is called by another road: the holder's connection has the case, or
 * cannot be used. */
static void next_person(struct hx_step *s, const struct hx_call *call)
{
    (void)call;
    const char *second = hx_post_second(s);
    hxp_notice_fact *f =
        hx_fact_notice(s, HX_NOTICE_CASE,
                       second ? second : hx_receiver(s, hx_rules_receiver(s->rules, "manager")));
    if (!f)
        return;
    f->why = hx_text_field("deemed held: nobody has taken it");
    f->expects = hx_text_field("ARRIVED");
    if (s->unreached)
        f->missed = hx_arena_printf(s->arena, "holder:%s", s->c->holder);
    if (!hx_post_answers(s, f))
        hx_ladder_climb(s, f->to);
    else if (!s->unreached)
        hx_delivery_call(s, f);
}

/* Our outage keeps the dispatch waiting: tried again, ever more seldom, until somebody can be
 * reached; these seconds are the system's. */
static void redeliver(struct hx_step *s, const struct hx_call *call)
{
    (void)call;
    if (hx_step_reach(s, s->c->holder) == HX_REACH_OURS) {
        hx_outage_dispatch(s);
        return;
    }
    s->c->undelivered_since = 0;
    hx_delivery_our_fault(s);
    hx_flag_set(s, HX_FLAG_OUTAGE, false);
    hx_dispatch(s);
}

/* Delivered only now that we are up again; the time until then is the system's (corner 17). Nobody
 * has taken it who was not told: hand-over begins with this notice. */
static void redeliver_late(struct hx_step *s, const struct hx_call *call)
{
    (void)call;
    struct hx_case *c = s->c;
    int64_t up = s->now, waited = up > c->t_dispatched ? up - c->t_dispatched : 0;
    if (waited > c->owner_ms[HX_OWNER_HOLDER])
        waited = c->owner_ms[HX_OWNER_HOLDER];
    c->owner_ms[HX_OWNER_HOLDER] -= waited;
    c->stint_ms -= waited < c->stint_ms ? waited : c->stint_ms;
    c->owner_ms[HX_OWNER_SYSTEM] += waited;
    hx_delivery_our_fault(s);
    c->t_dispatched = up;
    c->dispatch_lsn = s->lsn;
    struct hx_clock *waited_for = hx_clock_find(c, hx_rules_clock(s->rules, "K_HANDOVER"));
    if (waited_for)
        waited_for->fired = UINT32_MAX; /* nobody is told that it was not taken */
    hx_tell(s, hx_rules_receiver(s->rules, "duty"), "delivered after our outage");
    hx_clock_start(s, hx_rules_clock(s->rules, "K_HANDOVER"), up);
}

const struct hx_word hx_words_delivery[] = {
    HX_EFFECT("redeliver_late", HX_ARG_NONE, redeliver_late,
              "hand-over begins anew after our outage"),
    HX_EFFECT("redeliver", HX_ARG_NONE, redeliver, "tries again to reach the holder"),
    HX_EFFECT("dispatch", HX_ARG_NONE, dispatch, "the holder is told; hand-over begins"),
    HX_EFFECT("name_person", HX_ARG_NONE, name_person, "who took it"),
    HX_EFFECT("begin_holder", HX_ARG_NONE, begin_holder, "the holder's time begins"),
    HX_EFFECT("deem", HX_ARG_NONE, deem, "receipt is deemed"),
    HX_EFFECT("next_person", HX_ARG_NONE, next_person, "the next person on duty is called"),
    HX_WORDS_END,
};
