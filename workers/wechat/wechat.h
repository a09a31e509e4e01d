/* hongxin-wechat: what its parts share. One thread, that of the loop. */
#ifndef WECHAT_WECHAT_H
#define WECHAT_WECHAT_H

#include "door/link.h"
#include "http/http.h"
#include "wechat/accounts.h"
#include "wechat/settings.h"
#include "wechat/xml.h"

struct wechat {
    struct wechat_settings settings;
    struct accounts *accounts;
    struct link link;
    struct http_server *server;
    struct tell *tell; /* NULL: residents are only answered */
    struct event_base *base;
    uint64_t messages, reports, forged, replayed_late, forgotten, forget_held; /* figures */
};

/* One callback whose signature is right. */
struct callback {
    struct wechat *wechat;
    struct http_request *request;
    const struct account *account;
    struct account_secret secret; /* which fitted: under it the answer goes, whatever has changed */
    bool safe;                    /* the message came encrypted */
    struct wx_xml xml;            /* of the message; owned */
    char nonce[65];
};

/* GET and POST /wechat/{secret}. */
void callback_verify(void *arg, struct http_request *request);
void callback_take(void *arg, struct http_request *request);

/* Answers a callback, with a text or (NULL) with "success", and frees it. Encrypted when the
 * account is. */
void callback_answer(struct callback *c, const char *text);
/* 503: the platform sends it again, and it will be the same event. Frees it. */
void callback_later(struct callback *c, const char *code);

/* What becomes of a message: takes over the callback. */
void dialogue_take(struct callback *c);

#endif
