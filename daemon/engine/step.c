/* The step: find the row, ask its guards, change the state, do its effects. */
#include "engine/words.h"

#include <string.h>

bool hx_actor_parse(const char *by, struct hx_actor *a)
{
    *a = (struct hx_actor){.role = HX_ROLE_NONE};
    if (!by || !*by)
        return true;
    size_t role = strcspn(by, ":/");
    a->role = hx_role_number(by, role);
    const char *rest = by + role;
    if (*rest == ':') {
        size_t n = strcspn(++rest, "/");
        if (n >= sizeof a->area)
            return false;
        memcpy(a->area, rest, n);
        a->area[n] = '\0';
        rest += n;
    }
    if (*rest == '/') {
        size_t n = strlen(++rest);
        if (n >= sizeof a->person)
            return false;
        memcpy(a->person, rest, n + 1);
    }
    return true;
}

void hx_flag_set(struct hx_step *s, enum hx_flag flag, bool on)
{
    if (((s->c->flags & flag) != 0) == on)
        return;
    s->c->flags = on ? s->c->flags | flag : s->c->flags & ~(uint32_t)flag;
    hx_fact_flag(s, flag, on);
}

void hx_step_enter(struct hx_step *s, int to)
{
    int from = s->c->state;
    if (to == 0 || to == from)
        return;
    s->c->state = (uint8_t)to;
    hx_fact_state(s, from, to);
}

/* When no row is taken the refusal is that of the row that came furthest: it was meant. */
static bool guards_hold(struct hx_step *s, const struct hx_transition *row, int *furthest)
{
    for (int i = 0; i < row->n_guards; i++) {
        const struct hx_word *w = row->guards[i].word;
        if (w->guard(s, &row->guards[i]))
            continue;
        if (i > *furthest) {
            *furthest = i;
            s->refusal = w->code;
            s->refusal_result = w->result;
        }
        return false;
    }
    return true;
}

static void take(struct hx_step *s, const struct hx_transition *row)
{
    int64_t t = s->t_eff < s->now ? s->t_eff : s->now;
    if (s->c->state)
        hx_owner_book(s->c, t);
    s->state_from = s->c->state;
    hx_step_enter(s, row->to);
    for (int i = 0; i < row->n_effects; i++)
        row->effects[i].word->effect(s, &row->effects[i]);
    s->c->owner = (uint8_t)hx_owner_now(s->rules, s->c);
}

bool hx_step_event(struct hx_step *s, int event)
{
    uint32_t from = UINT32_C(1) << s->c->state;
    const char *outer = s->cause;
    int furthest = -1;
    s->refusal = "NOT_NOW";
    s->refusal_result = HONGXIN__V1__RESULT__NOT_ALLOWED;
    for (int i = 0; i < s->rules->n_transitions; i++) {
        const struct hx_transition *row = &s->rules->transitions[i];
        if (row->event != event || !(row->from & from) || !guards_hold(s, row, &furthest))
            continue;
        if (!s->rules->events[event].internal)
            s->cause = s->rules->events[event].name;
        take(s, row);
        s->cause = outer;
        s->refusal = NULL;
        return true;
    }
    return false;
}

/* The row for the end of a clock in the present state; NULL when there is none whose guards hold.
 */
static const struct hx_transition *clock_row(struct hx_step *s, int clock)
{
    uint32_t from = UINT32_C(1) << s->c->state;
    int furthest = -1;
    for (int i = 0; i < s->rules->n_transitions; i++) {
        const struct hx_transition *row = &s->rules->transitions[i];
        if (row->clock == clock && row->from & from && guards_hold(s, row, &furthest))
            return row;
    }
    return NULL;
}

bool hx_step_clock_row(struct hx_step *s, int clock)
{
    return clock_row(s, clock) != NULL;
}

void hx_step_clock_end(struct hx_step *s, int clock)
{
    const struct hx_transition *row = clock_row(s, clock);
    if (row)
        take(s, row);
}
