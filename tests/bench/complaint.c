#include "bench/complaint.h"

#include "hongxin/instant.h"
#include <stdio.h>
#include <string.h>

enum {
    GRIDS = 138,
    COMPANIES = 40,
    COMMUNITIES = 23,
    STREETS = 6,
    ESTATES = 600,
    BUILDINGS = 6000
};

static hxp_fact *fact(struct hx_arena *a, hxp_entry *e, Hongxin__V1__Fact__FactCase kind)
{
    hxp_fact *f = hx_arena_alloc(a, sizeof *f);
    hongxin__v1__fact__init(f);
    f->fact_case = kind;
    e->facts[e->n_facts++] = f;
    return f;
}

static void add_reply(struct hx_arena *a, hxp_entry *e)
{
    hxp_reply *r = hx_arena_alloc(a, sizeof *r);
    hongxin__v1__reply__init(r);
    r->result = HONGXIN__V1__RESULT__ACCEPTED;
    r->number = hx_arena_strdup(a, "2026-000012345-6");
    r->promises = hx_arena_alloc(a, 2 * sizeof *r->promises);
    for (int i = 0; i < 2; i++) {
        hxp_promise *p = hx_arena_alloc(a, sizeof *p);
        hongxin__v1__promise__init(p);
        p->clock = hx_arena_strdup(a, i ? "K_PROMISE" : "K_ARRIVE");
        p->deadline = BENCH_T0;
        r->promises[r->n_promises++] = p;
    }
    fact(a, e, HONGXIN__V1__FACT__FACT_REPLY)->reply = r;
}

static void add_clock(struct hx_arena *a, hxp_entry *e, const char *clock)
{
    hxp_clock_fact *f = hx_arena_alloc(a, sizeof *f);
    hongxin__v1__clock_fact__init(f);
    f->clock = hx_arena_strdup(a, clock);
    f->change = hx_arena_strdup(a, "START");
    f->start = BENCH_T0;
    f->budget_ms = 5 * HX_MINUTE;
    f->deadline = BENCH_T0 + 5 * HX_MINUTE;
    f->basis = hx_arena_strdup(a, "BUDGET");
    f->policy = hx_arena_strdup(a, "complaint-1");
    fact(a, e, HONGXIN__V1__FACT__FACT_CLOCK)->clock = f;
}

static void add_notice(struct hx_arena *a, hxp_entry *e, const char *to)
{
    hxp_notice_fact *f = hx_arena_alloc(a, sizeof *f);
    hongxin__v1__notice_fact__init(f);
    f->kind = hx_arena_strdup(a, "CASE");
    f->to = hx_arena_strdup(a, to);
    f->expects = hx_arena_strdup(a, "HELD");
    fact(a, e, HONGXIN__V1__FACT__FACT_NOTICE)->notice = f;
}

static void add_state(struct hx_arena *a, hxp_entry *e)
{
    hxp_state_fact *s = hx_arena_alloc(a, sizeof *s);
    hongxin__v1__state_fact__init(s);
    s->from = hx_arena_strdup(a, "NEW");
    s->to = hx_arena_strdup(a, "DISPATCHED");
    s->cause = hx_arena_strdup(a, "REPORTED");
    fact(a, e, HONGXIN__V1__FACT__FACT_STATE)->state = s;
}

static void add_event(struct hx_arena *a, hxp_entry *e)
{
    hxp_event ev = HONGXIN__V1__EVENT__INIT;
    hxp_data d = HONGXIN__V1__DATA__INIT;
    ev.id = hx_arena_strdup(a, "12345-000000012345");
    ev.source = hx_arena_strdup(a, "hotline-12345");
    ev.type = hx_arena_strdup(a, "REPORTED");
    ev.case_ref = hx_arena_strdup(a, "GD2026112400012345");
    ev.t_occ = ev.t_src = BENCH_T0;
    ev.by = hx_arena_strdup(a, "reporter");
    d.class_ = hx_arena_strdup(a, "SMALL");
    d.category = hx_arena_strdup(a, "lift");
    d.place = hx_arena_strdup(a, "B-0417");
    d.text = hx_arena_strdup(
        a, "电梯停在七楼与八楼之间，里面有一位老人，请尽快派人。单元门禁也打不开。");
    ev.data = &d;
    e->event.len = hongxin__v1__event__get_packed_size(&ev);
    e->event.data = hx_arena_alloc(a, e->event.len);
    hongxin__v1__event__pack(&ev, e->event.data);
}

static void fill_entry(struct hx_arena *a, struct complaint *t)
{
    hxp_entry *e = t->entry;
    struct hx_case *c = &t->c;
    hongxin__v1__entry__init(e);
    e->facts = hx_arena_alloc(a, 12 * sizeof *e->facts);
    e->audience = hx_arena_alloc(a, 5 * sizeof *e->audience);
    e->cycle = 1;
    e->cause = hx_arena_strdup(a, "REPORTED");
    e->holder = c->holder;
    e->state = hx_arena_strdup(a, "DISPATCHED");
    e->class_ = hx_arena_strdup(a, "SMALL");
    e->category = c->category;
    e->case_version = 1;
    e->open = 1;
    e->where = hx_arena_alloc(a, sizeof *e->where);
    hongxin__v1__where__init(e->where);
    e->where->street = c->street;
    e->where->community = c->community;
    e->where->grid = c->grid;
    e->where->estate = c->estate;
    e->where->building = c->building;
    char *audience[] = {c->holder, c->grid, c->community, c->street, hx_arena_strdup(a, "city")};
    for (size_t n = 0; n < 5; n++)
        e->audience[e->n_audience++] = audience[n];
    add_event(a, e);
    add_reply(a, e);
    add_state(a, e);
    add_clock(a, e, "K_CITIZEN");
    add_clock(a, e, "K_HANDOVER");
    add_clock(a, e, "K_ARRIVE");
    add_notice(a, e, "duty:P-07");
}

static void fill_case(struct hx_case *c)
{
    snprintf(c->source, sizeof c->source, "hotline-12345");
    snprintf(c->ref, sizeof c->ref, "GD2026112400012345");
    snprintf(c->category, sizeof c->category, "lift");
    c->policy = 1;
    c->state = 2;
    c->class_no = 2;
    c->cycle = 1;
    c->owner = HX_OWNER_HOLDER;
    c->version = 1;
    c->n_parties = 1;
    snprintf(c->parties[0].ref, sizeof c->parties[0].ref, "%s", c->ref);
    c->n_clocks = 3;
    for (uint8_t k = 0; k < 3; k++)
        c->clocks[k] = (struct hx_clock){.kind = (uint8_t)(k + 1),
                                         .state = HX_CLOCK_RUNNING,
                                         .basis = HX_BASIS_BUDGET,
                                         .cycle = 1,
                                         .policy = 1,
                                         .budget_ms = 5 * HX_MINUTE};
}

/* "G-000" becomes "G-137": the place's number at the end. */
static void write_id(char *id, size_t digits, uint64_t n)
{
    for (size_t p = 2 + digits; p-- > 2; n /= 10)
        id[p] = (char)('0' + n % 10);
}

static void place(struct hx_case *c, uint64_t n)
{
    uint64_t estate = n * 13 % ESTATES, grid = estate % GRIDS, community = grid % COMMUNITIES;
    write_id(c->building, 4, n * 17 % BUILDINGS);
    write_id(c->estate, 3, estate);
    write_id(c->grid, 3, grid);
    write_id(c->community, 2, community);
    write_id(c->street, 2, community % STREETS);
    write_id(c->holder, 2, estate % COMPANIES);
}

static void first_place(struct hx_case *c)
{
    snprintf(c->building, sizeof c->building, "B-0000");
    snprintf(c->estate, sizeof c->estate, "E-000");
    snprintf(c->grid, sizeof c->grid, "G-000");
    snprintf(c->community, sizeof c->community, "C-00");
    snprintf(c->street, sizeof c->street, "S-00");
    snprintf(c->holder, sizeof c->holder, "P-00");
}

/* The entry's texts are the case's own, so they follow. */
struct complaint *complaint_make(struct hx_arena *a)
{
    struct complaint *t = hx_arena_alloc(a, sizeof *t);
    if (!t)
        return NULL;
    fill_case(&t->c);
    first_place(&t->c);
    t->entry = hx_arena_alloc(a, sizeof *t->entry);
    if (t->entry)
        fill_entry(a, t);
    return hx_arena_failed(a) ? NULL : t;
}

void complaint_number(struct complaint *t, uint64_t n, int64_t now)
{
    struct hx_case *c = &t->c;
    place(c, n);
    c->number = c->first_lsn = c->last_lsn = n;
    c->t_report = c->t0 = c->t_dispatched = c->owner_since = now;
    c->due_row = 0;
    for (int k = 0; k < 3; k++) {
        c->clocks[k].start = now;
        c->clocks[k].deadline = now + (int64_t)c->clocks[k].budget_ms;
    }
    hxp_entry *e = t->entry;
    e->lsn = e->case_number = n;
    e->t_rcv = e->t_rec = e->t_eff = now;
    t->seen.case_number = t->seen.lsn = n;
    memcpy(t->id, "12345-000000000000", 19);
    for (int p = 17; n; p--, n /= 10)
        t->id[p] = (char)('0' + n % 10);
}

int64_t complaint_due(const struct complaint *t)
{
    return t->c.t_report + 3 * HX_MINUTE;
}
