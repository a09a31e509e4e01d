#include "engine/digest.h"

#include "base/text.h"
#include "engine/machine_internal.h"
#include <string.h>

/* The slot of the name, or the free one where it belongs; there always is one. */
static uint16_t *slot_of(struct hx_digest *d, const char *to)
{
    enum { SLOTS = sizeof d->slots / sizeof *d->slots };
    uint32_t h = UINT32_C(2166136261);
    for (const char *p = to; *p; p++)
        h = (h ^ (unsigned char)*p) * UINT32_C(16777619);
    for (h %= SLOTS; d->slots[h] && strcmp(d->lines[d->slots[h] - 1].to, to) != 0;)
        h = (h + 1) % SLOTS;
    return &d->slots[h];
}

static void count(struct hx_digest *d, const char *to)
{
    uint16_t *slot = slot_of(d, to);
    if (!*slot && d->n == HX_DIGEST_RECEIVERS)
        return;
    if (!*slot) {
        hx_text_put(d->lines[d->n].to, sizeof d->lines[d->n].to, to);
        d->lines[d->n].notices = 0;
        *slot = (uint16_t)++d->n;
    }
    d->lines[*slot - 1].notices++;
}

void hx_digest_add(struct hx_digest *d, const hxp_entry *e)
{
    if (strcmp(e->cause, "DIGEST") == 0 && d->n) {
        d->n = 0;
        memset(d->slots, 0, sizeof d->slots);
    }
    if (!e->case_number || e->event.len || e->drill)
        return;
    for (size_t i = 0; i < e->n_facts; i++)
        if (e->facts[i]->fact_case == HONGXIN__V1__FACT__FACT_NOTICE &&
            strstr(e->facts[i]->notice->why, "our outage"))
            count(d, e->facts[i]->notice->to);
}

bool hx_digest_due(const struct hx_digest *d, const struct hx_machine *m)
{
    return d->n && !m->dist.draining && !m->dist.doubt;
}

int hx_machine_digest(struct hx_machine *m, const struct hx_digest *d)
{
    int rc = HX_OK;
    for (size_t i = 0; i < d->n && !rc; i++) {
        hxp_notice_fact *n = hx_arena_alloc(m->arena, sizeof *n);
        if (!n)
            return HX_NOMEM;
        hongxin__v1__notice_fact__init(n);
        n->kind = (char *)(uintptr_t)hx_notice_kind_name(HX_NOTICE_DIGEST);
        n->to = hx_arena_strdup(m->arena, d->lines[i].to);
        n->t_due = m->dist.outage_to;
        n->why = hx_arena_printf(m->arena, "our outage: %u notices", d->lines[i].notices);
        hxp_fact f = HONGXIN__V1__FACT__INIT;
        f.fact_case = HONGXIN__V1__FACT__FACT_NOTICE;
        f.notice = n;
        rc = hx_arena_failed(m->arena) ? HX_NOMEM : hx_machine_entry(m, &f, "DIGEST", m->now);
    }
    return rc;
}
