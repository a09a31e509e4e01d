/* What the policy in force says to the people at a kiosk: the categories they choose from, and the
 * words for states and clocks, all out of the daemon's life cycle. */
#ifndef KIOSK_POLICY_H
#define KIOSK_POLICY_H

#include "config/reading/problem.h"
#include "hongxin/error.h"
#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

enum { POLICY_NAME_MAX = 48, POLICY_ROWS_MAX = 64 };

struct policy_row {
    char name[POLICY_NAME_MAX], zh[POLICY_NAME_MAX], en[POLICY_NAME_MAX];
    char class[POLICY_NAME_MAX]; /* of a category: as which it is reported; "" = none */
    char call[POLICY_NAME_MAX];  /* of a category that is not ours: whom to call; "" = it is */
    bool promise;                /* of a clock: promised to the resident, not among ourselves */
};

enum policy_kind { POLICY_STATES, POLICY_CLOCKS, POLICY_CATEGORIES, POLICY_KINDS };

struct policy {
    char version[64]; /* "complaint/1" */
    struct policy_row rows[POLICY_KINDS][POLICY_ROWS_MAX];
    size_t n[POLICY_KINDS];
};

/* Out of the text of a life cycle. HX_CONFIG with the problem, HX_NOMEM. */
HX_CHECK int policy_read(const char *text, const char *version, struct policy *out,
                         struct hx_problem *problem);

/* NULL: there is no such row. */
const struct policy_row *policy_find(const struct policy *p, enum policy_kind kind,
                                     const char *name);

/* Whether the clock is a promise to the resident; the others are kept among those who work. */
bool policy_promises(const struct policy *p, const char *clock);

/* {"id": …, "zh": …, "en": …}; a name without a row is its own word. A new reference. */
json_t *policy_word(const struct policy *p, enum policy_kind kind, const char *name);

#endif
