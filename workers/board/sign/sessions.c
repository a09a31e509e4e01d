#include "board/sign/sessions.h"

#include "base/log.h"
#include "base/text.h"
#include "board/sign/ledger.h"
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

enum { RENEW_MS = 60000, ADDED_MAX = 1000, BUCKETS = 4096 };

LIST_HEAD(session_list, session);

struct sessions {
    const char *path;
    struct sessions_times times;
    struct session_list buckets[BUCKETS];
    size_t n;
    struct ledger *ledger; /* NULL: they are not kept */
    size_t added;          /* lines since it was made anew … */
    bool unsynced;         /* … some of them not on disk */
    int64_t renewed;
};

static struct session_list *bucket(struct sessions *s, const uint8_t hash[SESSION_HASH])
{
    return &s->buckets[(hash[0] << 8 | hash[1]) % BUCKETS];
}

static void hash_of(const char *token, uint8_t out[SESSION_HASH])
{
    crypto_generichash(out, SESSION_HASH, (const uint8_t *)token, strlen(token), NULL, 0);
}

static void random_text(char out[SESSION_TOKEN])
{
    uint8_t bytes[32];
    randombytes_buf(bytes, sizeof bytes);
    sodium_bin2base64(out, SESSION_TOKEN, bytes, sizeof bytes,
                      sodium_base64_VARIANT_URLSAFE_NO_PADDING);
    sodium_memzero(bytes, sizeof bytes);
}

static struct session *find(struct sessions *s, const uint8_t hash[SESSION_HASH])
{
    struct session *x;
    LIST_FOREACH(x, bucket(s, hash), link)
    if (sodium_memcmp(x->hash, hash, SESSION_HASH) == 0)
        return x;
    return NULL;
}

static void session_free(struct session *x)
{
    free(x->areas);
    sodium_memzero(x, sizeof *x);
    free(x);
}

static void drop(struct sessions *s, struct session *x)
{
    x->ended = true;
    LIST_REMOVE(x, link);
    s->n--;
    if (!x->holds)
        session_free(x);
}

/* ---- the file ---- */

static json_t *as_json(const struct session *x)
{
    char hash[2 * SESSION_HASH + 1];
    sodium_bin2hex(hash, sizeof hash, x->hash, SESSION_HASH);
    return json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:I, s:I, s:I, s:b, s:b, s:b}",
                     "hash", hash, "csrf", x->csrf, "user", x->user, "principal", x->principal,
                     "title", x->title, "person", x->person, "role", x->role, "areas",
                     x->areas ? x->areas : "[]", "stamp", (json_int_t)x->stamp, "begun",
                     (json_int_t)x->begun, "used", (json_int_t)x->used, "once", x->once, "given",
                     x->given, "totp", x->totp);
}

static json_t *all_as_json(struct sessions *s)
{
    json_t *list = json_array();
    for (struct session *x = NULL; (x = sessions_next(s, x));)
        json_array_append_new(list, as_json(x));
    return list;
}

/* Whole, without those that have ended. */
static int renew(struct sessions *s)
{
    int rc = s->ledger ? ledger_renew(s->ledger, all_as_json(s)) : HX_OK;
    if (rc)
        hx_log(HX_LOG_WARN, "event=sessions_not_saved file=%s", s->path);
    else
        s->added = 0;
    s->unsynced = s->unsynced && rc;
    return rc;
}

/* A line more. A file that takes none is made anew. */
static int add(struct sessions *s, json_t *line)
{
    if (!s->ledger) {
        json_decref(line);
        return HX_OK;
    }
    s->added++;
    s->unsynced = true;
    return ledger_add(s->ledger, line) ? renew(s) : HX_OK;
}

static int sync_lines(struct sessions *s)
{
    if (!s->unsynced)
        return HX_OK;
    int rc = ledger_sync(s->ledger) ? renew(s) : HX_OK;
    s->unsynced = rc != HX_OK;
    return rc;
}

int sessions_sync(struct sessions *s)
{
    return sync_lines(s);
}

static void put_text(const json_t *o, const char *key, char *out, size_t size)
{
    const char *text = json_string_value(json_object_get(o, key));
    hx_text_put(out, size, text ? text : "");
}

static bool hash_in(const json_t *o, const char *key, uint8_t hash[SESSION_HASH])
{
    char hex[2 * SESSION_HASH + 1];
    size_t n = 0;
    put_text(o, key, hex, sizeof hex);
    return sodium_hex2bin(hash, SESSION_HASH, hex, strlen(hex), NULL, &n, NULL) == 0 &&
           n == SESSION_HASH;
}

static void take_session(struct sessions *s, const json_t *o)
{
    struct session *x = s->n < SESSIONS_MAX ? calloc(1, sizeof *x) : NULL;
    if (!x || !hash_in(o, "hash", x->hash) || find(s, x->hash)) {
        free(x);
        return;
    }
    put_text(o, "csrf", x->csrf, sizeof x->csrf);
    put_text(o, "user", x->user, sizeof x->user);
    put_text(o, "principal", x->principal, sizeof x->principal);
    put_text(o, "title", x->title, sizeof x->title);
    put_text(o, "person", x->person, sizeof x->person);
    put_text(o, "role", x->role, sizeof x->role);
    const char *areas = json_string_value(json_object_get(o, "areas"));
    x->areas = strdup(areas ? areas : "[]");
    x->stamp = json_integer_value(json_object_get(o, "stamp"));
    x->begun = json_integer_value(json_object_get(o, "begun"));
    x->used = json_integer_value(json_object_get(o, "used"));
    x->once = json_is_true(json_object_get(o, "once"));
    x->given = json_is_true(json_object_get(o, "given"));
    x->totp = json_is_true(json_object_get(o, "totp"));
    LIST_INSERT_HEAD(bucket(s, x->hash), x, link);
    s->n++;
}

static void take_line(void *arg, const json_t *line)
{
    struct sessions *s = arg;
    uint8_t hash[SESSION_HASH];
    struct session *x = hash_in(line, "ended", hash) ? find(s, hash) : NULL;
    if (x)
        drop(s, x);
    else
        take_session(s, line);
}

/* ---- life ---- */

static int64_t end_of(const struct sessions *s, const struct session *x)
{
    int64_t idle = x->used + s->times.idle_ms, most = x->begun + s->times.most_ms;
    return idle < most ? idle : most;
}

int sessions_open(const char *path, const struct sessions_times *times, int64_t now,
                  struct sessions **out)
{
    struct sessions *s = calloc(1, sizeof *s);
    if (!s)
        return HX_NOMEM;
    s->path = path;
    s->times = *times;
    s->renewed = now;
    int rc = *path ? ledger_open(path, take_line, s, &s->ledger) : HX_OK;
    if (!rc)
        rc = renew(s);
    if (rc) {
        sessions_close(s);
        return rc;
    }
    sessions_tick(s, now);
    *out = s;
    return HX_OK;
}

void sessions_close(struct sessions *s)
{
    struct session *x;
    if (!s)
        return;
    (void)renew(s); /* when they were used last */
    ledger_close(s->ledger);
    for (size_t i = 0; i < BUCKETS; i++)
        while ((x = LIST_FIRST(&s->buckets[i]))) {
            LIST_REMOVE(x, link);
            session_free(x);
        }
    free(s);
}

static struct session *session_new(const struct user *user, bool once, int64_t now)
{
    struct session *x = calloc(1, sizeof *x);
    if (!x)
        return NULL;
    random_text(x->csrf);
    hx_text_put(x->user, sizeof x->user, user->name);
    hx_text_put(x->principal, sizeof x->principal, user->principal);
    hx_text_put(x->title, sizeof x->title, user->title);
    hx_text_put(x->person, sizeof x->person, user->person);
    hx_text_put(x->role, sizeof x->role, user->role);
    x->areas = user->areas ? json_dumps(user->areas, JSON_COMPACT) : strdup("[]");
    x->stamp = user->stamp;
    x->once = once;
    x->given = user->given;
    x->totp = *user->totp;
    x->begun = x->used = now;
    return x;
}

int sessions_begin(struct sessions *s, const struct sign_in *in, char token[SESSION_TOKEN],
                   struct session **out)
{
    struct session *x;
    if (s->n >= SESSIONS_MAX)
        return HX_FULL;
    x = session_new(in->user, in->once, in->now);
    if (!x)
        return HX_NOMEM;
    random_text(token);
    hash_of(token, x->hash);
    x->expires = end_of(s, x);
    LIST_INSERT_HEAD(bucket(s, x->hash), x, link);
    s->n++;
    int rc = add(s, as_json(x));
    if (!rc)
        rc = sessions_sync(s);
    if (rc)
        drop(s, x);
    else
        *out = x;
    return rc;
}

struct session *sessions_use(struct sessions *s, const char *token, int64_t now)
{
    uint8_t hash[SESSION_HASH];
    if (strlen(token) != SESSION_TOKEN - 1)
        return NULL;
    hash_of(token, hash);
    struct session *x = find(s, hash);
    if (!x || now >= end_of(s, x))
        return NULL;
    x->used = now;
    x->expires = end_of(s, x);
    return x;
}

void sessions_end(struct sessions *s, struct session *x)
{
    char hash[2 * SESSION_HASH + 1];
    if (x->ended)
        return;
    sodium_bin2hex(hash, sizeof hash, x->hash, SESSION_HASH);
    drop(s, x);
    (void)add(s, json_pack("{s:s}", "ended", hash));
}

void sessions_hold(struct session *x)
{
    x->holds++;
}

void sessions_release(struct session *x)
{
    if (--x->holds == 0 && x->ended)
        session_free(x);
}

struct session *sessions_next(struct sessions *s, struct session *after)
{
    struct session *x = after ? LIST_NEXT(after, link) : NULL;
    size_t i = 0;
    if (after && !x)
        i = (size_t)(bucket(s, after->hash) - s->buckets) + 1;
    for (; !x && i < BUCKETS; i++)
        x = LIST_FIRST(&s->buckets[i]);
    return x;
}

size_t sessions_count(const struct sessions *s)
{
    return s->n;
}

/* One that is over by the clock needs no line: it is over whenever it is read. */
void sessions_tick(struct sessions *s, int64_t now)
{
    struct session *x = sessions_next(s, NULL), *next;
    for (; x; x = next) {
        next = sessions_next(s, x);
        if (x->streams)
            x->used = now; /* a page is open */
        x->expires = end_of(s, x);
        if (now >= x->expires)
            drop(s, x);
    }
    (void)sync_lines(s); /* what failed is tried once more in the next second */
    if (s->added > s->n + ADDED_MAX || (s->n && now - s->renewed > RENEW_MS)) {
        (void)renew(s);
        s->renewed = now; /* also when it failed: not once a second */
    }
}
