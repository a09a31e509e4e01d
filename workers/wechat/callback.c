/* Callbacks of the platform: is it from there, is it for us, is it fresh? */
#include "base/now.h"
#include "wechat/wechat.h"

#include "base/text.h"
#include "door/timely.h"
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- the query ---- */

struct query {
    char signature[64], msg_signature[64], timestamp[24], nonce[65], echostr[512];
};

/* Anything that is missing is "", which no signature is right for. */
static void read_query(const struct http_request *r, struct query *q)
{
    *q = (struct query){0};
    (void)http_query(r, "signature", q->signature, sizeof q->signature);
    (void)http_query(r, "msg_signature", q->msg_signature, sizeof q->msg_signature);
    (void)http_query(r, "timestamp", q->timestamp, sizeof q->timestamp);
    (void)http_query(r, "nonce", q->nonce, sizeof q->nonce);
    (void)http_query(r, "echostr", q->echostr, sizeof q->echostr);
}

static void refuse(struct wechat *w, struct http_request *r, const char *code)
{
    w->forged++;
    http_unauthorized(r, "Signature", code);
}

static const struct account *account_of(struct wechat *w, struct http_request *r)
{
    const struct account *a = accounts_by_path(w->accounts, http_param(r, 0));
    if (!a)
        refuse(w, r, "NO_ACCOUNT");
    return a;
}

/* Which of the account's secrets signs these; -1: none. */
static int signer(const struct account *a, const struct query *q, const char *encrypt)
{
    for (unsigned i = 0; i < a->n; i++) {
        const char *const parts[] = {a->secrets[i].token, q->timestamp, q->nonce, encrypt};
        if (wx_signature_is(parts, encrypt ? 4 : 3, encrypt ? q->msg_signature : q->signature))
            return (int)i;
    }
    return -1;
}

/* ---- GET: the platform asks whether it is us ---- */

static void answer_encrypted(struct wechat *w, struct http_request *r, const struct account *a,
                             const struct query *q)
{
    int i = signer(a, q, q->echostr);
    char *plain = NULL;
    size_t size;
    if (i < 0 || wx_decrypt(&a->secrets[i].key, a->id, q->echostr, &plain, &size) != HX_OK)
        refuse(w, r, "BAD_SIGNATURE");
    else
        http_answer(r, 200, "text/plain", plain, size);
    free(plain);
}

void callback_verify(void *arg, struct http_request *r)
{
    struct wechat *w = arg;
    const struct account *a = account_of(w, r);
    struct query q;
    if (!a)
        return;
    read_query(r, &q);
    if (!*q.echostr)
        refuse(w, r, "NO_ECHO");
    else if (a->kind == ACCOUNT_WECOM)
        answer_encrypted(w, r, a, &q);
    else if (signer(a, &q, NULL) < 0)
        refuse(w, r, "BAD_SIGNATURE");
    else
        http_answer(r, 200, "text/plain", q.echostr, strlen(q.echostr));
}

/* ---- POST: a message ---- */

static void callback_free(struct callback *c)
{
    wx_xml_free(&c->xml);
    sodium_memzero(&c->secret, sizeof c->secret);
    free(c);
}

/* The message inside an envelope. With a key nothing plain is believed: whoever has seen one
 * signature of the plain kind could put any message under it. */
static const char *open_envelope(struct callback *c, const struct query *q)
{
    const struct account *a = c->account;
    const char *encrypt = wx_xml_get(&c->xml, "Encrypt");
    char *plain = NULL;
    size_t size = 0;
    int i = *encrypt ? signer(a, q, encrypt) : -1;
    if (i < 0)
        return "BAD_SIGNATURE";
    int rc = wx_decrypt(&a->secrets[i].key, a->id, encrypt, &plain, &size);
    if (rc)
        return rc == HX_DENIED ? "FOREIGN_ID" : "BAD_CIPHER";
    c->secret = a->secrets[i];
    c->safe = true;
    wx_xml_free(&c->xml);
    rc = wx_xml_parse(plain, size, &c->xml);
    free(plain);
    return rc ? "BAD_XML" : NULL;
}

static const char *judge(struct callback *c, const struct query *q)
{
    size_t size;
    const char *body = http_body(c->request, &size);
    if (!is_timely(q->timestamp, c->wechat->settings.window_ms)) {
        c->wechat->replayed_late++;
        return "BAD_TIME";
    }
    if (wx_xml_parse(body, size, &c->xml) != HX_OK)
        return "BAD_XML";
    if (c->account->safe)
        return open_envelope(c, q);
    return signer(c->account, q, NULL) < 0 ? "BAD_SIGNATURE" : NULL;
}

void callback_take(void *arg, struct http_request *r)
{
    struct wechat *w = arg;
    const struct account *a = account_of(w, r);
    struct query q;
    if (!a)
        return;
    struct callback *c = calloc(1, sizeof *c);
    if (!c) {
        http_problem(r, 503, "NO_MEMORY", "out of memory");
        return;
    }
    read_query(r, &q);
    *c = (struct callback){.wechat = w, .request = r, .account = a};
    hx_text_put(c->nonce, sizeof c->nonce, q.nonce);
    const char *fault = judge(c, &q);
    if (fault) {
        callback_free(c);
        refuse(w, r, fault);
        return;
    }
    w->messages++;
    dialogue_take(c);
}

/* ---- answers ---- */

static char *encrypt_reply(const struct callback *c, const char *plain)
{
    uint8_t random[WX_RANDOM];
    char time[24], signature[WX_SIGNATURE_TEXT], *encrypt = NULL, *out = NULL;
    randombytes_buf(random, sizeof random);
    snprintf(time, sizeof time, "%lld", (long long)(hx_wall_ms() / 1000));
    if (wx_encrypt(&c->secret.key, c->account->id, random, plain, &encrypt) == HX_OK) {
        const char *const parts[] = {c->secret.token, time, c->nonce, encrypt};
        if (wx_signature(parts, 4, signature) == HX_OK)
            out = wx_xml_envelope(encrypt, signature, time, c->nonce);
    }
    free(encrypt);
    return out;
}

void callback_answer(struct callback *c, const char *text)
{
    char *plain = NULL, *reply = NULL;
    if (text)
        plain = wx_xml_text_reply(wx_xml_get(&c->xml, "FromUserName"),
                                  wx_xml_get(&c->xml, "ToUserName"),
                                  (long long)(hx_wall_ms() / 1000), text);
    if (plain)
        reply = c->safe ? encrypt_reply(c, plain) : strdup(plain);
    if (reply)
        http_answer(c->request, 200, "text/xml; charset=utf-8", reply, strlen(reply));
    else
        http_answer(c->request, 200, "text/plain", "success", 7);
    free(plain);
    free(reply);
    callback_free(c);
}

void callback_later(struct callback *c, const char *code)
{
    http_problem(c->request, 503, code, "not now; the same message again finds out");
    callback_free(c);
}
