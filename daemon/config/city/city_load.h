/* The city's files into the registry of places (engine/place/place.h). docs/city.md explains the
 * files.
 *
 * All or nothing: a city is loaded when everything in it is right, or refused with the first fault
 * that was found, as "file:line: what", and both lines where two contradict each other (S9). */
#ifndef CONFIG_CITY_LOAD_H
#define CONFIG_CITY_LOAD_H

#include "config/city/city_texts.h"
#include "config/reading/problem.h"
#include "engine/place/place.h"

enum {
    HX_CITY_VERSION_MAX = 63, /* bytes of a city's version */
    HX_CITY_NAME_MAX = 200,   /* bytes of a name */
    HX_DUTY_ORDER_MAX = 1000, /* highest order of a person on duty; the lowest is 1 */
};

/* Reads city.yaml, streets.csv, communities.csv, grids.csv, companies.csv, estates.csv,
 * buildings.csv and duty.csv of the folder `dir`, and what is there of units.csv, day-parts.csv,
 * duty.ics (then duty.csv may be missing), leave.csv, roads.csv, routing.csv, admission.csv,
 * exceptions.csv and grids.geojson. On success *out is a registry that is freed with hx_city_free.
 * Errors, each with its text in `problem`:
 * - HX_CONFIG: something in a file is not right
 * - HX_IO: a file cannot be read
 * - HX_NOMEM
 * Any thread. */
HX_CHECK int hx_city_load(const char *dir, struct hx_city **out, struct hx_problem *problem);

/* The same from texts (city_texts.h), which are not needed afterwards. With `tell` (or NULL) it
 * goes on after a fault; `problem` then is the last of them. */
HX_CHECK int hx_city_parse(const struct hx_city_texts *texts, const struct hx_problems *tell,
                           struct hx_city **out, struct hx_problem *problem);

/* The `version` of city.yaml alone. HX_CONFIG, HX_NOMEM. */
HX_CHECK int hx_city_label(const struct hx_city_texts *texts, char label[HX_CITY_VERSION_MAX + 1],
                           struct hx_problem *problem);

/* Whether the routing table names only classes, and roads.csv only roads, of the life cycle.
 * HX_CONFIG with the line. */
struct hx_rules;
HX_CHECK int hx_city_fits(const char *where, const struct hx_city *city,
                          const struct hx_rules *rules, struct hx_problem *problem);

#endif
