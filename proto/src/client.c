/* The client: making and ending it, and the turn that drives its parts.
 *
 * The descriptor given out is an epoll set of the sockets' descriptors, a timer and an eventfd. The
 * descriptor of a ZeroMQ socket is edge-triggered and any call on the socket may swallow the edge,
 * so every turn ends with asking the sockets themselves; what is left to do raises the eventfd. */
#include "client_internal.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>
#include <zmq.h>

enum {
    WINDOW = 8192,
    BATCH = 256,
    WAIT_MS = 10000,
    RESEND_MS = 5000,
    LINGER_MS = 1000,
    REFUSED_MS = 2000, /* after a refusal a connection is made anew */
    REOPEN_MS = 250,   /* after one that could not be made */
    HUNG_UP_SAID = 10, /* connections in a row */
};

int64_t hx_client_now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

void hx_client_wake(const hx_client *c)
{
    uint64_t one = 1;
    ssize_t n = write(c->wake, &one, sizeof one);
    (void)n; /* full means raised already */
}

void hx_client_note(hx_client *c, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(c->problem, sizeof c->problem, format, args);
    va_end(args);
}

const char *hx_client_problem(const hx_client *c)
{
    return c->problem;
}

static bool is_endpoint(const char *endpoint)
{
    return !endpoint || strncmp(endpoint, "tcp://", 6) == 0 || strncmp(endpoint, "ipc://", 6) == 0;
}

static bool are_valid(const struct hx_client_options *o)
{
    return (o->intake || o->feed) && is_endpoint(o->intake) && is_endpoint(o->feed) &&
           o->batch <= HX_ITEMS_MAX;
}

static unsigned or_default(unsigned value, unsigned standard)
{
    return value ? value : standard;
}

static bool open_descriptors(hx_client *c)
{
    struct epoll_event event = {.events = EPOLLIN};
    c->epoll = epoll_create1(EPOLL_CLOEXEC);
    c->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    c->timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
    return c->epoll >= 0 && c->wake >= 0 && c->timer >= 0 &&
           epoll_ctl(c->epoll, EPOLL_CTL_ADD, c->wake, &event) == 0 &&
           epoll_ctl(c->epoll, EPOLL_CTL_ADD, c->timer, &event) == 0;
}

static int open_link(hx_client *c, struct hx_link *link, const char *endpoint, unsigned linger_ms)
{
    *link = (struct hx_link){.context = c->context,
                             .epoll = c->epoll,
                             .key = c->key,
                             .linger_ms = (int)or_default(linger_ms, LINGER_MS)};
    if (!endpoint)
        return HX_OK;
    link->endpoint = strdup(endpoint);
    return link->endpoint ? hx_link_open(link) : HX_NOMEM;
}

static int load_key(hx_client *c, const char *path)
{
    if (!path)
        return HX_OK;
    c->key = calloc(1, sizeof *c->key);
    if (!c->key)
        return HX_NOMEM;
    int rc = hx_key_load(path, c->key);
    return rc == HX_OK && !c->key->server_key[0] ? HX_INVALID : rc;
}

static int open_parts(hx_client *c, const struct hx_client_options *o)
{
    int rc = load_key(c, o->key_file);
    if (rc)
        return rc;
    c->shared = o->beside;
    c->context = c->shared ? o->beside->context : zmq_ctx_new();
    if (!c->context || !open_descriptors(c))
        return HX_IO;
    int err = open_link(c, &c->intake, o->intake, o->linger_ms);
    return err ? err : open_link(c, &c->feed_link, o->feed, o->linger_ms);
}

int hx_client_open(const struct hx_client_options *o, hx_client **out)
{
    *out = NULL;
    if (!are_valid(o))
        return HX_INVALID;
    hx_client *c = calloc(1, sizeof *c);
    if (!c)
        return HX_NOMEM;
    c->epoll = c->wake = c->timer = -1;
    c->last_question = &c->questions;
    c->window = or_default(o->window, WINDOW);
    c->batch = or_default(o->batch, BATCH);
    c->hand_back = o->hand_back;
    c->wait_ms = or_default(o->wait_ms, WAIT_MS);
    c->resend_ms = or_default(o->resend_ms, RESEND_MS);
    int err = open_parts(c, o);
    if (err) {
        hx_client_close(c);
        return err;
    }
    *out = c;
    return HX_OK;
}

static void close_descriptor(int fd)
{
    if (fd >= 0)
        close(fd);
}

void hx_client_close(hx_client *c)
{
    if (!c || c->busy)
        return;
    c->busy = c->closing = true; /* callbacks of what ends now may not wait, nor start anything */
    hx_feed_fini(c);
    hx_publisher_fini(c);
    hx_question_fini(c);
    hx_scratch_fini(&c->response);
    hx_link_close(&c->intake);
    hx_link_close(&c->feed_link);
    free(c->intake.endpoint);
    free(c->feed_link.endpoint);
    if (c->key)
        hx_key_wipe(c->key);
    free(c->key);
    if (c->context && !c->shared)
        while (zmq_ctx_term(c->context) != 0 && errno == EINTR)
            ;
    close_descriptor(c->timer);
    close_descriptor(c->wake);
    close_descriptor(c->epoll);
    free(c);
}

/* ---- responses ---- */

bool hx_problem_is_later(const Hongxin__V1__Problem *problem, int64_t *not_before)
{
    static const char *const codes[] = {"BUSY", "STORE_TROUBLE", "TOO_MANY_SUBSCRIBERS"};
    bool later = problem->retry_after_ms > 0;
    for (size_t i = 0; i < sizeof codes / sizeof *codes; i++)
        later = later || strcmp(codes[i], problem->code) == 0;
    if (!later)
        return false;
    uint64_t ms = problem->retry_after_ms ? problem->retry_after_ms : HX_RETRY_DEFAULT_MS;
    *not_before = hx_client_now() + (int64_t)(ms < HX_RETRY_CAP_MS ? ms : HX_RETRY_CAP_MS);
    return true;
}

int hx_problem_error(const Hongxin__V1__Problem *problem)
{
    static const struct {
        const char *code;
        int err;
    } table[] = {{"NO_CASE", HX_NOTFOUND},      {"NO_RULES", HX_NOTFOUND},
                 {"NO_IDENTITY", HX_NOTFOUND},  {"DENIED", HX_DENIED},
                 {"OVERSIZE", HX_TOOBIG},       {"FILTER_TOO_LARGE", HX_TOOBIG},
                 {"TOO_MANY_ITEMS", HX_TOOBIG}, {"TOO_MANY_PARTS", HX_TOOBIG}};
    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        if (strcmp(table[i].code, problem->code) == 0)
            return table[i].err;
    return HX_INVALID;
}

static void on_replies(hx_client *c, hxp_response *response)
{
    hx_publisher_replies(c, response->replies);
}

static void on_feed(hx_client *c, hxp_response *response)
{
    hx_feed_response(c, response);
}

/* A problem belongs to whoever sent the request of that number; a daemon that could not even read
 * the number sends 0. */
static void on_problem(hx_client *c, hxp_response *response)
{
    Hongxin__V1__Problem *problem = response->problem;
    if (problem->request == 0)
        problem->request = response->request;
    hx_client_note(c, "%s: %s", problem->code, problem->message);
    if (!hx_publisher_problem(c, problem) && !hx_question_problem(c, problem))
        (void)hx_feed_problem(c, problem);
}

typedef void response_fn(hx_client *c, hxp_response *response);
static response_fn *const handlers[] = {
    [HONGXIN__V1__RESPONSE__ANSWER_REPLIES] = on_replies,
    [HONGXIN__V1__RESPONSE__ANSWER_WELCOME] = on_feed,
    [HONGXIN__V1__RESPONSE__ANSWER_SNAPSHOT] = on_feed,
    [HONGXIN__V1__RESPONSE__ANSWER_ENTRIES] = on_feed,
    [HONGXIN__V1__RESPONSE__ANSWER_RESET] = on_feed,
    [HONGXIN__V1__RESPONSE__ANSWER_ACKED] = on_feed,
    [HONGXIN__V1__RESPONSE__ANSWER_PROBLEM] = on_problem,
};

/* What has no handler is the answer to a question, or nobody's. */
static void dispatch(hx_client *c, hxp_response *response)
{
    size_t kind = (size_t)response->answer_case;
    if (kind < sizeof handlers / sizeof *handlers && handlers[kind])
        handlers[kind](c, response);
    else
        hx_question_answer(c, response);
    hx_scratch_reset(&c->response);
}

/* ---- turns ---- */

/* libzmq gives a connection up for good when its key is refused: it is made anew after a while, for
 * the key may come into force. */
static void on_refusal(hx_client *c, struct hx_link *link)
{
    hx_client_note(c, "DENIED: %s",
                   link->key ? "the daemon does not know this key, or is another one"
                             : "the daemon wants a key");
    hx_link_close(link);
    link->refused = false;
    link->not_before = hx_client_now() + REFUSED_MS;
}

/* libzmq goes on trying; whoever waits in vain shall know why. */
static void say_hung_up(hx_client *c, struct hx_link *link)
{
    if (link->hung_up < HUNG_UP_SAID)
        return;
    link->hung_up = 0;
    hx_client_note(c, "HUNG_UP: the other side hangs up before the handshake: too many strangers "
                      "knock at the daemon's door, or it is no daemon");
}

/* False: not now, or it could not be made (no descriptors). */
static bool reopen(struct hx_link *link)
{
    int64_t now = hx_client_now();
    if (now < link->not_before)
        return false;
    bool open = hx_link_open(link) == HX_OK;
    if (!open)
        link->not_before = now + REOPEN_MS;
    return open;
}

/* When the link has to be made anew. */
static int64_t link_due(const struct hx_link *link)
{
    return link->endpoint && !link->socket ? link->not_before : HX_NEVER;
}

static int receive(hx_client *c, struct hx_link *link)
{
    int n = 0;
    hxp_response *response;
    if (!link->socket && !reopen(link))
        return 0;
    hx_link_watch(link);
    if (link->refused && !link->up)
        on_refusal(c, link);
    say_hung_up(c, link);
    link->stuck = false;
    /* The socket may be another one after a callback: hx_unsubscribe() makes it anew. */
    while (link->socket && n < HX_TURN_MESSAGES &&
           (response = hx_link_receive(link, &c->response))) {
        dispatch(c, response);
        n++;
    }
    return n;
}

static int turn(hx_client *c)
{
    uint64_t count;
    ssize_t unused = read(c->wake, &count, sizeof count);
    (void)unused;
    int n = receive(c, &c->intake) + receive(c, &c->feed_link);
    int64_t now = hx_client_now();
    hx_publisher_tick(c, now);
    hx_feed_tick(c, now);
    hx_question_tick(c, now);
    return n;
}

static int64_t earliest(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static int64_t next_due(const hx_client *c)
{
    int64_t links = earliest(link_due(&c->intake), link_due(&c->feed_link));
    int64_t parts = earliest(hx_publisher_due(c), earliest(hx_feed_due(c), hx_question_due(c)));
    return earliest(links, parts);
}

static int add_items(zmq_pollitem_t *items, const struct hx_link *link)
{
    if (!link->socket)
        return 0;
    short wanted = (short)(ZMQ_POLLIN | (link->stuck ? ZMQ_POLLOUT : 0));
    items[0] = (zmq_pollitem_t){.socket = link->socket, .events = wanted};
    items[1] = (zmq_pollitem_t){.socket = link->monitor, .events = ZMQ_POLLIN};
    return 2;
}

/* False when a signal came: the caller's program may want to look at it. */
static bool wait_until(const hx_client *c, int64_t until)
{
    zmq_pollitem_t items[4];
    int n = add_items(items, &c->intake);
    n += add_items(items + n, &c->feed_link);
    until = earliest(until, next_due(c));
    int64_t ms = until == HX_NEVER ? -1 : until - hx_client_now();
    if (until != HX_NEVER && ms < 0)
        ms = 0;
    return zmq_poll(items, n, ms) >= 0 || errno != EINTR;
}

/* Arms the descriptors behind hx_client_fd() for what comes next. */
static void arm(const hx_client *c)
{
    int64_t due = next_due(c);
    struct itimerspec at = {0};
    if (due != HX_NEVER) {
        due = due > 0 ? due : 1;
        at.it_value = (struct timespec){due / 1000, due % 1000 * 1000000};
    }
    timerfd_settime(c->timer, TFD_TIMER_ABSTIME, &at, NULL);
    if (hx_link_ready(&c->intake) || hx_link_ready(&c->feed_link))
        hx_client_wake(c);
}

int hx_client_poll(hx_client *c, int timeout_ms)
{
    if (c->busy)
        return HX_BUSY;
    c->busy = true;
    int64_t until = timeout_ms < 0 ? HX_NEVER : hx_client_now() + timeout_ms;
    int n = turn(c);
    bool quiet = true;
    while (n == 0 && quiet && hx_client_now() < until) {
        quiet = wait_until(c, until);
        n = turn(c);
    }
    arm(c);
    c->busy = false;
    return n;
}

int hx_client_fd(const hx_client *c)
{
    return c->epoll;
}

bool hx_client_is_up(const hx_client *c, enum hx_door door)
{
    return door == HX_DOOR_INTAKE ? c->intake.up : c->feed_link.up;
}

int hx_client_flush(hx_client *c, int timeout_ms)
{
    int64_t until = timeout_ms < 0 ? HX_NEVER : hx_client_now() + timeout_ms;
    while (c->publisher.pending > 0 || !hx_feed_settled(c)) {
        int64_t left = until == HX_NEVER ? 1000 : until - hx_client_now();
        if (left <= 0)
            return HX_TIMEOUT;
        int n = hx_client_poll(c, (int)(left < 1000 ? left : 1000));
        if (n < 0)
            return n;
    }
    return HX_OK;
}

int64_t hx_resend_at(const hx_client *c, int64_t sent_at, unsigned attempts)
{
    int64_t wait = c->resend_ms;
    for (unsigned i = 1; i < attempts && wait < HX_RESEND_CAP_MS; i++)
        wait *= 2;
    return sent_at + (wait < HX_RESEND_CAP_MS || attempts <= 1 ? wait : HX_RESEND_CAP_MS);
}

void hx_response_free(hxp_response *answer)
{
    if (answer)
        hongxin__v1__response__free_unpacked(answer, NULL);
}
