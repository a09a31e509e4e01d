/* Facts: what became true, built in the arena as schema messages. Texts of rules are borrowed:
 * rules outlive the batch. */
#include "base/text.h"
#include "engine/step.h"

#include <string.h>

static hxp_fact *new_fact(struct hx_step *s, Hongxin__V1__Fact__FactCase which)
{
    if (s->n_facts == HX_STEP_FACTS) {
        s->overflow = true;
        return NULL;
    }
    hxp_fact *f = hx_arena_take(s->arena, sizeof *f);
    if (!f)
        return NULL;
    hongxin__v1__fact__init(f);
    f->fact_case = which;
    s->facts[s->n_facts++] = f;
    return f;
}

/* A fact and its message: FACT(var, member, CASE, type) leaves `var` NULL when there is no memory.
 */
#define FACT(var, member, CASE, type)                                                              \
    hxp_##type *var = hx_arena_take(s->arena, sizeof *var);                                        \
    do {                                                                                           \
        hxp_fact *fact_ = var ? new_fact(s, HONGXIN__V1__FACT__FACT_##CASE) : NULL;                \
        if (!fact_)                                                                                \
            var = NULL;                                                                            \
        else {                                                                                     \
            hongxin__v1__##type##__init(var);                                                      \
            fact_->member = var;                                                                   \
        }                                                                                          \
    } while (0)

void hx_fact_state(struct hx_step *s, int from, int to)
{
    FACT(f, state, STATE, state_fact);
    if (!f)
        return;
    f->from = hx_text_field(from ? s->rules->states[from].name : "");
    f->to = hx_text_field(s->rules->states[to].name);
    f->cause = hx_text_field(s->cause);
}

void hx_fact_class(struct hx_step *s, int from, int to)
{
    FACT(f, class_, CLASS, class_fact);
    if (!f)
        return;
    f->from = hx_text_field(from ? s->rules->classes[from].name : "");
    f->to = hx_text_field(s->rules->classes[to].name);
    f->by = hx_text_field(s->event && s->event->by ? s->event->by : "system");
}

/* A clock's calendar as facts name it: "day", "workdays@china/1" (table and its version). */
static char *calendar_pin(const struct hx_rules *r, const struct hx_clock *k,
                          struct hx_arena *arena)
{
    const struct hx_calendar_rule *cal = &hx_rules_at(r, k->policy)->calendars[k->calendar];
    if (!cal->table)
        return hx_text_field(cal->name);
    char days[HX_DIGITS];
    return hx_arena_join(arena, (const char *const[]){cal->name, "@", cal->table->name, "/",
                                                      hx_text_digits(k->days, days), NULL});
}

void hx_clock_describe(const struct hx_rules *r, const struct hx_clock *k, struct hx_arena *arena,
                       hxp_clock_fact *f)
{
    f->clock = hx_text_field(r->clocks[k->kind].name);
    f->start = k->start;
    f->budget_ms = k->budget_ms;
    f->paused_ms = k->paused_ms;
    f->floor = k->floor;
    f->deadline = k->deadline;
    f->basis = hx_text_field(hx_basis_name(k->basis));
    f->policy = hx_text_field(hx_rules_at(r, k->policy)->version_text);
    f->calendar = calendar_pin(r, k, arena);
    f->city = k->city;
    f->moved_by = k->moved_by;
    if (k->met) {
        f->judged_case = HONGXIN__V1__CLOCK_FACT__JUDGED_MET;
        f->met = k->met == 1;
    }
}

void hx_fact_clock(struct hx_step *s, const struct hx_clock *k, const char *change)
{
    FACT(f, clock, CLOCK, clock_fact);
    if (!f)
        return;
    hx_clock_describe(s->rules, k, s->arena, f);
    f->change = hx_text_field(change);
}

void hx_fact_breach(struct hx_step *s, const struct hx_breach *b, int64_t due, const char *delay)
{
    FACT(f, breach, BREACH, breach_fact);
    if (!f)
        return;
    f->clock = hx_text_field(s->rules->clocks[b->kind].name);
    f->holder = hx_arena_text(s->arena, b->holder);
    f->deadline = b->deadline;
    f->t_due = due;
    f->t_noticed = b->t_noticed;
    f->delay = hx_text_field(delay);
    f->policy = hx_text_field(hx_rules_at(s->rules, b->policy)->version_text);
    f->evidence_lsn = s->c->last_lsn;
}

void hx_fact_breach_mark(struct hx_step *s, const struct hx_breach *b, const char *mark,
                         const char *why)
{
    FACT(f, breach_mark, BREACH_MARK, breach_mark_fact);
    if (!f)
        return;
    f->clock = hx_text_field(s->rules->clocks[b->kind].name);
    f->mark = hx_text_field(mark);
    f->why = hx_text_field(why);
    f->deadline = b->deadline;
}

void hx_fact_flag(struct hx_step *s, enum hx_flag flag, bool on)
{
    FACT(f, flag, FLAG, flag_fact);
    if (!f)
        return;
    switch (flag) {
#define X(name, bit)                                                                               \
    case HX_FLAG_##name:                                                                           \
        f->flag = hx_text_field(#name);                                                            \
        break;
        HX_FLAGS(X)
#undef X
    }
    f->on = on;
}

void hx_fact_owner(struct hx_step *s)
{
    FACT(f, owner, OWNER, owner_fact);
    if (!f)
        return;
    uint64_t *const parts[HX_OWNERS] = {&f->citizen, &f->dispatcher, &f->holder, &f->assisting,
                                        &f->arbiter, &f->force,      &f->system};
    for (int i = 0; i < HX_OWNERS; i++) {
        *parts[i] = (uint64_t)s->c->owner_ms[i];
        f->total_ms += *parts[i];
    }
    int64_t off = (int64_t)f->total_ms - (s->c->owner_since - s->c->t_report);
    if (off)
        hx_fact_alarm(s, "SECONDS_OFF", hx_arena_printf(s->arena, "%+lld ms", (long long)off));
}

void hx_fact_alarm(struct hx_step *s, const char *code, const char *about)
{
    FACT(f, alarm, ALARM, alarm_fact);
    if (!f)
        return;
    f->code = hx_text_field(code);
    f->about = hx_text_field(about);
}

void hx_notice_above(hxp_notice_fact *f, int levels)
{
    f->above = (uint32_t)levels;
    f->carried_case = levels ? HONGXIN__V1__NOTICE_FACT__CARRIED_ABOVE
                             : HONGXIN__V1__NOTICE_FACT__CARRIED__NOT_SET;
}

void hx_fact_silence(struct hx_step *s, const struct hx_silence *x, const hxp_silence *of)
{
    hxp_silence *w = hx_arena_alloc(s->arena, sizeof *w);
    hxp_fact *f = w ? new_fact(s, HONGXIN__V1__FACT__FACT_SILENCE) : NULL;
    if (!f)
        return;
    f->silence = w;
    hongxin__v1__silence_view__init(w);
    w->clock = hx_text_field(s->rules->clocks[x->kind].name);
    w->level = hx_text_field(hx_level_name(x->level));
    w->from = x->from;
    w->until = x->until;
    w->by = hx_arena_text(s->arena, x->by);
    w->why = hx_arena_text(s->arena, x->why);
    w->area = hx_arena_text(s->arena, of->area);
    w->entry = of->entry;
}

hxp_delivery_fact *hx_fact_delivery(struct hx_step *s, const char *result)
{
    FACT(f, delivery, DELIVERY, delivery_fact);
    if (f)
        f->result = hx_text_field(result);
    return f;
}

static void add_audience(struct hx_step *s, const char *to)
{
    for (size_t i = 0; i < s->n_receivers; i++)
        if (strcmp(s->receivers[i], to) == 0)
            return;
    if (s->n_receivers < sizeof s->receivers / sizeof *s->receivers)
        s->receivers[s->n_receivers++] = to;
}

hxp_notice_fact *hx_fact_notice_to(struct hx_step *s, int kind, const char *to,
                                   const char *stand_in)
{
    bool nobody = to && !*to; /* who asked for it has not said who he is */
    if (s->quiet || nobody)
        return NULL;
    FACT(f, notice, NOTICE, notice_fact);
    if (!f || !to || !stand_in)
        return NULL;
    f->kind = hx_text_field(hx_notice_kind_name(kind));
    f->to = hx_text_field(to);
    f->t_due = s->t_rcv;
    f->holder = hx_arena_text(s->arena, s->c->holder);
    f->drill = (s->c->flags & HX_FLAG_DRILL) != 0;
    f->stand_in = hx_text_field(stand_in);
    add_audience(s, to);
    if (*stand_in)
        add_audience(s, stand_in);
    return f;
}

hxp_notice_fact *hx_fact_notice(struct hx_step *s, int kind, const char *to)
{
    return hx_fact_notice_to(s, kind, to, to ? hx_post_stands_in(s->m, to) : NULL);
}

hxp_notice_fact *hx_fact_notice_told(struct hx_step *s, int kind, const struct hx_told *t)
{
    return hx_fact_notice_to(s, kind, hx_arena_strdup(s->arena, t->to),
                             hx_arena_strdup(s->arena, t->stand_in));
}
