/* One field of an event, its data or its reporter, named by its path ("type", "data.text",
 * "reporter.phone") and filled from text. The field's type in the schema decides how the text is
 * read. Pure; any thread. */
#ifndef MAPPING_FIELD_H
#define MAPPING_FIELD_H

#include "base/arena.h"
#include "hongxin/error.h"
#include <stdbool.h>
#include <stdint.h>

struct map_field {
    enum { FIELD_EVENT, FIELD_DATA, FIELD_REPORTER } part;
    const ProtobufCFieldDescriptor *is; /* NULL: not looked up yet */
};

/* HX_NOTFOUND: the schema has no such field, or it holds a message. */
HX_CHECK int field_find(const char *path, struct map_field *out);

/* Fills the field of `message`, which is of the field's part: a repeated one gets one more value
 * (of numbers as many as the text holds, "121.47,31.23"), true/false, yes/no, 1/0 and 是/否 are
 * read for a bool, RFC 3339 for an instant. What it points to lives in the arena. HX_INVALID: the
 * text cannot be read so. HX_NOMEM. */
HX_CHECK int field_put(const struct map_field *f, ProtobufCMessage *message, const char *text,
                       struct hx_arena *arena);

/* An instant, into a field that holds one; HX_INVALID for another field. */
HX_CHECK int field_put_instant(const struct map_field *f, ProtobufCMessage *message, int64_t ms);

/* The text that stands in a field; "" when it holds none. */
const char *field_text(const struct map_field *f, const ProtobufCMessage *message);

/* Text as a value. */
HX_CHECK int field_read_bool(const char *text, bool *out);
HX_CHECK int field_read_whole(const char *text, uint64_t *out); /* up to INT64_MAX */
HX_CHECK int field_read_real(const char *text, double *out);

#endif
