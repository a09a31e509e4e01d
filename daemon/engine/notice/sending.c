/* A notice on its way: what is said about it, and the case's list of all of them. */
#include "base/text.h"
#include "engine/notice/delivery_internal.h"

#include <string.h>

/* ---- what is said about a sending ---- */

static const char *level_of(const struct hx_sending *x)
{
    return x->kind && x->how != HX_NOTICE_CASE ? hx_level_name(x->level) : "";
}

hxp_delivery_fact *hx_sending_say(struct hx_step *s, const struct hx_sending *x, const char *result)
{
    hxp_delivery_fact *f = hx_fact_delivery(s, result);
    if (!f)
        return NULL;
    f->to = hx_arena_strdup(s->arena, x->to);
    f->person = hx_arena_strdup(s->arena, x->person);
    f->road = hx_arena_strdup(s->arena, x->road);
    f->attempt = x->attempt;
    f->kind = hx_text_field(hx_notice_kind_name(x->how));
    f->clock = hx_text_field(x->kind ? s->rules->clocks[x->kind].name : "");
    f->level = hx_text_field(level_of(x));
    f->notice = x->notice;
    return f;
}

static bool cycle_fits(const struct hx_step *s, const struct hx_sending *x, uint8_t cycle)
{
    return s->rules->clocks[x->kind].stays || cycle == x->cycle;
}

/* Whether the notice tells of this unit: of all that are late in the moment in which it is written,
 * or, when it comes back or goes to a substitute, that were late before. */
static bool tells_of(const struct hx_step *s, const struct hx_sending *x, const char *unit)
{
    bool first = false, then = false, before = false;
    for (uint32_t i = 0; i < s->c->n_told; i++) {
        const struct hx_told *t = &s->c->told[i];
        if (t->kind != x->kind || t->level != x->level || !cycle_fits(s, x, t->cycle) ||
            !hx_post_same(t->to, x->to))
            continue;
        bool late = !t->done && strcmp(t->unit, unit) == 0;
        first |= t->at == x->at;
        then |= late && t->at == x->at;
        before |= late;
    }
    return first ? then : before;
}

struct hx_clock *hx_sending_clock(struct hx_step *s, const struct hx_sending *x)
{
    for (uint32_t i = s->c->n_clocks; x->kind && i-- > 0;) {
        struct hx_clock *k = &s->c->clocks[i];
        if (k->kind != x->kind || !cycle_fits(s, x, k->cycle))
            continue;
        if (x->unit[0] ? strcmp(k->unit, x->unit) == 0 : !k->unit[0] || tells_of(s, x, k->unit))
            return k;
    }
    return NULL;
}

bool hx_sending_is_alarm(const struct hx_sending *x)
{
    return x->kind && hx_notice_alarms(x->how);
}

hxp_notice_fact *hx_sending_now(struct hx_step *s, const struct hx_sending *x)
{
    hxp_notice_fact *f = hx_arena_alloc(s->arena, sizeof *f);
    const struct hx_clock *k = hx_sending_clock(s, x);
    if (!f)
        return NULL;
    hongxin__v1__notice_fact__init(f);
    f->kind = hx_text_field(hx_notice_kind_name(x->how));
    f->clock = hx_text_field(x->kind ? s->rules->clocks[x->kind].name : "");
    f->level = hx_text_field(level_of(x));
    f->to = hx_arena_strdup(s->arena, x->to);
    f->person = hx_arena_strdup(s->arena, x->person);
    f->road = hx_arena_strdup(s->arena, x->road);
    f->holder = hx_arena_strdup(s->arena, s->c->holder);
    f->expects = hx_arena_strdup(s->arena, x->expects);
    f->deadline = k ? k->deadline : 0;
    f->missed = hx_arena_strdup(s->arena, x->missed);
    f->stand_in = hx_arena_strdup(s->arena, x->stand_in);
    hx_notice_above(f, x->above);
    f->drill = (s->c->flags & HX_FLAG_DRILL) != 0;
    return f;
}

/* ---- the list ---- */

void hx_sending_over(struct hx_sending *x)
{
    x->how = 0;
}

void hx_sendings_sweep(struct hx_case *c)
{
    uint32_t kept = 0;
    for (uint32_t i = 0; i < c->n_sendings; i++)
        if (c->sendings[i].how) {
            if (kept != i)
                c->sendings[kept] = c->sendings[i];
            kept++;
        }
    c->n_sendings = kept;
}

struct hx_sending *hx_sending_new(struct hx_step *s)
{
    struct hx_case *c = s->c;
    hx_sendings_sweep(c);
    if (c->n_sendings == HX_CASE_SENDINGS) {
        hxp_delivery_fact *f = hx_sending_say(s, &c->sendings[0], "EXPIRED");
        if (f)
            f->error = hx_text_field("too many");
        hx_sending_over(&c->sendings[0]);
        hx_sendings_sweep(c);
    }
    return &c->sendings[c->n_sendings++];
}

int64_t hx_case_delivery_due(const struct hx_case *c)
{
    int64_t next = INT64_MAX;
    for (uint32_t i = 0; i < c->n_sendings; i++)
        if (c->sendings[i].next < next)
            next = c->sendings[i].next;
    return next;
}
