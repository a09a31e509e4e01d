#include "wechat/token.h"
#include "base/now.h"

#include "base/log.h"
#include "base/text.h"
#include "hongxin/instant.h"
#include <inttypes.h>
#include <jansson.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { RENEW_MS = 5 * 60 * 1000, AGAIN_MS = 30 * 1000, MOST_SECONDS = 86400, STAMP = 32 };

struct state {
    struct tokens *tokens;
    const struct account *account;
    uint8_t of[STAMP];         /* what the account was when it was asked for */
    char text[WX_TOKEN_MAX];   /* "" = none */
    int64_t renew_at, ends_at; /* monotonic ms */
    bool fetching, spoilt;     /* spoilt: the platform's own copy is wrong, too: insist */
    size_t waiting;
    struct {
        token_fn *fn;
        void *arg;
    } waiters[WX_TOKEN_WAITERS];
};

struct tokens {
    struct post *post;
    const struct wx_tell_settings *settings;
    uint64_t fetched;
    struct state states[ACCOUNTS_MAX];
};

int tokens_open(struct post *post, const struct accounts *accounts,
                const struct wx_tell_settings *settings, struct tokens **out)
{
    struct tokens *t = calloc(1, sizeof *t);
    *out = t;
    if (!t)
        return HX_NOMEM;
    t->post = post;
    t->settings = settings;
    for (size_t i = 0; i < ACCOUNTS_MAX; i++) { /* those of a later file as well */
        t->states[i].tokens = t;
        t->states[i].account = accounts_at(accounts, i);
    }
    return HX_OK;
}

void tokens_close(struct tokens *tokens)
{
    if (tokens)
        sodium_memzero(tokens, sizeof *tokens);
    free(tokens);
}

/* ---- the file may be read anew ---- */

static void stamp_of(const struct account *a, uint8_t out[STAMP])
{
    crypto_generichash_state h;
    const uint8_t kind = (uint8_t)a->kind;
    crypto_generichash_init(&h, NULL, 0, STAMP);
    crypto_generichash_update(&h, &kind, 1);
    crypto_generichash_update(&h, (const uint8_t *)a->id, strlen(a->id) + 1);
    crypto_generichash_update(&h, (const uint8_t *)a->secret, strlen(a->secret) + 1);
    crypto_generichash_final(&h, out, STAMP);
    sodium_memzero(&h, sizeof h);
}

/* Of another id or secret than the account has now: its token is none of this account's. */
static bool is_former(const struct state *s)
{
    uint8_t now[STAMP];
    stamp_of(s->account, now);
    return memcmp(now, s->of, STAMP) != 0;
}

static void forget_former(struct state *s)
{
    if (!is_former(s))
        return;
    sodium_memzero(s->text, sizeof s->text);
    s->ends_at = 0;
    s->spoilt = false;
}

/* ---- what the platform says ---- */

static void tell_all(struct state *s, const char *token, const char *why)
{
    /* whoever is told may ask again: the list is taken away first */
    struct state then = *s;
    s->waiting = 0;
    for (size_t i = 0; i < then.waiting; i++)
        then.waiters[i].fn(then.waiters[i].arg, token, why);
    sodium_memzero(then.text, sizeof then.text);
}

static bool take(struct state *s, const char *body, char why[64])
{
    json_t *o = json_loads(body, JSON_REJECT_DUPLICATES, NULL);
    const char *token = json_string_value(json_object_get(o, "access_token"));
    json_int_t seconds = json_integer_value(json_object_get(o, "expires_in")),
               code = json_integer_value(json_object_get(o, "errcode"));
    bool good = token && *token && strlen(token) < WX_TOKEN_MAX && seconds > 0;
    if (good) {
        int64_t ms = (seconds < MOST_SECONDS ? seconds : MOST_SECONDS) * 1000, now = hx_mono_ms();
        hx_text_put(s->text, sizeof s->text, token);
        s->ends_at = now + ms;
        s->renew_at = s->ends_at - (ms > 2 * RENEW_MS ? RENEW_MS : ms / 2);
        s->spoilt = false;
        s->tokens->fetched++;
    } else {
        snprintf(why, 64, "no access token: errcode %" JSON_INTEGER_FORMAT, code);
    }
    json_decref(o);
    return good;
}

static void fetch(struct state *s);

static void on_token(void *arg, int status, const char *body, const char *why)
{
    struct state *s = arg;
    char reason[64];
    s->fetching = false;
    if (is_former(s)) { /* whoever waits, waits for one of the account as it is */
        forget_former(s);
        fetch(s);
        return;
    }
    snprintf(reason, sizeof reason, "%.60s", *why ? why : "the platform gives no access token");
    if (status == 200 && take(s, body, reason)) {
        tell_all(s, s->text, "");
        return;
    }
    hx_log(HX_LOG_WARN, "event=token_failed source=%s status=%d \"%s\"", s->account->source, status,
           reason);
    s->renew_at = hx_mono_ms() + AGAIN_MS;
    tell_all(s, NULL, reason);
}

/* ---- asking ---- */

/* The stable token: asking again gives the same one until it nears its end, so that several doors
 * or a restart do not invalidate each other's. A secret in a body is in no proxy's log. */
static int ask_official(struct state *s)
{
    static const char *const headers[] = {"Content-Type: application/json", NULL};
    char url[512];
    json_t *o =
        json_pack("{s:s, s:s, s:s, s:b}", "grant_type", "client_credential", "appid",
                  s->account->id, "secret", s->account->secret, "force_refresh", (int)s->spoilt);
    char *body = o ? json_dumps(o, JSON_COMPACT) : NULL;
    snprintf(url, sizeof url, "%s/cgi-bin/stable_token", s->tokens->settings->official);
    const struct post_request r = {.url = url,
                                   .headers = headers,
                                   .body = body,
                                   .size = body ? strlen(body) : 0,
                                   .timeout_ms = (long)s->tokens->settings->timeout_ms};
    int rc = body ? post_start(s->tokens->post, &r, on_token, s) : HX_NOMEM;
    if (body)
        sodium_memzero(body, strlen(body));
    free(body);
    json_decref(o);
    return rc;
}

static int ask_wecom(struct state *s)
{
    char url[1024];
    snprintf(url, sizeof url, "%s/cgi-bin/gettoken?corpid=%s&corpsecret=%s",
             s->tokens->settings->wecom, s->account->id, s->account->secret);
    const struct post_request r = {.url = url, .timeout_ms = (long)s->tokens->settings->timeout_ms};
    int rc = post_start(s->tokens->post, &r, on_token, s);
    sodium_memzero(url, sizeof url);
    return rc;
}

static void fetch(struct state *s)
{
    if (s->fetching)
        return;
    s->fetching = true;
    stamp_of(s->account, s->of);
    int rc = s->account->kind == ACCOUNT_WECOM ? ask_wecom(s) : ask_official(s);
    if (rc)
        on_token(s, 0, "", hx_strerror(rc));
}

void tokens_get(struct tokens *tokens, size_t account, token_fn *fn, void *arg)
{
    struct state *s = &tokens->states[account];
    int64_t now = hx_mono_ms();
    forget_former(s);
    if (*s->text && now < s->ends_at) {
        if (now >= s->renew_at)
            fetch(s); /* this one is still good meanwhile */
        fn(arg, s->text, "");
        return;
    }
    if (s->waiting == WX_TOKEN_WAITERS) {
        fn(arg, NULL, "too many wait for an access token");
        return;
    }
    s->waiters[s->waiting].fn = fn;
    s->waiters[s->waiting++].arg = arg;
    fetch(s);
}

void tokens_forget(struct tokens *tokens, size_t account, const void *arg)
{
    struct state *s = &tokens->states[account];
    for (size_t i = 0; i < s->waiting;)
        if (s->waiters[i].arg == arg)
            s->waiters[i] = s->waiters[--s->waiting];
        else
            i++;
}

void tokens_spoil(struct tokens *tokens, size_t account, const char *token)
{
    struct state *s = &tokens->states[account];
    if (strcmp(s->text, token) != 0)
        return;
    sodium_memzero(s->text, sizeof s->text);
    s->spoilt = true;
}

uint64_t tokens_fetched(const struct tokens *tokens)
{
    return tokens ? tokens->fetched : 0;
}
