#include "fake_door.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>
#include <zmq.h>

int64_t test_now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* A port that nobody else is given while this process lives: doors come back to theirs. */
static unsigned keep_a_port(void)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof at;
    int one = 1, fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&at, size), 0);
    /* only now, as whoever listens there says, too: neither is in the other's way */
    assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&at, &size), 0);
    return ntohs(at.sin_port);
}

static void bind_router(struct fake *f, const char *endpoint)
{
    int zero = 0;
    f->router = zmq_socket(f->context, ZMQ_ROUTER);
    assert_non_null(f->router);
    zmq_setsockopt(f->router, ZMQ_LINGER, &zero, sizeof zero);
    int64_t end = test_now() + 60000; /* the old socket gives its port back a little later */
    while (zmq_bind(f->router, endpoint) != 0)
        if (test_now() > end)
            fail_msg("cannot bind %s: %s", endpoint, zmq_strerror(zmq_errno()));
    size_t n = sizeof f->endpoint;
    assert_int_equal(zmq_getsockopt(f->router, ZMQ_LAST_ENDPOINT, f->endpoint, &n), 0);
}

void fake_open(struct fake *f, void (*serve)(struct fake *f, const hxp_request *request))
{
    char endpoint[sizeof f->endpoint];
    memset(f, 0, sizeof *f);
    f->context = zmq_ctx_new();
    f->serve = serve;
    snprintf(endpoint, sizeof endpoint, "tcp://127.0.0.1:%u", keep_a_port());
    bind_router(f, endpoint);
}

void fake_close(struct fake *f)
{
    zmq_close(f->router);
    zmq_ctx_term(f->context);
}

void fake_stop(struct fake *f)
{
    zmq_close(f->router);
    f->router = NULL;
}

void fake_start(struct fake *f)
{
    char endpoint[sizeof f->endpoint];
    memcpy(endpoint, f->endpoint, sizeof endpoint);
    bind_router(f, endpoint);
}

void fake_restart(struct fake *f)
{
    fake_stop(f);
    fake_start(f);
}

int fake_listen_instead(const struct fake *f)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    at.sin_port = htons((uint16_t)strtoul(strrchr(f->endpoint, ':') + 1, NULL, 10));
    int one = 1, fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    int64_t end = test_now() + 60000; /* the door gives its port back a little later */
    while (bind(fd, (struct sockaddr *)&at, sizeof at) != 0)
        if (test_now() > end)
            fail_msg("the port is not given back");
    assert_int_equal(listen(fd, 16), 0);
    return fd;
}

/* One message: peer, version, request. False when there is none. */
static bool serve_one(struct fake *f)
{
    zmq_msg_t frame[3];
    int n = 0;
    bool more = true;
    for (; n < 3 && more; n++) {
        zmq_msg_init(&frame[n]);
        if (zmq_msg_recv(&frame[n], f->router, ZMQ_DONTWAIT) < 0) {
            zmq_msg_close(&frame[n]);
            break;
        }
        more = zmq_msg_more(&frame[n]);
    }
    if (n == 0)
        return false;
    f->peer_size = zmq_msg_size(&frame[0]);
    memcpy(f->peer, zmq_msg_data(&frame[0]), f->peer_size);
    hxp_request *request = NULL;
    if (n == 3 && !more && zmq_msg_size(&frame[1]) == 9 &&
        memcmp(zmq_msg_data(&frame[1]), HX_PROTOCOL, 9) == 0)
        request =
            hongxin__v1__request__unpack(NULL, zmq_msg_size(&frame[2]), zmq_msg_data(&frame[2]));
    for (int i = 0; i < n; i++)
        zmq_msg_close(&frame[i]);
    if (request) {
        f->requests++;
        f->serve(f, request);
        hongxin__v1__request__free_unpacked(request, NULL);
    } else {
        f->undecoded++;
    }
    return true;
}

void fake_step(struct fake *f)
{
    while (serve_one(f))
        ;
}

void fake_send_frames(struct fake *f, const char *const frames[], size_t n)
{
    zmq_send(f->router, f->peer, f->peer_size, ZMQ_SNDMORE);
    for (size_t i = 0; i < n; i++)
        zmq_send(f->router, frames[i], strlen(frames[i]), i + 1 < n ? ZMQ_SNDMORE : 0);
}

void fake_send(struct fake *f, const hxp_response *response)
{
    size_t size = hongxin__v1__response__get_packed_size(response);
    uint8_t *bytes = malloc(size + 1);
    hongxin__v1__response__pack(response, bytes);
    zmq_send(f->router, f->peer, f->peer_size, ZMQ_SNDMORE);
    zmq_send(f->router, HX_PROTOCOL, 9, ZMQ_SNDMORE);
    zmq_send(f->router, bytes, size, 0);
    free(bytes);
}

void fake_reply_all(struct fake *f, const hxp_request *request, Hongxin__V1__Result result)
{
    Hongxin__V1__Replies replies = HONGXIN__V1__REPLIES__INIT;
    hxp_response response = HONGXIN__V1__RESPONSE__INIT;
    size_t n = request->publish->n_items;
    hxp_reply *all = calloc(n, sizeof *all), **list = calloc(n, sizeof *list);
    hxp_event **events = calloc(n, sizeof *events);
    for (size_t i = 0; i < n; i++) {
        const ProtobufCBinaryData *bytes = &request->publish->items[i]->event;
        hongxin__v1__reply__init(&all[i]);
        events[i] = hongxin__v1__event__unpack(NULL, bytes->len, bytes->data);
        assert_non_null(events[i]);
        all[i].id = events[i]->id;
        all[i].result = result;
        list[i] = &all[i];
    }
    replies.request = response.request = request->publish->request;
    replies.n_replies = n;
    replies.replies = list;
    response.answer_case = HONGXIN__V1__RESPONSE__ANSWER_REPLIES;
    response.replies = &replies;
    fake_send(f, &response);
    for (size_t i = 0; i < n; i++)
        hongxin__v1__event__free_unpacked(events[i], NULL);
    free(events);
    free(list);
    free(all);
}

void fake_problem(struct fake *f, uint64_t number, const char *code, uint64_t retry_after_ms)
{
    Hongxin__V1__Problem problem = HONGXIN__V1__PROBLEM__INIT;
    hxp_response response = HONGXIN__V1__RESPONSE__INIT;
    problem.request = response.request = number;
    problem.code = (char *)code;
    problem.message = (char *)"told by the test";
    problem.retry_after_ms = retry_after_ms;
    response.answer_case = HONGXIN__V1__RESPONSE__ANSWER_PROBLEM;
    response.problem = &problem;
    fake_send(f, &response);
}

void fake_welcome(struct fake *f, uint64_t number, uint64_t next_lsn, const char *epoch)
{
    Hongxin__V1__Welcome welcome = HONGXIN__V1__WELCOME__INIT;
    hxp_response response = HONGXIN__V1__RESPONSE__INIT;
    welcome.feed = 1;
    welcome.next_lsn = next_lsn;
    welcome.oldest_lsn = 1;
    welcome.epoch = (char *)epoch;
    response.request = number;
    response.answer_case = HONGXIN__V1__RESPONSE__ANSWER_WELCOME;
    response.welcome = &welcome;
    fake_send(f, &response);
}

void fake_entries(struct fake *f, uint64_t first_lsn, uint64_t last_lsn, uint64_t upto_lsn)
{
    enum { MAX = 64 };
    Hongxin__V1__Entries entries = HONGXIN__V1__ENTRIES__INIT;
    hxp_response response = HONGXIN__V1__RESPONSE__INIT;
    ProtobufCBinaryData list[MAX];
    uint8_t bytes[MAX][16];
    size_t n = 0;
    for (uint64_t lsn = first_lsn; lsn <= last_lsn && n < MAX; lsn++, n++) {
        hxp_entry entry = HONGXIN__V1__ENTRY__INIT;
        entry.lsn = lsn;
        list[n].len = hongxin__v1__entry__pack(&entry, bytes[n]);
        list[n].data = bytes[n];
    }
    entries.n_entries = n;
    entries.entries = list;
    entries.upto_lsn = upto_lsn;
    response.answer_case = HONGXIN__V1__RESPONSE__ANSWER_ENTRIES;
    response.entries = &entries;
    fake_send(f, &response);
}

static void *run(void *arg)
{
    struct fake *f = arg;
    while (!atomic_load(&f->stop)) {
        zmq_pollitem_t item = {.socket = f->router, .events = ZMQ_POLLIN};
        zmq_poll(&item, 1, 20);
        fake_step(f);
    }
    return NULL;
}

void fake_run(struct fake *f)
{
    atomic_store(&f->stop, false);
    assert_int_equal(pthread_create(&f->thread, NULL, run, f), 0);
}

void fake_join(struct fake *f)
{
    atomic_store(&f->stop, true);
    pthread_join(f->thread, NULL);
}

void fake_accept_all(struct fake *f, const hxp_request *request)
{
    assert_int_equal(request->ask_case, HONGXIN__V1__REQUEST__ASK_PUBLISH);
    fake_reply_all(f, request, HONGXIN__V1__RESULT__ACCEPTED);
}

void fake_say_nothing(struct fake *f, const hxp_request *request)
{
    (void)f;
    (void)request;
}
