#include "simulate/resent.h"
#include "base/message.h"

#include <stdlib.h>
#include <string.h>

static int by_source_and_id(const void *x, const void *y)
{
    const struct scenario_action *a = *(struct scenario_action *const *)x;
    const struct scenario_action *b = *(struct scenario_action *const *)y;
    int c = strcmp(a->event->source, b->event->source);
    c = c ? c : strcmp(a->event->id, b->event->id);
    return c ? c : a < b ? -1 : 1;
}

static bool same_id(const struct scenario_action *a, const struct scenario_action *b)
{
    return strcmp(a->event->source, b->event->source) == 0 &&
           strcmp(a->event->id, b->event->id) == 0;
}

/* What `a` would be, sent when `first` was; it stays so when that makes them the same. */
static int take_times(struct scenario_action *a, const struct scenario_action *first)
{
    int64_t occ = a->event->t_occ, src = a->event->t_src;
    if (a->occ_given != first->occ_given || a->src_given != first->src_given)
        return HX_OK;
    a->event->t_occ = a->occ_given ? occ : first->event->t_occ;
    a->event->t_src = a->src_given ? src : first->event->t_src;
    size_t size;
    uint8_t *bytes = hx_message_bytes(&a->event->base, &size);
    if (!bytes)
        return HX_NOMEM;
    if (size == first->size && memcmp(bytes, first->bytes, size) == 0) {
        free(a->bytes);
        a->bytes = bytes;
        a->size = size;
        return HX_OK;
    }
    free(bytes);
    a->event->t_occ = occ;
    a->event->t_src = src;
    return HX_OK;
}

int scenario_resent(struct scenario *s)
{
    size_t n = 0, first = 0;
    int rc = HX_OK;
    struct scenario_action **events = malloc((s->n + 1) * sizeof *events);
    if (!events)
        return HX_NOMEM;
    for (size_t i = 0; i < s->n; i++)
        if (s->actions[i].event)
            events[n++] = &s->actions[i];
    if (n)
        qsort(events, n, sizeof *events, by_source_and_id);
    for (size_t i = 1; i < n && !rc; i++) {
        first = same_id(events[i], events[first]) ? first : i;
        rc = first != i ? take_times(events[i], events[first]) : HX_OK;
    }
    free(events);
    return rc;
}
