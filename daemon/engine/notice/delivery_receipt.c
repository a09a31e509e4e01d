/* Receipts of notices: what bridges and receivers say, and what counts as received without it. */
#include "base/text.h"
#include "engine/notice/delivery_internal.h"

#include <string.h>

/* ---- what is said ---- */

static bool names(const struct hx_step *s, const struct hx_sending *x)
{
    const hxp_data *d = s->data;
    const char *clock = x->kind ? s->rules->clocks[x->kind].name : "";
    return strcmp(x->to, d->to) == 0 && (!d->notice || d->notice == x->notice) &&
           (!d->road[0] || strcmp(d->road, x->road) == 0) &&
           (!d->clock[0] || strcmp(d->clock, clock) == 0) &&
           (!d->level[0] || hx_level_number(d->level) == x->level);
}

bool hx_delivery_on_its_way(const struct hx_step *s)
{
    for (uint32_t i = 0; i < s->c->n_sendings; i++)
        if (names(s, &s->c->sendings[i]))
            return true;
    return false;
}

bool hx_delivery_known(const struct hx_step *s)
{
    const hxp_data *d = s->data;
    if (hx_delivery_on_its_way(s))
        return true;
    for (uint32_t i = 0; i < s->c->n_told; i++)
        if (!d->notice && strcmp(s->c->told[i].to, d->to) == 0)
            return true;
    return d->notice && d->notice >= s->c->first_lsn && d->notice <= s->c->last_lsn;
}

/* Whether this entry of the case told him in the receiver's place. */
static bool told_by(const struct hx_step *s, const char *by, uint64_t lsn)
{
    hxp_entry *e;
    if (lsn < s->c->first_lsn || lsn > s->c->last_lsn ||
        s->m->ops->entry_load(s->m->backend, lsn, s->arena, &e) || e->case_number != s->c->number)
        return false;
    for (size_t i = 0; i < e->n_facts; i++) {
        const hxp_notice_fact *f =
            e->facts[i]->fact_case == HONGXIN__V1__FACT__FACT_NOTICE ? e->facts[i]->notice : NULL;
        if (f && strcmp(f->to, s->data->to) == 0 && hx_post_speaks(by, f->to, f->stand_in))
            return true;
    }
    return false;
}

/* What is still on its way or unanswered stands in the case; of the rest its entry knows. */
bool hx_delivery_stood_in(const struct hx_step *s)
{
    const struct hx_case *c = s->c;
    const char *by = hx_step_came(s)->by, *to = s->data->to;
    for (uint32_t i = 0; i < c->n_sendings; i++)
        if (names(s, &c->sendings[i]) && hx_post_speaks(by, to, c->sendings[i].stand_in))
            return true;
    for (uint32_t i = 0; i < c->n_told && !s->data->notice; i++)
        if (strcmp(c->told[i].to, to) == 0 && hx_post_speaks(by, to, c->told[i].stand_in))
            return true;
    return s->data->notice && told_by(s, by, s->data->notice);
}

/* For a notice that nobody waits for any more: a receipt all the same. */
static void late_receipt(struct hx_step *s)
{
    const hxp_data *d = s->data;
    hxp_delivery_fact *f = hx_fact_delivery(s, "DELIVERED");
    if (!f)
        return;
    f->to = d->to;
    f->road = d->road;
    f->clock = d->clock;
    f->level = d->level;
    f->notice = d->notice;
    f->receipt = d->receipt;
    f->by = hx_step_came(s)->by;
}

void hx_delivery_arrived(struct hx_step *s)
{
    bool any = false;
    for (uint32_t i = 0; i < s->c->n_sendings; i++) {
        struct hx_sending *x = &s->c->sendings[i];
        if (!names(s, x))
            continue;
        hxp_delivery_fact *f = hx_sending_arrived(s, x, hx_step_came(s)->by);
        if (f)
            f->receipt = s->data->receipt;
        any = true;
    }
    hx_sendings_sweep(s->c);
    if (!any)
        late_receipt(s);
}

void hx_delivery_failed(struct hx_step *s)
{
    for (uint32_t i = 0, n = s->c->n_sendings; i < n; i++)
        if (names(s, &s->c->sendings[i]))
            hx_sending_failed(s, &s->c->sendings[i], s->data->error);
    hx_sendings_sweep(s->c);
}

void hx_delivery_heard(struct hx_step *s, const char *by)
{
    for (uint32_t i = 0; i < s->c->n_sendings; i++)
        if (hx_post_speaks(by, s->c->sendings[i].to, s->c->sendings[i].stand_in))
            hx_sending_arrived(s, &s->c->sendings[i], by);
    hx_sendings_sweep(s->c);
}

void hx_delivery_taken(struct hx_step *s)
{
    for (uint32_t i = 0; s->event && i < s->c->n_sendings; i++) {
        struct hx_sending *x = &s->c->sendings[i];
        if (x->how == HX_NOTICE_CASE && hx_delivery_same_area(x->to, s->c->holder))
            hx_sending_arrived(s, x, hx_step_came(s)->by);
    }
    hx_sendings_sweep(s->c);
}

/* ---- deemed receipt ---- */

static struct hx_sending *dispatch_of(struct hx_case *c)
{
    for (uint32_t i = 0; i < c->n_sendings; i++)
        if (c->sendings[i].notice == c->dispatch_lsn && c->sendings[i].how == HX_NOTICE_CASE &&
            hx_delivery_same_area(c->sendings[i].to, c->holder))
            return &c->sendings[i];
    return NULL;
}

static hxp_delivery_fact *say_of_dispatch(struct hx_step *s, const char *result)
{
    hxp_delivery_fact *f = hx_fact_delivery(s, result);
    if (!f)
        return NULL;
    f->to = hx_arena_printf(s->arena, "holder:%s", s->c->holder);
    f->kind = hx_text_field(hx_notice_kind_name(HX_NOTICE_CASE));
    f->notice = s->c->dispatch_lsn;
    return f;
}

void hx_delivery_deem(struct hx_step *s)
{
    struct hx_case *c = s->c;
    if (s->quiet) /* the past of an imported case: it was not ours to deliver */
        return;
    enum hx_reach r = hx_step_fetched(s, c->holder, c->dispatch_lsn);
    hxp_delivery_fact *f = say_of_dispatch(s, "DEEMED");
    bool ours = r == HX_REACH_OURS;
    if (f) {
        f->fault = hx_text_field(ours ? "OURS" : "THEIRS");
        f->error = hx_text_field(ours                    ? hx_our_outage
                                 : r == HX_REACH_FETCHED ? "fetched, not taken"
                                 : r != HX_REACH_DOWN    ? "not fetched"
                                                         : hx_no_connection);
    }
    *(ours ? &c->faults_ours : &c->faults_theirs) += 1;
    s->unreached = r == HX_REACH_DOWN;
    struct hx_sending *x = dispatch_of(c);
    if (x && r == HX_REACH_FETCHED)
        hx_sending_arrived(s, x, "");
    else if (x) {
        x->last = 1;
        hx_sending_road_ends(s, x);
    }
    hx_sendings_sweep(c);
}

void hx_delivery_our_fault(struct hx_step *s)
{
    hxp_delivery_fact *f = say_of_dispatch(s, "FAILED");
    s->c->faults_ours++;
    if (!f)
        return;
    f->fault = hx_text_field("OURS");
    f->error = hx_text_field(hx_our_outage);
}
