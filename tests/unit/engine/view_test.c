/* What is shown of a case: orders, silences, who helps; and that a view is whole or none. */
#include "base/text.h"
#include "engine/machine/memory.h"
#include "hongxin/instant.h"
#include "property/world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const int64_t NOW = WORLD_EVENING;
static struct hx_case c;

/* An event of the case, at the time to which the world has gone on. */
static void tell(struct world *w, const char *type, const char *by, hxp_data *d)
{
    static uint8_t bytes[32][512]; /* entries point to them */
    static size_t n;
    char id[8];
    hxp_event e = HONGXIN__V1__EVENT__INIT;
    const hxp_reply *reply;
    snprintf(id, sizeof id, "e%zu", n);
    e.id = id;
    e.source = hx_text_field("test");
    e.type = hx_text_field(type);
    e.by = hx_text_field(by);
    e.case_ref = hx_text_field("A");
    e.data = d;
    uint8_t *packed = bytes[n++ % 32];
    size_t size = hongxin__v1__event__pack(&e, packed);
    struct hx_arrival in = {.bytes = packed, .size = size, .event = &e, .t_rcv = w->m.now};
    assert_int_equal(hx_machine_event(&w->m, &in, &reply), HX_OK);
    if (reply->result != HONGXIN__V1__RESULT__ACCEPTED)
        fail_msg("%s: %s %s", type, reply->code, reply->message);
}

/* Late for ten minutes: an order, a silence, and the community helps. */
static int setup(void **state)
{
    static struct world w;
    hxp_data report = HONGXIN__V1__DATA__INIT, none = HONGXIN__V1__DATA__INIT;
    hxp_data order = HONGXIN__V1__DATA__INIT, silence = HONGXIN__V1__DATA__INIT;
    hxp_data help = HONGXIN__V1__DATA__INIT;
    world_open(&w, NOW);
    report.class_ = hx_text_field("SMALL");
    report.place = hx_text_field("B-0417");
    tell(&w, "REPORTED", "reporter", &report);
    world_wait(&w, NOW + 20 * HX_SECOND);
    tell(&w, "HELD", "holder:P-07/li", &none);
    world_wait(&w, NOW + 10 * HX_MINUTE);
    order.date = NOW + HX_HOUR;
    order.order = hx_text_field("DB-9");
    tell(&w, "SUPERVISED", "street:S-02/wang", &order);
    silence.clock = hx_text_field("K_ARRIVE");
    silence.level = hx_text_field("L2");
    silence.until = NOW + 2 * HX_HOUR;
    silence.why = hx_text_field("road closed");
    tell(&w, "SILENCED", "street:S-02/wang", &silence);
    help.unit = hx_text_field("C-03");
    tell(&w, "ASSIST_ASKED", "holder:P-07/li", &help);
    assert_int_equal(w.m.ops->case_load(w.memory, 1, &c), HX_OK);
    *state = &w;
    return 0;
}

static int teardown(void **state)
{
    world_close(*state);
    return 0;
}

static bool has_flag(const hxp_case_view *v, const char *flag)
{
    for (size_t i = 0; i < v->n_flags; i++)
        if (strcmp(v->flags[i], flag) == 0)
            return true;
    return false;
}

static void it_shows_who_has_ordered_silenced_and_helps(void **state)
{
    struct world *w = *state;
    const hxp_case_view *v = hx_case_view(&w->m, &c);
    assert_non_null(v);
    assert_string_equal(v->state, "HELD");
    assert_string_equal(v->order->by, "street:S-02/wang");
    assert_int_equal(v->order->at, NOW + 10 * HX_MINUTE);
    assert_true(has_flag(v, "SUPERVISED") && has_flag(v, "SILENCED") && has_flag(v, "BREACHED"));
    assert_int_equal(v->n_silences, 1);
    assert_string_equal(v->silences[0]->clock, "K_ARRIVE");
    assert_string_equal(v->silences[0]->level, "L2");
    assert_int_equal(v->silences[0]->until, NOW + 2 * HX_HOUR);
    assert_string_equal(v->silences[0]->why, "road closed");
    assert_int_equal(v->n_units, 1);
    assert_string_equal(v->units[0]->unit, "C-03");
    assert_int_equal(v->units[0]->asked, NOW + 10 * HX_MINUTE);
    assert_int_equal(v->units[0]->answered, 0);
    assert_int_equal(v->n_breaches, 1);
    assert_string_equal(v->breaches[0]->breach->clock, "K_ARRIVE");
    assert_int_equal(v->next_deadline, NOW + 5 * HX_MINUTE + 20 * HX_SECOND);
    assert_string_equal(v->next_clock, "K_ARRIVE"); /* it runs on until somebody comes */
}

static void without_memory_there_is_none_rather_than_a_part(void **state)
{
    enum { STEP = 16, MOST = 64 * 1024 };
    struct world *w = *state;
    struct hx_machine m = w->m;
    struct hx_arena little;
    const hxp_case_view *v = NULL;
    size_t limit = 0, refused = 0;
    m.arena = &little;
    while (!v && limit < MOST) {
        limit += STEP;
        hx_arena_init(&little, limit);
        v = hx_case_view(&m, &c);
        refused += !v;
        if (v) {
            assert_int_equal(v->n_silences, 1);
            assert_int_equal(v->n_units, 1);
            assert_int_equal(v->n_breaches, 1);
        }
        hx_arena_fini(&little);
    }
    assert_true(limit < MOST);
    assert_true(refused > 20);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_shows_who_has_ordered_silenced_and_helps),
        cmocka_unit_test(without_memory_there_is_none_rather_than_a_part),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
