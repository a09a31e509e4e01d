/* Questions about the past: a case as it was known at an instant (truth over time). */
#ifndef SERVICE_QUERIES_PAST_H
#define SERVICE_QUERIES_PAST_H

#include "hongxin/error.h"
#include "hongxin/schema.h"
#include <stdint.h>

struct service;

/* The view of s->scratch's case as the daemon would have given it at `at`, an instant not in the
 * future; s->scratch is then that case. *problem is NULL, or the code of a problem:
 *   NOT_YET      the case was reported later
 *   PRUNED       its entries of that time, or what they stand on, are not kept any more
 *   OTHER_RULES  these rules judge otherwise than those that were in force then
 *   TOO_LARGE    too many entries would have to be looked at
 *   IN_FUTURE    it is not known yet
 *   STORE_TROUBLE
 * The view lives in the turn's arena. */
hxp_case_view *past_view(struct service *s, int64_t at, const char **problem);

#endif
