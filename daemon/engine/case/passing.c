#include "engine/case/passing.h"

#include "base/text.h"
#include "base/utf8.h"
#include <string.h>

static const char *by(const struct hx_step *s)
{
    return s->event ? s->event->by : "";
}

/* Room is made by forgetting the oldest: the journal has it. */
static struct hx_passing *add(struct hx_case *c)
{
    if (c->n_passings == HX_CASE_PASSINGS) {
        memmove(c->passings, c->passings + 1, (HX_CASE_PASSINGS - 1) * sizeof *c->passings);
        c->n_passings--;
    }
    struct hx_passing *p = &c->passings[c->n_passings++];
    *p = (struct hx_passing){.asked = 0};
    return p;
}

/* The request that waits for its decision; NULL when there is none. */
static struct hx_passing *pending(struct hx_case *c)
{
    struct hx_passing *p = c->n_passings ? &c->passings[c->n_passings - 1] : NULL;
    return p && p->asked && !p->at ? p : NULL;
}

void hx_passing_ask(struct hx_step *s)
{
    struct hx_passing *p = add(s->c);
    hx_text_put(p->from, sizeof p->from, s->c->holder);
    hx_utf8_put(p->reason, sizeof p->reason, s->data->reason);
    hx_text_put(p->asked_by, sizeof p->asked_by, by(s));
    p->asked = s->t_eff;
}

static void decide(struct hx_step *s, struct hx_passing *p, const char *holder)
{
    hx_text_put(p->to, sizeof p->to, holder);
    hx_text_put(p->by, sizeof p->by, by(s));
    hx_text_put(p->cause, sizeof p->cause, s->cause);
    p->at = s->t_eff;
}

void hx_passing_refuse(struct hx_step *s)
{
    struct hx_passing *p = pending(s->c);
    if (p)
        decide(s, p, s->c->holder);
}

void hx_passing_note(struct hx_step *s, const char *holder)
{
    struct hx_case *c = s->c;
    struct hx_passing *p = pending(c);
    if (!c->holder[0] || strcmp(c->holder, holder) == 0)
        return;
    if (!p) {
        p = add(c);
        hx_text_put(p->from, sizeof p->from, c->holder);
        hx_utf8_put(p->reason, sizeof p->reason,
                    s->data->reason[0] ? s->data->reason : s->data->why);
    }
    decide(s, p, holder);
}

void hx_order_tell(struct hx_step *s, const char *what)
{
    if (!s->c->order_by[0] || strcmp(s->c->order_by, by(s)) == 0)
        return;
    hxp_notice_fact *f =
        hx_fact_notice(s, HX_NOTICE_CASE, hx_arena_strdup(s->arena, s->c->order_by));
    if (f)
        f->why = hx_arena_printf(s->arena, "%s", what);
}

void hx_order_close(struct hx_step *s)
{
    if (!(s->c->flags & HX_FLAG_SUPERVISED))
        return;
    hx_order_tell(s, "case closed: order not answered");
    hx_flag_set(s, HX_FLAG_SUPERVISED, false);
}
