/* Who may sign in: a file of JSON, mode 0600, kept by `hongxin-board user`.
 *
 * A user stands for a principal of the daemon's registry: rights and areas are that one's, and the
 * daemon judges them. The file says nothing about what anybody may do, so there is no second copy
 * of the rules; where the daemon has no keys, `role` and `areas` only say which pages he works
 * with.
 *
 * The board looks at the file once a second; whoever is gone, disabled, given another principal or
 * another password has no session any more. The command writes beside and renames. One thread. */
#ifndef BOARD_USERS_H
#define BOARD_USERS_H

#include "config/reading/problem.h"
#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

enum { USER_TEXT = 100, USER_HASH = 128, USER_SECRET = 64, USERS_MAX = 20000 };

struct user {
    const char *name;      /* borrowed from the file's JSON, like all texts here */
    const char *title;     /* as people call him */
    const char *person;    /* as events name him */
    const char *principal; /* "" with a daemon without keys */
    const char *role;      /* … then: what he works as */
    json_t *areas;         /* … and where; borrowed, a list */
    const char *hash;      /* argon2id, libsodium's text form; "" = signs in by tickets only */
    const char *totp;      /* base32; "" = none */
    bool disabled, given;  /* given: the password was set by somebody else */
    int64_t stamp;         /* changes whenever sessions of before have to end */
};

struct users; /* opaque */

/* HX_DENIED: others may read it. HX_NOTFOUND, HX_IO, HX_CONFIG, HX_NOMEM; with the problem. */
HX_CHECK int users_load(const char *path, struct users **out, struct hx_problem *problem);
void users_free(struct users *users);

/* False: there is none of this name. */
bool users_find(const struct users *users, const char *name, struct user *out);
bool users_at(const struct users *users, size_t i, struct user *out); /* false ends */

/* The file as JSON, to be changed and saved: {"users": [...], "tickets": [...]}. */
json_t *users_json(struct users *users);

/* Writes beside and renames, mode 0600. HX_IO, HX_NOMEM with the problem. */
HX_CHECK int users_save(struct users *users, const char *path, struct hx_problem *problem);

/* The same when nothing is there yet. */
HX_CHECK int users_empty(struct users **out);

/* Takes a ticket out of the file: *name is its user. False: there is none, or its time is over.
 * The file is read, changed and saved under its lock, so that a ticket works once. */
bool users_take_ticket(const char *path, const char *ticket, int64_t now_ms,
                       char name[USER_TEXT + 1]);

/* Reads, changes and saves under the file's lock. `change` returns HX_OK to have it saved. */
HX_CHECK int users_change(const char *path, int (*change)(void *arg, struct users *users),
                          void *arg, struct hx_problem *problem);

/* Whether the six digits are those of now, a step before or after (RFC 6238, 30 s). *step, when not
 * NULL, is the one that fitted: a code counts once. */
bool totp_right(const char *base32, const char *digits, int64_t now_ms, int64_t *step);
void totp_secret(char out[USER_SECRET + 1]);

#endif
