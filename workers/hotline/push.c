/* One push: the case's reference is asked for, then the state is sent, signed. The queue is the
 * outbox's. */
#include "hotline/push.h"
#include "base/message.h"
#include "base/now.h"
#include "base/text.h"
#include "door/post.h"
#include "door/secret.h"
#include "door/settings.h"
#include "hongxin/instant.h"
#include "http/figures.h"
#include <event2/event.h>
#include <inttypes.h>
#include <jansson.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SECRET_LEAST = 32, SECRET_MOST = 256 };

struct push {
    const struct push_settings *settings;
    hx_client *client;
    struct post *post;
    struct outbox *outbox;
    char secret[SECRET_MOST];
};

/* An attempt. */
struct attempt {
    struct push *push;
    struct outbox_item *item;
    hxp_case_view *view; /* owned, while it is asked whose references it bears; or NULL */
    size_t ref, source;  /* so far have we come */
};

/* ---- configuration ---- */

static const struct push_word usual[] = {
    {"HELD", "signed", "签收"},
    {"RETURN_REQUESTED", "return_requested", "申请退单"},
    {"RETURN_ACCEPTED", "returned", "退回"},
    {"PAUSED", "delayed", "延期"},
    {"RESOLVED", "answered", "办结回复"},
    {"REJECTED", "not_accepted", "不予受理"},
    {"TRANSFERRED", "transferred", "转办"},
    {"REOPENED", "reopened", "重办"},
    {"STATE:CLOSED", "closed", "办结"},
    {"STATE:CLOSED_UNCONFIRMED", "closed", "办结"},
    {"STATE:WITHDRAWN", "withdrawn", "撤诉"},
    {"STATE:MERGED", "merged", "并单"},
    {"UNMERGED", "unmerged", "撤销并单"},
};

static void read_words(struct yaml_doc *doc, yaml_node_t *list, struct push_settings *s)
{
    yaml_node_t *item;
    for (size_t i = 0; (item = yaml_doc_item(doc, list, i)) != NULL; i++) {
        if (i == PUSH_WORDS_MAX) {
            yaml_doc_fault(doc, item, "more than %d words", PUSH_WORDS_MAX);
            return;
        }
        yaml_doc_only(doc, item, "cause word zh");
        yaml_doc_need(doc, item, "cause", s->words[i].cause, sizeof s->words[i].cause);
        yaml_doc_need(doc, item, "word", s->words[i].word, sizeof s->words[i].word);
        yaml_doc_text(doc, item, "zh", s->words[i].zh, sizeof s->words[i].zh);
        s->n_words = i + 1;
    }
    for (size_t i = 0; !list && i < sizeof usual / sizeof *usual; i++)
        s->words[s->n_words++] = usual[i];
}

void push_settings_read(struct yaml_doc *doc, yaml_node_t *map, struct push_settings *s)
{
    *s = (struct push_settings){0};
    if (map)
        yaml_doc_only(doc, map,
                      "url secret_file ca_file subscriber words timeout retry retry_most give_up");
    settings_text(doc, map, "url", "", s->url, sizeof s->url);
    settings_path(doc, map, "secret_file", "", s->secret_file, sizeof s->secret_file);
    settings_path(doc, map, "ca_file", "", s->ca_file, sizeof s->ca_file);
    outbox_settings_read(doc, map, "call_centre:city/push", &s->outbox);
    read_words(doc, yaml_doc_get(doc, map, "words"), s);
    s->timeout_ms = settings_duration(doc, map, "timeout", OUTBOX_RANGE(15 * HX_SECOND));
    if (*s->url && strncmp(s->url, "https://", 8) != 0 && strncmp(s->url, "http://", 7) != 0)
        yaml_doc_fault(doc, yaml_doc_get(doc, map, "url"), "url begins with https:// or http://");
    if (*s->url && !*s->secret_file)
        yaml_doc_fault(doc, map, "secret_file is missing: a push is signed");
}

static int read_secret(struct push *p, struct hx_problem *problem)
{
    const char *path = p->settings->secret_file;
    int rc = secret_line_read(path, p->secret, sizeof p->secret, problem);
    if (rc || strlen(p->secret) >= SECRET_LEAST)
        return rc;
    return hx_problem_set(problem, "%s: a secret has at least %d bytes", path, SECRET_LEAST);
}

/* ---- one push ---- */

static void sign(const struct push *p, const char *id, const char *time, const char *body,
                 char out[96])
{
    crypto_auth_hmacsha256_state state;
    uint8_t mac[crypto_auth_hmacsha256_BYTES];
    const char *parts[] = {id, ".", time, ".", body};
    crypto_auth_hmacsha256_init(&state, (const uint8_t *)p->secret, strlen(p->secret));
    for (size_t i = 0; i < 5; i++)
        crypto_auth_hmacsha256_update(&state, (const uint8_t *)parts[i], strlen(parts[i]));
    crypto_auth_hmacsha256_final(&state, mac);
    memcpy(out, "v1,", 3);
    sodium_bin2base64(out + 3, 90, mac, sizeof mac, sodium_base64_VARIANT_ORIGINAL);
}

/* Which of our sources' orders the case speaks for besides its own: of cases merged into it, of the
 * whole of which it is a part, of further reporters. */
static json_t *others_of(const hxp_case_view *view)
{
    json_t *list = json_array();
    for (size_t i = 0; i < view->n_callbacks; i++)
        if (*view->callbacks[i]->ref)
            json_array_append_new(list, json_string(view->callbacks[i]->ref));
    return list;
}

/* `view` NULL: nothing more is known of the case. */
static char *body_of(const struct attempt *a, const hxp_case_view *view, const char *id)
{
    const struct outbox_item *i = a->item;
    const struct push_word *word = i->what;
    char time[HX_INSTANT_TEXT];
    hx_instant_format(i->t_rec, a->push->settings->utc_offset, time);
    json_t *o = json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:I}", "id", id, "time",
                          time, "number", i->number, "ref", view ? view->ref : "", "word",
                          word->word, "zh", word->zh, "cause", i->cause, "state", i->state,
                          "holder", i->holder, "case_version", (json_int_t)i->case_version);
    json_t *others = view ? others_of(view) : NULL;
    if (json_array_size(others))
        json_object_set(o, "others", others);
    json_decref(others);
    if (view && strcmp(view->state, "MERGED") == 0)
        json_object_set_new(o, "into", json_string(view->merged_into));
    char *text = o ? json_dumps(o, JSON_COMPACT) : NULL;
    json_decref(o);
    return text;
}

static void on_pushed(void *arg, int status, const char *body, const char *why)
{
    struct attempt *a = arg;
    (void)body;
    outbox_done(a->push->outbox, a->item,
                status >= 200 && status < 300 ? OUTBOX_TAKEN : OUTBOX_LATER, status, why);
}

static void send_item(struct attempt *a, const hxp_case_view *view)
{
    struct push *p = a->push;
    char id[128], at[24], signature[96], headers[4][256];
    outbox_id(p->outbox, a->item, id, sizeof id);
    snprintf(at, sizeof at, "%lld", (long long)(hx_wall_ms() / 1000));
    char *body = body_of(a, view, id);
    sign(p, id, at, body ? body : "", signature);
    snprintf(headers[0], sizeof headers[0], "Content-Type: application/json");
    snprintf(headers[1], sizeof headers[1], "webhook-id: %s", id);
    snprintf(headers[2], sizeof headers[2], "webhook-timestamp: %s", at);
    snprintf(headers[3], sizeof headers[3], "webhook-signature: %s", signature);
    const char *const list[] = {headers[0], headers[1], headers[2], headers[3], NULL};
    const struct post_request r = {.url = p->settings->url,
                                   .headers = list,
                                   .body = body,
                                   .size = body ? strlen(body) : 0,
                                   .timeout_ms = (long)p->settings->timeout_ms};
    int rc = body ? post_start(p->post, &r, on_pushed, a) : HX_NOMEM;
    free(body);
    if (rc)
        outbox_done(p->outbox, a->item, OUTBOX_LATER, 0, hx_strerror(rc));
}

/* ---- whose references are they? ---- */

static void later(struct attempt *a, const char *why)
{
    if (a->view)
        hongxin__v1__case_view__free_unpacked(a->view, NULL);
    a->view = NULL;
    outbox_done(a->push->outbox, a->item, OUTBOX_LATER, 0, why);
}

/* What one of our sources calls by this name is this case, or one for which it speaks there: what
 * came with a merged case was not given of this one. */
static bool speaks_for(const struct attempt *a, const hxp_case_view *of)
{
    const hxp_case_view *view = a->view;
    bool came = a->ref && *view->callbacks[a->ref - 1]->from_case;
    bool one =
        strcmp(of->merged_into, view->number) == 0 || strcmp(of->number, view->split_from) == 0;
    if (of->case_number == view->case_number)
        return !came;
    for (size_t i = 0; !one && i < view->n_callbacks; i++)
        one = strcmp(view->callbacks[i]->from_case, of->number) == 0;
    return one;
}

/* The i-th source of this door: of its clients, then of its tables. "": it is none any more. NULL
 * after the last one. */
static const char *source_at(const struct push_settings *s, size_t i)
{
    const struct client *c;
    size_t n = 0;
    for (; (c = clients_at(s->clients, n)) != NULL; n++)
        if (n == i)
            return c->gone ? "" : c->source;
    return i - n < s->drops->n ? s->drops->all[i - n].source : NULL;
}

/* The next one that has not been asked for; NULL = all have. */
static const char *next_source(struct attempt *a)
{
    const char *source;
    for (; (source = source_at(a->push->settings, a->source)) != NULL; a->source++) {
        bool fresh = *source != '\0';
        for (size_t i = 0; fresh && i < a->source; i++)
            fresh = strcmp(source_at(a->push->settings, i), source) != 0;
        if (fresh)
            return source;
    }
    return NULL;
}

static void on_ref(void *arg, int err, const hxp_response *response);

static int ask_ref(struct attempt *a, char *ref, const char *source)
{
    hxp_request request = HONGXIN__V1__REQUEST__INIT;
    Hongxin__V1__CaseQuery query = HONGXIN__V1__CASE_QUERY__INIT;
    query.ref = ref;
    query.source = hx_text_field(source);
    request.ask_case = HONGXIN__V1__REQUEST__ASK_CASE_QUERY;
    request.case_query = &query;
    return hx_ask_start(a->push->client, &request, on_ref, a);
}

/* References that none of our sources has given are taken out: by those of another door a resident
 * could be followed from case to case. Then it is sent. */
static void look_on(struct attempt *a)
{
    hxp_case_view *view = a->view;
    for (; a->ref <= view->n_callbacks; a->ref++, a->source = 0) {
        char *ref = a->ref ? view->callbacks[a->ref - 1]->ref : view->ref;
        const char *source = *ref ? next_source(a) : NULL;
        if (source) {
            if (ask_ref(a, ref, source) != HX_OK)
                later(a, "the daemon cannot be asked");
            return;
        }
        if (*ref)
            *ref = '\0';
    }
    a->view = NULL;
    send_item(a, view);
    hongxin__v1__case_view__free_unpacked(view, NULL);
}

static void on_ref(void *arg, int err, const hxp_response *response)
{
    struct attempt *a = arg;
    if (err == HX_CLOSED)
        return;
    if (err == HX_TIMEOUT || err == HX_AGAIN) {
        later(a, "the daemon does not answer");
        return;
    }
    bool told = !err && response->answer_case == HONGXIN__V1__RESPONSE__ANSWER_CASE_ANSWER &&
                response->case_answer->view;
    if (told && speaks_for(a, response->case_answer->view)) {
        a->ref++;
        a->source = 0;
    } else {
        a->source++;
    }
    look_on(a);
}

static void look_whose(struct attempt *a, const hxp_case_view *view)
{
    size_t size;
    uint8_t *bytes = hx_message_bytes(&view->base, &size);
    if (bytes)
        a->view = hongxin__v1__case_view__unpack(NULL, size, bytes);
    free(bytes);
    if (a->view)
        look_on(a);
    else
        later(a, hx_strerror(HX_NOMEM));
}

/* The references of the case: by them the platform knows its own work orders. */
static void on_case(void *arg, int err, const hxp_response *response)
{
    struct attempt *a = arg;
    if (err == HX_CLOSED)
        return;
    bool told = !err && response->answer_case == HONGXIN__V1__RESPONSE__ANSWER_CASE_ANSWER;
    if (err == HX_TIMEOUT || err == HX_AGAIN)
        later(a, "the daemon does not answer");
    else if (told && response->case_answer->view)
        look_whose(a, response->case_answer->view);
    else
        send_item(a, NULL);
}

static void begin(void *arg, struct outbox_item *item)
{
    struct push *p = arg;
    struct attempt *a = item->own;
    hxp_request request = HONGXIN__V1__REQUEST__INIT;
    Hongxin__V1__CaseQuery query = HONGXIN__V1__CASE_QUERY__INIT;
    query.case_number = item->case_number;
    request.ask_case = HONGXIN__V1__REQUEST__ASK_CASE_QUERY;
    request.case_query = &query;
    *a = (struct attempt){.push = p, .item = item};
    if (hx_ask_start(p->client, &request, on_case, a) != HX_OK)
        outbox_done(p->outbox, item, OUTBOX_LATER, 0, "the daemon cannot be asked");
}

static void forget(void *arg, struct outbox_item *item)
{
    const struct push *p = arg;
    struct attempt *a = item->own;
    (void)hx_ask_forget(p->client, on_case, a);
    (void)hx_ask_forget(p->client, on_ref, a);
    if (a->view)
        hongxin__v1__case_view__free_unpacked(a->view, NULL);
    a->view = NULL;
}

static const void *word_for(void *arg, const hxp_entry *entry)
{
    const struct push *p = arg;
    char state[64];
    snprintf(state, sizeof state, "STATE:%s", outbox_entered(entry));
    for (size_t w = 0; w < p->settings->n_words; w++)
        if (strcmp(p->settings->words[w].cause, entry->cause) == 0 ||
            strcmp(p->settings->words[w].cause, state) == 0)
            return &p->settings->words[w];
    return NULL;
}

static const struct outbox_calls calls = {.name = "push",
                                          .own_size = sizeof(struct attempt),
                                          .wanted = word_for,
                                          .begin = begin,
                                          .forget = forget};

/* ---- life ---- */

int push_open(struct event_base *base, hx_client *client, const struct push_settings *s,
              struct push **out, struct hx_problem *problem)
{
    struct push *p = calloc(1, sizeof *p);
    *out = NULL;
    if (!p)
        return HX_NOMEM;
    p->settings = s;
    p->client = client;
    int rc = read_secret(p, problem);
    if (!rc)
        rc = post_open(base, s->ca_file, &p->post);
    if (!rc)
        rc = outbox_open(base, client, &s->outbox, &calls, p, &p->outbox);
    if (rc) {
        push_close(p);
        return rc;
    }
    *out = p;
    return HX_OK;
}

void push_close(struct push *p)
{
    if (!p)
        return;
    post_close(p->post); /* what is under way has no callback any more */
    outbox_close(p->outbox);
    sodium_memzero(p->secret, sizeof p->secret);
    free(p);
}

void push_figures(const struct push *p, struct evbuffer *out)
{
    if (!p)
        return;
    const struct outbox_counts c = outbox_counts(p->outbox);
    const struct figure_row rows[] = {
        {"hotline_pushed_total", "counter", "States that the platform has taken.", c.taken},
        {"hotline_push_failures_total", "counter", "Attempts that it has not taken.", c.failures},
        {"hotline_push_given_up_total", "counter", "States given up after give_up.", c.given_up},
        {"hotline_push_waiting", "gauge", "States that wait for the platform.", c.waiting},
    };
    figures_rows(out, "", rows, sizeof rows / sizeof *rows);
}
