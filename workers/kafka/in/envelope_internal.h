/* Inside envelope.c, content.c and structured.c. */
#ifndef KAFKA_ENVELOPE_INTERNAL_H
#define KAFKA_ENVELOPE_INTERNAL_H

#include "kafka/in/envelope.h"
#include <jansson.h>
#include <stdbool.h>

enum { ATTRIBUTE_MAX = 256 };

/* Of a CloudEvent, or of a record without one (then only content_type may be set). "" = not given.
 */
struct attributes {
    char id[ATTRIBUTE_MAX], source[ATTRIBUTE_MAX], type[ATTRIBUTE_MAX], time[ATTRIBUTE_MAX];
    char specversion[ATTRIBUTE_MAX], dataschema[ATTRIBUTE_MAX], content_type[ATTRIBUTE_MAX];
    int64_t t_occ; /* `time` read; 0 = not given */
};

/* Where an attribute stands by its name; NULL: it is none that we read. */
char *attribute_place(struct attributes *a, const char *name);
/* Copies it. BAD_HEADER: not UTF-8, too long. */
enum envelope_reason attribute_put(char *place, const void *text, size_t size);

/* All that 1.0 requires is there; reads `time`. */
enum envelope_reason attributes_check(struct attributes *a);

/* Bytes of a value under its attributes. */
enum envelope_reason content_read(const struct envelope *in, const struct attributes *a,
                                  const void *value, size_t size, struct envelope_event *out);
/* A value that is a JSON object already; the reference stays the caller's, it may be changed. */
enum envelope_reason content_json(const struct envelope *in, const struct attributes *a,
                                  json_t *object, struct envelope_event *out);

/* The value of a record whose content type begins with application/cloudevents. */
enum envelope_reason structured_read(const struct envelope *in, const char *content_type,
                                     struct envelope_event *out);

/* "application/json; charset=utf-8" is this media type, in any case of letters. */
bool media_is(const char *content_type, const char *media);
/* Its media type ends so: "+json". */
bool media_ends(const char *content_type, const char *suffix);

#endif
