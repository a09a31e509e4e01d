#include "kiosk/watch.h"

#include "base/log.h"
#include "base/text.h"
#include "door/link.h"
#include <event2/event.h>
#include <stdlib.h>
#include <string.h>

enum { FIRST_MS = 1000 }; /* how soon it is asked again while nothing is known */

struct watch {
    struct link *link;
    struct watch_options options;
    struct event *timer;
    char *version; /* NULL: nothing is known */
    bool asked;
};

static void again(struct watch *w)
{
    unsigned ms = w->version ? w->options.every_ms : FIRST_MS;
    const struct timeval after = {ms / 1000, (suseconds_t)(ms % 1000) * 1000};
    event_add(w->timer, &after);
}

static void learn(struct watch *w, const Hongxin__V1__RulesAnswer *answer)
{
    if (w->version && strcmp(w->version, answer->version) == 0)
        return;
    char *text = hx_text_dup(answer->content.data, answer->content.len),
         *version = strdup(answer->version);
    if (text && version && w->options.fn(w->options.arg, version, text, answer->content.len)) {
        free(w->version);
        w->version = version;
        version = NULL;
    }
    free(version);
    free(text);
}

static void on_rules(void *arg, int err, const hxp_response *response)
{
    struct watch *w = arg;
    w->asked = false;
    if (!err && response->answer_case == HONGXIN__V1__RESPONSE__ANSWER_RULES)
        learn(w, response->rules);
    else
        hx_log(HX_LOG_DEBUG, "event=rules_unknown kind=%s error=%s", w->options.kind,
               hx_strerror(err));
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
    if (!w->timer) {
        free(w);
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
    event_free(w->timer);
    free(w->version);
    free(w);
}
