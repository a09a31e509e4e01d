/* One page that follows: a stream of server-sent events. It stands in one of three states:
 *
 *   waiting   its scope has no feed yet, or has to begin it anew; `last` in `epoch` is where the
 *             browser is, when it is placed
 *   behind    it has begun (said hello, its place is judged) and is sent what it has missed: from
 *             the scope's ring, else from the journal
 *   live      what comes is sent as it comes, in rounds; where the ring does not reach back to it
 *             any more it is behind again
 *
 * In each of them it is given as much as it takes: once something waits for the browser nothing
 * more is put up before that is taken. A browser that takes nothing is dropped by the server.
 *
 * A stream ends with its browser (on_gone), also inside of any of these calls that says so. */
#ifndef BOARD_STREAM_H
#define BOARD_STREAM_H

#include "board/live/scope.h"
#include "http/http.h"
#include <event2/util.h>

struct stream {
    LIST_ENTRY(stream) link;
    struct scope *scope;
    struct session *session;
    struct http_stream *http; /* NULL: gone, and freed with its question */
    struct event *later;
    bool placed; /* `last` is where it begins; else it begins now */
    bool begun, live, filtered;
    bool asking, waits; /* for an answer of the journal, its own or another page's */
    uint64_t last;      /* everything up to here is sent */
    char epoch[SCOPE_EPOCH];
    uint64_t case_number;
    char place[64], holder[64]; /* "" = any */
};

void stream_free(struct stream *st);
bool stream_matches(const struct stream *st, const struct frame *f);
/* It has missed more than is sent again. */
bool stream_is_too_far(const struct stream *st);

/* The scope's feed stands: says hello and goes on where the browser was, or tells it to begin anew.
 * The stream may be over afterwards. */
void stream_start(struct stream *st);

/* These write; false: the stream is over. */
bool stream_say(struct stream *st, const char *format, ...) HX_PRINTF(2, 3);
bool stream_go_live(struct stream *st);
/* Told `reset` (openapi.yaml has the reasons), and live from now. */
bool stream_begin_anew(struct stream *st, const char *why);
/* It is given what it may have now; the rest follows by itself. */
bool stream_go_on(struct stream *st);
void stream_go_on_in(struct stream *st, int ms);

/* Ends it, with a word when there is one. */
void stream_end(struct stream *st, const char *code);

/* ---- catch_up.c ---- */

/* Sends what was missed, a part now and the rest by itself, then goes live. False: it is over. */
bool stream_catch_up(struct stream *st);
/* It is gone: whoever waits for its answer asks himself. */
void catch_up_leave(struct stream *st);

#endif
