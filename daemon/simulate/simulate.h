/* `hongxin simulate`: one scenario in, every fact out, under a virtual clock. The same machine,
 * rules and places as the daemon; the output depends on nothing but the input and the
 * configuration. */
#ifndef SIMULATE_SIMULATE_H
#define SIMULATE_SIMULATE_H

#include "config/versions/versions.h"
#include "engine/machine/machine.h"
#include "simulate/scenario.h"

/* Runs a scenario to its end and writes facts as JSON Lines. `until` 0 = as the scenario says.
 * HX_INVALID with a text in `problem` when an action cannot be done; HX_IO when `out` cannot be
 * written; HX_CORRUPT when the run was to be proven and is not; HX_NOMEM. */
struct simulate_options {
    struct hx_versions *versions; /* borrowed; `apply` adds to them */
    const char *folder;           /* of the scenario: where files to apply are looked for */
    const char *scenario;         /* its name, for problems */
    int64_t until;
    FILE *out;
};
HX_CHECK int simulate_run(const struct simulate_options *options, const struct scenario *s,
                          char problem[512]);

/* The life cycle and the city of a configuration folder. HX_CONFIG, HX_IO, HX_NOMEM. */
HX_CHECK int simulate_config(const char *folder, struct hx_versions **versions,
                             struct hx_problem *problem);

/* The subcommand. 0 when every line was understood, 2 otherwise. */
int hx_simulate_main(int argc, char **argv);

#endif
