#include "engine/notice/outage.h"

#include "hongxin/instant.h"

/* A try that lies farther ahead than usual, and when it would have come. */
struct wait {
    int64_t from, every, next;
};

static bool is_long(const struct wait *w)
{
    return w->every > 0 && w->from >= 0 && w->next > w->from && w->next - w->from > w->every;
}

static int64_t look_after(const struct wait *w, int64_t now)
{
    int64_t n = now < w->from ? 0 : (now - w->from) / w->every;
    int64_t at = w->from + (n + 1) * w->every;
    return at < w->next ? at : INT64_MAX;
}

static bool is_look(const struct wait *w, int64_t at)
{
    return is_long(w) && at > w->from && at < w->next && (at - w->from) % w->every == 0;
}

int64_t hx_outage_every(const struct hx_rules *r, const struct hx_road_rule *road)
{
    const struct hx_road_rule *first = &r->roads[0];
    int64_t own = road->retry_ms[road->n_retries - 1], all = first->retry_ms[first->n_retries - 1];
    return own ? own : all ? all : HX_MINUTE;
}

int64_t hx_outage_wait(const struct hx_rules *r, int64_t every, int64_t waited, int64_t most)
{
    int64_t wait =
        waited > 0 ? waited / 1000 * r->ours.share + waited % 1000 * r->ours.share / 1000 : 0;
    if (wait > most)
        wait = most;
    return every > 0 && wait > every ? wait - wait % every : every;
}

/* ---- the dispatch ---- */

static int64_t dispatch_every(const struct hx_rules *r, const struct hx_case *c, int kind)
{
    return hx_clock_budget(r, kind, c->class_no, c->cycle);
}

void hx_outage_dispatch(struct hx_step *s)
{
    const struct hx_case *c = s->c;
    int kind = hx_rules_clock(s->rules, "K_DELIVERY");
    int64_t every = kind > 0 ? dispatch_every(s->rules, c, kind) : 0;
    int64_t waited = c->undelivered_since > 0 ? s->t_eff - c->undelivered_since : 0;
    int64_t wait = hx_outage_wait(s->rules, every, waited, s->rules->ours.dispatch_ms);
    if (wait > every)
        hx_clock_start_waiting(s, kind, s->t_eff, s->t_eff + wait);
    else
        hx_clock_start(s, kind, s->t_eff);
}

static const struct hx_clock *waiting_clock(const struct hx_rules *r, const struct hx_case *c,
                                            struct wait *w)
{
    if (!r->ours.share || !(c->flags & HX_FLAG_OUTAGE))
        return NULL;
    int kind = hx_rules_clock(r, "K_DELIVERY");
    for (uint32_t i = c->n_clocks; kind > 0 && i-- > 0;) {
        const struct hx_clock *k = &c->clocks[i];
        if (k->kind != kind || k->state != HX_CLOCK_RUNNING)
            continue;
        *w = (struct wait){k->start, dispatch_every(r, c, kind), k->deadline};
        return is_long(w) ? k : NULL;
    }
    return NULL;
}

struct hx_clock *hx_outage_clock(const struct hx_rules *r, struct hx_case *c, int64_t at)
{
    struct wait w;
    const struct hx_clock *k = waiting_clock(r, c, &w);
    return k && is_look(&w, at) ? &c->clocks[k - c->clocks] : NULL;
}

/* ---- notices ---- */

static bool waiting_sending(const struct hx_rules *r, const struct hx_sending *x, struct wait *w)
{
    const struct hx_road_rule *road =
        r->ours.share && x->ours && !x->awaits ? hx_rules_road(r, x->road) : NULL;
    if (!road)
        return false;
    *w = (struct wait){x->since, hx_outage_every(r, road), x->next};
    return is_long(w);
}

void hx_outage_sendings(const struct hx_rules *r, struct hx_case *c, int64_t at)
{
    struct wait w;
    for (uint32_t i = 0; i < c->n_sendings; i++)
        if (waiting_sending(r, &c->sendings[i], &w) && is_look(&w, at))
            c->sendings[i].next = at;
}

/* ---- both ---- */

int64_t hx_outage_look(const struct hx_rules *r, const struct hx_case *c, int64_t now)
{
    struct wait w;
    int64_t first = waiting_clock(r, c, &w) ? look_after(&w, now) : INT64_MAX;
    for (uint32_t i = 0; i < c->n_sendings; i++) {
        int64_t at = waiting_sending(r, &c->sendings[i], &w) ? look_after(&w, now) : INT64_MAX;
        first = at < first ? at : first;
    }
    return first;
}
