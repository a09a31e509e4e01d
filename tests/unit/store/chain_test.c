/* The hash chain of the journal, against the formula of store/chain.h worked out by another library
 * over bytes put together by hand: whoever verifies a journal with a program of his own gets this.
 */
#include "store/chain.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
/* after those above */
#include <cmocka.h>

static const char EPOCH[] = "00112233445566778899aabbccddeeff";

static void beginning(uint8_t hash[HX_CHAIN_HASH])
{
    char text[64] = "hongxin journal";
    strcat(text, EPOCH);
    crypto_hash_sha256(hash, (const uint8_t *)text, strlen(text));
}

static void a_segment_is_what_the_formula_says(void **state)
{
    (void)state;
    static const uint8_t text[] = {0,   0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 3, 'a', 'b',
                                   'c', 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0};
    uint8_t all[HX_CHAIN_HASH + sizeof text], wanted[HX_CHAIN_HASH], hash[HX_CHAIN_HASH];
    struct hx_chain c;
    beginning(all);
    memcpy(all + HX_CHAIN_HASH, text, sizeof text);
    crypto_hash_sha256(wanted, all, sizeof all);
    hx_chain_begin(&c, EPOCH, 1);
    assert_memory_equal(c.before, all, HX_CHAIN_HASH);
    hx_chain_add(&c, 1, (const uint8_t *)"abc", 3);
    hx_chain_add(&c, 256, (const uint8_t *)"", 0); /* behind pruned ones */
    hx_chain_hash(&c, hash);
    assert_memory_equal(hash, wanted, sizeof hash);
    assert_int_equal(c.next, 257);
}

static void a_hash_may_be_asked_for_in_between(void **state)
{
    (void)state;
    uint8_t first[HX_CHAIN_HASH], asked[HX_CHAIN_HASH];
    struct hx_chain a, b, copy;
    hx_chain_begin(&a, EPOCH, 1);
    hx_chain_begin(&b, EPOCH, 1);
    hx_chain_add(&a, 1, (const uint8_t *)"one", 3);
    hx_chain_hash(&a, asked);
    hx_chain_add(&a, 2, (const uint8_t *)"two", 3);
    hx_chain_add(&b, 1, (const uint8_t *)"one", 3);
    hx_chain_add(&b, 2, (const uint8_t *)"two", 3);
    hx_chain_hash(&a, asked);
    hx_chain_hash(&b, first);
    assert_memory_equal(asked, first, sizeof asked);
    copy = b;
    hx_chain_add(&copy, 3, (const uint8_t *)"three", 5); /* what never comes to be */
    hx_chain_hash(&b, asked);
    assert_memory_equal(asked, first, sizeof asked);
}

static void a_segment_stands_on_the_one_before(void **state)
{
    (void)state;
    uint8_t one[HX_CHAIN_HASH], other[HX_CHAIN_HASH];
    const uint8_t before[HX_CHAIN_HASH] = {1};
    struct hx_chain c;
    hx_chain_begin(&c, EPOCH, 1);
    hx_chain_add(&c, 1, (const uint8_t *)"one", 3);
    hx_chain_hash(&c, one);
    hx_chain_resume(&c, before, 1);
    hx_chain_add(&c, 1, (const uint8_t *)"one", 3);
    hx_chain_hash(&c, other);
    assert_memory_not_equal(one, other, sizeof one);
}

static void a_check_point_is_signed_over_what_it_says(void **state)
{
    (void)state;
    const uint8_t salt[32] = {7};
    uint8_t hash[HX_CHAIN_HASH], signature[crypto_sign_BYTES];
    struct hx_chain_key key;
    Hongxin__V1__CheckPointFact f;
    struct hx_chain c;
    assert_true(sodium_init() >= 0);
    hx_chain_begin(&c, EPOCH, 1);
    hx_chain_add(&c, 1, (const uint8_t *)"one", 3);
    hx_chain_key(salt, &key);
    hx_chain_point(&c, &key, hash, signature, &f);
    assert_int_equal(f.from_lsn, 1);
    assert_int_equal(f.upto_lsn, 1);
    assert_true(hx_chain_signed(&f));
    f.upto_lsn = 2;
    assert_false(hx_chain_signed(&f));
    f.upto_lsn = 1;
    hash[0] ^= 1;
    assert_false(hx_chain_signed(&f));
    hash[0] ^= 1;
    f.signature.len--;
    assert_false(hx_chain_signed(&f));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_segment_is_what_the_formula_says),
        cmocka_unit_test(a_hash_may_be_asked_for_in_between),
        cmocka_unit_test(a_segment_stands_on_the_one_before),
        cmocka_unit_test(a_check_point_is_signed_over_what_it_says),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
