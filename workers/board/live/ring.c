#include "board/live/ring.h"

#include <stdlib.h>

enum { ROOM = 256 }; /* places of a new ring */

void ring_open(struct ring *r, struct rings *all)
{
    *r = (struct ring){.all = all};
    all->n++;
}

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
static bool move(struct ring *r, size_t room)
{
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

/* What an entry weighs, its place included. */
static size_t weight(size_t size)
{
    return size + sizeof(struct frame);
}

static size_t share(const struct ring *r)
{
    return RINGS_BYTES / r->all->n;
}

bool ring_takes(const struct ring *r, size_t size)
{
    size_t more = weight(size);
    if (r->n == 0)
        return true;
    if (r->n == RING_FRAMES || r->bytes + more > RING_BYTES)
        return false;
    return r->bytes + more <= share(r) || r->all->bytes + more <= RINGS_BYTES;
}

bool ring_is_over(const struct ring *r)
{
    return r->all->bytes > RINGS_BYTES && r->bytes > share(r);
}

void ring_drop_first(struct ring *r)
{
    struct frame *f = &r->frames[r->first];
    if (f->lsn > r->complete_from) /* a gap behind it stays one */
        r->complete_from = f->lsn;
    r->bytes -= weight(f->size);
    r->all->bytes -= weight(f->size);
    free(f->text);
    *f = (struct frame){0};
    r->first = (r->first + 1) % r->room;
    r->n--;
    if (r->room > ROOM && r->n < r->room / 4)
        (void)move(r, r->room / 2); /* no memory: then it keeps what it has */
}

bool ring_put(struct ring *r, const struct frame *frame)
{
    if (r->n == r->room && !move(r, r->room ? 2 * r->room : ROOM))
        return false;
    r->frames[(r->first + r->n) % r->room] = *frame;
    r->n++;
    r->bytes += weight(frame->size);
    r->all->bytes += weight(frame->size);
    return true;
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
    r->all->n--;
}
