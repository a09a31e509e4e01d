/* The inside of a registry, for place*.c and route*.c. */
#ifndef ENGINE_PLACE_PLACE_INTERNAL_H
#define ENGINE_PLACE_PLACE_INTERNAL_H

#include "base/arena.h"
#include "engine/place/place.h"

enum { CITY_VERSION_MAX = 64 };

struct city_table {
    const char **slots; /* first member of a record; NULL = free */
    size_t size;        /* a power of two, or 0 */
    size_t used;
};

struct city_vector {
    void **items; /* records, in the order of their ids */
    size_t count;
    size_t room;
    bool unsorted;
};

struct hx_city {
    struct hx_arena arena;
    struct city_table places; /* first periods */
    struct city_table companies;
    struct city_table units;
    struct city_vector by_kind[HX_PLACE_KINDS];
    struct city_vector company_order;
    struct hx_borders borders;
    struct city_near *near; /* place_near.c; NULL = positions know no buildings */
    struct hx_rota *rota;
    struct hx_roads *roads;
    struct hx_routing *routing; /* route_table.c */
    int utc_offset;
    char version[CITY_VERSION_MAX];
    uint32_t number;             /* of this version */
    const struct hx_city *older; /* in force before journal entry from_lsn; borrowed */
    uint64_t from_lsn;
};

/* The record with this key; NULL when there is none or the key is NULL. */
const void *city_table_get(const struct city_table *t, const char *key);
/* Room for one more, at most two thirds full. */
HX_CHECK int city_table_reserve(struct city_table *t);
/* After city_table_reserve; the record begins with its key, which is not in the table. */
void city_table_put(struct city_table *t, const char *record);

/* Copies both names into the registry; NULL becomes "". */
HX_CHECK int city_keep_names(struct hx_city *city, const char **zh, const char **en);

/* The building next to a position (lon, lat), in force at an instant, within the distance that
 * hx_city_set_nearest has set; NULL = none. */
const struct hx_place *city_nearest(const struct hx_city *city, const double position[2],
                                    int64_t at);
void city_near_free(struct city_near *near); /* NULL is allowed */

/* The routing table, made when there is none; NULL without memory. */
struct hx_routing *city_routing(struct hx_city *city);
void city_routing_free(struct hx_routing *r); /* NULL is allowed */

#endif
