/* Lines for people. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/text.h"
#include "cli/show/show.h"

#define T1905 INT64_C(1791803120000) /* 2026-10-12T19:05:20+08:00 */

static char *text;
static size_t size;

static struct show open_show(bool zh)
{
    struct cli cli = {.zh = zh, .utc_offset = 480};
    struct show s;

    show_init(&s, &cli, open_memstream(&text, &size));
    s.day = (T1905 + 480 * HX_MINUTE) / HX_DAY; /* no line for the date */
    return s;
}

static void expect(struct show *s, const char *want)
{
    fclose(s->out);
    assert_string_equal(text, want);
    free(text);
}

static void a_breach_names_everybody_who_was_told(void **state)
{
    hxp_breach_fact breach = HONGXIN__V1__BREACH_FACT__INIT;
    hxp_notice_fact c = HONGXIN__V1__NOTICE_FACT__INIT, g = HONGXIN__V1__NOTICE_FACT__INIT;
    hxp_fact f0 = HONGXIN__V1__FACT__INIT, f1 = f0, f2 = f0, *facts[] = {&f0, &f1, &f2};
    hxp_entry e = HONGXIN__V1__ENTRY__INIT;

    (void)state;
    breach.clock = c.clock = g.clock = hx_text_field("K_ARRIVE");
    breach.deadline = T1905;
    breach.holder = hx_text_field("P-07");
    c.kind = g.kind = hx_text_field("BREACH");
    c.level = g.level = hx_text_field("L2");
    c.to = hx_text_field("community:C-03");
    g.to = hx_text_field("grid:G-041");
    f0.fact_case = HONGXIN__V1__FACT__FACT_BREACH;
    f0.breach = &breach;
    f1.fact_case = f2.fact_case = HONGXIN__V1__FACT__FACT_NOTICE;
    f1.notice = &c;
    f2.notice = &g;
    e.case_number = 17;
    e.t_rec = T1905;
    e.cause = hx_text_field("K_ARRIVE/L2");
    e.facts = facts;
    e.n_facts = 3;

    struct show s = open_show(false);
    assert_int_equal(show_entry(&s, &e, NULL), 1);
    expect(&s, "19:05:20 CL-17   BREACH 超时 K_ARRIVE arrival, due 19:05:20  P-07  told "
               "C-03, G-041\n");
    s = open_show(true);
    assert_int_equal(show_entry(&s, &e, NULL), 1);
    expect(&s, "19:05:20 CL-17   超时 BREACH K_ARRIVE 到场时限, 截止 19:05:20  P-07  已告知 C-03, "
               "G-041\n");
    /* only what was asked for */
    static const char *const states[] = {"STATE", NULL};
    s = open_show(false);
    assert_int_equal(show_entry(&s, &e, states), 0);
    expect(&s, "");
}

static void a_step_shows_state_and_clocks(void **state)
{
    hxp_state_fact st = HONGXIN__V1__STATE_FACT__INIT;
    hxp_clock_fact start = HONGXIN__V1__CLOCK_FACT__INIT, stop = start;
    hxp_fact f0 = HONGXIN__V1__FACT__INIT, f1 = f0, f2 = f0, *facts[] = {&f0, &f1, &f2};
    hxp_entry e = HONGXIN__V1__ENTRY__INIT;

    (void)state;
    st.from = hx_text_field("HELD");
    st.to = hx_text_field("ONSITE");
    stop.clock = hx_text_field("K_ARRIVE");
    stop.change = hx_text_field("STOP");
    stop.deadline = T1905;
    stop.judged_case = HONGXIN__V1__CLOCK_FACT__JUDGED_MET;
    stop.met = true;
    start.clock = hx_text_field("K_PROMISE");
    start.change = hx_text_field("START");
    start.deadline = T1905 + HX_DAY;
    f0.fact_case = HONGXIN__V1__FACT__FACT_STATE;
    f0.state = &st;
    f1.fact_case = f2.fact_case = HONGXIN__V1__FACT__FACT_CLOCK;
    f1.clock = &stop;
    f2.clock = &start;
    e.case_number = 17;
    e.t_rec = T1905 - HX_MINUTE;
    e.cause = hx_text_field("ARRIVED");
    e.event.len = 1;
    e.facts = facts;
    e.n_facts = 3;

    struct show s = open_show(false);
    assert_int_equal(show_entry(&s, &e, NULL), 1);
    expect(&s, "19:04:20 CL-17   ARRIVED 到场 → ONSITE 已到场  K_ARRIVE in time 按时"
               "  K_PROMISE due 2026-10-13 19:05:20\n");
    s = open_show(true);
    assert_int_equal(show_entry(&s, &e, NULL), 1);
    expect(&s, "19:04:20 CL-17   到场 ARRIVED → 已到场 ONSITE  K_ARRIVE 按时 in time"
               "  K_PROMISE 截止 2026-10-13 19:05:20\n");
}

static void spans_have_two_units(void **state)
{
    const struct show en = {0}, zh = {.zh = true};
    char span[HX_INSTANT_TEXT];

    (void)state;
    assert_string_equal(show_span(&en, 0, span), "0 s");
    assert_string_equal(show_span(&en, 999, span), "999 ms");
    assert_string_equal(show_span(&en, 40 * HX_MINUTE, span), "40 min");
    assert_string_equal(show_span(&en, HX_HOUR + 5 * HX_SECOND, span), "1 h");
    assert_string_equal(show_span(&en, 2 * HX_DAY + 3 * HX_HOUR + 1, span), "2 d 3 h");
    assert_string_equal(show_span(&en, 1500, span), "1 s");
    assert_string_equal(show_span(&zh, 0, span), "0 秒");
    assert_string_equal(show_span(&zh, 6 * HX_DAY + 23 * HX_HOUR, span), "6 天 23 小时");
    assert_string_equal(show_span(&zh, 40 * HX_MINUTE, span), "40 分钟");
}

/* Escape sequences, also the C1 ones, do not reach the terminal; Chinese does. */
static void foreign_text_moves_no_terminal(void **state)
{
    (void)state;
    struct show s = open_show(false);
    show_foreign(&s, "a\033[2Jb\r\n\x7f \xC2\x9B"
                     "31m 红心 caf\xC3\xA9");
    expect(&s, "a?[2Jb??? ?31m 红心 caf\xC3\xA9");
    s = open_show(true);
    show_foreign(&s, "\xC2");
    expect(&s, "\xC2");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_breach_names_everybody_who_was_told),
        cmocka_unit_test(a_step_shows_state_and_clocks),
        cmocka_unit_test(spans_have_two_units),
        cmocka_unit_test(foreign_text_moves_no_terminal),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
