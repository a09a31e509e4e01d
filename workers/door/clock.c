#include "door/clock.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

static int64_t read_ms(clockid_t id)
{
    struct timespec t;
    clock_gettime(id, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

int64_t clock_wall_ms(void)
{
    return read_ms(CLOCK_REALTIME);
}

int64_t clock_mono_ms(void)
{
    return read_ms(CLOCK_MONOTONIC);
}

bool clock_is_timely(const char *seconds, uint64_t window_ms)
{
    size_t n = strlen(seconds);
    if (n == 0 || n > 12 || strspn(seconds, "0123456789") != n)
        return false;
    int64_t apart = strtoll(seconds, NULL, 10) * 1000 - clock_wall_ms();
    return (apart < 0 ? -apart : apart) <= (int64_t)window_ms;
}
