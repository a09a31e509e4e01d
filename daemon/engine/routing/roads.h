/* Roads (送达渠道): by which ways somebody is reached, the first to be tried first. Which roads
 * there are, and how long each waits for a receipt, is in the life cycle (rules.h); here stands who
 * has which.
 *
 * A row is for one person everywhere or on one post, for a post, for an area, for a role, or for
 * everybody; the narrowest rows that fit decide together, wider ones are not added to them.
 *
 * Immutable once sealed, then any thread. Pure. */
#ifndef ENGINE_ROUTING_ROADS_H
#define ENGINE_ROUTING_ROADS_H

#include "engine/place/place.h"

enum { HX_ROADS_MAX = 6 }; /* roads of one receiver */

struct hx_road {
    char role[HX_ID_MAX]; /* "" = any; so below */
    char area[HX_ID_MAX];
    char person[HX_ID_MAX];
    int order; /* lower is tried first */
    char road[HX_ID_MAX];
    unsigned line; /* in its file, for messages */
};

struct hx_roads;

HX_CHECK int hx_roads_new(struct hx_roads **out);
void hx_roads_free(struct hx_roads *roads);
/* Copies. HX_INVALID: an id that is none, an order below 1, or a person with only one half of a
 * post. HX_NOMEM. */
HX_CHECK int hx_roads_add(struct hx_roads *roads, const struct hx_road *road);
/* Ends the building. HX_EXISTS when two rows have the same order or the same road, HX_TOOBIG when
 * somebody has more than HX_ROADS_MAX: the later row and the one before it are then in `clash`. */
HX_CHECK int hx_roads_seal(struct hx_roads *roads, const struct hx_road *clash[2]);

/* Names of the roads of a person on a post, in their order; 0 = nothing is said about it. Texts
 * live as long as the roads. */
size_t hx_roads_of(const struct hx_roads *roads, const char *role, const char *area,
                   const char *person, const char *out[HX_ROADS_MAX]);

/* All rows; NULL ends. *at starts at 0. */
const struct hx_road *hx_roads_next(const struct hx_roads *roads, size_t *at);

#endif
