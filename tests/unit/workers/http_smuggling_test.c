/* Requests that two programs could read in two ways, each over a raw socket: refused by name, the
 * connection closed, and nothing behind them taken for a request. */
#include "unit/workers/raw.h"

#define HOST        "Host: a\r\n"
#define NEXT        "GET /hello HTTP/1.1\r\nHost: a\r\n\r\n"
#define POST        "POST /echo HTTP/1.1\r\n"
#define BYTES(text) (text), sizeof(text) - 1

static const struct row {
    const char *name, *bytes;
    size_t size;
    int status;
    const char *code;
} rows[] = {
    {"a length and chunks",
     BYTES(POST HOST "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" NEXT), 400,
     "BAD_TRANSFER_ENCODING"},
    {"gzip, chunked and a length",
     BYTES(POST HOST "Content-Length: 5\r\nTransfer-Encoding: gzip, chunked\r\n\r\nhello" NEXT),
     400, "BAD_TRANSFER_ENCODING"},
    {"a negative length", BYTES(POST HOST "Content-Length: -1\r\n\r\n" NEXT), 400, "BAD_LENGTH"},
    {"a length with letters", BYTES(POST HOST "Content-Length: 5abc\r\n\r\nhello" NEXT), 400,
     "BAD_LENGTH"},
    {"a length with a sign", BYTES(POST HOST "Content-Length: +5\r\n\r\nhello" NEXT), 400,
     "BAD_LENGTH"},
    {"an empty length", BYTES(POST HOST "Content-Length:\r\n\r\n" NEXT), 400, "BAD_LENGTH"},
    {"a length of twenty digits",
     BYTES(POST HOST "Content-Length: 18446744073709551621\r\n\r\nhello" NEXT), 400, "BAD_LENGTH"},
    {"two different lengths",
     BYTES(POST HOST "Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello" NEXT), 400,
     "BAD_LENGTH"},
    {"twice the same length",
     BYTES(POST HOST "Content-Length: 5\r\nContent-Length: 5\r\n\r\nhello" NEXT), 400,
     "BAD_LENGTH"},
    {"a list of lengths", BYTES(POST HOST "Content-Length: 5, 5\r\n\r\nhello" NEXT), 400,
     "BAD_LENGTH"},
    {"a blank behind a header's name", BYTES(POST HOST "Content-Length : 5\r\n\r\nhello" NEXT), 400,
     "BAD_HEADER"},
    {"an unknown coding", BYTES(POST HOST "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n" NEXT), 501,
     "UNKNOWN_TRANSFER_ENCODING"},
    {"gzip, chunked", BYTES(POST HOST "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n" NEXT),
     501, "UNKNOWN_TRANSFER_ENCODING"},
    {"two codings",
     BYTES(POST HOST
           "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n" NEXT),
     400, "BAD_TRANSFER_ENCODING"},
    {"chunks in HTTP/1.0",
     BYTES("POST /echo HTTP/1.0\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n" NEXT), 400,
     "BAD_TRANSFER_ENCODING"},
    {"a CR alone in a value", BYTES(POST HOST "X: a\rb\r\n\r\n" NEXT), 400, "BAD_HEADER"},
    {"a NUL in a value", BYTES(POST HOST "X: a\0b\r\n\r\n" NEXT), 400, "BAD_HEADER"},
    {"a NUL in the first line", BYTES("POST /echo\0 HTTP/1.1\r\n" HOST "\r\n" NEXT), 400,
     "BAD_REQUEST_LINE"},
    {"a folded header", BYTES(POST HOST "X: 1\r\n 2\r\n\r\n" NEXT), 400, "BAD_HEADER"},
    {"line ends without CR", BYTES("POST /echo HTTP/1.1\nHost: a\n\r\n\r\n" NEXT), 400,
     "BAD_REQUEST_LINE"},
    {"one line end without CR", BYTES(POST "Host: a\nX: b\r\n\r\n" NEXT), 400, "BAD_HEADER"},
    {"no host", BYTES(POST "Content-Length: 0\r\n\r\n" NEXT), 400, "BAD_HOST"},
    {"two hosts", BYTES(POST HOST "Host: b\r\n\r\n" NEXT), 400, "BAD_HOST"},
    {"a host with a slash", BYTES(POST "Host: a/b\r\n\r\n" NEXT), 400, "BAD_HOST"},
    {"a whole URL as target", BYTES("GET http://a/hello HTTP/1.1\r\n" HOST "\r\n" NEXT), 400,
     "BAD_TARGET"},
    {"a target with %00", BYTES("GET /hello%00.txt HTTP/1.1\r\n" HOST "\r\n" NEXT), 400,
     "BAD_TARGET"},
    {"a target with half an escape", BYTES("GET /hello%4 HTTP/1.1\r\n" HOST "\r\n" NEXT), 400,
     "BAD_TARGET"},
    {"an escaped slash", BYTES("GET /thing/a%2fpart/b HTTP/1.1\r\n" HOST "\r\n" NEXT), 400,
     "BAD_PATH"},
    {"a path that climbs", BYTES("GET /thing/%2e%2e/hello HTTP/1.1\r\n" HOST "\r\n" NEXT), 400,
     "BAD_PATH"},
    {"a path that is not UTF-8", BYTES("GET /thing/%ff/part/b HTTP/1.1\r\n" HOST "\r\n" NEXT), 400,
     "BAD_PATH"},
    {"a chunk with an extension",
     BYTES(POST HOST "Transfer-Encoding: chunked\r\n\r\n5;a=b\r\nhello\r\n0\r\n\r\n" NEXT), 400,
     "BAD_CHUNK"},
    {"a negative chunk",
     BYTES(POST HOST "Transfer-Encoding: chunked\r\n\r\n-1\r\nhello\r\n0\r\n\r\n" NEXT), 400,
     "BAD_CHUNK"},
    {"a chunk in C's notation",
     BYTES(POST HOST "Transfer-Encoding: chunked\r\n\r\n0x5\r\nhello\r\n0\r\n\r\n" NEXT), 400,
     "BAD_CHUNK"},
    {"a chunk without its end",
     BYTES(POST HOST "Transfer-Encoding: chunked\r\n\r\n5\r\nhello0\r\n\r\n" NEXT), 400,
     "BAD_CHUNK"},
    {"a chunk of nine digits",
     BYTES(POST HOST "Transfer-Encoding: chunked\r\n\r\n100000005\r\nhello\r\n0\r\n\r\n" NEXT), 400,
     "BAD_CHUNK"},
    {"trailers",
     BYTES(POST HOST "Transfer-Encoding: chunked\r\n\r\n0\r\nContent-Length: 5\r\n\r\n" NEXT), 400,
     "BAD_CHUNK"},
    {"another version", BYTES("GET /hello HTTP/2.0\r\n" HOST "\r\n" NEXT), 505, "BAD_VERSION"},
    {"no version", BYTES("GET /hello\r\n\r\n" NEXT), 400, "BAD_REQUEST_LINE"},
    {"a method that does not exist", BYTES("FETCH /hello HTTP/1.1\r\n" HOST "\r\n" NEXT), 501,
     "UNKNOWN_METHOD"},
    {"two blanks", BYTES("GET  /hello HTTP/1.1\r\n" HOST "\r\n" NEXT), 400, "BAD_REQUEST_LINE"},
    {"an unknown expectation", BYTES(POST HOST "Expect: wonders\r\nContent-Length: 0\r\n\r\n" NEXT),
     417, "UNKNOWN_EXPECTATION"},
    {"an empty line in front", BYTES("\r\n" NEXT), 400, "BAD_REQUEST_LINE"},
};

static void test_each_is_refused_and_nothing_behind_it_is_read(void **state)
{
    (void)state;
    struct raw t;
    raw_begin(&t);
    raw_open(&t);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct row *r = &rows[i];
        char *answer = raw_talk(&t, r->bytes, r->size);
        if (raw_status(answer) != r->status || !strstr(answer, r->code) || t.handled != 0)
            fail_msg("%s: wanted %d %s and nothing handled, got %u handled and\n%s", r->name,
                     r->status, r->code, t.handled, answer);
        assert_null(strstr(answer + 9, "HTTP/1.1 ")); /* one answer, not two */
        assert_non_null(strstr(answer, "Connection: close\r\n"));
        free(answer);
    }
    raw_close(&t);
}

static void test_it_does_not_matter_where_a_request_is_cut(void **state)
{
    (void)state;
    static const char whole[] =
        POST HOST "Transfer-Encoding: chunked\r\n\r\n3\r\nhel\r\n2\r\nlo\r\n0\r\n\r\n";
    struct raw t;
    raw_begin(&t);
    raw_open(&t);
    for (size_t cut = 1; cut < sizeof whole - 1; cut++) {
        bool closed;
        int fd = raw_connect(&t);
        raw_send(fd, whole, cut);
        for (int i = 0; i < 3; i++)
            event_base_loop(t.base, EVLOOP_NONBLOCK);
        raw_send(fd, whole + cut, sizeof whole - 1 - cut);
        char *answer = raw_read(&t, fd, "hello", &closed);
        assert_int_equal(raw_status(answer), 200);
        assert_false(closed);
        free(answer);
        evutil_closesocket(fd);
    }
    raw_close(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_is_refused_and_nothing_behind_it_is_read),
        cmocka_unit_test(test_it_does_not_matter_where_a_request_is_cut),
    };
    return cmocka_run_group_tests_name("http_smuggling", tests, NULL, NULL);
}
