/* Commands over HTTP: one at a time, and what a phone has kept while it had no network. */
#include "base/text.h"
#include "board/act/command.h"
#include "board/act/verbs.h"
#include "board/ask.h"
#include "hongxin/instant.h"
#include "hongxin/limits.h"
#include "hongxin/number.h"
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

enum { OFFLINE_MAX = 200, SKEW_LEFT_MS = 2000 };

/* ---- one ---- */

static void on_done(void *arg, int status, const char *code, json_t *body)
{
    struct http_request *r = arg;
    if (status < 300)
        http_answer_json(r, status, body);
    else
        http_answer_problem(r, status, code ? code : "REFUSED", body);
}

static void run(struct board *b, struct http_request *r, const char *verb, uint64_t number)
{
    const struct session *s = gate_session(b, r);
    json_t *body = s ? http_json(r) : NULL;
    if (!body)
        return;
    const struct command_input in = {
        .board = b, .session = s, .verb = verb, .case_number = number, .body = body};
    command_start(&in, on_done, r);
    json_decref(body);
}

void command_run(void *arg, struct http_request *r)
{
    const char *verb = strrchr(http_path(r), '/') + 1;
    uint64_t number;
    if (query_case(r, &number))
        run(arg, r, verb, number);
}

void command_report(void *arg, struct http_request *r)
{
    run(arg, r, "report", 0);
}

/* ---- what was kept offline: one after another, for one may stand on the other ---- */

struct offline {
    struct ask ask;
    struct session *session;
    json_t *items, *replies;
    size_t next;
    int64_t skew_ms;
    bool running, again;
};

static void offline_free(struct ask *a)
{
    struct offline *o = (struct offline *)a;
    sessions_release(o->session);
    json_decref(o->items);
    json_decref(o->replies);
}

static void go_on(struct offline *o);

static void on_item(void *arg, int status, const char *code, json_t *body)
{
    struct offline *o = arg;
    (void)code;
    json_array_append_new(o->replies, json_pack("{s:i, s:o?}", "status", status, "body", body));
    if (o->running)
        o->again = true; /* it was answered at once: the loop below goes on */
    else
        go_on(o);
}

static void put_problem(struct offline *o, int status, const char *code, const char *text)
{
    on_item(o, status, code, http_problem_json(status, code, text));
}

static void start_signed(struct offline *o, const char *text)
{
    size_t n = strlen(text), size = 0;
    uint8_t *bytes = malloc(n + 1);
    if (bytes && n && n < 4 * HX_EVENT_MAX / 3 + 8 &&
        sodium_base642bin(bytes, n, text, n, NULL, &size, NULL, sodium_base64_VARIANT_ORIGINAL) ==
            0)
        command_start_signed(o->ask.board, o->session, bytes, size, on_item, o);
    else
        put_problem(o, 422, "UNDECODABLE", "event is not base64");
    free(bytes);
}

static void start_item(struct offline *o, json_t *item)
{
    const char *event = json_string_value(json_object_get(item, "event"));
    const char *about = json_string_value(json_object_get(item, "case"));
    uint64_t number;
    if (event) {
        start_signed(o, event);
        return;
    }
    if (!json_is_object(item) || !about || hx_number_parse(about, &number) != HX_OK) {
        put_problem(o, 422, "BAD_BODY", "an item has `case` and `act`, or `event`");
        return;
    }
    json_object_del(item, "case");
    const struct command_input in = {.board = o->ask.board,
                                     .session = o->session,
                                     .verb = "acts",
                                     .case_number = number,
                                     .body = item,
                                     .skew_ms = o->skew_ms};
    command_start(&in, on_item, o);
}

static void go_on(struct offline *o)
{
    do {
        if (o->next == json_array_size(o->items)) {
            ask_answer(o, json_pack("{s:I, s:O}", "skew_ms", (json_int_t)o->skew_ms, "replies",
                                    o->replies));
            return;
        }
        o->again = false;
        o->running = true;
        start_item(o, json_array_get(o->items, o->next++));
        o->running = false;
    } while (o->again);
}

static bool take_offline(struct offline *o, const json_t *body)
{
    const char *sent = json_string_value(json_object_get(body, "sent_at"));
    json_t *items = json_object_get(body, "items");
    int64_t at;
    if (json_object_size(body) != 2 || !sent || hx_instant_parse(sent, &at) != HX_OK ||
        !json_is_array(items) || json_array_size(items) == 0 ||
        json_array_size(items) > OFFLINE_MAX)
        return false;
    o->skew_ms = at - board_now(o->ask.board);
    if (o->skew_ms >= -SKEW_LEFT_MS && o->skew_ms <= SKEW_LEFT_MS)
        o->skew_ms = 0;
    o->items = json_deep_copy(items);
    o->replies = json_array();
    return o->items && o->replies;
}

void command_offline(void *arg, struct http_request *r)
{
    struct board *b = arg;
    struct session *s = gate_session(b, r);
    json_t *body = s ? http_json(r) : NULL;
    struct offline *o = body ? ask_new(b, r, sizeof *o) : NULL;
    if (!o) {
        json_decref(body);
        return;
    }
    o->session = s;
    o->ask.free = offline_free;
    sessions_hold(s);
    if (take_offline(o, body)) {
        go_on(o);
    } else {
        http_problem(r, 422, "BAD_BODY", "sent_at is an instant, items are 1 to %d", OFFLINE_MAX);
        ask_free(o);
    }
    json_decref(body);
}
