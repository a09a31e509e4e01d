/* What will break in the next minutes (H4): promises of open cases whose deadlines lie ahead. Looks
 * at the table of deadlines, not at the open cases, so it costs what falls due. */
#include "engine/case/drill.h"
#include "hongxin/number.h"
#include "service/feeds/filter.h"
#include "service/locks/mask.h"
#include "service/state.h"

#include <string.h>

struct due_list {
    struct service *s;
    const struct request *r;
    const Hongxin__V1__DueQuery *q;
    int64_t now, until;
    Hongxin__V1__DueItem *items[HX_LIST_MAX];
    size_t n, most;
    bool failed;
};

static Hongxin__V1__DueItem *item_of(struct due_list *l, const hxp_case_view *v,
                                     const hxp_clock_fact *k)
{
    Hongxin__V1__DueItem *d = hx_arena_alloc(&l->s->arena, sizeof *d);
    if (!d)
        return NULL;
    hongxin__v1__due_item__init(d);
    d->case_number = v->case_number;
    d->number = v->number;
    d->clock = k->clock;
    d->deadline = k->deadline;
    d->class_ = v->class_;
    d->state = v->state;
    d->holder = v->holder;
    d->where = v->where;
    d->drill = v->drill;
    return d;
}

static bool breaks_soon(const struct due_list *l, const hxp_clock_fact *k)
{
    int kind = hx_rules_clock(l->s->machine.rules, k->clock);
    return kind > 0 && l->s->machine.rules->clocks[kind].promise &&
           strcmp(k->change, hx_clock_state_name(HX_CLOCK_RUNNING)) == 0 && k->deadline > l->now &&
           k->deadline <= l->until;
}

/* All promises of a case that end in time, as its receiver is shown them. */
static void add_case(struct due_list *l)
{
    struct service *s = l->s;
    hxp_case_view *v = hx_case_view(&s->machine, &s->scratch);
    l->failed |= !v;
    if (!v || !service_shows_case(s, l->r, &s->scratch, v) || !filter_matches_case(l->q->filter, v))
        return;
    for (size_t i = 0; i < v->n_clocks && l->n < HX_LIST_MAX; i++) {
        if (!breaks_soon(l, v->clocks[i]))
            continue;
        Hongxin__V1__DueItem *d = item_of(l, v, v->clocks[i]);
        l->failed |= !d;
        if (d)
            l->items[l->n++] = d;
    }
}

/* A row that has become too early says nothing: its case has another one. */
static int look(struct due_list *l, const struct hx_due_row *row)
{
    int rc = hx_store_case(l->s->store, row->case_number, &l->s->scratch);
    if (rc)
        return rc == HX_NOTFOUND || rc == HX_CORRUPT ? HX_OK : rc; /* hides no other */
    if (l->s->scratch.due_row == row->due)
        add_case(l);
    return l->failed ? HX_NOMEM : HX_OK;
}

/* Up to where the answer goes; room is kept for all clocks of one more case. */
static int walk(struct due_list *l, struct hx_due_row *at, bool *more)
{
    struct hx_due_row *rows = hx_arena_alloc(&l->s->arena, LIMIT_LIST_SCAN * sizeof *rows);
    size_t n = 0, i = 0;
    int rc =
        rows ? hx_store_due_rows(l->s->store, at, l->until, LIMIT_LIST_SCAN, rows, &n) : HX_NOMEM;
    for (; i < n && !rc && l->n + HX_RULES_CLOCKS <= l->most; i++) {
        *at = rows[i];
        rc = look(l, &rows[i]);
    }
    *more = i < n || n == LIMIT_LIST_SCAN;
    return rc;
}

static struct due_list *list_new(struct service *s, const struct request *r)
{
    struct due_list *l = hx_arena_alloc(&s->arena, sizeof *l);
    if (!l)
        return NULL;
    l->s = s;
    l->r = r;
    l->q = r->message->due;
    l->most = HX_LIST_MAX;
    l->now = timebase_now(&s->time);
    uint64_t most = (uint64_t)(HX_INSTANT_MAX - l->now);
    l->until = l->now + (int64_t)(l->q->within_ms < most ? l->q->within_ms : most);
    return l;
}

void handle_due(struct service *s, const struct request *r)
{
    Hongxin__V1__DueAnswer a = HONGXIN__V1__DUE_ANSWER__INIT;
    hxp_response answer = HONGXIN__V1__RESPONSE__INIT;
    if (service_refused(s, r, service_filter_problem(s, r->message->due->filter)))
        return;
    struct due_list *l = list_new(s, r);
    struct hx_due_row at = {0};
    bool more = false;
    int rc = l ? HX_OK : HX_NOMEM;
    if (!rc) {
        at = (struct hx_due_row){l->q->after_due, l->q->after_case};
        rc = walk(l, &at, &more);
    }
    if (rc) {
        service_problem(s, r, "STORE_TROUBLE", "try again");
        return;
    }
    a.items = l->items;
    a.n_items = l->n;
    a.now = l->now;
    a.until = l->until;
    a.cut = more;
    a.next_due = more ? at.due : 0;
    a.next_case = more ? at.case_number : 0;
    answer.answer_case = HONGXIN__V1__RESPONSE__ANSWER_DUE;
    answer.due = &a;
    service_answer(s, r, &answer);
}
