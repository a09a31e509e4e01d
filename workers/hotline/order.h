/* A work order (工单) in a city's own words as an event. */
#ifndef HOTLINE_ORDER_H
#define HOTLINE_ORDER_H

#include "mapping/mapping.h"
#include <jansson.h>

/* Reads the object by the mapping: its keys are what the headings of a table are there. On success
 * the record is the caller's, to be freed by record_fini(), which is allowed after an error, too.
 * HX_INVALID with what is wrong: it names columns, never what stands in them. HX_NOMEM. */
HX_CHECK int order_read(const struct mapping *m, const json_t *body, struct record *record,
                        char problem[MAPPING_PROBLEM]);

#endif
