/* Up the levels: what is about no clock, and what could not be delivered.
 *
 * Nobody at a post: the levels above it on the promises' ladder are told, each until somebody is
 * there, at last the city's desk. */
#include "base/text.h"
#include "engine/notice/delivery.h"
#include "engine/notice/ladder_internal.h"
#include "engine/words/words.h"

#include <string.h>

/* ---- what is about no clock ---- */

/* This very entry tells it already: the desk is told once for all for whom it is the last stop. */
static const hxp_notice_fact *same_case(const struct hx_step *s, const char *to, const char *why)
{
    for (size_t i = 0; to && i < s->n_facts; i++) {
        const hxp_notice_fact *f = s->facts[i]->notice;
        if (s->facts[i]->fact_case == HONGXIN__V1__FACT__FACT_NOTICE && strcmp(f->to, to) == 0 &&
            strcmp(f->kind, hx_notice_kind_name(HX_NOTICE_CASE)) == 0 &&
            strcmp(f->why, why ? why : "") == 0)
            return f;
    }
    return NULL;
}

/* The notice about the case. NULL: this entry tells it already, and `answered` is whether it
 * reached somebody; or there is none to tell. */
static hxp_notice_fact *case_once(struct hx_step *s, int receiver, const char *why, bool *answered)
{
    const char *to = hx_receiver(s, receiver);
    const hxp_notice_fact *told = same_case(s, to, why);
    hxp_notice_fact *f = told ? NULL : hx_fact_notice(s, HX_NOTICE_CASE, to);
    *answered = told && !told->undelivered[0];
    if (f)
        f->why = hx_text_field(why);
    return f;
}

/* False when nobody is on duty there. */
static bool tell_case(struct hx_step *s, int receiver, const char *why)
{
    bool answered;
    hxp_notice_fact *f = case_once(s, receiver, why, &answered);
    if (!f)
        return answered;
    f->t_due = s->t_eff;
    return hx_post_answers(s, f);
}

/* At which level of the ladder the receiver's post stands. Whoever stands at none of them works for
 * a company, or for the city itself: above its call-back desk there is only its duty desk. */
static int standing(struct hx_step *s, const struct hx_ladder_rule *ladder, const char *to)
{
    struct hx_post post;
    for (int i = 0; i < ladder->n_marks; i++)
        for (int r = 0; r < s->rules->n_receivers; r++)
            if (ladder->marks[i].receivers & (UINT32_C(1) << r) &&
                hx_post_same(hx_receiver(s, r), to))
                return ladder->marks[i].level;
    return hx_post_of(to, &post) && strcmp(post.role, "city") == 0 ? HX_LEVEL_MAX : 1;
}

/* False when nobody answers at that level. */
static bool climb_to(struct hx_step *s, const struct hx_mark_rule *mark, const char *why)
{
    bool answered = false;
    for (int r = 0; r < s->rules->n_receivers; r++)
        if (mark->receivers & (UINT32_C(1) << r))
            answered |= tell_case(s, r, why);
    return answered;
}

void hx_ladder_climb(struct hx_step *s, const char *absent)
{
    if (!absent) /* the arena is out: the step fails as a whole */
        return;
    int ladder = hx_rules_ladder(s->rules, "promise"), desk = hx_rules_receiver(s->rules, "desk");
    const struct hx_ladder_rule *l = ladder >= 0 ? &s->rules->ladders[ladder] : NULL;
    const char *why = hx_arena_printf(s->arena, "nobody on duty at %s", absent);
    int level = l ? standing(s, l, absent) : 0;
    for (int i = 0; l && i < l->n_marks; i++)
        if (l->marks[i].level > level && climb_to(s, &l->marks[i], why))
            return;
    if (desk >= 0 && !hx_post_same(s->rules->receivers[desk].pattern, absent))
        tell_case(s, desk, why);
}

void hx_tell(struct hx_step *s, int receiver, const char *why)
{
    if (!tell_case(s, receiver, why))
        hx_ladder_climb(s, hx_receiver(s, receiver));
}

/* ---- what could not be delivered ---- */

static bool carry_case(struct hx_step *s, const struct hx_carry *c, int receiver, int above)
{
    bool answered;
    hxp_notice_fact *f = case_once(s, receiver, c->because, &answered);
    if (!f)
        return answered;
    f->expects = hx_text_field(c->expects);
    f->missed = hx_text_field(c->missed);
    hx_notice_above(f, above);
    return hx_post_answers(s, f) && hx_delivery_open(s, f);
}

static bool carry_mark(struct hx_step *s, const struct hx_carry *c, const struct hx_mark_rule *mark,
                       int above)
{
    bool answered = false;
    for (int r = 0; r < s->rules->n_receivers; r++)
        if (mark->receivers & (UINT32_C(1) << r))
            answered |= carry_case(s, c, r, above);
    return answered;
}

/* About no clock: from the level at which the first receiver stands on the promise's ladder. */
static void carry_upwards(struct hx_step *s, const struct hx_carry *c)
{
    int ladder = hx_rules_ladder(s->rules, "promise"), desk = hx_rules_receiver(s->rules, "desk");
    int level = HX_LEVEL_MAX;
    bool answered = false;
    if (ladder >= 0) {
        const struct hx_ladder_rule *l = &s->rules->ladders[ladder];
        level = standing(s, l, c->to);
        for (int i = 0; i < l->n_marks && !answered; i++)
            if (l->marks[i].level > level)
                answered = carry_mark(s, c, &l->marks[i], l->marks[i].level - level + c->above - 1);
    }
    if (!answered && desk >= 0)
        carry_case(s, c, desk, HX_LEVEL_MAX - level + c->above);
}

bool hx_ladder_carry(struct hx_step *s, const struct hx_carry *c)
{
    int desk = hx_rules_receiver(s->rules, "desk");
    if (strcmp(c->missed, "reporter") == 0 ||
        (desk >= 0 && hx_post_same(c->missed, s->rules->receivers[desk].pattern)))
        return false;
    if (!hx_ladder_tell_above(s, c))
        carry_upwards(s, c);
    return true;
}
