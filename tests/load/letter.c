#include "base/text.h"
#include "load/load.h"

#include <stdlib.h>
#include <string.h>

enum { EVENT_MOST = 4096 };

size_t load_event_pack(const struct load_event *e, uint8_t *buf, size_t cap)
{
    static const char *const photos[] = {"photo", "signature"};
    hxp_event m = HONGXIN__V1__EVENT__INIT;
    hxp_data d = HONGXIN__V1__DATA__INIT;
    m.id = hx_text_field(e->id);
    m.source = hx_text_field(e->source);
    m.type = hx_text_field(e->type);
    m.case_number = e->number;
    m.case_ref = hx_text_field(e->ref);
    m.by = hx_text_field(e->by);
    m.t_occ = e->t_occ;
    m.proof = (Hongxin__V1__Proof)e->proof;
    m.data = &d;
    d.class_ = hx_text_field(e->class_name);
    d.place = hx_text_field(e->place);
    d.holder = hx_text_field(e->holder);
    d.text = hx_text_field(e->text);
    d.clock = hx_text_field(e->clock);
    d.why = hx_text_field(e->why);
    d.deadline = e->deadline;
    if (e->evidence) {
        d.evidence = (char **)(uintptr_t)photos;
        d.n_evidence = 2;
    }
    size_t size = hongxin__v1__event__get_packed_size(&m);
    return size <= cap ? hongxin__v1__event__pack(&m, buf) : 0;
}

static int make_room(struct load_post *p)
{
    if (p->n == p->cap) {
        size_t cap = p->cap ? 2 * p->cap : 64;
        Hongxin__V1__Item *items = realloc(p->items, cap * sizeof *items);
        if (!items)
            return HX_NOMEM;
        p->items = items;
        p->cap = cap;
    }
    if (p->room - p->used < EVENT_MOST) {
        size_t room = 2 * p->room + 16 * EVENT_MOST;
        uint8_t *bytes = realloc(p->bytes, room);
        if (!bytes)
            return HX_NOMEM;
        p->bytes = bytes;
        p->room = room;
    }
    return HX_OK;
}

int load_post_add(struct load_post *p, const struct load_event *e)
{
    int rc = make_room(p);
    if (rc)
        return rc;
    size_t size = load_event_pack(e, p->bytes + p->used, EVENT_MOST);
    if (!size)
        return HX_TOOBIG;
    Hongxin__V1__Item *item = &p->items[p->n++];
    hongxin__v1__item__init(item);
    item->event.len = size; /* its place is known when the bytes move no more */
    p->used += size;
    return HX_OK;
}

int load_post_finish(struct load_post *p, uint64_t request, struct load_letter *out)
{
    Hongxin__V1__Publish publish = HONGXIN__V1__PUBLISH__INIT;
    hxp_request r = HONGXIN__V1__REQUEST__INIT;
    size_t at = 0;
    Hongxin__V1__Item **list = realloc(p->list, (p->n + 1) * sizeof *list);
    if (!list)
        return HX_NOMEM;
    p->list = list;
    for (size_t i = 0; i < p->n; i++) {
        list[i] = &p->items[i];
        list[i]->event.data = p->bytes + at;
        at += list[i]->event.len;
    }
    publish.request = request;
    publish.items = list;
    publish.n_items = p->n;
    r.ask_case = HONGXIN__V1__REQUEST__ASK_PUBLISH;
    r.publish = &publish;
    *out = (struct load_letter){
        .size = hongxin__v1__request__get_packed_size(&r), .items = p->n, .request = request};
    out->bytes = malloc(out->size);
    if (!out->bytes)
        return HX_NOMEM;
    hongxin__v1__request__pack(&r, out->bytes);
    p->n = p->used = 0;
    return HX_OK;
}

void load_letter_free(struct load_letter *l)
{
    free(l->bytes);
    *l = (struct load_letter){0};
}

void load_post_fini(struct load_post *p)
{
    free(p->items);
    free(p->list);
    free(p->bytes);
    *p = (struct load_post){0};
}
