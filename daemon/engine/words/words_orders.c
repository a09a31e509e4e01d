/* Orders from above and acknowledgements. */
#include "base/text.h"
#include "base/utf8.h"
#include "engine/case/passing.h"
#include "engine/notice/delivery.h"
#include "engine/notice/silence.h"
#include "engine/words/words.h"
#include "hongxin/instant.h"

#include <string.h>

static int clock_named(const struct hx_step *s)
{
    return hx_rules_clock(s->rules, s->data->clock);
}

static bool clock_known(const struct hx_step *s, const struct hx_call *call)
{
    (void)call;
    return clock_named(s) > 0 && hx_clock_last(s->c, clock_named(s)) != NULL;
}

/* The notice was sent to this person's own post, or to that post in another's place:
 * "community:C-03" for "community:C-03/ma", and "city/property" for "city/property/sun", not for
 * "city/desk/sun". */
static bool is_own(const struct hx_step *s, const struct hx_told *t)
{
    return hx_post_speaks(hx_step_came(s)->by, t->to, t->stand_in);
}

static bool is_told(const struct hx_step *s, const struct hx_told *t)
{
    return t->kind == clock_named(s) && t->level == hx_level_number(s->data->level) && !t->done;
}

static bool notice_told(const struct hx_step *s, const struct hx_call *call)
{
    (void)call;
    for (uint32_t i = 0; i < s->c->n_told; i++)
        if (is_told(s, &s->c->told[i]) && is_own(s, &s->c->told[i]))
            return true;
    return false;
}

static bool notice_known(const struct hx_step *s, const struct hx_call *call)
{
    (void)call;
    for (uint32_t i = 0; i < s->c->n_told; i++)
        if (is_told(s, &s->c->told[i]))
            return true;
    return false;
}

static bool date_ahead(const struct hx_step *s, const struct hx_call *call)
{
    (void)call;
    return s->data->date == 0 || s->data->date > s->t_eff;
}

static bool until_ahead(const struct hx_step *s, const struct hx_call *call)
{
    (void)call;
    return s->data->until > s->t_eff;
}

/* Who has acknowledged this notice already, about the clock of the same unit; NULL when nobody has.
 */
static const char *somebody_answers(const struct hx_step *s, const char *unit)
{
    for (uint32_t i = 0; i < s->c->n_told; i++) {
        const struct hx_told *t = &s->c->told[i];
        if (is_told(s, t) && t->acked && strcmp(t->unit, unit) == 0)
            return t->acked_by;
    }
    return NULL;
}

int64_t hx_ack_end(const struct hx_step *s, int level, int64_t from)
{
    const struct hx_ack_rule *a = &s->rules->acks[level % HX_LEVELS];
    if (a->within_ms)
        return from + a->within_ms;
    const struct hx_zone *zone = &s->rules->zone;
    int64_t midnight = hx_zone_day(zone, from) * HX_DAY;
    int64_t t = hx_zone_instant(zone, midnight + a->until_ms);
    return t > from ? t : hx_zone_instant(zone, midnight + HX_DAY + a->until_ms);
}

static void take_answer(struct hx_step *s, struct hx_told *t)
{
    int64_t silent = hx_silenced_until(s->c, t, s->t_eff), end = hx_ack_end(s, t->level, s->t_eff);
    t->acked = 1;
    t->acked_at = s->t_eff;
    t->ack_until = silent > end ? silent : end;
    hx_text_put(t->acked_by, sizeof t->acked_by, hx_step_came(s)->by);
}

static void thank_helper(struct hx_step *s, const char *first)
{
    hxp_notice_fact *f =
        hx_fact_notice(s, HX_NOTICE_CASE, hx_arena_strdup(s->arena, hx_step_came(s)->by));
    if (f)
        f->why = hx_arena_printf(s->arena, "helper: acknowledged before by %s", first);
}

/* First wins, the second becomes a helper and is told so (corner 21). What several units were late
 * with is acknowledged at once. The ladder goes on: only the fact ends it. */
static void acknowledge(struct hx_step *s, const struct hx_call *call)
{
    bool open[HX_CASE_TOLD] = {false}, any = false;
    const char *first = NULL;
    (void)call;
    for (uint32_t i = 0; i < s->c->n_told; i++) {
        const struct hx_told *t = &s->c->told[i];
        if (!is_told(s, t) || !is_own(s, t))
            continue;
        const char *before = somebody_answers(s, t->unit);
        open[i] = !before;
        any |= !before;
        first = before ? before : first;
    }
    if (any)
        hx_delivery_heard(s, hx_step_came(s)->by);
    else if (first)
        thank_helper(s, first);
    for (uint32_t i = 0; i < s->c->n_told; i++)
        if (open[i])
            take_answer(s, &s->c->told[i]);
}

/* A new order replaces the one before: its author hears of it. */
static void note_order(struct hx_step *s, const struct hx_call *call)
{
    (void)call;
    struct hx_case *c = s->c;
    if (c->flags & HX_FLAG_SUPERVISED)
        hx_order_tell(s, hx_arena_printf(s->arena, "order replaced by %s", hx_step_came(s)->by));
    hx_text_put(c->order_by, sizeof c->order_by, hx_step_came(s)->by);
    hx_utf8_put(c->order_ref, sizeof c->order_ref, s->data->order);
    c->order_at = s->t_eff;
}

static void answer_order(struct hx_step *s, const struct hx_call *call)
{
    (void)call;
    hx_order_tell(s, hx_arena_printf(s->arena, "order answered by %s", hx_step_came(s)->by));
}

const struct hx_word hx_words_orders[] = {
    HX_GUARD("clock_known", HX_ARG_NONE, clock_known, "UNKNOWN_CLOCK", HX_NOT_ALLOWED,
             "the case has this clock"),
    HX_GUARD("notice_told", HX_ARG_NONE, notice_told, "NO_SUCH_NOTICE", HX_NOT_ALLOWED,
             "such a notice is open for this person's post"),
    HX_GUARD("notice_known", HX_ARG_NONE, notice_known, "NO_SUCH_NOTICE", HX_NOT_ALLOWED,
             "such a notice is open"),
    HX_GUARD("date_ahead", HX_ARG_NONE, date_ahead, "DATE_PAST", HX_NOT_ALLOWED,
             "the date lies ahead"),
    HX_GUARD("until_ahead", HX_ARG_NONE, until_ahead, "DATE_PAST", HX_NOT_ALLOWED,
             "the end lies ahead"),
    HX_EFFECT("note_order", HX_ARG_NONE, note_order,
              "whose order it is; the author of the one before hears of it"),
    HX_EFFECT("answer_order", HX_ARG_NONE, answer_order, "whoever gave the order hears the answer"),
    HX_EFFECT("acknowledge", HX_ARG_NONE, acknowledge,
              "somebody answers for the notice; the ladder goes on"),
    HX_WORDS_END,
};
