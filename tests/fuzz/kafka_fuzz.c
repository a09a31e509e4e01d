/* What a record of a topic might hold. The first byte chooses headers and format, the rest is the
 * value; what is read must be the same again, and never more than the door takes. Behind 0xff
 * stands a record of the position topic: what is read of it is written as the same. */
#include "fuzz.h"
#include "hongxin/limits.h"
#include "kafka/in/envelope.h"
#include "kafka/out/position.h"

#include <stdlib.h>
#include <string.h>

enum { POSITION = 0xff };

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

/* The texts are our own: written as they are, without a look at what JSON wants. */
static bool is_plain(const char *text)
{
    for (; *text; text++)
        if ((unsigned char)*text < ' ' || *text == '"' || *text == '\\')
            return false;
    return true;
}

static void try_position(const uint8_t *data, size_t size)
{
    struct position p = {.lsn = 1}, again = {.lsn = 2};
    char text[POSITION_TEXT];
    if (position_read(data, size, &p)) {
        if (p.lsn != 1)
            abort();
        return;
    }
    size_t n = position_write(&p, text);
    if (n >= sizeof text || strlen(text) != n)
        abort();
    if (!is_plain(p.epoch) || !is_plain(p.slow) || !is_plain(p.owner))
        return;
    if (position_read(text, n, &again) || strcmp(again.epoch, p.epoch) != 0 || again.lsn != p.lsn ||
        again.states != p.states || again.resets != p.resets || again.at != p.at ||
        strcmp(again.slow, p.slow) != 0 || strcmp(again.owner, p.owner) != 0)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct envelope_header headers[8];
    struct envelope_event one, two;
    if (!size)
        return 0;
    if (*data == POSITION) {
        try_position(data + 1, size - 1);
        return 0;
    }
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
