/* Packing protobuf-c messages in one pass, and unpacking them.
 *
 * protobuf_c_message_pack() needs the size first, which costs a second walk over the whole message,
 * and asks the descriptor of every field again and again. Here what a descriptor says is brought
 * into a short form once (a packing), and a message is written from its end towards its beginning,
 * so that every length is known when it is due. The bytes are the same. Only what proto3 has is
 * supported: no required fields, no defaults, no groups. A packing is immutable; any thread. */
#ifndef BASE_MESSAGE_H
#define BASE_MESSAGE_H

#include "base/arena.h"
#include "hongxin/error.h"
#include <protobuf-c/protobuf-c.h>
#include <stddef.h>
#include <stdint.h>

/* How messages of one kind are written, with everything that can stand inside them. */
struct hx_packing;

/* NULL without memory. Freed with hx_packing_free; NULL allowed there. */
struct hx_packing *hx_packing_new(const ProtobufCMessageDescriptor *kind);
void hx_packing_free(struct hx_packing *packing);

/* Writes a message of this kind into the last bytes of [start, end) and returns where it begins;
 * NULL when it does not fit with HX_MESSAGE_SPARE bytes left over. */
enum { HX_MESSAGE_SPARE = 16 };
uint8_t *hx_message_pack(const struct hx_packing *packing, const ProtobufCMessage *message,
                         uint8_t *start, uint8_t *end);

/* A message as bytes of its own, for a few at a time: owned, for free(). NULL: no memory. */
uint8_t *hx_message_bytes(const ProtobufCMessage *message, size_t *size);

/* What protobuf_c_message_unpack() makes of these bytes, in the arena: a message as
 * hx_message_pack() writes it in one pass, with what a descriptor says in its short form; anything
 * else (fields nobody knows, a list in two parts …) is left to that function. NULL: no message of
 * this kind, or no memory (hx_arena_failed). */
ProtobufCMessage *hx_message_unpack(const struct hx_packing *packing, struct hx_arena *arena,
                                    const void *bytes, size_t size);

/* The same of what a stranger has sent. An empty message within a message is two bytes and becomes
 * some hundred: so it may take HX_UNPACK_SPARE bytes, and HX_UNPACK_FACTOR for each of its own,
 * which no message comes near to that means something. HX_TOOBIG: it would take more; HX_CORRUPT:
 * not a message of this kind, or with a field of the number 0, which protobuf-c may take and
 * nobody else does; HX_NOMEM: no memory, or the arena's own limit. On an error nothing is
 * taken, *out is NULL, and the arena has failed only without memory. */
enum { HX_UNPACK_SPARE = 1024 * 1024, HX_UNPACK_FACTOR = 4 };
HX_CHECK int hx_message_unpack_bounded(const struct hx_packing *packing, struct hx_arena *arena,
                                       ProtobufCBinaryData bytes, ProtobufCMessage **out);

#endif
