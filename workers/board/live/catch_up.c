/* What a browser has missed: from the scope's ring as far as that reaches back, else from the
 * journal. */
#include "board/ask.h"
#include "board/live/stream.h"
#include <event2/event.h>
#include <stdlib.h>
#include <string.h>

enum {
    AT_ONCE = 100, /* entries asked of the journal at a time */
    AGAIN_MS = 500 /* the daemon does not answer now */
};

/* ---- texts of what was asked of the journal ---- */

/* NULL: no memory. */
static const struct frame *tell(struct scope *s, const hxp_entry *e)
{
    const struct frame *f = told_find(&s->told, e->lsn);
    struct frame fresh;
    if (f)
        return f;
    frame_tag(&fresh, e);
    fresh.text = frame_text(s, e, &fresh.size);
    return fresh.text ? told_keep(&s->told, &fresh) : NULL;
}

/* What others were sent that comes next; only without a gap, as who may see less has. */
static bool send_told(struct stream *st)
{
    const struct scope *s = st->scope;
    const struct frame *f;
    while (st->last < s->ring.complete_from && !http_stream_waiting(st->http) &&
           (f = told_find(&s->told, st->last + 1))) {
        if (stream_matches(st, f) && !http_stream_write(st->http, f->text, f->size))
            return false;
        st->last++;
    }
    return true;
}

static bool send_entry(struct stream *st, const ProtobufCBinaryData *bytes)
{
    hxp_entry *e = hongxin__v1__entry__unpack(NULL, bytes->len, bytes->data);
    const struct frame *f = e ? tell(st->scope, e) : NULL;
    bool lives = !f || !stream_matches(st, f) || http_stream_write(st->http, f->text, f->size);
    if (lives && e)
        st->last = e->lsn;
    if (e)
        hongxin__v1__entry__free_unpacked(e, NULL);
    return lives;
}

/* As far as there is room; the rest is asked for again. */
static bool take_page(struct stream *st, const Hongxin__V1__EntriesAnswer *a)
{
    size_t i = 0;
    if (st->last + 1 < a->oldest_lsn)
        return stream_begin_anew(st, "PRUNED");
    for (; i < a->n_entries && !http_stream_waiting(st->http); i++)
        if (!send_entry(st, &a->entries[i]))
            return false;
    if (i == a->n_entries && a->upto_lsn > st->last)
        st->last = a->upto_lsn;
    return true;
}

/* ---- asking ---- */

/* Of all that can go wrong only what may be better soon is asked again. */
static void take_fault(struct stream *st, int err)
{
    struct board *b = st->scope->board;
    if (err == HX_TIMEOUT || err == HX_AGAIN || err == HX_DENIED)
        stream_go_on_in(st, AGAIN_MS);
    else
        (void)stream_begin_anew(st, "UNREADABLE");
    if (err == HX_DENIED) /* is he still who he was? Else his pages end in the next second */
        scopes_doubt(b->scopes, st->scope->principal);
}

static void wake_others(const struct scope *s)
{
    struct stream *st;
    LIST_FOREACH(st, &s->streams, link)
    if (st->waits) {
        st->waits = false;
        stream_go_on_in(st, 0);
    }
}

void catch_up_leave(struct stream *st)
{
    if (st->scope->asker != st)
        return;
    st->scope->asker = NULL;
    wake_others(st->scope);
}

static void on_entries(void *arg, int err, const hxp_response *answer)
{
    struct stream *st = arg;
    st->asking = false;
    if (!st->scope) {
        stream_free(st);
        return;
    }
    wake_others(st->scope);
    if (!st->begun) { /* the feed has begun anew meanwhile: this answers what is no more */
        if (st->scope->welcomed)
            stream_start(st);
    } else if (err || answer->answer_case != HONGXIN__V1__RESPONSE__ANSWER_ENTRIES_ANSWER) {
        take_fault(st, err ? err : HX_INVALID);
    } else if (strcmp(answer->entries_answer->epoch, st->scope->epoch) != 0) {
        stream_go_on_in(st, AGAIN_MS); /* of another journal: the feed is about to see that too */
    } else if (take_page(st, answer->entries_answer) && !st->live) {
        stream_go_on_in(st, 0);
    }
}

static void ask_journal(struct stream *st)
{
    hxp_request q = HONGXIN__V1__REQUEST__INIT;
    Hongxin__V1__EntriesQuery query = HONGXIN__V1__ENTRIES_QUERY__INIT;
    query.after_lsn = st->last;
    query.limit = AT_ONCE;
    q.ask_case = HONGXIN__V1__REQUEST__ASK_ENTRIES;
    q.entries = &query;
    st->asking = ask_for(st->scope->board, st->scope->principal, &q, on_entries, st) == HX_OK;
    if (st->asking)
        st->scope->asker = st;
    else
        stream_go_on_in(st, AGAIN_MS);
}

static bool catch_up_from_journal(struct stream *st)
{
    const struct scope *s = st->scope;
    uint64_t before = st->last;
    if (!send_told(st))
        return false;
    if (st->last > before)
        stream_go_on_in(st, 0);
    else if (s->asker && s->asker->asking && s->asker->last == st->last)
        st->waits = true; /* for the answer that somebody else gets */
    else
        ask_journal(st);
    return true;
}

bool stream_catch_up(struct stream *st)
{
    const struct scope *s = st->scope;
    if (http_stream_waiting(st->http))
        return true;
    if (st->last < s->ring.complete_from)
        return stream_is_too_far(st) ? stream_begin_anew(st, "TOO_FAR") : catch_up_from_journal(st);
    if (!round_serve(st))
        return false;
    if (st->last >= s->seen_lsn)
        return stream_go_live(st);
    if (!http_stream_waiting(st->http))
        stream_go_on_in(st, 0);
    return true;
}
