/* What a subscriber wants to see. An entry matches when each list of the filter that is not empty
 * has a match (wire.proto, Filter). Pure. */
#ifndef SERVICE_FEEDS_FILTER_H
#define SERVICE_FEEDS_FILTER_H

#include "engine/place/place.h"
#include "engine/rules/rules.h"
#include "hongxin/error.h"
#include "hongxin/schema.h"
#include <stdbool.h>

typedef Hongxin__V1__Filter hxp_filter;

/* NULL when the filter can be used; else the code of what is wrong with it: BAD_LEVEL, BAD_FACT,
 * FILTER_TOO_LARGE. NULL is a filter too: everything. */
const char *filter_problem(const hxp_filter *f);

/* NULL when the filter names only what there is; else UNKNOWN_PLACE,
 * UNKNOWN_HOLDER, UNKNOWN_CLASS: a typing error must not look like an empty city. What the registry
 * knows of any time counts, also after its end: its cases are still there. */
const char *filter_unknown(const hxp_filter *f, const struct hx_city *city,
                           const struct hx_rules *rules);

/* What such a code means, in a sentence. */
const char *filter_text(const char *code);

/* A copy of its own for the heap; NULL stays NULL, and so does a filter that asks for nothing in
 * particular. HX_NOMEM. */
HX_CHECK int filter_copy(const hxp_filter *f, hxp_filter **out);
void filter_free(hxp_filter *f);

bool filter_matches_entry(const hxp_filter *f, const hxp_entry *e);

/* For snapshots and lists. `facts` say nothing about a case; `to` matches a case whose holder, or a
 * place above it, is the area of the receiver. */
bool filter_matches_case(const hxp_filter *f, const hxp_case_view *c);

/* The one place or holder that every match must have, as hx_store_open_cases() takes it, written to
 * `text` (64 bytes); NULL when there is none. Only right for ids that the projection knows. */
const char *filter_hint(const hxp_filter *f, char text[64]);

#endif
