/* Strangers at the doors: a handshake costs the daemon as much as fifty events, before it is known
 * who it is. So their number in a second is limited before the handshake, where a connection is
 * accepted (crowd.h); who is over it is hung up on, and comes again.
 *
 * Whoever connects takes a token; the doorkeeper gives it back when the key is in force (zap.h), so
 * that those we know are only held up by strangers, never by one another: after a restart all of
 * them come in at once. There are three kinds of buckets, each filled with `rate` tokens a second
 * up to twice as many:
 *   - an address from which a key in force has come has one of its own: strangers elsewhere do not
 *     hold it up (the oldest address is forgotten when there are more than NEWCOMERS_KNOWN);
 *   - all other addresses together share one …
 *   - … and each of them gets a quarter of that at most, so that one address cannot use it up for
 *     a newcomer somewhere else.
 * An IPv6 address is its /64. Whoever is connected is never looked at again, and local sockets
 * (ipc://) never.
 *
 * Pure but for what is in the struct; the caller has the lock and the clock. */
#ifndef SERVICE_DOORS_NEWCOMERS_H
#define SERVICE_DOORS_NEWCOMERS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

enum { NEWCOMERS_KNOWN = 1024, NEWCOMERS_STRANGE = 1024 };

struct newcomers_bucket {
    uint64_t address; /* newcomers_address(); 0: never used */
    int64_t at_us;    /* when it was last filled */
    float level;
};

struct newcomers {
    uint32_t rate; /* 0: everybody may come */
    uint64_t seed; /* so that nobody can choose whose bucket he shares */
    struct newcomers_bucket all_strange;
    struct newcomers_bucket known[NEWCOMERS_KNOWN], strange[NEWCOMERS_STRANGE];
};

/* All buckets full, nobody known. */
void newcomers_init(struct newcomers *n, uint32_t rate, uint64_t seed);

/* The number of an IPv4 address, of an IPv6 address's /64. 0: neither, which is never limited. */
uint64_t newcomers_address(const struct sockaddr *from);

/* The same of an address as text, as the doorkeeper is told; `size` without a NUL. */
uint64_t newcomers_address_text(const char *text, size_t size);

/* Whether one may come in from this address now; takes its token. */
bool newcomers_take(struct newcomers *n, uint64_t address, int64_t now_us);

/* It had a key in force: it gets its token back, and its address is known from now on. */
void newcomers_known(struct newcomers *n, uint64_t address, int64_t now_us);

#endif
