#include "hongxin/number.h"

#include <stdbool.h>
#include <strings.h>

uint64_t hx_number_make(uint16_t partition, uint64_t sequence)
{
    return (uint64_t)partition << HX_NUMBER_SEQUENCE_BITS | (sequence & HX_NUMBER_SEQUENCE_MAX);
}

uint16_t hx_number_partition(uint64_t case_number)
{
    return (uint16_t)(case_number >> HX_NUMBER_SEQUENCE_BITS);
}

uint64_t hx_number_sequence(uint64_t case_number)
{
    return case_number & HX_NUMBER_SEQUENCE_MAX;
}

/* Writes v at p; returns the place behind it. */
static char *put_digits(char *p, uint64_t v)
{
    char reversed[20];
    size_t n = 0;
    do
        reversed[n++] = (char)('0' + v % 10);
    while ((v /= 10) != 0);
    while (n)
        *p++ = reversed[--n];
    return p;
}

/* By hand: every answer to a report bears one. */
char *hx_number_format(uint64_t case_number, char out[HX_NUMBER_TEXT])
{
    unsigned partition = hx_number_partition(case_number);
    char *p = out;
    *p++ = 'C';
    *p++ = 'L';
    *p++ = '-';
    if (partition) {
        p = put_digits(p, partition);
        *p++ = '-';
    }
    p = put_digits(p, hx_number_sequence(case_number));
    *p = '\0';
    return out;
}

/* One run of digits, at least one, at most `max`. */
static bool digits(const char **p, uint64_t max, uint64_t *out)
{
    uint64_t v = 0;
    if (**p < '0' || **p > '9')
        return false;
    for (; **p >= '0' && **p <= '9'; (*p)++) {
        uint64_t digit = (uint64_t)(**p - '0');
        if (v > (max - digit) / 10)
            return false;
        v = v * 10 + digit;
    }
    *out = v;
    return true;
}

static int accept(uint64_t case_number, uint64_t *out)
{
    if (hx_number_sequence(case_number) == 0)
        return HX_INVALID;
    *out = case_number;
    return HX_OK;
}

int hx_number_parse(const char *text, uint64_t *out)
{
    uint64_t first, second;
    const char *p = text;
    if (!p)
        return HX_INVALID;
    if (strncasecmp(p, "CL-", 3) != 0)
        return digits(&p, hx_number_make(HX_NUMBER_PARTITION_MAX, HX_NUMBER_SEQUENCE_MAX),
                      &first) &&
                       *p == '\0'
                   ? accept(first, out)
                   : HX_INVALID;
    p += 3;
    if (!digits(&p, HX_NUMBER_SEQUENCE_MAX, &first))
        return HX_INVALID;
    if (*p == '\0')
        return accept(first, out);
    if (*p++ != '-' || first > HX_NUMBER_PARTITION_MAX ||
        !digits(&p, HX_NUMBER_SEQUENCE_MAX, &second) || *p != '\0')
        return HX_INVALID;
    return second == 0 ? HX_INVALID : accept(hx_number_make((uint16_t)first, second), out);
}
