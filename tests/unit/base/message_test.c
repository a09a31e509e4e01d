/* hx_message_pack() writes the same bytes as protobuf-c, and hx_message_unpack() reads them. */
#include "base/message.h"
#include "hongxin/schema.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
/* after those above */
#include <cmocka.h>

enum { BUF = 1 << 20 };

static unsigned seed = 2026;

static unsigned chance(unsigned n)
{
    return (unsigned)rand_r(&seed) % n;
}

static const char long_text[] =
    "a longer text of more than one hundred and twenty-seven bytes, which is "
    "the most that a length of one byte can say on this wire";

static char *words(void)
{
    /* the last one's length takes two bytes on the wire */
    static const char *const some[] = {"", "", "P-07", "K_ARRIVE", "电梯停在七楼", long_text};
    return strdup(some[chance(6)]);
}

static uint64_t number(void)
{
    static const uint64_t some[] = {0, 0, 1, 127, 128, 300, UINT32_MAX, INT64_MAX, UINT64_MAX};
    return some[chance(9)];
}

static ProtobufCMessage *make(const ProtobufCMessageDescriptor *d, int depth);

static void fill(const ProtobufCFieldDescriptor *f, void *at, int depth)
{
    uint64_t v = number();
    switch (f->type) {
    case PROTOBUF_C_TYPE_STRING:
        *(char **)at = words();
        break;
    case PROTOBUF_C_TYPE_BYTES:
        ((ProtobufCBinaryData *)at)->len = chance(2) ? 0 : 200;
        ((ProtobufCBinaryData *)at)->data = calloc(1, 200);
        break;
    case PROTOBUF_C_TYPE_MESSAGE:
        *(ProtobufCMessage **)at = make(f->descriptor, depth + 1);
        break;
    case PROTOBUF_C_TYPE_BOOL:
        *(protobuf_c_boolean *)at = v & 1;
        break;
    case PROTOBUF_C_TYPE_INT64:
    case PROTOBUF_C_TYPE_UINT64:
    case PROTOBUF_C_TYPE_SINT64:
    case PROTOBUF_C_TYPE_FIXED64:
    case PROTOBUF_C_TYPE_SFIXED64:
    case PROTOBUF_C_TYPE_DOUBLE:
        memcpy(at, &v, 8);
        break;
    default:
        memcpy(at, &v, 4);
    }
}

static void fill_list(const ProtobufCFieldDescriptor *f, uint8_t *base, int depth)
{
    size_t n = depth > 4 ? 0 : chance(4);
    uint8_t *list = calloc(4, 16);
    bool small = f->type == PROTOBUF_C_TYPE_ENUM || f->type == PROTOBUF_C_TYPE_UINT32 ||
                 f->type == PROTOBUF_C_TYPE_BOOL;
    size_t size = f->type == PROTOBUF_C_TYPE_BYTES ? 16 : small ? 4 : 8;
    for (size_t i = 0; i < n; i++)
        fill(f, list + i * size, depth);
    *(size_t *)(void *)(base + f->quantifier_offset) = n;
    *(uint8_t **)(void *)(base + f->offset) = list;
}

/* Random content for every field of any message of the schema. */
static ProtobufCMessage *make(const ProtobufCMessageDescriptor *d, int depth)
{
    ProtobufCMessage *m = calloc(1, d->sizeof_message);
    uint8_t *base = (uint8_t *)m;
    d->message_init(m);
    for (unsigned i = 0; i < d->n_fields; i++) {
        const ProtobufCFieldDescriptor *f = &d->fields[i];
        if (f->label == PROTOBUF_C_LABEL_REPEATED) {
            fill_list(f, base, depth);
        } else if (f->flags & PROTOBUF_C_FIELD_FLAG_ONEOF) {
            uint32_t *which = (uint32_t *)(void *)(base + f->quantifier_offset);
            if (*which || chance(3))
                continue;
            *which = f->id;
            fill(f, base + f->offset, depth);
        } else if (f->type != PROTOBUF_C_TYPE_MESSAGE || (depth < 4 && chance(2))) {
            fill(f, base + f->offset, depth);
        }
    }
    return m;
}

/* What is read of these bytes, written again; 0 = they are no message. */
static size_t library_reads(const ProtobufCMessageDescriptor *d, const uint8_t *bytes, size_t n,
                            uint8_t *again)
{
    ProtobufCMessage *m = protobuf_c_message_unpack(d, NULL, n, bytes);
    size_t size = m ? protobuf_c_message_pack(m, again) + 1 : 0;
    protobuf_c_message_free_unpacked(m, NULL);
    return size;
}

static size_t we_read(const struct hx_packing *packing, const uint8_t *bytes, size_t n,
                      uint8_t *again)
{
    struct hx_arena arena;
    hx_arena_init(&arena, 0);
    ProtobufCMessage *m = hx_message_unpack(packing, &arena, bytes, n);
    size_t size = m ? protobuf_c_message_pack(m, again) + 1 : 0;
    assert_false(hx_arena_failed(&arena));
    hx_arena_fini(&arena);
    return size;
}

static void same_reading(const ProtobufCMessageDescriptor *d, const struct hx_packing *packing,
                         const uint8_t *bytes, size_t n)
{
    static uint8_t want[2 * BUF], got[2 * BUF];
    size_t size = library_reads(d, bytes, n, want);
    assert_int_equal(we_read(packing, bytes, n, got), size);
    if (size)
        assert_memory_equal(got, want, size - 1);
}

/* As it was written, cut, twice, with other bytes in it. */
static void reads_the_same(const ProtobufCMessageDescriptor *d, const struct hx_packing *packing,
                           const uint8_t *bytes, size_t n)
{
    static uint8_t other[2 * BUF];
    same_reading(d, packing, bytes, n);
    memcpy(other, bytes, n);
    memcpy(other + n, bytes, n);
    same_reading(d, packing, other, 2 * n);
    for (int i = 0; n && i < 8; i++) {
        other[chance((unsigned)n)] = (uint8_t)chance(256);
        same_reading(d, packing, other, n);
        same_reading(d, packing, other, chance((unsigned)n));
    }
}

static void same_bytes(const ProtobufCMessageDescriptor *d)
{
    static uint8_t want[BUF], got[BUF];
    struct hx_packing *packing = hx_packing_new(d);
    assert_non_null(packing);
    for (int i = 0; i < 300; i++) {
        ProtobufCMessage *m = make(d, 0);
        size_t n = protobuf_c_message_pack(m, want);
        assert_true(n < BUF - 64);
        uint8_t *p = hx_message_pack(packing, m, got, got + BUF);
        assert_non_null(p);
        assert_int_equal(got + BUF - p, n);
        assert_memory_equal(p, want, n);
        if (n + HX_MESSAGE_SPARE <= BUF)
            assert_non_null(hx_message_pack(packing, m, got, got + n + HX_MESSAGE_SPARE));
        /* what it reads back to is what went in, unknown fields and all */
        assert_null(n ? hx_message_pack(packing, m, got, got + n - 1) : NULL);
        reads_the_same(d, packing, want, n);
        ProtobufCMessage *back = protobuf_c_message_unpack(d, NULL, n, want);
        assert_non_null(back);
        p = hx_message_pack(packing, back, got, got + BUF);
        assert_memory_equal(p, want, n);
        protobuf_c_message_free_unpacked(back, NULL);
        protobuf_c_message_free_unpacked(m, NULL);
    }
    hx_packing_free(packing);
}

static void entries_are_the_same(void **state)
{
    (void)state;
    same_bytes(&hongxin__v1__entry__descriptor);
}

static void events_are_the_same(void **state)
{
    (void)state;
    same_bytes(&hongxin__v1__event__descriptor);
}

static void case_views_are_the_same(void **state)
{
    (void)state;
    same_bytes(&hongxin__v1__case_view__descriptor);
}

static void responses_are_the_same(void **state)
{
    (void)state;
    same_bytes(&hongxin__v1__response__descriptor);
}

static void unknown_fields_are_kept(void **state)
{
    (void)state;
    static const uint8_t newer[] = {0x08, 0x05, 0xc2, 0x0c, 0x03, 'n',
                                    'e',  'w',  0xc8, 0x0c, 0x96, 0x01};
    uint8_t got[64];
    struct hx_packing *packing = hx_packing_new(&hongxin__v1__entry__descriptor);
    hxp_entry *e = hongxin__v1__entry__unpack(NULL, sizeof newer, newer);
    assert_non_null(e);
    assert_int_equal(e->base.n_unknown_fields, 2);
    uint8_t *p = hx_message_pack(packing, &e->base, got, got + sizeof got);
    assert_int_equal(got + sizeof got - p, sizeof newer);
    assert_memory_equal(p, newer, sizeof newer);
    hongxin__v1__entry__free_unpacked(e, NULL);
    hx_packing_free(packing);
}

/* A tag or a length of more bytes than it needs says the same to us and is refused by protobuf-c:
 * what is taken now must be read again by whoever replays the journal. */
static void long_heads_are_refused_as_by_the_library(void **state)
{
    (void)state;
    static const uint8_t tag[] = {0x8a, 0x80, 0x80, 0x80, 0x80, 0x00, 0x01, 'x'},
                         length[] = {0x0a, 0x81, 0x80, 0x80, 0x80, 0x80, 0x00, 'x'},
                         five[] = {0x8a, 0x80, 0x80, 0x80, 0x00, 0x81, 0x80, 0x80, 0x80, 0x00, 'x'};
    struct hx_packing *packing = hx_packing_new(&hongxin__v1__event__descriptor);
    uint8_t again[64];
    same_reading(&hongxin__v1__event__descriptor, packing, tag, sizeof tag);
    same_reading(&hongxin__v1__event__descriptor, packing, length, sizeof length);
    same_reading(&hongxin__v1__event__descriptor, packing, five, sizeof five);
    assert_int_equal(we_read(packing, tag, sizeof tag, again), 0);
    assert_int_equal(we_read(packing, length, sizeof length, again), 0);
    assert_int_equal(we_read(packing, five, sizeof five, again), 4);
    hx_packing_free(packing);
}

/* Of a stranger: what the library alone would read, and could not read as it writes it. */
static void assert_refused(const struct hx_packing *packing, const uint8_t *bytes, size_t n)
{
    struct hx_arena arena;
    ProtobufCMessage *m;
    hx_arena_init(&arena, 0);
    assert_non_null(hx_message_unpack(packing, &arena, bytes, n));
    hx_arena_reset(&arena);
    const ProtobufCBinaryData all = {n, (uint8_t *)(uintptr_t)bytes};
    assert_int_equal(hx_message_unpack_bounded(packing, &arena, all, &m), HX_CORRUPT);
    assert_null(m);
    assert_int_equal(arena.total, 0);
    hx_arena_fini(&arena);
}

static void a_field_of_number_0_is_refused(void **state)
{
    (void)state;
    static const uint8_t plain[] = {0x80, 0x00, 0x37},
                         in_data[] = {0x82, 0x01, 0x03, 0x80, 0x00, 0x37},
                         in_history[] = {0x82, 0x01, 0x06, 0xa2, 0x03, 0x03, 0x80, 0x00, 0x37};
    struct hx_packing *packing = hx_packing_new(&hongxin__v1__event__descriptor);
    assert_refused(packing, plain, sizeof plain);
    assert_refused(packing, in_data, sizeof in_data);
    assert_refused(packing, in_history, sizeof in_history);
    hx_packing_free(packing);
}

/* An item without an event: there are no bytes to point to. */
static void nothing_is_an_empty_message(void **state)
{
    (void)state;
    uint8_t again[64];
    struct hx_packing *packing = hx_packing_new(&hongxin__v1__event__descriptor);
    assert_int_equal(we_read(packing, NULL, 0, again), 1);
    hx_packing_free(packing);
}

/* ---- what strangers send: a list of empty messages, built by hand ---- */

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
    struct hx_packing *packing = hx_packing_new(&many_kind);
    assert_non_null(packing);
    int rc = hx_message_unpack_bounded(packing, a, (ProtobufCBinaryData){2 * n, bytes}, &message);
    hx_packing_free(packing);
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
    struct hx_packing *packing = hx_packing_new(&many_kind);
    assert_int_equal(hx_message_unpack_bounded(packing, &a, (ProtobufCBinaryData){2, cut}, &none),
                     HX_CORRUPT);
    hx_packing_free(packing);
    assert_null(none);
    assert_false(hx_arena_failed(&a));
    hx_arena_fini(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(entries_are_the_same),
        cmocka_unit_test(events_are_the_same),
        cmocka_unit_test(case_views_are_the_same),
        cmocka_unit_test(responses_are_the_same),
        cmocka_unit_test(unknown_fields_are_kept),
        cmocka_unit_test(long_heads_are_refused_as_by_the_library),
        cmocka_unit_test(a_field_of_number_0_is_refused),
        cmocka_unit_test(nothing_is_an_empty_message),
        cmocka_unit_test(what_would_become_too_large_takes_nothing),
        cmocka_unit_test(the_arenas_own_limit_is_no_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
