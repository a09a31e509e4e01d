/* Entries as text, as they are sent; and those kept that pages which are behind were sent: all
 * pages of a board that was started again, or that were cut at once, miss the same. One thread. */
#ifndef BOARD_TOLD_H
#define BOARD_TOLD_H

#include "board/live/model.h"

enum {
    TOLD_FRAMES = 1024,   /* at the most that are kept … */
    TOLD_BYTES = 8 << 20, /* … and of text, but for one entry that alone has more */
};

/* An entry as it is sent. */
struct frame {
    uint64_t lsn, case_number;
    const char *places[PLACE_COUNT], *holder, *holder_before; /* interned */
    char *text;                                               /* owned */
    size_t size;
};

struct told {
    struct frame *frames; /* TOLD_FRAMES places, by LSN; NULL: none are kept */
    size_t bytes;
};

/* NULL: it is not kept. Like what told_keep() returns valid until the next of these calls. */
const struct frame *told_find(const struct told *t, uint64_t lsn);

/* Takes the text over. What was kept before goes when there is no room. NULL without memory: the
 * text is freed. */
const struct frame *told_keep(struct told *t, const struct frame *frame);

void told_forget(struct told *t);

#endif
