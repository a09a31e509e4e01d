/* The kernel as the daemon sees it: clocks, whether they are right, room on the disk, randomness.
 * These names are the C library's; the linker takes ours, for shared libraries as well. */
#include "sim/sim.h"

#include <sodium.h>
#include <string.h>
#include <sys/statvfs.h>
#include <sys/timex.h>
#include <time.h>

/* Reading a clock takes time: whoever waits for one does not wait for ever. */
int clock_gettime(clockid_t id, struct timespec *ts)
{
    int64_t us = ++sim.now_us;
    if (id == CLOCK_REALTIME || id == CLOCK_REALTIME_COARSE)
        us += sim.wall_off_us;
    ts->tv_sec = us / SIM_SECOND;
    ts->tv_nsec = us % SIM_SECOND * 1000;
    return 0;
}

int adjtimex(struct timex *t)
{
    memset(t, 0, sizeof *t);
    t->status = sim.synchronised ? 0 : STA_UNSYNC;
    return sim.synchronised ? TIME_OK : TIME_ERROR;
}

int statvfs(const char *path, struct statvfs *fs)
{
    (void)path;
    memset(fs, 0, sizeof *fs);
    fs->f_frsize = 4096;
    fs->f_bavail = UINT64_C(1) << 30;
    return 0;
}

/* ---- libsodium's randomness ---- */

static const char *name(void)
{
    return "seeded";
}

static void fill(void *const buf, const size_t size)
{
    for (size_t i = 0; i < size; i++)
        ((uint8_t *)buf)[i] = (uint8_t)sim_draw(256);
}

static uint32_t number(void)
{
    return (uint32_t)sim_draw(UINT64_C(1) << 32);
}

static randombytes_implementation seeded = {
    .implementation_name = name, .random = number, .buf = fill};

/* Before sodium_init(), so that the library never asks the real kernel. */
__attribute__((constructor)) static void use_seeded(void)
{
    randombytes_set_implementation(&seeded);
}
