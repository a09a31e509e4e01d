#include "base/utf8.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

/* How a lead byte goes on: bytes after it, and the range of the first of them (RFC 3629, section
 * 4). */
struct lead {
    uint8_t from, to, more, low, high;
};

static const struct lead leads[] = {
    {0x01, 0x7F, 0, 0, 0},       {0xC2, 0xDF, 1, 0x80, 0xBF}, {0xE0, 0xE0, 2, 0xA0, 0xBF},
    {0xE1, 0xEC, 2, 0x80, 0xBF}, {0xED, 0xED, 2, 0x80, 0x9F}, {0xEE, 0xEF, 2, 0x80, 0xBF},
    {0xF0, 0xF0, 3, 0x90, 0xBF}, {0xF1, 0xF3, 3, 0x80, 0xBF}, {0xF4, 0xF4, 3, 0x80, 0x8F},
};

static const struct lead *lead_of(uint8_t byte)
{
    for (size_t i = 0; i < sizeof leads / sizeof *leads; i++) {
        if (byte >= leads[i].from && byte <= leads[i].to)
            return &leads[i];
    }
    return NULL;
}

/* Eight bytes that all are ASCII and none is NUL: what ids are made of. */
static bool plain(const uint8_t *s)
{
    const uint64_t ones = UINT64_C(0x0101010101010101), tops = ones << 7;
    uint64_t v;
    memcpy(&v, s, sizeof v);
    return ((v | (v - ones)) & tops) == 0;
}

/* A Chinese character, nearly always: three bytes whose lead byte asks nothing special. */
static bool common3(const uint8_t *s, size_t left)
{
    return left >= 3 && s[0] >= 0xE1 && s[0] <= 0xEC && (s[1] & 0xC0) == 0x80 &&
           (s[2] & 0xC0) == 0x80;
}

/* Bytes of the character at s, of which `left` are there; 0 when it is not well-formed. */
static size_t character(const uint8_t *s, size_t left)
{
    const struct lead *lead = lead_of(s[0]);
    if (!lead || lead->more >= left)
        return 0;
    for (size_t i = 1; i <= lead->more; i++) {
        uint8_t low = i == 1 ? lead->low : 0x80;
        uint8_t high = i == 1 ? lead->high : 0xBF;
        if (s[i] < low || s[i] > high)
            return 0;
    }
    return lead->more + 1u;
}

/* ASCII first, then the commonest of the others; 0 when it is not well-formed. */
static size_t step(const uint8_t *s, size_t left)
{
    if (s[0] && s[0] < 0x80)
        return left >= 8 && plain(s) ? 8 : 1;
    return common3(s, left) ? 3 : character(s, left);
}

size_t hx_utf8_span(const char *text, size_t size)
{
    const uint8_t *s = (const uint8_t *)text;
    size_t at = 0;
    while (at < size) {
        size_t n = step(s + at, size - at);
        if (n == 0)
            break;
        at += n;
    }
    return at;
}

size_t hx_utf8_mark(const char *text, size_t size)
{
    return size >= 3 && memcmp(text, "\xEF\xBB\xBF", 3) == 0 ? 3 : 0;
}

void hx_utf8_put(char *to, size_t size, const char *from)
{
    size_t n = from ? strnlen(from, size) : 0;
    if (from && n == size)
        n = hx_utf8_span(from, size - 1);
    if (n)
        memcpy(to, from, n);
    to[n] = '\0';
}

size_t hx_utf8_control(const char *text)
{
    const uint8_t *s = (const uint8_t *)text;
    if (s[0] < ' ' || s[0] == 0x7F)
        return 1;
    return s[0] == 0xC2 && s[1] >= 0x80 && s[1] < 0xA0 ? 2 : 0;
}

/* Whether a character begins here that needs more than the `left` bytes, which fit so far. */
static bool cut_off(const uint8_t *s, size_t left)
{
    const struct lead *lead = lead_of(s[0]);
    for (size_t i = 1; i < left; i++)
        if ((s[i] & 0xC0) != 0x80)
            return false;
    return lead && lead->more >= left;
}

size_t hx_utf8_line(char *text, size_t size)
{
    const uint8_t *s = (const uint8_t *)text;
    size_t to = 0, n;
    for (size_t at = 0; at < size; at += n ? n : 1) {
        n = character(s + at, size - at);
        if (!n && cut_off(s + at, size - at))
            break;
        if (!n || hx_utf8_control(text + at)) {
            text[to++] = '?';
            continue;
        }
        memmove(text + to, text + at, n);
        to += n;
    }
    return to;
}
