/* What a record of a topic looks like: an entry of the journal as a CloudEvent 1.0 in binary mode
 * (docs/kafka.md has the table of headers). Pure, any thread; everything made lives in the arena.
 */
#ifndef KAFKA_RECORD_H
#define KAFKA_RECORD_H

#include "base/arena.h"
#include "hongxin/schema.h"
#include "kafka/out/route.h"
#include <stdint.h>

enum { RECORD_HEADERS_MAX = 16, RECORD_SOURCE = 192 };

#define RECORD_KEY_CITY "city" /* key of entries that are about no case */

struct record {
    struct record *next;
    enum record_kind {
        RECORD_ONE,
        RECORD_RESET,       /* for every partition of every topic of entries */
        RECORD_EMPTY_STATES /* no record: what the topic of states holds gets tombstones */
    } kind;
    const char *topic; /* of RECORD_ONE */
    size_t place;      /* the sender's: of its topic among those that it knows */
    const char *key;   /* the case, "CL-17"; NULL = none (a reset) */
    const void *value;
    size_t size; /* 0 with value NULL: a tombstone */
    /* the event's attributes */
    const char *id, *source, *type, *subject, *sequence, *time, *cause, *facts, *content_type,
        *schema;
    const char *cut; /* why the value is not all there was: "OVERSIZE"; NULL = it is */
};

struct record_header {
    const char *name, *value;
};

/* The headers of a record, those without a value left out. Returns how many. */
size_t record_headers(const struct record *r, struct record_header out[RECORD_HEADERS_MAX]);

/* Attributes that may be left out: each costs time and room in every record. */
#define RECORD_ATTRIBUTES(X)                                                                       \
    X(SUBJECT, "subject") /* the key once more */                                                  \
    X(TIME, "time")                                                                                \
    X(DATASCHEMA, "dataschema") /* the message's name; of a topic always the same */               \
    X(CAUSE, "cause")                                                                              \
    X(FACTS, "facts")
enum record_attribute {
#define X(name, text) RECORD_##name,
    RECORD_ATTRIBUTES(X)
#undef X
        RECORD_ATTRIBUTES_COUNT
};

/* What is the same for all records of a journal. */
struct record_rules {
    char source[RECORD_SOURCE]; /* "/hongxin/EPOCH": LSNs are comparable within one source */
    size_t value_most;          /* bytes of a value; a larger one is cut (record_cut) */
    int utc_offset;             /* of instants in JSON, minutes */
    unsigned attributes;        /* those that records have beside the required ones, 1 << each */
};

/* The records of one entry, one for each target, linked; a lack of memory shows in
 * hx_arena_failed(). `bytes` is the entry as it came and is copied. */
struct record *record_of_entry(const struct record_rules *rules, const hxp_entry *entry,
                               const ProtobufCBinaryData *bytes, const struct route_target *targets,
                               struct hx_arena *arena);

/* One record that says: the journal is another one, or has a gap before `oldest_lsn`. */
struct record *record_of_reset(const struct record_rules *rules, uint64_t oldest_lsn,
                               struct hx_arena *arena);

/* States begin anew. */
struct record *record_of_no_states(struct hx_arena *arena);

/* A tombstone for a key as it stands in the topic of states. */
struct record record_of_tombstone(const char *key);

/* The state of a case, for the compacted topic; `view` NULL: the case is not open any more. */
struct record *record_of_state(const struct record_rules *rules, const char *topic,
                               uint64_t case_number, const hxp_case_view *view,
                               struct hx_arena *arena);

#endif
