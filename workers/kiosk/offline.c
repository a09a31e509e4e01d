/* Events that a registered device noted down without a connection and brings later, in whatever
 * order. What it signed goes to the daemon byte for byte: time, number and signature are judged
 * there, too, by the rules of evidence (R2). Here it is seen to that nobody else speaks in its
 * name, or brings once more what it has brought: whoever follows the journal has the signed bytes,
 * too, and the answer holds the secret of the case. So the device shows its token. */
#include "base/text.h"
#include "door/event.h"
#include "door/reply.h"
#include "kiosk/kiosk.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

enum { EVENTS_MAX = 100, SIGNATURE_TAG = 2 };

struct upload {
    struct kiosk *kiosk;
    const struct terminal *device; /* whose token it is; until all parts are on their way */
    struct http_request *request;
    json_t *body, *replies; /* owned */
    size_t open;            /* parts without an answer, and one for the beginning */
};

struct part {
    struct upload *upload;
    size_t index;
    bool report;
};

static void upload_release(struct upload *u)
{
    if (--u->open > 0)
        return;
    http_answer_json(u->request, 200, json_pack("{s:O}", "replies", u->replies));
    json_decref(u->body);
    json_decref(u->replies);
    free(u);
}

static void part_done(struct upload *u, size_t index, int status, json_t *body)
{
    json_t *o = json_pack("{s:i, s:o}", "status", status, "body", body);
    json_array_set_new(u->replies, index, o ? o : json_null());
}

static void part_refused(struct upload *u, size_t index, const char *code, const char *text)
{
    part_done(u, index, 422, http_problem_json(422, code, text));
}

/* ---- answers ---- */

static void on_reply(void *arg, int err, const hxp_reply *reply)
{
    struct part *p = arg;
    struct upload *u = p->upload;
    struct reply r = err ? reply_fail(err) : reply_make(reply, p->report ? 201 : 200, 0);
    if (!err && r.status < 300) {
        json_decref(r.body);
        r.body = p->report ? kiosk_ticket(u->kiosk, reply)
                           : json_pack("{s:s, s:s, s:s}", "number", reply->number, "result",
                                       "ACCEPTED", "code", reply->code);
        u->kiosk->offline++;
    } else if (!err) {
        json_object_del(r.body, "reply");
    }
    part_done(u, p->index, r.status, r.body);
    upload_release(u);
    free(p);
}

/* ---- one event ---- */

/* The signature stands at the end, as field 15: what is signed are the bytes in front of it. */
static bool is_signed_by(const struct terminal *t, const uint8_t *bytes, size_t size)
{
    static const uint8_t tag[SIGNATURE_TAG] = {0x7a, crypto_sign_BYTES};
    size_t tail = SIGNATURE_TAG + crypto_sign_BYTES;
    return size > tail && memcmp(bytes + size - tail, tag, SIGNATURE_TAG) == 0 &&
           crypto_sign_verify_detached(bytes + size - crypto_sign_BYTES, bytes, size - tail,
                                       t->public_key) == 0;
}

/* NULL: it is the device's own word; otherwise the code of what is wrong. */
static const char *judge(const struct upload *u, const hxp_event *e, const uint8_t *bytes,
                         size_t size)
{
    if (strcmp(e->device, u->device->name) != 0)
        return "DEVICE_UNKNOWN";
    if (!is_signed_by(u->device, bytes, size))
        return "DEVICE_SIGNATURE";
    if (!e->device_seq || e->proof != HONGXIN__V1__PROOF__DEVICE_SIGNED || !e->t_occ)
        return "DEVICE_NO_NUMBER";
    if (strcmp(e->source, u->kiosk->settings.source) != 0)
        return "FOREIGN_SOURCE";
    size_t n = strlen(e->device); /* no device takes the id of another's event */
    return strncmp(e->id, e->device, n) == 0 && e->id[n] == ':' ? NULL : "FOREIGN_ID";
}

static const char *text_of(const json_t *map, const char *key)
{
    const char *text = json_string_value(json_object_get(map, key));
    return text ? text : "";
}

static void publish(struct upload *u, size_t index, const hxp_event *e, const struct hx_item *item)
{
    struct part *p = malloc(sizeof *p);
    int rc = p ? HX_OK : HX_NOMEM;
    if (p) {
        *p = (struct part){u, index, strcmp(e->type, "REPORTED") == 0};
        u->open++;
        rc = hx_publish_start(u->kiosk->link.client, item, on_reply, p);
    }
    if (!rc)
        return;
    struct reply r = reply_fail(rc);
    part_done(u, index, r.status, r.body);
    u->open -= p != NULL;
    free(p);
}

static void take_event(struct upload *u, size_t index, const json_t *item, uint8_t *bytes,
                       size_t size)
{
    hxp_event *e = event_read(bytes, size);
    const json_t *who = json_object_get(item, "reporter");
    hxp_reporter reporter = HONGXIN__V1__REPORTER__INIT;
    const char *code = e ? judge(u, e, bytes, size) : "UNDECODABLE";
    reporter.phone = hx_text_field(text_of(who, "phone"));
    reporter.name = hx_text_field(text_of(who, "name"));
    if (code && strcmp(code, "DEVICE_SIGNATURE") == 0)
        http_count_failure(u->request);
    if (code)
        part_refused(u, index, code,
                     "an event that a registered device has signed: id DEVICE:…, our source, "
                     "proof DEVICE_SIGNED, device_seq, t_occ, its signature as the last field");
    else
        publish(
            u, index, e,
            &(struct hx_item){.bytes = bytes,
                              .size = size,
                              .reporter = *reporter.phone || *reporter.name ? &reporter : NULL});
    if (e)
        hongxin__v1__event__free_unpacked(e, NULL);
}

static void take_item(struct upload *u, size_t index, const json_t *item)
{
    const char *text = text_of(item, "event");
    size_t room = strlen(text) / 4 * 3 + 3, size;
    uint8_t *bytes = malloc(room);
    if (bytes && sodium_base642bin(bytes, room, text, strlen(text), NULL, &size, NULL,
                                   sodium_base64_VARIANT_ORIGINAL) == 0)
        take_event(u, index, item, bytes, size);
    else
        part_refused(u, index, "UNDECODABLE", "event is the event's bytes in base 64");
    free(bytes);
}

void offline_take(void *kiosk, struct http_request *request)
{
    struct kiosk *k = kiosk;
    const struct terminal *device = terminals_admit(k->terminals, request, TERMINAL_OFFLINE);
    if (!device)
        return;
    json_t *body = kiosk_policy(k, request) ? kiosk_json(request, KIOSK_UPLOAD_MAX) : NULL;
    const json_t *events = json_object_get(body, "events");
    size_t n = json_array_size(events);
    if (!body)
        return;
    struct upload *u = n > 0 && n <= EVENTS_MAX ? malloc(sizeof *u) : NULL;
    if (!u) {
        http_problem(request, 422, "BAD_FIELD", "events is a list of 1 to %d", EVENTS_MAX);
        json_decref(body);
        return;
    }
    *u = (struct upload){k, device, request, body, json_array(), 1};
    for (size_t i = 0; i < n; i++)
        json_array_append_new(u->replies, json_null());
    for (size_t i = 0; i < n; i++)
        take_item(u, i, json_array_get(events, i));
    upload_release(u);
}
