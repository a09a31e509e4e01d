/* Fair share: what has come in waits in a line of its source, and the lines are served in turn.
 *
 * A source is a principal, whatever the number of its connections; without keys it is a connection.
 * Each round every source that waits may be served so many bytes (deficit round robin): one that
 * sends much or in large messages has a long line of its own and delays nobody else by more than
 * one message. A line has an end: what comes then is refused with the time after which there is
 * room (FAIR_SHARE), so that neither memory nor the others pay for it.
 *
 * Pure but for memory; one thread. */
#ifndef SERVICE_DOORS_SHARE_H
#define SERVICE_DOORS_SHARE_H

#include "hongxin/error.h"
#include "service/doors/door.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    SHARE_QUANTUM = 64 * 1024, /* bytes of one source in one round */
    SHARE_MESSAGE = 256,       /* what a message costs beside its bytes */
};

struct share_item {
    struct share_item *next;
    struct door *door;
    struct inbound in;
    size_t cost;
};

struct share_line {
    struct share_line *next;          /* in the round, whose last one points to the first */
    struct share_line *chain;         /* of its bucket */
    uint64_t source;                  /* share_source() */
    struct share_item *first, **last; /* oldest first */
    size_t n, cost, deficit;
};

enum { SHARE_BUCKETS = 1024 };

struct share {
    /* of the settings */
    size_t most;      /* messages of one source … */
    size_t most_cost; /* … and their bytes */

    struct share_line *buckets[SHARE_BUCKETS];
    struct share_line *at; /* whose turn it is; NULL: nobody waits */
    struct share_line *before;
    struct share_item *spare;
    size_t lines, n, cost, spares;
    double rate;      /* bytes served in a millisecond, lately */
    uint64_t refused; /* messages */
};

/* Lines of so many messages and bytes. */
void share_init(struct share *s, size_t messages, size_t bytes);
void share_fini(struct share *s);

/* A source's number, from its principal's name or else from the name of its connection. */
uint64_t share_source(const char *principal, const struct peer *peer);

/* Puts a message at the end of its source's line and leaves `in` empty. HX_FULL: the line has no
 * room, `in` is as it was. HX_NOMEM: the same. */
HX_CHECK int share_add(struct share *s, uint64_t source, struct door *door, struct inbound *in);

/* The message that is next; the caller gives it back with share_done(). NULL: nobody waits. */
struct share_item *share_next(struct share *s);
void share_done(struct share *s, struct share_item *item);

/* The messages that are next, in the order in which share_next() will give them if nothing comes in
 * between: of one round, at most `most`; nothing is taken. Returns how many. */
size_t share_look(const struct share *s, struct share_item **items, size_t most);

/* So many bytes were served in so many microseconds. */
void share_served(struct share *s, size_t bytes, int64_t us);

/* Milliseconds until half of the source's line is served, at the pace of late and beside the others
 * that wait: 50 … 60,000. */
uint64_t share_wait_ms(struct share *s, uint64_t source);

#endif
