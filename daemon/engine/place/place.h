/* Places: the city's tree of streets, communities, grids, estates and buildings, its companies
 * and other units. How a case is routed by them is in route.h, who is on duty in rota.h.
 *
 * A registry is immutable once built and may be read by any thread; a version of the city is one
 * registry. It is built by daemon/config from CSV files; the engine only looks things up. Ids are
 * short ASCII strings (S-02, C-03, G-041, E-77, B-0417, P-07, U-3), unique over all kinds of place,
 * companies and units.
 *
 * What changes at a date has several periods: a border that moves, a company that is replaced
 * (corner 22). A period begins at `from` and ends before `to`; 0 = it always was, or has no end.
 * The periods of one id never overlap. At any moment a building lies in exactly one estate and one
 * grid, a grid in one community, a community in one street (S9). An estate without a company is
 * held by its community (S38). */
#ifndef ENGINE_PLACE_PLACE_H
#define ENGINE_PLACE_PLACE_H

#include "hongxin/error.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { HX_ID_MAX = 24 }; /* bytes of any id, with its NUL */

enum hx_place_kind { HX_STREET, HX_COMMUNITY, HX_GRID, HX_ESTATE, HX_BUILDING, HX_PLACE_KINDS };

struct hx_place { /* one period of a place */
    char id[HX_ID_MAX];
    enum hx_place_kind kind;
    const struct hx_place *parent; /* first period of: building → estate → grid → community → street
                                      → NULL */
    const struct hx_place *later; /* the next period of the same id; NULL = none */
    int64_t from, to;             /* instants; 0 = open */
    const char *name_zh;          /* UTF-8, owned by the registry; never NULL */
    const char *name_en;
    double lon, lat;         /* WGS 84; of a building, or the middle of an area */
    char company[HX_ID_MAX]; /* of an estate: who manages it; "" = none */
};

/* A property company, or another unit that may hold or assist: a utility, a bureau, a social
 * organisation (S13, S36). A unit manages no estate. */
struct hx_company {
    char id[HX_ID_MAX];   /* P-01 …, U-1 … */
    char kind[HX_ID_MAX]; /* of a unit: "utility", "organisation" …; of a company "" */
    const char *name_zh;
    const char *name_en;
    int64_t from, to; /* instants; 0 = open */
};

/* Whether text can be an id: 1 to HX_ID_MAX - 1 bytes, ASCII letters, digits, '-', '_' and '.'
 * only. So an id can stand in a topic, a path or "holder:P-07/li" without quoting. */
bool hx_id_valid(const char *id);

struct hx_city;  /* opaque registry */
struct hx_rota;  /* rota.h */
struct hx_roads; /* roads.h */

/* Building a registry. Each add copies what it is given (place->parent and later are not read: the
 * parent is found by its id; NULL or "" for a street). A further period of a place is added as the
 * place was, after the period before it. A failed add leaves the registry as it was. Errors:
 * - HX_EXISTS: id used by a place of another kind, a company or a unit before; a period that begins
 *   before the one added last has ended
 * - HX_NOTFOUND: parent or company unknown
 * - HX_INVALID: parent of the wrong kind, bad id, impossible position or period, company of a
 *   non-estate
 * - HX_NOMEM */
HX_CHECK int hx_city_new(struct hx_city **out);
void hx_city_free(struct hx_city *city);
HX_CHECK int hx_city_add_company(struct hx_city *city, const struct hx_company *company);
HX_CHECK int hx_city_add_unit(struct hx_city *city, const struct hx_company *unit);
HX_CHECK int hx_city_add_place(struct hx_city *city, const struct hx_place *place,
                               const char *parent_id);

/* What was in force before journal entry `from_lsn`, which it must outlive: for whoever asks about
 * the past (R14). */
void hx_city_set_older(struct hx_city *city, const struct hx_city *older, uint64_t from_lsn);
/* The city by which entry `lsn` was made; NULL stays NULL. */
const struct hx_city *hx_city_in_force(const struct hx_city *city, uint64_t lsn);

/* After the last add, before a walk. */
void hx_city_seal(struct hx_city *city);

/* Looking things up; NULL when unknown. Results live as long as the registry. A place is answered
 * by its first period, whether that is over or not. */
const struct hx_place *hx_city_place(const struct hx_city *city, const char *id);
const struct hx_company *hx_city_company(const struct hx_city *city, const char *id);
const struct hx_company *hx_city_unit(const struct hx_city *city, const char *id);

/* Whether the instant lies in the period; from and to as above. */
bool hx_period_holds(int64_t from, int64_t to, int64_t at);

/* The period of a place that is in force at an instant; `place` is any of its periods. NULL when
 * there is none. */
const struct hx_place *hx_place_at(const struct hx_place *place, int64_t at);

/* The id of the place of this kind above or at `place`, by the tree of an instant; "" when there is
 * none. Without an instant: by its last period. */
const char *hx_place_above_at(const struct hx_place *place, enum hx_place_kind kind, int64_t at);
const char *hx_place_above(const struct hx_place *place, enum hx_place_kind kind);

/* Default holder of a place (S38): the company of its estate, else its community, else its street.
 * An area above the estate is held by its community, or its street. Never NULL; "" for a place that
 * is not in force. Without an instant: by its last period. */
const char *hx_place_holder_at(const struct hx_place *place, int64_t at);
const char *hx_place_holder(const struct hx_place *place);

/* The company of an estate at an instant; "" when it has none, or is no estate. */
const char *hx_city_estate_company(const struct hx_city *city, const char *estate, int64_t at);

/* The first instant after `after` at which this company no longer manages the estate which it
 * managed just before, or at which an estate without one, which this community or street holds by
 * default, gets its first; INT64_MAX = never (corner 22, S38). */
int64_t hx_city_company_ends(const struct hx_city *city, const char *estate, const char *holder,
                             int64_t after);

/* Whether a case may be given to this id at an instant: a company, another unit, a community or a
 * street that is in force. */
bool hx_city_holder_known(const struct hx_city *city, const char *id, int64_t at);

/* Names of a place, company or unit, for people; NULL when the id is unknown. */
const char *hx_city_name(const struct hx_city *city, const char *id, bool zh);

/* Who is on duty when (rota.h). The registry owns it from then on, and frees an earlier one. NULL
 * until one is set. */
void hx_city_set_rota(struct hx_city *city, struct hx_rota *rota);
const struct hx_rota *hx_city_rota(const struct hx_city *city);

/* By which roads people are reached (roads.h); owned and freed like the rota. NULL when the city
 * says nothing about it. */
void hx_city_set_roads(struct hx_city *city, struct hx_roads *roads);
const struct hx_roads *hx_city_roads(const struct hx_city *city);

/* Walks in the order of ids, each place once, by its first period; NULL ends. *at starts at 0. */
const struct hx_place *hx_city_next(const struct hx_city *city, enum hx_place_kind kind,
                                    size_t *at);
const struct hx_company *hx_city_next_company(const struct hx_city *city, size_t *at);
size_t hx_city_count(const struct hx_city *city, enum hx_place_kind kind);

/* A position into a grid: set by daemon/config, which knows the borders. `locate` answers the id of
 * the grid at an instant, NULL outside all of them; `release` is called by hx_city_free. One thread
 * at a time. */
struct hx_borders {
    const char *(*locate)(void *ctx, double lon, double lat, int64_t at);
    void (*release)(void *ctx);
    void *ctx;
};
void hx_city_set_borders(struct hx_city *city, const struct hx_borders *borders);
/* After the last add: a position within so many metres of a building of its grid lies in the estate
 * of the nearest one, so that its company is found. 0 = never. HX_NOMEM. */
HX_CHECK int hx_city_set_nearest(struct hx_city *city, unsigned metres);

/* NULL outside every grid, or when the registry has no borders. */
const struct hx_place *hx_city_locate(const struct hx_city *city, double lon, double lat,
                                      int64_t at);

/* Minutes east of UTC, for day parts and for the days of files. 480 unless set. */
void hx_city_set_utc_offset(struct hx_city *city, int minutes);
int hx_city_utc_offset(const struct hx_city *city);

/* Version of the registry: text set by its loader, e.g. "city-2026-10-01". */
void hx_city_set_version(struct hx_city *city, const char *version);
const char *hx_city_version(const struct hx_city *city);
/* Its number among the versions of the city, from 1 (R14); 1 unless set. */
void hx_city_set_number(struct hx_city *city, uint32_t number);
uint32_t hx_city_number(const struct hx_city *city);

#endif
