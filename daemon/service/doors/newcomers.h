/* Strangers at the doors: a handshake costs the daemon as much as fifty events, before it is known
 * who it is. So their number in a second is limited before the handshake, where a connection is
 * accepted (crowd.h); who is over it is hung up on, and comes again.
 *
 * Whoever connects takes a token; the doorkeeper gives it back when the key is in force (zap.h), so
 * that those we know are only held up by strangers, never by one another. But the token is away
 * while the handshake lasts, and after a restart all of them come at once: therefore buckets hold
 * more than one second's tokens.
 *   - an address from which a key in force has come has a bucket of its own, `rate` tokens a second
 *     and twice as many at once: strangers elsewhere do not hold it up;
 *   - all such addresses together get four times that, so that strangers behind many of them are no
 *     way around the limit;
 *   - all other addresses together get `rate`, four times as many at once …
 *   - … and each of them a quarter of it, but twice `rate` at once: an office that comes back.
 * When a key in force comes from an address for the first time, all that is away of its bucket was
 * taken by the same office, most likely: the others get it back at once.
 *
 * Tables have sets of eight places. In a full set the address that has not taken a token for the
 * longest time is forgotten: who stands connected for weeks is forgotten earlier than who connects
 * each day, and is then like any other at his next connection.
 *
 * An IPv6 address is its /64. Whoever is connected is never looked at again, and local sockets
 * (ipc://) never.
 *
 * Pure but for what is in the struct; the caller has the lock and the clock. */
#ifndef SERVICE_DOORS_NEWCOMERS_H
#define SERVICE_DOORS_NEWCOMERS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

enum { NEWCOMERS_KNOWN = 4096, NEWCOMERS_STRANGE = 1024, NEWCOMERS_TEXT = 46 };

struct newcomers_bucket {
    uint64_t address; /* newcomers_address(); 0: never used */
    int64_t at_us;    /* when it was last filled */
    float level;
};

struct newcomers {
    uint32_t rate; /* 0: everybody may come */
    uint64_t seed; /* so that nobody can choose whose bucket he shares */
    struct newcomers_bucket all_known, all_strange;
    struct newcomers_bucket known[NEWCOMERS_KNOWN], strange[NEWCOMERS_STRANGE];
};

/* All buckets full, nobody known. */
void newcomers_init(struct newcomers *n, uint32_t rate, uint64_t seed);

/* The number of an IPv4 address, of an IPv6 address's /64. 0: neither, which is never limited. */
uint64_t newcomers_address(const struct sockaddr *from);

/* The same of an address as text, as the doorkeeper is told; `size` without a NUL. */
uint64_t newcomers_address_text(const char *text, size_t size);

/* A text that newcomers_address_text() reads as this number, which is not 0: the address, of IPv6
 * its /64 ("2001:db8:1:2::"). */
void newcomers_address_write(uint64_t address, char text[NEWCOMERS_TEXT]);

/* Whether one may come in from this address now; takes its token. */
bool newcomers_take(struct newcomers *n, uint64_t address, int64_t now_us);

/* It had a key in force: it gets its token back, and its address is known from now on. True: it was
 * not known before. */
bool newcomers_known(struct newcomers *n, uint64_t address, int64_t now_us);

#endif
