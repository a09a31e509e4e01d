#include "board/live/told.h"

#include <stdlib.h>

const struct frame *told_find(const struct told *t, uint64_t lsn)
{
    const struct frame *f = t->frames ? &t->frames[lsn % TOLD_FRAMES] : NULL;
    return f && f->text && f->lsn == lsn ? f : NULL;
}

static void drop(struct told *t, struct frame *f)
{
    t->bytes -= f->size;
    free(f->text);
    *f = (struct frame){0};
}

void told_forget(struct told *t)
{
    for (size_t i = 0; t->frames && i < TOLD_FRAMES; i++)
        free(t->frames[i].text);
    free(t->frames);
    *t = (struct told){0};
}

const struct frame *told_keep(struct told *t, const struct frame *frame)
{
    if (t->bytes + frame->size > TOLD_BYTES)
        told_forget(t); /* whoever is behind asks the journal again */
    if (!t->frames && !(t->frames = calloc(TOLD_FRAMES, sizeof *t->frames))) {
        free(frame->text);
        return NULL;
    }
    struct frame *f = &t->frames[frame->lsn % TOLD_FRAMES];
    drop(t, f);
    *f = *frame;
    t->bytes += f->size;
    return f;
}
