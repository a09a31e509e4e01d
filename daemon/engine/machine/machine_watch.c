/* Watches: what must come, or its source is told. And what disturbs us: outages and jumps of the
 * wall clock, each an entry of its own. */
#include "base/text.h"
#include "engine/duty/swap.h"
#include "engine/machine/apply.h"
#include "engine/machine/machine_internal.h"
#include "engine/notice/calm.h"
#include "hongxin/instant.h"

#include <string.h>

enum { MISSING = sizeof((struct hx_source *)0)->missing / sizeof(uint64_t) };

/* ---- missing numbers of a source (corner 6) ---- */

static void watch_gap(struct hx_watch *w, const char *source, uint64_t seq, int64_t since)
{
    *w = (struct hx_watch){.at = since + HX_GAP_MS, .number = seq};
    hx_text_put(w->source, sizeof w->source, source);
}

void hx_watch_parked(struct hx_watch *w, const char *source, const char *ref,
                     const struct hx_parked *p)
{
    *w = (struct hx_watch){.at = p->t_rcv + HX_DAY, .kind = HX_WATCH_PARKED, .number = p->lsn};
    hx_text_put(w->source, sizeof w->source, source);
    hx_text_put(w->ref, sizeof w->ref, ref);
}

/* A number was skipped: watched for, while the source's row has a place for it. */
static int miss(struct hx_machine *m, struct hx_source *src, const struct hx_arrival *in,
                uint64_t seq)
{
    struct hx_watch w;
    for (size_t i = 0; i < MISSING; i++) {
        if (src->missing[i])
            continue;
        src->missing[i] = seq;
        src->missing_since[i] = in->t_rcv;
        watch_gap(&w, in->event->source, seq, in->t_rcv);
        return m->ops->watch_put(m->backend, &w);
    }
    return HX_OK;
}

/* The number is no longer missed. */
static int found(struct hx_machine *m, struct hx_source *src, const char *source, uint64_t seq)
{
    struct hx_watch w;
    int rc = HX_OK;
    for (size_t i = 0; i < MISSING && !rc; i++) {
        if (src->missing[i] != seq)
            continue;
        watch_gap(&w, source, seq, src->missing_since[i]);
        src->missing[i] = 0;
        src->missing_since[i] = 0;
        rc = m->ops->watch_drop(m->backend, &w);
    }
    return rc;
}

int hx_machine_count(struct hx_machine *m, const struct hx_arrival *in)
{
    uint64_t seq = in->event->source_seq;
    struct hx_source src = {0};
    if (seq == 0)
        return HX_OK;
    int rc = m->ops->source_load(m->backend, in->event->source, &src);
    if (rc && rc != HX_NOTFOUND)
        return rc;
    rc = found(m, &src, in->event->source, seq);
    for (uint64_t gap = src.top + 1; !rc && src.top && gap < seq && gap < src.top + 9; gap++)
        rc = miss(m, &src, in, gap);
    if (seq > src.top)
        src.top = seq;
    return rc ? rc : m->ops->source_save(m->backend, in->event->source, &src);
}

/* ---- entries about no case: one alarm each ---- */

/* An entry that is about no case: one fact. */
static int lone_entry(struct hx_machine *m, const hxp_fact *fact, const char *cause, int64_t t_eff,
                      uint64_t *lsn)
{
    hxp_entry *e = hx_arena_alloc(m->arena, sizeof *e);
    hxp_fact *f = hx_arena_memdup(m->arena, fact, sizeof *fact);
    hxp_fact **facts = hx_arena_alloc(m->arena, sizeof *facts);
    if (!e || !facts || hx_arena_failed(m->arena))
        return HX_NOMEM;
    hongxin__v1__entry__init(e);
    facts[0] = f;
    e->facts = facts;
    e->n_facts = 1;
    e->t_rec = m->now;
    e->t_wall = m->wall != m->now ? m->wall : 0;
    e->t_eff = t_eff;
    e->scale = m->scale;
    e->cause = hx_text_field(cause);
    bool notice = f->fact_case == HONGXIN__V1__FACT__FACT_NOTICE;
    const char *to = notice                                         ? f->notice->to
                     : f->fact_case == HONGXIN__V1__FACT__FACT_SWAP ? f->swap->post
                                                                    : NULL;
    e->drill = notice && f->notice->drill;
    if (to && hx_entry_for(m, e, to, notice ? f->notice->stand_in : ""))
        return HX_NOMEM;
    m->n_with = 0;
    int rc = m->ops->next_lsn(m->backend, &e->lsn);
    if (rc)
        return rc;
    *lsn = e->lsn;
    if (f->fact_case == HONGXIN__V1__FACT__FACT_ALARM && f->alarm->disturbance)
        m->dist.lsn = e->lsn;
    return hx_machine_append(m, e);
}

int hx_machine_entry(struct hx_machine *m, const hxp_fact *f, const char *cause, int64_t t_eff)
{
    uint64_t lsn;
    return lone_entry(m, f, cause, t_eff, &lsn);
}

int hx_machine_alarm(struct hx_machine *m, hxp_alarm_fact *a, int64_t t_eff)
{
    hxp_fact f = HONGXIN__V1__FACT__INIT;
    uint64_t lsn;
    f.fact_case = HONGXIN__V1__FACT__FACT_ALARM;
    f.alarm = a;
    return lone_entry(m, &f, a->code, t_eff, &lsn);
}

int hx_machine_check_point(struct hx_machine *m, Hongxin__V1__CheckPointFact *point, uint64_t *lsn)
{
    hxp_fact f = HONGXIN__V1__FACT__INIT;
    f.fact_case = HONGXIN__V1__FACT__FACT_CHECK_POINT;
    f.check_point = point;
    return lone_entry(m, &f, "CHECK_POINT", m->now, lsn);
}

int hx_machine_act(struct hx_machine *m, hxp_audit_fact *act, uint64_t *lsn)
{
    hxp_fact f = HONGXIN__V1__FACT__INIT;
    f.fact_case = HONGXIN__V1__FACT__FACT_AUDIT;
    f.audit = act;
    return lone_entry(m, &f, act->act, m->now, lsn);
}

hxp_alarm_fact *hx_machine_new_alarm(struct hx_machine *m, const char *code)
{
    hxp_alarm_fact *a = hx_arena_alloc(m->arena, sizeof *a);
    if (!a)
        return NULL;
    hongxin__v1__alarm_fact__init(a);
    a->code = hx_text_field(code);
    return a;
}

/* ---- ringing ---- */

int64_t hx_machine_watch_due(const struct hx_machine *m)
{
    struct hx_watch w;
    if (m->dist.draining || m->ops->watch_first(m->backend, &w))
        return INT64_MAX;
    return w.at;
}

/* Told once: from then on the source's row has a place for another one. */
static int forget_gap(struct hx_machine *m, const struct hx_watch *w)
{
    struct hx_source src = {0};
    int rc = m->ops->source_load(m->backend, w->source, &src);
    if (rc)
        return rc == HX_NOTFOUND ? HX_OK : rc;
    rc = found(m, &src, w->source, w->number);
    return rc ? rc : m->ops->source_save(m->backend, w->source, &src);
}

static int ring(struct hx_machine *m, const struct hx_watch *w)
{
    bool parked = w->kind == HX_WATCH_PARKED;
    if (w->kind == HX_WATCH_DESK)
        return hx_desk_silent(m, w);
    if (w->kind == HX_WATCH_SWAP)
        return hx_swap_lapse(m, w);
    if (w->kind == HX_WATCH_ROTA)
        return hx_rota_look(m, w);
    if (w->kind == HX_WATCH_HELD)
        return hx_calm_ring(m, w);
    hxp_alarm_fact *a = hx_machine_new_alarm(m, parked ? "DEAD_LETTER" : "SOURCE_GAP");
    if (!a)
        return HX_NOMEM;
    a->source = hx_arena_strdup(m->arena, w->source);
    a->about = parked ? hx_arena_strdup(m->arena, w->ref) : a->source;
    a->seq = w->number;
    if (hx_arena_failed(m->arena))
        return HX_NOMEM;
    int rc = m->ops->watch_drop(m->backend, w);
    if (!rc && !parked)
        rc = forget_gap(m, w);
    return rc ? rc : hx_machine_alarm(m, a, 0);
}

int hx_machine_watch_one(struct hx_machine *m)
{
    struct hx_watch w;
    int rc = m->ops->watch_first(m->backend, &w);
    if (rc)
        return rc;
    return w.at > m->wall || m->dist.draining ? HX_NOTFOUND : ring(m, &w);
}

int hx_machine_watch(struct hx_machine *m, int64_t before)
{
    int rc = HX_OK;
    while (rc == HX_OK && hx_machine_watch_due(m) < before)
        rc = hx_machine_watch_one(m);
    return rc == HX_NOTFOUND ? HX_OK : rc;
}

/* ---- what disturbs us ---- */

static int disturbed(struct hx_machine *m, hxp_alarm_fact *a, int64_t t_eff)
{
    const struct hx_disturbance *d = &m->dist;
    a->disturbance = hx_arena_alloc(m->arena, sizeof *a->disturbance);
    if (!a->disturbance)
        return HX_NOMEM;
    hongxin__v1__disturbance__init(a->disturbance);
    a->disturbance->outage_from = d->outage_from;
    a->disturbance->outage_to = d->outage_to;
    a->disturbance->step_from = d->step_from;
    a->disturbance->step_to = d->step_to;
    a->disturbance->doubt = d->doubt;
    a->disturbance->draining = d->draining;
    return hx_machine_alarm(m, a, t_eff);
}

int hx_machine_step(struct hx_machine *m, int64_t from, int64_t to)
{
    hxp_alarm_fact *a = hx_machine_new_alarm(m, "CLOCK_STEP");
    if (!a)
        return HX_NOMEM;
    bool forward = to > from;
    if (!forward && m->dist.doubt) {
        m->dist.refuted_from = m->dist.step_from;
        m->dist.refuted_to = m->now;
    }
    a->step_ms = to - from;
    a->about =
        hx_text_field(forward ? "the wall clock jumped forward" : "the wall clock jumped back");
    m->dist.step_from = forward ? from : 0;
    m->dist.step_to = forward ? to : 0;
    m->dist.doubt = forward;
    return disturbed(m, a, 0);
}

int hx_machine_step_confirm(struct hx_machine *m)
{
    hxp_alarm_fact *a = hx_machine_new_alarm(m, "CLOCK_CONFIRMED");
    if (!a)
        return HX_NOMEM;
    m->dist.doubt = false;
    a->step_ms = m->dist.step_to - m->dist.step_from;
    a->about = hx_text_field("the jump was right: deadlines inside it are judged");
    return disturbed(m, a, 0);
}

const char *hx_case_fault(const struct hx_rules *rules, const struct hx_case *c, bool row_stands)
{
    int64_t due = hx_case_due(rules, c);
    if (!hx_case_open(rules, c))
        return NULL;
    if (!hx_case_clocked(rules, c))
        return "NO_CLOCK";
    return due != INT64_MAX && (!c->due_row || c->due_row > due || !row_stands) ? "NO_DUE_ROW"
                                                                                : NULL;
}

static int case_alarm(struct hx_machine *m, struct hx_case *c, const char *code)
{
    struct hx_step s;
    hx_step_begin(&s, m, c, NULL);
    int rc = m->ops->next_lsn(m->backend, &s.lsn);
    if (rc)
        return rc;
    s.data = hx_event_data(NULL);
    s.cause = code;
    hx_fact_alarm(&s, code,
                  strcmp(code, "NO_CLOCK") == 0 ? "no deadline runs" : "its timer was missing");
    c->due_row = 0; /* a new row is written */
    c->version++;
    return hx_step_write(m, &s, NULL, NULL);
}

int hx_machine_case_alarm(struct hx_machine *m, uint64_t number, const char *code)
{
    int rc = m->ops->case_load(m->backend, number, &m->work);
    return rc ? rc : case_alarm(m, &m->work, code);
}

int hx_machine_audit(struct hx_machine *m, uint64_t number, bool row_stands, const char **code)
{
    int rc = m->ops->case_load(m->backend, number, &m->work);
    if (rc)
        return rc;
    *code = hx_case_fault(m->rules, &m->work, row_stands);
    return *code ? case_alarm(m, &m->work, *code) : HX_OK;
}

int hx_machine_outage(struct hx_machine *m, int64_t from, int64_t to, bool drain)
{
    hxp_alarm_fact *a = hx_machine_new_alarm(m, "OUTAGE");
    if (!a)
        return HX_NOMEM;
    bool goes_on =
        m->dist.draining && m->dist.outage_from < from; /* nothing of it was judged yet */
    m->dist.outage_from = goes_on ? m->dist.outage_from : from;
    m->dist.outage_to = to;
    m->dist.draining = drain;
    a->step_ms = to - from;
    a->about = hx_text_field("the daemon was down");
    return disturbed(m, a, to);
}

int hx_machine_drained(struct hx_machine *m)
{
    hxp_alarm_fact *a = hx_machine_new_alarm(m, "DRAINED");
    if (!a)
        return HX_NOMEM;
    m->dist.draining = false;
    a->about = hx_text_field("what was sent while the daemon was down has been read");
    return disturbed(m, a, 0);
}

int hx_machine_disturb(struct hx_machine *m, const struct hx_disturbance *d,
                       const hxp_alarm_fact *as)
{
    hxp_alarm_fact *a = hx_machine_new_alarm(m, as->code);
    if (!a)
        return HX_NOMEM;
    a->about = as->about;
    a->step_ms = as->step_ms;
    m->dist = *d;
    return disturbed(m, a, strcmp(as->code, "OUTAGE") ? 0 : d->outage_to);
}

int hx_machine_source_alarm(struct hx_machine *m, const char *code, const char *source)
{
    hxp_alarm_fact *a = hx_machine_new_alarm(m, code);
    if (!a)
        return HX_NOMEM;
    a->source = hx_arena_strdup(m->arena, source);
    a->about = a->source;
    return hx_arena_failed(m->arena) ? HX_NOMEM : hx_machine_alarm(m, a, 0);
}

int hx_machine_calendar_missing(struct hx_machine *m, const struct hx_table *table)
{
    hxp_alarm_fact *a = hx_machine_new_alarm(m, "CALENDAR_MISSING");
    if (!a)
        return HX_NOMEM;
    a->about = hx_arena_printf(m->arena, "%s does not know %d", table->name,
                               hx_day_year(hx_zone_day(&m->rules->zone, m->now)) + 1);
    return hx_machine_alarm(m, a, 0);
}
