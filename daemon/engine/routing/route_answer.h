/* The routing decision as messages of the protocol. */
#ifndef ENGINE_ROUTING_ROUTE_ANSWER_H
#define ENGINE_ROUTING_ROUTE_ANSWER_H

#include "base/arena.h"
#include "engine/machine/machine.h"
#include "engine/routing/route.h"
#include "engine/time/calendar.h"
#include "hongxin/schema.h"

/* What an entry of the journal says of a decision; in the arena, texts are the registry's. NULL
 * without memory. */
hxp_routing *hx_route_message(struct hx_arena *arena, const struct hx_city *city,
                              const struct hx_route *route);

/* The code of a question that cannot be answered: UNKNOWN_PLACE, BAD_POSITION; NULL = it can. */
const char *hx_route_fault(const struct hx_city *city, const Hongxin__V1__RouteQuery *q);

/* When a question is asked. */
struct hx_route_when {
    int64_t now;                      /* serves where the question names no instant */
    struct hx_days duty;              /* by which the rota knows working days */
    const struct hx_machine *machine; /* knows the swaps in force; NULL = the rota alone */
};

/* The whole answer, line by line, without changing anything. The daemon and `hongxin route
 * --config` both answer by this. In the arena; NULL without memory. */
Hongxin__V1__RouteAnswer *hx_route_answer(struct hx_arena *arena, const struct hx_city *city,
                                          const Hongxin__V1__RouteQuery *q,
                                          const struct hx_route_when *when);

#endif
