/* A work order (工单) in a city's own words as an event. */
#ifndef HOTLINE_ORDER_H
#define HOTLINE_ORDER_H

#include "mapping/mapping.h"
#include <jansson.h>

/* Reads the object by the mapping: its keys are what the headings of a table are there. On success
 * the target's record is filled, and lives in the target's arena.
 * HX_INVALID with what is wrong: it names columns, never what stands in them. HX_NOMEM. */
HX_CHECK int order_read(const struct mapping *m, const json_t *body, struct map_target *target,
                        char problem[MAPPING_PROBLEM]);

#endif
