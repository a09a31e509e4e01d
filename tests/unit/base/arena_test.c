/* The arena: zeroed memory, limits, and what a reset gives back. */
#include "base/arena.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void hands_out_zeroed_aligned_memory(void **state)
{
    (void)state;
    struct hx_arena a;
    hx_arena_init(&a, 0);
    for (size_t size = 1; size < 200000; size = size * 3 + 1) {
        unsigned char *p = hx_arena_alloc(&a, size);
        assert_non_null(p);
        assert_int_equal((uintptr_t)p % _Alignof(max_align_t), 0);
        for (size_t i = 0; i < size; i++)
            assert_int_equal(p[i], 0);
        memset(p, 0xff, size);
    }
    hx_arena_fini(&a);
}

static void memory_is_zeroed_again_after_a_reset(void **state)
{
    (void)state;
    struct hx_arena a;
    hx_arena_init(&a, 0);
    memset(hx_arena_alloc(&a, 1000), 0xff, 1000);
    hx_arena_reset(&a);
    const unsigned char *p = hx_arena_alloc(&a, 1000);
    for (size_t i = 0; i < 1000; i++)
        assert_int_equal(p[i], 0);
    hx_arena_fini(&a);
}

static void says_when_the_limit_is_reached(void **state)
{
    (void)state;
    struct hx_arena a;
    hx_arena_init(&a, 4096);
    assert_non_null(hx_arena_alloc(&a, 4000));
    assert_false(hx_arena_failed(&a));
    assert_null(hx_arena_alloc(&a, 4000));
    assert_true(hx_arena_failed(&a));
    hx_arena_reset(&a);
    assert_false(hx_arena_failed(&a));
    assert_non_null(hx_arena_alloc(&a, 4000));
    hx_arena_fini(&a);
}

static void goes_back_to_a_mark(void **state)
{
    (void)state;
    struct hx_arena a;
    hx_arena_init(&a, 1000 * 1000);
    char *kept = hx_arena_strdup(&a, "kept");
    const struct hx_arena_mark mark = hx_arena_mark(&a);
    for (int i = 0; i < 1000; i++) { /* far more than the limit, one after the other */
        assert_non_null(hx_arena_alloc(&a, 100));
        assert_non_null(hx_arena_alloc(&a, 500000));
        hx_arena_back(&a, &mark);
    }
    assert_string_equal(kept, "kept");
    const unsigned char *p = hx_arena_alloc(&a, 1000);
    for (size_t i = 0; i < 1000; i++)
        assert_int_equal(p[i], 0);
    assert_string_equal(kept, "kept");
    hx_arena_fini(&a);
}

static void copies_text(void **state)
{
    (void)state;
    struct hx_arena a;
    hx_arena_init(&a, 0);
    assert_string_equal(hx_arena_strndup(&a, "holder:P-07/li", 11), "holder:P-07");
    assert_string_equal(hx_arena_printf(&a, "%s-%d", "CL", 17), "CL-17");
    assert_string_equal(
        hx_arena_join(&a, (const char *const[]){"workdays", "@", "china", "/", "1", NULL}),
        "workdays@china/1");
    assert_string_equal(hx_arena_join(&a, (const char *const[]){NULL}), "");
    assert_null(hx_arena_strdup(&a, NULL));
    hx_arena_fini(&a);
}

/* ---- unpacking: google.protobuf-like list of empty messages, built by hand ---- */

struct many {
    ProtobufCMessage base;
    size_t n_inner;
    struct many **inner;
};

static void many_init(struct many *m);

static const ProtobufCMessageDescriptor many_kind;
static const ProtobufCFieldDescriptor many_fields[] = {
    {.name = "inner",
     .id = 1,
     .label = PROTOBUF_C_LABEL_REPEATED,
     .type = PROTOBUF_C_TYPE_MESSAGE,
     .quantifier_offset = offsetof(struct many, n_inner),
     .offset = offsetof(struct many, inner),
     .descriptor = &many_kind}};
static const unsigned many_by_name[] = {0};
static const ProtobufCIntRange many_numbers[] = {{1, 0}, {0, 1}};
static const ProtobufCMessageDescriptor many_kind = {.magic = PROTOBUF_C__MESSAGE_DESCRIPTOR_MAGIC,
                                                     .name = "Many",
                                                     .short_name = "Many",
                                                     .c_name = "Many",
                                                     .sizeof_message = sizeof(struct many),
                                                     .n_fields = 1,
                                                     .fields = many_fields,
                                                     .fields_sorted_by_name = many_by_name,
                                                     .n_field_ranges = 1,
                                                     .field_ranges = many_numbers,
                                                     .message_init =
                                                         (ProtobufCMessageInit)many_init};

static void many_init(struct many *m)
{
    *m = (struct many){.base = PROTOBUF_C_MESSAGE_INIT(&many_kind)};
}

/* n empty messages, two bytes each. */
static int unpack_empty(struct hx_arena *a, size_t n, struct many **out)
{
    uint8_t *bytes = calloc(n, 2);
    assert_non_null(bytes);
    for (size_t i = 0; i < n; i++)
        bytes[2 * i] = 1 << 3 | 2;
    ProtobufCMessage *message;
    int rc = hx_arena_unpack(a, &many_kind, (ProtobufCBinaryData){2 * n, bytes}, &message);
    *out = (struct many *)message;
    free(bytes);
    return rc;
}

static void what_would_become_too_large_takes_nothing(void **state)
{
    (void)state;
    struct hx_arena a;
    struct many *m;
    hx_arena_init(&a, 0);
    assert_int_equal(unpack_empty(&a, 1000, &m), HX_OK);
    assert_int_equal(m->n_inner, 1000);
    size_t before = a.total;
    assert_int_equal(unpack_empty(&a, 1000000, &m), HX_TOOBIG);
    assert_null(m);
    assert_int_equal(a.total, before);
    assert_false(hx_arena_failed(&a));
    assert_int_equal(unpack_empty(&a, 1000, &m), HX_OK);
    hx_arena_fini(&a);
}

static void the_arenas_own_limit_is_no_memory(void **state)
{
    (void)state;
    struct hx_arena a;
    struct many *m;
    hx_arena_init(&a, 64 * 1024);
    assert_int_equal(unpack_empty(&a, 10000, &m), HX_NOMEM);
    assert_true(hx_arena_failed(&a));
    hx_arena_reset(&a);
    ProtobufCMessage *none;
    uint8_t cut[] = {1 << 3 | 2, 5};
    assert_int_equal(hx_arena_unpack(&a, &many_kind, (ProtobufCBinaryData){2, cut}, &none),
                     HX_CORRUPT);
    assert_null(none);
    assert_false(hx_arena_failed(&a));
    hx_arena_fini(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hands_out_zeroed_aligned_memory),
        cmocka_unit_test(memory_is_zeroed_again_after_a_reset),
        cmocka_unit_test(says_when_the_limit_is_reached),
        cmocka_unit_test(goes_back_to_a_mark),
        cmocka_unit_test(copies_text),
        cmocka_unit_test(what_would_become_too_large_takes_nothing),
        cmocka_unit_test(the_arenas_own_limit_is_no_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
