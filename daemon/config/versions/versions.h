/* Versions: every life cycle, table of holidays and city that is or was in force, for the clocks
 * and cases that are pinned to them (R14).
 *
 * A version is a text: the file as it stood. What kinds there are stands in one table (versions.c):
 * how a text is recognised, read, checked against what is in force, and put there. Numbers of a
 * kind and name only grow; a number is never used again with another text. Versions live until
 * hx_versions_free. One thread.
 *
 * A version of the city (places, borders, companies, routing, rota) is a bundle of the files that
 * change (city_texts.h) over those of the version before; it is judged with them as a whole. The
 * files bear no number: versions are counted. */
#ifndef CONFIG_VERSIONS_H
#define CONFIG_VERSIONS_H

#include "config/city/city_texts.h"
#include "config/reading/problem.h"
#include "engine/machine/apply.h"

#include <string.h>

enum { HX_DIGEST_SIZE = 32, HX_VERSION_FILE_MAX = 1024 * 1024 };

/* One text. Owned by the versions once it is put, until then by whoever read it. */
struct hx_version {
    const char *kind; /* static: "calendar", "city", "life-cycle" */
    char name[HX_NAME_MAX];
    uint32_t number;
    uint8_t digest[HX_DIGEST_SIZE]; /* BLAKE2b-256 of the text */
    char *file;                     /* where it came from, for messages */
    char *text;
    size_t size;
    bool by_persons; /* somebody asked for it and another agreed; else it came with the files */
    void *parsed;    /* its kind's own */
};

/* It brings places, borders or people, and no dates. */
static inline bool hx_version_is_city(const struct hx_version *x)
{
    return strcmp(x->kind, "city") == 0;
}

struct hx_versions; /* opaque */

HX_CHECK int hx_versions_new(struct hx_versions **out);
void hx_versions_free(struct hx_versions *v);

/* Reads a text of whatever kind it is and checks it by itself; `file` is named in messages. On
 * success the caller owns *out (hx_version_free). HX_CONFIG, HX_NOMEM. */
HX_CHECK int hx_version_read(struct hx_versions *v, const char *file, const char *text, size_t size,
                             struct hx_version **out, struct hx_problem *problem);
/* The same from a file, or from the folder of a city or a file of it; HX_IO as well. */
HX_CHECK int hx_version_load(struct hx_versions *v, const char *path, struct hx_version **out,
                             struct hx_problem *problem);
void hx_version_free(struct hx_version *x); /* NULL is allowed; not one that was put */

/* Whether it may come into force at `now` after what is: a higher number, or the very same text
 * again (HX_EXISTS). HX_CONFIG with the file and line of both sides: a number that was used with
 * other content, one that is not higher, a life cycle that takes something away from open cases, or
 * shortens a promise from a day that is past. */
HX_CHECK int hx_version_follows(const struct hx_versions *v, const struct hx_version *x,
                                int64_t now, struct hx_problem *problem);

/* Puts it in force: new clocks take it. Versions of a name are put in the order of their numbers,
 * tables before the life cycles that name them. */
HX_CHECK int hx_versions_put(struct hx_versions *v, struct hx_version *x,
                             struct hx_problem *problem);

/* What it changes in open cases; before or after it was put. */
void hx_version_change(const struct hx_versions *v, const struct hx_version *x,
                       struct hx_change *change);

/* It came into force with journal entry `lsn` (0 = it was there from the start); `open`: open cases
 * follow it. Without a call: from the start, for new clocks. */
void hx_version_came(struct hx_versions *v, const struct hx_version *x, uint64_t lsn, bool open);

/* What is read from now on was in force once: a city is not judged again, and only looked into when
 * somebody asks for it. */
void hx_versions_believe(struct hx_versions *v, bool believed);

/* Every fault of a text that is read from now on is told, too (NULL = no longer). */
void hx_versions_hear(struct hx_versions *v, const struct hx_problems *tell);

/* The city in force; *out NULL when there is none. HX_CONFIG: its files can no longer be read. */
HX_CHECK int hx_versions_city(struct hx_versions *v, const struct hx_city **out,
                              struct hx_problem *problem);
/* Looks into every city that was in force at entry `since` (0 = the first) or later, so that they
 * hang behind the newest: for whoever asks about the past (hx_city_in_force). Nothing when that is
 * done.
 */
HX_CHECK int hx_versions_past(struct hx_versions *v, uint64_t since, struct hx_problem *problem);

/* The files of a configuration as a version, with the city that was made of them, which the version
 * owns from then on (also on error). The version is the caller's, as from hx_version_read; nothing
 * is judged again. */
HX_CHECK int hx_version_of_city(struct hx_versions *v, const struct hx_city_texts *texts,
                                struct hx_city *city, struct hx_version **out,
                                struct hx_problem *problem);
/* The version that had these very files; NULL = none. */
const struct hx_version *hx_versions_same_city(const struct hx_versions *v,
                                               const struct hx_version *x);
/* `version` in the city.yaml of a version of the city. */
const char *hx_version_label(const struct hx_version *x);
/* A file of the city in force: "routing.csv"; NULL when it has none. *number = of its version. */
const struct hx_city_text *hx_versions_city_file(const struct hx_versions *v, const char *name,
                                                 uint32_t *number);

/* The life cycle in force; NULL before one was put. Older ones hang behind it. */
const struct hx_rules *hx_versions_rules(const struct hx_versions *v);

/* A version that was put; NULL when there is none. `number` 0 = the newest. */
const struct hx_version *hx_versions_find(const struct hx_versions *v, const char *kind,
                                          const char *name, uint32_t number);
/* All that were put, in their order; NULL ends. */
const struct hx_version *hx_versions_at(const struct hx_versions *v, size_t i);

/* The life cycle file with the tables that it names, each file once, in the order in which they are
 * to be put; *n of them in list (at most HX_RULES_TABLES + 1), owned by the caller. */
HX_CHECK int hx_version_files(struct hx_versions *v, const char *life_cycle,
                              struct hx_version *list[HX_RULES_TABLES + 1], size_t *n,
                              struct hx_problem *problem);

/* Reads and puts these files: what the simulator and a new store begin with. */
HX_CHECK int hx_versions_load(const char *life_cycle, struct hx_versions **out,
                              struct hx_problem *problem);

#endif
