/* More connections than there are descriptors: the newcomer is turned away at once and comes again,
 * those who are there are served.
 *
 * libzmq 4.3.4 ends the process when a local socket (ipc://) cannot be accepted for want of a
 * descriptor, and on TCP asks again without a pause. Therefore a descriptor is kept in reserve, and
 * this file has the C library's accept4(), which the linker takes for libzmq as well: without a
 * free descriptor it spends the reserve on the newcomer, hangs up, and says ECONNABORTED, which
 * libzmq bears in both. */
#ifndef SERVICE_CROWD_H
#define SERVICE_CROWD_H

#include <stdint.h>

/* Takes the reserve; again and again does nothing. The service's thread, before any door. */
void crowd_open(void);
void crowd_close(void);

/* Newcomers turned away since the process began. Any thread. */
uint64_t crowd_turned_away(void);

/* Says in the log that there were some since it was last asked, and takes the reserve again that a
 * thread could not get back. The service's thread. */
void crowd_say(void);

#endif
