/* A queue of pushes, in the order of the journal. Several are under way at once, but never two of
 * one case; what is acknowledged is everything before the first that is not done. When the queue is
 * full the feed is ended and begun again later where it stopped, so a platform that is away costs
 * no memory. */
#include "hotline/push.h"

#include "base/log.h"
#include "base/text.h"
#include "door/post.h"
#include "door/settings.h"
#include "hongxin/instant.h"
#include "hongxin/key.h"
#include "hongxin/number.h"
#include "http/figures.h"
#include <event2/event.h>
#include <inttypes.h>
#include <jansson.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <time.h>
#include <unistd.h>

enum { QUEUE_MOST = 1024, AT_ONCE = 16, SECRET_LEAST = 32, SECRET_MOST = 256 };

struct item {
    STAILQ_ENTRY(item) link;
    struct push *push;
    uint64_t lsn, case_number;
    enum { WAITS, ASKS, SENDS, DONE } state;
    int64_t began, not_before; /* monotonic ms */
    unsigned attempts;
    const struct push_word *word;
    int64_t t_rec;
    char number[HX_NUMBER_TEXT], state_name[48], holder[64], cause[64], ref[128];
    uint64_t case_version;
};

struct push {
    const struct push_settings *settings;
    hx_client *client;
    struct post *post;
    struct event *timer;
    STAILQ_HEAD(items, item) queue;
    size_t queued, under_way;
    uint64_t seen, acked; /* entries of the feed; acknowledged */
    bool following;
    char epoch[64];
    uint8_t secret[SECRET_MOST];
    size_t secret_size;
    uint64_t pushed, failed, given_up;
};

static void work(struct push *p);

static int64_t mono_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static int64_t time_now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_REALTIME, &t);
    return t.tv_sec;
}

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

static uint64_t duration(struct yaml_doc *doc, yaml_node_t *map, const char *key, int64_t initial)
{
    int64_t ms = yaml_doc_duration(doc, map, key);
    ms = yaml_doc_get(doc, map, key) ? ms : initial;
    if (ms < 100 || ms > 30 * HX_DAY)
        yaml_doc_fault(doc, yaml_doc_get(doc, map, key), "%s: from 100ms to 30d", key);
    return (uint64_t)ms;
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
    settings_text(doc, map, "subscriber", "call_centre:city/push", s->subscriber,
                  sizeof s->subscriber);
    read_words(doc, yaml_doc_get(doc, map, "words"), s);
    s->timeout_ms = duration(doc, map, "timeout", 15 * HX_SECOND);
    s->retry_ms = duration(doc, map, "retry", HX_SECOND);
    s->retry_most_ms = duration(doc, map, "retry_most", 5 * HX_MINUTE);
    s->give_up_ms = duration(doc, map, "give_up", 3 * HX_DAY);
    if (*s->url && strncmp(s->url, "https://", 8) != 0 && strncmp(s->url, "http://", 7) != 0)
        yaml_doc_fault(doc, yaml_doc_get(doc, map, "url"), "url begins with https:// or http://");
    if (*s->url && !*s->secret_file)
        yaml_doc_fault(doc, map, "secret_file is missing: a push is signed");
}

static int read_secret(struct push *p, struct hx_problem *problem)
{
    const char *path = p->settings->secret_file;
    int fd = hx_secret_open(path);
    ssize_t n = fd >= 0 ? read(fd, p->secret, sizeof p->secret) : -1;
    if (fd >= 0)
        close(fd);
    while (n > 0 && (p->secret[n - 1] == '\n' || p->secret[n - 1] == '\r'))
        n--;
    if (n >= SECRET_LEAST) {
        p->secret_size = (size_t)n;
        return HX_OK;
    }
    return hx_problem_set(problem, "%s: %s", path,
                          fd == HX_DENIED ? "others may read it: mode 0600"
                          : fd < 0        ? hx_strerror(fd)
                                          : "a secret has at least 32 bytes");
}

/* ---- one push ---- */

static void sign(const struct push *p, const char *id, const char *time, const char *body,
                 char out[96])
{
    crypto_auth_hmacsha256_state state;
    uint8_t mac[crypto_auth_hmacsha256_BYTES];
    const char *parts[] = {id, ".", time, ".", body};
    crypto_auth_hmacsha256_init(&state, p->secret, p->secret_size);
    for (size_t i = 0; i < 5; i++)
        crypto_auth_hmacsha256_update(&state, (const uint8_t *)parts[i], strlen(parts[i]));
    crypto_auth_hmacsha256_final(&state, mac);
    memcpy(out, "v1,", 3);
    sodium_bin2base64(out + 3, 90, mac, sizeof mac, sodium_base64_VARIANT_ORIGINAL);
}

static char *body_of(const struct push *p, const struct item *i, const char *id)
{
    char time[HX_INSTANT_TEXT];
    (void)p;
    hx_instant_format(i->t_rec, 8 * 60, time);
    json_t *o = json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:I}", "id", id, "time",
                          time, "number", i->number, "ref", i->ref, "word", i->word->word, "zh",
                          i->word->zh, "cause", i->cause, "state", i->state_name, "holder",
                          i->holder, "case_version", (json_int_t)i->case_version);
    char *text = o ? json_dumps(o, JSON_COMPACT) : NULL;
    json_decref(o);
    return text;
}

/* Everything before the first item that is not done may be acknowledged. */
static void settle(struct push *p)
{
    struct item *i;
    while ((i = STAILQ_FIRST(&p->queue)) != NULL && i->state == DONE) {
        STAILQ_REMOVE_HEAD(&p->queue, link);
        p->queued--;
        free(i);
    }
    uint64_t upto = i ? i->lsn - 1 : p->seen;
    if (p->following && upto > p->acked && hx_feed_ack(p->client, upto) == HX_OK)
        p->acked = upto;
}

static void put_off(struct item *i, const char *why, int status)
{
    struct push *p = i->push;
    const struct push_settings *s = p->settings;
    int64_t now = mono_ms(), wait = (int64_t)s->retry_ms;
    p->failed++;
    if (now - i->began > (int64_t)s->give_up_ms) {
        p->given_up++;
        i->state = DONE;
        hx_log(HX_LOG_ERROR, "event=push_given_up lsn=%" PRIu64 " number=%s word=%s", i->lsn,
               i->number, i->word->word);
        return;
    }
    for (unsigned n = 1; n < i->attempts && wait < (int64_t)s->retry_most_ms; n++)
        wait *= 2;
    i->not_before = now + (wait < (int64_t)s->retry_most_ms ? wait : (int64_t)s->retry_most_ms);
    i->state = WAITS;
    hx_log(HX_LOG_WARN, "event=push_failed lsn=%" PRIu64 " attempt=%u status=%d \"%s\"", i->lsn,
           i->attempts, status, why);
}

static void on_pushed(void *arg, int status, const char *body, const char *why)
{
    struct item *i = arg;
    struct push *p = i->push;
    (void)body;
    p->under_way--;
    if (status >= 200 && status < 300) {
        i->state = DONE;
        p->pushed++;
    } else {
        put_off(i, why, status);
    }
    settle(p);
    work(p);
}

static void send_item(struct item *i)
{
    struct push *p = i->push;
    char id[128], at[24], signature[96], headers[4][256];
    snprintf(id, sizeof id, "%s-%" PRIu64, p->epoch, i->lsn);
    snprintf(at, sizeof at, "%lld", (long long)time_now());
    char *body = body_of(p, i, id);
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
    int rc = body ? post_start(p->post, &r, on_pushed, i) : HX_NOMEM;
    free(body);
    i->attempts++;
    i->state = SENDS;
    if (rc) {
        p->under_way--;
        put_off(i, hx_strerror(rc), 0);
    }
}

/* The reference of the case: by it the platform knows its own work order. */
static void on_case(void *arg, int err, const hxp_response *response)
{
    struct item *i = arg;
    if (err == HX_CLOSED)
        return;
    if (err == HX_OK && response->answer_case == HONGXIN__V1__RESPONSE__ANSWER_CASE_ANSWER &&
        response->case_answer->view)
        hx_text_put(i->ref, sizeof i->ref, response->case_answer->view->ref);
    else if (err == HX_TIMEOUT || err == HX_AGAIN) {
        i->push->under_way--;
        i->attempts++;
        put_off(i, "the daemon does not answer", 0);
        return;
    }
    send_item(i);
}

static void begin(struct item *i)
{
    struct push *p = i->push;
    hxp_request request = HONGXIN__V1__REQUEST__INIT;
    Hongxin__V1__CaseQuery query = HONGXIN__V1__CASE_QUERY__INIT;
    query.case_number = i->case_number;
    request.ask_case = HONGXIN__V1__REQUEST__ASK_CASE_QUERY;
    request.case_query = &query;
    p->under_way++;
    i->state = ASKS;
    if (hx_ask_start(p->client, &request, on_case, i) != HX_OK) {
        p->under_way--;
        i->attempts++;
        put_off(i, "the daemon cannot be asked", 0);
    }
}

/* ---- the queue ---- */

static bool is_first_of_its_case(const struct push *p, const struct item *i)
{
    const struct item *x;
    STAILQ_FOREACH(x, &p->queue, link)
    {
        if (x == i)
            return true;
        if (x->case_number == i->case_number && x->state != DONE)
            return false;
    }
    return true;
}

static int follow(struct push *p);

static void work(struct push *p)
{
    int64_t now = mono_ms(), next = INT64_MAX;
    struct item *i;
    STAILQ_FOREACH(i, &p->queue, link)
    {
        if (p->under_way >= AT_ONCE)
            break;
        if (i->state != WAITS)
            continue;
        if (i->not_before > now) /* tried before, so it is the first of its case */
            next = i->not_before < next ? i->not_before : next;
        else if (is_first_of_its_case(p, i))
            begin(i);
    }
    if (!p->following && p->queued < QUEUE_MOST / 2)
        (void)follow(p);
    if (next != INT64_MAX) {
        int64_t ms = next - now;
        const struct timeval later = {ms / 1000, ms % 1000 * 1000};
        evtimer_add(p->timer, &later);
    }
}

static void on_timer(evutil_socket_t fd, short what, void *arg)
{
    (void)fd;
    (void)what;
    work(arg);
}

/* ---- the feed ---- */

static const struct push_word *word_for(const struct push *p, const hxp_entry *entry)
{
    char state[64] = "";
    for (size_t f = 0; f < entry->n_facts; f++)
        if (entry->facts[f]->fact_case == HONGXIN__V1__FACT__FACT_STATE)
            snprintf(state, sizeof state, "STATE:%s", entry->facts[f]->state->to);
    for (size_t w = 0; w < p->settings->n_words; w++)
        if (strcmp(p->settings->words[w].cause, entry->cause) == 0 ||
            (*state && strcmp(p->settings->words[w].cause, state) == 0))
            return &p->settings->words[w];
    return NULL;
}

/* An event that was refused has changed nothing. */
static bool is_refused(const hxp_entry *entry)
{
    return entry->n_facts > 0 && entry->facts[0]->fact_case == HONGXIN__V1__FACT__FACT_REPLY &&
           entry->facts[0]->reply->result != HONGXIN__V1__RESULT__ACCEPTED;
}

static void on_entry(void *arg, const hxp_entry *entry, const ProtobufCBinaryData *bytes)
{
    struct push *p = arg;
    const struct push_word *word =
        entry->case_number && !is_refused(entry) ? word_for(p, entry) : NULL;
    struct item *i = word ? calloc(1, sizeof *i) : NULL;
    (void)bytes;
    if (word && !i) { /* not taken: it comes again when there is memory */
        hx_unsubscribe(p->client);
        p->following = false;
        return;
    }
    p->seen = entry->lsn;
    if (!word)
        return;
    *i = (struct item){.push = p,
                       .lsn = entry->lsn,
                       .case_number = entry->case_number,
                       .word = word,
                       .began = mono_ms(),
                       .t_rec = entry->t_rec,
                       .case_version = entry->case_version};
    hx_number_format(entry->case_number, i->number);
    hx_text_put(i->state_name, sizeof i->state_name, entry->state);
    hx_text_put(i->holder, sizeof i->holder, entry->holder);
    hx_text_put(i->cause, sizeof i->cause, entry->cause);
    STAILQ_INSERT_TAIL(&p->queue, i, link);
    if (++p->queued >= QUEUE_MOST) {
        hx_unsubscribe(p->client);
        p->following = false;
    }
    work(p);
}

static void on_upto(void *arg, uint64_t lsn)
{
    struct push *p = arg;
    p->seen = lsn > p->seen ? lsn : p->seen;
    settle(p);
}

static void on_welcome(void *arg, const Hongxin__V1__Welcome *welcome)
{
    struct push *p = arg;
    hx_text_put(p->epoch, sizeof p->epoch, welcome->epoch);
    if (p->seen)
        return;
    p->seen = welcome->next_lsn - 1;
    p->acked = welcome->acked_lsn;
    settle(p); /* the place is kept from the first moment on */
}

static void on_problem(void *arg, const Hongxin__V1__Problem *problem)
{
    (void)arg;
    hx_log(HX_LOG_ERROR, "event=push_feed_refused code=%s", problem->code);
}

static const struct hx_feed_calls calls = {
    .welcome = on_welcome, .entry = on_entry, .upto = on_upto, .problem = on_problem};

static int follow(struct push *p)
{
    const struct hx_subscription s = {.subscriber = p->settings->subscriber,
                                      .from = p->seen ? HONGXIN__V1__HELLO__FROM__LSN
                                                      : HONGXIN__V1__HELLO__FROM__RESUME,
                                      .from_lsn = p->seen + 1,
                                      .calls = &calls,
                                      .arg = p};
    int rc = hx_subscribe(p->client, &s);
    p->following = rc == HX_OK;
    return rc;
}

int push_open(struct event_base *base, hx_client *client, const struct push_settings *s,
              struct push **out, struct hx_problem *problem)
{
    struct push *p = calloc(1, sizeof *p);
    *out = NULL;
    if (!p)
        return HX_NOMEM;
    p->settings = s;
    p->client = client;
    STAILQ_INIT(&p->queue);
    int rc = read_secret(p, problem);
    if (!rc)
        rc = post_open(base, s->ca_file, &p->post);
    if (!rc)
        rc = (p->timer = evtimer_new(base, on_timer, p)) ? HX_OK : HX_NOMEM;
    if (!rc)
        rc = follow(p);
    if (rc) {
        push_close(p);
        return rc;
    }
    *out = p;
    return HX_OK;
}

void push_close(struct push *p)
{
    struct item *i;
    if (!p)
        return;
    if (p->following)
        hx_unsubscribe(p->client);
    post_close(p->post);
    while ((i = STAILQ_FIRST(&p->queue)) != NULL) {
        STAILQ_REMOVE_HEAD(&p->queue, link);
        (void)hx_ask_forget(p->client, on_case, i);
        free(i);
    }
    if (p->timer)
        event_free(p->timer);
    sodium_memzero(p->secret, sizeof p->secret);
    free(p);
}

void push_figures(const struct push *p, struct evbuffer *out)
{
    if (!p)
        return;
    const struct {
        const char *name, *kind, *help;
        uint64_t n;
    } rows[] = {
        {"hotline_pushed_total", "counter", "States that the platform has taken.", p->pushed},
        {"hotline_push_failures_total", "counter", "Attempts that it has not taken.", p->failed},
        {"hotline_push_given_up_total", "counter", "States given up after give_up.", p->given_up},
        {"hotline_push_waiting", "gauge", "States that wait for the platform.", p->queued},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        figures_head(out, rows[i].name, rows[i].kind, rows[i].help);
        figures_line(out, rows[i].name, "", rows[i].n);
    }
}
