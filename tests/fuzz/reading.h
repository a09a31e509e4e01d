/* Bytes read as the doors read them (service/intake/early.h), and by protobuf-c, with which replays
 * and most clients read the same: both must take and refuse the same bytes, and make the same of
 * what they take, which can be written in both ways and read again. abort() when that is not so.
 * Three differences are meant: our reading takes no more memory than the size allows (HX_TOOBIG),
 * goes down no more than an import's two events, and takes no field of the number 0. */
#ifndef FUZZ_READING_H
#define FUZZ_READING_H

#include "base/arena.h"
#include "hongxin/schema.h"
#include <stddef.h>
#include <stdint.h>

/* In the arena, which has no limit. NULL: refused. */
hxp_request *reading_request(struct hx_arena *arena, const uint8_t *bytes, size_t size);

/* The result and the event of early_decode(). */
int reading_event(struct hx_arena *arena, ProtobufCBinaryData bytes, hxp_event **event);

/* Whether two messages are written as the same bytes. */
bool reading_same(const ProtobufCMessage *a, const ProtobufCMessage *b);

#endif
