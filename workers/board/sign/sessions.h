/* Sessions: who has signed in. What a browser holds is a secret that is kept nowhere else; we know
 * its hash. They live over a restart or a kill of the board in a file of hashes, mode 0600: a
 * session is on disk before its browser hears of it, and so is signing out.
 *
 * A session ends when it has not been used for a time, after a time in all, by signing out, and
 * when its user or his rights have changed. One thread. */
#ifndef BOARD_SESSIONS_H
#define BOARD_SESSIONS_H

#include "board/sign/users.h"
#include "hongxin/error.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>

enum {
    SESSION_TOKEN = 44,
    SESSION_STREAMS = 16,
    SESSIONS_MAX = 20000,
    SESSION_HASH = 32,
    SESSION_WHO = 33
};

struct session {
    LIST_ENTRY(session) link;
    uint8_t hash[SESSION_HASH];
    char csrf[SESSION_TOKEN];
    char user[USER_TEXT + 1], principal[USER_TEXT + 1], title[USER_TEXT + 1];
    char person[USER_TEXT + 1];
    char role[USER_TEXT + 1]; /* with a daemon without keys */
    char *areas;              /* … the same, as JSON; owned */
    char who[SESSION_WHO];    /* what its principal was when its pages were told; "": not yet */
    int64_t stamp, begun, used, expires;
    bool once, given, totp;
    unsigned streams, holds; /* holds: of those who still look at it */
    bool ended;
};

struct sessions; /* opaque */

struct sessions_times {
    int64_t idle_ms, most_ms;
};

/* `path` "" : not kept. What it holds is read; a file that cannot be read is a file without
 * sessions. HX_NOMEM; HX_IO: it cannot be written. */
HX_CHECK int sessions_open(const char *path, const struct sessions_times *times, int64_t now,
                           struct sessions **out);
void sessions_close(struct sessions *s);

struct sign_in {
    const struct user *user;
    bool once; /* with a ticket */
    int64_t now;
};

/* A new one, on disk; *token is for the browser alone. HX_FULL: there are SESSIONS_MAX; HX_IO: it
 * cannot be kept; HX_NOMEM. */
HX_CHECK int sessions_begin(struct sessions *s, const struct sign_in *in, char token[SESSION_TOKEN],
                            struct session **out);
/* Of a token; NULL: none, or it has ended. Moves its end. */
struct session *sessions_use(struct sessions *s, const char *token, int64_t now);

/* It is over, also after a kill; freed when nobody holds it. */
void sessions_end(struct sessions *s, struct session *x);
/* Ends are on disk, at the latest in the next second by themselves. HX_IO, HX_NOMEM: they may come
 * back after a cut of power. */
HX_CHECK int sessions_sync(struct sessions *s);
void sessions_hold(struct session *x);
void sessions_release(struct session *x);

/* Every session, newest first; NULL ends. What is handed out may be ended. */
struct session *sessions_next(struct sessions *s, struct session *after);
size_t sessions_count(const struct sessions *s);

/* Once a second: ends what is over; now and then makes the file anew. */
void sessions_tick(struct sessions *s, int64_t now);

#endif
