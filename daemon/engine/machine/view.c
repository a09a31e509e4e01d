/* What is true now of a case, without anything of its reporter (3.7). */
#include "base/text.h"
#include "engine/machine/machine.h"
#include "engine/step.h"
#include "hongxin/number.h"

#include <string.h>

static hxp_clock_fact *clock_view(const struct hx_machine *m, const struct hx_clock *k)
{
    hxp_clock_fact *f = hx_arena_alloc(m->arena, sizeof *f);
    if (!f)
        return NULL;
    hongxin__v1__clock_fact__init(f);
    hx_clock_describe(m->rules, k, m->arena, f);
    f->change = hx_text_field(hx_clock_state_name(k->state));
    f->cycle = k->cycle;
    return f;
}

static void view_clocks(const struct hx_machine *m, const struct hx_case *c, hxp_case_view *v)
{
    v->clocks = hx_arena_alloc(m->arena, c->n_clocks * sizeof *v->clocks);
    for (uint32_t i = 0; v->clocks && i < c->n_clocks; i++) {
        const struct hx_clock *k = &c->clocks[i];
        hxp_clock_fact *f = clock_view(m, k);
        if (!f)
            return;
        v->clocks[v->n_clocks++] = f;
        if (k->state == HX_CLOCK_RUNNING && k->deadline &&
            (!v->next_deadline || k->deadline < v->next_deadline)) {
            v->next_deadline = k->deadline;
            v->next_clock = f->clock;
        }
    }
}

static void view_flags(const struct hx_machine *m, const struct hx_case *c, hxp_case_view *v)
{
    static const char *const names[] = {
#define X(name, bit) [bit] = #name,
        HX_FLAGS(X)
#undef X
    };
    v->flags = hx_arena_alloc(m->arena, sizeof names);
    for (size_t i = 0; v->flags && i < sizeof names / sizeof *names; i++)
        if (names[i] && c->flags & (UINT32_C(1) << i))
            v->flags[v->n_flags++] = hx_text_field(names[i]);
}

static hxp_breach_fact *breach_fact(const struct hx_machine *m, const struct hx_breach *b)
{
    hxp_breach_fact *f = hx_arena_alloc(m->arena, sizeof *f);
    if (!f)
        return NULL;
    hongxin__v1__breach_fact__init(f);
    f->clock = hx_text_field(m->rules->clocks[b->kind].name);
    f->holder = hx_arena_text(m->arena, b->holder);
    f->deadline = f->t_due = b->deadline;
    f->t_noticed = b->t_noticed;
    f->policy = hx_text_field(hx_rules_at(m->rules, b->policy)->version_text);
    return f;
}

static void view_marks(const struct hx_machine *m, const struct hx_breach *b,
                       Hongxin__V1__BreachView *v)
{
    static const struct {
        uint32_t bit;
        const char *name;
    } marks[] = {{HX_BREACH_REBUTTED, "REBUTTED"},
                 {HX_BREACH_EXCLUDED, "EXCLUDED"},
                 {HX_BREACH_VOID_RETURN, "VOID_RETURN"}};
    v->marks = hx_arena_alloc(m->arena, sizeof marks);
    for (size_t i = 0; v->marks && i < sizeof marks / sizeof *marks; i++)
        if (b->marks & marks[i].bit)
            v->marks[v->n_marks++] = hx_text_field(marks[i].name);
}

static void view_breaches(const struct hx_machine *m, const struct hx_case *c, hxp_case_view *v)
{
    v->breaches = hx_arena_alloc(m->arena, c->n_breaches * sizeof *v->breaches);
    for (uint32_t i = 0; v->breaches && i < c->n_breaches; i++) {
        Hongxin__V1__BreachView *b = hx_arena_alloc(m->arena, sizeof *b);
        if (!b)
            return;
        hongxin__v1__breach_view__init(b);
        b->breach = breach_fact(m, &c->breaches[i]);
        b->cycle = c->breaches[i].cycle;
        b->lsn = c->breaches[i].lsn;
        view_marks(m, &c->breaches[i], b);
        v->breaches[v->n_breaches++] = b;
    }
}

/* Seconds by owner, with those since the last booking given to the present one. */
static hxp_owner_fact *view_owner(const struct hx_machine *m, const struct hx_case *c)
{
    hxp_owner_fact *f = hx_arena_alloc(m->arena, sizeof *f);
    if (!f)
        return NULL;
    hongxin__v1__owner_fact__init(f);
    uint64_t *const parts[HX_OWNERS] = {&f->citizen, &f->dispatcher, &f->holder, &f->assisting,
                                        &f->arbiter, &f->force,      &f->system};
    for (int i = 0; i < HX_OWNERS; i++)
        *parts[i] = (uint64_t)c->owner_ms[i];
    if (hx_case_open(m->rules, c) && m->now > c->owner_since)
        *parts[c->owner] += (uint64_t)(m->now - c->owner_since);
    for (int i = 0; i < HX_OWNERS; i++)
        f->total_ms += *parts[i];
    return f;
}

static void view_where(const struct hx_machine *m, const struct hx_case *c, hxp_case_view *v)
{
    v->where = hx_arena_alloc(m->arena, sizeof *v->where);
    if (!v->where)
        return;
    hongxin__v1__where__init(v->where);
    v->where->street = hx_arena_text(m->arena, c->street);
    v->where->community = hx_arena_text(m->arena, c->community);
    v->where->grid = hx_arena_text(m->arena, c->grid);
    v->where->estate = hx_arena_text(m->arena, c->estate);
    v->where->building = hx_arena_text(m->arena, c->building);
    v->where->registry = hx_arena_text(m->arena, c->registry);
}

/* Highest level told and not yet over. */
static const char *level(const struct hx_case *c)
{
    int highest = -1;
    for (uint32_t i = 0; i < c->n_told; i++)
        if (!c->told[i].done && c->told[i].level > highest)
            highest = c->told[i].level;
    return highest < 0 ? "" : hx_level_name(highest);
}

static char *number_text(struct hx_arena *a, uint64_t number)
{
    char buffer[HX_NUMBER_TEXT];
    return number ? hx_arena_strdup(a, hx_number_format(number, buffer)) : hx_text_field("");
}

static Hongxin__V1__PartyView *party_view(const struct hx_machine *m, const struct hx_party *p)
{
    static const char *const answers[] = {"OPEN", "OK", "BAD", "NO_ANSWER"};
    Hongxin__V1__PartyView *v = hx_arena_alloc(m->arena, sizeof *v);
    if (!v)
        return NULL;
    hongxin__v1__party_view__init(v);
    v->ref = hx_arena_text(m->arena, p->ref);
    v->callback = hx_text_field(p->gone ? "GONE" : answers[p->callback % 4]);
    v->rating = p->rating;
    v->t_occ = p->t_occ;
    v->from_case = number_text(m->arena, p->from_case);
    return v;
}

/* Reporters and their call-backs; other cases that belong to this one. */
static void view_links(const struct hx_machine *m, const struct hx_case *c, hxp_case_view *v)
{
    v->repeat_of = number_text(m->arena, c->repeat_of);
    v->repeats = c->repeats;
    v->merged_into = number_text(m->arena, c->merged_into);
    v->split_from = number_text(m->arena, c->split_from);
    v->callbacks = hx_arena_alloc(m->arena, c->n_parties * sizeof *v->callbacks);
    for (uint32_t i = 0; v->callbacks && i < c->n_parties; i++) {
        Hongxin__V1__PartyView *p = party_view(m, &c->parties[i]);
        if (!p)
            return;
        v->callbacks[v->n_callbacks++] = p;
    }
}

static void view_holder(const struct hx_machine *m, const struct hx_case *c, hxp_case_view *v)
{
    v->holder = hx_arena_text(m->arena, c->holder);
    v->holder_person = hx_arena_text(m->arena, c->person);
    v->holder_name_zh = hx_text_field(hx_city_name(m->city, c->holder, true));
    v->holder_name_en = hx_text_field(hx_city_name(m->city, c->holder, false));
    v->held_since = c->t_held;
    v->second_holder = hx_arena_text(m->arena, c->second);
    v->no_company = c->estate[0] && !hx_city_estate_company(m->city, c->estate, m->now)[0];
}

static void view_units(const struct hx_machine *m, const struct hx_case *c, hxp_case_view *v)
{
    for (uint32_t i = 0; i < c->n_clocks; i++)
        v->n_units += c->clocks[i].unit[0] && hx_clock_live(&c->clocks[i]);
    v->units = hx_arena_alloc(m->arena, (v->n_units + 1) * sizeof *v->units);
    size_t n = 0;
    for (uint32_t i = 0; v->units && i < c->n_clocks; i++) {
        const struct hx_clock *k = &c->clocks[i];
        if (!k->unit[0] || !hx_clock_live(k))
            continue;
        Hongxin__V1__AssistView *u = hx_arena_alloc(m->arena, sizeof *u);
        if (!u)
            break;
        hongxin__v1__assist_view__init(u);
        u->unit = hx_arena_text(m->arena, k->unit);
        u->asked = k->start;
        u->deadline = k->deadline;
        u->answered = k->answered;
        v->units[n++] = u;
    }
    v->n_units = n;
}

static hxp_delivery_fact *sending_view(const struct hx_machine *m, const struct hx_sending *x)
{
    hxp_delivery_fact *f = hx_arena_alloc(m->arena, sizeof *f);
    if (!f)
        return NULL;
    hongxin__v1__delivery_fact__init(f);
    f->to = hx_arena_text(m->arena, x->to);
    f->person = hx_arena_text(m->arena, x->person);
    f->road = hx_arena_text(m->arena, x->road);
    f->attempt = x->attempt;
    f->error = hx_arena_text(m->arena, x->error);
    f->kind = hx_text_field(hx_notice_kind_name(x->how));
    f->clock = hx_text_field(x->kind ? m->rules->clocks[x->kind].name : "");
    f->level = hx_text_field(x->kind ? hx_level_name(x->level) : "");
    f->notice = x->notice;
    f->next = x->next;
    return f;
}

static void view_deliveries(const struct hx_machine *m, const struct hx_case *c, hxp_case_view *v)
{
    v->faults_theirs = c->faults_theirs;
    v->faults_ours = c->faults_ours;
    v->on_their_way = hx_arena_alloc(m->arena, (c->n_sendings + 1) * sizeof *v->on_their_way);
    for (uint32_t i = 0; v->on_their_way && i < c->n_sendings; i++) {
        hxp_delivery_fact *f = sending_view(m, &c->sendings[i]);
        if (!f)
            return;
        v->on_their_way[v->n_on_their_way++] = f;
    }
}

static void view_passings(const struct hx_machine *m, const struct hx_case *c, hxp_case_view *v)
{
    v->holder_at = c->holder[0] ? c->holder_at : 0;
    v->returns = hx_arena_alloc(m->arena, (c->n_passings + 1) * sizeof *v->returns);
    for (uint32_t i = 0; v->returns && i < c->n_passings; i++) {
        const struct hx_passing *p = &c->passings[i];
        Hongxin__V1__ReturnView *w = hx_arena_alloc(m->arena, sizeof *w);
        if (!w)
            return;
        hongxin__v1__return_view__init(w);
        w->holder = hx_arena_text(m->arena, p->from);
        w->to = hx_arena_text(m->arena, p->to);
        w->reason = hx_arena_text(m->arena, p->reason);
        w->asked_by = hx_arena_text(m->arena, p->asked_by);
        w->asked = p->asked;
        w->decided_by = hx_arena_text(m->arena, p->by);
        w->at = p->at;
        w->cause = hx_arena_text(m->arena, p->cause);
        v->returns[v->n_returns++] = w;
    }
}

static void view_order(const struct hx_machine *m, const struct hx_case *c, hxp_case_view *v)
{
    if (!(c->flags & HX_FLAG_SUPERVISED) ||
        !(v->order = hx_arena_alloc(m->arena, sizeof *v->order)))
        return;
    hongxin__v1__order_view__init(v->order);
    v->order->by = hx_arena_text(m->arena, c->order_by);
    v->order->order = hx_arena_text(m->arena, c->order_ref);
    v->order->at = c->order_at;
}

static void view_silences(const struct hx_machine *m, const struct hx_case *c, hxp_case_view *v)
{
    v->silences = hx_arena_alloc(m->arena, (c->n_silences + 1) * sizeof *v->silences);
    for (uint32_t i = 0; v->silences && i < c->n_silences; i++) {
        const struct hx_silence *x = &c->silences[i];
        Hongxin__V1__SilenceView *w = hx_arena_alloc(m->arena, sizeof *w);
        if (!w)
            return;
        hongxin__v1__silence_view__init(w);
        w->clock = hx_text_field(m->rules->clocks[x->kind].name);
        w->level = hx_text_field(hx_level_name(x->level));
        w->from = x->from;
        w->until = x->until;
        w->by = hx_arena_text(m->arena, x->by);
        w->why = hx_arena_text(m->arena, x->why);
        v->silences[v->n_silences++] = w;
    }
}

hxp_case_view *hx_case_view(const struct hx_machine *m, const struct hx_case *c)
{
    char number[HX_NUMBER_TEXT];
    hxp_case_view *v = hx_arena_alloc(m->arena, sizeof *v);
    if (!v)
        return NULL;
    hongxin__v1__case_view__init(v);
    v->case_number = c->number;
    v->number = hx_arena_strdup(m->arena, hx_number_format(c->number, number));
    v->case_version = c->version;
    v->state = hx_text_field(m->rules->states[c->state].name);
    v->cycle = c->cycle;
    v->class_ = hx_text_field(c->class_no ? m->rules->classes[c->class_no].name : "");
    v->category = hx_arena_text(m->arena, c->category);
    v->level = hx_text_field(level(c));
    v->owner = hx_text_field(hx_owner_name(c->owner));
    v->t_report = c->t_report;
    v->t0 = c->t0;
    v->t_closed = c->t_closed;
    v->last_lsn = c->last_lsn;
    v->drill = (c->flags & HX_FLAG_DRILL) != 0;
    v->policy = hx_text_field(m->rules->version_text);
    v->ref = hx_arena_text(m->arena, c->ref);
    v->owner_ms = view_owner(m, c);
    view_where(m, c, v);
    view_links(m, c, v);
    view_holder(m, c, v);
    view_units(m, c, v);
    view_passings(m, c, v);
    view_order(m, c, v);
    view_silences(m, c, v);
    view_deliveries(m, c, v);
    view_flags(m, c, v);
    view_clocks(m, c, v);
    view_breaches(m, c, v);
    return hx_arena_failed(m->arena) ? NULL : v;
}
