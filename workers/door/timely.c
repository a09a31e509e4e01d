#include "door/timely.h"
#include "base/now.h"

#include <stdlib.h>
#include <string.h>

bool is_timely(const char *seconds, uint64_t window_ms)
{
    size_t n = strlen(seconds);
    if (n == 0 || n > 12 || strspn(seconds, "0123456789") != n)
        return false;
    int64_t apart = strtoll(seconds, NULL, 10) * 1000 - hx_wall_ms();
    return (apart < 0 ? -apart : apart) <= (int64_t)window_ms;
}
