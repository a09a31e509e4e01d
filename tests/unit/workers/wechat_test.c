/* The platform's published vectors, and everything that must be refused. */
#include "wechat/command.h"
#include "wechat/crypto.h"
#include "wechat/xml.h"

#include <openssl/evp.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const char key_text[] = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
static const char v3[] =
    "+qdx1OKCy+5JPCBFWw70tm0fJGb2Jmeia4FCB7kao+/Q5c/ohsOzQHi8khUOb05JCpj0JB4RvQMkUyus8TPxLKJGQq"
    "cvZqzDpVzazhZv6JsXUnnR8XGT740XgXZUXQ7vJVnAG+tE8NUd4yFyjPy7GgiaviNrlCTj+l5kdfMuFUPpRSrfMZuM"
    "cp3Fn2Pede2IuQrKEYwKSqFIZoNqJ4M8EajAsjLY2km32IIjdf8YL/P50F7mStwntrA2cPDrM1kb6mOcfBgRtWygb3"
    "VIYnSeOBrebufAlr7F9mFUPAJGj04=";
static const char v3_reply[] =
    "ELGduP2YcVatjqIS+eZbp80MNLoAUWvzzyJxgGzxZO/5sAvd070Bs6qrLARC9nVHm48Y4hyRbtzve1L32tmxSQ==";
static const char v4[] =
    "D7yzvUNAL930rd28wf21s4hvXhz0L6Uit/p2Di6C5DHyYGpEgdBRnKjBec34JwoQXicwaZC7fOVihW80F4VtsdvE//"
    "1vr7oAbqjDv8KenVp+ajKYpJnyQ4zMRhIC+a31fCVOMC03FfzV/QuC94kBP55a+Za3sJgvAn+ZbsNqZI5DkyuzkhQN"
    "8OBqCzFhizGmy0xpM0MEA4agpvE+RuNO1rhHTtuJB5yltw1FiYzecSXJ+y/D2r81VkRn2eYjh2ltsoyfbDR7Is6ook"
    "XIFxTfyeNyeHxMeT4KN5WpCDmSbTcUYrbBUlkGLJ9n/rU8YOywma6G7aTb7KZKOqCxgfoUlYEZPk4FUL/TK7ShriFD"
    "MVCLyjQJ15Ob++agDWtcxhfUfe6HIoIpRW8mKNBQiY/Jd1svvuskA1wLef1RTtzKfMpagSCX/laZINmdnX4zrF6kIa"
    "R9P4xQrWXbsTFHTYe0Mg==";
static const char v4_reply[] =
    "hE8R6mGXHkJJjU72KxzKUd1GEkKJaEZq7vRL8XgK3o+00k8JGq6+pZJUIlTSyhsX+bxIBQ72g3GyvDdIZcr6+3HAZb"
    "SvPT9t/o11MI7d6WELwqrGd7jMnV0zv3Zc9Nq7";
static const char v3_plain[] =
    "{\"ToUserName\":\"gh_97417a04a28d\",\"FromUserName\":\"o9AgO5Kd5ggOC-bXrbNODIiE3bGY\","
    "\"CreateTime\":1714112445,"
    "\"MsgType\":\"event\",\"Event\":\"debug_demo\",\"debug_str\":\"hello world\"}";

static struct wx_key key_of(const char *text)
{
    struct wx_key key;
    assert_int_equal(wx_key_parse(text, &key), HX_OK);
    return key;
}

static void test_signatures(void **state)
{
    (void)state;
    static const struct {
        const char *parts[4];
        size_t n;
        const char *signature;
    } table[] = {
        {{"AAAAA", "1714036504", "1514711492"}, 3, "f464b24fc39322e44b38aa78f5edd27bd1441696"},
        {{"AAAAA", "1714037059", "486452656"}, 3, "899cf89e464efb63f54ddac96b0a0a235f53aa78"},
        {{"test", "1410685589", "test"}, 3, "f21891de399b4e33a1a93c9a7b8a8fffb5a443ff"},
        {{"AAAAA", "1714112445", "415670741"}, 3, "6c5c811b55cc85e0e1b54100749188c20beb3f5d"},
        {{"AAAAA", "1714112445", "415670741", v3}, 4, "046e02f8204d34f8ba5fa3b1db94908f3df2e9b3"},
        {{"AAAAA", "1713424427", "415670741", v3_reply},
         4,
         "1b9339964ed2e271e7c7b6ff2b0ef902fc94dea1"},
        {{"AAAAA", "1715943329", "1590219412"}, 3, "cc0c594499c1634947d5b502f158ee518947db27"},
        {{"AAAAA", "1715943329", "1590219412", v4}, 4, "6c12a4205838198b8fa631b3220723bb07f1015c"},
        {{"AAAAA", "1713424427", "415670741", v4_reply},
         4,
         "03e0812039325c2712ef5f0f980fd14c70d6e307"},
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        char wrong[WX_SIGNATURE_TEXT];
        assert_true(wx_signature_is(table[i].parts, table[i].n, table[i].signature));
        memcpy(wrong, table[i].signature, sizeof wrong);
        wrong[7] = wrong[7] == 'a' ? 'b' : 'a';
        assert_false(wx_signature_is(table[i].parts, table[i].n, wrong));
        wrong[39] = '\0';
        assert_false(wx_signature_is(table[i].parts, table[i].n, wrong));
        assert_false(wx_signature_is(table[i].parts, table[i].n, ""));
    }
    const char *const other[] = {"AAAAA", "1714112445", "437374424", v3};
    assert_false(wx_signature_is(other, 4, "046e02f8204d34f8ba5fa3b1db94908f3df2e9b3"));
}

static void test_messages_of_the_platform_are_read(void **state)
{
    (void)state;
    struct wx_key key = key_of(key_text);
    char *plain;
    size_t size;
    assert_int_equal(wx_decrypt(&key, "wxba5fad812f8e6fb9", v3, &plain, &size), HX_OK);
    assert_int_equal(size, 167);
    assert_string_equal(plain, v3_plain);
    free(plain);
    assert_int_equal(wx_decrypt(&key, "wx134c8103faa5a59e", v4, &plain, &size), HX_OK);
    assert_int_equal(size, 292);
    struct wx_xml xml;
    assert_int_equal(wx_xml_parse(plain, size, &xml), HX_OK);
    assert_string_equal(wx_xml_get(&xml, "ToUserName"), "gh_97417a04a28d");
    assert_string_equal(wx_xml_get(&xml, "Event"), "debug_demo");
    assert_string_equal(wx_xml_get(&xml, "CreateTime"), "1715943329");
    assert_string_equal(wx_xml_get(&xml, "debug_str"), "hello world");
    wx_xml_free(&xml);
    free(plain);
}

static void test_replies_are_those_of_the_platform(void **state)
{
    (void)state;
    struct wx_key key = key_of(key_text);
    char *encrypt;
    assert_int_equal(wx_encrypt(&key, "wxba5fad812f8e6fb9", (const uint8_t *)"707722b803182950",
                                "{\"demo_resp\":\"good luck\"}", &encrypt),
                     HX_OK);
    assert_string_equal(encrypt, v3_reply);
    free(encrypt);
    assert_int_equal(wx_encrypt(&key, "wx134c8103faa5a59e", (const uint8_t *)"999951349e8ee746",
                                "<xml><demo_resp>[CDATA[good luck]]</demo_resp></xml>", &encrypt),
                     HX_OK);
    assert_string_equal(encrypt, v4_reply);
    free(encrypt);
}

static void test_every_length_of_padding_survives(void **state)
{
    (void)state;
    struct wx_key key =
        key_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQ"); /* spare bits are set */
    char message[80] = "";
    for (size_t n = 0; n < 70; n++) {
        char *encrypt, *plain;
        size_t size;
        assert_int_equal(
            wx_encrypt(&key, "wx1", (const uint8_t *)"0123456789abcdef", message, &encrypt), HX_OK);
        assert_int_equal(wx_decrypt(&key, "wx1", encrypt, &plain, &size), HX_OK);
        assert_string_equal(plain, message);
        free(plain);
        free(encrypt);
        strcat(message, "x");
    }
}

static void refuse(const struct wx_key *key, const char *id, const char *encrypt, int rc)
{
    char *plain;
    size_t size;
    assert_int_equal(wx_decrypt(key, id, encrypt, &plain, &size), rc);
    assert_null(plain);
}

static void test_what_is_forged_is_refused(void **state)
{
    (void)state;
    struct wx_key key = key_of(key_text),
                  other = key_of("BBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBB");
    char changed[512];
    refuse(&key, "wxba5fad812f8e6fb8", v3, HX_DENIED);
    refuse(&key, "", v3, HX_DENIED);
    refuse(&other, "wxba5fad812f8e6fb9", v3, HX_INVALID);
    snprintf(changed, sizeof changed, "%.*s", (int)sizeof v3 - 1 - 24, v3); /* cut */
    refuse(&key, "wxba5fad812f8e6fb9", changed, HX_INVALID);
    snprintf(changed, sizeof changed, "%s ", v3);
    refuse(&key, "wxba5fad812f8e6fb9", changed, HX_INVALID);
    snprintf(changed, sizeof changed, "%.100s\n%s", v3, v3 + 100);
    refuse(&key, "wxba5fad812f8e6fb9", changed, HX_INVALID);
    snprintf(changed, sizeof changed, "%.8s====", v3);
    refuse(&key, "wxba5fad812f8e6fb9", changed, HX_INVALID);
    refuse(&key, "wxba5fad812f8e6fb9", "", HX_INVALID);
    refuse(&key, "wxba5fad812f8e6fb9", "AAAA", HX_INVALID);
}

/* However much of the published message is cut off, whole blocks as well. */
static void test_what_is_cut_is_refused(void **state)
{
    (void)state;
    struct wx_key key = key_of(key_text);
    unsigned char bytes[sizeof v3], cut[sizeof v3 + 4];
    int size = EVP_DecodeBlock(bytes, (const unsigned char *)v3, sizeof v3 - 1) - 1; /* one '=' */
    assert_int_equal(size, 224);
    for (int n = 0; n < size; n++) {
        char *plain;
        size_t length;
        EVP_EncodeBlock(cut, bytes, n);
        assert_int_not_equal(wx_decrypt(&key, "wxba5fad812f8e6fb9", (char *)cut, &plain, &length),
                             HX_OK);
        assert_null(plain);
    }
}

/* Made with `openssl enc -aes-256-cbc -nopad`: a length of 4 GiB, a padding of 0 and of 33 bytes,
 * one that contradicts itself. */
static void test_lengths_inside_are_not_believed(void **state)
{
    (void)state;
    struct wx_key key = key_of(key_text);
    refuse(&key, "wx1", "uMMzGtqcnpOzXOYBwDQNrV4dgdThc4FYeLacjSDZCao=", HX_INVALID);
    refuse(&key, "wx1", "uMMzGtqcnpOzXOYBwDQNrYoGFnzsJUgm+oBpROl5Jzw=", HX_INVALID);
    refuse(&key, "wx1", "uMMzGtqcnpOzXOYBwDQNrZfV6rw7fMWxq8Gbpx7nl3I=", HX_INVALID);
    refuse(&key, "wx1", "uMMzGtqcnpOzXOYBwDQNrYaT40B1hb0vU/BXmiB3NjI=", HX_INVALID);
}

static void test_keys_that_are_none(void **state)
{
    (void)state;
    static const char *const bad[] = {"", "AAAA", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
                                      "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA-",
                                      "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=="};
    struct wx_key key;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_int_equal(wx_key_parse(bad[i], &key), HX_INVALID);
}

static void test_xml_that_is_a_trap(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "<!DOCTYPE x [<!ENTITY a \"aaaa\"><!ENTITY b \"&a;&a;\">]><xml><A>&b;</A></xml>",
        "<!DOCTYPE x SYSTEM \"file:///etc/passwd\"><xml><A>1</A></xml>",
        "<xml><A>1</B></xml>",
        "<xml>",
        "",
        "<a><b><c><d><e><f><g><h><i>1</i></h></g></f></e></d></c></b></a>",
        "<xml><A>&unknown;</A></xml>"};
    struct wx_xml xml;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        if (wx_xml_parse(bad[i], strlen(bad[i]), &xml) != HX_INVALID)
            fail_msg("%s was taken", bad[i]);
        wx_xml_free(&xml);
    }
}

static void test_a_reply_cannot_be_broken_out_of(void **state)
{
    (void)state;
    struct wx_xml xml;
    char *reply = wx_xml_text_reply("a]]>b", "c", 7, "x]]><Evil>1</Evil><![CDATA[");
    assert_int_equal(wx_xml_parse(reply, strlen(reply), &xml), HX_OK);
    assert_string_equal(wx_xml_get(&xml, "ToUserName"), "a]]>b");
    assert_string_equal(wx_xml_get(&xml, "Content"), "x]]><Evil>1</Evil><![CDATA[");
    assert_string_equal(wx_xml_get(&xml, "Evil"), "");
    wx_xml_free(&xml);
    free(reply);
}

static void test_what_a_resident_means(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int kind;
        uint64_t number;
        const char *place;
        int language;
    } table[] = {
        {"B-0417 天花板漏水", WX_REPORT, 0, "B-0417", WX_ZH},
        {"water leaks in B-0417!", WX_REPORT, 0, "B-0417", WX_EN},
        {"我的电话 AB-1 或 XB-0417Z", WX_REPORT, 0, "", WX_ZH},
        {"查询 CL-17", WX_STATUS, 17, "", WX_ZH},
        {"查询：17", WX_STATUS, 17, "", WX_ZH},
        {"查询", WX_STATUS, 0, "", WX_ZH},
        {"status\n", WX_STATUS, 0, "", WX_EN},
        {"查询电梯什么时候修", WX_REPORT, 0, "", WX_ZH},
        {"CL-17", WX_STATUS, 17, "", WX_ZH},
        {"CL-17 满意", WX_GOOD, 17, "", WX_ZH},
        {"CL-17不满意！", WX_BAD, 17, "", WX_ZH},
        {"CL-17 还在漏水", WX_ADD, 17, "", WX_ZH},
        {"CL-17 不满意，还在漏水", WX_ADD, 17, "", WX_ZH},
        {"关于 CL-17，B-0417 还在漏水", WX_REPORT, 0, "B-0417", WX_ZH},
        {"满意", WX_GOOD, 0, "", WX_ZH},
        {"不满意。", WX_BAD, 0, "", WX_ZH},
        {"Good!", WX_GOOD, 0, "", WX_EN},
        {"good morning", WX_REPORT, 0, "", WX_EN},
        {"撤诉", WX_WITHDRAW, 0, "", WX_ZH},
        {"there\u2019s a leak \U0001f642", WX_REPORT, 0, "", WX_EN},
        {"谢谢！", WX_HELP, 0, "", WX_ZH},
        {"OK", WX_HELP, 0, "", WX_EN},
        {"好的", WX_HELP, 0, "", WX_ZH},
        {"好的，但是还在漏水", WX_REPORT, 0, "", WX_ZH},
        {"？", WX_HELP, 0, "", WX_ZH},
        {"status cl-17", WX_STATUS, 17, "", WX_EN},
        {"满意 CL-17", WX_GOOD, 17, "", WX_ZH},
        {"不满意CL-17", WX_BAD, 17, "", WX_ZH},
        {"不满意，灯还是坏的", WX_REPORT, 0, "", WX_ZH},
        {"撤诉 CL-17", WX_WITHDRAW, 17, "", WX_ZH},
        {"帮助", WX_HELP, 0, "", WX_ZH},
        {" help \n", WX_HELP, 0, "", WX_EN},
        {"", WX_HELP, 0, "", WX_ZH},
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        struct wx_command c;
        wx_command_read(table[i].text, &c);
        if ((int)c.kind != table[i].kind || c.case_number != table[i].number ||
            strcmp(c.place, table[i].place) != 0 || (int)c.language != table[i].language)
            fail_msg("%s: kind %d number %d place %s", table[i].text, (int)c.kind,
                     (int)c.case_number, c.place);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_signatures),
        cmocka_unit_test(test_messages_of_the_platform_are_read),
        cmocka_unit_test(test_replies_are_those_of_the_platform),
        cmocka_unit_test(test_every_length_of_padding_survives),
        cmocka_unit_test(test_what_is_forged_is_refused),
        cmocka_unit_test(test_what_is_cut_is_refused),
        cmocka_unit_test(test_lengths_inside_are_not_believed),
        cmocka_unit_test(test_keys_that_are_none),
        cmocka_unit_test(test_xml_that_is_a_trap),
        cmocka_unit_test(test_a_reply_cannot_be_broken_out_of),
        cmocka_unit_test(test_what_a_resident_means),
    };
    return cmocka_run_group_tests_name("wechat", tests, NULL, NULL);
}
