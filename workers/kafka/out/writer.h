/* One of the writers of `out`: the rows of one pace, what they make of the entries, cut into
 * batches, and the sender that commits these. While one batch is being committed the next one
 * fills. The first writer has the fast rows and the states; where there are slow rows they have a
 * second one, because a transaction takes the longer the more topics it has. Each has a position of
 * its own. One thread: the loop's. */
#ifndef KAFKA_WRITER_H
#define KAFKA_WRITER_H

#include "kafka/out/out_settings.h"
#include <event2/util.h>

struct event;
struct event_base;

struct writer {
    const struct writer_settings *settings;
    struct sender *sender; /* NULL: it has not begun */
    struct batch batches[2], *fill;
    struct event *due;
    void *arg;                 /* the owner's: that of `due` */
    struct position at;        /* what the entries gathered so far lead to */
    struct position committed; /* what the sender has written */
    bool ready, fresh;         /* fresh: it has never written */
    bool reset;                /* it begins anew with the oldest entry */
    uint64_t resets;           /* what `at` counts once the writer is where the journal begins */
    bool prove;                /* a transaction has to show that we still own the id */
    int64_t sent_at;
};

/* `due` is called when it may be time for writer_turn() again. HX_NOMEM. */
HX_CHECK int writer_init(struct writer *w, struct event_base *base,
                         const struct writer_settings *settings,
                         void (*due)(evutil_socket_t fd, short what, void *arg), void *arg);
/* It is to end: what is gathered is committed (`commit`) if that takes no longer than a moment, so
 * that after an orderly end all writers stand at the same entry. */
void writer_end(struct writer *w, bool commit);
/* Waits for the end; `committed` is then what the sender has written. */
void writer_wait(struct writer *w);
void writer_fini(struct writer *w);

/* The sender has read the position. */
void writer_begin(struct writer *w, const struct position *p);

/* Records of an entry (t_rec > 0) or of a state (0); NULL is none. Returns how many were cut. */
uint64_t writer_add(struct writer *w, struct record *r, int64_t t_rec);
/* It wants nothing more before a batch is committed. */
bool writer_is_full(const struct writer *w);

/* Hands the batch over, when it is time and the sender is free; otherwise calls `due` later. */
void writer_turn(struct writer *w, int64_t now);
void writer_committed(struct writer *w, struct batch *b);

/* t_rec of the oldest entry that is not committed; 0 = none. */
int64_t writer_oldest(const struct writer *w);

#endif
