/* UTF-8: one judgement of what is well-formed, for every text that comes from outside. */
#ifndef BASE_UTF8_H
#define BASE_UTF8_H

#include <stddef.h>

/* Bytes of the longest well-formed beginning of `text`: `size` when all of it is. Refused are
 * overlong forms, surrogates, anything above U+10FFFF, characters that are cut off, and the NUL
 * byte. Any thread. */
size_t hx_utf8_span(const char *text, size_t size);

/* Copies as much of `from` as fits in whole characters, always with its NUL. NULL counts as "".
 * `size` is at least 1. Any thread. */
void hx_utf8_put(char *to, size_t size, const char *from);

#endif
