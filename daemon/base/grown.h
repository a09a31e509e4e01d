/* Lists that grow by doubling: one place that asks for the memory. Any thread. */
#ifndef BASE_GROWN_H
#define BASE_GROWN_H

#include <stddef.h>
#include <stdlib.h>

enum { HX_GROWN_FIRST = 16 }; /* elements of a list that had none */

/* The list of `n` elements of `size` bytes with room for one more: as it is, or moved, and then the
 * old one is gone. *cap is how many it has room for. NULL: no memory, list and *cap are as before.
 * A list begins as NULL with *cap 0; it is free()d. */
static inline void *hx_grown(void *list, size_t n, size_t *cap, size_t size)
{
    size_t room = *cap ? 2 * *cap : HX_GROWN_FIRST;
    if (list && n < *cap)
        return list;
    void *moved = realloc(list, room * size);
    if (moved)
        *cap = room;
    return moved;
}

#endif
