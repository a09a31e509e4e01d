/* A second pair of hands: a thread that does for the loop what needs nothing but memory, while the
 * loop waits for the disk or does what only it may do.
 *
 * It is given one piece of work after the other and does them in that order. What a piece touches
 * belongs to it until the loop has waited for it; nothing else is ever shared. Every function here:
 * loop thread only. */
#ifndef SERVICE_HELPER_H
#define SERVICE_HELPER_H

#include "hongxin/error.h"
#include <stdbool.h>
#include <stdint.h>

struct helper;

/* HX_NOMEM; HX_IO: the system gives no thread, it has been logged. */
HX_CHECK int helper_open(struct helper **h);

/* Waits for what is being done. NULL allowed. */
void helper_close(struct helper *h);

/* Hands over a piece of work and returns its number. At most HELPER_PIECES are under way: with one
 * more the oldest is waited for. */
enum { HELPER_PIECES = 4 };
uint64_t helper_give(struct helper *h, void (*work)(void *ctx), void *ctx);

/* Returns when this piece is done, and all before it; what nobody has begun the loop does itself
 * instead of waiting, so that a machine without a core to spare loses nothing. 0: at once. */
void helper_wait(struct helper *h, uint64_t piece);

/* Takes the newest piece back when nobody has begun it, else waits for it. False: it was done. */
bool helper_cancel(struct helper *h, uint64_t piece);

#endif
