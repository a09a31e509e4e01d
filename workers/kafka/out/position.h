/* How far the journal has been written to Kafka: the newest record of the position topic. It is
 * written in the transaction of the entries it speaks of, so the two are there together or not at
 * all. One line of JSON, so that people can read it:
 *
 *   {"v":1,"epoch":"0f3c…","lsn":4711,"states":4700,"resets":0,"slow":"7c21…","owner":"9b1d…",
 *    "at":"2026-…Z"}
 *
 * Where slow rows have a writer of their own, it has a position of its own; the first one's says
 * so in `slow`. Pure, any thread. */
#ifndef KAFKA_POSITION_H
#define KAFKA_POSITION_H

#include "hongxin/error.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { POSITION_EPOCH = 64, POSITION_OWNER = 33, POSITION_ROWS = 33, POSITION_TEXT = 432 };

struct position {
    char epoch[POSITION_EPOCH]; /* of the journal; "" = nothing was ever written */
    uint64_t lsn;               /* every entry up to here is in its topics */
    uint64_t states;            /* the topic of states holds what was true here, or later */
    uint64_t resets;            /* journals of the same epoch that went back (a restored copy) */
    char slow[POSITION_ROWS];   /* the rows that the slow writer has (routes_name()); "" = this one
                                   writes all there are */
    char owner[POSITION_OWNER]; /* the process that wrote it: random, made at its start */
    int64_t at;                 /* when, by the clock of that machine; read: 0 = far off */
};

/* Writes the text; returns its size. */
size_t position_write(const struct position *p, char out[POSITION_TEXT]);

/* HX_INVALID: no position, or one of a newer version; *p is then unchanged. */
HX_CHECK int position_read(const void *text, size_t size, struct position *p);

/* What the `n` writers of a journal do, each of which has written up to its own place, when this
 * one welcomes them: anew[i], whether it begins with the oldest entry, because the epoch is another
 * one, or because the journal went back (the same epoch, but entries that one of them has written
 * are gone). One that has never written goes on. Returns the number of resets that holds then: a
 * position gets it together with its new place, never before, or a gap would not be seen later. */
uint64_t positions_judge(const struct position *const p[], size_t n, const char *epoch,
                         uint64_t newest_lsn, bool anew[]);

/* Where the slow writer begins whose rows are now `rows` ("" = there are none any more), when the
 * first one stands at `first` and its own position is `own`. */
enum position_beside {
    BESIDE_OWN,   /* at its own position */
    BESIDE_FIRST, /* at the first one's, which wrote its rows until now */
    BESIDE_APART  /* nowhere: rows have changed their writer while the two stood at different
                     entries, so those between would be missing or come twice */
};
enum position_beside position_beside(const struct position *first, const struct position *own,
                                     const char *rows);

#endif
