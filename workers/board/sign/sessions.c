#include "board/sign/sessions.h"

#include "base/log.h"
#include "base/text.h"
#include "hongxin/key.h"
#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { SAVE_MS = 60000, BUCKETS = 4096 };

LIST_HEAD(session_list, session);

struct sessions {
    const char *path;
    struct sessions_times times;
    struct session_list buckets[BUCKETS];
    size_t n;
    bool changed;
    int64_t saved;
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

static void save(struct sessions *s, int64_t now)
{
    char beside[1024];
    json_t *list = json_array();
    for (struct session *x = NULL; (x = sessions_next(s, x));)
        json_array_append_new(list, as_json(x));
    char *text = list ? json_dumps(list, JSON_COMPACT) : NULL;
    int n = snprintf(beside, sizeof beside, "%s.new", s->path);
    int fd = text && n > 0 && (size_t)n < sizeof beside
                 ? open(beside, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600)
                 : -1;
    bool right = fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text);
    if (fd >= 0)
        close(fd);
    if (!right || rename(beside, s->path) != 0)
        hx_log(HX_LOG_WARN, "event=sessions_not_saved file=%s", s->path);
    free(text);
    json_decref(list);
    s->changed = false;
    s->saved = now;
}

static void put_text(const json_t *o, const char *key, char *out, size_t size)
{
    const char *text = json_string_value(json_object_get(o, key));
    hx_text_put(out, size, text ? text : "");
}

static bool take(struct sessions *s, const json_t *o)
{
    char hash[2 * SESSION_HASH + 1];
    size_t n = 0;
    struct session *x = calloc(1, sizeof *x);
    put_text(o, "hash", hash, sizeof hash);
    if (!x || sodium_hex2bin(x->hash, SESSION_HASH, hash, strlen(hash), NULL, &n, NULL) != 0 ||
        n != SESSION_HASH) {
        free(x);
        return false;
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
    return true;
}

static void load(struct sessions *s)
{
    int fd = *s->path ? hx_secret_open(s->path) : -1;
    size_t i;
    json_t *o, *list = fd >= 0 ? json_loadfd(fd, 0, NULL) : NULL;
    if (fd >= 0)
        close(fd);
    json_array_foreach(list, i, o) if (s->n < SESSIONS_MAX)(void) take(s, o);
    json_decref(list);
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
    s->saved = now;
    load(s);
    sessions_tick(s, now);
    *out = s;
    return HX_OK;
}

static void session_free(struct session *x)
{
    free(x->areas);
    sodium_memzero(x, sizeof *x);
    free(x);
}

void sessions_close(struct sessions *s)
{
    struct session *x;
    if (!s)
        return;
    if (*s->path)
        save(s, 0);
    for (size_t i = 0; i < BUCKETS; i++)
        while ((x = LIST_FIRST(&s->buckets[i]))) {
            LIST_REMOVE(x, link);
            session_free(x);
        }
    free(s);
}

struct session *sessions_begin(struct sessions *s, const struct user *user, int64_t now,
                               char token[SESSION_TOKEN])
{
    struct session *x = s->n < SESSIONS_MAX ? calloc(1, sizeof *x) : NULL;
    if (!x)
        return NULL;
    random_text(token);
    random_text(x->csrf);
    hash_of(token, x->hash);
    hx_text_put(x->user, sizeof x->user, user->name);
    hx_text_put(x->principal, sizeof x->principal, user->principal);
    hx_text_put(x->title, sizeof x->title, user->title);
    hx_text_put(x->person, sizeof x->person, user->person);
    hx_text_put(x->role, sizeof x->role, user->role);
    x->areas = user->areas ? json_dumps(user->areas, JSON_COMPACT) : strdup("[]");
    x->stamp = user->stamp;
    x->given = user->given;
    x->totp = *user->totp;
    x->begun = x->used = now;
    x->expires = end_of(s, x);
    LIST_INSERT_HEAD(bucket(s, x->hash), x, link);
    s->n++;
    s->changed = true;
    return x;
}

struct session *sessions_use(struct sessions *s, const char *token, int64_t now)
{
    uint8_t hash[SESSION_HASH];
    struct session *x;
    if (strlen(token) != SESSION_TOKEN - 1)
        return NULL;
    hash_of(token, hash);
    LIST_FOREACH(x, bucket(s, hash), link)
    if (sodium_memcmp(x->hash, hash, SESSION_HASH) == 0 && now < end_of(s, x)) {
        x->used = now;
        x->expires = end_of(s, x);
        return x;
    }
    return NULL;
}

void sessions_end(struct sessions *s, struct session *x)
{
    if (x->ended)
        return;
    x->ended = true;
    LIST_REMOVE(x, link);
    s->n--;
    s->changed = true;
    if (!x->holds)
        session_free(x);
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

void sessions_tick(struct sessions *s, int64_t now)
{
    struct session *x = sessions_next(s, NULL), *next;
    for (; x; x = next) {
        next = sessions_next(s, x);
        if (x->streams)
            x->used = now; /* a page is open */
        x->expires = end_of(s, x);
        if (now >= x->expires)
            sessions_end(s, x);
    }
    if (*s->path && (s->changed || (s->n && now - s->saved > SAVE_MS)))
        save(s, now);
}
