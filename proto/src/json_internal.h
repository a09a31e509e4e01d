/* Shared by the two directions of the JSON conversion. */
#ifndef HONGXIN_JSON_INTERNAL_H
#define HONGXIN_JSON_INTERNAL_H

#include <protobuf-c/protobuf-c.h>

/* Bytes of one value of this type as protobuf-c lays it out in a message or an array. */
size_t hx_json_element_size(ProtobufCType type);

#endif
