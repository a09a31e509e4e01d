#include "board/ask.h"

#include "base/message.h"
#include "base/text.h"
#include "board/live/scope.h"
#include "hongxin/instant.h"
#include "hongxin/json.h"
#include "hongxin/number.h"
#include <inttypes.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What is asked now knows of everything that the principal's pages have been told. */
static void set_position(const struct board *b, struct http_request *r, const char *principal)
{
    const struct scope *scope = scopes_find(b->scopes, principal);
    char lsn[24];
    if (!scope || !scope->welcomed)
        return;
    snprintf(lsn, sizeof lsn, "%" PRIu64, scope->seen_lsn);
    http_set_header(r, "Journal-Lsn", lsn);
}

void *ask_new(struct board *b, struct http_request *r, size_t size)
{
    const struct session *s = gate_session(b, r);
    if (!s)
        return NULL;
    struct ask *a = calloc(1, size);
    if (!a) {
        http_problem(r, 503, "NO_MEMORY", "out of memory");
        return NULL;
    }
    a->board = b;
    a->request = r;
    hx_text_put(a->principal, sizeof a->principal, s->principal);
    set_position(b, r, a->principal);
    return a;
}

void ask_free(void *ask)
{
    struct ask *a = ask;
    if (a->free)
        a->free(a);
    free(a);
}

int ask_for(struct board *b, const char *principal, hxp_request *question, hx_answer_fn *fn,
            void *arg)
{
    question->behalf = hx_text_field(principal);
    return hx_ask_start(b->link.client, question, fn, arg);
}

void ask_start(void *ask, hxp_request *question, hx_answer_fn *fn)
{
    struct ask *a = ask;
    if (a->board->away) {
        http_problem(a->request, 503, "DAEMON_AWAY",
                     "the daemon cannot be reached; again in a second");
        ask_free(a);
        return;
    }
    int rc = ask_for(a->board, a->principal, question, fn, a);
    if (rc)
        ask_fail(a, rc);
}

void ask_who(void *ask, hx_answer_fn *fn)
{
    hxp_request q = HONGXIN__V1__REQUEST__INIT;
    Hongxin__V1__WhoQuery who = HONGXIN__V1__WHO_QUERY__INIT;
    q.ask_case = HONGXIN__V1__REQUEST__ASK_WHO;
    q.who = &who;
    ask_start(ask, &q, fn);
}

void ask_case(void *ask, uint64_t number, bool history, hx_answer_fn *fn)
{
    hxp_request q = HONGXIN__V1__REQUEST__INIT;
    Hongxin__V1__CaseQuery query = HONGXIN__V1__CASE_QUERY__INIT;
    query.case_number = number;
    query.history = history;
    q.ask_case = HONGXIN__V1__REQUEST__ASK_CASE_QUERY;
    q.case_query = &query;
    ask_start(ask, &q, fn);
}

/* What the daemon has objected to, by its own code: "UNKNOWN_PLACE". */
static bool said_code(const struct board *b, char code[40])
{
    const char *said = hx_client_problem(b->link.client), *colon = strchr(said, ':');
    if (!colon || colon - said >= 40)
        return false;
    snprintf(code, 40, "%.*s", (int)(colon - said), said);
    return true;
}

void ask_fail(void *ask, int err)
{
    static const struct {
        int err, status;
        const char *code, *text;
    } table[] = {
        {HX_AGAIN, 503, "BUSY", "the daemon is too busy; again in a second"},
        {HX_CLOSED, 503, "STOPPING", "the board ends; again in a second"},
        {HX_TIMEOUT, 503, "DAEMON_AWAY", "the daemon did not answer in time"},
        {HX_NOTFOUND, 404, "NO_CASE", "there is none, or none that you may see"},
        {HX_DENIED, 403, "DENIED", "you have no right to that"},
        {HX_TOOBIG, 413, "OVERSIZE", "larger than the daemon takes"},
    };
    struct ask *a = ask;
    char code[40];
    if (err == HX_DENIED)
        scopes_doubt(a->board->scopes, a->principal);
    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        if (table[i].err == err) {
            http_problem(a->request, table[i].status, table[i].code, "%s", table[i].text);
            ask_free(a);
            return;
        }
    if (err == HX_INVALID && said_code(a->board, code))
        http_problem(a->request, 422, code, "the daemon knows no such word");
    else
        http_problem(a->request, 503, "INTERNAL", "%s", hx_strerror(err));
    ask_free(a);
}

bool ask_got(void *ask, int err, const hxp_response *answer, int kind)
{
    if (!err && (int)answer->answer_case == kind)
        return true;
    ask_fail(ask, err ? err : HX_INVALID);
    return false;
}

void ask_answer(void *ask, json_t *body)
{
    struct ask *a = ask;
    http_answer_json(a->request, 200, body);
    ask_free(a);
}

void ask_who_digest(const Hongxin__V1__WhoAnswer *who, char out[SESSION_WHO])
{
    uint8_t digest[SESSION_WHO / 2];
    size_t size;
    uint8_t *bytes = hx_message_bytes(&who->base, &size);
    out[0] = '\0';
    if (!bytes)
        return;
    crypto_generichash(digest, sizeof digest, bytes, size, NULL, 0);
    sodium_bin2hex(out, SESSION_WHO, digest, sizeof digest);
    free(bytes);
}

/* ---- JSON ---- */

json_t *ask_json(const struct board *b, const ProtobufCMessage *message)
{
    return hx_json_from_message(message, b->settings.utc_offset, HX_JSON_SPARSE);
}

json_t *ask_entry(const struct board *b, const hxp_entry *entry)
{
    hxp_entry shown = *entry;
    char number[HX_NUMBER_TEXT];
    shown.event = (ProtobufCBinaryData){0}; /* as an object, not as bytes */
    shown.reporter_digest = (ProtobufCBinaryData){0};
    json_t *o = ask_json(b, &shown.base);
    if (o && entry->case_number)
        json_object_set_new(o, "number", json_string(hx_number_format(entry->case_number, number)));
    hxp_event *event = entry->event.len
                           ? hongxin__v1__event__unpack(NULL, entry->event.len, entry->event.data)
                           : NULL;
    if (o && event)
        json_object_set_new(o, "event", ask_json(b, &event->base));
    if (event)
        hongxin__v1__event__free_unpacked(event, NULL);
    return o;
}

json_t *ask_instant(const struct board *b, int64_t ms)
{
    char text[HX_INSTANT_TEXT];
    return ms ? json_string(hx_instant_format(ms, b->settings.utc_offset, text)) : json_null();
}

void ask_set_instant(const struct board *b, json_t *o, const char *key, int64_t ms)
{
    if (ms)
        json_object_set_new(o, key, ask_instant(b, ms));
}

/* ---- the query ---- */

bool query_word(const struct http_request *r, const char *name, char *out, size_t size)
{
    out[0] = '\0';
    return !http_has_query(r, name) || (http_query(r, name, out, size) && *out);
}

bool query_bool(const struct http_request *r, const char *name, bool *out)
{
    char text[8];
    if (!http_has_query(r, name))
        return true;
    if (!http_query(r, name, text, sizeof text))
        return false;
    *out = strcmp(text, "true") == 0;
    return *out || strcmp(text, "false") == 0;
}

bool query_number(const struct http_request *r, const char *name, uint64_t least, uint64_t most,
                  uint64_t *out)
{
    char text[24], *end;
    if (!http_has_query(r, name))
        return true;
    if (!http_query(r, name, text, sizeof text) || *text < '0' || *text > '9')
        return false;
    *out = strtoull(text, &end, 10);
    return !*end && *out >= least && *out <= most;
}

bool query_span(const struct http_request *r, const char *name, uint64_t *ms)
{
    char text[24];
    int64_t n;
    if (!http_has_query(r, name))
        return true;
    if (!http_query(r, name, text, sizeof text) || hx_duration_parse(text, &n) != HX_OK || n <= 0)
        return false;
    *ms = (uint64_t)n;
    return true;
}

bool query_day(const struct http_request *r, const char *name, char out[12])
{
    static const char form[] = "0000-00-00";
    char text[16];
    if (!http_has_query(r, name))
        return true;
    if (!http_query(r, name, text, sizeof text) || strlen(text) != 10)
        return false;
    for (size_t i = 0; i < 10; i++)
        if (form[i] == '-' ? text[i] != '-' : text[i] < '0' || text[i] > '9')
            return false;
    hx_text_put(out, 12, text);
    return true;
}

bool query_level(const struct http_request *r, char out[4])
{
    if (!query_word(r, "level", out, 4))
        return false;
    return !*out || (out[0] == 'L' && out[1] >= '0' && out[1] <= '5' && !out[2]);
}

bool query_language(const struct http_request *r, char out[4])
{
    return query_word(r, "language", out, 4) &&
           (!*out || strcmp(out, "zh") == 0 || strcmp(out, "en") == 0);
}

bool query_csv(const struct http_request *r, bool *csv)
{
    char text[8];
    *csv = false;
    if (!query_word(r, "format", text, sizeof text))
        return false;
    *csv = strcmp(text, "csv") == 0;
    return !*text || *csv || strcmp(text, "json") == 0;
}

void query_wrong(struct http_request *r, const char *what)
{
    http_problem(r, 400, "BAD_QUERY", "%s", what);
}

bool query_case(struct http_request *r, uint64_t *number)
{
    if (hx_number_parse(http_param(r, 0), number) == HX_OK)
        return true;
    http_problem(r, 404, "NO_CASE", "a case is CL-17, or its number");
    return false;
}

size_t query_split(char *text, char **words, size_t most)
{
    size_t n = 0;
    char *save = NULL;
    for (char *w = strtok_r(text, ",", &save); w && n < most; w = strtok_r(NULL, ",", &save))
        words[n++] = w;
    return n;
}
