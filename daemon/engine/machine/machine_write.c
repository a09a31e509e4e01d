/* Writing what a step brought about: the reply, the journal entry, the case. */
#include "base/text.h"
#include "engine/case/drill.h"
#include "engine/machine/machine_internal.h"
#include "engine/notice/calm.h"
#include "engine/notice/delivery.h"
#include "engine/routing/route_answer.h"
#include "engine/time/calendar.h"

#include <stdio.h>
#include <string.h>

/* ---- the reply ---- */

/* How a budget in this calendar is counted, for the one to whom it is promised (S5). */
static const char *unit_of(const struct hx_calendar_rule *cal)
{
    if (cal->kind == HX_CALENDAR_DAYS)
        return cal->week == HX_WEEK_ALL && !cal->table ? "NATURAL_DAYS" : "WORKING_DAYS";
    return cal->kind == HX_CALENDAR_COUNT ? "WINDOWS" : "ELAPSED";
}

static const struct hx_calendar_rule *calendar_of(const struct hx_step *s, int kind)
{
    return &s->rules->calendars[hx_clock_calendar(s->rules, kind, s->c->class_no)];
}

static int64_t promised_at(const struct hx_step *s, int kind, int64_t from, int64_t budget)
{
    const struct hx_calendar_rule *cal = calendar_of(s, kind);
    return hx_calendar_add_by(cal, hx_table_at(cal->table, s->lsn, false), from, budget);
}

static void add_unit(struct hx_step *s, hxp_reply *r, int kind)
{
    Hongxin__V1__Unit *u = hx_arena_alloc(s->arena, sizeof *u);
    if (!u || !r->units)
        return;
    hongxin__v1__unit__init(u);
    u->clock = hx_text_field(s->rules->clocks[kind].name);
    u->unit = hx_text_field(unit_of(calendar_of(s, kind)));
    u->calendar = hx_text_field(calendar_of(s, kind)->name);
    r->units[r->n_units++] = u;
}

static void promise(struct hx_step *s, hxp_reply *r, int kind, int64_t deadline)
{
    hxp_promise *p = hx_arena_alloc(s->arena, sizeof *p);
    if (!p || !r->promises)
        return;
    hongxin__v1__promise__init(p);
    p->clock = hx_text_field(s->rules->clocks[kind].name);
    p->deadline = deadline;
    r->promises[r->n_promises++] = p;
    add_unit(s, r, kind);
}

/* The latest moment at which somebody has it: by the rules of triage and deemed receipt. */
static int64_t latest_receipt(const struct hx_step *s)
{
    int triage = hx_rules_clock(s->rules, "K_TRIAGE"),
        handover = hx_rules_clock(s->rules, "K_HANDOVER");
    const struct hx_clock *k = handover > 0 ? hx_clock_find(s->c, handover) : NULL;
    if (k)
        return k->deadline;
    k = triage > 0 ? hx_clock_find(s->c, triage) : NULL;
    return k && handover > 0 ? k->deadline + hx_clock_budget(s->rules, handover, s->c->class_no, 1)
                             : 0;
}

/* A clock that begins with the receipt. */
static bool promised(const struct hx_step *s, int kind)
{
    const struct hx_clock_rule *rule = &s->rules->clocks[kind];
    return rule->promise && !rule->dated && !rule->stays && hx_clock_fits(s->rules, s->c, kind);
}

void hx_reply_promises(struct hx_step *s, hxp_reply *r)
{
    int64_t receipt = s->c->t_held ? 0 : latest_receipt(s);
    const struct hx_clock *clocks[HX_RULES_CLOCKS];
    hx_clocks_by_kind(s->c, clocks);
    r->promises = hx_arena_alloc(s->arena, HX_RULES_CLOCKS * sizeof *r->promises);
    r->units = hx_arena_alloc(s->arena, HX_RULES_CLOCKS * sizeof *r->units);
    for (int kind = 1; kind < HX_RULES_CLOCKS; kind++) {
        if (!s->rules->clocks[kind].name[0])
            continue;
        const struct hx_clock *k = clocks[kind];
        int64_t budget = hx_clock_budget(s->rules, kind, s->c->class_no, s->c->cycle);
        if (k && k->state == HX_CLOCK_RUNNING && k->deadline)
            promise(s, r, kind, k->deadline);
        else if (!k && receipt && budget && promised(s, kind))
            promise(s, r, kind, promised_at(s, kind, receipt, budget));
    }
}

void hx_reply_allowed(struct hx_step *s, hxp_reply *r)
{
    const struct hx_rules *rules = s->rules;
    int refused = hx_rules_event(rules, s->event->type);
    bool allowed[HX_RULES_EVENTS] = {false};
    for (int i = 0; i < rules->n_transitions; i++)
        if (hx_row_allowed(s, i))
            allowed[rules->transitions[i].event] =
                !rules->events[rules->transitions[i].event].internal;
    r->allowed = hx_arena_alloc(s->arena, HX_RULES_EVENTS * sizeof *r->allowed);
    for (int i = 0; r->allowed && i < rules->n_events; i++)
        if (allowed[i] && i != refused)
            r->allowed[r->n_allowed++] = hx_text_field(rules->events[i].name);
}

/* ---- the entry ---- */

static char *audience_id(struct hx_arena *a, const char *to)
{
    size_t n;
    const char *id = hx_post_feed(to, &n);
    return hx_arena_strndup(a, id, n);
}

static void add_audience(hxp_entry *e, char *id)
{
    if (!id || !*id)
        return;
    for (size_t i = 0; i < e->n_audience; i++)
        if (strcmp(e->audience[i], id) == 0)
            return;
    e->audience[e->n_audience++] = id;
}

int hx_entry_for(struct hx_machine *m, hxp_entry *e, const char *to, const char *stand_in)
{
    e->audience = hx_arena_alloc(m->arena, 2 * sizeof *e->audience);
    if (e->audience) {
        add_audience(e, audience_id(m->arena, to));
        add_audience(e, audience_id(m->arena, stand_in));
    }
    return e->audience && !hx_arena_failed(m->arena) ? HX_OK : HX_NOMEM;
}

static void fill_audience(struct hx_step *s, hxp_entry *e)
{
    e->audience = hx_arena_alloc(s->arena, (s->n_receivers + 3) * sizeof *e->audience);
    if (!e->audience)
        return;
    add_audience(e, e->holder);
    add_audience(e, e->holder_before);
    add_audience(e, e->second_holder);
    for (size_t i = 0; i < s->n_receivers; i++)
        add_audience(e, audience_id(s->arena, s->receivers[i]));
}

static void fill_where(struct hx_step *s, hxp_entry *e)
{
    const struct hx_case *c = s->c;
    e->where = hx_arena_alloc(s->arena, sizeof *e->where);
    if (!e->where)
        return;
    hongxin__v1__where__init(e->where);
    e->where->street = hx_arena_text(s->arena, c->street);
    e->where->community = hx_arena_text(s->arena, c->community);
    e->where->grid = hx_arena_text(s->arena, c->grid);
    e->where->estate = hx_arena_text(s->arena, c->estate);
    e->where->building = hx_arena_text(s->arena, c->building);
    e->where->registry = hx_arena_text(s->arena, c->registry);
}

static void fill_facts(struct hx_arena *a, hxp_entry *e, hxp_reply *reply,
                       const hxp_fact *const *facts, size_t n)
{
    e->facts = hx_arena_alloc(a, (n + 1) * sizeof *e->facts);
    if (!e->facts)
        return;
    if (reply) {
        hxp_fact *f = hx_arena_alloc(a, sizeof *f);
        if (!f)
            return;
        hongxin__v1__fact__init(f);
        f->fact_case = HONGXIN__V1__FACT__FACT_REPLY;
        f->reply = reply;
        e->facts[e->n_facts++] = f;
    }
    for (size_t i = 0; i < n; i++)
        e->facts[e->n_facts++] = (hxp_fact *)(uintptr_t)facts[i];
}

static void fill_event(struct hx_machine *m, hxp_entry *e, const struct hx_arrival *in)
{
    e->t_rec = m->now;
    e->t_wall = m->wall != m->now ? m->wall : 0;
    e->scale = m->scale;
    if (!in)
        return;
    e->t_rcv = in->t_rcv;
    e->principal = hx_text_field(in->principal);
    e->event = (ProtobufCBinaryData){in->size, (uint8_t *)(uintptr_t)in->bytes};
    e->parked_lsn = in->parked_lsn;
    e->own_secret = in->own_secret;
    e->reporter_digest =
        (ProtobufCBinaryData){in->reporter_digest_size, (uint8_t *)(uintptr_t)in->reporter_digest};
}

void hx_look_once(uint64_t list[HX_WITH_MAX], size_t *n, uint64_t number)
{
    for (size_t i = 0; i < *n; i++)
        if (list[i] == number)
            return;
    if (*n < HX_WITH_MAX)
        list[(*n)++] = number;
}

static void looked_at(struct hx_machine *m, uint64_t number)
{
    hx_look_once(m->with, &m->n_with, number);
}

void hx_machine_look_swap(struct hx_machine *m, uint64_t lsn)
{
    hx_look_once(m->swaps, &m->n_swaps, lsn);
}

int hx_machine_look(struct hx_machine *m, uint64_t number, struct hx_case *c)
{
    looked_at(m, number);
    return m->ops->case_load(m->backend, number, c);
}

static void fill_with(struct hx_machine *m, hxp_entry *e)
{
    if (m->n_with)
        e->with_cases = hx_arena_alloc(m->arena, m->n_with * sizeof *e->with_cases);
    for (size_t i = 0; e->with_cases && i < m->n_with; i++)
        if (m->with[i] != e->case_number)
            e->with_cases[e->n_with_cases++] = m->with[i];
}

/* Entries of former times do not tell it, and are made again as they were. */
static void fill_swaps(struct hx_machine *m, hxp_entry *e)
{
    const hxp_entry *stored = m->again ? m->again(m->again_ctx) : NULL;
    size_t n = stored && !stored->n_with_swaps ? 0 : m->n_swaps;
    m->n_swaps = 0;
    if (n && (e->with_swaps = hx_arena_memdup(m->arena, m->swaps, n * sizeof *m->swaps)))
        e->n_with_swaps = n;
}

int hx_machine_append(struct hx_machine *m, hxp_entry *e)
{
    e->disturbance = m->dist.lsn;
    e->caused_by = m->caused_by;
    fill_with(m, e);
    fill_swaps(m, e);
    if (hx_arena_failed(m->arena))
        return HX_NOMEM;
    int rc = m->ops->append(m->backend, e);
    if (rc)
        return rc;
    if (m->in_event && !m->caused_by && e->event.len)
        m->caused_by = e->lsn;
    if (m->appended)
        m->appended(m->appended_ctx, e);
    return HX_OK;
}

/* Left out when all could be reached, as nearly always. */
static void fill_reach(struct hx_step *s, hxp_entry *e)
{
    bool up = true;
    for (size_t i = 0; i < s->n_reach; i++)
        up &= s->reach[i] == HX_REACH_UP;
    if (up || !(e->reach = hx_arena_alloc(s->arena, s->n_reach * sizeof *e->reach)))
        return;
    for (size_t i = 0; i < s->n_reach; i++)
        e->reach[e->n_reach++] = (Hongxin__V1__Reach)s->reach[i];
}

static bool may_ask(const struct hx_step *s)
{
    return s->n_reach < sizeof s->reach / sizeof *s->reach;
}

enum hx_reach hx_step_reach(struct hx_step *s, const char *id)
{
    if (!may_ask(s))
        return HX_REACH_UP;
    enum hx_reach r = s->m->reach ? s->m->reach(s->m->reach_ctx, id) : HX_REACH_UP;
    return s->reach[s->n_reach++] = r;
}

enum hx_reach hx_step_fetched(struct hx_step *s, const char *id, uint64_t lsn)
{
    if (!may_ask(s))
        return HX_REACH_UP;
    enum hx_reach r = s->m->fetched ? s->m->fetched(s->m->reach_ctx, id, lsn) : HX_REACH_FETCHED;
    return s->reach[s->n_reach++] = r;
}

void hx_step_begin(struct hx_step *s, struct hx_machine *m, struct hx_case *c,
                   const struct hx_arrival *in)
{
    s->m = m;
    s->rules = m->rules;
    s->arena = m->arena;
    s->c = c;
    s->event = in ? in->event : NULL;
    s->data = NULL;
    s->principal = in && in->principal ? in->principal : "";
    s->actor = (struct hx_actor){.role = HX_ROLE_NONE};
    s->now = m->now;
    s->t_rcv = s->t_eff = in ? in->t_rcv : m->now;
    s->waited = in && in->parked_lsn;
    s->own_secret = in && in->own_secret;
    s->texts_good = in && in->glance && in->glance->texts_good;
    s->lsn = 0;
    s->cause = s->mark = s->proof_mark = "";
    s->n_facts = 0;
    s->n_receivers = 0;
    s->level = -1;
    s->t_due = s->t_until = 0;
    s->clocks_due = INT64_MIN;
    s->n_reach = s->n_swaps = 0;
    s->holder_before[0] = '\0';
    s->other = NULL;
    s->n_theirs = s->n_speakers = 0;
    s->message = -1;
    s->cycle = 0;
    s->state_from = s->class_from = 0;
    s->refusal = NULL;
    s->refusal_result = 0;
    s->required = NULL;
    s->field = NULL;
    s->overflow = s->quiet = s->split = s->refs_taken = s->unreached = false;
    s->unit = NULL;
    s->routed = false;
    s->depth = 0;
}

static int64_t next_due(const struct hx_step *s)
{
    if (s->clocks_due == INT64_MIN)
        return hx_case_due(s->rules, s->c);
    int64_t change = hx_case_change_due(s->rules, s->c), sent = hx_case_delivery_due(s->c);
    int64_t due = change < s->clocks_due ? change : s->clocks_due;
    return sent < due ? sent : due;
}

/* A notice says who has the case now, also one that was made before this step gave it to another.
 */
static void name_holder(const struct hx_step *s)
{
    for (size_t i = 0; i < s->n_facts; i++)
        if (s->facts[i]->fact_case == HONGXIN__V1__FACT__FACT_NOTICE)
            s->facts[i]->notice->holder = hx_arena_text(s->arena, s->c->holder);
}

int hx_step_write(struct hx_machine *m, struct hx_step *s, const struct hx_arrival *in,
                  hxp_reply *reply)
{
    struct hx_case *c = s->c;
    hxp_entry *e = hx_arena_alloc(m->arena, sizeof *e);
    int rc = hx_arena_failed(m->arena) ? HX_NOMEM : hx_calm_step(m, s);
    if (!rc && hx_arena_failed(m->arena)) /* a fact may lack a text: nobody looks into it */
        rc = HX_NOMEM;
    if (rc)
        return rc;
    name_holder(s);
    hx_delivery_begin(s);
    hongxin__v1__entry__init(e);
    fill_event(m, e, in);
    e->lsn = s->lsn;
    e->case_number = c->number;
    e->cycle = s->cycle ? s->cycle : c->cycle;
    e->prev_lsn = c->last_lsn;
    e->t_eff = s->t_eff;
    e->cause = hx_text_field(s->cause);
    e->holder = hx_arena_text(m->arena, c->holder);
    e->holder_before = hx_arena_text(m->arena, s->holder_before);
    e->state = hx_text_field(m->rules->states[c->state].name);
    e->class_ = hx_text_field(c->class_no ? m->rules->classes[c->class_no].name : "");
    e->category = hx_arena_text(m->arena, c->category);
    e->case_version = c->version;
    e->open = hx_case_open(m->rules, c);
    e->drill = hx_is_drill(c);
    e->proof_mark = hx_text_field(s->proof_mark);
    e->level = hx_text_field(s->level >= 0 ? hx_level_name(s->level) : "");
    e->second_holder = hx_arena_text(m->arena, c->second);
    fill_where(s, e);
    if (s->routed)
        e->routing = hx_route_message(m->arena, m->city, &s->route);
    e->t_due = s->t_due;
    e->t_until = s->t_until > s->t_due ? s->t_until : 0;
    fill_audience(s, e);
    fill_reach(s, e);
    fill_facts(m->arena, e, reply, s->facts, s->n_facts);
    if (hx_arena_failed(m->arena))
        return HX_NOMEM;
    c->last_lsn = s->lsn;
    if (!c->first_lsn)
        c->first_lsn = s->lsn;
    hx_change_look(m, c);
    if (s->overflow) {
        m->cut_short++;
        m->cut_case = c->number;
    }
    if (s->other)
        looked_at(m, s->other->number); /* the sender of a message */
    for (size_t i = 0; i < s->n_swaps; i++)
        hx_machine_look_swap(m, s->swaps[i]);
    rc = hx_machine_append(m, e);
    return rc ? rc : m->ops->case_save(m->backend, c, hx_machine_row(m, c, next_due(s)));
}

int hx_machine_note_fact(struct hx_machine *m, const struct hx_arrival *in, hxp_reply *reply,
                         const hxp_fact *fact, const char *to)
{
    hxp_entry *e = hx_arena_alloc(m->arena, sizeof *e);
    if (!e)
        return HX_NOMEM;
    hongxin__v1__entry__init(e);
    fill_event(m, e, in);
    int rc = m->ops->next_lsn(m->backend, &e->lsn);
    if (!rc && to)
        rc = hx_entry_for(m, e, to, "");
    if (rc)
        return rc;
    e->t_eff = in->t_rcv;
    e->cause = hx_text_field(in->event->type);
    reply->lsn = e->lsn;
    fill_facts(m->arena, e, reply, &fact, fact ? 1 : 0);
    return hx_arena_failed(m->arena) ? HX_NOMEM : hx_machine_append(m, e);
}

int hx_machine_note(struct hx_machine *m, const struct hx_arrival *in, hxp_reply *reply,
                    const char *alarm)
{
    hxp_fact *f = hx_arena_alloc(m->arena, sizeof *f);
    hxp_alarm_fact *a = hx_arena_alloc(m->arena, sizeof *a);
    if (!f || !a)
        return HX_NOMEM;
    hongxin__v1__fact__init(f);
    hongxin__v1__alarm_fact__init(a);
    f->fact_case = HONGXIN__V1__FACT__FACT_ALARM;
    f->alarm = a;
    a->code = hx_text_field(alarm);
    a->source = hx_text_field(in->event->source);
    a->about = hx_text_field(in->event->id);
    a->seq = in->event->source_seq;
    return hx_machine_note_fact(m, in, reply, alarm ? f : NULL, NULL);
}
