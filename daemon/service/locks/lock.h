/* The locks of the service: which keys are in force, and whose message this is.
 *
 * Without a registry of principals the lock is open: everybody may do everything, on this machine
 * only. With a registry and no key of the daemon's own it is open as well, and whoever asks on
 * behalf of a principal is held to that one's rights: for a board on the same machine. With both,
 * each door speaks CURVE, each message bears the key it came with, and a message without a key in
 * force is not looked at. The registry is looked at in the beginning of each turn,
 * so that a key that was revoked before a message was read does nothing any more, on whatever
 * connection. A registry that cannot be read changes nothing: the one in force stays. One thread.
 */
#ifndef SERVICE_LOCKS_LOCK_H
#define SERVICE_LOCKS_LOCK_H

#include "base/file_watch.h"
#include "config/access/access.h"
#include "hongxin/error.h"
#include "hongxin/key.h"
#include "service/acts/told.h"
#include "service/locks/zap.h"
#include <stdbool.h>
#include <stdint.h>

struct service;

struct lock {
    bool on;                  /* keys are asked for */
    struct hx_access *access; /* owned; NULL: no registry */
    struct told told;         /* what the journal says of it */
    struct hx_key *key;       /* the daemon's, in guarded memory: doors are opened with it */
    struct zap *zap;
    struct hx_file_watch principals, roles;
    const struct hx_city *city; /* borrowed */
    uint64_t loads, failed_loads;
    struct lock_bucket *buckets; /* one per tenant */
    size_t n_buckets;
    uint64_t over_quota;
};

/* Reads registry and server key and starts the doorkeeper, before any door. HX_CONFIG, HX_DENIED,
 * HX_IO, HX_NOMEM with the reason in the log. */
HX_CHECK int lock_open(struct service *s);

void lock_close(struct lock *l);

/* Each turn, before a message is read: a changed registry comes into force, and each change is an
 * act in the journal (acts/told.h). */
void lock_turn(struct service *s);

/* Whose message: NULL when its key is not in force. Only while the lock is on. */
const struct hx_principal *lock_who(const struct lock *l, const char *user);

/* Whose rights count for a message that was sent with `key` (NULL: there are no keys) on behalf of
 * the principal with this name ("": of nobody else). True with it in *who, NULL: nothing is judged.
 * False: `key` may not speak for others, or not for this one: it has to be in force, must not speak
 * for others itself, and has to lie in the areas of `key`. */
HX_CHECK bool lock_behalf(const struct lock *l, const struct hx_principal *key, const char *behalf,
                          const struct hx_principal **who);

/* Takes n events from the tenant's quota. 0: granted; else so many milliseconds until it would be.
 */
uint64_t lock_quota(struct lock *l, const struct hx_principal *who, size_t n);

#endif
