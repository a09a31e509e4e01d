#include "service/feeds/tail.h"

#include "base/owned.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

int live_tail_init(struct tail *t, size_t bytes, size_t slots, uint64_t next_lsn)
{
    *t = (struct tail){.cap = bytes, .slots = slots, .oldest = next_lsn, .next = next_lsn};
    t->ring = malloc(bytes);
    t->index = calloc(slots, sizeof *t->index);
    if (t->ring && t->index) {
        hx_owned_by_nobody(t->ring, bytes);
        return HX_OK;
    }
    live_tail_fini(t);
    return HX_NOMEM;
}

void live_tail_fini(struct tail *t)
{
    free(t->ring);
    free(t->index);
    free(t->tags);
    *t = (struct tail){0};
}

static struct tail_entry *slot(const struct tail *t, uint64_t lsn)
{
    return &t->index[lsn % t->slots];
}

static void restart(struct tail *t, uint64_t next_lsn)
{
    hx_owned_by_nobody(t->ring, t->cap);
    t->oldest = t->next = next_lsn;
    t->at = 0;
}

/* Drops the oldest entries while they lie in [at, at + size), or while every slot is taken. The
 * ring is filled upwards, so the oldest entries are the next ones in the way. */
static void make_way(struct tail *t, size_t size)
{
    const uint8_t *from = t->ring + t->at, *to = from + size;
    while (t->oldest < t->next) {
        const struct tail_entry *old = slot(t, t->oldest);
        bool in_the_way = old->bytes < to && old->bytes + old->size > from;
        if (!in_the_way && t->next - t->oldest < t->slots)
            return;
        hx_owned_by_nobody(old->bytes, old->size);
        t->oldest++;
    }
}

/* Entries between `at` and the end of the ring are older than those at its beginning: they go when
 * the ring is wrapped. */
static void wrap(struct tail *t)
{
    make_way(t, t->cap - t->at);
    t->at = 0;
}

void live_tail_append(struct tail *t, const struct tail_entry *e)
{
    if (e->lsn != t->next)
        restart(t, e->lsn);
    if (e->size > t->cap) {
        restart(t, e->lsn + 1);
        return;
    }
    if (e->size > t->cap - t->at)
        wrap(t);
    make_way(t, e->size);
    struct tail_entry *kept = slot(t, e->lsn);
    *kept = *e;
    hx_owned(t->ring + t->at, e->size);
    kept->bytes = memcpy(t->ring + t->at, e->bytes, e->size);
    t->at += e->size;
    t->next = e->lsn + 1;
    if (e->decoded && !t->decoded_from)
        t->decoded_from = e->lsn;
}

const struct tail_entry *live_tail_find(const struct tail *t, uint64_t lsn)
{
    return lsn >= t->oldest && lsn < t->next ? slot(t, lsn) : NULL;
}

struct tail_tags *live_tail_tags(struct tail *t, uint64_t lsn)
{
    if (!t->tags)
        t->tags = calloc(t->slots, sizeof *t->tags);
    if (!t->tags)
        return NULL;
    struct tail_tags *tags = &t->tags[lsn % t->slots];
    if (tags->lsn != lsn)
        tags->lsn = 0;
    return tags;
}

void live_tail_untag(struct tail *t)
{
    for (size_t i = 0; t->tags && i < t->slots; i++)
        t->tags[i].lsn = 0;
}

void live_tail_undecode(struct tail *t)
{
    uint64_t from = t->decoded_from > t->oldest ? t->decoded_from : t->oldest;
    for (uint64_t lsn = from; t->decoded_from && lsn < t->next; lsn++)
        slot(t, lsn)->decoded = NULL;
    t->decoded_from = 0;
}
