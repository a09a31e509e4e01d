/* Case numbers. A number has 53 bits, so that every language can hold it: the partition in the
 * upper 13, a sequence that grows by one in the lower 40. People see "CL-4711" in partition 0 and
 * "CL-3-4711" in partition 3. 0 is no case. Pure functions, any thread. */
#ifndef HONGXIN_NUMBER_H
#define HONGXIN_NUMBER_H

#include "hongxin/error.h"
#include <stdint.h>

enum { HX_NUMBER_TEXT = 32, HX_NUMBER_SEQUENCE_BITS = 40, HX_NUMBER_PARTITION_MAX = 8191 };
#define HX_NUMBER_SEQUENCE_MAX ((UINT64_C(1) << HX_NUMBER_SEQUENCE_BITS) - 1)

/* The number of a case. Bits of `sequence` above the 40th are ignored. */
uint64_t hx_number_make(uint16_t partition, uint64_t sequence);

uint16_t hx_number_partition(uint64_t case_number);
uint64_t hx_number_sequence(uint64_t case_number);

/* Writes the printed form (at most 25 bytes with the NUL) and returns `out`. */
char *hx_number_format(uint64_t case_number, char out[HX_NUMBER_TEXT]);

/* Reads the printed form, in either case of letters, or the whole number in decimal digits as it
 * stands in JSON. HX_INVALID for anything else, with *case_number unchanged: NULL, spaces, signs, a
 * partition above 8,191, a sequence that is 0 or has more than 40 bits. */
HX_CHECK int hx_number_parse(const char *text, uint64_t *case_number);

#endif
