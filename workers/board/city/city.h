/* What the files of the city in force call people, places and companies. */
#ifndef BOARD_CITY_H
#define BOARD_CITY_H

#include "board/board.h"
#include <jansson.h>

/* Calls back once the files are there that name places and companies: at once when they are. What
 * cannot be asked for is answered. */
typedef void city_fn(struct board *b, struct http_request *r);
void city_named(struct board *b, struct http_request *r, city_fn *then);

/* Streets, communities, grids, estates, buildings, companies and units, as far as their files are
 * there: the name of each by its id. A new reference. */
json_t *city_names(const struct board *b, bool english);

/* Of the persons that are keys of `wanted`, those whose name the file of duty tells: {"liunan":
 * {"name_zh": …, "name_en": …}}. A new reference. */
json_t *city_persons(const struct board *b, const json_t *wanted);

#endif
