#include "board/show/stretch.h"

static void on_entries(void *arg, int err, const hxp_response *answer)
{
    struct stretch *s = arg;
    if (!ask_got(s, err, answer, HONGXIN__V1__RESPONSE__ANSWER_ENTRIES_ANSWER))
        return;
    const Hongxin__V1__EntriesAnswer *a = answer->entries_answer;
    for (size_t i = 0; i < a->n_entries; i++) {
        hxp_entry *e = hongxin__v1__entry__unpack(NULL, a->entries[i].len, a->entries[i].data);
        if (!e)
            continue;
        s->entry(s, e);
        hongxin__v1__entry__free_unpacked(e, NULL);
    }
    s->seen += a->n_entries;
    s->after = a->upto_lsn;
    s->cut = a->cut && s->seen >= STRETCH_ENTRIES;
    if (a->cut && !s->cut)
        stretch_read(s);
    else
        s->end(s);
}

void stretch_read(struct stretch *s)
{
    hxp_request q = HONGXIN__V1__REQUEST__INIT;
    Hongxin__V1__EntriesQuery query = HONGXIN__V1__ENTRIES_QUERY__INIT;
    Hongxin__V1__Filter filter = HONGXIN__V1__FILTER__INIT;
    filter.facts = s->facts;
    filter.n_facts = s->n_facts;
    filter.places = s->places;
    filter.n_places = s->n_places;
    filter.holders = s->holders;
    filter.n_holders = s->n_holders;
    filter.classes = s->classes;
    filter.n_classes = s->n_classes;
    query.filter = &filter;
    query.since = s->since;
    query.until = s->until;
    query.after_lsn = s->after;
    q.ask_case = HONGXIN__V1__REQUEST__ASK_ENTRIES;
    q.entries = &query;
    ask_start(s, &q, on_entries);
}
