#include "config/reading/size.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

int hx_size_parse(const char *text, uint64_t *bytes)
{
    static const char *const units[] = {"B", "KiB", "MiB", "GiB", "TiB"};
    char *end;
    if (*text < '0' || *text > '9')
        return HX_INVALID;
    errno = 0;
    uint64_t n = strtoull(text, &end, 10);
    if (errno)
        return HX_INVALID;
    end += strspn(end, " ");
    for (unsigned i = 0; i < sizeof units / sizeof *units; i++) {
        if (strcmp(end, units[i]) != 0 && (i > 0 || *end))
            continue;
        if (n > UINT64_MAX >> (10 * i))
            return HX_INVALID;
        *bytes = n << (10 * i);
        return HX_OK;
    }
    return HX_INVALID;
}
