/* Retention classes (J7): how long it is kept who reported, by what became of the case.
 *
 * A YAML file of classes, each with conditions and a time; the first that fits decides, the last
 * one fits every case. The time runs from the end of the case. Immutable once loaded, any thread.
 */
#ifndef CONFIG_RETENTION_H
#define CONFIG_RETENTION_H

#include "config/reading/problem.h"
#include "engine/case/case.h"
#include "engine/rules/rules.h"
#include <stdint.h>

enum { HX_RETENTION_CLASSES = 32, HX_RETENTION_NAME = 40, HX_RETENTION_CATEGORIES = 16 };

struct hx_retention_class {
    char name[HX_RETENTION_NAME];
    /* conditions; 0 and none: every case */
    uint32_t flags;   /* bits of enum hx_flag */
    uint64_t states;  /* 1 << number of the state */
    uint64_t classes; /* 1 << number of the class */
    char categories[HX_RETENTION_CATEGORIES][HX_ID_MAX];
    size_t n_categories;
    int64_t keep_ms;
};

struct hx_retention {
    struct hx_retention_class list[HX_RETENTION_CLASSES];
    size_t n;
};

/* HX_CONFIG: not YAML, an unknown key, flag, state or class, no time, a class without conditions
 * that is not the last one, or a last one with conditions. HX_IO, HX_NOMEM. The caller frees *out
 * with free(). */
HX_CHECK int hx_retention_load(const char *path, const struct hx_rules *rules,
                               struct hx_retention **out, struct hx_problem *problem);

/* The class of a case. Never NULL. */
const struct hx_retention_class *hx_retention_of(const struct hx_retention *r,
                                                 const struct hx_case *c);

/* When the identities of a case are to be erased: INT64_MAX as long as it is open. */
int64_t hx_retention_due(const struct hx_retention *r, const struct hx_rules *rules,
                         const struct hx_case *c);

#endif
