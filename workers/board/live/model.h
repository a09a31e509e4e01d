/* The promises that run: one row for each, of the open cases that a principal may see. Filled by
 * the snapshot of his feed and kept up to date by its entries; where an entry does not say enough
 * (a case that comes into sight, a new holder), the case is asked for. One thread. */
#ifndef BOARD_MODEL_H
#define BOARD_MODEL_H

#include "board/places.h"
#include "hongxin/schema.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct model_case;

struct model_row {
    struct model_case *of;
    struct model_row *next; /* of the same case */
    const char *clock;      /* interned */
    int64_t start, deadline;
    uint64_t budget_ms;
    bool paused;
};

struct model_case {
    uint64_t number, version;
    const char *places[PLACE_COUNT]; /* street … building; interned, "" when it is not told */
    const char *state, *class, *category, *holder, *level;
    bool drill, dirty;
    struct model_row *rows;
};

struct model; /* opaque */

/* Which clocks are promises: those of the life cycle in force. */
typedef bool model_promise_fn(void *arg, const char *clock);

struct model *model_new(model_promise_fn *is_promise, void *arg);
void model_free(struct model *m);
void model_clear(struct model *m);

/* The case is as this view says; without memory it stays as it was. */
void model_take_view(struct model *m, const hxp_case_view *v);
/* False: the case has to be asked for. */
bool model_take_entry(struct model *m, const hxp_entry *e);
void model_forget(struct model *m, uint64_t case_number);

/* All rows by deadline, then case; valid until the next change. */
struct model_row *const *model_rows(struct model *m, size_t *n);
size_t model_cases(const struct model *m);

/* The ids of a where, interned, each "" when it is not told; NULL: none is. */
void model_places(const hxp_where *w, const char *places[PLACE_COUNT]);

/* A text that lives as long as the program. Ids, states, clocks: their number is bounded. */
const char *intern(const char *text);

#endif
