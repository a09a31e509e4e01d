/* Who may not even begin: newcomers without a descriptor for them, and more strangers than there
 * may be. They are turned away at once and come again; those who are there are served.
 *
 * libzmq 4.3.4 ends the process when a local socket (ipc://) cannot be accepted for want of a
 * descriptor, and on TCP asks again without a pause. Therefore a descriptor is kept in reserve, and
 * this file has the C library's accept4(), which the linker takes for libzmq as well: without a
 * free descriptor it spends the reserve on the newcomer, hangs up, and says ECONNABORTED, which
 * libzmq bears in both. The same place limits the handshakes of strangers (newcomers.h): libzmq
 * asks the doorkeeper only when the expensive part is over. */
#ifndef SERVICE_CROWD_H
#define SERVICE_CROWD_H

#include <stddef.h>
#include <stdint.h>

/* Takes the reserve; again and again does nothing. The service's thread, before any door. */
void crowd_open(void);
void crowd_close(void);

/* From now on so many strangers a second may begin a handshake (newcomers.h); those whom we knew
 * are read from the folder's file (known_file.h; a path of more than 1,000 bytes: there is none).
 * The service's thread, before any door. */
void crowd_limit(uint32_t newcomers, const char *folder);

/* All may again, nobody is known; whom we knew stands in the file. The service's thread, when the
 * doorkeeper is gone. */
void crowd_unlimit(void);

/* A key in force has come from this address, which has no NUL. Any thread; like each accept4() it
 * holds a mutex for the time of a look into a table of sixteen places. */
void crowd_known(const char *address, size_t size);

/* Newcomers turned away since the process began: for want of a descriptor, and because there were
 * too many strangers. Any thread. */
uint64_t crowd_turned_away(void);
uint64_t crowd_strangers(void);

/* Says in the log that there were some since it was last asked, and takes the reserve again that a
 * thread could not get back. Of strangers it speaks once a minute; as often it writes the file of
 * the addresses that we know, if there is a new one. The service's thread, each second. */
void crowd_say(void);

#endif
