/* What a record of a topic says: an event, by its headers and its value. Binary and structured mode
 * of CloudEvents 1.0 on Kafka are read, and records without any of that.
 *
 *   content-type: application/cloudevents+json       structured; `data` is an event as JSON,
 *                                                    `data_base64` one in protobuf
 *   content-type: application/cloudevents+protobuf   structured; binary_data, text_data, proto_data
 *   ce_specversion: 1.0                              binary; the value is what content-type says
 *   neither                                          the value is what content-type says, or the
 *                                                    topic's format when there is none
 *
 * A value in protobuf (application/protobuf, application/x-protobuf) is a hongxin.v1.Event, or an
 * Item with `messageType=hongxin.v1.Item`; one in JSON is an event with "reporter" beside it. What
 * the event itself leaves out is taken from the attributes: id, source, type (its last word,
 * without a version: "cn.city.REPORTED.v1"), time (as t_occ). Nothing else is added, so that a
 * record that comes twice gives the same bytes. Pure; any thread. */
#ifndef KAFKA_ENVELOPE_H
#define KAFKA_ENVELOPE_H

#include "hongxin/schema.h"
#include <stddef.h>
#include <stdint.h>

enum envelope_format { ENVELOPE_PROTOBUF, ENVELOPE_JSON };

struct envelope_header {
    const char *name;
    const void *value; /* NULL: null */
    size_t size;
};

struct envelope {
    const void *value; /* NULL: none, a tombstone */
    size_t size;
    const struct envelope_header *headers; /* of two with one name the last one counts */
    size_t n_headers;
    enum envelope_format format; /* of the topic */
    const char *source;          /* the only one that the topic may speak for; "" = any */
};

/* Why there is no event in it. */
#define ENVELOPE_REASONS(X)                                                                        \
    X(EMPTY)          /* no value */                                                               \
    X(OVERSIZE)       /* more than HX_EVENT_MAX bytes */                                           \
    X(BAD_HEADER)     /* content-type or an attribute is not UTF-8, or longer than 255 bytes */    \
    X(BAD_CLOUDEVENT) /* specversion is not 1.0; id, source or type is missing; bad time */        \
    X(WRONG_CONTENT_TYPE) /* neither protobuf nor JSON */                                          \
    X(UNKNOWN_SCHEMA)     /* another message, a schema registry's frame */                         \
    X(NOT_JSON)                                                                                    \
    X(NOT_AN_EVENT)   /* JSON with keys or values that an event has not */                         \
    X(FOREIGN_SOURCE) /* not the topic's source */                                                 \
    X(NO_MEMORY)      /* not the record's fault: to be read again */

enum envelope_reason {
    ENVELOPE_GOOD,
#define X(name) ENVELOPE_##name,
    ENVELOPE_REASONS(X)
#undef X
};

const char *envelope_reason_name(enum envelope_reason reason); /* "EMPTY"; "" = good */

struct envelope_event {
    const uint8_t *bytes; /* a serialized Event, perhaps one that the daemon will not understand */
    size_t size;
    hxp_reporter *reporter; /* NULL: none */
    /* What it points into, when it is not the record. */
    uint8_t *owned;
    Hongxin__V1__Item *item;
};

/* Fills *out, which points into the envelope or into itself. Give it back in any case. */
enum envelope_reason envelope_read(const struct envelope *in, struct envelope_event *out);
void envelope_event_free(struct envelope_event *event);

#endif
