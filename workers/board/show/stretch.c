#include "board/show/stretch.h"

#include <stdlib.h>

/* As long a time as could be looked at, but up to the end. False: all before the end came, or it
 * cannot be told apart by time. */
static bool begin_later(struct stretch *s)
{
    int64_t now = board_now(s->ask.board), took = s->reached - s->since;
    if (s->upto && s->reached >= s->upto)
        return false;
    int64_t end = s->upto && s->upto < now ? s->upto : now;
    int64_t later = (end > s->reached ? end : s->reached) - took / 4 * 3;
    s->cut = true;
    if (took <= 0 || later <= s->since)
        return false;
    s->since = later;
    s->after = s->seen = 0;
    s->anew(s);
    return true;
}

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
        s->reached = e->t_rec;
        hongxin__v1__entry__free_unpacked(e, NULL);
    }
    s->seen += a->n_entries;
    s->after = a->upto_lsn;
    if (a->cut && (s->seen < (uint64_t)s->ask.board->settings.looked_at || begin_later(s)))
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

json_t *stretch_page(const struct stretch *s, const json_t *all, const char *cursor, uint64_t limit)
{
    size_t total = json_array_size(all), at = (size_t)strtoull(cursor, NULL, 10);
    json_t *items = json_array();
    for (; at < total && json_array_size(items) < limit; at++)
        json_array_append(items, json_array_get(all, total - 1 - at));
    json_t *page = json_pack("{s:o, s:I, s:b, s:b}", "items", items, "total", (json_int_t)total,
                             "total_exact", !s->cut, "cut", at < total);
    if (at < total)
        json_object_set_new(page, "next", json_sprintf("%zu", at));
    return page;
}
