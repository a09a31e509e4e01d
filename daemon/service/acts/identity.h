/* Who reported: looking, erasing, holding, tracing. Every look and every act is on disk before it
 * is answered.
 *
 * What receivers get instead is a call-back reference (回访代号): with it the call-back desk can
 * put a call through, and because it is another one for every receiver, a copy that turns up where
 * it should not names who had it. */
#ifndef SERVICE_ACTS_IDENTITY_H
#define SERVICE_ACTS_IDENTITY_H

#include "config/access/access.h"
#include "hongxin/schema.h"
#include <stdbool.h>
#include <stdint.h>

struct service;

enum { IDENTITY_REF = 18 }; /* "CB-XXXX-XXXX-XXXX", NUL */

/* The reference of a case for a receiver; `who` NULL: without keys. */
void identity_ref(const struct service *s, uint64_t case_number, const struct hx_principal *who,
                  char out[IDENTITY_REF]);

/* True for what somebody was shown instead of the real value: 139****5678, 张**, CB-7K3Q-…. It must
 * never take the real value's place. */
bool identity_is_masked(const hxp_reporter *reporter);

/* The cases that this source has reported under references that begin so, in the arena. HX_NOMEM;
 * HX_TOOBIG: more than anybody has. */
HX_CHECK int identity_cases(struct service *s, const char *source, const char *prefix,
                            uint64_t **numbers, size_t *n);

/* The party complained of never learns who complained (corner 29): whether `about` is one of the
 * principal's areas. */
bool identity_is_party(const struct service *s, const struct hx_principal *who, const char *about);

/* The identity, in the arena; the caller wipes it as soon as it is not needed any more. NULL with
 * each error: HX_NOTFOUND: none is kept. HX_DENIED: the store has no identity key. HX_CORRUPT,
 * HX_TOOBIG: it cannot be read. HX_IO, HX_NOMEM. */
HX_CHECK int identity_load(struct service *s, uint64_t case_number, uint32_t party,
                           hxp_reporter **reporter);

/* Whether what is loaded so is there and will not be readable at another time either. */
bool identity_is_unreadable(int rc);
void identity_wipe(hxp_reporter *reporter);

/* Sets view->callback_ref when an identity of the case is kept; in the arena. */
void identity_mark(struct service *s, const struct hx_principal *who, hxp_case_view *view);

#endif
