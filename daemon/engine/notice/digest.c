#include "engine/notice/digest.h"

#include "base/text.h"
#include "engine/machine/machine_internal.h"
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

/* The line of the receiver; NULL when there are too many. */
static struct hx_digest_line *line_of(struct hx_digest *d, const char *to)
{
    uint16_t *slot = slot_of(d, to);
    if (!*slot && d->n == HX_DIGEST_RECEIVERS)
        return NULL;
    if (!*slot) {
        struct hx_digest_line *line = &d->lines[d->n];
        *line = (struct hx_digest_line){.notices = 0};
        hx_text_put(line->to, sizeof line->to, to);
        *slot = (uint16_t)++d->n;
    }
    return &d->lines[*slot - 1];
}

static void count(struct hx_digest *d, const hxp_entry *e, const hxp_notice_fact *f, uint32_t index)
{
    struct hx_digest_line *line = line_of(d, f->to);
    if (!line)
        return;
    line->notices++;
    if (d->n_items == HX_DIGEST_ITEMS)
        return;
    struct hx_digest_item *x = &d->items[d->n_items++];
    int how = hx_notice_kind_number(f->kind);
    *x = (struct hx_digest_item){
        .notice = {.lsn = e->lsn, .index = index, .number = e->case_number}};
    x->notice.how = (uint8_t)(how > 0 ? how : 0);
    x->notice.level = (uint8_t)(hx_level_number(f->level) + 1);
    hx_text_put(x->notice.clock, sizeof x->notice.clock, f->clock);
    if (line->last)
        d->items[line->last - 1].next = (uint32_t)d->n_items;
    else
        line->first = (uint32_t)d->n_items;
    line->last = (uint32_t)d->n_items;
}

void hx_digest_add(struct hx_digest *d, const hxp_entry *e)
{
    uint32_t index = 0;
    if (strcmp(e->cause, "DIGEST") == 0 && d->n) {
        d->n = d->n_items = 0;
        memset(d->slots, 0, sizeof d->slots);
    }
    if (!e->case_number || e->event.len || e->drill)
        return;
    for (size_t i = 0; i < e->n_facts; i++) {
        if (e->facts[i]->fact_case != HONGXIN__V1__FACT__FACT_NOTICE)
            continue;
        if (strstr(e->facts[i]->notice->why, "our outage"))
            count(d, e, e->facts[i]->notice, index);
        index++;
    }
}

bool hx_digest_due(const struct hx_digest *d, const struct hx_machine *m, bool owed)
{
    return (d->n || owed) && !m->dist.draining && !m->dist.doubt;
}

static bool name_all(struct hx_machine *m, const struct hx_digest *d,
                     const struct hx_digest_line *line, hxp_notice_fact *f)
{
    f->lines = hx_arena_alloc(m->arena, HX_CALM_LINES * sizeof *f->lines);
    for (uint32_t i = line->first; f->lines && i && f->n_lines < HX_CALM_LINES;
         i = d->items[i - 1].next)
        f->lines[f->n_lines++] = hx_held_line(m, &d->items[i - 1].notice);
    return !hx_arena_failed(m->arena);
}

static int tell(struct hx_machine *m, const struct hx_digest *d, const struct hx_digest_line *line)
{
    hxp_notice_fact *n = hx_arena_alloc(m->arena, sizeof *n);
    hxp_fact f = HONGXIN__V1__FACT__INIT;
    if (!n)
        return HX_NOMEM;
    hongxin__v1__notice_fact__init(n);
    n->kind = hx_text_field(hx_notice_kind_name(HX_NOTICE_DIGEST));
    n->to = hx_arena_strdup(m->arena, line->to);
    n->stand_in = hx_text_field(hx_post_stands_in(m, line->to));
    n->t_due = m->dist.outage_to;
    n->why = hx_arena_printf(m->arena, "our outage: %u notices", line->notices);
    f.fact_case = HONGXIN__V1__FACT__FACT_NOTICE;
    f.notice = n;
    return name_all(m, d, line, n) ? hx_machine_entry(m, &f, "DIGEST", m->now) : HX_NOMEM;
}

int hx_machine_digest(struct hx_machine *m, const struct hx_digest *d)
{
    int rc = HX_OK;
    for (size_t i = 0; i < d->n && !rc; i++)
        rc = tell(m, d, &d->lines[i]);
    return rc;
}
