/* What time it is on this machine, for programs: the command and the workers. The engine is told
 * its time, and the daemon's service has a timebase of its own. Any thread. */
#ifndef BASE_NOW_H
#define BASE_NOW_H

#include <stdint.h>

int64_t hx_wall_ms(void); /* UTC, since 1970; may be set, both ways */
int64_t hx_mono_ms(void); /* since some instant of the past; never goes back: for waits */
int64_t hx_mono_us(void);

#endif
