/* A scope: what one principal may see. It has one feed of the daemon, made for the principal, and
 * all pages of the principal live on it: the streams of server-sent events, and the promises that
 * run. So the daemon judges once for a principal what he is shown, and an entry travels once.
 *
 * The newest entries are kept as they are sent, for browsers that come back after a short break;
 * what lies further back is asked of the journal. Scopes that nobody uses any more are closed. */
#ifndef BOARD_SCOPE_H
#define BOARD_SCOPE_H

#include "board/board.h"
#include "board/live/ring.h"
#include "board/live/round.h"
#include "hongxin/schema.h"
#include <sys/queue.h>

enum { SCOPE_EPOCH = 64 };

struct stream;
LIST_HEAD(stream_list, stream);

struct scope {
    LIST_ENTRY(scope) link;
    struct board *board;
    char principal[USER_TEXT + 1];
    hx_client *client;
    struct event *readable;
    bool welcomed, ready; /* ready: the model is whole */
    bool checking, denied;
    char epoch[SCOPE_EPOCH];
    uint64_t oldest_lsn, seen_lsn; /* seen: everything up to here has been told */
    uint32_t scale;
    struct ring ring;
    struct told told;           /* what pages that are behind were sent */
    const struct stream *asker; /* who asked the journal last; NULL: gone */
    struct round round;
    struct stream_list streams;
    size_t n_streams;
    struct model *model;
    char who[SESSION_WHO]; /* what the principal was when last asked; "": not yet */
    TAILQ_HEAD(, scope_wait) waits;
    int64_t used_at;
};

struct scopes; /* opaque */

HX_CHECK int scopes_open(struct board *b, struct scopes **out);
void scopes_close(struct scopes *s);

/* The scope of a principal, opened when there is none. NULL: no memory, or no descriptors. */
struct scope *scopes_get(struct scopes *s, const char *principal);
/* NULL when there is none. */
struct scope *scopes_find(const struct scopes *s, const char *principal);

/* Calls back when its model is whole (at once when it is), or with NULL when that takes too long.
 */
typedef void scope_fn(void *arg, struct scope *scope);
void scope_when_ready(struct scope *scope, scope_fn *fn, void *arg);

/* Something was denied: is the principal still what he was? Ends his sessions when not. */
void scopes_doubt(struct scopes *s, const char *principal);
/* Streams of a session end with a word. */
void scopes_end_session(struct scopes *s, const struct session *session, const char *code);
/* Once a second. */
void scopes_tick(struct scopes *s);
/* Sums over all scopes. */
void scopes_count(const struct scopes *scopes, uint64_t *n, uint64_t *streams, uint64_t *rows);

/* ---- scope.c, one of them: for scopes.c ---- */

/* Follows as soon as the rules are known. `rings` counts for all. NULL: no memory, or no
 * descriptors. */
struct scope *scope_new(struct board *b, const char *principal, struct rings *rings);
/* Its pages end without a word. */
void scope_free(struct scope *s);
/* Once a second: who has waited too long, heartbeats, a feed that does not stand yet. */
void scope_tick(struct scope *s);

/* A question that was asked in a principal's name; his scope may be gone when it is answered. */
struct looking {
    struct board *board;
    char principal[USER_TEXT + 1];
    uint64_t number; /* of a case; 0: about himself */
};

/* The caller frees it. NULL: no memory. */
struct looking *looking_new(struct board *b, const char *principal, uint64_t number);
/* NULL: gone. */
struct scope *looking_scope(const struct looking *l);

/* Everything of a frame but its text. */
void frame_tag(struct frame *f, const hxp_entry *entry);

/* ---- events.c ---- */

void stream_reset(struct scope *s); /* the feed is about to begin anew */
void stream_end_all(struct scope *s, const struct session *only, const char *code);
void stream_welcome(struct scope *s); /* the feed stands */

/* An entry as text of a stream. NULL without memory. */
char *frame_text(const struct scope *s, const hxp_entry *entry, size_t *size);

#endif
