#include "board/live/round.h"

#include "base/now.h"
#include "board/live/stream.h"
#include <event2/event.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum {
    ROUND_MS = 25,      /* no two rounds begin sooner after each other … */
    REST_MS = 50,       /* … and between them is as long a rest as the last took, but no longer */
    PAGES = 64,         /* in one turn of the loop */
    BLOCK_BYTES = 65536 /* for one page at a time, but for an entry that alone has more */
};

/* ---- blocks ---- */

static size_t room_of(const struct scope *s)
{
    uint64_t most = s->board->settings.limits.stream_bytes / 2;
    return most < BLOCK_BYTES ? (size_t)most : BLOCK_BYTES;
}

/* How far a block for the page goes that begins with the ring's `first`; *size: of its text. */
static size_t measure(const struct stream *st, size_t first, size_t *size)
{
    const struct ring *r = &st->scope->ring;
    size_t most = room_of(st->scope), end;
    *size = 0;
    for (end = first; end < r->n; end++) {
        const struct frame *f = ring_at(r, end);
        if (!stream_matches(st, f))
            continue;
        if (*size && *size + f->size > most)
            break;
        *size += f->size;
    }
    return end;
}

/* False: no memory. */
static bool make(struct block *k, const struct stream *st)
{
    const struct scope *s = st->scope;
    size_t first = ring_after(&s->ring, st->last), size;
    size_t end = measure(st, first, &size);
    char *text = malloc(size + 1), *to = text;
    free(k->text);
    *k = (struct block){.text = text, .size = size, .after = st->last, .seen = s->seen_lsn};
    k->upto = end < s->ring.n ? ring_at(&s->ring, end)->lsn - 1 : s->seen_lsn;
    for (size_t i = first; text && i < end; i++) {
        const struct frame *f = ring_at(&s->ring, i);
        if (!stream_matches(st, f))
            continue;
        memcpy(to, f->text, f->size);
        to += f->size;
    }
    return text;
}

/* The block that the page before was given, unless more belongs into it now. */
static bool is_for(const struct block *k, const struct stream *st)
{
    return k->text && k->after == st->last && (k->seen == st->scope->seen_lsn || k->upto < k->seen);
}

bool round_serve(struct stream *st)
{
    struct block own = {0}, *k = st->filtered ? &own : &st->scope->round.block;
    if (st->last >= st->scope->seen_lsn) /* the journal may have told it more than the feed has */
        return true;
    if (!is_for(k, st) && !make(k, st)) {
        stream_end(st, NULL); /* no memory: it comes back by itself */
        return false;
    }
    uint64_t upto = k->upto;
    bool lives = http_stream_write(st->http, k->text, k->size);
    free(own.text);
    if (lives)
        st->last = upto;
    return lives;
}

/* ---- one page ---- */

/* Also to one that waits or is behind, so that no proxy takes it for dead. Where it has begun this
 * moves the point from which the browser goes on, also when nothing was for it. */
static void beat(struct stream *st)
{
    if (http_stream_waiting(st->http))
        return;
    if (st->begun)
        (void)stream_say(st, ": beat\nid: %s-%" PRIu64 "\n\n", st->scope->epoch, st->last);
    else
        (void)stream_say(st, ": beat\n\n");
}

static void visit(struct scope *s, struct stream *st)
{
    s->round.behind |= !st->live;
    if (st->live && st->last < s->seen_lsn && !stream_go_on(st))
        return;
    if (s->round.beats)
        beat(st);
}

/* ---- a round ---- */

static void in_ms(struct round *r, int64_t ms)
{
    const struct timeval t = {(time_t)(ms / 1000), (suseconds_t)(ms % 1000 * 1000)};
    evtimer_add(r->timer, &t);
}

static void begin(struct scope *s)
{
    struct round *r = &s->round;
    r->began = hx_mono_ms();
    r->upto = s->seen_lsn;
    r->beats = r->beat_due;
    r->beat_due = r->behind = false;
    r->turn = LIST_FIRST(&s->streams);
}

static void drop(struct block *k)
{
    free(k->text);
    *k = (struct block){0};
}

static bool some_is_new(const struct scope *s)
{
    const struct ring *r = &s->ring;
    return r->n && ring_at(r, r->n - 1)->lsn > s->round.sent;
}

static void finish(struct scope *s)
{
    struct round *r = &s->round;
    drop(&r->block);
    if (r->upto > r->sent)
        r->sent = r->upto;
    r->ended = hx_mono_ms();
    if (r->beats && !r->behind)
        told_forget(&s->told);
    if (r->beat_due || some_is_new(s))
        round_soon(s);
}

static void go_on(struct scope *s, size_t most)
{
    struct round *r = &s->round;
    for (size_t i = 0; r->turn && i < most; i++) {
        struct stream *st = r->turn;
        r->turn = LIST_NEXT(st, link);
        visit(s, st);
    }
}

static void on_timer(evutil_socket_t fd, short what, void *arg)
{
    struct scope *s = arg;
    (void)fd;
    (void)what;
    if (!s->round.turn)
        begin(s);
    go_on(s, PAGES);
    if (s->round.turn)
        in_ms(&s->round, 0);
    else
        finish(s);
}

void round_soon(struct scope *s)
{
    struct round *r = &s->round;
    if (evtimer_pending(r->timer, NULL))
        return;
    int64_t took = r->ended - r->began, rest = took < REST_MS ? took : REST_MS;
    rest = took + rest < ROUND_MS ? ROUND_MS - took : rest;
    int64_t wait = r->ended + rest - hx_mono_ms();
    in_ms(r, wait > 0 ? wait : 0);
}

void round_beat(struct scope *s)
{
    s->round.beat_due = true;
    round_soon(s);
}

void round_whole(struct scope *s)
{
    struct stream *st, *next;
    for (st = LIST_FIRST(&s->streams); st; st = next) {
        next = LIST_NEXT(st, link);
        while (st->live && st->last < s->seen_lsn && st->last >= s->ring.complete_from &&
               !http_stream_waiting(st->http) && round_serve(st))
            ;
    }
    s->round.sent = s->seen_lsn;
}

void round_forget(struct scope *s)
{
    drop(&s->round.block);
    s->round.turn = NULL;
    s->round.upto = s->round.sent = 0;
}

void round_leave(const struct stream *st)
{
    struct round *r = &st->scope->round;
    if (r->turn == st)
        r->turn = LIST_NEXT(st, link);
}

/* ---- life ---- */

bool round_open(struct scope *s)
{
    s->round.timer = evtimer_new(s->board->base, on_timer, s);
    return s->round.timer;
}

void round_close(struct scope *s)
{
    round_forget(s);
    if (s->round.timer)
        event_free(s->round.timer);
}
