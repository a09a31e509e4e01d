/* Watches: what must come, or its source is told. And the wall clock's jumps. */
#include "engine/machine_internal.h"

#include <stdio.h>
#include <string.h>

void hx_machine_watch_add(struct hx_machine *m, const struct hx_watch *w)
{
    if (m->n_watches < HX_WATCHES)
        m->watches[m->n_watches++] = *w;
}

static void drop(struct hx_machine *m, size_t i)
{
    m->watches[i] = m->watches[--m->n_watches];
}

void hx_machine_watch_drop(struct hx_machine *m, const char *source, uint64_t seq)
{
    for (size_t i = m->n_watches; i-- > 0;)
        if (!m->watches[i].parked && m->watches[i].seq == seq &&
            strcmp(m->watches[i].source, source) == 0)
            drop(m, i);
}

static void miss(struct hx_machine *m, struct hx_source *src, const struct hx_arrival *in,
                 uint64_t seq)
{
    for (size_t i = 0; i < sizeof src->missing / sizeof *src->missing; i++) {
        if (src->missing[i])
            continue;
        src->missing[i] = seq;
        src->missing_since[i] = in->t_rcv;
        struct hx_watch w = {.at = in->t_rcv + HX_GAP_MS, .seq = seq};
        snprintf(w.source, sizeof w.source, "%s", in->event->source);
        hx_machine_watch_add(m, &w);
        return;
    }
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
    for (size_t i = 0; i < sizeof src.missing / sizeof *src.missing; i++)
        if (src.missing[i] == seq)
            src.missing[i] = 0;
    hx_machine_watch_drop(m, in->event->source, seq);
    for (uint64_t gap = src.top + 1; src.top && gap < seq && gap < src.top + 9; gap++)
        miss(m, &src, in, gap);
    if (seq > src.top)
        src.top = seq;
    return m->ops->source_save(m->backend, in->event->source, &src);
}

int64_t hx_machine_watch_due(const struct hx_machine *m)
{
    int64_t due = INT64_MAX;
    for (size_t i = 0; i < m->n_watches; i++)
        if (m->watches[i].at < due)
            due = m->watches[i].at;
    return due;
}

/* An entry that is about no case: one alarm. */
static int alarm_entry(struct hx_machine *m, hxp_alarm_fact *a, int64_t t_eff)
{
    hxp_entry *e = hx_arena_alloc(m->arena, sizeof *e);
    hxp_fact *f = hx_arena_alloc(m->arena, sizeof *f);
    hxp_fact **facts = hx_arena_alloc(m->arena, sizeof *facts);
    if (!e || !f || !facts)
        return HX_NOMEM;
    hongxin__v1__entry__init(e);
    hongxin__v1__fact__init(f);
    f->fact_case = HONGXIN__V1__FACT__FACT_ALARM;
    f->alarm = a;
    facts[0] = f;
    e->facts = facts;
    e->n_facts = 1;
    e->t_rec = m->now;
    e->t_wall = m->wall != m->now ? m->wall : 0;
    e->t_eff = t_eff;
    e->scale = m->scale;
    e->cause = a->code;
    int rc = m->ops->next_lsn(m->backend, &e->lsn);
    return rc ? rc : m->ops->append(m->backend, e);
}

static hxp_alarm_fact *new_alarm(struct hx_machine *m, const char *code)
{
    hxp_alarm_fact *a = hx_arena_alloc(m->arena, sizeof *a);
    if (!a)
        return NULL;
    hongxin__v1__alarm_fact__init(a);
    a->code = (char *)(uintptr_t)code;
    return a;
}

static int ring(struct hx_machine *m, const struct hx_watch *w)
{
    hxp_alarm_fact *a = new_alarm(m, w->parked ? "DEAD_LETTER" : "SOURCE_GAP");
    if (!a)
        return HX_NOMEM;
    a->source = hx_arena_strdup(m->arena, w->source);
    a->about = w->parked ? hx_arena_strdup(m->arena, w->ref) : a->source;
    a->seq = w->parked ? w->lsn : w->seq;
    return hx_arena_failed(m->arena) ? HX_NOMEM : alarm_entry(m, a, 0);
}

int hx_machine_watch(struct hx_machine *m)
{
    for (size_t i = m->n_watches; i-- > 0;) {
        if (m->watches[i].at > m->wall)
            continue;
        struct hx_watch w = m->watches[i];
        drop(m, i);
        int rc = ring(m, &w);
        if (rc)
            return rc;
    }
    return HX_OK;
}

int hx_machine_step(struct hx_machine *m, int64_t from, int64_t to)
{
    hxp_alarm_fact *a = new_alarm(m, "CLOCK_STEP");
    if (!a)
        return HX_NOMEM;
    a->step_ms = to - from;
    a->about = (char *)(uintptr_t)(to > from ? "the wall clock jumped forward"
                                             : "the wall clock jumped back");
    if (to > from) {
        m->step_from = from;
        m->step_to = to;
        m->doubt = true;
    } else {
        m->step_from = m->step_to = 0;
        m->doubt = false;
    }
    return alarm_entry(m, a, 0);
}

void hx_machine_step_confirm(struct hx_machine *m)
{
    m->doubt = false;
}

int hx_machine_outage(struct hx_machine *m, int64_t from, int64_t to)
{
    hxp_alarm_fact *a = new_alarm(m, "OUTAGE");
    if (!a)
        return HX_NOMEM;
    m->outage_from = from;
    m->outage_to = to;
    a->step_ms = to - from;
    a->about = (char *)(uintptr_t) "the daemon was down";
    return alarm_entry(m, a, to);
}
