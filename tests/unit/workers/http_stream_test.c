/* Answers without an end: whoever waits until what he sent is taken is told when, and drops nobody
 * but a client that takes nothing. */
#include "unit/workers/raw.h"

#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#define LATER "POST /later HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n"

enum { MOST = 64 << 20, PIECE = 65536 };

struct seen {
    struct raw raw;
    struct http_stream *stream;
    unsigned taken, ended;
    bool writing;
};

static void on_ended(void *arg)
{
    struct seen *s = arg;
    s->ended++;
    s->stream = NULL;
}

static void on_taken(void *arg)
{
    struct seen *s = arg;
    assert_false(s->writing);
    assert_int_equal(http_stream_waiting(s->stream), 0);
    s->taken++;
}

/* A client that has asked and reads nothing yet. */
static int begin(struct seen *s, uint64_t write_ms)
{
    *s = (struct seen){0};
    raw_begin(&s->raw);
    s->raw.limits.write_ms = write_ms;
    s->raw.limits.stream_bytes = MOST;
    raw_open(&s->raw);
    int fd = raw_connect(&s->raw);
    raw_send(fd, LATER, sizeof LATER - 1);
    RAW_UNTIL(&s->raw, s->raw.waiting);
    s->stream = http_stream_begin(s->raw.waiting, "text/plain", on_ended, s);
    s->raw.waiting = NULL;
    assert_non_null(s->stream);
    http_stream_when_taken(s->stream, on_taken);
    return fd;
}

/* More than the kernel puts up: so much is left. */
static void write_until_it_waits(struct seen *s, size_t most)
{
    static char bytes[PIECE];
    memset(bytes, 'x', sizeof bytes);
    s->writing = true;
    while (http_stream_waiting(s->stream) < most)
        assert_true(http_stream_write(s->stream, bytes, sizeof bytes));
    s->writing = false;
}

static void test_who_waits_is_told_when_all_is_taken(void **state)
{
    struct seen s;
    bool closed;
    (void)state;
    int fd = begin(&s, 15000);
    write_until_it_waits(&s, 1);
    raw_turn(&s.raw);
    assert_int_equal(s.taken, 0);
    char piece[PIECE];
    RAW_UNTIL(&s.raw, ((void)recv(fd, piece, sizeof piece, MSG_DONTWAIT), s.taken));
    assert_int_equal(s.taken, 1);
    assert_true(http_stream_write(s.stream, "more", 4));
    http_stream_close(s.stream);
    char *rest = raw_read(&s.raw, fd, NULL, &closed);
    assert_true(closed);
    assert_non_null(strstr(rest, "more"));
    free(rest);
    assert_int_equal(s.ended, 0);
    close(fd);
    raw_close(&s.raw);
}

static void test_who_takes_nothing_is_dropped_and_counted(void **state)
{
    struct seen s;
    (void)state;
    int fd = begin(&s, 100);
    write_until_it_waits(&s, 1);
    RAW_UNTIL(&s.raw, s.ended);
    assert_int_equal(s.taken, 0);
    static const char ask[] = "GET /metrics HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
    char *figures = raw_talk(&s.raw, ask, sizeof ask - 1);
    assert_non_null(strstr(figures, "hongxin_http_streams_slow_total{"));
    assert_non_null(strstr(strstr(figures, "hongxin_http_streams_slow_total{"), "} 1\n"));
    free(figures);
    close(fd);
    raw_close(&s.raw);
}

/* Longer than `write_ms` in all, and much less between two pieces. */
static void test_who_takes_something_is_not_dropped(void **state)
{
    enum { WRITE_MS = 4000, BETWEEN_MS = 1300, TIMES = 4 };
    struct seen s;
    char piece[PIECE];
    (void)state;
    int fd = begin(&s, WRITE_MS);
    write_until_it_waits(&s, MOST - 2 * PIECE);
    for (int i = 0; i < TIMES; i++) {
        size_t before = http_stream_waiting(s.stream);
        RAW_UNTIL(&s.raw, ((void)recv(fd, piece, sizeof piece, MSG_DONTWAIT),
                           http_stream_waiting(s.stream) < before));
        int64_t next = raw_now() + BETWEEN_MS;
        RAW_UNTIL(&s.raw, s.ended || raw_now() >= next);
        assert_int_equal(s.ended, 0);
    }
    assert_int_equal(s.taken, 0);
    close(fd);
    RAW_UNTIL(&s.raw, s.ended);
    raw_close(&s.raw);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_who_waits_is_told_when_all_is_taken),
        cmocka_unit_test(test_who_takes_something_is_not_dropped),
        cmocka_unit_test(test_who_takes_nothing_is_dropped_and_counted),
    };
    return cmocka_run_group_tests_name("http_stream", tests, NULL, NULL);
}
