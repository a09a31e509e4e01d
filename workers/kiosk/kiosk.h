/* hongxin-kiosk: what its parts share. One thread, that of the loop. */
#ifndef KIOSK_KIOSK_H
#define KIOSK_KIOSK_H

#include "door/link.h"
#include "http/files.h"
#include "http/http.h"
#include "kiosk/places.h"
#include "kiosk/policy.h"
#include "kiosk/settings.h"
#include "kiosk/terminals.h"
#include "picture/remake.h"
#include <sys/queue.h>

TAILQ_HEAD(reports, report); /* see report.h */

struct kiosk {
    struct kiosk_settings settings;
    json_t *texts;
    struct http_files *page;
    struct link link;
    struct policy *policy; /* in force; NULL: not told yet */
    struct places *places; /* NULL: not told yet */
    struct places_budget searching;
    struct watch *watches[2];
    struct terminals *terminals;
    struct remaker *remaker;
    struct reports under_way;
    struct http_server *server;
    uint64_t reports, pictures, withdrawals, questions, wrong_secrets, offline,
        searches_put_off; /* figures */
};

/* POST /kiosk/v1/reports. */
void report_take(void *kiosk, struct http_request *request);
/* POST /kiosk/v1/status and /kiosk/v1/withdraw: number and secret in the body, so that they stand
 * in no address. */
void status_take(void *kiosk, struct http_request *request);
void withdraw_take(void *kiosk, struct http_request *request);

/* GET /kiosk/v1/categories and /kiosk/v1/places?q=WORDS. */
void categories_take(void *kiosk, struct http_request *request);
void places_take(void *kiosk, struct http_request *request);
/* Begins to follow the rules of the daemon that these answer from. HX_NOMEM. */
HX_CHECK int rules_follow(struct kiosk *k, struct event_base *base);
void rules_leave(struct kiosk *k);

/* GET /kiosk/v1/onsite-code: for terminals with a screen. */
void onsite_take(void *kiosk, struct http_request *request);
/* POST /kiosk/v1/offline: events that devices have signed. */
void offline_take(void *kiosk, struct http_request *request);
/* GET /kiosk/v1/pictures/{hash}: for who may read them. */
void picture_take(void *kiosk, struct http_request *request);

/* ---- reply.c: what both have in common ---- */

/* The policy in force; NULL: the daemon is away or has not told it yet, and the request is
 * answered. */
const struct policy *kiosk_policy(struct kiosk *k, struct http_request *request);

/* "what:KEY" out of the request's Idempotency-Key, which must be long enough not to be guessed.
 * False: it is none, and the request is answered. */
enum { KIOSK_ID_MAX = 128 };
bool kiosk_id(struct http_request *request, const char *what, char id[KIOSK_ID_MAX]);

/* The body as JSON of at most so many bytes; as http_json(). */
enum { KIOSK_BODY_MAX = 32768, KIOSK_UPLOAD_MAX = 1 << 20 };
json_t *kiosk_json(struct http_request *request, size_t most);

/* A text of the body: "" when it is missing. False: it is no text, or longer than `most` bytes,
 * and the request is answered. */
bool kiosk_text(struct http_request *request, const json_t *body, const char *key, size_t most,
                const char **out);

/* What a reporter is told: number, secret, promises. A new reference. */
json_t *kiosk_ticket(const struct kiosk *k, const hxp_reply *reply);

/* Answers with what the daemon refused, or with why there was no answer. */
void kiosk_refused(struct http_request *request, const hxp_reply *reply);
void kiosk_failed(struct http_request *request, int err);

/* An instant in the city's time, a new reference; JSON null for 0. */
json_t *kiosk_instant(const struct kiosk *k, int64_t ms);

#endif
