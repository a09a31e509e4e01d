/* One thing to publish: a JSON object with the fields of an Event, "data" with the fields of Data,
 * and "reporter" with the reporter's identity. Flags and JSON Lines become such an
 * object first, and go to the wire through one strict function; rows of tables become messages at
 * once (mapping.h). One thread. */
#ifndef MAPPING_RECORD_H
#define MAPPING_RECORD_H

#include "hongxin/error.h"
#include "hongxin/schema.h"
#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

enum { RECORD_PROBLEM = 256, RECORD_ID_MAX = 128 };

struct record {
    uint64_t row;  /* 1, 2, 3 … of the input */
    uint64_t line; /* line of the input where it starts; 0 = command line */
    char id[RECORD_ID_MAX];
    bool in_arena;          /* both live in an arena, whose owner gives them back */
    hxp_event *event;       /* owned, if not in_arena; NULL = there is none */
    hxp_reporter *reporter; /* the same */
};

/* Sets one field by its path ("type", "data.text", "reporter.phone") from text. The field's type in
 * the schema decides how the text is read: a repeated field gets one more value, true/false and
 * yes/no are read for a bool, RFC 3339 for an instant. HX_NOTFOUND for a path that the schema does
 * not have, HX_INVALID for text that cannot be read; `problem` says which and why, without quoting
 * the text. */
HX_CHECK int record_set(json_t *object, const char *path, const char *text,
                        char problem[RECORD_PROBLEM]);

/* HX_OK when record_set() knows the path. */
HX_CHECK int record_path_known(const char *path);

/* The object as messages. Takes nothing away from `object`. HX_INVALID with `problem` (which never
 * quotes a value) for an unknown key, a wrong type, or no type. On error nothing is to be freed. */
HX_CHECK int record_from_json(const json_t *object, struct record *out,
                              char problem[RECORD_PROBLEM]);
/* What every record must have: a type, and an id that is not too long; sets `id`. HX_INVALID with
 * `problem`. */
HX_CHECK int record_check(struct record *record, char problem[RECORD_PROBLEM]);
void record_fini(struct record *record);

/* A new id that sorts by time: 13 digits of milliseconds, a hyphen, 10 random hex digits. `out` has
 * room for RECORD_ID_MAX. */
void record_new_id(int64_t now, char *out);

/* An id that is the same whenever the same text stands in the same row: for inputs that may be sent
 * again. */
void record_stable_id(const char *prefix, uint64_t row, const char *text, size_t size, char *out);

#endif
