/* The inside of a routing table, for route.c and route_table.c. */
#ifndef ENGINE_ROUTING_ROUTE_INTERNAL_H
#define ENGINE_ROUTING_ROUTE_INTERNAL_H

#include "engine/place/place_internal.h"
#include "engine/routing/route.h"

struct route_node {
    struct hx_route_row row;
    struct route_node *next; /* of the same place, in the order of the table */
};

struct route_list {
    char key[HX_ID_MAX]; /* place; "" = the whole city */
    struct route_node *first, *last;
};

struct exception_node {
    struct hx_exception exception;
    struct exception_node *next;
};

struct hx_routing {
    struct city_table parts, places, admissions, exceptions;
    struct city_table ids;            /* rows by their id */
    const struct hx_route_row **rows; /* in the order of the table */
    size_t n_rows, room;
    struct exception_node *exception_list;
    char fallback[HX_ID_MAX]; /* "" = the first street */
};

/* Whether a minute of the day lies in the part. */
bool city_minute_in(const struct hx_day_part *part, int minute);

#endif
