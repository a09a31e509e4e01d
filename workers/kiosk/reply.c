#include "door/reply.h"
#include "hongxin/instant.h"
#include "kiosk/kiosk.h"

#include <sodium.h>
#include <stdio.h>
#include <string.h>

enum { KEY_MIN = 16, KEY_MAX = 100 };

static const char key_use[] = "hongxin-kiosk idempotency";

const struct policy *kiosk_policy(struct kiosk *k, struct http_request *r)
{
    const struct policy *p = k->policy;
    if (p && hx_client_is_up(k->link.client, HX_DOOR_INTAKE))
        return p;
    http_set_header(r, "Retry-After", "2");
    http_problem(r, 503, "DAEMON_AWAY", "the daemon cannot be reached; nothing was sent");
    return NULL;
}

/* Visible ASCII: it stands in logs of both sides. */
static bool is_key(const char *key)
{
    size_t n = strlen(key);
    for (const char *p = key; *p; p++)
        if (*p <= ' ' || *p >= 0x7f)
            return false;
    return n >= KEY_MIN && n <= KEY_MAX;
}

/* Everybody who may see the case reads the id of its event; whoever knew the key as well could send
 * the report again and be told its secret. */
static void name_event(const char *what, const char *key, char id[KIOSK_ID_MAX])
{
    uint8_t digest[16];
    char hex[2 * sizeof digest + 1];
    crypto_generichash(digest, sizeof digest, (const uint8_t *)key, strlen(key),
                       (const uint8_t *)key_use, sizeof key_use);
    sodium_bin2hex(hex, sizeof hex, digest, sizeof digest);
    snprintf(id, KIOSK_ID_MAX, "%s:%s", what, hex);
}

bool kiosk_id(struct http_request *r, const char *what, char id[KIOSK_ID_MAX])
{
    bool several;
    const char *key = http_get_header(r, "Idempotency-Key", &several);
    if (several || !is_key(key)) {
        http_problem(r, 422, *key ? "BAD_KEY" : "NO_KEY",
                     "an Idempotency-Key of %d to %d visible ASCII characters is needed, made by "
                     "chance: whoever sends it again gets the first answer",
                     KEY_MIN, KEY_MAX);
        return false;
    }
    name_event(what, key, id);
    return true;
}

json_t *kiosk_json(struct http_request *r, size_t most)
{
    size_t size;
    (void)http_body(r, &size);
    if (size <= most)
        return http_json(r);
    http_problem(r, 413, "BODY_TOO_LARGE", "without pictures a body has at most %zu bytes", most);
    return NULL;
}

json_t *kiosk_ticket(const struct kiosk *k, const hxp_reply *reply)
{
    const struct policy *policy = k->policy;
    json_t *list = json_array();
    for (size_t i = 0; i < reply->n_promises; i++) {
        const hxp_promise *p = reply->promises[i];
        if (!p->deadline || !policy_promises(policy, p->clock))
            continue;
        json_t *o = policy_word(policy, POLICY_CLOCKS, p->clock);
        json_object_set_new(o, "deadline", kiosk_instant(k, p->deadline));
        json_array_append_new(list, o);
    }
    bool rejected = hx_reply_first(reply) == HONGXIN__V1__RESULT__REJECTED;
    return json_pack("{s:s, s:s, s:o, s:s}", "number", reply->number, "secret", reply->secret,
                     "promises", list, "result", rejected ? "REJECTED" : "ACCEPTED");
}

bool kiosk_text(struct http_request *r, const json_t *body, const char *key, size_t most,
                const char **out)
{
    const json_t *value = json_object_get(body, key);
    *out = value ? json_string_value(value) : "";
    if (!*out) {
        http_problem(r, 422, "BAD_FIELD", "%s is a text", key);
        return false;
    }
    if (strlen(*out) > most) {
        http_problem(r, 422, "TOO_LONG", "%s has at most %zu bytes", key, most);
        return false;
    }
    return true;
}

void kiosk_refused(struct http_request *r, const hxp_reply *reply)
{
    struct reply out = reply_make(reply, 200, 0);
    json_object_del(out.body, "reply"); /* it is not for strangers */
    http_answer_problem(r, out.status < 300 ? 409 : out.status, out.code ? out.code : "REFUSED",
                        out.body);
}

void kiosk_failed(struct http_request *r, int err)
{
    struct reply out = reply_fail(err);
    http_answer_problem(r, out.status, out.code, out.body);
}

json_t *kiosk_instant(const struct kiosk *k, int64_t ms)
{
    char text[HX_INSTANT_TEXT];
    return ms ? json_string(hx_instant_format(ms, k->settings.utc_offset, text)) : json_null();
}
