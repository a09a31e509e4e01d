/* Sessions: who has signed in. What a browser holds is a secret that is kept nowhere else; we know
 * its hash. They live over a restart of the board in a file of hashes, mode 0600.
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

enum { SESSION_TOKEN = 44, SESSION_STREAMS = 16, SESSIONS_MAX = 20000, SESSION_HASH = 32 };

struct session {
    LIST_ENTRY(session) link;
    uint8_t hash[SESSION_HASH];
    char csrf[SESSION_TOKEN];
    char user[USER_TEXT + 1], principal[USER_TEXT + 1], title[USER_TEXT + 1];
    char person[USER_TEXT + 1];
    char role[USER_TEXT + 1]; /* with a daemon without keys */
    char *areas;              /* … the same, as JSON; owned */
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
 * sessions. HX_NOMEM. */
HX_CHECK int sessions_open(const char *path, const struct sessions_times *times, int64_t now,
                           struct sessions **out);
void sessions_close(struct sessions *s);

/* A new one; *token is for the browser alone. NULL: no memory, or too many. */
struct session *sessions_begin(struct sessions *s, const struct user *user, int64_t now,
                               char token[SESSION_TOKEN]);
/* Of a token; NULL: none, or it has ended. Moves its end. */
struct session *sessions_use(struct sessions *s, const char *token, int64_t now);

/* It is over; freed when nobody holds it. */
void sessions_end(struct sessions *s, struct session *x);
void sessions_hold(struct session *x);
void sessions_release(struct session *x);

/* Every session, newest first; NULL ends. What is handed out may be ended. */
struct session *sessions_next(struct sessions *s, struct session *after);
size_t sessions_count(const struct sessions *s);

/* Once a second: ends what is over, and writes the file when something has changed. */
void sessions_tick(struct sessions *s, int64_t now);

#endif
