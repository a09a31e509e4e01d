/* Units that assist (S13, S36): several at a time, each with its own K_ASSIST. Exactly one holder
 * stays accountable: nothing here changes the holder or one of its deadlines. */
#include "base/text.h"
#include "engine/routing/route.h"
#include "engine/words/words.h"
#include "hongxin/instant.h"

#include <string.h>

/* The running clock of a unit; NULL when it was not asked or is done. */
static struct hx_clock *clock_of(const struct hx_step *s, const char *unit)
{
    int kind = hx_rules_clock(s->rules, "K_ASSIST");
    for (uint32_t i = 0; i < s->c->n_clocks; i++) {
        struct hx_clock *k = &s->c->clocks[i];
        if (k->kind == kind && strcmp(k->unit, unit) == 0 && hx_clock_live(k))
            return k;
    }
    return NULL;
}

/* Whose answer it is: a unit speaks for itself; for others the unit named, their own, or the only
 * one that was asked. */
static struct hx_clock *answering(const struct hx_step *s)
{
    int kind = hx_rules_clock(s->rules, "K_ASSIST");
    struct hx_clock *only = NULL;
    if (s->actor.role == HX_ROLE_unit && s->actor.area[0])
        return clock_of(s, s->actor.area);
    if (s->data->unit[0])
        return clock_of(s, s->data->unit);
    if (s->actor.area[0] && clock_of(s, s->actor.area))
        return clock_of(s, s->actor.area);
    for (uint32_t i = 0; i < s->c->n_clocks; i++) {
        struct hx_clock *k = &s->c->clocks[i];
        if (k->kind != kind || !hx_clock_live(k))
            continue;
        if (only)
            return NULL;
        only = k;
    }
    return only;
}

static bool unit_asked(const struct hx_step *s, const struct hx_call *call)
{
    (void)call;
    return answering(s) != NULL;
}

/* The unit itself, or those who asked for its help; never a third company. */
static bool by_unit(const struct hx_step *s, const struct hx_call *call)
{
    (void)call;
    bool company = s->actor.role == HX_ROLE_holder || s->actor.role == HX_ROLE_manager ||
                   s->actor.role == HX_ROLE_unit;
    return !company || hx_by_holder(s) || clock_of(s, s->actor.area);
}

static bool unit_new(const struct hx_step *s, const struct hx_call *call)
{
    (void)call;
    return !clock_of(s, s->data->unit);
}

static bool unit_known(const struct hx_step *s, const struct hx_call *call)
{
    (void)call;
    return hx_city_holder_known(s->m->city, s->data->unit, s->t_eff);
}

static bool not_the_holder(const struct hx_step *s, const struct hx_call *call)
{
    (void)call;
    return strcmp(s->data->unit, s->c->holder) != 0;
}

/* What is asked, and until when it is answered: a unit hears of the case for the first time. */
static void fill_request(struct hx_step *s, const char *unit, hxp_notice_fact *f)
{
    const struct hx_clock *k = clock_of(s, unit);
    char time[HX_INSTANT_TEXT];
    f->t_due = s->t_eff;
    f->clock = hx_text_field(s->rules->clocks[hx_rules_clock(s->rules, "K_ASSIST")].name);
    f->expects = hx_text_field("ASSIST_ANSWERED");
    if (!k)
        return;
    f->deadline = k->deadline;
    hx_instant_format(k->deadline, hx_zone_offset(&s->rules->zone, k->deadline) / 60000, time);
    f->why = hx_arena_printf(s->arena, "asked to assist until %.10s %.8s", time, time + 11);
}

void hx_ask_unit(struct hx_step *s, const char *unit)
{
    struct hx_case *c = s->c;
    int kind = hx_rules_clock(s->rules, "K_ASSIST");
    uint32_t before = c->n_clocks;
    if (kind <= 0 || clock_of(s, unit))
        return;
    s->unit = unit;
    hx_clock_start(s, kind, s->t_eff);
    s->unit = NULL;
    if (c->n_clocks == before && !clock_of(s, unit))
        return;
    hxp_notice_fact *f =
        hx_fact_notice(s, HX_NOTICE_CASE, hx_arena_printf(s->arena, "unit:%s", unit));
    if (f)
        fill_request(s, unit, f);
}

static void ask_unit(struct hx_step *s, const struct hx_call *call)
{
    (void)call;
    hx_ask_unit(s, s->data->unit);
}

/* It will help; a date it names is from now on its deadline. */
static void unit_answers(struct hx_step *s, const struct hx_call *call)
{
    (void)call;
    struct hx_clock *k = answering(s);
    if (!k)
        return;
    if (s->data->date) {
        char unit[HX_ID_MAX];
        hx_text_put(unit, sizeof unit, k->unit);
        hx_clock_judge(s, k, s->t_eff);
        s->unit = unit;
        hx_clock_start_until(s, k->kind, s->t_eff, s->data->date);
        s->unit = NULL;
        k = clock_of(s, unit);
    }
    if (k)
        k->answered = 1;
}

static void release_unit(struct hx_step *s, const struct hx_call *call)
{
    (void)call;
    struct hx_clock *k = answering(s);
    if (k)
        hx_clock_judge(s, k, s->t_eff);
}

const struct hx_word hx_words_assist[] = {
    HX_GUARD("unit_asked", HX_ARG_NONE, unit_asked, "NO_UNIT", HX_NOT_ALLOWED,
             "this unit was asked to assist"),
    HX_GUARD("by_unit", HX_ARG_NONE, by_unit, "NOT_UNIT", HX_NOT_ALLOWED,
             "a unit that was asked says so, or somebody who asked for its help"),
    HX_GUARD("unit_new", HX_ARG_NONE, unit_new, "UNIT_ASKED", HX_NOT_ALLOWED,
             "this unit is not assisting yet"),
    HX_GUARD("unit_known", HX_ARG_NONE, unit_known, "UNKNOWN_UNIT", HX_NOT_ALLOWED,
             "the unit exists"),
    HX_GUARD("not_the_holder", HX_ARG_NONE, not_the_holder, "UNIT_IS_HOLDER", HX_NOT_ALLOWED,
             "the unit is not the holder"),
    HX_EFFECT("ask_unit", HX_ARG_NONE, ask_unit,
              "a unit is asked to assist, with its own clock; the holder stays accountable"),
    HX_EFFECT("unit_answers", HX_ARG_NONE, unit_answers,
              "the unit will help; a date it names becomes its deadline"),
    HX_EFFECT("release_unit", HX_ARG_NONE, release_unit, "the unit has done its part"),
    HX_WORDS_END,
};
