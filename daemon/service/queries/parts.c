#include "service/queries/parts.h"

#include "hongxin/number.h"
#include "service/limits.h"
#include "service/locks/reporter.h"
#include "service/state.h"
#include <string.h>

struct parts {
    struct service *s;
    uint64_t whole;
    const char *secret;
    hxp_case_view *view;
    int rc;
};

/* The part under this reference, if it is one of ours and his; what was made of the reference
 * otherwise is none. */
static int add_part(struct parts *p, const char *source, const char *ref)
{
    struct service *s = p->s;
    char text[HX_NUMBER_TEXT];
    uint64_t number;
    uint32_t party;
    int rc = hx_store_ref(s->store, source, ref, &number);
    if (!rc)
        rc = hx_store_case(s->store, number, &s->past);
    if (rc)
        return rc == HX_NOTFOUND ? HX_OK : rc;
    if (s->past.split_from != p->whole || !reporter_is(s, &s->past, p->secret, &party) ||
        p->view->n_parts == PARTS_MOST)
        return HX_OK;
    char *copy = hx_arena_strdup(&s->arena, hx_number_format(number, text));
    if (copy)
        p->view->parts[p->view->n_parts++] = copy;
    return copy ? HX_OK : HX_NOMEM;
}

static bool is_taken(const hxp_entry *e)
{
    return e->n_facts && e->facts[0]->fact_case == HONGXIN__V1__FACT__FACT_REPLY &&
           e->facts[0]->reply->result == HONGXIN__V1__RESULT__ACCEPTED;
}

/* 0: goes on. Only the few entries that hold the word are unpacked. */
static int on_entry(void *ctx, uint64_t lsn, const uint8_t *bytes, size_t size)
{
    struct parts *p = ctx;
    ProtobufCAllocator memory = hx_arena_allocator(&p->s->arena);
    (void)lsn;
    if (!memmem(bytes, size, "SPLIT", 5))
        return 0;
    const hxp_entry *e = hongxin__v1__entry__unpack(&memory, size, bytes);
    if (!e || strcmp(e->cause, "SPLIT") != 0 || !is_taken(e))
        return hx_arena_failed(&p->s->arena);
    const hxp_event *event = hongxin__v1__event__unpack(&memory, e->event.len, e->event.data);
    for (size_t i = 0; !p->rc && event && event->data && i < event->data->n_cases; i++)
        p->rc = add_part(p, event->source, event->data->cases[i]);
    return p->rc || hx_arena_failed(&p->s->arena);
}

int parts_add(struct service *s, uint64_t whole, const char *secret, hxp_case_view *view)
{
    struct parts p = {.s = s, .whole = whole, .secret = secret, .view = view};
    if (!view->parts)
        view->parts = hx_arena_alloc(&s->arena, PARTS_MOST * sizeof *view->parts);
    if (!view->parts)
        return HX_NOMEM;
    int rc = hx_store_history(s->store, whole, LIMIT_HISTORY, on_entry, &p);
    if (!rc)
        rc = p.rc;
    return !rc && hx_arena_failed(&s->arena) ? HX_NOMEM : rc;
}
