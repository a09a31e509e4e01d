/* Signing in and out. A wrong name, a wrong password and a user who is disabled look the same and
 * take the same time; who tries too often has to wait. A sign-in always makes a new session, so
 * that nobody can be given one that somebody else knows. */
#include "base/log.h"
#include "base/now.h"
#include "base/text.h"
#include "board/ask.h"
#include "board/sign/who.h"
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- beginning ---- */

static void busy(struct http_request *r)
{
    http_set_header(r, "Retry-After", "2");
    http_problem(r, 503, "BUSY", "too many sign in at once; again in two seconds");
}

static void begin(struct board *b, struct http_request *r, const struct user *user, bool once)
{
    const struct sign_in in = {.user = user, .once = once, .now = hx_wall_ms()};
    char token[SESSION_TOKEN];
    struct session *old = gate_look(b, r), *s = NULL;
    int rc = sessions_begin(b->sessions, &in, token, &s);
    if (rc) {
        http_problem(r, 503, rc == HX_FULL ? "TOO_MANY_SESSIONS" : "NOT_KEPT",
                     "no further session for now");
        return; /* who is in stays in */
    }
    if (old)
        gate_end(b, old, "ENDED");
    b->logins++;
    hx_log(HX_LOG_INFO, "event=login user=\"%s\" principal=\"%s\" ticket=%d client=%s", user->name,
           user->principal, once, http_client(r));
    gate_set_cookie(b, r, token, b->settings.most_ms);
    who_tell(b, r, s);
}

/* ---- by password ---- */

struct login {
    struct board *board;
    struct http_request *request;
    char name[USER_TEXT + 1], code[8];
};

static void refuse(struct board *b, struct http_request *r, const char *code)
{
    b->refused_logins++;
    http_unauthorized(r, "Session realm=\"hongxin-board\"", code);
}

/* A code counts once, also for who has read it over a shoulder. */
static bool code_fits(const struct login *l, const struct user *user)
{
    json_t *steps = l->board->steps;
    int64_t step = 0;
    if (!*user->totp)
        return true;
    if (!totp_right(user->totp, l->code, hx_wall_ms(), &step) ||
        step <= json_integer_value(json_object_get(steps, user->name)))
        return false;
    return json_object_set_new(steps, user->name, json_integer(step)) == 0;
}

static void on_checked(void *arg, bool right, const char *hash)
{
    struct login *l = arg;
    struct board *b = l->board;
    const char *address = http_client(l->request);
    struct user user;
    bool found = users_find(b->users, l->name, &user);
    (void)hash;
    if (!right || !found || user.disabled) {
        tries_wrong(b->tries, l->name, address, hx_mono_ms());
        hx_log(HX_LOG_WARN, "event=login_refused client=%s", address);
        refuse(b, l->request, "WRONG_CREDENTIALS");
    } else if (!code_fits(l, &user)) {
        if (*l->code)
            tries_wrong(b->tries, l->name, address, hx_mono_ms());
        refuse(b, l->request, "CODE_NEEDED");
    } else {
        tries_right(b->tries, l->name, address);
        begin(b, l->request, &user, false);
    }
    free(l);
}

static bool must_wait(struct board *b, struct http_request *r, const char *name)
{
    char seconds[24];
    int64_t ms = tries_wait(b->tries, name, http_client(r), hx_mono_ms());
    if (!ms)
        return false;
    snprintf(seconds, sizeof seconds, "%" PRId64, (ms + 999) / 1000);
    http_set_header(r, "Retry-After", seconds);
    b->refused_logins++;
    http_problem(r, 429, "LOCKED", "too many wrong tries; again in %s s", seconds);
    return true;
}

static const char *text_in(const json_t *o, const char *key)
{
    const char *text = json_string_value(json_object_get(o, key));
    return text ? text : "";
}

static bool only(const json_t *o, const char *keys)
{
    const char *key;
    json_t *value;
    char blank[64];
    json_object_foreach ((json_t *)(uintptr_t)o, key, value) {
        snprintf(blank, sizeof blank, " %s ", key);
        if (!strstr(keys, blank) || !json_is_string(value))
            return false;
    }
    return true;
}

static void check(struct board *b, struct http_request *r, const json_t *body)
{
    struct user user = {.hash = ""};
    struct login *l = calloc(1, sizeof *l);
    if (!l) {
        http_problem(r, 503, "NO_MEMORY", "out of memory");
        return;
    }
    l->board = b;
    l->request = r;
    hx_text_put(l->name, sizeof l->name, text_in(body, "name"));
    hx_text_put(l->code, sizeof l->code, text_in(body, "code"));
    if (!users_find(b->users, l->name, &user))
        user.hash = "";
    int rc = hasher_check(b->hasher, text_in(body, "password"), user.hash, on_checked, l);
    if (rc) {
        free(l);
        busy(r);
    }
}

void login_password(void *arg, struct http_request *r)
{
    struct board *b = arg;
    json_t *body = http_json(r);
    if (!body)
        return;
    const char *name = text_in(body, "name"), *password = text_in(body, "password");
    if (!only(body, " name password code ") || !*name || strlen(name) > USER_TEXT || !*password ||
        strlen(password) > 800 || strlen(text_in(body, "code")) > 6)
        http_problem(r, 422, "BAD_LOGIN", "name, password and perhaps code: texts, nothing else");
    else if (!must_wait(b, r, name))
        check(b, r, body);
    json_decref(body);
}

/* ---- by ticket ---- */

void login_ticket(void *arg, struct http_request *r)
{
    struct board *b = arg;
    char name[USER_TEXT + 1] = "";
    struct user user;
    json_t *body = http_json(r);
    if (!body)
        return;
    const char *ticket = text_in(body, "ticket");
    if (!only(body, " ticket ") || !*ticket || strlen(ticket) > 100)
        http_problem(r, 422, "BAD_LOGIN", "ticket: a text, nothing else");
    else if (must_wait(b, r, " ticket"))
        ;
    else if (!users_take_ticket(b->settings.users, ticket, hx_wall_ms(), name) ||
             !users_find(b->users, name, &user) || user.disabled) {
        tries_wrong(b->tries, " ticket", http_client(r), hx_mono_ms());
        refuse(b, r, "WRONG_TICKET");
    } else
        begin(b, r, &user, true);
    json_decref(body);
}

/* ---- ending ---- */

void login_out(void *arg, struct http_request *r)
{
    struct board *b = arg;
    struct session *s = gate_session(b, r);
    if (!s)
        return;
    gate_end(b, s, "ENDED");
    gate_set_cookie(b, r, "", 0);
    if (sessions_sync(b->sessions) == HX_OK)
        http_answer(r, 204, NULL, NULL, 0);
    else
        http_problem(r, 503, "NOT_KEPT", "the session has ended, but that could not be written");
}

/* ---- a new password ---- */

struct change {
    struct board *board;
    struct http_request *request;
    char user[USER_TEXT + 1], wanted[801], hash[USER_HASH];
    int64_t stamp;
};

static void change_free(struct change *c)
{
    memset(c->wanted, 0, sizeof c->wanted);
    free(c);
}

static int set_hash(void *arg, struct users *users)
{
    const struct change *c = arg;
    size_t i;
    json_t *o;
    json_array_foreach (json_object_get(users_json(users), "users"), i, o) {
        if (strcmp(text_in(o, "name"), c->user) != 0)
            continue;
        json_object_set_new(o, "password", json_string(c->hash));
        json_object_del(o, "given");
        json_object_set_new(o, "stamp", json_integer(c->stamp));
        return HX_OK;
    }
    return HX_NOTFOUND;
}

static void end_others(const struct change *c)
{
    struct board *b = c->board;
    struct session *own = gate_look(b, c->request), *next;
    for (struct session *s = sessions_next(b->sessions, NULL); s; s = next) {
        next = sessions_next(b->sessions, s);
        if (s != own && strcmp(s->user, c->user) == 0)
            gate_end(b, s, "ENDED");
    }
    if (own) {
        own->stamp = c->stamp;
        own->given = false;
    }
}

static void on_made(void *arg, bool right, const char *hash)
{
    struct change *c = arg;
    struct hx_problem problem = {""};
    hx_text_put(c->hash, sizeof c->hash, hash);
    c->stamp = hx_wall_ms();
    int rc = right ? users_change(c->board->settings.users, set_hash, c, &problem) : HX_NOMEM;
    if (rc) {
        hx_log(HX_LOG_ERROR, "event=password_not_changed \"%s\"", problem.text);
        http_problem(c->request, 503, "NOT_CHANGED", "the password could not be changed");
    } else {
        end_others(c);
        watch_users(c->board);
        http_answer(c->request, 204, NULL, NULL, 0);
    }
    change_free(c);
}

static void on_old(void *arg, bool right, const char *hash)
{
    struct change *c = arg;
    (void)hash;
    if (!right) {
        tries_wrong(c->board->tries, c->user, http_client(c->request), hx_mono_ms());
        http_problem(c->request, 403, "WRONG_PASSWORD", "the old password is another one");
        change_free(c);
        return;
    }
    if (hasher_make(c->board->hasher, c->wanted, on_made, c)) {
        busy(c->request);
        change_free(c);
    }
}

static void start_change(struct board *b, struct http_request *r, const struct session *s,
                         const json_t *body)
{
    struct user user;
    struct change *c = calloc(1, sizeof *c);
    if (!c || !users_find(b->users, s->user, &user)) {
        free(c);
        http_problem(r, 503, "NOT_CHANGED", "the password could not be changed");
        return;
    }
    c->board = b;
    c->request = r;
    hx_text_put(c->user, sizeof c->user, s->user);
    hx_text_put(c->wanted, sizeof c->wanted, text_in(body, "new"));
    if (hasher_check(b->hasher, text_in(body, "old"), user.hash, on_old, c)) {
        busy(r);
        change_free(c);
    }
}

void login_change(void *arg, struct http_request *r)
{
    struct board *b = arg;
    const struct session *s = gate_session(b, r);
    json_t *body = s ? http_json(r) : NULL;
    if (!body)
        return;
    size_t n = strlen(text_in(body, "new"));
    if (!only(body, " old new ") || n < 10 || n > 800 || strlen(text_in(body, "old")) > 800)
        http_problem(r, 422, "BAD_PASSWORD",
                     "old and new: texts, the new one of at least 10 characters");
    else if (!must_wait(b, r, s->user))
        start_change(b, r, s, body);
    json_decref(body);
}
