/* Limits, deadlines, order, and what becomes of those who leave early. */
#include "http/files.h"
#include "unit/workers/raw.h"

#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#define TEXT(text) (text), sizeof(text) - 1
#define HELLO      "GET /hello HTTP/1.1\r\nHost: a\r\n\r\n"
#define LATER      "POST /later HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n"

/* ---- limits ---- */

/* "Later" says when. */
static void expect(struct raw *t, const char *bytes, int status, const char *code)
{
    char *answer = raw_talk(t, bytes, strlen(bytes));
    if (raw_status(answer) != status || !strstr(answer, code))
        fail_msg("wanted %d %s, got\n%s", status, code, answer);
    if (status == 503 && !strstr(answer, "\r\nRetry-After: 1\r\n"))
        fail_msg("not when to come again:\n%s", answer);
    free(answer);
}

static void test_what_is_too_large_is_refused(void **state)
{
    (void)state;
    struct raw t;
    char long_header[3000];
    static const char many[] = "GET /hello HTTP/1.1\r\nHost: a\r\n"
                               "X: 1\r\nX: 1\r\nX: 1\r\nX: 1\r\nX: 1\r\n"
                               "X: 1\r\nX: 1\r\nX: 1\r\nX: 1\r\nX: 1\r\n\r\n";
    raw_begin(&t);
    t.limits.header_bytes = 1024;
    t.limits.headers = 8;
    t.limits.body_bytes = 1024;
    raw_open(&t);
    int n = snprintf(long_header, sizeof long_header, "GET /hello HTTP/1.1\r\nHost: a\r\nX: ");
    memset(long_header + n, 'x', 2000);
    long_header[n + 2000] = '\0';
    expect(&t, long_header, 431, "HEADERS_TOO_LARGE");
    expect(&t, many, 431, "TOO_MANY_HEADERS");
    expect(&t, "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 1025\r\n\r\n", 413,
           "BODY_TOO_LARGE");
    expect(&t, "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n401\r\n", 413,
           "BODY_TOO_LARGE");
    expect(&t,
           "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 9999\r\nExpect: 100-continue\r\n\r\n",
           413, "BODY_TOO_LARGE");
    assert_int_equal(t.handled, 0);
    raw_close(&t);
}

static void test_paths_and_methods_that_are_not_there(void **state)
{
    (void)state;
    struct raw t;
    raw_begin(&t);
    raw_open(&t);
    expect(&t, "GET /nothing HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", 404,
           "NO_SUCH_PATH");
    expect(&t, "GET /echo HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", 405, "Allow: POST");
    expect(&t, "GET /thing/a/part HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", 404,
           "NO_SUCH_PATH");
    expect(&t, "GET /thing//part/b HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", 404,
           "NO_SUCH_PATH");
    expect(&t, "GET /thing/x%20y/part/%E7%BA%A2 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
           200, "x y|红|127.0.0.1");
    raw_close(&t);
}

static void test_json_that_cannot_be_read(void **state)
{
    (void)state;
    static const struct {
        const char *type, *body, *code;
        int status;
    } table[] = {
        {"application/json", "{\"a\":1}", "{\"a\":1}", 200},
        {"application/json; charset=utf-8", "{}", "{}", 200},
        {"application/json; charset=gbk", "{}", "NOT_JSON", 415},
        {"text/plain", "{}", "NOT_JSON", 415},
        {"application/json", "{\"a\":1,\"a\":2}", "BAD_JSON", 400},
        {"application/json", "{\"a\":", "BAD_JSON", 400},
        {"application/json", "", "BAD_JSON", 400},
        {"application/json", "[]", "JSON_NOT_AN_OBJECT", 400},
        {"application/json", "{\"a\":\"\xff\"}", "BAD_JSON", 400},
        {"application/json", "{\"a\":\"\\u0000\"}", "NUL_IN_TEXT", 422},
        {"application/json", "{\"\\u0000\":1}", "NUL_IN_TEXT", 422},
        {"application/json", "[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]", "JSON_TOO_DEEP", 400}};
    struct raw t;
    raw_begin(&t);
    raw_open(&t);
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        char request[512];
        snprintf(request, sizeof request,
                 "POST /json HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Type: %s\r\n"
                 "Content-Length: %zu\r\n\r\n%s",
                 table[i].type, strlen(table[i].body), table[i].body);
        expect(&t, request, table[i].status, table[i].code);
    }
    raw_close(&t);
}

static void test_a_client_that_asks_too_often_is_told_when_to_come_back(void **state)
{
    (void)state;
    struct raw t;
    bool closed;
    raw_begin(&t);
    t.limits.requests_per_second = 1;
    t.limits.burst = 2;
    raw_open(&t);
    int fd = raw_connect(&t);
    raw_send(fd, TEXT(HELLO HELLO HELLO));
    char *answer = raw_read(&t, fd, "TOO_MANY_REQUESTS", &closed);
    assert_non_null(strstr(answer, "HTTP/1.1 429"));
    assert_non_null(strstr(answer, "Retry-After: 1\r\n"));
    assert_int_equal(t.handled, 2);
    free(answer);
    close(fd);
    expect(&t, "GET /healthz HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", 200, "ok");
    raw_close(&t);
}

/* ---- time ---- */

static void test_a_request_that_trickles_in_ends_by_its_deadline(void **state)
{
    (void)state;
    struct raw t;
    raw_begin(&t);
    t.limits.request_ms = 100;
    raw_open(&t);
    int fd = raw_connect(&t);
    char byte = 0, in[512] = "";
    ssize_t n = -1;
    for (size_t i = 0; n < 0 && i < 100000; i++) { /* a byte each turn never resets it */
        byte = "GET /hello HTTP/1.1\r\nHost: a\r\nX: xx"[i < 34 ? i : 33];
        raw_send(fd, &byte, 1);
        raw_turn(&t);
        n = recv(fd, in, sizeof in - 1, MSG_DONTWAIT);
    }
    assert_int_equal(raw_status(in), 408);
    close(fd);
    raw_close(&t);
}

static void test_an_idle_connection_is_closed(void **state)
{
    (void)state;
    struct raw t;
    bool closed;
    raw_begin(&t);
    t.limits.idle_ms = 100;
    raw_open(&t);
    int fd = raw_connect(&t);
    char *answer = raw_read(&t, fd, NULL, &closed);
    assert_true(closed);
    assert_string_equal(answer, "");
    free(answer);
    close(fd);
    raw_close(&t);
}

static void test_without_an_answer_in_time_the_outcome_is_unknown(void **state)
{
    (void)state;
    struct raw t;
    raw_begin(&t);
    t.limits.answer_ms = 100;
    raw_open(&t);
    expect(&t, LATER, 503, "NO_ANSWER_IN_TIME");
    assert_true(http_is_gone(t.waiting));
    http_answer(t.waiting, 200, NULL, NULL, 0); /* into nowhere */
    raw_close(&t);
}

/* ---- connections ---- */

static void test_requests_of_one_connection_are_answered_in_their_order(void **state)
{
    (void)state;
    struct raw t;
    bool closed;
    raw_begin(&t);
    raw_open(&t);
    int fd = raw_connect(&t);
    raw_send(fd, TEXT(LATER HELLO));
    RAW_UNTIL(&t, t.waiting != NULL);
    for (int i = 0; i < 5; i++)
        raw_turn(&t);
    assert_int_equal(t.handled, 1); /* the second waits for the first */
    http_answer(t.waiting, 200, "text/plain", "first", 5);
    char *answer = raw_read(&t, fd, "hello", &closed);
    assert_true(strstr(answer, "first") < strstr(answer, "hello"));
    free(answer);
    close(fd);
    raw_close(&t);
}

static void test_a_client_that_closes_its_half_still_gets_its_answer(void **state)
{
    (void)state;
    struct raw t;
    bool closed;
    raw_begin(&t);
    raw_open(&t);
    int fd = raw_connect(&t);
    raw_send(fd, TEXT(LATER));
    shutdown(fd, SHUT_WR);
    RAW_UNTIL(&t, t.waiting != NULL);
    for (int i = 0; i < 5; i++)
        raw_turn(&t);
    http_answer(t.waiting, 200, "text/plain", "here", 4);
    char *answer = raw_read(&t, fd, NULL, &closed);
    assert_non_null(strstr(answer, "here"));
    free(answer);
    close(fd);
    raw_close(&t);
}

static void test_an_answer_to_a_client_that_left_goes_nowhere(void **state)
{
    (void)state;
    struct raw t;
    raw_begin(&t);
    raw_open(&t);
    int fd = raw_connect(&t);
    raw_send(fd, TEXT(LATER));
    RAW_UNTIL(&t, t.waiting != NULL);
    struct linger hard = {1, 0};
    setsockopt(fd, SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
    close(fd);
    RAW_UNTIL(&t, http_is_gone(t.waiting));
    http_answer(t.waiting, 200, "text/plain", "x", 1);
    expect(&t, "GET /metrics HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", 200,
           "hongxin_http_answers_unheard_total{worker=\"test\"} 1");
    raw_close(&t);
}

static void test_at_the_limit_the_longest_idle_connection_makes_room(void **state)
{
    (void)state;
    struct raw t;
    bool closed;
    int fd[3];
    raw_begin(&t);
    t.limits.connections = 2;
    raw_open(&t);
    for (int i = 0; i < 3; i++) {
        fd[i] = raw_connect(&t);
        raw_send(fd[i], TEXT(HELLO));
        free(raw_read(&t, fd[i], "hello", &closed));
        assert_false(closed);
    }
    free(raw_read(&t, fd[0], NULL, &closed)); /* the first one was closed */
    assert_true(closed);
    raw_send(fd[1], TEXT(HELLO));
    free(raw_read(&t, fd[1], "hello", &closed));
    assert_false(closed);
    for (int i = 0; i < 3; i++)
        close(fd[i]);
    raw_close(&t);
}

static void test_too_many_at_once_are_told_to_wait(void **state)
{
    (void)state;
    struct raw t;
    raw_begin(&t);
    t.limits.at_once = 1;
    raw_open(&t);
    int fd = raw_connect(&t);
    raw_send(fd, TEXT(LATER));
    RAW_UNTIL(&t, t.waiting != NULL);
    expect(&t, "GET /hello HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", 503, "BUSY");
    http_answer(t.waiting, 200, NULL, NULL, 0);
    expect(&t, "GET /hello HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", 200, "hello");
    close(fd);
    raw_close(&t);
}

static void test_bodies_share_one_room(void **state)
{
    (void)state;
    struct raw t;
    bool closed;
    char body[1500];
    memset(body, 'x', sizeof body);
    raw_begin(&t);
    t.limits.bodies_bytes = 2048;
    raw_open(&t);
    int fd = raw_connect(&t);
    raw_send(fd, TEXT("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 1500\r\n\r\n"));
    raw_send(fd, body, sizeof body - 1);
    raw_turn(&t);
    raw_turn(&t);
    char second[1200];
    int n = snprintf(second, sizeof second,
                     "POST /echo HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: "
                     "1000\r\n\r\n%.1000s",
                     body);
    assert_int_equal(n < (int)sizeof second, 1);
    expect(&t, second, 503, "BUSY");
    raw_send(fd, body, 1);
    free(raw_read(&t, fd, "xxx", &closed));
    assert_false(closed);
    expect(&t, second, 200, "xxx"); /* the room is given back */
    close(fd);
    raw_close(&t);
}

static void test_a_connection_serves_so_many_requests(void **state)
{
    (void)state;
    struct raw t;
    raw_begin(&t);
    t.limits.requests_per_connection = 2;
    raw_open(&t);
    char *answer = raw_talk(&t, TEXT(HELLO HELLO HELLO));
    assert_int_equal(t.handled, 2);
    assert_non_null(strstr(answer, "Connection: close"));
    free(answer);
    raw_close(&t);
}

static void test_head_has_no_body(void **state)
{
    (void)state;
    struct raw t;
    raw_begin(&t);
    raw_open(&t);
    char *answer =
        raw_talk(&t, TEXT("HEAD /hello HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"));
    assert_non_null(strstr(answer, "Content-Length: 5\r\n"));
    assert_null(strstr(answer, "hello"));
    free(answer);
    raw_close(&t);
}

static void test_a_body_is_asked_for_when_it_is_wanted(void **state)
{
    (void)state;
    struct raw t;
    bool closed;
    raw_begin(&t);
    raw_open(&t);
    int fd = raw_connect(&t);
    raw_send(
        fd,
        TEXT(
            "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\n"));
    free(raw_read(&t, fd, "HTTP/1.1 100 Continue\r\n\r\n", &closed));
    raw_send(fd, TEXT("body"));
    free(raw_read(&t, fd, "\r\n\r\nbody", &closed));
    close(fd);
    raw_close(&t);
}

/* ---- who ---- */

static void test_only_our_proxy_says_who_the_client_is(void **state)
{
    (void)state;
    static const char request[] = "GET /thing/a/part/b HTTP/1.1\r\nHost: a\r\nConnection: close\r\n"
                                  "X-Forwarded-For: 203.0.113.9, 192.0.2.7\r\n\r\n";
    for (int proxied = 0; proxied < 2; proxied++) {
        struct raw t;
        raw_begin(&t);
        t.options.proxied = proxied;
        raw_open(&t);
        expect(&t, request, 200, proxied ? "a|b|192.0.2.7" : "a|b|127.0.0.1");
        raw_close(&t);
    }
}

static bool refuse(void *arg, struct http_request *r)
{
    (void)arg;
    http_unauthorized(r, "Bearer", "BAD_TOKEN");
    return false;
}

static void test_wrong_secrets_are_counted_and_slowed_down(void **state)
{
    (void)state;
    struct raw t;
    raw_begin(&t);
    t.options.admit = refuse;
    t.limits.failures_per_minute = 2;
    raw_open(&t);
    for (int i = 0; i < 2; i++)
        expect(&t, "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 999\r\n\r\n", 401,
               "BAD_TOKEN");
    expect(&t, "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 999\r\n\r\n", 429,
           "TOO_MANY_FAILURES");
    expect(&t, "GET /metrics HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", 200,
           "hongxin_http_problems_total{worker=\"test\",code=\"BAD_TOKEN\"} 2");
    assert_int_equal(t.handled, 0);
    raw_close(&t);
}

/* ---- files ---- */

static struct http_files *files;

static void serve_file(void *arg, struct http_request *r)
{
    (void)arg;
    http_files_answer(files, r, http_param(r, 0));
}

static void put_file(const char *folder, const char *name, const char *text)
{
    char path[256];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    fputs(text, f);
    fclose(f);
}

static void remove_file(const char *folder, const char *name)
{
    char path[256];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    unlink(path);
}

static void test_files_are_served_with_their_hashes(void **state)
{
    (void)state;
    static const struct http_route one[] = {{"GET", "/*", serve_file, HTTP_OPEN}};
    char folder[] = "/tmp/hx-files-XXXXXX", request[256];
    struct hx_problem problem = {""};
    struct raw t;
    assert_non_null(mkdtemp(folder));
    put_file(folder, "index.html", "<p>red heart");
    put_file(folder, "app-3fc1a09b2c.js", "1");
    put_file(folder, "app-3fc1a09b2c.js.gz", "as gzip");
    put_file(folder, ".hidden", "secret");
    assert_int_equal(http_files_load(folder, &files, &problem), HX_OK);
    raw_begin(&t);
    t.options.routes = one;
    t.options.n_routes = 1;
    raw_open(&t);
    char *answer =
        raw_talk(&t, TEXT("GET /index.html HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"));
    assert_non_null(strstr(answer, "red heart"));
    assert_non_null(strstr(answer, "Cache-Control: no-cache\r\n"));
    char *tag = strstr(answer, "ETag: ") + 6;
    *strchr(tag, '\r') = '\0';
    snprintf(
        request, sizeof request,
        "GET /index.html HTTP/1.1\r\nHost: a\r\nConnection: close\r\nIf-None-Match: %s\r\n\r\n",
        tag);
    expect(&t, request, 304, "ETag");
    free(answer);
    expect(&t, "GET /app-3fc1a09b2c.js HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", 200,
           "immutable");
    answer = raw_talk(&t, TEXT("GET /app-3fc1a09b2c.js HTTP/1.1\r\nHost: a\r\nConnection: close\r\n"
                               "Accept-Encoding: br, gzip\r\n\r\n"));
    assert_non_null(strstr(answer, "Content-Encoding: gzip\r\n"));
    assert_non_null(strstr(answer, "Vary: Accept-Encoding\r\n"));
    assert_non_null(strstr(answer, "text/javascript"));
    assert_non_null(strstr(answer, "as gzip"));
    free(answer);
    answer = raw_talk(&t, TEXT("GET /app-3fc1a09b2c.js HTTP/1.1\r\nHost: a\r\nConnection: close\r\n"
                               "Accept-Encoding: gzip;q=0\r\n\r\n"));
    assert_null(strstr(answer, "Content-Encoding"));
    free(answer);
    expect(&t, "GET /.hidden HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", 404,
           "NO_SUCH_PATH");
    expect(&t, "GET /nothing HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", 404,
           "NO_SUCH_PATH");
    raw_close(&t);
    http_files_free(files);
    remove_file(folder, "index.html");
    remove_file(folder, "app-3fc1a09b2c.js");
    remove_file(folder, "app-3fc1a09b2c.js.gz");
    remove_file(folder, ".hidden");
    rmdir(folder);
    assert_int_equal(http_files_load(folder, &files, &problem), HX_CONFIG);
}

/* ---- the end ---- */

static void note_stopped(void *arg)
{
    ((struct raw *)arg)->stopped = true;
}

static void test_what_has_begun_is_finished_before_the_end(void **state)
{
    (void)state;
    struct raw t;
    bool closed;
    raw_begin(&t);
    raw_open(&t);
    int idle = raw_connect(&t), busy = raw_connect(&t);
    raw_send(busy, TEXT(LATER));
    RAW_UNTIL(&t, t.waiting != NULL);
    http_server_stop(t.server, note_stopped, &t);
    free(raw_read(&t, idle, NULL, &closed));
    assert_true(closed);
    assert_false(t.stopped);
    http_answer(t.waiting, 200, "text/plain", "last", 4);
    char *answer = raw_read(&t, busy, NULL, &closed);
    assert_non_null(strstr(answer, "Connection: close"));
    assert_non_null(strstr(answer, "last"));
    free(answer);
    close(busy);
    RAW_UNTIL(&t, t.stopped);
    close(idle);
    raw_close(&t);
}

static void test_a_local_socket_and_addresses_that_are_none(void **state)
{
    (void)state;
    static const char *const bad[] = {"",       "127.0.0.1", "127.0.0.1:",   "127.0.0.1:70000",
                                      "a.b:80", "unix:",     "127.0.0.1:80x"};
    struct raw t;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct hx_problem problem = {""};
        raw_begin(&t);
        t.options.listen = bad[i];
        assert_int_equal(http_server_open(t.base, &t.options, &t.server, &problem), HX_CONFIG);
        assert_non_null(strstr(problem.text, "is not ADDRESS:PORT"));
        raw_close(&t);
    }
    char path[] = "/tmp/hx-http-XXXXXX", listen[64];
    assert_non_null(mkdtemp(path));
    snprintf(listen, sizeof listen, "unix:%s/s", path);
    raw_begin(&t);
    t.options.listen = listen;
    raw_open(&t);
    assert_string_equal(http_server_address(t.server), listen);
    assert_int_equal(access(listen + 5, F_OK), 0);
    raw_close(&t);
    assert_int_not_equal(access(listen + 5, F_OK), 0);
    rmdir(path);
}

static void test_figures_are_for_this_machine(void **state)
{
    static const char *const signs[] = {"X-Forwarded-For: 192.0.2.7",
                                        "Forwarded: for=192.0.2.7",
                                        "x-forwarded-for:",
                                        "X-Forwarded-Host: a",
                                        "X-Forwarded-Proto: https",
                                        "X-Real-IP: 192.0.2.7",
                                        "Via: 1.1 proxy"};
    struct raw t;
    (void)state;
    raw_begin(&t);
    raw_open(&t);
    expect(&t, "GET /metrics HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", 200,
           "hongxin_http_connections_total");
    for (size_t i = 0; i < sizeof signs / sizeof *signs; i++) {
        char request[200];
        snprintf(request, sizeof request,
                 "GET /metrics HTTP/1.1\r\nHost: a\r\n%s\r\nConnection: close\r\n\r\n", signs[i]);
        expect(&t, request, 404, "NO_SUCH_PATH");
    }
    raw_close(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_is_too_large_is_refused),
        cmocka_unit_test(test_paths_and_methods_that_are_not_there),
        cmocka_unit_test(test_json_that_cannot_be_read),
        cmocka_unit_test(test_a_client_that_asks_too_often_is_told_when_to_come_back),
        cmocka_unit_test(test_a_request_that_trickles_in_ends_by_its_deadline),
        cmocka_unit_test(test_an_idle_connection_is_closed),
        cmocka_unit_test(test_without_an_answer_in_time_the_outcome_is_unknown),
        cmocka_unit_test(test_requests_of_one_connection_are_answered_in_their_order),
        cmocka_unit_test(test_a_client_that_closes_its_half_still_gets_its_answer),
        cmocka_unit_test(test_an_answer_to_a_client_that_left_goes_nowhere),
        cmocka_unit_test(test_at_the_limit_the_longest_idle_connection_makes_room),
        cmocka_unit_test(test_too_many_at_once_are_told_to_wait),
        cmocka_unit_test(test_bodies_share_one_room),
        cmocka_unit_test(test_a_connection_serves_so_many_requests),
        cmocka_unit_test(test_figures_are_for_this_machine),
        cmocka_unit_test(test_head_has_no_body),
        cmocka_unit_test(test_a_body_is_asked_for_when_it_is_wanted),
        cmocka_unit_test(test_only_our_proxy_says_who_the_client_is),
        cmocka_unit_test(test_wrong_secrets_are_counted_and_slowed_down),
        cmocka_unit_test(test_files_are_served_with_their_hashes),
        cmocka_unit_test(test_what_has_begun_is_finished_before_the_end),
        cmocka_unit_test(test_a_local_socket_and_addresses_that_are_none),
    };
    return cmocka_run_group_tests_name("http_server", tests, NULL, NULL);
}
