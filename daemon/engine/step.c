/* The step: find the row, ask its guards, change the state, do its effects. */
#include "engine/words/words.h"

#include <string.h>

/* "city/property/sun" is sun, at one of the city's posts; "city/property" is the post alone, and no
 * person. So one human is one, at whatever post he speaks. */
static const char *behind_post(const char *rest)
{
    size_t n = strcspn(rest, "/");
    if (!hx_city_post(rest, n))
        return rest;
    return rest[n] ? rest + n + 1 : rest + n;
}

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
        rest = a->role == HX_ROLE_city && !a->area[0] ? behind_post(rest + 1) : rest + 1;
        size_t n = strlen(rest);
        if (n >= sizeof a->person)
            return false;
        memcpy(a->person, rest, n + 1);
    }
    return true;
}

bool hx_actor_same(const char *a, const char *b)
{
    struct hx_actor x, y;
    bool named = hx_actor_parse(a, &x) && hx_actor_parse(b, &y) && x.person[0] && y.person[0];
    return strcmp(a, b) == 0 || (named && strcmp(x.person, y.person) == 0);
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
        if (s->m->row)
            s->m->row(s->m->row_ctx, row, w);
        if (i > *furthest) {
            *furthest = i;
            s->refusal = w->code;
            s->refusal_result = w->result;
            s->required = w->says;
        }
        return false;
    }
    return true;
}

static void take(struct hx_step *s, const struct hx_transition *row)
{
    struct hx_owner_mark before = hx_owner_mark(s->c);
    if (s->m->row)
        s->m->row(s->m->row_ctx, row, NULL);
    if (s->c->state)
        hx_owner_book(s->c, s->t_eff);
    struct hx_owner_mark booked = hx_owner_mark(s->c);
    s->state_from = s->c->state;
    s->class_from = s->c->class_no;
    hx_step_enter(s, row->to);
    for (int i = 0; i < row->n_effects; i++)
        row->effects[i].word->effect(s, &row->effects[i]);
    s->c->owner = (uint8_t)hx_owner_now(s->rules, s->c);
    if (hx_case_open(s->rules, s->c))
        hx_owner_unbook(s->c, &before, &booked);
}

/* What happened before this cycle began says nothing about it: only a row that looks back takes it.
 */
static bool out_of_cycle(const struct hx_step *s)
{
    return s->event && s->c->cycle > 1 && s->t_eff < hx_cycle_began(s->rules, s->c, s->c->cycle);
}

/* Whether this row may be taken. A row that looks back says nothing when it does not fit: the
 * refusal is that of the others. */
static bool fits(struct hx_step *s, int i, bool earlier, int *furthest)
{
    const struct hx_transition *row = &s->rules->transitions[i];
    int silent = HX_RULES_CALLS;
    if (s->rules->row_keys[i].looks_back)
        return guards_hold(s, row, &silent);
    if (!earlier)
        return guards_hold(s, row, furthest);
    s->refusal = "EARLIER_CYCLE";
    return false;
}

bool hx_row_allowed(const struct hx_step *s, int i)
{
    const struct hx_row_key *key = &s->rules->row_keys[i];
    const struct hx_transition *row = &s->rules->transitions[i];
    if (row->event < 0 || !(key->from & (UINT32_C(1) << s->c->state)) || key->looks_back)
        return false;
    for (int n = 0; n < row->n_guards; n++)
        if (row->guards[n].word->of_case && !row->guards[n].word->guard(s, &row->guards[n]))
            return false;
    return true;
}

const hxp_event *hx_step_came(const struct hx_step *s)
{
    static const hxp_event nothing = HONGXIN__V1__EVENT__INIT;
    return s->event ? s->event : &nothing;
}

/* The row for this event in the present state; NULL, and the step's refusal, when there is none
 * whose guards hold. */
static const struct hx_transition *event_row(struct hx_step *s, int event)
{
    uint32_t from = UINT32_C(1) << s->c->state;
    int furthest = -1;
    bool earlier = out_of_cycle(s);
    s->required = NULL;
    s->refusal = "NOT_NOW";
    s->refusal_result = HONGXIN__V1__RESULT__NOT_ALLOWED;
    for (int i = s->rules->row_of_event[event] - 1; i >= 0; i = s->rules->row_keys[i].next - 1)
        if (s->rules->row_keys[i].from & from && fits(s, i, earlier, &furthest))
            return &s->rules->transitions[i];
    return NULL;
}

bool hx_step_event(struct hx_step *s, int event)
{
    enum { DEPTH = 4 }; /* an event and what it goes on with; a circle of `try` ends here */
    const char *outer = s->cause;
    const struct hx_transition *row = event_row(s, event);
    if (!row || s->depth == DEPTH)
        return false;
    if (!s->rules->events[event].internal)
        s->cause = s->rules->events[event].name;
    s->depth++;
    take(s, row);
    s->depth--;
    s->cause = outer;
    s->refusal = NULL;
    return true;
}

bool hx_step_event_row(struct hx_step *s, int event)
{
    return event_row(s, event) != NULL;
}

void hx_step_pass_on(struct hx_step *to, const struct hx_step *from)
{
    to->event = from->event;
    to->data = from->data;
    to->actor = from->actor;
    to->n_speakers = 0;
    for (uint32_t i = 0; i < from->n_theirs; i++)
        if (from->theirs[i] != HX_NOBODY)
            to->speakers[to->n_speakers++] = from->theirs[i];
}

bool hx_row_passes_on(const struct hx_step *s, int event)
{
    uint32_t from = UINT32_C(1) << s->c->state;
    for (int i = s->rules->row_of_event[event] - 1; i >= 0; i = s->rules->row_keys[i].next - 1) {
        const struct hx_transition *row = &s->rules->transitions[i];
        for (int n = 0; s->rules->row_keys[i].from & from && n < row->n_effects; n++)
            if (strcmp(row->effects[n].word->name, HX_WORD_PASSES_ON) == 0)
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
    for (int i = s->rules->row_of_clock[clock] - 1; i >= 0; i = s->rules->row_keys[i].next - 1) {
        const struct hx_transition *row = &s->rules->transitions[i];
        if (s->rules->row_keys[i].from & from && guards_hold(s, row, &furthest))
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
