/* Messages as JSON and back. The refusals stand in json_refusal_test.c. */
#include "json_test.h"

#include "hongxin/fact.h"
#include "hongxin/json.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static char *dump(json_t *value)
{
    assert_non_null(value);
    char *text = json_dumps(value, HX_JSON_DUMP);
    json_decref(value);
    assert_non_null(text);
    return text;
}

static void expect(json_t *value, const char *expected)
{
    char *text = dump(value);
    assert_string_equal(text, expected);
    free(text);
}

/* JSON to message to JSON gives the same text. */
static void round_trip(const ProtobufCMessageDescriptor *type, const char *text)
{
    char problem[HX_JSON_PROBLEM];
    ProtobufCMessage *message;
    json_t *value = json_loads(text, JSON_REJECT_DUPLICATES, NULL);
    assert_non_null(value);
    int err = hx_json_to_message(type, value, &message, problem);
    json_decref(value);
    if (err)
        fail_msg("%s: %s", text, problem);
    expect(hx_json_from_message(message, 480, HX_JSON_SPARSE), text);
    protobuf_c_message_free_unpacked(message, NULL);
}

static void test_event_round_trip(void **state)
{
    (void)state;
    round_trip(
        &hongxin__v1__event__descriptor,
        "{\"id\":\"4711\",\"source\":\"hotline-12345\",\"source_seq\":12,\"type\":\"REPORTED\","
        "\"case_number\":9,\"case_ref\":\"WO-1\",\"t_occ\":\"2026-10-12T19:05:20.001+08:00\","
        "\"proof\":\"ONSITE_CODE\",\"by\":\"holder:P-07/li\",\"confidential\":true,"
        "\"device_signature\":\"AAEC/w==\",\"data\":{\"class\":\"SMALL\",\"place\":\"B-0417\","
        "\"position\":[121.4737,31.2304],\"text\":\"电梯停了 \\\"3\\\"\",\"safety\":true,"
        "\"steps\":[\"a\",\"b\"],\"date\":\"2026-10-13T00:00:00.000+08:00\",\"rating\":5}}");
}

static void test_nested_lists_round_trip(void **state)
{
    (void)state;
    round_trip(
        &hongxin__v1__entry__descriptor,
        "{\"lsn\":5,\"event\":\"CgE0\",\"facts\":[{\"reply\":{\"id\":\"4\",\"result\":"
        "\"ACCEPTED\",\"promises\":[{\"clock\":\"K_ARRIVE\",\"deadline\":"
        "\"2026-10-12T19:05:20.000+08:00\"}]}},{\"flag\":{\"flag\":\"SAFETY\",\"on\":true}}],"
        "\"where\":{\"street\":\"S-02\"},\"audience\":[\"company:P-07\"]}");
    round_trip(&hongxin__v1__request__descriptor,
               "{\"hello\":{\"subscriber\":\"P-07\",\"filter\":{\"places\":[\"S-02\"]},"
               "\"from\":\"LSN\",\"from_lsn\":8,\"credit\":64},\"request\":3}");
}

static void test_every_number_is_written_unless_sparse(void **state)
{
    (void)state;
    hxp_owner_fact owner = HONGXIN__V1__OWNER_FACT__INIT;
    expect(hx_json_from_message(&owner.base, 0, 0),
           "{\"total_ms\":0,\"citizen\":0,\"dispatcher\":0,\"holder\":0,\"assisting\":0,"
           "\"arbiter\":0,\"force\":0,\"system\":0}");
    expect(hx_json_from_message(&owner.base, 0, HX_JSON_SPARSE), "{}");
    hxp_flag_fact flag = HONGXIN__V1__FLAG_FACT__INIT;
    expect(hx_json_from_message(&flag.base, 0, 0), "{\"on\":false}");
}

static void test_oneof_member_only_when_set(void **state)
{
    (void)state;
    hxp_clock_fact clock = HONGXIN__V1__CLOCK_FACT__INIT;
    char *text = dump(hx_json_from_message(&clock.base, 0, 0));
    assert_null(strstr(text, "met"));
    free(text);
    clock.judged_case = HONGXIN__V1__CLOCK_FACT__JUDGED_MET;
    clock.met = 0;
    expect(hx_json_from_message(&clock.base, 0, HX_JSON_SPARSE), "{\"met\":false}");
    round_trip(&hongxin__v1__clock_fact__descriptor, "{\"clock\":\"K_ARRIVE\",\"met\":false}");
}

static void test_enum_by_name_or_number(void **state)
{
    (void)state;
    hxp_event event = HONGXIN__V1__EVENT__INIT;
    expect(hx_json_from_message(&event.base, 0, HX_JSON_SPARSE), "{}");
    event.proof = HONGXIN__V1__PROOF__SYSTEM;
    expect(hx_json_from_message(&event.base, 0, HX_JSON_SPARSE), "{\"proof\":\"SYSTEM\"}");
    event.proof = (Hongxin__V1__Proof)77;
    expect(hx_json_from_message(&event.base, 0, HX_JSON_SPARSE), "{\"proof\":77}");
    Hongxin__V1__Hello hello = HONGXIN__V1__HELLO__INIT;
    expect(hx_json_from_message(&hello.base, 0, HX_JSON_SPARSE), "{\"from\":\"RESUME\"}");
}

static void test_integers_keep_every_bit(void **state)
{
    (void)state;
    round_trip(&hongxin__v1__alarm_fact__descriptor,
               "{\"seq\":\"18446744073709551615\",\"step_ms\":-9223372036854775808}");
    round_trip(&hongxin__v1__alarm_fact__descriptor,
               "{\"seq\":9223372036854775807,\"step_ms\":9223372036854775807}");
    round_trip(&hongxin__v1__data__descriptor, "{\"rating\":4294967295}");
    ProtobufCMessage *message;
    char problem[HX_JSON_PROBLEM];
    json_t *value = json_pack("{s:s,s:s}", "seq", "12", "step_ms", "-3");
    assert_int_equal(
        hx_json_to_message(&hongxin__v1__alarm_fact__descriptor, value, &message, problem), HX_OK);
    json_decref(value);
    expect(hx_json_from_message(message, 0, 0), "{\"seq\":12,\"step_ms\":-3}");
    protobuf_c_message_free_unpacked(message, NULL);
}

static void test_what_json_cannot_hold_does_not_fail(void **state)
{
    (void)state;
    hxp_data data = HONGXIN__V1__DATA__INIT;
    double position[] = {(double)NAN, (double)INFINITY, 1};
    data.position = position;
    data.n_position = 3;
    data.text = (char *)"a\xff\xc3(\xe7\x94\xb5\xed\xa0\x80\xc0\xaf\xf0\x9f\x98\x80\xf0";
    data.date = INT64_C(-11676096000000); /* year 1600 */
    data.until = INT64_MIN;
    expect(hx_json_from_message(&data.base, 480, HX_JSON_SPARSE),
           "{\"position\":[null,null,1.0],\"text\":\"a��(电�����😀�\","
           "\"date\":-11676096000000,\"until\":-9223372036854775808}");
}

static void test_empty_input_gives_an_empty_message(void **state)
{
    (void)state;
    round_trip(&hongxin__v1__event__descriptor, "{}");
    round_trip(&hongxin__v1__event__descriptor, "{\"data\":{}}");
    ProtobufCMessage *message;
    char problem[HX_JSON_PROBLEM];
    json_t *value =
        json_loads("{\"id\":\"\",\"device_signature\":\"\",\"data\":{\"steps\":[]}}", 0, NULL);
    assert_int_equal(hx_json_to_message(&hongxin__v1__event__descriptor, value, &message, problem),
                     HX_OK);
    json_decref(value);
    expect(hx_json_from_message(message, 0, HX_JSON_SPARSE), "{\"data\":{}}");
    protobuf_c_message_free_unpacked(message, NULL);
}

static void test_fact_line(void **state)
{
    (void)state;
    hxp_entry entry = HONGXIN__V1__ENTRY__INIT;
    hxp_fact fact = HONGXIN__V1__FACT__INIT;
    hxp_breach_mark_fact mark = HONGXIN__V1__BREACH_MARK_FACT__INIT;
    entry.lsn = 17;
    entry.cycle = 2;
    entry.t_rec = INT64_C(1791803120001);
    mark.clock = (char *)"K_ARRIVE";
    mark.mark = (char *)"REBUTTED";
    fact.fact_case = HONGXIN__V1__FACT__FACT_BREACH_MARK;
    fact.breach_mark = &mark;
    expect(hx_json_fact_line(&entry, &fact, "A", 480),
           "{\"t\":\"2026-10-12T19:05:20.001+08:00\",\"lsn\":17,\"fact\":\"BREACH_MARK\","
           "\"case\":\"A\",\"cycle\":2,\"clock\":\"K_ARRIVE\",\"mark\":\"REBUTTED\"}");
    expect(hx_json_fact_line(&entry, &fact, NULL, 0),
           "{\"t\":\"2026-10-12T11:05:20.001+00:00\",\"lsn\":17,\"fact\":\"BREACH_MARK\","
           "\"clock\":\"K_ARRIVE\",\"mark\":\"REBUTTED\"}");
    entry.t_wall = entry.t_rec - 120000; /* the clock was put back (corner 15) */
    expect(hx_json_fact_line(&entry, &fact, NULL, 480),
           "{\"t\":\"2026-10-12T19:05:20.001+08:00\",\"t_wall\":\"2026-10-12T19:03:20.001+08:00\","
           "\"lsn\":17,\"fact\":\"BREACH_MARK\",\"clock\":\"K_ARRIVE\",\"mark\":\"REBUTTED\"}");
}

static void test_fact_line_keeps_the_entrys_lsn(void **state)
{
    (void)state;
    hxp_entry entry = HONGXIN__V1__ENTRY__INIT;
    hxp_fact fact = HONGXIN__V1__FACT__INIT;
    hxp_reply reply = HONGXIN__V1__REPLY__INIT;
    entry.lsn = 17;
    reply.lsn = 3;
    reply.result = HONGXIN__V1__RESULT__DUPLICATE;
    fact.fact_case = HONGXIN__V1__FACT__FACT_REPLY;
    fact.reply = &reply;
    json_t *line = hx_json_fact_line(&entry, &fact, NULL, 0);
    assert_int_equal(json_integer_value(json_object_get(line, "lsn")), 17);
    assert_string_equal(json_string_value(json_object_get(line, "result")), "DUPLICATE");
    json_decref(line);
}

/* The names follow the members of the oneof, so that a new kind of fact cannot be forgotten. */
static void test_every_fact_has_its_name(void **state)
{
    (void)state;
    const ProtobufCMessageDescriptor *type = &hongxin__v1__fact__descriptor;
    for (unsigned i = 0; i < type->n_fields; i++) {
        hxp_fact fact = HONGXIN__V1__FACT__INIT;
        char name[32] = "";
        for (size_t n = 0; type->fields[i].name[n] && n < sizeof name - 1; n++) {
            char c = type->fields[i].name[n];
            name[n] = c >= 'a' && c <= 'z' ? (char)(c - 32) : c;
        }
        fact.fact_case = (Hongxin__V1__Fact__FactCase)type->fields[i].id;
        assert_string_equal(hx_fact_name(&fact), name);
    }
    hxp_fact none = HONGXIN__V1__FACT__INIT;
    hxp_entry entry = HONGXIN__V1__ENTRY__INIT;
    assert_string_equal(hx_fact_name(&none), "");
    assert_null(hx_json_fact_line(&entry, &none, NULL, 0));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_event_round_trip),
        cmocka_unit_test(test_nested_lists_round_trip),
        cmocka_unit_test(test_every_number_is_written_unless_sparse),
        cmocka_unit_test(test_oneof_member_only_when_set),
        cmocka_unit_test(test_enum_by_name_or_number),
        cmocka_unit_test(test_integers_keep_every_bit),
        cmocka_unit_test(test_what_json_cannot_hold_does_not_fail),
        cmocka_unit_test(test_empty_input_gives_an_empty_message),
        cmocka_unit_test(test_fact_line),
        cmocka_unit_test(test_fact_line_keeps_the_entrys_lsn),
        cmocka_unit_test(test_every_fact_has_its_name),
        cmocka_unit_test(test_refusals_name_the_key),
        cmocka_unit_test(test_refusals_never_quote_values),
        cmocka_unit_test(test_long_and_strange_keys_are_cut),
        cmocka_unit_test(test_text_with_a_nul_byte_is_refused),
    };
    return cmocka_run_group_tests_name("json", tests, NULL, NULL);
}
