/* PROTOCOL.md shows one exchange byte by byte. This test makes the exchange anew and looks for it
 * in the page, so that the page cannot drift from the schema. It prints what should stand there. */
#include "hongxin/limits.h"
#include "hongxin/schema.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define PAGE_PATH HX_SOURCE_DIR "/proto/PROTOCOL.md"
#define T_REPORT  INT64_C(1791802800000) /* 2026-10-12T19:00:00.000+08:00 */

static char *page, *wanted;
static size_t wanted_size;
static FILE *out;

static void hex(const char *title, const void *data, size_t size)
{
    const uint8_t *bytes = data;
    fprintf(out, "%s (%zu bytes)\n", title, size);
    for (size_t row = 0; row < size; row += 16) {
        fprintf(out, "  %04zx ", row);
        for (size_t i = row; i < row + 16; i++)
            fprintf(out, i < size ? " %02x" : "   ", i < size ? bytes[i] : 0);
        fprintf(out, "  ");
        for (size_t i = row; i < row + 16 && i < size; i++)
            fputc(bytes[i] >= 0x20 && bytes[i] < 0x7f ? bytes[i] : '.', out);
        fputc('\n', out);
    }
}

static void show(const char *title, const ProtobufCMessage *message)
{
    uint8_t bytes[1024];
    assert_true(protobuf_c_message_get_packed_size(message) <= sizeof bytes);
    hex(title, bytes, protobuf_c_message_pack(message, bytes));
}

static size_t pack_event(uint8_t *bytes)
{
    hxp_event event = HONGXIN__V1__EVENT__INIT;
    hxp_data data = HONGXIN__V1__DATA__INIT;
    event.id = (char *)"call-20261012-0042";
    event.source = (char *)"hotline-12345";
    event.source_seq = 42;
    event.type = (char *)"REPORTED";
    event.case_ref = (char *)"WO-0042";
    event.t_occ = T_REPORT;
    event.by = (char *)"reporter";
    event.data = &data;
    data.class_ = (char *)"SMALL";
    data.place = (char *)"B-0417";
    return hongxin__v1__event__pack(&event, bytes);
}

static void show_publish(void)
{
    uint8_t bytes[256];
    Hongxin__V1__Item item = HONGXIN__V1__ITEM__INIT, *items[] = {&item};
    Hongxin__V1__Publish publish = HONGXIN__V1__PUBLISH__INIT;
    hxp_request request = HONGXIN__V1__REQUEST__INIT;
    item.event.data = bytes;
    item.event.len = pack_event(bytes);
    publish.request = request.request = 7;
    publish.n_items = 1;
    publish.items = items;
    request.ask_case = HONGXIN__V1__REQUEST__ASK_PUBLISH;
    request.publish = &publish;
    hex("client, frame 1", HX_PROTOCOL, strlen(HX_PROTOCOL));
    show("client, frame 2: Request", &request.base);
}

static void show_replies(void)
{
    hxp_promise arrive = HONGXIN__V1__PROMISE__INIT, resolve = HONGXIN__V1__PROMISE__INIT;
    hxp_promise *promises[] = {&arrive, &resolve};
    hxp_reply reply = HONGXIN__V1__REPLY__INIT, *list[] = {&reply};
    Hongxin__V1__Replies replies = HONGXIN__V1__REPLIES__INIT;
    hxp_response response = HONGXIN__V1__RESPONSE__INIT;
    arrive.clock = (char *)"K_ARRIVE";
    arrive.deadline = T_REPORT + 5 * 60000;
    resolve.clock = (char *)"K_RESOLVE";
    resolve.deadline = T_REPORT + 40 * 60000;
    reply.id = (char *)"call-20261012-0042";
    reply.result = HONGXIN__V1__RESULT__ACCEPTED;
    reply.number = (char *)"CL-1";
    reply.n_promises = 2;
    reply.promises = promises;
    reply.lsn = reply.case_number = reply.case_version = 1;
    reply.source = (char *)"hotline-12345";
    replies.request = response.request = 7;
    replies.n_replies = 1;
    replies.replies = list;
    response.answer_case = HONGXIN__V1__RESPONSE__ANSWER_REPLIES;
    response.replies = &replies;
    hex("daemon, frame 1", HX_PROTOCOL, strlen(HX_PROTOCOL));
    show("daemon, frame 2: Response", &response.base);
}

static void test_the_exchange_in_hex_is_right(void **state)
{
    (void)state;
    out = open_memstream(&wanted, &wanted_size);
    show_publish();
    show_replies();
    fclose(out);
    if (!strstr(page, wanted)) {
        fputs(wanted, stderr);
        fail_msg("PROTOCOL.md does not show this exchange");
    }
    free(wanted);
}

static bool has_code(const char *name)
{
    char text[80];
    snprintf(text, sizeof text, "`%s`", name);
    return strstr(page, text) != NULL;
}

/* Whatever can be sent or answered has its place on the page, under its own name. */
static void test_every_message_is_described(void **state)
{
    (void)state;
    const ProtobufCMessageDescriptor *const envelopes[] = {&hongxin__v1__request__descriptor,
                                                           &hongxin__v1__response__descriptor};
    for (size_t i = 0; i < 2; i++)
        for (unsigned f = 0; f < envelopes[i]->n_fields; f++) {
            const ProtobufCFieldDescriptor *field = &envelopes[i]->fields[f];
            if (field->type == PROTOBUF_C_TYPE_MESSAGE &&
                !has_code(((const ProtobufCMessageDescriptor *)field->descriptor)->short_name))
                fail_msg("PROTOCOL.md says nothing about %s", field->name);
        }
    for (unsigned i = 1; i < hongxin__v1__result__descriptor.n_values; i++)
        if (!has_code(hongxin__v1__result__descriptor.values[i].name))
            fail_msg("PROTOCOL.md says nothing about %s",
                     hongxin__v1__result__descriptor.values[i].name);
}

static void test_the_limits_are_those_of_the_header(void **state)
{
    (void)state;
    static const struct {
        const char *name, *printed;
        int value;
    } limits[] = {{"HX_EVENT_MAX", "262,144", HX_EVENT_MAX},
                  {"HX_REPORTER_MAX", "3,500", HX_REPORTER_MAX},
                  {"HX_MESSAGE_MAX", "8,388,608", HX_MESSAGE_MAX},
                  {"HX_ITEMS_MAX", "4,096", HX_ITEMS_MAX},
                  {"HX_FILTER_MAX", "4,096", HX_FILTER_MAX},
                  {"HX_CREDIT_MAX", "4,096", HX_CREDIT_MAX},
                  {"HX_LIST_MAX", "500", HX_LIST_MAX},
                  {"HX_ALIVE_MS", "5,000", HX_ALIVE_MS},
                  {"HX_QUIET_MS", "15,000", HX_QUIET_MS}};
    for (size_t i = 0; i < sizeof limits / sizeof *limits; i++) {
        char row[80], digits[16] = "";
        for (const char *c = limits[i].printed; *c; c++)
            if (*c != ',')
                digits[strlen(digits)] = *c;
        assert_int_equal(atoi(digits), limits[i].value);
        snprintf(row, sizeof row, "| %s | `%s` |", limits[i].printed, limits[i].name);
        if (!strstr(page, row))
            fail_msg("PROTOCOL.md has no row \"%s\"", row);
    }
}

static int read_page(void **state)
{
    (void)state;
    FILE *file = fopen(PAGE_PATH, "r");
    assert_non_null(file);
    page = calloc(1, 256 * 1024);
    size_t n = fread(page, 1, 256 * 1024 - 1, file);
    fclose(file);
    return n > 0 ? 0 : -1;
}

static int free_page(void **state)
{
    (void)state;
    free(page);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_exchange_in_hex_is_right),
        cmocka_unit_test(test_every_message_is_described),
        cmocka_unit_test(test_the_limits_are_those_of_the_header),
    };
    return cmocka_run_group_tests_name("protocol", tests, read_page, free_page);
}
