/* Wrong passwords: who has tried too often has to wait, longer each time. Keys are names, alone and
 * with the address that tries, whether or not there is such a user; the table is bounded. Pure but
 * for memory; one thread. */
#ifndef BOARD_TRIES_H
#define BOARD_TRIES_H

#include <stdint.h>

enum {
    TRIES_ADDRESS = 5, /* of one name from one address … */
    TRIES_NAME = 50,   /* … and from all of them, before there is a wait */
    TRIES_WAIT_MS = 30000,
    TRIES_WAIT_MOST_MS = 900000,
    TRIES_FORGET_MS = 3600000, /* without a further wrong one */
};

struct tries; /* opaque */

struct tries *tries_new(void); /* NULL without memory */
void tries_free(struct tries *t);

/* 0: he may try; otherwise so many milliseconds to wait. */
int64_t tries_wait(struct tries *t, const char *name, const char *address, int64_t now_ms);
void tries_wrong(struct tries *t, const char *name, const char *address, int64_t now_ms);
/* The right one was given: this address starts afresh. */
void tries_right(struct tries *t, const char *name, const char *address);

#endif
