/* Copies of short texts into fixed members, without a format to interpret. Any thread. */
#ifndef BASE_TEXT_H
#define BASE_TEXT_H

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
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

/* Appends to the text that ends at `at` as much of `from` as fits before `end` with its NUL;
 * returns where the text ends now. There is room for the NUL at least. */
static inline char *hx_text_add(char *at, const char *end, const char *from)
{
    size_t n = strlen(from), room = (size_t)(end - at) - 1;
    n = n < room ? n : room;
    memcpy(at, from, n);
    at[n] = '\0';
    return at + n;
}

/* Writes a number without signs or zeros in front; returns its beginning, which lies in `out`. */
enum { HX_DIGITS = 21 };
static inline char *hx_text_digits(uint64_t v, char out[HX_DIGITS])
{
    char *p = out + HX_DIGITS - 1;
    *p = '\0';
    do
        *--p = (char)('0' + v % 10);
    while ((v /= 10) != 0);
    return p;
}

/* A borrowed text as a field of a message, which nobody changes or frees there. NULL counts as "".
 */
static inline char *hx_text_field(const char *s)
{
    return (char *)(uintptr_t)(s ? s : "");
}

/* A copy of n bytes as text with its NUL, for free(). NULL without memory. The bytes need none:
 * this is what strndup() is not, which may look at the byte behind them. */
static inline char *hx_text_dup(const void *bytes, size_t n)
{
    char *text = malloc(n + 1);
    if (!text)
        return NULL;
    if (n)
        memcpy(text, bytes, n);
    text[n] = '\0';
    return text;
}

#endif
