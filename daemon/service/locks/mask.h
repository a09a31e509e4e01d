/* What of a case a receiver is shown (J4): views of entries and cases by role.
 *
 * roles.yaml names for each role what is withheld from it, of every case and of a confidential one
 * (corner 28). The party complained of has the view of a confidential case whatever the case is
 * (corner 29). The same view holds for questions, snapshots, feeds and replays, and filters look at
 * what the receiver is shown, so that nothing can be found out by asking for it. The journal keeps
 * what was received: whoever is withheld nothing gets its bytes untouched.
 *
 * One thread; memory is the turn's. */
#ifndef SERVICE_LOCKS_MASK_H
#define SERVICE_LOCKS_MASK_H

#include "config/access/access.h"
#include "hongxin/schema.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct hx_case;
struct service;

/* Bits 1 << enum hx_mask. */
struct mask_rule {
    uint32_t always, confidential;
    const struct hx_principal *who; /* NULL: many, or nobody in particular */
};

/* NULL: without keys nothing is withheld. */
struct mask_rule mask_rule_of(const struct hx_principal *who);

/* Of the city-wide door, which sends all the same: what any role that may connect is not shown. */
struct mask_rule mask_rule_stream(const struct hx_access *access);

/* What is withheld of this case. */
uint32_t mask_bits(const struct service *s, const struct mask_rule *rule, const struct hx_case *c);

/* Takes it out of a view, in place; its `masked` says what. */
void mask_view(struct service *s, uint32_t bits, hxp_case_view *view);

/* What is withheld of this case from this receiver. */
uint32_t mask_of(const struct service *s, const struct hx_principal *who, const struct hx_case *c);

/* The view of a case for this receiver: with its own call-back reference, without those bits. */
void mask_show(struct service *s, const struct hx_principal *who, uint32_t bits,
               hxp_case_view *view);

/* Whether this was taken out of the view. */
bool mask_hides(const hxp_case_view *view, enum hx_mask mask);

/* An entry as stored, and as decoded (NULL when nobody has needed that yet). */
struct mask_entry {
    const uint8_t *bytes;
    size_t size;
    const hxp_entry *decoded;
};

/* Replaces it by what may be shown to this reader (NULL: many), when that is less: what the event
 * says, and where a fact says it once more. False without memory, or when it cannot be decoded:
 * then it must not be sent. */
HX_CHECK bool mask_entry_bits(struct service *s, uint32_t bits, const struct hx_principal *reader,
                              struct mask_entry *entry);

/* The same by the entry's case, as it is now. False also when that cannot be read. */
HX_CHECK bool mask_entry(struct service *s, const struct mask_rule *rule, struct mask_entry *entry);

/* True when a text of the event is what somebody was shown instead of the real one: HX_MASKED, or a
 * call-back reference. */
bool mask_written_back(const hxp_event *event);

#endif
