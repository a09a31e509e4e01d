/* Sizes as people write them. Any thread. */
#ifndef CONFIG_SIZE_H
#define CONFIG_SIZE_H

#include "hongxin/error.h"
#include <stdint.h>

/* Reads "8 MiB", "65536", "1GiB" as bytes. Units: B, KiB, MiB, GiB, TiB. HX_INVALID for anything
 * else, also for what does not fit 64 bits. */
HX_CHECK int hx_size_parse(const char *text, uint64_t *bytes);

#endif
