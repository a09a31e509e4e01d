/* What a case's history says, put together for people: deadlines with their sums, notices with who
 * acknowledged them, the way it went. Pure but for memory. */
#ifndef BOARD_PAGE_H
#define BOARD_PAGE_H

#include "board/board.h"
#include "hongxin/schema.h"
#include <jansson.h>

/* A case's answer, decoded once. */
struct page {
    const struct board *board;
    const hxp_case_view *view;
    hxp_entry **entries; /* oldest first */
    hxp_event **events;  /* one for each, NULL: a deadline fired */
    size_t n;
    const json_t *who; /* WhoAnswer as JSON: what can be acknowledged */
};

/* Decodes the history. HX_NOMEM. */
HX_CHECK int page_open(struct page *p, const struct board *b,
                       const Hongxin__V1__CaseAnswer *answer);
void page_close(struct page *p);

/* Where a case lies, as closely as it has an id: borrowed. "": nowhere that the city knows. */
const char *page_place(const hxp_where *where);

json_t *page_report(const struct page *p);
json_t *page_history(const struct page *p);
json_t *page_deadlines(const struct page *p);
json_t *page_notices(const struct page *p);
json_t *page_routes(const struct page *p);
json_t *page_allowed(const struct page *p);

/* A ClockFact as one move: with the sum that a person can add up. `before`: the deadline so far. */
json_t *page_move(const struct board *b, const hxp_entry *e, const hxp_event *event,
                  const hxp_clock_fact *k, int64_t before);
/* A NoticeFact of an entry as a Notice of the API, without deliveries and acknowledgement. */
json_t *page_notice(const struct board *b, const hxp_entry *e, size_t index,
                    const hxp_notice_fact *f);
/* The post that was told and for which WhoAnswer `who` may speak: the receiver's own
 * ("street:S-02", "city/desk"), or the one that was told in its place; NULL: neither. Without keys
 * everybody may speak for the receiver. */
const char *page_own_post(const json_t *who, const hxp_notice_fact *f);

#endif
