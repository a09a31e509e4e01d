#include "store/projection/tail.h"
#include "base/text.h"
#include "store/store.h"

#include <stdlib.h>
#include <string.h>

enum {
    FIRST_ITEMS = 1024,
    FIRST_LIST = 16 * 1024,
    NAMES_KEPT =
        65536, /* more texts than any city has ids: then the table starts anew when empty */
    WHAT_MAX = 64,
    ROUTING_COUNTS = 4, /* at most, of one entry */
};

int tail_init(struct tail *t)
{
    *t = (struct tail){0};
    t->items = malloc(FIRST_ITEMS * sizeof *t->items);
    t->list = malloc(FIRST_LIST * sizeof *t->list);
    if (!t->items || !t->list || names_init(&t->names)) {
        tail_fini(t);
        return HX_NOMEM;
    }
    t->cap = FIRST_ITEMS;
    t->list_cap = FIRST_LIST;
    return HX_OK;
}

void tail_fini(struct tail *t)
{
    names_fini(&t->names);
    free(t->items);
    free(t->list);
    *t = (struct tail){0};
}

/* Room for one more item with `numbers` in its lists. */
static int make_room(struct tail *t, size_t numbers)
{
    if (t->n == t->cap) {
        struct item *items = realloc(t->items, 2 * t->cap * sizeof *items);
        if (!items)
            return HX_NOMEM;
        t->items = items;
        t->cap *= 2;
    }
    if (t->list_cap - t->n_list < numbers) {
        size_t cap = 2 * t->list_cap + numbers;
        uint32_t *list = realloc(t->list, cap * sizeof *list);
        if (!list)
            return HX_NOMEM;
        t->list = list;
        t->list_cap = cap;
    }
    return HX_OK;
}

/* One counter being added to an item. */
struct counting {
    struct tail *t;
    struct item *item;
    const hxp_entry *entry;
    int err;
};

/* A drill counts nowhere. */
static void count(struct counting *c, const char *what, uint32_t holder)
{
    if (c->entry->drill)
        return;
    uint32_t *p = c->t->list + c->t->n_list;
    p[0] = names_take(&c->t->names, what, &c->err);
    p[1] = holder;
    c->t->n_list += 2;
    c->item->n_counts++;
}

static void count_clock(struct counting *c, const char *verb, const char *clock, uint32_t holder)
{
    char what[WHAT_MAX];
    size_t n = strnlen(verb, 20);
    memcpy(what, verb, n);
    what[n] = ':';
    hx_text_put(what + n + 1, 41, clock);
    count(c, what, holder);
}

/* Who answers for what happens with this entry: the holder before it, where it changed. */
static uint32_t answerable(const struct item *i)
{
    return i->holder_before ? i->holder_before : i->holder;
}

static void count_mark(struct counting *c, const hxp_breach_mark_fact *f)
{
    char verb[24];
    size_t n = 0;
    for (; f->mark[n] && n + 1 < sizeof verb; n++)
        verb[n] = f->mark[n] >= 'A' && f->mark[n] <= 'Z' ? (char)(f->mark[n] + 32) : f->mark[n];
    verb[n] = 0;
    count_clock(c, verb, f->clock, answerable(c->item));
}

static void count_state(struct counting *c, const hxp_state_fact *f)
{
    c->item->flags |= ITEM_CHANGED;
    bool last = strcmp(f->to, c->entry->state) == 0; /* an import passes through several */
    if (!c->entry->open && last)
        count_clock(c, "closed", f->to, answerable(c->item));
    else if (c->entry->open && strcmp(c->entry->cause, "REOPENED") == 0)
        count(c, "reopened", c->item->holder);
}

static void count_fact(struct counting *c, const hxp_fact *f)
{
    struct item *i = c->item;
    switch (f->fact_case) {
    case HONGXIN__V1__FACT__FACT_REPLY:
        if (c->entry->case_number && !c->entry->prev_lsn &&
            f->reply->result == HONGXIN__V1__RESULT__ACCEPTED)
            count(c, "reported", i->holder);
        break;
    case HONGXIN__V1__FACT__FACT_STATE:
        count_state(c, f->state);
        break;
    case HONGXIN__V1__FACT__FACT_CLOCK:
        if (f->clock->judged_case == HONGXIN__V1__CLOCK_FACT__JUDGED_MET && f->clock->met)
            count_clock(c, "kept", f->clock->clock, answerable(i));
        break;
    case HONGXIN__V1__FACT__FACT_BREACH:
        count_clock(c, "broken", f->breach->clock,
                    f->breach->holder && f->breach->holder[0]
                        ? names_take(&c->t->names, f->breach->holder, &c->err)
                        : answerable(i));
        break;
    case HONGXIN__V1__FACT__FACT_FLAG:
        if (f->flag->on && strcmp(f->flag->flag, "REPEAT") == 0)
            count(c, "repeated", i->holder);
        break;
    case HONGXIN__V1__FACT__FACT_BREACH_MARK:
        count_mark(c, f->breach_mark);
        break;
    default:
        break;
    }
}

/* How a case was routed, where it was not the ordinary way (C3, S34, S38). */
static void count_routing(struct counting *c, const hxp_routing *r)
{
    const hxp_where *w = c->entry->where;
    uint32_t holder = c->item->holder;
    if (r->fallback)
        count(c, "routed_by_fallback", holder);
    if (r->refused && *r->refused)
        count(c, "not_admitted", holder);
    if (r->exception && *r->exception)
        count_clock(c, "exception", r->exception, holder);
    if (w && *w->estate && strcmp(c->entry->holder, w->community) == 0)
        count(c, "routed_no_company", holder);
}

static int32_t day_of(int64_t t)
{
    const int64_t day = INT64_C(24) * 3600 * 1000;
    int64_t local = t + HX_TALLY_OFFSET_MS;
    return (int32_t)(local >= 0 ? local / day : -((-local + day - 1) / day));
}

static void take_places(struct tail *t, struct item *i, const hxp_where *w, int *err)
{
    if (!w)
        return;
    i->places[TAIL_STREET] = names_take(&t->names, w->street, err);
    i->places[TAIL_COMMUNITY] = names_take(&t->names, w->community, err);
    i->places[TAIL_GRID] = names_take(&t->names, w->grid, err);
    i->places[TAIL_ESTATE] = names_take(&t->names, w->estate, err);
}

int tail_add(struct tail *t, const hxp_entry *e)
{
    if (e->n_audience > UINT16_MAX || e->n_facts > UINT16_MAX)
        return HX_TOOBIG;
    if (make_room(t, e->n_audience + 2 * (e->n_facts + ROUTING_COUNTS)))
        return HX_NOMEM;
    bool first = e->case_number && !e->prev_lsn;
    struct item *i = &t->items[t->n];
    struct counting c = {.t = t, .item = i, .entry = e};
    *i = (struct item){.lsn = e->lsn,
                       .case_number = e->case_number,
                       .day = day_of(e->t_eff ? e->t_eff : e->t_rec),
                       .n_audience = (uint16_t)e->n_audience,
                       .list = t->list_base + t->n_list};
    size_t n_list = t->n_list;
    i->flags = (uint8_t)((e->open ? ITEM_OPEN : 0) | (first ? ITEM_CHANGED : 0) |
                         (e->case_number ? ITEM_CASE : 0));
    take_places(t, i, e->where, &c.err);
    i->holder = names_take(&t->names, e->holder, &c.err);
    i->holder_before = names_take(&t->names, e->holder_before, &c.err);
    for (size_t n = 0; n < e->n_audience; n++)
        t->list[t->n_list++] = names_take(&t->names, e->audience[n], &c.err);
    for (size_t n = 0; n < e->n_facts; n++)
        count_fact(&c, e->facts[n]);
    if (e->routing)
        count_routing(&c, e->routing);
    if (c.err) {
        t->n_list = n_list;
        return c.err;
    }
    t->n++;
    return HX_OK;
}

void tail_cut(struct tail *t, size_t n)
{
    if (n >= t->n)
        return;
    t->n_list = (size_t)(t->items[n].list - t->list_base);
    t->n = n;
}

void tail_drop(struct tail *t, size_t n)
{
    if (n >= t->n) {
        t->n = 0;
        t->n_list = 0;
        t->list_base = 0;
        if (t->names.n > NAMES_KEPT)
            names_clear(&t->names);
        return;
    }
    size_t list = (size_t)(t->items[n].list - t->list_base);
    memmove(t->items, t->items + n, (t->n - n) * sizeof *t->items);
    memmove(t->list, t->list + list, (t->n_list - list) * sizeof *t->list);
    t->n -= n;
    t->n_list -= list;
    t->list_base += list;
}

static void op(struct open_op *ops, size_t *n, struct open_op o)
{
    if (o.id || o.kind == 'a')
        ops[(*n)++] = o;
}

/* While a case is open its rows are wanted; it leaves all of them in the entry that ends it. An add
 * of a row that is there costs a look and no page, so it may be said too often. */
size_t item_open_ops(const struct item *i, struct open_op ops[ITEM_OPS])
{
    size_t n = 0;
    bool open = i->flags & ITEM_OPEN;
    if (!(i->flags & ITEM_CASE))
        return 0;
    if (i->flags & ITEM_CHANGED) {
        op(ops, &n, (struct open_op){.kind = 'a', .add = open});
        for (size_t p = 0; p < TAIL_PLACES; p++)
            op(ops, &n, (struct open_op){.id = i->places[p], .kind = 'p', .add = open});
    }
    if (i->holder_before && i->holder_before != i->holder)
        op(ops, &n, (struct open_op){.id = i->holder_before, .kind = 'h', .add = false});
    if (open || i->flags & ITEM_CHANGED)
        op(ops, &n, (struct open_op){.id = i->holder, .kind = 'h', .add = open});
    return n;
}
