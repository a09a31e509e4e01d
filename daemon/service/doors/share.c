#include "service/doors/share.h"

#include "base/owned.h"

#include <stdlib.h>
#include <string.h>

enum { SPARES = 4096, WAIT_LEAST_MS = 50, WAIT_MOST_MS = 60000 };

/* Bytes in a millisecond before anything was measured. */
static const double first_rate = 1000;

void share_init(struct share *s, size_t messages, size_t bytes)
{
    *s = (struct share){.most = messages, .most_cost = bytes, .rate = first_rate};
}

static void free_items(struct share_item *item)
{
    while (item) {
        hx_owned(item, sizeof *item); /* a spare one was nobody's */
        struct share_item *next = item->next;
        inbound_fini(&item->in);
        free(item);
        item = next;
    }
}

void share_fini(struct share *s)
{
    for (size_t i = 0; i < SHARE_BUCKETS; i++) {
        struct share_line *next;
        for (struct share_line *l = s->buckets[i]; l; l = next) {
            next = l->chain;
            free_items(l->first);
            free(l);
        }
    }
    free_items(s->spare);
    *s = (struct share){0};
}

uint64_t share_source(const char *principal, const struct peer *peer)
{
    const uint8_t *p = principal ? (const uint8_t *)principal : peer->id;
    size_t n = principal ? strlen(principal) : peer->size;
    uint64_t h = principal ? UINT64_C(14695981039346656037) : UINT64_C(1099511628211);
    for (size_t i = 0; i < n; i++)
        h = (h ^ p[i]) * UINT64_C(1099511628211);
    return h ^ h >> 29;
}

/* ---- lines ---- */

static struct share_line **slot(struct share *s, uint64_t source)
{
    struct share_line **l = &s->buckets[source % SHARE_BUCKETS];
    while (*l && (*l)->source != source)
        l = &(*l)->chain;
    return l;
}

/* Behind all that wait: the round comes to it last. `at`: its slot, which is free. */
static struct share_line *join(struct share *s, struct share_line **at, uint64_t source)
{
    struct share_line *l = calloc(1, sizeof *l);
    if (!l)
        return NULL;
    l->source = source;
    l->last = &l->first;
    *at = l;
    l->next = s->at ? s->at : l;
    if (s->at)
        s->before->next = l;
    else
        s->at = l;
    s->before = l;
    s->lines++;
    return l;
}

/* The line whose turn it is has been served to its end. */
static void leave(struct share *s)
{
    struct share_line *l = s->at, **bucket = slot(s, l->source);
    *bucket = l->chain;
    s->before->next = l->next;
    s->at = l->next == l ? NULL : l->next;
    s->lines--;
    free(l);
}

static void pass_on(struct share *s)
{
    s->before = s->at;
    s->at = s->at->next;
}

/* ---- messages ---- */

static struct share_item *new_item(struct share *s)
{
    struct share_item *item = s->spare;
    if (!item)
        return calloc(1, sizeof *item);
    hx_owned(item, sizeof *item);
    s->spare = item->next;
    s->spares--;
    return item;
}

int share_add(struct share *s, uint64_t source, struct door *door, struct inbound *in)
{
    struct share_line **at = slot(s, source), *l = *at;
    size_t cost = SHARE_MESSAGE + zmq_msg_size(&in->body);
    if (l && (l->n >= s->most || l->cost + cost > s->most_cost)) {
        s->refused++;
        return HX_FULL;
    }
    struct share_item *item = new_item(s);
    if (item && !l)
        l = join(s, at, source);
    if (!item || !l) {
        free(item);
        return HX_NOMEM;
    }
    item->next = NULL;
    item->door = door;
    item->cost = cost;
    inbound_move(&item->in, in);
    *l->last = item;
    l->last = &item->next;
    l->n++;
    l->cost += cost;
    s->n++;
    s->cost += cost;
    return HX_OK;
}

struct share_item *share_next(struct share *s)
{
    /* alone, nobody's share is taken */
    while (s->at && s->lines > 1 && s->at->deficit < s->at->first->cost) {
        s->at->deficit += SHARE_QUANTUM;
        if (s->at->deficit < s->at->first->cost)
            pass_on(s);
    }
    struct share_line *l = s->at;
    if (!l)
        return NULL;
    struct share_item *item = l->first;
    l->first = item->next;
    l->n--;
    l->cost -= item->cost;
    l->deficit = l->deficit > item->cost ? l->deficit - item->cost : 0;
    s->n--;
    s->cost -= item->cost;
    if (!l->first)
        leave(s);
    else if (l->deficit < l->first->cost)
        pass_on(s);
    return item;
}

void share_done(struct share *s, struct share_item *item)
{
    inbound_fini(&item->in);
    if (s->spares == SPARES) {
        free(item);
        return;
    }
    item->next = s->spare;
    s->spare = item;
    s->spares++;
    hx_owned_by_nobody(item, sizeof *item);
}

size_t share_look(const struct share *s, struct share_item **items, size_t most)
{
    size_t n = 0;
    const struct share_line *l = s->at;
    for (size_t i = 0; i < s->lines; i++, l = l->next) {
        struct share_item *item = l->first;
        size_t left = l->deficit >= item->cost ? l->deficit : l->deficit + SHARE_QUANTUM;
        for (; item && n < most && (s->lines == 1 || left >= item->cost); item = item->next) {
            left -= s->lines > 1 ? item->cost : 0;
            items[n++] = item;
        }
    }
    return n;
}

/* ---- time ---- */

void share_served(struct share *s, size_t bytes, int64_t us)
{
    if (bytes && us > 0)
        s->rate += ((double)bytes * 1000 / (double)us - s->rate) / 8;
}

uint64_t share_wait_ms(struct share *s, uint64_t source)
{
    const struct share_line *l = *slot(s, source);
    double rate = s->rate > 1 ? s->rate : 1;
    double ms = l ? (double)l->cost / 2 * (double)s->lines / rate : 0;
    return ms < WAIT_LEAST_MS ? WAIT_LEAST_MS : ms > WAIT_MOST_MS ? WAIT_MOST_MS : (uint64_t)ms;
}
