#include "door/post.h"

#include "base/text.h"
#include <curl/curl.h>
#include <event2/event.h>
#include <stdlib.h>
#include <string.h>

struct transfer {
    struct transfer *next;
    CURL *easy;
    struct curl_slist *headers;
    char *body;
    char answer[POST_ANSWER_MAX + 1], why[CURL_ERROR_SIZE];
    size_t answered;
    post_fn *fn;
    void *arg;
};

struct post {
    struct event_base *base;
    CURLM *multi;
    struct event *timer;
    struct transfer *transfers;
    char *ca_file;
};

/* ---- transfers ---- */

static void transfer_free(struct post *p, struct transfer *t)
{
    for (struct transfer **at = &p->transfers; *at; at = &(*at)->next)
        if (*at == t) {
            *at = t->next;
            break;
        }
    if (t->easy) {
        curl_multi_remove_handle(p->multi, t->easy);
        curl_easy_cleanup(t->easy);
    }
    curl_slist_free_all(t->headers);
    free(t->body);
    free(t);
}

static void finish(struct post *p, const CURLMsg *message)
{
    struct transfer *t = NULL;
    long status = 0;
    curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, (char **)&t);
    curl_easy_getinfo(message->easy_handle, CURLINFO_RESPONSE_CODE, &status);
    CURLcode code = message->data.result;
    const char *why = *t->why ? t->why : curl_easy_strerror(code);
    t->answer[t->answered] = '\0';
    t->fn(t->arg, code == CURLE_OK ? (int)status : 0, t->answer, code == CURLE_OK ? "" : why);
    transfer_free(p, t);
}

static void collect(struct post *p)
{
    CURLMsg *message;
    int left;
    while ((message = curl_multi_info_read(p->multi, &left)) != NULL)
        if (message->msg == CURLMSG_DONE)
            finish(p, message);
}

/* What is beyond the limit is taken and thrown away. */
static size_t on_answer(char *bytes, size_t one, size_t n, void *arg)
{
    struct transfer *t = arg;
    size_t room = POST_ANSWER_MAX - t->answered, take = n < room ? n : room;
    memcpy(t->answer + t->answered, bytes, take);
    t->answered += take;
    return one * n;
}

/* ---- the loop ---- */

static void on_socket(evutil_socket_t fd, short what, void *arg)
{
    struct post *p = arg;
    int running,
        action = (what & EV_READ ? CURL_CSELECT_IN : 0) | (what & EV_WRITE ? CURL_CSELECT_OUT : 0);
    curl_multi_socket_action(p->multi, fd, action, &running);
    collect(p);
}

static void on_timer(evutil_socket_t fd, short what, void *arg)
{
    struct post *p = arg;
    int running;
    (void)fd;
    (void)what;
    curl_multi_socket_action(p->multi, CURL_SOCKET_TIMEOUT, 0, &running);
    collect(p);
}

static int watch_socket(CURL *easy, curl_socket_t fd, int what, void *arg, void *event)
{
    struct post *p = arg;
    struct event *ev = event;
    (void)easy;
    if (ev)
        event_free(ev);
    ev = NULL;
    if (what != CURL_POLL_REMOVE) {
        short wanted = (short)(EV_PERSIST | (what & CURL_POLL_IN ? EV_READ : 0) |
                               (what & CURL_POLL_OUT ? EV_WRITE : 0));
        ev = event_new(p->base, fd, wanted, on_socket, p);
        if (!ev || event_add(ev, NULL) != 0)
            return -1;
    }
    curl_multi_assign(p->multi, fd, ev);
    return 0;
}

static int set_timer(CURLM *multi, long ms, void *arg)
{
    struct post *p = arg;
    const struct timeval after = {ms / 1000, (suseconds_t)(ms % 1000) * 1000};
    (void)multi;
    if (ms < 0)
        evtimer_del(p->timer);
    else
        evtimer_add(p->timer, &after);
    return 0;
}

/* ---- the calls ---- */

int post_open(struct event_base *base, const char *ca_file, struct post **out)
{
    struct post *p = calloc(1, sizeof *p);
    *out = NULL;
    if (!p || curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
        free(p);
        return p ? HX_IO : HX_NOMEM;
    }
    p->base = base;
    p->multi = curl_multi_init();
    p->timer = evtimer_new(base, on_timer, p);
    p->ca_file = ca_file && *ca_file ? strdup(ca_file) : NULL;
    if (!p->multi || !p->timer || (ca_file && *ca_file && !p->ca_file)) {
        post_close(p);
        return HX_NOMEM;
    }
    curl_multi_setopt(p->multi, CURLMOPT_SOCKETFUNCTION, watch_socket);
    curl_multi_setopt(p->multi, CURLMOPT_SOCKETDATA, p);
    curl_multi_setopt(p->multi, CURLMOPT_TIMERFUNCTION, set_timer);
    curl_multi_setopt(p->multi, CURLMOPT_TIMERDATA, p);
    *out = p;
    return HX_OK;
}

void post_close(struct post *post)
{
    if (!post)
        return;
    while (post->transfers)
        transfer_free(post, post->transfers);
    if (post->multi)
        curl_multi_cleanup(post->multi);
    if (post->timer)
        event_free(post->timer);
    free(post->ca_file);
    free(post);
    curl_global_cleanup();
}

static bool set_headers(struct transfer *t, const struct post_request *r)
{
    for (size_t i = 0; r->headers && r->headers[i]; i++) {
        struct curl_slist *more = curl_slist_append(t->headers, r->headers[i]);
        if (!more)
            return false;
        t->headers = more;
    }
    return curl_easy_setopt(t->easy, CURLOPT_HTTPHEADER, t->headers) == CURLE_OK;
}

static bool set_body(struct transfer *t, const struct post_request *r)
{
    if (r->body) {
        t->body = hx_text_dup(r->body, r->size);
        if (!t->body)
            return false;
        curl_easy_setopt(t->easy, CURLOPT_POSTFIELDS, t->body);
        curl_easy_setopt(t->easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)r->size);
    }
    if (r->method)
        curl_easy_setopt(t->easy, CURLOPT_CUSTOMREQUEST, r->method);
    return true;
}

static bool set_all(const struct post *p, struct transfer *t, const struct post_request *r)
{
    CURL *e = t->easy;
    curl_easy_setopt(e, CURLOPT_PRIVATE, (char *)t);
    curl_easy_setopt(e, CURLOPT_ERRORBUFFER, t->why);
    curl_easy_setopt(e, CURLOPT_WRITEFUNCTION, on_answer);
    curl_easy_setopt(e, CURLOPT_WRITEDATA, t);
    curl_easy_setopt(e, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(e, CURLOPT_TIMEOUT_MS, r->timeout_ms);
    curl_easy_setopt(e, CURLOPT_CONNECTTIMEOUT_MS, r->timeout_ms);
    curl_easy_setopt(e, CURLOPT_USERAGENT, "hongxin/" HX_VERSION);
    if (p->ca_file)
        curl_easy_setopt(e, CURLOPT_CAINFO, p->ca_file);
    return curl_easy_setopt(e, CURLOPT_PROTOCOLS_STR, "http,https") == CURLE_OK &&
           curl_easy_setopt(e, CURLOPT_URL, r->url) == CURLE_OK && set_headers(t, r) &&
           set_body(t, r);
}

int post_start(struct post *p, const struct post_request *r, post_fn *fn, void *arg)
{
    struct transfer *t = calloc(1, sizeof *t);
    if (!t)
        return HX_NOMEM;
    t->fn = fn;
    t->arg = arg;
    t->next = p->transfers;
    p->transfers = t;
    t->easy = curl_easy_init();
    if (!t->easy || !set_all(p, t, r) || curl_multi_add_handle(p->multi, t->easy) != CURLM_OK) {
        int rc = t->easy ? HX_INVALID : HX_NOMEM;
        transfer_free(p, t);
        return rc;
    }
    return HX_OK;
}
