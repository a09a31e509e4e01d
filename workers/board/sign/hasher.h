/* Passwords are checked by a thread of its own: argon2id is meant to take long, and the loop must
 * not stand still for it. Requests wait in a short line; a longer one is refused. */
#ifndef BOARD_HASHER_H
#define BOARD_HASHER_H

#include "hongxin/error.h"
#include <stdbool.h>

struct event_base;
struct hasher; /* opaque */

/* In the loop's thread. `hash`: the new one, "" when a password was to be checked, or without
 * memory. */
typedef void hasher_fn(void *arg, bool right, const char *hash);

/* HX_NOMEM, HX_IO (no thread). */
HX_CHECK int hasher_open(struct event_base *base, struct hasher **out);
/* Waits for the one that is in work; the others get no answer. NULL is allowed. */
void hasher_close(struct hasher *hasher);

/* Whether the password belongs to the hash. An empty hash takes as long and is never right. The
 * password is copied and wiped. HX_AGAIN: too many wait. HX_NOMEM. */
HX_CHECK int hasher_check(struct hasher *h, const char *password, const char *hash, hasher_fn *fn,
                          void *arg);
/* A hash of a new password. */
HX_CHECK int hasher_make(struct hasher *h, const char *password, hasher_fn *fn, void *arg);

#endif
