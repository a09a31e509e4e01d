/* Every way in which JSON is not a message: each has its text, and the text names the key. */
#include "json_test.h"

#include "hongxin/json.h"

#include <string.h>

static int read_as(const ProtobufCMessageDescriptor *type, const char *text, char *problem)
{
    ProtobufCMessage *message = NULL;
    json_t *value = json_loads(text, JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL);
    if (!value)
        fail_msg("not JSON: %s", text);
    int err = hx_json_to_message(type, value, &message, problem);
    json_decref(value);
    assert_true(err == HX_OK || message == NULL);
    protobuf_c_message_free_unpacked(message, NULL);
    return err;
}

#define EVENT   &hongxin__v1__event__descriptor
#define ALARM   &hongxin__v1__alarm_fact__descriptor
#define FACT    &hongxin__v1__fact__descriptor
#define INSTANT ": must be an instant such as 2026-10-12T19:00:00.000+08:00, 2000 to 2199"
#define WHOLE0  ": must be a whole number, 0 or more"

void test_refusals_name_the_key(void **state)
{
    (void)state;
    static const struct {
        const ProtobufCMessageDescriptor *type;
        const char *text, *problem;
    } table[] = {
        {EVENT, "[]", "must be an object"},
        {EVENT, "null", "must be an object"},
        {EVENT, "{\"colour\":1}", "colour: unknown key"},
        {EVENT, "{\"data\":{\"class\":\"SMALL\",\"Class\":\"SMALL\"}}", "data.Class: unknown key"},
        {EVENT, "{\"id\":4711}", "id: must be text"},
        {EVENT, "{\"id\":null}", "id: must be text"},
        {EVENT, "{\"data\":[]}", "data: must be an object"},
        {EVENT, "{\"data\":null}", "data: must be an object"},
        {EVENT, "{\"data\":{\"position\":121.4}}", "data.position: must be a list"},
        {EVENT, "{\"data\":{\"position\":[121.4,\"x\"]}}", "data.position[1]: must be a number"},
        {EVENT, "{\"data\":{\"steps\":[\"a\",\"b\",3]}}", "data.steps[2]: must be text"},
        {EVENT, "{\"data\":{\"steps\":\"a\"}}", "data.steps: must be a list"},
        {EVENT, "{\"confidential\":1}", "confidential: must be true or false"},
        {EVENT, "{\"source_seq\":-1}", "source_seq" WHOLE0},
        {EVENT, "{\"source_seq\":1.0}", "source_seq" WHOLE0},
        {EVENT, "{\"source_seq\":\"\"}", "source_seq" WHOLE0},
        {EVENT, "{\"source_seq\":\"-1\"}", "source_seq" WHOLE0},
        {EVENT, "{\"source_seq\":\"1 \"}", "source_seq" WHOLE0},
        {EVENT, "{\"source_seq\":\"18446744073709551616\"}", "source_seq" WHOLE0},
        {EVENT, "{\"data\":{\"rating\":\"5\"}}", "data.rating" WHOLE0},
        {EVENT, "{\"data\":{\"rating\":-1}}", "data.rating: must be from 0 to 4294967295"},
        {EVENT, "{\"data\":{\"rating\":4294967296}}", "data.rating: must be from 0 to 4294967295"},
        {ALARM, "{\"step_ms\":1.5}", "step_ms: must be a whole number"},
        {ALARM, "{\"step_ms\":\"1-\"}", "step_ms: must be a whole number"},
        {ALARM, "{\"step_ms\":\"9223372036854775808\"}", "step_ms: must be a whole number"},
        {ALARM, "{\"step_ms\":true}", "step_ms: must be a whole number"},
        {EVENT, "{\"t_occ\":1791803120001}", "t_occ: must be text"},
        {EVENT, "{\"t_occ\":\"\"}", "t_occ" INSTANT},
        {EVENT, "{\"t_occ\":\"2026-02-29T00:00:00Z\"}", "t_occ" INSTANT},
        {EVENT, "{\"t_occ\":\"1600-01-01T00:00:00Z\"}", "t_occ" INSTANT},
        {EVENT, "{\"t_occ\":\"9999-01-01T00:00:00Z\"}", "t_occ" INSTANT},
        {EVENT, "{\"t_occ\":\"2026-10-12T19:00:00\"}", "t_occ" INSTANT},
        {EVENT, "{\"proof\":\"SURE\"}",
         "proof: must be one of PROOF_UNSPECIFIED, CLAIM, SYSTEM, CALL_RECORD, DEVICE_SIGNED, "
         "ONSITE_CODE"},
        {EVENT, "{\"proof\":1}", "proof: must be text"},
        {EVENT, "{\"device_signature\":\"AAE\"}", "device_signature: must be base64"},
        {EVENT, "{\"device_signature\":\"A-E_\"}", "device_signature: must be base64"},
        {EVENT, "{\"device_signature\":\"AA E=\"}", "device_signature: must be base64"},
        {EVENT, "{\"device_signature\":[1]}", "device_signature: must be text"},
        {FACT, "{\"reply\":{\"id\":\"1\"},\"flag\":{}}",
         "flag: excludes another key that is given beside it"},
        {FACT, "{\"reply\":{\"promises\":[{},{\"deadline\":3}]}}",
         "reply.promises[1].deadline: must be text"},
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        char problem[HX_JSON_PROBLEM];
        if (read_as(table[i].type, table[i].text, problem) != HX_INVALID)
            fail_msg("%s was taken", table[i].text);
        assert_string_equal(problem, table[i].problem);
    }
}

void test_refusals_never_quote_values(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "{\"t_occ\":\"13800000000\"}", "{\"proof\":\"13800000000\"}",
        "{\"source_seq\":\"+13800000000\"}", "{\"device_signature\":\"13800000000\"}",
        "{\"data\":\"13800000000\"}"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        char problem[HX_JSON_PROBLEM];
        assert_int_equal(read_as(EVENT, texts[i], problem), HX_INVALID);
        assert_null(strstr(problem, "138"));
    }
}

void test_long_and_strange_keys_are_cut(void **state)
{
    (void)state;
    char problem[HX_JSON_PROBLEM];
    char text[2000] = "{\"";
    for (int i = 0; i < 400; i++)
        strcat(text, "电");
    strcat(text, "\":1}");
    assert_int_equal(read_as(EVENT, text, problem), HX_INVALID);
    assert_int_equal(strlen(problem), 60 + strlen(": unknown key"));
    assert_int_equal(read_as(EVENT, "{\"a\\n\\\"b\":1}", problem), HX_INVALID);
    assert_string_equal(problem, "a??b: unknown key");
    assert_int_equal(read_as(EVENT, "{\"\":1}", problem), HX_INVALID);
    assert_string_equal(problem, "an empty key: unknown key");
}

void test_text_with_a_nul_byte_is_refused(void **state)
{
    (void)state;
    char problem[HX_JSON_PROBLEM];
    assert_int_equal(read_as(EVENT, "{\"id\":\"a\\u0000b\"}", problem), HX_INVALID);
    assert_string_equal(problem, "id: must not hold a NUL byte");
}
