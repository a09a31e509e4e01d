/* UTF-8: one judgement of what is well-formed, for every text that comes from outside. */
#ifndef BASE_UTF8_H
#define BASE_UTF8_H

#include <stddef.h>

/* Bytes of the longest well-formed beginning of `text`: `size` when all of it is. Refused are
 * overlong forms, surrogates, anything above U+10FFFF, characters that are cut off, and the NUL
 * byte. Any thread. */
size_t hx_utf8_span(const char *text, size_t size);

/* Bytes of the mark that editors of Windows put before a text (byte order mark): 3, or 0 without
 * one. Any thread. */
size_t hx_utf8_mark(const char *text, size_t size);

/* Copies as much of `from` as fits in whole characters, always with its NUL. NULL counts as "".
 * `size` is at least 1. Any thread. */
void hx_utf8_put(char *to, size_t size, const char *from);

/* Bytes of the control character at the beginning of `text`, which ends with its NUL or is
 * well-formed: of U+0000 to U+001F, U+007F, U+0080 to U+009F. 0: there is none. Any thread. */
size_t hx_utf8_control(const char *text);

/* Makes of `size` bytes one line that any terminal and any reader of UTF-8 can show: each control
 * character, and each byte that is no UTF-8, becomes "?"; a character that is cut off at the end
 * goes. Returns what is left, never more than before; writes no NUL. Any thread. */
size_t hx_utf8_line(char *text, size_t size);

#endif
