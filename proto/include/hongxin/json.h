/* Messages of the schema as JSON, and back. Both directions follow the protobuf-c descriptors, so a
 * new field needs no line here.
 *
 *   key            the field's name; keys stand in the order of the field numbers
 *   sfixed64       an instant: RFC 3339 text with milliseconds; left out when 0
 *   numbers, bool  always written (see HX_JSON_SPARSE); a uint64 above 2^63-1 is written as text
 *   enum           its name; left out when it is the zero value ..._UNSPECIFIED
 *   string, bytes  left out when empty; bytes are base64 with padding
 *   repeated       a list; left out when empty
 *   message        an object; left out when absent
 *   oneof          only the member that is set, under its own name
 *
 * Jansson keeps keys in order of insertion. All functions may be called from any thread; messages
 * are only read, and the returned objects belong to the caller. */
#ifndef HONGXIN_JSON_H
#define HONGXIN_JSON_H

#include "hongxin/error.h"
#include "hongxin/schema.h"
#include <jansson.h>

/* How JSON is printed everywhere: one line, keys in order, doubles with 15 digits (a coordinate is
 * exact to a fraction of a millimetre and 121.4737 stays 121.4737). For json_dumps() and kin. */
#define HX_JSON_DUMP (JSON_COMPACT | JSON_PRESERVE_ORDER | JSON_REAL_PRECISION(15))

/* Leave out numbers that are 0 and booleans that are false as well: what a source did not give. */
#define HX_JSON_SPARSE 1u

enum { HX_JSON_PROBLEM = 256 };

/* A new object for `message`, NULL when memory is short. `utc_offset_minutes` (east positive) is
 * the offset in which instants are written. What JSON cannot hold does not fail: bytes that are not
 * UTF-8 become U+FFFD, a number that is not finite becomes null, an instant outside the limits of
 * hongxin/instant.h stays an integer, an enum value without a name is written as its number. */
HX_CHECK json_t *hx_json_from_message(const ProtobufCMessage *message, int utc_offset_minutes,
                                      unsigned flags);

/* A new message of type `descriptor` from `object`, to be freed by the caller with
 * protobuf_c_message_free_unpacked(*out, NULL). Strict: HX_INVALID for a key that the message does
 * not have, a value of the wrong type or out of range (null is one), text with a NUL byte, an
 * instant or base64 that cannot be read, an enum name that is not in the schema, or two members of
 * one oneof. `problem` then names the key by its path ("data.position[1]: …") and never quotes a
 * value. 64-bit integers are also accepted as decimal text. HX_NOMEM. On error *out is NULL. */
HX_CHECK int hx_json_to_message(const ProtobufCMessageDescriptor *descriptor, const json_t *object,
                                ProtobufCMessage **out, char problem[HX_JSON_PROBLEM]);

/* One fact of an entry as a line of the output of `hongxin simulate`: `t` (the entry's t_rec),
 * `t_wall` when the wall clock showed something else, `lsn`, `fact` (hx_fact_name), `case` and
 * `cycle` when `label` is not NULL, then the fact's own keys. `label` is the case as the reader
 * knows it: a scenario's label or the printed number. A key that the line has already (a Reply's
 * own `lsn`) is not written twice: the entry's stands. NULL when memory is short or the fact is
 * empty. */
HX_CHECK json_t *hx_json_fact_line(const hxp_entry *entry, const hxp_fact *fact, const char *label,
                                   int utc_offset_minutes);

#endif
