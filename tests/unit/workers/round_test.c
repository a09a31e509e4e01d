/* What is new goes from page to page in rounds: each page gets all that is for it, in its order and
 * once, whatever the others do meanwhile. The pages here are no connections: what they are sent is
 * kept. */
#include "board/live/round.h"
#include "board/live/stream.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <event2/event.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PAGES = 200, KIB = 1024, BLOCK = 64 * KIB };

struct http_stream {
    struct stream st;
    char *got; /* everything, with a NUL */
    size_t size, writes, largest;
    const void *text; /* of the last write */
    bool waits, ended;
};

static struct {
    struct board board;
    struct rings rings;
    struct scope scope;
    struct http_stream pages[PAGES];
    size_t n;
} t;

/* ---- what a page is here ---- */

bool http_stream_write(struct http_stream *page, const void *bytes, size_t size)
{
    page->got = realloc(page->got, page->size + size + 1);
    assert_non_null(page->got);
    memcpy(page->got + page->size, bytes, size);
    page->size += size;
    page->got[page->size] = '\0';
    page->writes++;
    page->text = bytes;
    page->largest = size > page->largest ? size : page->largest;
    return true;
}

size_t http_stream_waiting(const struct http_stream *page)
{
    return page->waits;
}

bool stream_matches(const struct stream *st, const struct frame *f)
{
    return !st->filtered || st->case_number == f->case_number;
}

bool stream_go_on(struct stream *st)
{
    return http_stream_waiting(st->http) || round_serve(st);
}

bool stream_say(struct stream *st, const char *format, ...)
{
    char text[200];
    va_list args;
    va_start(args, format);
    int n = vsnprintf(text, sizeof text, format, args);
    va_end(args);
    return http_stream_write(st->http, text, (size_t)n);
}

void stream_end(struct stream *st, const char *code)
{
    (void)code;
    st->http->ended = true;
}

/* ---- a scope with pages ---- */

static int set_up(void **state)
{
    (void)state;
    memset(&t, 0, sizeof t);
    t.board.base = event_base_new();
    t.board.settings.limits.stream_bytes = 4 * BLOCK;
    t.scope.board = &t.board;
    snprintf(t.scope.epoch, sizeof t.scope.epoch, "e");
    LIST_INIT(&t.scope.streams);
    ring_open(&t.scope.ring, &t.rings);
    return round_open(&t.scope) ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    round_close(&t.scope);
    ring_free(&t.scope.ring);
    for (size_t i = 0; i < t.n; i++)
        free(t.pages[i].got);
    event_base_free(t.board.base);
    return 0;
}

static struct http_stream *page_of_case(uint64_t number)
{
    struct http_stream *page = &t.pages[t.n++];
    page->st = (struct stream){.scope = &t.scope,
                               .http = page,
                               .begun = true,
                               .live = true,
                               .filtered = number > 0,
                               .case_number = number,
                               .last = t.scope.seen_lsn};
    LIST_INSERT_HEAD(&t.scope.streams, &page->st, link);
    return page;
}

static void open_pages(size_t n)
{
    while (n--)
        (void)page_of_case(0);
}

/* An entry of a case comes: "<LSN>", with as many dots behind as it shall be long. */
static void comes(uint64_t lsn, uint64_t number, size_t size)
{
    struct frame f = {.lsn = lsn, .case_number = number, .text = malloc(size + 32)};
    assert_non_null(f.text);
    f.size = (size_t)sprintf(f.text, "<%" PRIu64 ">", lsn);
    while (f.size < size)
        f.text[f.size++] = '.';
    assert_true(ring_put(&t.scope.ring, &f));
    t.scope.seen_lsn = lsn;
    round_soon(&t.scope);
}

static void turn_once(void)
{
    assert_int_equal(event_base_loop(t.board.base, EVLOOP_ONCE), 0);
}

/* Until nothing is due any more. */
static void turn_until_quiet(void)
{
    assert_true(event_base_dispatch(t.board.base) >= 0);
}

static void assert_all_have(const char *text)
{
    for (size_t i = 0; i < t.n; i++)
        if (!t.pages[i].ended && !t.pages[i].st.filtered)
            assert_string_equal(t.pages[i].got, text);
}

/* ---- */

static void test_each_page_has_everything_once_and_it_is_one_text(void **state)
{
    (void)state;
    open_pages(PAGES);
    for (uint64_t lsn = 1; lsn <= 3; lsn++)
        comes(lsn, lsn, 0);
    turn_until_quiet();
    assert_all_have("<1><2><3>");
    for (size_t i = 0; i < t.n; i++) {
        assert_int_equal(t.pages[i].writes, 1);
        assert_ptr_equal(t.pages[i].text, t.pages[0].text);
        assert_int_equal(t.pages[i].st.last, 3);
    }
    assert_int_equal(t.scope.round.sent, 3);
    assert_null(t.scope.round.block.text);
}

static void test_what_comes_while_a_round_runs_is_on_each_page_too(void **state)
{
    (void)state;
    open_pages(PAGES);
    comes(1, 1, 0);
    turn_once();
    assert_non_null(t.scope.round.turn); /* nobody waits for all pages at once */
    comes(2, 1, 0);
    turn_once();
    comes(4, 1, 0); /* another principal's entry is in between */
    turn_until_quiet();
    assert_all_have("<1><2><4>");
    assert_int_equal(t.scope.round.sent, 4);
}

static void test_a_page_that_opens_while_a_round_runs_is_told_what_comes_from_then_on(void **state)
{
    (void)state;
    open_pages(PAGES - 1);
    comes(1, 1, 0);
    turn_once();
    struct http_stream *late = page_of_case(0);
    turn_until_quiet();
    assert_null(late->got);
    comes(2, 1, 0);
    turn_until_quiet();
    assert_string_equal(late->got, "<2>");
    assert_string_equal(t.pages[0].got, "<1><2>");
}

static void test_a_page_of_one_case_is_told_of_no_other_and_is_as_far(void **state)
{
    (void)state;
    open_pages(10);
    struct http_stream *own = page_of_case(7), *quiet = page_of_case(8);
    for (uint64_t lsn = 1; lsn <= 6; lsn++)
        comes(lsn, lsn % 2 ? 7 : 9, 0);
    turn_until_quiet();
    assert_string_equal(own->got, "<1><3><5>");
    assert_int_equal(own->st.last, 6);
    assert_true(!quiet->got || !*quiet->got);
    assert_int_equal(quiet->st.last, 6);
    assert_all_have("<1><2><3><4><5><6>");
}

static void test_the_page_whose_turn_is_next_may_leave(void **state)
{
    (void)state;
    open_pages(PAGES);
    comes(1, 1, 0);
    turn_once();
    struct stream *gone = t.scope.round.turn;
    round_leave(gone);
    LIST_REMOVE(gone, link);
    gone->http->ended = true;
    turn_until_quiet();
    assert_null(gone->http->got);
    assert_all_have("<1>");
}

static void test_a_page_is_given_a_block_at_a_time(void **state)
{
    (void)state;
    open_pages(3);
    for (uint64_t lsn = 1; lsn <= 10; lsn++)
        comes(lsn, 1, 20 * KIB);
    turn_until_quiet();
    for (size_t i = 0; i < t.n; i++)
        assert_int_equal(t.pages[i].size,
                         60 * KIB); /* three of them; the rest when these are taken */
    while (t.pages[0].st.last < 10)
        assert_true(stream_go_on(&t.pages[0].st));
    assert_int_equal(t.pages[0].size, 200 * KIB);
    assert_true(t.pages[0].largest <= BLOCK);
    comes(11, 1, 2 * BLOCK); /* alone it has more than a block: it goes alone */
    turn_until_quiet();
    assert_int_equal(t.pages[0].largest, 2 * BLOCK);
}

static void test_before_the_oldest_go_every_page_that_takes_them_has_them(void **state)
{
    (void)state;
    open_pages(PAGES);
    t.pages[5].waits = true;
    for (uint64_t lsn = 1; lsn <= 10; lsn++)
        comes(lsn, 1, 20 * KIB);
    round_whole(&t.scope);
    for (size_t i = 0; i < t.n; i++)
        assert_int_equal(t.pages[i].size, i == 5 ? 0 : 200 * KIB);
    assert_int_equal(t.scope.round.sent, 10);
}

static void test_a_slow_page_gets_nothing_before_it_has_taken_and_then_everything(void **state)
{
    (void)state;
    open_pages(PAGES);
    struct http_stream *slow = &t.pages[100];
    slow->waits = true;
    comes(1, 1, 0);
    turn_until_quiet();
    comes(2, 1, 0);
    round_beat(&t.scope);
    turn_until_quiet();
    assert_null(slow->got);
    slow->waits = false;
    assert_true(stream_go_on(&slow->st));
    assert_string_equal(slow->got, "<1><2>");
    assert_string_equal(t.pages[99].got, "<1><2>: beat\nid: e-2\n\n");
}

static void test_a_heartbeat_moves_the_place_of_a_page_that_nothing_was_for(void **state)
{
    (void)state;
    struct http_stream *quiet = page_of_case(8);
    comes(1, 7, 0);
    turn_until_quiet();
    round_beat(&t.scope);
    turn_until_quiet();
    assert_string_equal(quiet->got, ": beat\nid: e-1\n\n");
}

static void test_nothing_of_another_journal_is_sent(void **state)
{
    (void)state;
    open_pages(PAGES);
    comes(1, 1, 0);
    turn_once();
    ring_clear(&t.scope.ring);
    round_forget(&t.scope);
    t.scope.seen_lsn = 0;
    for (size_t i = 0; i < t.n; i++)
        t.pages[i].st.last = 0;
    size_t before = 0, after = 0;
    for (size_t i = 0; i < t.n; i++)
        before += t.pages[i].size;
    turn_until_quiet();
    for (size_t i = 0; i < t.n; i++)
        after += t.pages[i].size;
    assert_int_equal(after, before);
    assert_int_equal(t.scope.round.sent, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_each_page_has_everything_once_and_it_is_one_text,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_what_comes_while_a_round_runs_is_on_each_page_too,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(
            test_a_page_that_opens_while_a_round_runs_is_told_what_comes_from_then_on, set_up,
            tear_down),
        cmocka_unit_test_setup_teardown(test_a_page_of_one_case_is_told_of_no_other_and_is_as_far,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_the_page_whose_turn_is_next_may_leave, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(test_a_page_is_given_a_block_at_a_time, set_up, tear_down),
        cmocka_unit_test_setup_teardown(
            test_before_the_oldest_go_every_page_that_takes_them_has_them, set_up, tear_down),
        cmocka_unit_test_setup_teardown(
            test_a_slow_page_gets_nothing_before_it_has_taken_and_then_everything, set_up,
            tear_down),
        cmocka_unit_test_setup_teardown(
            test_a_heartbeat_moves_the_place_of_a_page_that_nothing_was_for, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_nothing_of_another_journal_is_sent, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
