#include "http/gzip.h"

#include <limits.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <zlib.h>

enum {
    LEVEL = 3,
    GZIP_FORM = 15 + 16,
    MEMORY = 8
}; /* level 6 takes thrice the time for a tenth less */

bool http_takes_gzip(const char *accept_encoding)
{
    static const char blanks[] = " \t";
    const char *p = strstr(accept_encoding, "gzip");
    if (!p)
        return false;
    p += strlen("gzip");
    p += strspn(p, blanks);
    if (*p != ';')
        return true;
    p++;
    p += strspn(p, blanks);
    if (strncasecmp(p, "q=", 2) != 0)
        return true;
    p += 2;
    p += strspn(p, "0."); /* a weight of nothing but zeros: it is refused */
    return *p >= '1' && *p <= '9';
}

bool http_shrinks(const char *type)
{
    return strstr(type, "json") || strncmp(type, "text/", 5) == 0 || strstr(type, "yaml");
}

void *http_gzip(const void *body, size_t size, size_t *packed)
{
    z_stream z = {.next_in = (Bytef *)(uintptr_t)body, .avail_in = (uInt)size};
    unsigned char *out = NULL;
    if (size > UINT_MAX ||
        deflateInit2(&z, LEVEL, Z_DEFLATED, GZIP_FORM, MEMORY, Z_DEFAULT_STRATEGY) != Z_OK)
        return NULL;
    if ((out = malloc(size))) {
        z.next_out = out;
        z.avail_out = (uInt)size; /* what does not fit is no smaller */
        if (deflate(&z, Z_FINISH) == Z_STREAM_END) {
            *packed = z.total_out;
        } else {
            free(out);
            out = NULL;
        }
    }
    deflateEnd(&z);
    return out;
}
