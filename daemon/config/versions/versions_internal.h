/* Shared by versions.c and the files with kinds of texts: versions_calendar.c, versions_city.c,
 * versions_life_cycle.c. */
#ifndef CONFIG_VERSIONS_INTERNAL_H
#define CONFIG_VERSIONS_INTERNAL_H

#include "config/versions/versions.h"

enum { VERSIONS = 16 * 1024 }; /* kept at the same time, of all kinds */

struct hx_versions {
    struct hx_version *list[VERSIONS];
    size_t n;
    struct hx_table tables[HX_RULES_TABLES]; /* own their versions */
    uint8_t n_tables;
    struct hx_rules *rules;         /* newest */
    bool believed;                  /* what is read was in force once */
    const struct hx_problems *tell; /* who hears every fault; NULL = the first ends it */
};

/* One kind of text. */
struct version_kind {
    const char *name;
    bool (*is)(const char *text);
    int (*read)(struct hx_versions *v, struct hx_version *x, struct hx_problem *problem);
    int (*follows)(const struct hx_version *x, const struct hx_version *before, int64_t now,
                   struct hx_problem *problem); /* NULL = a higher number is enough */
    int (*put)(struct hx_versions *v, struct hx_version *x, struct hx_problem *problem);
    void (*change)(const struct hx_versions *v, const struct hx_version *x, struct hx_change *c);
    void (*came)(const struct hx_versions *v, const struct hx_version *x, uint64_t lsn, bool open);
    void (*drop)(struct hx_version *x); /* what was read and not put */
    bool kept; /* what was put is owned by others, which free it: only `parsed` itself goes */
};

extern const struct version_kind version_calendar, version_city, version_life_cycle;

/* The table of holidays of this name, with all of its versions in force; NULL: none is. */
struct hx_table *version_table(struct hx_versions *v, const char *name);

#endif
