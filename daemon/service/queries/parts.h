/* What a case was split into. Service thread. */
#ifndef SERVICE_QUERIES_PARTS_H
#define SERVICE_QUERIES_PARTS_H

#include "engine/case/case.h"
#include "hongxin/error.h"
#include "hongxin/schema.h"
#include <stdint.h>

struct service;

enum { PARTS_MOST = 64 };

/* A part, which lies in s->past; other than HX_OK ends the walk. */
typedef int parts_fn(void *ctx, const struct hx_case *part);

/* Each part of this case, newest splits first: found by the journal, as far back as it is kept, in
 * at most `entries` entries of the case. Uses s->past. HX_NOMEM, HX_IO, HX_CORRUPT, or what fn
 * says. */
struct parts_walk {
    uint64_t whole;
    size_t entries;
    parts_fn *fn;
    void *ctx;
};
HX_CHECK int parts_each(struct service *s, const struct parts_walk *walk);

/* Adds to view->parts the numbers of the parts of this case of which the one with this secret is a
 * party, for whoever is told of it in public. As parts_each. */
HX_CHECK int parts_add(struct service *s, uint64_t whole, const char *secret, hxp_case_view *view);

#endif
