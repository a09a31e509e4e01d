/* Answers: from what a handler says to bytes. */
#include "base/log.h"
#include "base/now.h"
#include "base/text.h"
#include "hongxin/code.h"
#include "http/gzip.h"
#include "http/internal.h"
#include "http/json.h"

#include <event2/buffer.h>
#include <sodium.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

enum { TAG_BYTES = 16 };

static const char type_json[] = "application/json", type_problem[] = "application/problem+json";

/* Every 503 says when to come again: in a second, unless its handler has said otherwise. */
#define RETRY_AFTER "Retry-After"
#define RETRY_S     "1"

const char *http_reason(int status)
{
    static const struct {
        int status;
        const char *reason;
    } table[] = {{200, "OK"},
                 {201, "Created"},
                 {202, "Accepted"},
                 {204, "No Content"},
                 {304, "Not Modified"},
                 {400, "Bad Request"},
                 {401, "Unauthorized"},
                 {403, "Forbidden"},
                 {404, "Not Found"},
                 {405, "Method Not Allowed"},
                 {408, "Request Timeout"},
                 {409, "Conflict"},
                 {413, "Content Too Large"},
                 {415, "Unsupported Media Type"},
                 {417, "Expectation Failed"},
                 {422, "Unprocessable Content"},
                 {429, "Too Many Requests"},
                 {431, "Request Header Fields Too Large"},
                 {500, "Internal Server Error"},
                 {501, "Not Implemented"},
                 {502, "Bad Gateway"},
                 {503, "Service Unavailable"},
                 {505, "HTTP Version Not Supported"}};
    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        if (table[i].status == status)
            return table[i].reason;
    return "Answer";
}

/* The Date header, made once in a second. */
static const char *date_of(struct http_server *s)
{
    struct timespec t;
    clock_gettime(CLOCK_REALTIME_COARSE, &t);
    if (t.tv_sec != s->date_at) {
        struct tm tm;
        s->date_at = t.tv_sec;
        gmtime_r(&t.tv_sec, &tm);
        strftime(s->date, sizeof s->date, "%a, %d %b %Y %H:%M:%S GMT", &tm);
    }
    return s->date;
}

/* ---- one answer ---- */

struct answer {
    int status;
    const char *type; /* NULL: no body */
    const void *body;
    size_t size;
    const char *id, *extra;
    bool head_only, stays; /* stays: a client of 1.0 is told that it may go on */
    bool endless, chunked; /* endless: ends with the connection; chunked: in pieces */
};

/* The head of an answer: further headers, and what is ours. */
struct head {
    char text[HTTP_EXTRA_MAX + 1024], *end;
};

/* Texts one behind the other, NULL ends the list: no format is interpreted for every answer. */
static void put_texts(struct head *h, const char *const texts[])
{
    for (size_t i = 0; texts[i]; i++)
        h->end = hx_text_add(h->end, h->text + sizeof h->text, texts[i]);
}

#define PUT(head, ...) put_texts(head, (const char *const[]){__VA_ARGS__, NULL})

static void write_answer(struct http_connection *c, const struct answer *a)
{
    char digits[HX_DIGITS];
    struct head h;
    h.end = h.text;
    PUT(&h, "HTTP/1.1 ", hx_text_digits((uint64_t)a->status, digits), " ", http_reason(a->status),
        "\r\nDate: ", date_of(c->server), "\r\n");
    if (a->type)
        PUT(&h, "Content-Type: ", a->type, "\r\n");
    if (a->chunked)
        PUT(&h, "Transfer-Encoding: chunked\r\n");
    else if (a->status != 204 && a->status != 304 && !a->endless)
        PUT(&h, "Content-Length: ", hx_text_digits(a->size, digits), "\r\n");
    if (*a->id)
        PUT(&h, "X-Request-Id: ", a->id, "\r\n");
    if (!strstr(a->extra, "Cache-Control:"))
        PUT(&h, "Cache-Control: no-store\r\n");
    PUT(&h, "X-Content-Type-Options: nosniff\r\n", a->extra,
        c->close_after ? "Connection: close\r\n" : "", a->stays ? "Connection: keep-alive\r\n" : "",
        "\r\n");
    evbuffer_add(c->out, h.text, (size_t)(h.end - h.text));
    if (!a->head_only && a->size > 0)
        evbuffer_add(c->out, a->body, a->size);
}

/* The body's gzip form where it is worth it and wanted, to be freed; NULL: it goes as it is. */
static void *packed_for(struct http_request *r, const char *type, const void *body, size_t size,
                        size_t *packed)
{
    if (!type || size < HTTP_GZIP_FROM || !http_shrinks(type) ||
        strstr(r->extra, "Content-Encoding:"))
        return NULL;
    if (!strstr(r->extra, "Vary:"))
        http_set_header(r, "Vary", "Accept-Encoding");
    if (!http_takes_gzip(http_get_header(r, "Accept-Encoding", NULL)))
        return NULL;
    void *small = http_gzip(body, size, packed);
    if (small)
        http_set_header(r, "Content-Encoding", "gzip");
    return small;
}

void http_answer(struct http_request *r, int status, const char *type, const void *body,
                 size_t size)
{
    struct http_connection *c = r->connection;
    struct http_server *s = r->server;
    int64_t us = r->waits ? hx_mono_us() - r->began_us : -1;
    figures_count_answer(&s->figures, status, us);
    if (!c) {
        s->figures.gone++;
        request_free(r);
        return;
    }
    if (s->stopping)
        c->close_after = true;
    if (status == 503 && !http_is_set(r, RETRY_AFTER))
        http_set_header(r, RETRY_AFTER, RETRY_S);
    size_t packed = 0;
    void *small = packed_for(r, type, body, size, &packed);
    const struct answer a = {.status = status,
                             .type = type,
                             .body = small ? small : body,
                             .size = small ? packed : size,
                             .id = r->id,
                             .extra = r->extra,
                             .stays = !r->head.minor && !c->close_after,
                             .head_only = strcmp(r->head.method, "HEAD") == 0};
    write_answer(c, &a);
    free(small);
    request_free(r);
    connection_answered(c);
}

void answer_head(struct http_request *r, const char *type, bool chunked)
{
    const struct answer a = {.status = 200,
                             .type = type,
                             .id = r->id,
                             .extra = r->extra,
                             .endless = true,
                             .chunked = chunked};
    r->connection->close_after = true;
    write_answer(r->connection, &a);
    figures_count_answer(&r->server->figures, 200, -1);
}

bool http_is_set(const struct http_request *r, const char *name)
{
    size_t n = strlen(name);
    for (const char *p = r->extra; *p; p = strchr(p, '\n') + 1)
        if (strncasecmp(p, name, n) == 0 && p[n] == ':')
            return true;
    return false;
}

void http_set_header(struct http_request *r, const char *name, const char *value)
{
    int n = snprintf(r->extra + r->extra_size, sizeof r->extra - r->extra_size, "%s: %s\r\n", name,
                     value);
    if (n < 0 || (size_t)n >= sizeof r->extra - r->extra_size) {
        r->extra[r->extra_size] = '\0'; /* all of it or nothing */
        return;
    }
    for (char *p = r->extra + r->extra_size; p < r->extra + r->extra_size + n - 2; p++)
        if ((unsigned char)*p < ' ' || *p == 0x7f)
            *p = ' ';
    r->extra_size += (size_t)n;
}

/* To be freed; NULL: no memory, and it is answered. Takes the reference. */
static char *text_of(struct http_request *r, json_t *body, size_t *size)
{
    char *text = body ? http_json_text(body, size) : NULL;
    json_decref(body);
    if (!text)
        http_problem(r, 503, "NO_MEMORY", "out of memory");
    return text;
}

void http_answer_json(struct http_request *r, int status, json_t *body)
{
    size_t size = 0;
    char *text = text_of(r, body, &size);
    if (text)
        http_answer(r, status, type_json, text, size);
    free(text);
}

/* ---- what clients keep ---- */

/* The tag is a weak one: as gzip the same answer has other bytes. */
void http_answer_kept(struct http_request *r, const char *type, const void *body, size_t size)
{
    unsigned char digest[TAG_BYTES];
    char hex[2 * TAG_BYTES + 1], tag[sizeof hex + 4];
    crypto_generichash(digest, sizeof digest, body, size, NULL, 0);
    sodium_bin2hex(hex, sizeof hex, digest, sizeof digest);
    snprintf(tag, sizeof tag, "W/\"%s\"", hex);
    http_set_header(r, "ETag", tag);
    http_set_header(r, "Cache-Control", "private, no-cache");
    http_set_header(r, "Vary", "Accept-Encoding");
    if (strstr(http_get_header(r, "If-None-Match", NULL), hex))
        http_answer(r, 304, NULL, NULL, 0);
    else
        http_answer(r, 200, type, body, size);
}

void http_answer_json_kept(struct http_request *r, json_t *body)
{
    size_t size = 0;
    char *text = text_of(r, body, &size);
    if (text)
        http_answer_kept(r, type_json, text, size);
    free(text);
}

/* ---- problems ---- */

json_t *http_problem_json(int status, const char *code, const char *text)
{
    char type[96];
    snprintf(type, sizeof type, "urn:hongxin:problem:%s", code);
    const struct hx_code *words = hx_code_find(code);
    return json_pack("{s:s, s:s, s:i, s:s, s:s, s:s*}", "type", type, "title", http_reason(status),
                     "status", status, "code", code, "detail", text, "zh",
                     words ? words->zh : NULL);
}

static char *problem_text(int status, const char *code, const char *text, const char *id)
{
    json_t *o = http_problem_json(status, code, text);
    if (o && *id)
        json_object_set_new(o, "request_id", json_string(id));
    char *out = o ? json_dumps(o, JSON_COMPACT) : NULL;
    json_decref(o);
    return out;
}

static void note_problem(struct http_server *s, int status, const char *code, const char *id)
{
    figures_count_code(&s->figures, code);
    if (status >= 500)
        hx_log(HX_LOG_WARN, "event=http_problem status=%d code=%s request=%s", status, code, id);
    else
        hx_log(HX_LOG_DEBUG, "event=http_problem status=%d code=%s request=%s", status, code, id);
}

void http_problem(struct http_request *r, int status, const char *code, const char *format, ...)
{
    char text[512];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    note_problem(r->server, status, code, r->id);
    char *body = problem_text(status, code, text, r->id);
    http_answer(r, status, type_problem, body ? body : "{}", body ? strlen(body) : 2);
    free(body);
}

void http_answer_problem(struct http_request *r, int status, const char *code, json_t *body)
{
    if (body && *r->id)
        json_object_set_new(body, "request_id", json_string(r->id));
    size_t size = 2;
    char *text = body ? http_json_text(body, &size) : NULL;
    json_decref(body);
    note_problem(r->server, status, code, r->id);
    http_answer(r, status, type_problem, text ? text : "{}", size);
    free(text);
}

void http_count_failure(struct http_request *r)
{
    (void)http_rates_take(r->server->failures, r->client, hx_mono_us() / 1000);
}

void http_unauthorized(struct http_request *r, const char *challenge, const char *code)
{
    http_count_failure(r);
    http_set_header(r, "WWW-Authenticate", challenge);
    http_problem(r, 401, code, "who are you? The token or signature is missing or wrong");
}

/* Texts for what is refused before there is a request; the code says the rest. */
static const char *refusal_text(int status, const char *code)
{
    if (status == 503 && strcmp(code, "NO_ANSWER_IN_TIME") != 0)
        return "too much is under way here; nothing was done, again in a second";
    switch (status) {
    case 408:
        return "the request did not come in time";
    case 413:
        return "the body is larger than the limit";
    case 431:
        return "the headers are more or larger than the limit";
    case 503:
        return "no answer in time: it is not known whether it was done; the same request again "
               "finds out";
    default:
        return "not a request that everybody would read the same way";
    }
}

void connection_refuse(struct http_connection *c, int status, const char *code)
{
    struct http_server *s = c->server;
    char *body = problem_text(status, code, refusal_text(status, code), "");
    const struct answer a = {.status = status,
                             .type = type_problem,
                             .body = body ? body : "{}",
                             .size = body ? strlen(body) : 2,
                             .id = "",
                             .extra = status == 503 ? RETRY_AFTER ": " RETRY_S "\r\n" : ""};
    figures_count_answer(&s->figures, status, -1);
    note_problem(s, status, code, "-");
    c->close_after = true;
    write_answer(c, &a);
    free(body);
    if (c->request) {
        struct http_request *r = c->request;
        c->request = NULL;
        r->connection = NULL;
        request_free(r);
    }
    connection_flush(c);
}
