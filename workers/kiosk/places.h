/* The buildings of the city in force, so that people find theirs by its name: nobody knows a number
 * by heart. */
#ifndef KIOSK_PLACES_H
#define KIOSK_PLACES_H

#include "hongxin/error.h"
#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct places; /* opaque */

enum { PLACES_FOUND_MAX = 6 };

/* Out of the city's table buildings.csv: id, name_zh, name_en by their headings. HX_INVALID: no
 * such table. HX_NOMEM. */
HX_CHECK int places_read(const char *table, size_t size, struct places **out);
void places_free(struct places *p); /* NULL is allowed */

size_t places_count(const struct places *p); /* 0 for NULL */

/* Those whose id or names hold every word of `words`, in the table's order; an id that is just
 * these words comes first. [{"id": …, "zh": …, "en": …}], at most PLACES_FOUND_MAX, a new
 * reference. Without places: []. */
json_t *places_find(const struct places *p, const char *words);

/* What all searches together may take of the loop's time, because each goes through the whole
 * table: PLACES_SHARE_US of a second, and no more than that at once. Zeros begin; times are
 * microseconds of the monotonic clock. */
enum { PLACES_SHARE_US = 200000 };
struct places_budget {
    int64_t left_us, at_us;
};
bool places_may(struct places_budget *b, int64_t now_us);
void places_took(struct places_budget *b, int64_t us);

#endif
