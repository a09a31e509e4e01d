/* When deadlines could not be judged, in engine time, and what excuse that is. */
#include "sim/sim.h"

#include <stdlib.h>

enum {
    SLACK_MS = 500, /* batches before it, their syncs */
    GRACE_MS =
        38 * 1000, /* after an outage: the sources' time to send again, a pause of the store */
    JUMP_GRACE_MS = 62 * 1000, /* after a jump of the clock: as long as it is in doubt */
};

static struct outage {
    int64_t from, to;
    bool jump; /* of the clock */
} * list;
static size_t n, cap;
static int depth;

void outage_begin(void)
{
    if (depth++)
        return;
    if (n == cap) {
        cap = cap ? 2 * cap : 64;
        list = realloc(list, cap * sizeof *list);
        if (!list)
            abort();
    }
    list[n].jump = false;
    list[n].from = reactor_engine_now();
    list[n++].to = INT64_MAX;
}

void outage_end(void)
{
    if (depth && --depth == 0)
        list[n - 1].to = reactor_engine_now();
}

void outage_jump(void)
{
    list[n - 1].jump = true;
}

void outages_clear(void)
{
    free(list);
    list = NULL;
    n = cap = 0;
    depth = 0;
}

int64_t outage_excuse(int64_t due)
{
    int64_t slack = SLACK_MS * (int64_t)sim.scale, until = due + slack;
    for (size_t i = 0; i < n; i++) {
        int64_t from = list[i].from < list[i].to ? list[i].from : list[i].to;
        int64_t to = list[i].from < list[i].to ? list[i].to : list[i].from;
        int64_t grace = (list[i].jump ? JUMP_GRACE_MS : GRACE_MS) * (int64_t)sim.scale;
        if (from <= until && due <= to + grace && to + grace > until)
            until = to + grace;
    }
    return until;
}
