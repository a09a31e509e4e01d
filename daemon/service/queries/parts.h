/* What a case was split into, for whoever is told of it in public. Service thread. */
#ifndef SERVICE_QUERIES_PARTS_H
#define SERVICE_QUERIES_PARTS_H

#include "hongxin/error.h"
#include "hongxin/schema.h"
#include <stdint.h>

struct service;

enum { PARTS_MOST = 64 };

/* Adds to view->parts the numbers of the parts of this case of which the one with this secret is a
 * party, newest splits first; found by the journal, as far back as it is kept. Uses s->past.
 * HX_NOMEM, HX_IO, HX_CORRUPT. */
HX_CHECK int parts_add(struct service *s, uint64_t whole, const char *secret, hxp_case_view *view);

#endif
