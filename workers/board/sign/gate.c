/* Who asks. A request of the API bears the cookie of a session; one that changes something bears
 * the session's token as well, and comes from our own pages. */
#include "base/log.h"
#include "base/now.h"
#include "base/text.h"
#include "board/board.h"
#include "board/live/scope.h"
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

static const char *cookie_name(const struct board *b)
{
    return b->settings.proxied ? "__Host-hongxin_session" : "hongxin_session";
}

/* The value of our cookie, "" when it is missing or there are two of them. */
static void read_cookie(const struct board *b, const struct http_request *r,
                        char out[SESSION_TOKEN])
{
    const char *name = cookie_name(b);
    bool several;
    const char *p = http_get_header(r, "Cookie", &several);
    size_t length = strlen(name), found = 0;
    out[0] = '\0';
    while (*p && !several) {
        p += strspn(p, "; ");
        size_t n = strcspn(p, ";");
        if (n > length && strncmp(p, name, length) == 0 && p[length] == '=' && !found++) {
            size_t size = n - length - 1;
            if (size == SESSION_TOKEN - 1) {
                memcpy(out, p + length + 1, size);
                out[size] = '\0';
            }
        }
        p += n;
    }
    if (found > 1)
        out[0] = '\0';
}

struct session *gate_look(struct board *b, const struct http_request *r)
{
    char token[SESSION_TOKEN];
    read_cookie(b, r, token);
    return *token ? sessions_use(b->sessions, token, hx_wall_ms()) : NULL;
}

struct session *gate_session(struct board *b, struct http_request *r)
{
    struct session *s = gate_look(b, r);
    if (!s)
        http_problem(r, 401, "NO_SESSION", "sign in first: POST /api/v1/login");
    return s;
}

void gate_set_cookie(struct board *b, struct http_request *r, const char *token, int64_t age_ms)
{
    char text[256];
    snprintf(text, sizeof text, "%s=%s; Path=/; HttpOnly; SameSite=Strict%s; Max-Age=%lld",
             cookie_name(b), token, b->settings.proxied ? "; Secure" : "",
             (long long)(age_ms / 1000));
    http_set_header(r, "Set-Cookie", text);
}

static bool is_safe(const char *method)
{
    return strcmp(method, "GET") == 0 || strcmp(method, "HEAD") == 0;
}

/* "https://board.example:8443" is the origin of the Host "board.example:8443". */
static bool own_origin(const struct http_request *r)
{
    const char *origin = http_get_header(r, "Origin", NULL),
               *host = http_get_header(r, "Host", NULL);
    if (!*origin)
        return true;
    const char *slashes = strstr(origin, "://");
    return slashes && strcasecmp(slashes + 3, host) == 0;
}

/* A browser says itself when another site makes it ask. */
static bool is_foreign(const struct http_request *r)
{
    const char *site = http_get_header(r, "Sec-Fetch-Site", NULL);
    if (strcmp(site, "cross-site") == 0 || strcmp(site, "same-site") == 0)
        return true;
    return !is_safe(http_method(r)) && !own_origin(r);
}

static bool is_login(const char *path)
{
    return strcmp(path, "/api/v1/login") == 0 || strcmp(path, "/api/v1/login/ticket") == 0;
}

static bool refuse(struct board *b, struct http_request *r, const char *code, const char *text)
{
    b->foreign++;
    http_problem(r, 403, code, "%s", text);
    return false;
}

static bool right_token(const struct session *s, const char *given)
{
    return strlen(given) == strlen(s->csrf) && sodium_memcmp(given, s->csrf, strlen(given)) == 0;
}

bool gate_admit(void *arg, struct http_request *r)
{
    struct board *b = arg;
    if (is_foreign(r))
        return refuse(b, r, "FOREIGN_ORIGIN", "another site has made this request");
    if (is_login(http_path(r)))
        return true;
    struct session *s = gate_session(b, r);
    if (!s)
        return false;
    if (is_safe(http_method(r)) || right_token(s, http_get_header(r, "X-CSRF-Token", NULL)))
        return true;
    return refuse(b, r, "BAD_CSRF", "X-CSRF-Token is not that of the session");
}

void gate_end(struct board *b, struct session *s, const char *code)
{
    hx_log(HX_LOG_INFO, "event=session_ended user=\"%s\" why=%s", s->user, code);
    sessions_hold(s);
    sessions_end(b->sessions, s);
    scopes_end_session(b->scopes, s, code);
    sessions_release(s);
}

size_t gate_end_all(struct board *b, const char *principal, const char *user, const char *code)
{
    size_t n = 0;
    struct session *s = sessions_next(b->sessions, NULL), *next;
    for (; s; s = next) {
        next = sessions_next(b->sessions, s);
        if ((principal && strcmp(s->principal, principal) != 0) ||
            (user && strcmp(s->user, user) != 0))
            continue;
        gate_end(b, s, code);
        n++;
    }
    return n;
}

void gate_end_others(struct board *b, const char *principal, const char *who)
{
    struct session *s = sessions_next(b->sessions, NULL), *next;
    for (; s; s = next) {
        next = sessions_next(b->sessions, s);
        if (strcmp(s->principal, principal) == 0 && *s->who && strcmp(s->who, who) != 0)
            gate_end(b, s, "NO_RIGHT");
    }
}
