/* What is in force: the versions of the store and the files of the configuration, together (R14).
 *
 * Every version that was ever in force stands in the store with its text, so that clocks are judged
 * by the versions of their start whatever the files say today. A file with a higher number comes
 * into force at the start; an older file does not bring an older version back. One thread. */
#ifndef SERVICE_ACTS_IN_FORCE_H
#define SERVICE_ACTS_IN_FORCE_H

#include "config/versions/versions.h"
#include "store/store.h"

/* The files of a start. */
struct in_force_files {
    const char *life_cycle;
    const struct hx_city_texts *texts; /* of the city's folder … */
    struct hx_city *city;              /* … and what was made of them, which is taken over */
};

/* Reads the store's versions, then the files. HX_CONFIG with file and line: a file that is wrong, a
 * number that was used with other content, one that may not follow what is in force. Errors of the
 * store. */
HX_CHECK int in_force_load(struct hx_store *store, struct in_force_files *files,
                           struct hx_versions **out, struct hx_problem *problem);

/* The next table in force that lacks next year although it is November; NULL = none. *at begins at
 * 0. */
const struct hx_version *in_force_missing(const struct hx_versions *v, int64_t now, size_t *at);

/* What the store keeps of a version; texts are borrowed from it. */
void in_force_describe(const struct hx_version *x, hxp_rules_version *v);

struct service;

/* What the store keeps of this version, in the arena; NULL: nothing. Errors of the store: it cannot
 * be told. */
HX_CHECK int in_force_row(struct service *s, const struct hx_version *x, hxp_rules_version **row);

/* Before the first event: versions that came with the files are written into the store; one that
 * follows another is told in the journal. A version whose move of open cases was cut off goes on.
 */
HX_CHECK int in_force_start(struct service *s);

/* Once a minute: rings CALENDAR_MISSING, at most once a week for each table. */
HX_CHECK int in_force_look(struct service *s);

#endif
