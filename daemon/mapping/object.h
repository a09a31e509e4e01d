/* An object of JSON as a row: its keys are the heading, its values the fields. For sources that
 * send objects where others send tables. One thread. */
#ifndef MAPPING_OBJECT_H
#define MAPPING_OBJECT_H

#include "mapping/mapping.h"
#include <jansson.h>

enum { OBJECT_NUMBER = 32, OBJECT_KEYS = 8192 };

struct object_row {
    struct csv_row heading, row; /* borrow the object's texts */
    char numbers[CSV_FIELDS_MAX][OBJECT_NUMBER];
    char keys[OBJECT_KEYS]; /* of objects inside: "caller.phone" */
    size_t keys_used;
};

/* Fills the row. Objects inside are taken as "outer.inner". HX_INVALID: it is no object, has a list
 * in it, or more than CSV_FIELDS_MAX values. */
HX_CHECK int object_row(const json_t *object, struct object_row *out);

#endif
