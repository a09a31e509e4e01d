/* libical does not look whether it was given memory: a daemon that is refused some while it reads a
 * calendar ends there, which loses nothing and shows nothing. So none is refused (linked with
 * --wrap); tests/faulted has our own part of the reading fail. */
#include "config/calendar/holidays.h"

#include "sim/sim.h"

int __real_hx_holidays_parse(const char *file, const char *text, struct hx_table *table,
                             struct hx_problem *problem);
int __wrap_hx_holidays_parse(const char *file, const char *text, struct hx_table *table,
                             struct hx_problem *problem);

int __wrap_hx_holidays_parse(const char *file, const char *text, struct hx_table *table,
                             struct hx_problem *problem)
{
    bool inside = sim.inside;
    sim.inside = false;
    int rc = __real_hx_holidays_parse(file, text, table, problem);
    sim.inside = inside;
    return rc;
}
