/* The stored form of a case: every member comes back. */
#include "engine/case/case.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* Every byte of every list is used: the largest case that can be. */
static struct hx_case *fullest(void)
{
    struct hx_case *c = calloc(1, sizeof *c);
    assert_non_null(c);
    c->number = UINT64_MAX;
    c->version = 7;
    memset(c->category, 'x', sizeof c->category - 1);
    c->t_report = INT64_MAX;
    c->flags = UINT32_MAX;
    c->n_clocks = HX_CASE_CLOCKS;
    c->n_breaches = HX_CASE_BREACHES;
    c->n_told = HX_CASE_TOLD;
    c->n_parties = HX_CASE_PARTIES;
    c->n_tried = HX_CASE_TRIED;
    for (int i = 0; i < HX_CASE_CLOCKS; i++)
        c->clocks[i] = (struct hx_clock){
            .kind = (uint8_t)(i + 1), .start = i, .budget_ms = UINT64_MAX, .fired = UINT32_MAX};
    for (int i = 0; i < HX_CASE_TOLD; i++) {
        memset(c->told[i].to, 'a' + i % 26, HX_PERSON_MAX - 1);
        memset(c->told[i].stand_in, 's', HX_PERSON_MAX - 1);
        memset(c->told[i].acked_by, 'b', HX_PERSON_MAX - 1);
        c->told[i].at = c->told[i].ack_until = INT64_MAX;
    }
    c->n_sendings = HX_CASE_SENDINGS;
    for (int i = 0; i < HX_CASE_SENDINGS; i++) {
        struct hx_sending *s = &c->sendings[i];
        memset(s->to, 't', sizeof s->to - 1);
        memset(s->stand_in, 's', sizeof s->stand_in - 1);
        memset(s->missed, 'm', sizeof s->missed - 1);
        s->since = s->tried = s->next = INT64_MAX;
    }
    for (int i = 0; i < HX_CASE_PARTIES; i++) {
        struct hx_party *p = &c->parties[i];
        memset(p->ref, 'p', HX_REF_MAX - 1);
        p->callback = p->rating = p->tries = p->kept_as = UINT32_MAX;
        p->t_occ = INT64_MAX;
        p->from_case = p->kept_case = UINT64_MAX;
        p->gone = p->leaves = 1;
        p->back = UINT8_MAX;
    }
    c->n_pauses = HX_CASE_PAUSES;
    for (int i = 0; i < HX_CASE_PAUSES; i++) {
        memset(c->pauses[i].reason, 'r', HX_WORD_MAX - 1);
        c->pauses[i].times = UINT32_MAX;
    }
    for (int i = 0; i < HX_OWNERS; i++)
        c->owner_ms[i] = i * 1000;
    for (int i = 0; i < HX_CASE_TOLD; i++) {
        c->told[i].acked_at = i + 1;
        strcpy(c->told[i].unit, "U-31");
    }
    return c;
}

static void the_fullest_case_fits_and_comes_back(void **state)
{
    (void)state;
    struct hx_case *in = fullest(), *out = malloc(sizeof *out);
    uint8_t *buf = malloc(HX_CASE_PACKED_MAX), *again = malloc(HX_CASE_PACKED_MAX);
    assert_true(out && buf && again);
    memset(out, 0xee, sizeof *out);
    size_t n = hx_case_pack(in, buf, HX_CASE_PACKED_MAX);
    assert_true(n > 0);
    assert_int_equal(hx_case_unpack(buf, n, out), HX_OK);
    assert_int_equal(hx_case_pack(out, again, HX_CASE_PACKED_MAX), n);
    assert_memory_equal(buf, again, n);
    assert_string_equal(out->told[3].to, in->told[3].to);
    assert_int_equal(out->owner_ms[6], 6000);
    assert_int_equal(out->told[3].acked_at, 4);
    assert_string_equal(out->told[3].unit, "U-31");
    free(in);
    free(out);
    free(buf);
    free(again);
}

/* Numbers of many hands: what stands in the record's order comes back, whoever added it. */
static void what_was_added_by_many_comes_back(void **state)
{
    (void)state;
    struct hx_case in = {.number = 1, .t_returned = 2, .holder_at = 3, .change_at = 4}, out;
    uint8_t *buf = malloc(HX_CASE_PACKED_MAX);
    assert_non_null(buf);
    strcpy(in.second, "C-03");
    strcpy(in.registry, "city-1");
    strcpy(in.class_asker.by, "holder:P-07/li");
    strcpy(in.class_asker.principal, "p07");
    strcpy(in.merge_asker.by, "dispatcher:C-03/wu");
    in.n_proposals = 2;
    in.proposals[0] = (struct hx_proposal){.kind = 5, .breach = 17};
    strcpy(in.proposals[0].asker.by, "community:C-03/ma");
    in.proposals[1] = (struct hx_proposal){.kind = 7, .deadline = 18};
    strcpy(in.proposals[1].asker.principal, "operator");
    strcpy(in.dispute, "DS-1");
    size_t n = hx_case_pack(&in, buf, HX_CASE_PACKED_MAX);
    assert_true(n > 0);
    assert_int_equal(hx_case_unpack(buf, n, &out), HX_OK);
    assert_int_equal(out.t_returned, 2);
    assert_int_equal(out.holder_at, 3);
    assert_int_equal(out.change_at, 4);
    assert_string_equal(out.second, "C-03");
    assert_string_equal(out.registry, "city-1");
    assert_string_equal(out.class_asker.by, "holder:P-07/li");
    assert_string_equal(out.class_asker.principal, "p07");
    assert_string_equal(out.merge_asker.by, "dispatcher:C-03/wu");
    assert_int_equal(out.n_proposals, 2);
    assert_int_equal(out.proposals[0].breach, 17);
    assert_string_equal(out.proposals[0].asker.by, "community:C-03/ma");
    assert_int_equal(out.proposals[1].deadline, 18);
    assert_string_equal(out.proposals[1].asker.principal, "operator");
    assert_string_equal(out.dispute, "DS-1");
    free(buf);
}

static void a_younger_record_is_read(void **state)
{
    (void)state;
    /* number = 5, then a field 900 of a later version */
    static const uint8_t buf[] = {1 << 3, 5, 0xa2, 0x38, 3, 'n', 'e', 'w'};
    struct hx_case *c = malloc(sizeof *c);
    assert_non_null(c);
    assert_int_equal(hx_case_unpack(buf, sizeof buf, c), HX_OK);
    assert_int_equal(c->number, 5);
    assert_int_equal(c->n_clocks, 0);
    free(c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_fullest_case_fits_and_comes_back),
        cmocka_unit_test(what_was_added_by_many_comes_back),
        cmocka_unit_test(a_younger_record_is_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
