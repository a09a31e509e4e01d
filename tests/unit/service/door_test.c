/* Which endpoints only this machine can reach, and what a door makes of frames. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "service/doors/door.h"
#include <poll.h>

static void test_local_endpoints(void **state)
{
    (void)state;
    assert_true(endpoint_local("tcp://127.0.0.1:5000"));
    assert_true(endpoint_local("tcp://127.9.9.9:*"));
    assert_true(endpoint_local("tcp://localhost:5000"));
    assert_true(endpoint_local("tcp://[::1]:5000"));
    assert_true(endpoint_local("ipc:///run/hongxin/feed"));
}

static void test_endpoints_of_the_world(void **state)
{
    (void)state;
    assert_false(endpoint_local("tcp://0.0.0.0:5000"));
    assert_false(endpoint_local("tcp://*:5000"));
    assert_false(endpoint_local("tcp://eth0:5000"));
    assert_false(endpoint_local("tcp://192.168.1.9:5000"));
    assert_false(endpoint_local("tcp://127.example.org:5000"));
    assert_false(endpoint_local("tcp://localhost.example.org:5000"));
    assert_false(endpoint_local("tcp://[::]:5000"));
    assert_false(endpoint_local("pgm://127.0.0.1:5000"));
    assert_false(endpoint_local(""));
}

/* A door and a client of it in one process. */
struct pair {
    void *zmq, *client;
    struct door door;
    struct inbound in;
};

static int pair_open(void **state)
{
    static struct pair p;
    const struct door_options o = {.name = "test",
                                   .kind = DOOR_ANY,
                                   .endpoint = "tcp://127.0.0.1:*",
                                   .message_bytes = 1000,
                                   .queue = 10};
    p.zmq = zmq_ctx_new();
    assert_int_equal(door_open(&p.door, p.zmq, &o), HX_OK);
    p.client = zmq_socket(p.zmq, ZMQ_DEALER);
    const int linger = 0;
    zmq_setsockopt(p.client, ZMQ_LINGER, &linger, sizeof linger);
    assert_int_equal(zmq_connect(p.client, p.door.endpoint), 0);
    inbound_init(&p.in);
    *state = &p;
    return 0;
}

static int pair_close(void **state)
{
    struct pair *p = *state;
    inbound_fini(&p->in);
    zmq_close(p->client);
    door_close(&p->door);
    zmq_ctx_term(p->zmq);
    return 0;
}

static void receive(struct pair *p)
{
    struct pollfd fd = {.fd = door_fd(&p->door), .events = POLLIN};
    while (!door_ready(&p->door))
        assert_true(poll(&fd, 1, 60000) > 0);
    assert_int_equal(door_receive(&p->door, &p->in), HX_OK);
}

static void test_frames_are_judged(void **state)
{
    struct pair *p = *state;
    zmq_send(p->client, "hongxin/1", 9, ZMQ_SNDMORE);
    zmq_send(p->client, "body", 4, 0);
    receive(p);
    assert_null(p->in.problem);
    assert_int_equal(zmq_msg_size(&p->in.body), 4);

    zmq_send(p->client, "hongxin/2", 9, ZMQ_SNDMORE);
    zmq_send(p->client, "body", 4, 0);
    receive(p);
    assert_string_equal(p->in.problem, "UNKNOWN_VERSION");

    zmq_send(p->client, "hongxin/1", 9, 0);
    receive(p);
    assert_string_equal(p->in.problem, "BAD_FRAMES");

    zmq_send(p->client, "hongxin/1", 9, ZMQ_SNDMORE);
    zmq_send(p->client, "body", 4, ZMQ_SNDMORE);
    zmq_send(p->client, "more", 4, 0);
    receive(p);
    assert_string_equal(p->in.problem, "BAD_FRAMES");

    zmq_send(p->client, "hongxin/1", 9, ZMQ_SNDMORE);
    zmq_send(p->client, "", 0, 0);
    receive(p);
    assert_null(p->in.problem);
    assert_int_equal(door_receive(&p->door, &p->in), HX_AGAIN);
}

static void test_an_answer_finds_its_peer(void **state)
{
    struct pair *p = *state;
    char frame[64];
    hxp_response answer = HONGXIN__V1__RESPONSE__INIT;
    zmq_send(p->client, "hongxin/1", 9, ZMQ_SNDMORE);
    zmq_send(p->client, "body", 4, 0);
    receive(p);
    answer.request = 77;
    assert_int_equal(door_send(&p->door, &p->in.peer, &answer), HX_OK);
    assert_int_equal(zmq_recv(p->client, frame, sizeof frame, 0), 9);
    assert_memory_equal(frame, "hongxin/1", 9);
    assert_true(zmq_recv(p->client, frame, sizeof frame, 0) > 0);
}

static void test_a_stranger_cannot_be_reached(void **state)
{
    struct pair *p = *state;
    hxp_response answer = HONGXIN__V1__RESPONSE__INIT;
    const struct peer stranger = {.size = 3, .id = "bob"};
    assert_int_equal(door_send(&p->door, &stranger, &answer), HX_CLOSED);
    assert_int_equal(p->door.unreachable, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_local_endpoints),
        cmocka_unit_test(test_endpoints_of_the_world),
        cmocka_unit_test_setup_teardown(test_frames_are_judged, pair_open, pair_close),
        cmocka_unit_test_setup_teardown(test_an_answer_finds_its_peer, pair_open, pair_close),
        cmocka_unit_test_setup_teardown(test_a_stranger_cannot_be_reached, pair_open, pair_close),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
