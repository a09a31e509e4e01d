#include "board/live/ring.h"

#include <stdlib.h>

enum { ROOM = 256 }; /* places of a new ring */

const struct frame *ring_at(const struct ring *r, size_t i)
{
    return &r->frames[(r->first + i) % r->room];
}

size_t ring_after(const struct ring *r, uint64_t lsn)
{
    size_t low = 0, high = r->n;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (ring_at(r, middle)->lsn > lsn)
            high = middle;
        else
            low = middle + 1;
    }
    return low;
}

/* In the order of their age, from the first place on. False: no memory, it stays as it is. */
static bool grow(struct ring *r)
{
    size_t room = r->room ? 2 * r->room : ROOM;
    struct frame *frames = calloc(room, sizeof *frames);
    if (!frames)
        return false;
    for (size_t i = 0; i < r->n; i++)
        frames[i] = *ring_at(r, i);
    free(r->frames);
    r->frames = frames;
    r->room = room;
    r->first = 0;
    return true;
}

bool ring_is_full(struct ring *r, size_t size)
{
    size_t bytes = r->bytes + size;
    if (r->n && (bytes > RING_BYTES || (bytes > RING_SHARE && *r->all + size > RINGS_BYTES)))
        return true;
    return r->n == r->room && (r->room == RING_FRAMES || !grow(r));
}

void ring_drop_first(struct ring *r)
{
    struct frame *f = &r->frames[r->first];
    r->complete_from = f->lsn;
    r->bytes -= f->size;
    *r->all -= f->size;
    free(f->text);
    *f = (struct frame){0};
    r->first = (r->first + 1) % r->room;
    r->n--;
}

void ring_put(struct ring *r, const struct frame *frame)
{
    r->frames[(r->first + r->n) % r->room] = *frame;
    r->n++;
    r->bytes += frame->size;
    *r->all += frame->size;
}

void ring_clear(struct ring *r)
{
    while (r->n)
        ring_drop_first(r);
}

void ring_free(struct ring *r)
{
    ring_clear(r);
    free(r->frames);
}
