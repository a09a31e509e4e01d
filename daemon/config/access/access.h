/* Who may do what: principals with their keys (principals.csv), roles and tenants (roles.yaml).
 *
 * A principal is a program or desk with a key pair: its role says which rights it has and which
 * parties it may speak for, its areas say of what part of the city, its sources say under which
 * names it may publish. Several rows of one principal are several keys in force: that is how keys
 * are changed without a pause. The whole is immutable once loaded and may be read by any thread; a
 * changed file is loaded anew beside it. */
#ifndef CONFIG_ACCESS_H
#define CONFIG_ACCESS_H

#include "config/reading/problem.h"
#include "engine/place/place.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* X(name): what a role may be allowed. */
#define HX_RIGHTS(X)                                                                               \
    X(publish)  /* events under its sources, by the parties it may speak for */                    \
    X(follow)   /* feeds of its areas */                                                           \
    X(ask)      /* cases, lists and counters of its areas */                                       \
    X(rules)    /* the rules in force */                                                           \
    X(stats)    /* the daemon's own figures */                                                     \
    X(alarms)   /* alarms that are about no case */                                                \
    X(stream)   /* the city-wide door, which cannot be filtered: only with the area "city" */      \
    X(identity) /* who reported; each look is recorded */                                          \
    X(erase)    /* erasing a reporter's identity, holding it, tracing a copy */                    \
    X(onsite)   /* the on-site code that a place in its areas shows now */                         \
    X(audit)    /* records of administrative acts */                                               \
    X(apply)    /* new versions of life cycles and calendars */                                    \
    X(behalf)   /* asking and publishing for other principals, never beyond its own rights */

enum hx_right {
#define X(name) HX_RIGHT_##name,
    HX_RIGHTS(X)
#undef X
        HX_RIGHTS_END
};

/* X(name): what of a case may be withheld from a role (J4). The real value never leaves the daemon
 * towards such a receiver; `masked` of the entry or view names what is missing. */
#define HX_MASKS(X)                                                                                \
    X(text)     /* free text about the matter: `text` and `why` of events */                       \
    X(position) /* where exactly: coordinates */                                                   \
    X(building) /* which building */                                                               \
    X(refs)     /* references of sources: work orders, further reporters */                        \
    X(callback) /* the reference under which the reporter is called back */

enum hx_mask {
#define X(name) HX_MASK_##name,
    HX_MASKS(X)
#undef X
        HX_MASKS_END
};

/* What stands in the place of a text that is withheld; as the whole value of any text of an event
 * it is refused, so that it never takes the real one's place (J9). */
#define HX_MASKED "•••"

enum { HX_PUBLIC_KEY = 32, HX_PRINCIPAL_MAX = 40, HX_ACCESS_FILE_MAX = 4 * 1024 * 1024 };

struct hx_access_role {
    char name[HX_ID_MAX];
    const char *zh, *en;
    uint32_t claims;             /* bits 1 << enum hx_role: whom an event's `by` may name */
    uint32_t rights;             /* bits 1 << enum hx_right */
    uint32_t hides;              /* bits 1 << enum hx_mask: of every case … */
    uint32_t hides_confidential; /* … and of a confidential one, those of every case among them */
};

/* What an organisation may use; 0 = no limit. */
struct hx_tenant {
    char name[HX_PRINCIPAL_MAX];
    uint64_t events_per_second, burst, feeds;
};

/* A source whose silence is an alarm. */
struct hx_watched {
    char source[HX_PRINCIPAL_MAX];
    int64_t after_ms;
};

struct hx_principal {
    size_t number; /* its place in the list */
    char name[HX_PRINCIPAL_MAX];
    const struct hx_access_role *role;
    size_t tenant; /* number */
    bool city;     /* the whole city is its area */
    bool any_source;
    const char **areas; /* ids, without "city" */
    size_t n_areas;
    const char **sources;
    size_t n_sources;
    const uint64_t *bits; /* of areas and sources, by their numbers */
    bool active;          /* has a key in force */
};

struct hx_access_key {
    uint8_t bytes[HX_PUBLIC_KEY];
    const struct hx_principal *principal;
    bool active;
    size_t line;
};

struct hx_access; /* opaque */

/* Reads both files. `city` may be NULL; else every area must be in it. HX_CONFIG, HX_IO or HX_NOMEM
 * with the reason in `problem`. */
HX_CHECK int hx_access_load(const char *principals, const char *roles, const struct hx_city *city,
                            struct hx_access **out, struct hx_problem *problem);
void hx_access_free(struct hx_access *access);

/* The key, also one that is not active any more; NULL when nobody has it. */
const struct hx_access_key *hx_access_key(const struct hx_access *access,
                                          const uint8_t bytes[HX_PUBLIC_KEY]);

const struct hx_principal *hx_access_principal(const struct hx_access *access,
                                               size_t number); /* NULL ends */
const struct hx_principal *hx_access_find(const struct hx_access *access, const char *name);
const struct hx_access_key *hx_access_next_key(const struct hx_access *access,
                                               size_t *at); /* NULL ends */
const struct hx_tenant *hx_access_tenant(const struct hx_access *access,
                                         size_t number); /* NULL ends */

/* NULL ends. */
const struct hx_access_role *hx_access_role_at(const struct hx_access *access, size_t number);

const struct hx_watched *hx_access_watched(const struct hx_access *access,
                                           size_t number); /* NULL ends */

/* The number of an area's id, or of a source's name, that any principal has; -1 when none has it.
 */
int hx_access_area(const struct hx_access *access, const char *id);
int hx_access_source(const struct hx_access *access, const char *name);

const char *hx_right_name(enum hx_right right);

/* "text", "position" …; in the order of their numbers. */
const char *hx_mask_name(enum hx_mask mask);

static inline bool hx_principal_has(const struct hx_principal *p, enum hx_right right)
{
    return p->role->rights & (UINT32_C(1) << right);
}

/* Whether the area or source with this number (not -1) is the principal's. */
static inline bool hx_principal_bit(const struct hx_principal *p, int number)
{
    return p->bits[number / 64] >> (number % 64) & 1;
}

#endif
