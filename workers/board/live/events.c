/* Server-sent events: the journal of a principal on each of his pages. */
#include "base/text.h"
#include "board/ask.h"
#include "board/live/scope.h"
#include "hongxin/instant.h"
#include "hongxin/number.h"
#include <event2/event.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    CATCH_UP = 500,         /* entries asked of the journal at a time */
    CATCH_UP_WAIT_MS = 50,  /* … when the browser has not taken those before */
    CATCH_UP_BYTES = 65536, /* that it may have left */
    HEARTBEAT_MS = 15000
};

struct stream {
    LIST_ENTRY(stream) link;
    struct scope *scope;
    struct session *session;
    struct http_stream *http; /* NULL: gone, and freed with its question */
    struct event *later;
    bool placed; /* `last` is where it begins; else it begins now */
    bool live, asking, filtered;
    uint64_t last; /* everything up to here is sent */
    char epoch[SCOPE_EPOCH];
    uint64_t case_number;
    char place[64], holder[64]; /* "" = any */
};

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

static bool matches(const struct stream *st, const struct frame *f)
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

static bool say(struct stream *st, const char *format, ...) HX_PRINTF(2, 3);
static bool say(struct stream *st, const char *format, ...)
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

static bool say_reset(struct stream *st, const char *why)
{
    const struct scope *s = st->scope;
    return say(st,
               "id: %s-%" PRIu64 "\nevent: reset\ndata: {\"epoch\":\"%s\",\"oldest_lsn\":%" PRIu64
               ",\"lsn\":%" PRIu64 ",\"why\":\"%s\"}\n\n",
               s->epoch, s->flushed_lsn, s->epoch, s->oldest_lsn, s->flushed_lsn, why);
}

static bool go_live(struct stream *st)
{
    const struct scope *s = st->scope;
    st->live = true;
    return say(st, "id: %s-%" PRIu64 "\nevent: live\ndata: {\"lsn\":%" PRIu64 "}\n\n", s->epoch,
               st->last, st->last);
}

/* What the ring has between `last` and what has been flushed to all. */
static bool send_ring(struct stream *st)
{
    const struct scope *s = st->scope;
    for (size_t i = 0; i < s->n; i++) {
        const struct frame *f = scope_frame(s, i);
        if (f->lsn > st->last && f->lsn <= s->flushed_lsn && matches(st, f) &&
            !http_stream_write(st->http, f->text, f->size))
            return false;
    }
    st->last = s->flushed_lsn;
    return true;
}

/* ---- what a browser has missed ---- */

static void catch_up(struct stream *st);

static void stream_free(struct stream *st)
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
    if (code && !say(st, "event: end\ndata: {\"code\":\"%s\"}\n\n", code))
        return;
    struct http_stream *http = st->http;
    on_gone(st);
    http_stream_close(http);
}

static bool send_entry(struct stream *st, const ProtobufCBinaryData *bytes)
{
    hxp_entry *e = hongxin__v1__entry__unpack(NULL, bytes->len, bytes->data);
    struct frame f = {0};
    bool lives = true;
    if (!e)
        return true;
    f.lsn = e->lsn;
    f.case_number = e->case_number;
    const hxp_where *w = e->where;
    const char *ids[5] = {w ? w->street : "", w ? w->community : "", w ? w->grid : "",
                          w ? w->estate : "", w ? w->building : ""};
    for (size_t i = 0; i < 5; i++)
        f.places[i] = intern(ids[i]);
    f.holder = intern(e->holder);
    f.holder_before = intern(e->holder_before);
    if (matches(st, &f) && (f.text = frame_text(st->scope, e, &f.size)))
        lives = http_stream_write(st->http, f.text, f.size);
    free(f.text);
    hongxin__v1__entry__free_unpacked(e, NULL);
    return lives;
}

static bool take_page(struct stream *st, const Hongxin__V1__EntriesAnswer *a)
{
    const struct scope *s = st->scope;
    if (strcmp(a->epoch, s->epoch) != 0)
        return say_reset(st, "OTHER_EPOCH") && (st->last = s->flushed_lsn, go_live(st));
    if (st->last + 1 < a->oldest_lsn)
        return say_reset(st, "PRUNED") && (st->last = s->flushed_lsn, go_live(st));
    for (size_t i = 0; i < a->n_entries; i++)
        if (!send_entry(st, &a->entries[i]))
            return false;
    st->last = a->upto_lsn > st->last ? a->upto_lsn : st->last;
    return true;
}

static void on_entries(void *arg, int err, const hxp_response *answer)
{
    struct stream *st = arg;
    st->asking = false;
    if (!st->http) {
        stream_free(st);
        return;
    }
    bool right = !err && answer->answer_case == HONGXIN__V1__RESPONSE__ANSWER_ENTRIES_ANSWER;
    if (right && !take_page(st, answer->entries_answer))
        return;
    if (!st->live) { /* on it goes; when the daemon is away, in a while */
        const struct timeval soon = {0, right ? 0 : 500000};
        evtimer_add(st->later, &soon);
    }
}

static void ask_journal(struct stream *st)
{
    hxp_request q = HONGXIN__V1__REQUEST__INIT;
    Hongxin__V1__EntriesQuery query = HONGXIN__V1__ENTRIES_QUERY__INIT;
    query.after_lsn = st->last;
    query.limit = CATCH_UP;
    q.ask_case = HONGXIN__V1__REQUEST__ASK_ENTRIES;
    q.entries = &query;
    st->asking = ask_for(st->scope->board, st->scope->principal, &q, on_entries, st) == HX_OK;
    if (!st->asking) {
        const struct timeval later = {1, 0};
        evtimer_add(st->later, &later);
    }
}

/* As far as the ring reaches back from the ring, else from the journal. */
static void catch_up(struct stream *st)
{
    const struct scope *s = st->scope;
    if (st->last >= s->complete_from) {
        if (send_ring(st))
            (void)go_live(st);
    } else if (http_stream_waiting(st->http) > CATCH_UP_BYTES) {
        const struct timeval later = {0, CATCH_UP_WAIT_MS * 1000};
        evtimer_add(st->later, &later);
    } else {
        ask_journal(st);
    }
}

static void on_later(evutil_socket_t fd, short what, void *arg)
{
    struct stream *st = arg;
    (void)fd;
    (void)what;
    if (st->scope && st->http && !st->live && !st->asking)
        catch_up(st);
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
    return s->flushed_lsn > st->last &&
                   s->flushed_lsn - st->last > (uint64_t)s->board->settings.replay
               ? "TOO_FAR"
               : NULL;
}

/* The feed stands: says hello, and begins where it should. */
static void start(struct stream *st)
{
    const struct scope *s = st->scope;
    char now[HX_INSTANT_TEXT];
    hx_instant_format(board_now(s->board), s->board->settings.utc_offset, now);
    if (!say(st,
             "retry: 2000\nevent: hello\ndata: {\"epoch\":\"%s\",\"lsn\":%" PRIu64
             ",\"oldest_lsn\":%" PRIu64 ",\"now\":\"%s\",\"heartbeat_ms\":%d,\"scale\":%" PRIu32
             "}\n\n",
             s->epoch, s->flushed_lsn, s->oldest_lsn, now, HEARTBEAT_MS, s->scale ? s->scale : 1))
        return;
    const char *why = st->placed ? judge_place(st) : NULL;
    if (why && !say_reset(st, why))
        return;
    if (why || !st->placed) {
        st->last = s->flushed_lsn;
        (void)go_live(st);
    } else {
        st->last = st->last > s->flushed_lsn ? s->flushed_lsn : st->last;
        catch_up(st);
    }
}

/* ---- all streams of a scope ---- */

#define EACH_STREAM(st, next, s)                                                                   \
    for (st = LIST_FIRST(&(s)->streams); st && ((next = LIST_NEXT(st, link)), 1); st = next)

/* New frames as one text, which most pages are sent as it is. */
static char *join(const struct scope *s, size_t *size)
{
    char *text = NULL;
    size_t total = 0;
    for (size_t i = 0; i < s->n; i++)
        if (scope_frame(s, i)->lsn > s->flushed_lsn)
            total += scope_frame(s, i)->size;
    *size = 0;
    if (!total || !(text = malloc(total)))
        return NULL;
    for (size_t i = 0; i < s->n; i++) {
        const struct frame *f = scope_frame(s, i);
        if (f->lsn > s->flushed_lsn) {
            memcpy(text + *size, f->text, f->size);
            *size += f->size;
        }
    }
    return text;
}

static void send_matching(struct stream *st)
{
    const struct scope *s = st->scope;
    for (size_t i = 0; i < s->n; i++) {
        const struct frame *f = scope_frame(s, i);
        if (f->lsn > st->last && matches(st, f) && !http_stream_write(st->http, f->text, f->size))
            return;
    }
    st->last = s->seen_lsn;
}

void stream_flush(struct scope *s)
{
    struct stream *st, *next;
    size_t size;
    char *text = join(s, &size);
    EACH_STREAM(st, next, s)
    {
        if (!st->live)
            continue;
        if (st->filtered || st->last != s->flushed_lsn)
            send_matching(st);
        else if (http_stream_write(st->http, text, size))
            st->last = s->seen_lsn;
    }
    free(text);
}

/* Moves the point from which a browser goes on, also when nothing was for it. */
void stream_beat(struct scope *s)
{
    struct stream *st, *next;
    EACH_STREAM(st, next, s)
    if (st->live && s->welcomed)
        (void)say(st, ": beat\nid: %s-%" PRIu64 "\n\n", s->epoch, st->last);
}

void stream_reset(struct scope *s, const char *why)
{
    struct stream *st, *next;
    (void)why;
    EACH_STREAM(st, next, s)
    {
        st->live = false; /* until the feed stands again: then its place is judged */
        st->placed = true;
        st->last = 0;
        hx_text_put(st->epoch, sizeof st->epoch, "");
    }
}

void stream_welcome(struct scope *s)
{
    struct stream *st, *next;
    EACH_STREAM(st, next, s)
    if (!st->live && !st->asking)
        start(st);
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
    session->streams++;
    LIST_INSERT_HEAD(&s->streams, st, link);
    s->n_streams++;
    if (s->welcomed)
        start(st);
}
