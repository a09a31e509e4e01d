/* Places: the city's tree of streets, communities, grids, estates and buildings, its companies and
 * duty people.
 *
 * A registry is immutable once built and may be read by any thread. It is built by daemon/config
 * from CSV files; the engine only looks things up. Ids are short ASCII strings (S-02, C-03, G-041,
 * E-77, B-0417, P-07), unique over all kinds of place. Every building lies in exactly one estate
 * and one grid, every grid in one community, every community in one street (S9). An estate without
 * a company is held by its community (S38). */
#ifndef ENGINE_PLACE_H
#define ENGINE_PLACE_H

#include "hongxin/error.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { HX_ID_MAX = 24 }; /* bytes of any id, with its NUL */

enum hx_place_kind { HX_STREET, HX_COMMUNITY, HX_GRID, HX_ESTATE, HX_BUILDING, HX_PLACE_KINDS };

struct hx_place {
    char id[HX_ID_MAX];
    enum hx_place_kind kind;
    const struct hx_place *parent; /* building → estate → grid → community → street → NULL */
    const char *name_zh;           /* UTF-8, owned by the registry; never NULL */
    const char *name_en;
    double lon, lat;         /* WGS 84; of a building, or the middle of an area */
    char company[HX_ID_MAX]; /* of an estate: who manages it; "" = none */
};

struct hx_company {
    char id[HX_ID_MAX]; /* P-01 … */
    const char *name_zh;
    const char *name_en;
};

/* Whether text can be an id: 1 to HX_ID_MAX - 1 bytes, ASCII letters, digits, '-', '_' and '.'
 * only. So an id can stand in a topic, a path or "holder:P-07/li" without quoting. */
bool hx_id_valid(const char *id);

/* Somebody on duty for a role of an area: ("duty","P-07"), ("manager","P-07"), ("grid","G-041"),
 * ("community","C-03"), ("street","S-02"), ("city","property"). Lower order is asked first; higher
 * are substitutes. */
struct hx_duty {
    char role[HX_ID_MAX];
    char area[HX_ID_MAX];
    char person[HX_ID_MAX]; /* login-like id: "li", "wang" */
    int order;
    const char *name_zh;
    const char *name_en;
};

struct hx_city; /* opaque registry */

/* Building a registry. Each add copies what it is given (place->parent is not read: the parent is
 * found by its id; NULL or "" for a street). A failed add leaves the registry as it was. Errors:
 * - HX_EXISTS: id used by a place or company before; person, or order, twice for a role and area
 * - HX_NOTFOUND: parent or company unknown
 * - HX_INVALID: parent of the wrong kind, bad id, impossible position, company of a non-estate
 * - HX_NOMEM */
HX_CHECK int hx_city_new(struct hx_city **out);
void hx_city_free(struct hx_city *city);
HX_CHECK int hx_city_add_company(struct hx_city *city, const struct hx_company *company);
HX_CHECK int hx_city_add_place(struct hx_city *city, const struct hx_place *place,
                               const char *parent_id);
HX_CHECK int hx_city_add_duty(struct hx_city *city, const struct hx_duty *duty);

/* Looking things up; NULL when unknown. Results live as long as the registry. */
const struct hx_place *hx_city_place(const struct hx_city *city, const char *id);
const struct hx_company *hx_city_company(const struct hx_city *city, const char *id);

/* The id of the place of this kind above or at `place`; "" when there is none. */
const char *hx_place_above(const struct hx_place *place, enum hx_place_kind kind);

/* Default holder of a place (S38): the company of its estate, else its community, else its street.
 * An area above the estate is held by its community, or its street. Never NULL. */
const char *hx_place_holder(const struct hx_place *place);

/* The n-th person on duty for role and area, lowest order first; NULL when there are not so many.
 */
const struct hx_duty *hx_city_duty(const struct hx_city *city, const char *role, const char *area,
                                   size_t n);

/* Walks in the order of ids; NULL ends. *at starts at 0. */
const struct hx_place *hx_city_next(const struct hx_city *city, enum hx_place_kind kind,
                                    size_t *at);
const struct hx_company *hx_city_next_company(const struct hx_city *city, size_t *at);
size_t hx_city_count(const struct hx_city *city, enum hx_place_kind kind);

/* Version of the registry: text set by its loader, e.g. "city-2026-10-01". */
void hx_city_set_version(struct hx_city *city, const char *version);
const char *hx_city_version(const struct hx_city *city);

#endif
