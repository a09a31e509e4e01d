/* Copies of short texts into fixed members, without a format to interpret. Any thread. */
#ifndef BASE_TEXT_H
#define BASE_TEXT_H

#include <stddef.h>
#include <string.h>

/* Copies as much of `from` as fits, always with its NUL. NULL counts as "". `size` is at least 1.
 */
static inline void hx_text_put(char *to, size_t size, const char *from)
{
    size_t n = from ? strnlen(from, size - 1) : 0;
    if (n)
        memcpy(to, from, n);
    to[n] = '\0';
}

#endif
