#include "kiosk/watch.h"

#include "base/log.h"
#include "base/text.h"
#include "door/link.h"
#include <event2/buffer.h>
#include <event2/event.h>
#include <stdlib.h>
#include <string.h>

/* FIRST_MS: how soon it is asked again while nothing is known. PART: a large table comes in parts,
 * so that neither side is kept by it. */
enum { FIRST_MS = 1000, PART = 256 * 1024, TEXT_MOST = 1 << 30 };

struct watch {
    struct link *link;
    struct watch_options options;
    struct event *timer;
    char *version;         /* NULL: nothing is known */
    char *coming;          /* the version of what is gathered */
    struct evbuffer *text; /* gathered so far */
    bool asked;
};

static void again(struct watch *w)
{
    unsigned ms = w->version ? w->options.every_ms : FIRST_MS;
    const struct timeval after = {ms / 1000, (suseconds_t)(ms % 1000) * 1000};
    event_add(w->timer, &after);
}

/* True: more is to be asked for at once. */
static bool gather(struct watch *w, const Hongxin__V1__RulesAnswer *a)
{
    size_t have = evbuffer_get_length(w->text);
    if (have && strcmp(w->coming, a->version) != 0) {
        evbuffer_drain(w->text, have); /* another one came into force: from its start */
        return true;
    }
    if (!have) {
        free(w->coming);
        w->coming = strdup(a->version);
    }
    if (!w->coming || a->size > TEXT_MOST ||
        evbuffer_add(w->text, a->content.data, a->content.len) != 0)
        return false;
    return a->content.len > 0 && have + a->content.len < a->size;
}

/* All of it is there. */
static void learn(struct watch *w)
{
    size_t size = evbuffer_get_length(w->text);
    const char *text =
        evbuffer_add(w->text, "", 1) == 0 ? (const char *)evbuffer_pullup(w->text, -1) : NULL;
    if (text && w->options.fn(w->options.arg, w->coming, text, size)) {
        free(w->version);
        w->version = w->coming;
        w->coming = NULL;
    }
}

static bool is_known(const struct watch *w, const char *version)
{
    return w->version && strcmp(w->version, version) == 0;
}

static void ask(evutil_socket_t fd, short what, void *arg);

static void take(struct watch *w, const Hongxin__V1__RulesAnswer *a)
{
    if (!is_known(w, a->version)) {
        if (gather(w, a)) {
            ask(-1, 0, w);
            return;
        }
        if (evbuffer_get_length(w->text) == a->size)
            learn(w);
    }
    evbuffer_drain(w->text, evbuffer_get_length(w->text));
    again(w);
}

static void on_rules(void *arg, int err, const hxp_response *response)
{
    struct watch *w = arg;
    w->asked = false;
    if (!err && response->answer_case == HONGXIN__V1__RESPONSE__ANSWER_RULES) {
        take(w, response->rules);
        return;
    }
    hx_log(HX_LOG_DEBUG, "event=rules_unknown kind=%s error=%s", w->options.kind, hx_strerror(err));
    evbuffer_drain(w->text, evbuffer_get_length(w->text));
    if (err != HX_CLOSED)
        again(w);
}

static void ask(evutil_socket_t fd, short what, void *arg)
{
    struct watch *w = arg;
    hxp_request request = HONGXIN__V1__REQUEST__INIT;
    Hongxin__V1__RulesQuery query = HONGXIN__V1__RULES_QUERY__INIT;
    (void)fd;
    (void)what;
    query.kind = hx_text_field(w->options.kind);
    query.id = hx_text_field(w->options.id);
    query.skip = evbuffer_get_length(w->text);
    query.most = PART;
    request.ask_case = HONGXIN__V1__REQUEST__ASK_RULES;
    request.rules = &query;
    w->asked = hx_ask_start(w->link->client, &request, on_rules, w) == HX_OK;
    if (!w->asked)
        again(w);
}

int watch_open(struct event_base *base, struct link *link, const struct watch_options *o,
               struct watch **out)
{
    struct watch *w = calloc(1, sizeof *w);
    if (!w)
        return HX_NOMEM;
    w->link = link;
    w->options = *o;
    w->timer = evtimer_new(base, ask, w);
    w->text = evbuffer_new();
    if (!w->timer || !w->text) {
        watch_close(w);
        return HX_NOMEM;
    }
    ask(-1, 0, w);
    *out = w;
    return HX_OK;
}

void watch_close(struct watch *w)
{
    if (!w)
        return;
    if (w->asked && w->link->client)
        (void)hx_ask_forget(w->link->client, on_rules, w);
    if (w->timer)
        event_free(w->timer);
    if (w->text)
        evbuffer_free(w->text);
    free(w->version);
    free(w->coming);
    free(w);
}
