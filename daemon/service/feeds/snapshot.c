/* Snapshots: what is true now of every open case that a feed may see, in pages. */
#include "base/grown.h"
#include "service/locks/mask.h"
#include "service/state.h"

#include <stdlib.h>

struct page {
    struct service *s;
    struct feed *feed;
    hxp_case_view *cases[LIMIT_SNAPSHOT_PAGE];
    size_t n;
    size_t seen; /* cases looked at */
    uint64_t last;
    bool failed;
};

static bool permitted(const struct page *p, hxp_case_view *view)
{
    const struct request r = {.who = p->feed->who};
    return service_shows_case(p->s, &r, &p->s->scratch, view) &&
           filter_matches_case(p->feed->filter, view); /* as it is shown */
}

static int add_case(void *ctx, uint64_t number)
{
    struct page *p = ctx;
    struct service *s = p->s;
    int rc = hx_store_case(s->store, number, &s->scratch);
    p->seen++;
    if (rc == HX_OK) {
        hxp_case_view *view = hx_case_view(&s->machine, &s->scratch);
        if (!view)
            p->failed = true;
        else if (permitted(p, view))
            p->cases[p->n++] = view;
    }
    p->last = number;
    return p->failed || p->n == LIMIT_SNAPSHOT_PAGE;
}

/* Pages that follow each other without an entry between them are one. */
static bool remember(struct feed *feed, struct feed_page page)
{
    if (feed->n_pages && feed->pages[feed->n_pages - 1].lsn == page.lsn) {
        feed->pages[feed->n_pages - 1] = page;
        return true;
    }
    struct feed_page *pages = hx_grown(feed->pages, feed->n_pages, &feed->cap_pages, sizeof *pages);
    if (!pages)
        return false;
    feed->pages = pages;
    feed->pages[feed->n_pages++] = page;
    return true;
}

static bool send_page(struct service *s, struct page *p, uint64_t lsn, bool last)
{
    Hongxin__V1__Snapshot snapshot = HONGXIN__V1__SNAPSHOT__INIT;
    hxp_response message = HONGXIN__V1__RESPONSE__INIT;
    snapshot.lsn = lsn;
    snapshot.cases = p->cases;
    snapshot.n_cases = p->n;
    snapshot.last = last;
    message.answer_case = HONGXIN__V1__RESPONSE__ANSWER_SNAPSHOT;
    message.snapshot = &snapshot;
    return feed_send(s, p->feed, &message);
}

bool snapshot_step(struct service *s, struct feed *feed)
{
    struct page *p = hx_arena_alloc(&s->arena, sizeof *p);
    char text[64];
    if (!p)
        return false;
    p->s = s;
    p->feed = feed;
    if (hx_store_open_cases(s->store, service_hint(s, feed->filter, text), feed->after_case,
                            LIMIT_SNAPSHOT_SCAN, add_case, p) != HX_OK ||
        p->failed)
        return false; /* next turn */
    bool last = p->seen < LIMIT_SNAPSHOT_SCAN && p->n < LIMIT_SNAPSHOT_PAGE;
    uint64_t lsn = hx_store_newest_lsn(s->store);
    if (!remember(feed, (struct feed_page){last ? UINT64_MAX : p->last, lsn}))
        return false;
    if (!feed->history && feed->n_pages == 1)
        feed->next_lsn = feed->pages[0].lsn + 1;
    feed->after_case = p->last;
    if ((p->n || last) && !send_page(s, p, lsn, last))
        return false;
    feed->snapshot = !last;
    if (last && !feed->history)
        feed->told_lsn = feed->next_lsn - 1;
    return true;
}

bool snapshot_contains(const struct feed *feed, uint64_t case_number, uint64_t lsn)
{
    if (feed->history || !feed->n_pages || lsn > feed->pages[feed->n_pages - 1].lsn)
        return false;
    if (case_number == 0)
        return lsn <= feed->pages[0].lsn;
    size_t low = 0, high = feed->n_pages - 1;
    while (low < high) {
        size_t mid = (low + high) / 2;
        if (feed->pages[mid].upto_case < case_number)
            low = mid + 1;
        else
            high = mid;
    }
    return lsn <= feed->pages[low].lsn;
}
