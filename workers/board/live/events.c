/* Server-sent events: the journal of a principal on each of his pages. */
#include "base/text.h"
#include "board/ask.h"
#include "board/live/stream.h"
#include "hongxin/instant.h"
#include "hongxin/number.h"
#include <event2/event.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { RETRY_MS = 2000 }; /* a browser that was cut comes back after so long */

/* ---- text ---- */

char *frame_text(const struct scope *s, const hxp_entry *entry, size_t *size)
{
    json_t *o = ask_entry(s->board, entry);
    char *json = o ? json_dumps(o, JSON_COMPACT | JSON_REAL_PRECISION(15)) : NULL;
    char *text = NULL;
    int n = json ? asprintf(&text, "id: %s-%" PRIu64 "\nevent: entry\ndata: %s\n\n", s->epoch,
                            entry->lsn, json)
                 : -1;
    free(json);
    json_decref(o);
    *size = n > 0 ? (size_t)n : 0;
    return n > 0 ? text : NULL;
}

bool stream_matches(const struct stream *st, const struct frame *f)
{
    if (!st->filtered)
        return true;
    if (st->case_number && st->case_number != f->case_number)
        return false;
    if (*st->holder && strcmp(st->holder, f->holder) != 0 &&
        strcmp(st->holder, f->holder_before) != 0)
        return false;
    for (size_t i = 0; *st->place && i < 5; i++)
        if (strcmp(f->places[i], st->place) == 0)
            return true;
    return !*st->place;
}

/* ---- sending ---- */

bool stream_say(struct stream *st, const char *format, ...)
{
    char *text = NULL;
    va_list args;
    va_start(args, format);
    int n = vasprintf(&text, format, args);
    va_end(args);
    bool lives = n <= 0 || http_stream_write(st->http, text, (size_t)n);
    if (n >= 0)
        free(text);
    return lives;
}

bool stream_go_live(struct stream *st)
{
    const struct scope *s = st->scope;
    st->live = true;
    return stream_say(st, "id: %s-%" PRIu64 "\nevent: live\ndata: {\"lsn\":%" PRIu64 "}\n\n",
                      s->epoch, st->last, st->last);
}

bool stream_begin_anew(struct stream *st, const char *why)
{
    const struct scope *s = st->scope;
    st->last = s->flushed_lsn;
    return stream_say(st,
                      "id: %s-%" PRIu64
                      "\nevent: reset\ndata: {\"epoch\":\"%s\",\"oldest_lsn\":%" PRIu64
                      ",\"lsn\":%" PRIu64 ",\"why\":\"%s\"}\n\n",
                      s->epoch, s->flushed_lsn, s->epoch, s->oldest_lsn, s->flushed_lsn, why) &&
           stream_go_live(st);
}

/* ---- its end ---- */

void stream_free(struct stream *st)
{
    if (st->later)
        event_free(st->later);
    sessions_release(st->session);
    free(st);
}

/* From the HTTP side: the browser is gone. */
static void on_gone(void *arg)
{
    struct stream *st = arg;
    if (st->scope) {
        LIST_REMOVE(st, link);
        st->scope->n_streams--;
        catch_up_leave(st);
    }
    st->session->streams--;
    st->http = NULL;
    st->scope = NULL;
    if (st->later)
        event_del(st->later);
    if (!st->asking)
        stream_free(st);
}

static void end(struct stream *st, const char *code)
{
    if (code && !stream_say(st, "event: end\ndata: {\"code\":\"%s\"}\n\n", code))
        return;
    struct http_stream *http = st->http;
    on_gone(st);
    http_stream_close(http);
}

/* ---- its begin ---- */

/* Where the browser says it was; it may say anything. */
static const char *judge_place(const struct stream *st)
{
    const struct scope *s = st->scope;
    if (strcmp(st->epoch, s->epoch) != 0)
        return "OTHER_EPOCH";
    if (st->last > s->seen_lsn)
        return "AHEAD";
    if (st->last + 1 < s->oldest_lsn)
        return "PRUNED";
    return s->flushed_lsn > st->last &&
                   s->flushed_lsn - st->last > (uint64_t)s->board->settings.replay
               ? "TOO_FAR"
               : NULL;
}

void stream_start(struct stream *st)
{
    const struct scope *s = st->scope;
    const struct board_settings *o = &s->board->settings;
    char now[HX_INSTANT_TEXT];
    st->begun = true;
    hx_instant_format(board_now(s->board), o->utc_offset, now);
    if (!stream_say(st,
                    "retry: %d\nevent: hello\ndata: {\"epoch\":\"%s\",\"lsn\":%" PRIu64
                    ",\"oldest_lsn\":%" PRIu64 ",\"now\":\"%s\",\"heartbeat_ms\":%" PRId64
                    ",\"scale\":%" PRIu32 "}\n\n",
                    RETRY_MS, s->epoch, s->flushed_lsn, s->oldest_lsn, now, o->heartbeat_ms,
                    s->scale ? s->scale : 1))
        return;
    const char *why = st->placed ? judge_place(st) : NULL;
    if (why) {
        (void)stream_begin_anew(st, why);
    } else if (!st->placed) {
        st->last = s->flushed_lsn;
        (void)stream_go_live(st);
    } else {
        st->last = st->last > s->flushed_lsn ? s->flushed_lsn : st->last;
        stream_catch_up(st);
    }
}

/* ---- all streams of a scope ---- */

#define EACH_STREAM(st, next, s)                                                                   \
    for (st = LIST_FIRST(&(s)->streams); st && ((next = LIST_NEXT(st, link)), 1); st = next)

static size_t new_bytes(const struct scope *s)
{
    size_t total = 0;
    for (size_t i = ring_after(&s->ring, s->flushed_lsn); i < s->ring.n; i++)
        total += ring_at(&s->ring, i)->size;
    return total;
}

/* New frames as one text, which most pages are sent as it is. NULL: none, or no memory. */
static char *join(const struct scope *s, size_t total)
{
    char *text = total ? malloc(total) : NULL, *to = text;
    for (size_t i = ring_after(&s->ring, s->flushed_lsn); text && i < s->ring.n; i++) {
        const struct frame *f = ring_at(&s->ring, i);
        memcpy(to, f->text, f->size);
        to += f->size;
    }
    return text;
}

static void send_each(struct stream *st)
{
    const struct scope *s = st->scope;
    for (size_t i = ring_after(&s->ring, st->last); i < s->ring.n; i++) {
        const struct frame *f = ring_at(&s->ring, i);
        if (stream_matches(st, f) && !http_stream_write(st->http, f->text, f->size))
            return;
    }
    st->last = s->seen_lsn;
}

void stream_flush(struct scope *s)
{
    struct stream *st, *next;
    size_t size = new_bytes(s);
    char *text = join(s, size);
    EACH_STREAM(st, next, s)
    {
        if (!st->live)
            continue;
        if (st->filtered || st->last != s->flushed_lsn || (size && !text))
            send_each(st);
        else if (http_stream_write(st->http, text, size))
            st->last = s->seen_lsn;
    }
    free(text);
}

/* Also of a page that waits or is behind, so that no proxy takes it for dead. Where it has begun
 * this moves the point from which the browser goes on, also when nothing was for it. */
void stream_beat(struct scope *s)
{
    struct stream *st, *next;
    bool behind = false;
    EACH_STREAM(st, next, s) behind |= !st->live;
    if (!behind)
        told_forget(&s->told);
    EACH_STREAM(st, next, s)
    if (st->begun)
        (void)stream_say(st, ": beat\nid: %s-%" PRIu64 "\n\n", s->epoch, st->last);
    else
        (void)stream_say(st, ": beat\n\n");
}

/* Each has its place in the journal that was, and waits. */
void stream_reset(struct scope *s)
{
    struct stream *st, *next;
    EACH_STREAM(st, next, s)
    if (st->begun) {
        hx_text_put(st->epoch, sizeof st->epoch, s->epoch);
        st->placed = true;
        st->begun = st->live = st->waits = false;
        event_del(st->later);
    }
}

void stream_welcome(struct scope *s)
{
    struct stream *st, *next;
    EACH_STREAM(st, next, s)
    if (!st->begun && !st->asking) /* one that asks begins with its answer */
        stream_start(st);
}

void stream_end_all(struct scope *s, const struct session *only, const char *code)
{
    struct stream *st, *next;
    EACH_STREAM(st, next, s)
    if (!only || st->session == only)
        end(st, code);
}

/* ---- the handler ---- */

/* "EPOCH-LSN". A text that is none is a place that never was. */
static void take_place(struct stream *st, const struct http_request *r)
{
    char text[128], *end;
    hx_text_put(text, sizeof text, http_get_header(r, "Last-Event-ID", NULL));
    if (!*text && !http_query(r, "last_event_id", text, sizeof text))
        return;
    if (!*text)
        return;
    char *dash = strrchr(text, '-');
    st->placed = true;
    if (!dash || dash[1] < '0' || dash[1] > '9')
        return;
    st->last = strtoull(dash + 1, &end, 10);
    *dash = '\0';
    if (!*end)
        hx_text_put(st->epoch, sizeof st->epoch, text);
}

static bool take_filter(struct stream *st, const struct http_request *r)
{
    char number[40];
    if (!query_word(r, "case", number, sizeof number) ||
        !query_word(r, "place", st->place, sizeof st->place) ||
        !query_word(r, "holder", st->holder, sizeof st->holder) ||
        (*number && hx_number_parse(number, &st->case_number) != HX_OK))
        return false;
    st->filtered = st->case_number || *st->place || *st->holder;
    return true;
}

static struct stream *make(struct board *b, struct http_request *r, struct session *session)
{
    struct stream *st = calloc(1, sizeof *st);
    if (!st || !(st->later = evtimer_new(b->base, stream_later, st))) {
        free(st);
        http_problem(r, 503, "NO_MEMORY", "out of memory");
        return NULL;
    }
    take_place(st, r);
    if (!take_filter(st, r)) {
        event_free(st->later);
        free(st);
        query_wrong(r, "case is CL-17 or a number; place and holder are words");
        return NULL;
    }
    st->session = session;
    sessions_hold(session);
    return st;
}

void events_stream(void *arg, struct http_request *r)
{
    struct board *b = arg;
    struct session *session = gate_session(b, r);
    if (!session)
        return;
    if (session->streams >= SESSION_STREAMS) {
        http_problem(r, 429, "TOO_MANY_STREAMS", "a session has at most %d streams",
                     SESSION_STREAMS);
        return;
    }
    struct scope *s = scopes_get(b->scopes, session->principal);
    struct stream *st = s ? make(b, r, session) : NULL;
    if (!s)
        http_problem(r, 503, "NO_FEED", "no further feed for now");
    if (!st)
        return;
    st->scope = s;
    http_set_header(r, "Cache-Control", "no-cache");
    http_set_header(r, "X-Accel-Buffering", "no");
    st->http = http_stream_begin(r, "text/event-stream", on_gone, st);
    if (!st->http) {
        stream_free(st);
        return;
    }
    session->streams++;
    LIST_INSERT_HEAD(&s->streams, st, link);
    s->n_streams++;
    if (s->welcomed)
        stream_start(st);
}
