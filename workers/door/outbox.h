/* What becomes of cases, told to somebody else (发件箱): at least once, in the order of each case.
 *
 * The journal is followed under a subscriber's name, so the daemon keeps the place: an entry is
 * acknowledged when it is done with, and whatever is not comes again, over restarts of the door,
 * the daemon and the other side. Several are under way at once, but never two of one case; what is
 * acknowledged is everything before the first that is not done. When the queue is full the feed is
 * ended and begun again later where it stopped, so another side that is away costs no memory.
 *
 * One thread: that of the loop. */
#ifndef DOOR_OUTBOX_H
#define DOOR_OUTBOX_H

#include "door/settings.h"
#include "hongxin/client.h"
#include "hongxin/instant.h"
#include "hongxin/number.h"

struct event_base;
struct outbox; /* opaque */

struct outbox_settings {
    char subscriber[128]; /* under which the daemon keeps the place */
    uint64_t retry_ms, retry_most_ms, give_up_ms;
};

/* Any duration of sending. */
#define OUTBOX_RANGE(initial) ((struct settings_range){(initial), 100, 30 * HX_DAY})

/* Reads `subscriber`, `retry` [1s], `retry_most` [5min], `give_up` [3d] of the mapping (NULL:
 * nothing is given). Faults are kept in `doc`. */
void outbox_settings_read(struct yaml_doc *doc, yaml_node_t *map, const char *subscriber,
                          struct outbox_settings *s);

/* One entry of the journal that somebody else is told of. */
struct outbox_item {
    uint64_t lsn, case_number, case_version;
    int64_t t_rec;
    unsigned attempts; /* before this one */
    const void *what;  /* as wanted() has said */
    char number[HX_NUMBER_TEXT], state[48], holder[64], cause[64];
    void *own; /* own_size bytes, cleared at first: the teller's */
};

enum outbox_result {
    OUTBOX_TAKEN,      /* they have it */
    OUTBOX_LATER,      /* again after a while that grows */
    OUTBOX_MUCH_LATER, /* … after retry_most: they ask for patience */
    OUTBOX_DROPPED,    /* they will never take it */
    OUTBOX_PASSED,     /* it is not for them: neither counted nor logged */
};

struct outbox_calls {
    const char *name; /* in the log: "push" */
    size_t own_size;
    /* Whether this entry is told, and as what; NULL: it is not. */
    const void *(*wanted)(void *arg, const hxp_entry *entry);
    /* One attempt; outbox_done() says what came of it, at once or later, exactly once. */
    void (*begin)(void *arg, struct outbox_item *item);
    /* The outbox is closed while an attempt is under way: it may not be spoken of any more. */
    void (*forget)(void *arg, struct outbox_item *item);
};

/* Follows from where the daemon says. All is kept, not copied. HX_NOMEM, HX_INVALID. */
HX_CHECK int outbox_open(struct event_base *base, hx_client *client,
                         const struct outbox_settings *settings, const struct outbox_calls *calls,
                         void *arg, struct outbox **out);
void outbox_close(struct outbox *outbox); /* before the client is closed; NULL is allowed */

/* `status` and `why` stand in the log of what was not taken; neither quotes anybody. */
void outbox_done(struct outbox *outbox, struct outbox_item *item, enum outbox_result result,
                 int status, const char *why);

/* An id of this entry that no other journal has: "EPOCH-17". */
void outbox_id(const struct outbox *outbox, const struct outbox_item *item, char *out, size_t size);

struct outbox_counts {
    uint64_t taken, failures, given_up, dropped, waiting;
};
struct outbox_counts outbox_counts(const struct outbox *outbox);

/* An event that was refused has changed nothing; nobody is told of it. */
bool outbox_is_refused(const hxp_entry *entry);

/* The state that the entry has entered, "" when it has not changed. */
const char *outbox_entered(const hxp_entry *entry);

#endif
