/* Who was told, and what they hear after it: that it is over, that it was none, or the same again.
 *
 * Whoever heard an alarm hears how it ended: an all-clear when the fact arrived late, a correction
 * when it turns out that there was no breach. What nobody answers comes back. */
#include "base/text.h"
#include "engine/notice/ladder_internal.h"
#include "engine/notice/silence.h"
#include "engine/words/words.h"
#include "hongxin/instant.h"

#include <string.h>

/* ---- the list ---- */

/* Room is made by dropping the oldest alarm that is over. */
static struct hx_told *new_told(struct hx_step *s)
{
    struct hx_case *c = s->c;
    for (uint32_t i = 0; c->n_told == HX_CASE_TOLD && i < c->n_told; i++)
        if (c->told[i].done) {
            memmove(&c->told[i], &c->told[i + 1], (c->n_told - i - 1) * sizeof *c->told);
            c->n_told--;
        }
    if (c->n_told == HX_CASE_TOLD) {
        s->overflow = true;
        return NULL;
    }
    return &c->told[c->n_told++];
}

/* When a notice of this level is told again, if nobody acknowledges it; 0 = never. */
static int64_t repeat_due(const struct hx_step *s, const struct hx_told *t)
{
    bool again = t->again < s->rules->acks[t->level % HX_LEVELS].repeats;
    return again ? hx_ack_end(s, t->level, s->now) : 0;
}

static bool is_of(const struct hx_told *t, const struct hx_clock *k)
{
    return t->kind == k->kind && t->cycle == k->cycle && strcmp(t->unit, k->unit) == 0;
}

/* The same notice to the same people; NULL when they were not told, or know that it is over. */
static struct hx_told *told_alike(struct hx_case *c, const struct hx_told *like)
{
    for (uint32_t i = 0; i < c->n_told; i++) {
        struct hx_told *t = &c->told[i];
        if (t->kind == like->kind && t->cycle == like->cycle && t->level == like->level &&
            !t->done && strcmp(t->unit, like->unit) == 0 && strcmp(t->to, like->to) == 0 &&
            strcmp(t->stand_in, like->stand_in) == 0)
            return t;
    }
    return NULL;
}

static struct hx_told told_by(const struct hx_clock *k, const hxp_notice_fact *f)
{
    struct hx_told t = {.kind = k->kind, .cycle = k->cycle};
    t.level = (uint8_t)hx_level_number(f->level);
    hx_text_put(t.to, sizeof t.to, f->to);
    hx_text_put(t.stand_in, sizeof t.stand_in, f->stand_in);
    hx_text_put(t.unit, sizeof t.unit, k->unit);
    return t;
}

bool hx_told_to(struct hx_step *s, const struct hx_clock *k, const hxp_notice_fact *f)
{
    const struct hx_told now = told_by(k, f);
    return told_alike(s->c, &now) != NULL;
}

void hx_told_remember(struct hx_step *s, const struct hx_clock *k, hxp_notice_fact *f, int kind)
{
    struct hx_told now = told_by(k, f);
    struct hx_told *t = told_alike(s->c, &now) ? NULL : new_told(s);
    if (!t)
        return;
    now.how = (uint8_t)kind;
    now.at = s->now;
    *t = now;
    t->ack_until = repeat_due(s, t);
    hx_silence_meet(s, t, f);
}

static bool is_listed(const hxp_notice_fact *f, const char *to)
{
    for (size_t i = 0; i < f->n_told; i++)
        if (strcmp(f->told[i], to) == 0)
            return true;
    return false;
}

void hx_told_list(struct hx_step *s, const struct hx_clock *k, hxp_notice_fact *f)
{
    char **told = hx_arena_alloc(s->arena, (f->n_told + s->c->n_told) * sizeof *told);
    if (!told)
        return;
    if (f->n_told)
        memcpy(told, f->told, f->n_told * sizeof *told);
    f->told = told;
    for (uint32_t i = 0; i < s->c->n_told; i++) {
        const struct hx_told *t = &s->c->told[i];
        if (!is_of(t, k) || t->done || t->at >= s->now || strcmp(t->to, f->to) == 0 ||
            is_listed(f, t->to))
            continue;
        char *to = hx_arena_strdup(s->arena, t->to);
        if (!to)
            return;
        f->told[f->n_told++] = to;
    }
}

/* ---- its end ---- */

static void tell_end(struct hx_step *s, const struct hx_clock *k, struct hx_told *t, int kind,
                     const char *why)
{
    hxp_notice_fact *f = hx_fact_notice_told(s, kind, t);
    t->done = 1;
    if (!f)
        return;
    f->clock = hx_text_field(s->rules->clocks[k->kind].name);
    f->level = hx_text_field(hx_level_name(t->level));
    f->deadline = k->deadline;
    f->t_due = s->now;
    f->why = hx_text_field(why);
}

void hx_ladder_clear(struct hx_step *s, const struct hx_clock *k)
{
    for (uint32_t i = 0; i < s->c->n_told; i++) {
        struct hx_told *t = &s->c->told[i];
        if (is_of(t, k) && !t->done && t->how == HX_NOTICE_BREACH)
            tell_end(s, k, t, HX_NOTICE_ALL_CLEAR, NULL);
        else if (is_of(t, k))
            t->done = 1;
    }
}

void hx_ladder_correct(struct hx_step *s, const struct hx_clock *k, const char *why)
{
    for (uint32_t i = 0; i < s->c->n_told; i++) {
        struct hx_told *t = &s->c->told[i];
        if (is_of(t, k) && !t->done)
            tell_end(s, k, t, HX_NOTICE_CORRECTION, why);
    }
}

void hx_ladder_amend(struct hx_step *s, const struct hx_clock *k, const char *why)
{
    for (uint32_t i = 0; i < s->c->n_told; i++) {
        struct hx_told *t = &s->c->told[i];
        if (!is_of(t, k) || t->done)
            continue;
        tell_end(s, k, t, HX_NOTICE_CORRECTION, why);
        t->done = 0;
    }
}

/* When the same clock was broken once more, by another deadline or another holder. */
static int64_t broken_again(const struct hx_case *c, const struct hx_breach *b)
{
    int64_t t = INT64_MAX;
    for (uint32_t i = 0; i < c->n_breaches; i++) {
        const struct hx_breach *x = &c->breaches[i];
        if (x->kind == b->kind && x->cycle == b->cycle && x->t_noticed > b->t_noticed &&
            x->t_noticed < t)
            t = x->t_noticed;
    }
    return t;
}

/* It counts no longer, but what was to be done is still awaited: two persons have excluded it. */
static bool is_awaited(const struct hx_step *s, const struct hx_breach *b)
{
    const struct hx_clock *k = hx_clock_find(s->c, b->kind);
    return k && k->cycle == b->cycle && b->marks == HX_BREACH_EXCLUDED && k->fired & HX_CLOCK_END;
}

void hx_ladder_correct_breach(struct hx_step *s, const struct hx_breach *b, const char *why)
{
    const struct hx_clock of = {.kind = b->kind, .cycle = b->cycle, .deadline = b->deadline};
    int64_t until = broken_again(s->c, b);
    bool goes_on = until == INT64_MAX && is_awaited(s, b);
    for (uint32_t i = 0; i < s->c->n_told; i++) {
        struct hx_told *t = &s->c->told[i];
        if (!is_of(t, &of) || t->how != HX_NOTICE_BREACH || t->at < b->t_noticed || t->at >= until)
            continue;
        uint8_t over = t->done;
        tell_end(s, &of, t, HX_NOTICE_CORRECTION, why);
        if (goes_on)
            t->done = over;
    }
}

/* ---- once more ---- */

int64_t hx_told_due(const struct hx_told *t)
{
    return !t->done && t->ack_until ? t->ack_until : INT64_MAX;
}

static const char *clock_text(struct hx_step *s, int64_t t)
{
    int64_t minute = (t + hx_zone_offset(&s->rules->zone, t)) / HX_MINUTE % (24 * 60);
    return hx_arena_printf(s->arena, "%02d:%02d", (int)(minute / 60), (int)(minute % 60));
}

/* Why it comes once more: nobody answered, or somebody did and nothing came of it. */
static const char *why_again(struct hx_step *s, const struct hx_told *t, const char *awaited)
{
    if (!t->acked)
        return hx_arena_printf(s->arena, "not acknowledged since %s", clock_text(s, t->at));
    return hx_arena_printf(s->arena, "acknowledged %s by %s, no %s since",
                           clock_text(s, t->acked_at), t->acked_by, awaited);
}

/* Whoever was told has gone off duty meanwhile, and nobody came: the levels above are told. */
static void climb_again(struct hx_step *s, struct hx_clock *k, int level, const char *absent)
{
    const char *why = hx_arena_printf(s->arena, "nobody on duty at %s", absent);
    hx_ladder_tell_above(s, &(struct hx_carry){.k = k, .level = level, .above = 1, .because = why});
}

/* Others answer for the post by now: from here on it comes back to them. That those before were
 * told stays true: they may act on it, and hear its end. */
static void told_others(struct hx_step *s, struct hx_told *t, const hxp_notice_fact *f)
{
    struct hx_told now = *t;
    now.at = s->now;
    hx_text_put(now.stand_in, sizeof now.stand_in, f->stand_in);
    t->ack_until = 0;
    t = told_alike(s->c, &now);
    if (t && t->ack_until) /* it comes back to them already */
        return;
    if (!t)
        t = new_told(s);
    if (t)
        *t = now;
}

/* As it is now (F16). */
static struct hx_clock *clock_of(struct hx_case *c, const struct hx_told *t)
{
    for (uint32_t i = c->n_clocks; i-- > 0;)
        if (is_of(t, &c->clocks[i]))
            return &c->clocks[i];
    return NULL;
}

static void fill_again(struct hx_step *s, const struct hx_told *t, const struct hx_clock *k,
                       hxp_notice_fact *f)
{
    const struct hx_clock_rule *rule = &s->rules->clocks[t->kind];
    f->clock = hx_text_field(rule->name);
    f->level = hx_text_field(hx_level_name(t->level));
    f->expects = hx_text_field(rule->until);
    f->why = hx_text_field(why_again(s, t, rule->until));
    if (!t->acked) {
        f->repeat_case = HONGXIN__V1__NOTICE_FACT__REPEAT_AGAIN;
        f->again = t->again;
    }
    if (k) {
        f->deadline = k->deadline;
        hx_told_list(s, k, f);
    }
}

/* Of several units it comes back once. */
static bool told_again(struct hx_step *s, const struct hx_told *t)
{
    const hxp_notice_fact *same =
        hx_notice_alike(s, hx_notice_kind_name(t->how), hx_level_name(t->level), t->to);
    return same && strcmp(same->clock, s->rules->clocks[t->kind].name) == 0;
}

void hx_ladder_return(struct hx_step *s, struct hx_told *t)
{
    struct hx_clock *k = clock_of(s->c, t);
    int level = t->level;
    t->again += !t->acked;
    hxp_notice_fact *f =
        told_again(s, t) ? NULL : hx_fact_notice(s, t->how, hx_arena_strdup(s->arena, t->to));
    t->ack_until = repeat_due(s, t);
    if (f)
        fill_again(s, t, k, f);
    t->acked = 0;
    if (!f)
        return;
    if (strcmp(t->stand_in, f->stand_in) != 0)
        told_others(s, t, f); /* it may make room, where `t` was */
    if (!hx_post_answers(s, f) && k)
        climb_again(s, k, level, f->to);
}

void hx_ladder_forget(struct hx_step *s, const struct hx_clock *k)
{
    for (uint32_t i = 0; i < s->c->n_told; i++)
        if (is_of(&s->c->told[i], k))
            s->c->told[i].done = 1;
}
