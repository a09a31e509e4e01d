/* Packing a protobuf-c message in one pass.
 *
 * protobuf_c_message_pack() needs the size first, which costs a second walk over the whole message.
 * Written from its end towards its beginning, every length is known when it is due, so one walk
 * suffices. The bytes are the same. Only what proto3 has is supported: no required fields, no
 * defaults, no groups. Pure; any thread. */
#ifndef BASE_MESSAGE_H
#define BASE_MESSAGE_H

#include <protobuf-c/protobuf-c.h>
#include <stddef.h>
#include <stdint.h>

/* Writes the message into the last bytes of [start, end) and returns where it begins; NULL when it
 * does not fit with HX_MESSAGE_SPARE bytes left over. */
enum { HX_MESSAGE_SPARE = 16 };
uint8_t *hx_message_pack(const ProtobufCMessage *message, uint8_t *start, uint8_t *end);

#endif
