/* How far from now an instant may be that somebody else has signed. Any thread. */
#ifndef DOOR_TIMELY_H
#define DOOR_TIMELY_H

#include <stdbool.h>
#include <stdint.h>

/* Seconds since 1970, at most 12 digits, within the window around now. */
bool is_timely(const char *seconds, uint64_t window_ms);

#endif
