/* What a record of a topic might hold. The first byte chooses headers and format, the rest is the
 * value; what is read must be the same again, and never more than the door takes. */
#include "fuzz.h"
#include "hongxin/limits.h"
#include "kafka/in/envelope.h"

#include <stdlib.h>
#include <string.h>

static const char *const types[] = {NULL,
                                    "application/protobuf",
                                    "application/json",
                                    "application/cloudevents+json",
                                    "application/cloudevents+protobuf",
                                    "application/protobuf; messageType=hongxin.v1.Item",
                                    "text/html",
                                    "\xff"};

static size_t headers_for(uint8_t choice, struct envelope_header *out)
{
    static const char *const attributes[][2] = {{"ce_specversion", "1.0"},
                                                {"ce_id", "e-1"},
                                                {"ce_source", "hotline"},
                                                {"ce_type", "cn.city.REPORTED.v1"},
                                                {"ce_time", "2026-01-02T03:04:05Z"}};
    size_t n = 0;
    const char *type = types[choice & 7];
    if (type)
        out[n++] = (struct envelope_header){"content-type", type, strlen(type)};
    for (size_t i = 0; choice & 8 && i < 5; i++)
        out[n++] =
            (struct envelope_header){attributes[i][0], attributes[i][1], strlen(attributes[i][1])};
    return n;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct envelope_header headers[8];
    struct envelope_event one, two;
    if (!size)
        return 0;
    const struct envelope in = {.value = data + 1,
                                .size = size - 1,
                                .headers = headers,
                                .n_headers = headers_for(*data, headers),
                                .format = *data & 16 ? ENVELOPE_JSON : ENVELOPE_PROTOBUF,
                                .source = *data & 32 ? "hotline" : ""};
    enum envelope_reason reason = envelope_read(&in, &one);
    if (envelope_read(&in, &two) != reason)
        abort();
    if (!reason && (one.size == 0 || one.size > HX_EVENT_MAX || one.size != two.size ||
                    memcmp(one.bytes, two.bytes, one.size) != 0))
        abort();
    envelope_event_free(&one);
    envelope_event_free(&two);
    return 0;
}
