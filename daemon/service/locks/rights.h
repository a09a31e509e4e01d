/* What a principal may say and see. Pure: everything is in the arguments.
 *
 * An entry (or case) is known by its tags: the numbers of those areas and sources of the registry
 * that it belongs to. They are looked up once per entry; whether a subscriber may see it then is a
 * few bits of his, whatever the number of subscribers. Ids that no principal has are no tags:
 * nobody with an area could see them by it. */
#ifndef SERVICE_LOCKS_RIGHTS_H
#define SERVICE_LOCKS_RIGHTS_H

#include "config/access/access.h"
#include "engine/place/place.h"
#include "hongxin/schema.h"
#include <stdbool.h>
#include <stdint.h>

struct hx_rules;

enum { RIGHTS_TAGS = 40 };

struct rights_tags {
    bool any_case; /* about a case */
    bool audit;    /* an administrative act */
    uint8_t n;
    int32_t list[RIGHTS_TAGS];
};

void rights_tag_entry(const struct hx_access *access, const hxp_entry *entry,
                      struct rights_tags *tags);
void rights_tag_case(const struct hx_access *access, const hxp_case_view *view,
                     struct rights_tags *tags);

/* An entry of a case: in the area. An alarm about no case: with the right to alarms, or about an
 * own source. An administrative act: with the right to audits. */
bool rights_see(const struct hx_principal *who, const struct rights_tags *tags);

/* Whether the place, one above it, or its holder, is in the principal's areas. NULL: only with the
 * whole city. */
bool rights_place(const struct hx_access *access, const struct hx_principal *who,
                  const struct hx_place *place);

/* Whether a question about this id (a place or a holder) may be answered. */
bool rights_area(const struct hx_access *access, const struct hx_city *city,
                 const struct hx_principal *who, const char *id);

/* Whether the principal may publish under this source: then its references are his, too. */
bool rights_source(const struct hx_principal *who, const char *source);

/* NULL when the principal may publish under this source and by this party; else the code: NO_RIGHT,
 * FOREIGN_SOURCE, FOREIGN_PARTY, FOREIGN_AREA. */
const char *rights_claim(const struct hx_access *access, const struct hx_rules *rules,
                         const struct hx_principal *who, const hxp_event *event);

/* Whether a feed may bear this name: the principal's own, or "role:area" of a role it may speak for
 * and an area it has, or "road:ROAD" of a bridge; each alone or with "/…" behind it. "" is
 * allowed. */
bool rights_subscriber(const struct hx_access *access, const struct hx_principal *who,
                       const char *name);

#endif
