/* Which rows of the life cycle a run took, and which guards said no: so that a city sees which of
 * its rules a scenario is about, and a test that none is left out. */
#ifndef SIMULATE_ROWS_H
#define SIMULATE_ROWS_H

#include "engine/rules/rules.h"
#include <stdio.h>

struct rows;

/* NULL without memory. The rules must outlive it. */
struct rows *rows_new(const struct hx_rules *rules);
void rows_free(struct rows *r); /* NULL is allowed */

/* For struct hx_machine.row: counts one row; `ctx` is a struct rows. */
void rows_count(void *ctx, const struct hx_transition *row, const struct hx_word *refused);

/* One line of JSON for each row that was tried: its line in the file, how often it was taken, and
 * how often each guard refused. HX_IO. */
HX_CHECK int rows_print(const struct rows *r, FILE *out);

#endif
