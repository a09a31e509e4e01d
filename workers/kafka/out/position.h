/* How far the journal has been written to Kafka: the newest record of the position topic. It is
 * written in the transaction of the entries it speaks of, so the two are there together or not at
 * all. One line of JSON, so that people can read it:
 *
 *   {"v":1,"epoch":"0f3c…","lsn":4711,"states":4700,"resets":0,"owner":"9b1d…","at":"2026-…Z"}
 *
 * Pure, any thread. */
#ifndef KAFKA_POSITION_H
#define KAFKA_POSITION_H

#include "hongxin/error.h"
#include <stddef.h>
#include <stdint.h>

enum { POSITION_EPOCH = 64, POSITION_OWNER = 33, POSITION_TEXT = 384 };

struct position {
    char epoch[POSITION_EPOCH]; /* of the journal; "" = nothing was ever written */
    uint64_t lsn;               /* every entry up to here is in its topics */
    uint64_t states;            /* the topic of states holds what was true here, or later */
    uint64_t resets;            /* journals of the same epoch that went back (a restored copy) */
    char owner[POSITION_OWNER]; /* the process that wrote it: random, made at its start */
    int64_t at;                 /* when */
};

/* Writes the text; returns its size. */
size_t position_write(const struct position *p, char out[POSITION_TEXT]);

/* HX_INVALID: no position, or one of a newer version; *p is then unchanged. */
HX_CHECK int position_read(const void *text, size_t size, struct position *p);

/* What a subscriber has to do who has written up to `p` and is now welcomed by this journal. */
enum position_verdict {
    POSITION_GOES_ON,   /* the same journal */
    POSITION_OTHER,     /* another epoch: everything from its oldest entry on */
    POSITION_WENT_BACK, /* the same epoch, but entries that were written are gone: the same */
};
enum position_verdict position_judge(const struct position *p, const char *epoch,
                                     uint64_t newest_lsn);

#endif
