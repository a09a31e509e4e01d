/* Memory that is refused to the daemon now and then, and to nobody else in this process. Sanitized
 * builds have an allocator of their own and do without. */
#include "sim/sim.h"

#include <errno.h>
#include <stdlib.h>

void *__libc_malloc(size_t size);
void *__libc_calloc(size_t n, size_t size);
void *__libc_realloc(void *p, size_t size);

static bool refused(void)
{
    if (!sim.inside || !sim.scarce || sim_draw(sim.scarce))
        return false;
    sim.counts.no_memory++;
    errno = ENOMEM;
    return true;
}

void *malloc(size_t size)
{
    return refused() ? NULL : __libc_malloc(size);
}

void *calloc(size_t n, size_t size)
{
    return refused() ? NULL : __libc_calloc(n, size);
}

void *realloc(void *p, size_t size)
{
    return refused() ? NULL : __libc_realloc(p, size);
}
