/* A binary heap by instant. */
#include "cli/play/agenda.h"
#include "base/grown.h"
#include <stdlib.h>

static int earlier(const struct agenda_entry *a, const struct agenda_entry *b)
{
    return a->at != b->at ? a->at < b->at : a->order < b->order;
}

static void swap(struct agenda_entry *a, struct agenda_entry *b)
{
    struct agenda_entry t = *a;

    *a = *b;
    *b = t;
}

int agenda_put(struct agenda *a, int64_t at, void *what)
{
    struct agenda_entry *heap = hx_grown(a->heap, a->n, &a->cap, sizeof *heap);
    if (!heap)
        return HX_NOMEM;
    a->heap = heap;
    a->heap[a->n] = (struct agenda_entry){at, a->order++, what};
    for (size_t i = a->n++; i && earlier(&a->heap[i], &a->heap[(i - 1) / 2]); i = (i - 1) / 2)
        swap(&a->heap[i], &a->heap[(i - 1) / 2]);
    return HX_OK;
}

static void sink(struct agenda *a)
{
    size_t i = 0;

    for (;;) {
        size_t least = i, left = 2 * i + 1, right = left + 1;
        if (left < a->n && earlier(&a->heap[left], &a->heap[least]))
            least = left;
        if (right < a->n && earlier(&a->heap[right], &a->heap[least]))
            least = right;
        if (least == i)
            return;
        swap(&a->heap[i], &a->heap[least]);
        i = least;
    }
}

void *agenda_take(struct agenda *a, int64_t until)
{
    void *what;

    if (!a->n || a->heap[0].at > until)
        return NULL;
    what = a->heap[0].what;
    a->heap[0] = a->heap[--a->n];
    sink(a);
    return what;
}

int64_t agenda_first(const struct agenda *a)
{
    return a->n ? a->heap[0].at : INT64_MAX;
}

void agenda_fini(struct agenda *a)
{
    free(a->heap);
    *a = (struct agenda){0};
}
