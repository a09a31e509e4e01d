/* `apply` in a scenario: a new version of a life cycle or a calendar comes into force. */
#ifndef SIMULATE_APPLY_H
#define SIMULATE_APPLY_H

#include "config/versions/versions.h"
#include "engine/machine/memory.h"
#include "simulate/scenario.h"

struct simulate_apply {
    struct hx_machine *machine; /* gets the new rules */
    struct hx_memory *memory;
    struct hx_versions *versions;
    const char *folder;   /* of the scenario: files are looked for in it */
    const char *scenario; /* its name, for problems */
    const struct scenario_action *action;
};

/* New clocks take the version from now on; with `open` the clocks of open cases move to it, each
 * case as an entry CALENDAR_APPLIED. HX_INVALID with a text in `problem` when the file is refused:
 * nothing has changed then. */
HX_CHECK int simulate_apply(const struct simulate_apply *a, char problem[512]);

#endif
