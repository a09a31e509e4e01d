/* All scopes: found by their principal, looked after once a second, closed when nobody uses them.
 */
#include "base/log.h"
#include "base/now.h"
#include "base/text.h"
#include "board/ask.h"
#include "board/live/scope.h"
#include <stdlib.h>
#include <string.h>

enum {
    UNUSED_MS = 120000, /* a scope that nobody uses is closed after so long */
    CHECK_TICKS = 2,    /* seconds between two looks at who the principal is */
    SCOPES_MAX = 1024
};

LIST_HEAD(scope_list, scope);

struct scopes {
    struct board *board;
    struct scope_list list;
    size_t n;
    struct rings rings;
};

struct scope *scopes_find(const struct scopes *scopes, const char *principal)
{
    struct scope *s;
    LIST_FOREACH(s, &scopes->list, link)
    if (strcmp(s->principal, principal) == 0)
        return s;
    return NULL;
}

struct scope *scopes_get(struct scopes *scopes, const char *principal)
{
    struct scope *s = scopes_find(scopes, principal);
    if (s || scopes->n == SCOPES_MAX)
        return s;
    s = scope_new(scopes->board, principal, &scopes->rings);
    if (!s)
        return NULL;
    LIST_INSERT_HEAD(&scopes->list, s, link);
    scopes->n++;
    return s;
}

static void scope_close(struct scopes *scopes, struct scope *s)
{
    LIST_REMOVE(s, link);
    scopes->n--;
    scope_free(s);
}

int scopes_open(struct board *b, struct scopes **out)
{
    struct scopes *s = calloc(1, sizeof *s);
    if (!s)
        return HX_NOMEM;
    s->board = b;
    LIST_INIT(&s->list);
    *out = s;
    return HX_OK;
}

void scopes_close(struct scopes *s)
{
    struct scope *scope = s ? LIST_FIRST(&s->list) : NULL, *next;
    for (; scope; scope = next) {
        next = LIST_NEXT(scope, link);
        scope_free(scope);
    }
    free(s);
}

/* ---- who the principal is ---- */

/* Whoever is another one than his pages were told is out, and signs in anew. */
static void judge(struct scope *s, const Hongxin__V1__WhoAnswer *who)
{
    char now[SESSION_WHO];
    ask_who_digest(who, now);
    if (*s->who && strcmp(s->who, now) != 0)
        s->denied = true;
    else if (!*s->who)
        gate_end_others(s->board, s->principal, now);
    hx_text_put(s->who, sizeof s->who, now);
}

static void on_who(void *arg, int err, const hxp_response *answer)
{
    struct looking *l = arg;
    struct board *b = l->board;
    struct scope *s = looking_scope(l);
    if (s)
        s->checking = false;
    if (s && err == HX_DENIED) {
        s->denied = true;
    } else if (s && !err && answer->answer_case == HONGXIN__V1__RESPONSE__ANSWER_WHO) {
        judge(s, answer->who);
    } else if (!s && err == HX_DENIED) {
        (void)gate_end_all(b, l->principal, NULL, "NO_RIGHT");
    }
    free(l);
}

static bool check(struct board *b, const char *principal)
{
    hxp_request q = HONGXIN__V1__REQUEST__INIT;
    Hongxin__V1__WhoQuery who = HONGXIN__V1__WHO_QUERY__INIT;
    struct looking *l = looking_new(b, principal, 0);
    if (!l)
        return false;
    q.ask_case = HONGXIN__V1__REQUEST__ASK_WHO;
    q.who = &who;
    bool asked = ask_for(b, principal, &q, on_who, l) == HX_OK;
    if (!asked)
        free(l);
    return asked;
}

void scopes_doubt(struct scopes *scopes, const char *principal)
{
    struct scope *s = scopes_find(scopes, principal);
    if (s && s->checking)
        return;
    bool asked = check(scopes->board, principal);
    if (s)
        s->checking = asked;
}

void scopes_end_session(struct scopes *scopes, const struct session *session, const char *code)
{
    struct scope *s = scopes_find(scopes, session->principal);
    if (s)
        stream_end_all(s, session, code);
}

/* ---- once a second ---- */

static void tick(struct scopes *scopes, struct scope *s)
{
    const struct board *b = scopes->board;
    scope_tick(s);
    if (b->ticks % CHECK_TICKS == 0 && !s->checking &&
        hx_client_is_up(b->link.client, HX_DOOR_FEED))
        s->checking = check(scopes->board, s->principal);
}

void scopes_tick(struct scopes *scopes)
{
    struct scope *s, *next;
    int64_t now = hx_mono_ms();
    for (s = LIST_FIRST(&scopes->list); s; s = next) {
        next = LIST_NEXT(s, link);
        tick(scopes, s);
        if (s->denied) {
            hx_log(HX_LOG_WARN, "event=principal_changed principal=\"%s\"", s->principal);
            (void)gate_end_all(scopes->board, s->principal, NULL, "NO_RIGHT");
            scope_close(scopes, s);
        } else if (now - s->used_at > UNUSED_MS) {
            scope_close(scopes, s);
        }
    }
}

void scopes_count(const struct scopes *scopes, uint64_t *n, uint64_t *streams, uint64_t *rows)
{
    const struct scope *s;
    *n = scopes->n;
    *streams = *rows = 0;
    LIST_FOREACH(s, &scopes->list, link)
    {
        size_t own;
        (void)model_rows(s->model, &own);
        *streams += s->n_streams;
        *rows += own;
    }
}
