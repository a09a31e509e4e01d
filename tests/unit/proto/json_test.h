#ifndef JSON_TEST_H
#define JSON_TEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

void test_refusals_name_the_key(void **state);
void test_refusals_never_quote_values(void **state);
void test_long_and_strange_keys_are_cut(void **state);
void test_text_with_a_nul_byte_is_refused(void **state);

#endif
