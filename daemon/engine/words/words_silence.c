/* Silences: repeats of one notice are hidden for a while, by somebody, for a reason. */
#include "base/text.h"
#include "base/utf8.h"
#include "engine/notice/silence.h"
#include "engine/words/words.h"
#include "hongxin/instant.h"

#include <string.h>

static bool of_notice(const struct hx_silence *x, const struct hx_told *t)
{
    return x->kind == t->kind && x->level == t->level && x->cycle == t->cycle;
}

static const struct hx_silence *over(const struct hx_case *c, const struct hx_told *t, int64_t at)
{
    for (uint32_t i = 0; i < c->n_silences; i++)
        if (of_notice(&c->silences[i], t) && c->silences[i].until > at)
            return &c->silences[i];
    return NULL;
}

int64_t hx_silenced_until(const struct hx_case *c, const struct hx_told *t, int64_t at)
{
    const struct hx_silence *x = over(c, t, at);
    return x ? x->until : 0;
}

/* The silence that the event names; NULL when there is none. */
static struct hx_silence *named(const struct hx_step *s)
{
    int kind = hx_rules_clock(s->rules, s->data->clock), level = hx_level_number(s->data->level);
    for (uint32_t i = 0; i < s->c->n_silences; i++) {
        struct hx_silence *x = &s->c->silences[i];
        if (x->kind == kind && x->level == level && x->cycle == s->c->cycle)
            return x;
    }
    return NULL;
}

static bool silenced(const struct hx_step *s, const struct hx_call *call)
{
    (void)call;
    return named(s) != NULL;
}

static bool silence_within(const struct hx_step *s, const struct hx_call *call)
{
    return s->data->until <= s->t_eff + call->span_ms;
}

/* ---- telling ---- */

static void tell(struct hx_step *s, hxp_notice_fact *f, const struct hx_silence *x, const char *why)
{
    if (!f)
        return;
    f->clock = hx_text_field(s->rules->clocks[x->kind].name);
    f->why = hx_text_field(why);
}

/* Everybody whose repeats are concerned, once, and the one who asked for it. */
static void tell_all(struct hx_step *s, const struct hx_silence *x, const char *why)
{
    struct hx_case *c = s->c;
    for (uint32_t i = 0; i < c->n_told; i++) {
        const struct hx_told *t = &c->told[i];
        bool again = false;
        for (uint32_t j = 0; j < i; j++)
            again |= of_notice(x, &c->told[j]) && strcmp(c->told[j].to, t->to) == 0 &&
                     strcmp(c->told[j].stand_in, t->stand_in) == 0;
        if (of_notice(x, t) && !t->done && !again && strcmp(t->to, x->by) != 0)
            tell(s, hx_fact_notice_told(s, HX_NOTICE_CASE, t), x, why);
    }
    tell(s, hx_fact_notice(s, HX_NOTICE_CASE, hx_arena_strdup(s->arena, x->by)), x, why);
}

static const char *why_begins(struct hx_step *s, const struct hx_silence *x)
{
    char time[HX_INSTANT_TEXT];
    hx_instant_format(x->until, hx_zone_offset(&s->rules->zone, x->until) / 60000, time);
    return hx_arena_printf(s->arena, "silence of %s until %.10s %.8s by %s: %s",
                           s->rules->clocks[x->kind].name, time, time + 11, x->by, x->why);
}

static const char *why_ends(struct hx_step *s, const struct hx_silence *x)
{
    return hx_arena_printf(s->arena, "silence of %s is over: it was asked by %s",
                           s->rules->clocks[x->kind].name, x->by);
}

/* ---- beginning and ending ---- */

static void note(struct hx_step *s)
{
    bool any = s->c->n_silences > 0;
    if (any != !!(s->c->flags & HX_FLAG_SILENCED))
        hx_flag_set(s, HX_FLAG_SILENCED, any);
}

static struct hx_silence *slot(struct hx_step *s)
{
    struct hx_silence *x = named(s);
    if (x)
        return x;
    if (s->c->n_silences == HX_CASE_SILENCES) {
        s->overflow = true;
        return NULL;
    }
    return &s->c->silences[s->c->n_silences++];
}

/* A silence of an area becomes the case's own, when there is room; its end is told like any
 * other's.
 */
static void take_over(struct hx_step *s, const struct hx_told *t, const hxp_silence *w)
{
    struct hx_case *c = s->c;
    if (c->n_silences == HX_CASE_SILENCES)
        return;
    struct hx_silence *x = &c->silences[c->n_silences++];
    *x = (struct hx_silence){
        .kind = t->kind, .level = t->level, .cycle = t->cycle, .from = s->t_eff, .until = w->until};
    hx_text_put(x->by, sizeof x->by, w->by);
    hx_utf8_put(x->why, sizeof x->why, w->why);
    hx_fact_silence(s, x, w);
    note(s);
}

void hx_silence_meet(struct hx_step *s, struct hx_told *t, hxp_notice_fact *f)
{
    const hxp_silence *w = over(s->c, t, s->now) ? NULL : hx_area_silence_over(s, t);
    if (w)
        take_over(s, t, w);
    const struct hx_silence *x = over(s->c, t, s->now);
    if (!x)
        return;
    if (t->ack_until && t->ack_until < x->until)
        t->ack_until = x->until;
    if (!f->why[0])
        f->why = hx_text_field(why_begins(s, x));
}

/* When it would come back without a silence: when the acknowledgement runs out (K_ACK), or its
 * repeat is due (F5). */
static int64_t own_end(const struct hx_step *s, const struct hx_told *t)
{
    return hx_ack_end(s, t->level, t->acked ? t->acked_at : t->at);
}

/* What waits for the end of a silence waits for that of the one that takes its place. */
static void hide(const struct hx_step *s, struct hx_told *t, int64_t before, int64_t until)
{
    if (before && t->ack_until == before)
        t->ack_until = own_end(s, t);
    if (t->ack_until && t->ack_until < until)
        t->ack_until = until;
}

/* Repeats are hidden until the end that is named; the first notice of a promise and the breach
 * itself never are. */
static void silence(struct hx_step *s, const struct hx_call *call)
{
    (void)call;
    struct hx_case *c = s->c;
    int kind = hx_rules_clock(s->rules, s->data->clock);
    const struct hx_silence *replaced = named(s);
    int64_t before = replaced ? replaced->until : 0;
    struct hx_silence *x = kind > 0 ? slot(s) : NULL;
    if (!x)
        return;
    *x = (struct hx_silence){.kind = (uint8_t)kind,
                             .level = (uint8_t)hx_level_number(s->data->level),
                             .cycle = c->cycle,
                             .from = s->t_eff,
                             .until = s->data->until};
    hx_text_put(x->by, sizeof x->by, hx_step_came(s)->by);
    hx_utf8_put(x->why, sizeof x->why, s->data->why);
    for (uint32_t i = 0; i < c->n_told; i++)
        if (of_notice(x, &c->told[i]))
            hide(s, &c->told[i], before, x->until);
    note(s);
    tell_all(s, x, why_begins(s, x));
}

/* What was silenced comes back at its own time, or at once when that has passed. */
static void end(struct hx_step *s, struct hx_silence *x)
{
    struct hx_case *c = s->c;
    const struct hx_silence was = *x;
    memmove(x, x + 1, (size_t)(&c->silences[c->n_silences] - (x + 1)) * sizeof *x);
    c->n_silences--;
    for (uint32_t i = 0; i < c->n_told; i++) {
        struct hx_told *t = &c->told[i];
        if (!of_notice(&was, t) || t->ack_until != was.until)
            continue;
        int64_t own = own_end(s, t);
        t->ack_until = own > s->t_eff ? own : s->t_eff;
    }
    note(s);
    tell_all(s, &was, why_ends(s, &was));
}

static void end_silence(struct hx_step *s, const struct hx_call *call)
{
    (void)call;
    struct hx_silence *x = named(s);
    if (x)
        end(s, x);
}

int64_t hx_silence_due(const struct hx_rules *r, const struct hx_case *c)
{
    int64_t next = INT64_MAX;
    for (uint32_t i = 0; i < c->n_silences && hx_case_open(r, c); i++)
        if (c->silences[i].until < next)
            next = c->silences[i].until;
    return next;
}

void hx_silence_end_due(struct hx_step *s, int64_t due)
{
    for (uint32_t i = s->c->n_silences; i-- > 0;)
        if (s->c->silences[i].until <= due)
            end(s, &s->c->silences[i]);
}

const struct hx_word hx_words_silence[] = {
    HX_GUARD("silenced", HX_ARG_NONE, silenced, "NO_SUCH_SILENCE", HX_NOT_ALLOWED,
             "repeats of this notice are silent now"),
    HX_GUARD("silence_within", HX_ARG_SPAN, silence_within, "SILENCE_TOO_LONG", HX_NOT_ALLOWED,
             "the silence ends within that time"),
    HX_EFFECT("silence", HX_ARG_NONE, silence,
              "hides repeats of a notice, never its first; who is concerned hears of it"),
    HX_EFFECT("end_silence", HX_ARG_NONE, end_silence,
              "repeats come again; who is concerned hears of it"),
    HX_WORDS_END,
};
