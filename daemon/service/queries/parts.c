#include "service/queries/parts.h"

#include "hongxin/number.h"
#include "service/limits.h"
#include "service/locks/reporter.h"
#include "service/state.h"
#include <string.h>

/* ---- the walk ---- */

struct walking {
    struct service *s;
    const struct parts_walk *walk;
    int rc;
};

/* The part under this reference, if it is one of ours; what was made of the reference otherwise is
 * none. */
static int take_part(struct walking *w, const char *source, const char *ref)
{
    struct service *s = w->s;
    uint64_t number;
    int rc = hx_store_ref(s->store, source, ref, &number);
    if (!rc)
        rc = hx_store_case(s->store, number, &s->past);
    if (rc)
        return rc == HX_NOTFOUND ? HX_OK : rc;
    return s->past.split_from == w->walk->whole ? w->walk->fn(w->walk->ctx, &s->past) : HX_OK;
}

static bool is_taken(const hxp_entry *e)
{
    return e->n_facts && e->facts[0]->fact_case == HONGXIN__V1__FACT__FACT_REPLY &&
           e->facts[0]->reply->result == HONGXIN__V1__RESULT__ACCEPTED;
}

/* 0: goes on. Only the few entries that hold the word are unpacked. */
static int on_entry(void *ctx, uint64_t lsn, const uint8_t *bytes, size_t size)
{
    struct walking *w = ctx;
    ProtobufCAllocator memory = hx_arena_allocator(&w->s->arena);
    (void)lsn;
    if (!memmem(bytes, size, "SPLIT", 5))
        return 0;
    const hxp_entry *e = hongxin__v1__entry__unpack(&memory, size, bytes);
    if (!e || strcmp(e->cause, "SPLIT") != 0 || !is_taken(e))
        return hx_arena_failed(&w->s->arena);
    const hxp_event *event = hongxin__v1__event__unpack(&memory, e->event.len, e->event.data);
    for (size_t i = 0; !w->rc && event && event->data && i < event->data->n_cases; i++)
        w->rc = take_part(w, event->source, event->data->cases[i]);
    return w->rc || hx_arena_failed(&w->s->arena);
}

int parts_each(struct service *s, const struct parts_walk *walk)
{
    struct walking w = {.s = s, .walk = walk};
    int rc = hx_store_history(s->store, walk->whole, walk->entries, on_entry, &w);
    if (!rc)
        rc = w.rc;
    return !rc && hx_arena_failed(&s->arena) ? HX_NOMEM : rc;
}

/* ---- in public ---- */

struct public_parts {
    struct service *s;
    const char *secret;
    hxp_case_view *view;
};

static int tell_part(void *ctx, const struct hx_case *part)
{
    struct public_parts *t = ctx;
    char text[HX_NUMBER_TEXT];
    uint32_t party;
    if (!reporter_is(t->s, part, t->secret, &party) || t->view->n_parts == PARTS_MOST)
        return HX_OK;
    char *copy = hx_arena_strdup(&t->s->arena, hx_number_format(part->number, text));
    if (copy)
        t->view->parts[t->view->n_parts++] = copy;
    return copy ? HX_OK : HX_NOMEM;
}

int parts_add(struct service *s, uint64_t whole, const char *secret, hxp_case_view *view)
{
    struct public_parts t = {s, secret, view};
    if (!view->parts)
        view->parts = hx_arena_alloc(&s->arena, PARTS_MOST * sizeof *view->parts);
    if (!view->parts)
        return HX_NOMEM;
    return parts_each(s, &(struct parts_walk){whole, LIMIT_HISTORY, tell_part, &t});
}
