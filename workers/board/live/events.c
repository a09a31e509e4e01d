/* Server-sent events: the journal of a principal on each of his pages. */
#include "base/text.h"
#include "board/ask.h"
#include "board/live/stream.h"
#include "hongxin/instant.h"
#include "hongxin/number.h"
#include "http/json.h"
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
    size_t length;
    char *json = o ? http_json_text(o, &length) : NULL, *text = NULL;
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
    st->last = s->seen_lsn;
    return stream_say(st,
                      "id: %s-%" PRIu64
                      "\nevent: reset\ndata: {\"epoch\":\"%s\",\"oldest_lsn\":%" PRIu64
                      ",\"lsn\":%" PRIu64 ",\"why\":\"%s\"}\n\n",
                      s->epoch, s->seen_lsn, s->epoch, s->oldest_lsn, s->seen_lsn, why) &&
           stream_go_live(st);
}

bool stream_go_on(struct stream *st)
{
    const struct scope *s = st->scope;
    if (http_stream_waiting(st->http))
        return true;
    st->live = st->live && st->last >= s->ring.complete_from;
    if (!st->live)
        return stream_catch_up(st);
    if (!round_serve(st))
        return false;
    if (st->last < s->seen_lsn && !http_stream_waiting(st->http))
        stream_go_on_in(st, 0);
    return true;
}

static void go_on(struct stream *st)
{
    if (st->http && st->begun && !st->asking)
        (void)stream_go_on(st);
}

static void on_taken(void *arg)
{
    go_on(arg);
}

static void on_later(evutil_socket_t fd, short what, void *arg)
{
    (void)fd;
    (void)what;
    go_on(arg);
}

void stream_go_on_in(struct stream *st, int ms)
{
    const struct timeval t = {ms / 1000, ms % 1000 * 1000};
    evtimer_add(st->later, &t);
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
        round_leave(st);
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

void stream_end(struct stream *st, const char *code)
{
    if (code && !stream_say(st, "event: end\ndata: {\"code\":\"%s\"}\n\n", code))
        return;
    struct http_stream *http = st->http;
    on_gone(st);
    http_stream_close(http);
}

/* ---- its begin ---- */

bool stream_is_too_far(const struct stream *st)
{
    const struct scope *s = st->scope;
    return s->seen_lsn > st->last && s->seen_lsn - st->last > (uint64_t)s->board->settings.replay;
}

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
    return stream_is_too_far(st) ? "TOO_FAR" : NULL;
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
                    RETRY_MS, s->epoch, s->seen_lsn, s->oldest_lsn, now, o->heartbeat_ms,
                    s->scale ? s->scale : 1))
        return;
    const char *why = st->placed ? judge_place(st) : NULL;
    if (why) {
        (void)stream_begin_anew(st, why);
    } else if (!st->placed) {
        st->last = s->seen_lsn;
        (void)stream_go_live(st);
    } else {
        (void)stream_catch_up(st);
    }
}

/* ---- all streams of a scope ---- */

#define EACH_STREAM(st, next, s)                                                                   \
    for (st = LIST_FIRST(&(s)->streams); st && ((next = LIST_NEXT(st, link)), 1); st = next)

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
        stream_end(st, code);
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
    if (!st || !(st->later = evtimer_new(b->base, on_later, st))) {
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
    http_stream_when_taken(st->http, on_taken);
    session->streams++;
    LIST_INSERT_HEAD(&s->streams, st, link);
    s->n_streams++;
    if (s->welcomed)
        stream_start(st);
}
