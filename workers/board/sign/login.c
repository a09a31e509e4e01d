/* Signing in and out. A wrong name, a wrong password and a user who is disabled look the same and
 * take the same time; who tries too often has to wait. A sign-in always makes a new session, so
 * that nobody can be given one that somebody else knows. */
#include "base/log.h"
#include "base/now.h"
#include "base/text.h"
#include "board/ask.h"
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- what a session may do ---- */

struct who {
    struct ask ask;
    char csrf[SESSION_TOKEN];
    struct user_texts {
        char user[USER_TEXT + 1], title[USER_TEXT + 1], person[USER_TEXT + 1];
        char role[USER_TEXT + 1];
    } texts;
    json_t *areas; /* of the file */
    int64_t expires;
    bool once, given, totp;
    struct session *session; /* held */
};

static void who_free(struct ask *a)
{
    struct who *w = (struct who *)a;
    json_decref(w->areas);
    sessions_release(w->session);
}

static json_t *list_of(char *const *words, size_t n)
{
    json_t *list = json_array();
    for (size_t i = 0; i < n; i++)
        json_array_append_new(list, json_string(words[i]));
    return list;
}

static bool is_area_of(const char *claim)
{
    static const char *const bound[] = {"holder", "manager", "unit", "community", "grid", "street"};
    for (size_t i = 0; i < sizeof bound / sizeof *bound; i++)
        if (strcmp(claim, bound[i]) == 0)
            return true;
    return false;
}

/* Every party that he may name, with each of his areas where the party acts for one. */
static json_t *speaks(const Hongxin__V1__WhoAnswer *w, const char *person)
{
    json_t *list = json_array();
    for (size_t i = 0; i < w->n_claims; i++) {
        bool bound = is_area_of(w->claims[i]);
        for (size_t j = 0; bound && j < w->n_areas && j < 20; j++)
            if (strcmp(w->areas[j], "city") != 0)
                json_array_append_new(list,
                                      json_sprintf("%s:%s/%s", w->claims[i], w->areas[j], person));
        if (!bound || (w->n_areas > 0 && strcmp(w->areas[0], "city") == 0))
            json_array_append_new(list, json_sprintf("%s/%s", w->claims[i], person));
    }
    return list;
}

static json_t *body_of(const struct who *w)
{
    const struct board *b = w->ask.board;
    char offset[16];
    int minutes = b->settings.utc_offset, absolute = minutes < 0 ? -minutes : minutes;
    snprintf(offset, sizeof offset, "%c%02d:%02d", minutes < 0 ? '-' : '+', absolute / 60,
             absolute % 60);
    json_t *o = json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s}", "user", w->texts.user, "name",
                          w->texts.title, "person", w->texts.person, "csrf", w->csrf, "principal",
                          w->ask.principal, "utc_offset", offset, "zone", b->settings.zone);
    ask_set_instant(b, o, "expires", w->expires);
    if (w->once)
        json_object_set_new(o, "once", json_true());
    if (w->given)
        json_object_set_new(o, "password_old", json_true());
    if (w->totp)
        json_object_set_new(o, "totp", json_true());
    return o;
}

static void add_enforced(json_t *o, const struct who *w, const Hongxin__V1__WhoAnswer *a)
{
    json_object_set_new(o, "enforced", json_true());
    json_object_set_new(
        o, "role",
        json_pack("{s:s, s:s, s:s}", "name", a->role, "zh", a->role_zh, "en", a->role_en));
    json_object_set_new(o, "areas", list_of(a->areas, a->n_areas));
    json_object_set_new(o, "claims", list_of(a->claims, a->n_claims));
    json_object_set_new(o, "rights", list_of(a->rights, a->n_rights));
    json_object_set_new(o, "hides", list_of(a->hides, a->n_hides));
    json_object_set_new(o, "speaks", speaks(a, w->texts.person));
}

static void say_open(struct board *b)
{
    if (!b->said_open)
        hx_log(HX_LOG_WARN, "event=without_keys \"the daemon has no keys: whoever signs in may see "
                            "and do everything\"");
    b->said_open = true;
}

/* Without keys everybody may do everything; the file says what he works with. */
static void add_open(json_t *o, const struct who *w)
{
    say_open(w->ask.board);

    static const char *const claims[] = {"reporter",  "dispatcher", "holder", "manager",
                                         "community", "grid",       "street", "city",
                                         "callback",  "operator",   "unit"};
    json_t *list = json_array(), *all = json_array(), *area;
    size_t i;
    for (i = 0; i < sizeof claims / sizeof *claims; i++) {
        json_array_append_new(list, json_string(claims[i]));
        if (!is_area_of(claims[i]))
            json_array_append_new(all, json_sprintf("%s/%s", claims[i], w->texts.person));
    }
    json_array_foreach(w->areas, i, area) if (json_is_string(area) &&
                                              strcmp(json_string_value(area), "city") != 0)
        json_array_append_new(
            all, json_sprintf("holder:%s/%s", json_string_value(area), w->texts.person));
    json_object_set_new(o, "role",
                        json_pack("{s:s}", "name", *w->texts.role ? w->texts.role : "operator"));
    json_object_set(o, "areas", w->areas);
    json_object_set_new(o, "claims", list);
    json_object_set_new(o, "speaks", all);
    json_object_set_new(
        o, "rights",
        json_pack("[s, s, s, s, s, s]", "publish", "follow", "ask", "rules", "stats", "alarms"));
}

static void on_who(void *arg, int err, const hxp_response *answer)
{
    struct who *w = arg;
    if (!ask_got(w, err, answer, HONGXIN__V1__RESPONSE__ANSWER_WHO))
        return;
    json_t *o = body_of(w);
    if (!*w->session->who)
        ask_who_digest(answer->who, w->session->who);
    if (answer->who->enforced)
        add_enforced(o, w, answer->who);
    else
        add_open(o, w);
    ask_answer(w, o);
}

static void take_session(struct who *w, struct session *s)
{
    hx_text_put(w->ask.principal, sizeof w->ask.principal, s->principal);
    hx_text_put(w->csrf, sizeof w->csrf, s->csrf);
    hx_text_put(w->texts.user, sizeof w->texts.user, s->user);
    hx_text_put(w->texts.title, sizeof w->texts.title, s->title);
    hx_text_put(w->texts.person, sizeof w->texts.person, s->person);
    hx_text_put(w->texts.role, sizeof w->texts.role, s->role);
    w->areas = json_loads(s->areas ? s->areas : "[]", 0, NULL);
    w->expires = s->expires;
    w->once = s->once;
    w->given = s->given;
    w->totp = s->totp;
    w->session = s;
    sessions_hold(s);
}

/* The answer to a sign-in, and to GET /session. */
static void tell(struct board *b, struct http_request *r, struct session *s)
{
    hxp_request q = HONGXIN__V1__REQUEST__INIT;
    Hongxin__V1__WhoQuery who = HONGXIN__V1__WHO_QUERY__INIT;
    struct who *w = calloc(1, sizeof *w);
    if (!w) {
        http_problem(r, 503, "NO_MEMORY", "out of memory");
        return;
    }
    w->ask = (struct ask){.board = b, .request = r, .free = who_free};
    take_session(w, s);
    q.ask_case = HONGXIN__V1__REQUEST__ASK_WHO;
    q.who = &who;
    ask_start(w, &q, on_who);
}

void login_session(void *arg, struct http_request *r)
{
    struct session *s = gate_session(arg, r);
    if (s)
        tell(arg, r, s);
}

/* ---- beginning ---- */

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
    tell(b, r, s);
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
    json_object_foreach((json_t *)(uintptr_t)o, key, value)
    {
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
        http_set_header(r, "Retry-After", "2");
        http_problem(r, 503, "BUSY", "too many sign in at once; again in two seconds");
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
    json_array_foreach(json_object_get(users_json(users), "users"), i, o)
    {
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
        http_problem(c->request, 503, "BUSY", "again in two seconds");
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
        http_problem(r, 503, "BUSY", "again in two seconds");
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
