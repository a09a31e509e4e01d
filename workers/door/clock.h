/* The two clocks of a worker, and how far from now an instant may be that somebody else has signed.
 * Any thread. */
#ifndef DOOR_CLOCK_H
#define DOOR_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

int64_t clock_wall_ms(void); /* since 1970 */
int64_t clock_mono_ms(void); /* for waits only */

/* Seconds since 1970, at most 12 digits, within the window around now. */
bool clock_is_timely(const char *seconds, uint64_t window_ms);

#endif
