/* Life cycle files: YAML into struct hx_rules, completely checked. */
#ifndef CONFIG_LIFE_CYCLE_H
#define CONFIG_LIFE_CYCLE_H

#include "config/reading/problem.h"
#include "engine/rules/rules.h"

/* Reads and checks `path`. On success *out is a new immutable set of rules, freed with
 * hx_life_cycle_free. HX_CONFIG with "file:line: what" in *problem for anything that is not right;
 * HX_NOMEM; HX_IO when the file cannot be read. Any thread. */
HX_CHECK int hx_life_cycle_load(const char *path, struct hx_rules **out,
                                struct hx_problem *problem);

/* Where the tables of holidays come from that a life cycle names. `table` fills *out (its version
 * is then the rules' own) or returns an error with its text; `path` is where its file stands. NULL:
 * tables are read from files. */
struct hx_table_source {
    int (*table)(void *ctx, const char *name, const char *path, struct hx_table *out,
                 struct hx_problem *problem);
    void *ctx;
    const struct hx_problems *tell; /* who hears every fault of the file and, where they are read
                                       from files, of its tables; NULL = nobody */
};

/* The same from a text that is there already; `file` is named in messages. Without a source tables
 * are read from files beside `file`. */
HX_CHECK int hx_life_cycle_parse(const char *file, const char *text,
                                 const struct hx_table_source *source, struct hx_rules **out,
                                 struct hx_problem *problem);
void hx_life_cycle_free(struct hx_rules *rules);

/* Tells what is wrong with a file, and with the tables beside it: the first fault of each state,
 * clock, row and so on. A section is looked at when those that it names things of are right;
 * whether the whole life makes sense, when all of them are. Nothing when all is right. */
void hx_life_cycle_faults(const char *path, const struct hx_problems *tell);

#endif
