#include "kafka/out/writer.h"

#include "base/now.h"
#include <event2/event.h>
#include <string.h>

enum {
    BYTES_MOST = 8388608, /* of values in one batch */
    IDLE_MS = 1000        /* a position that has moved without a record is not in a hurry */
};

int writer_init(struct writer *w, struct event_base *base, const struct writer_settings *settings,
                void (*due)(evutil_socket_t fd, short what, void *arg), void *arg)
{
    *w = (struct writer){.settings = settings, .arg = arg};
    batch_init(&w->batches[0]);
    batch_init(&w->batches[1]);
    w->fill = &w->batches[0];
    w->due = evtimer_new(base, due, arg);
    return w->due ? HX_OK : HX_NOMEM;
}

static bool has_moved(const struct writer *w)
{
    return w->at.lsn != w->committed.lsn || w->at.states != w->committed.states ||
           strcmp(w->at.epoch, w->committed.epoch) != 0 ||
           strcmp(w->at.slow, w->committed.slow) != 0;
}

static struct batch *seal(struct writer *w)
{
    struct batch *b = w->fill;
    b->position = w->at;
    w->fill = b == &w->batches[0] ? &w->batches[1] : &w->batches[0];
    return b;
}

void writer_end(struct writer *w, bool commit)
{
    bool more = commit && w->ready && (w->fill->records || has_moved(w));
    if (w->sender)
        sender_end(w->sender, more ? seal(w) : NULL);
}

void writer_wait(struct writer *w)
{
    if (w->sender)
        w->committed = *sender_wait(w->sender);
}

void writer_fini(struct writer *w)
{
    sender_close(w->sender);
    if (w->due)
        event_free(w->due);
    hx_arena_fini(&w->batches[0].arena);
    hx_arena_fini(&w->batches[1].arena);
}

void writer_begin(struct writer *w, const struct position *p)
{
    w->at = w->committed = *p;
    w->fresh = *p->epoch == '\0';
    w->resets = p->resets;
    w->ready = true;
}

uint64_t writer_add(struct writer *w, struct record *r, int64_t t_rec)
{
    struct batch *b = w->fill;
    uint64_t cut = 0;
    for (const struct record *x = r; x; x = x->next)
        cut += x->cut != NULL;
    if (r && t_rec) {
        b->oldest = b->oldest ? b->oldest : t_rec;
        b->entries++;
    }
    batch_add(b, r);
    return cut;
}

bool writer_is_full(const struct writer *w)
{
    return w->fill->entries >= (size_t)w->settings->entries_most || w->fill->bytes >= BYTES_MOST;
}

/* Whether a transaction is worth it: records, or a position that has moved without any. */
static bool has_work(const struct writer *w, int64_t now)
{
    return w->fill->records || w->prove || (has_moved(w) && now - w->sent_at >= IDLE_MS);
}

void writer_turn(struct writer *w, int64_t now)
{
    int64_t wait = w->sent_at + w->settings->every_ms - now;
    if (!w->ready || sender_busy(w->sender) || !has_work(w, now))
        return;
    if (wait <= 0 || writer_is_full(w)) {
        w->sent_at = now;
        w->prove = false;
        sender_send(w->sender, seal(w));
        return;
    }
    const struct timeval later = {wait / 1000, wait % 1000 * 1000};
    evtimer_add(w->due, &later);
}

void writer_committed(struct writer *w, struct batch *b)
{
    w->committed = b->position;
    batch_clear(b);
}

int64_t writer_oldest(const struct writer *w)
{
    const int64_t a = w->batches[0].oldest, b = w->batches[1].oldest;
    return !a || (b && b < a) ? b : a;
}
