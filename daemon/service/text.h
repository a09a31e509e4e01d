/* Text from outside. Pure. */
#ifndef SERVICE_TEXT_H
#define SERVICE_TEXT_H

#include <protobuf-c/protobuf-c.h>
#include <stdbool.h>
#include <stddef.h>

/* Well-formed UTF-8 (RFC 3629: no surrogates, nothing overlong, nothing above U+10FFFF). */
bool text_is_utf8(const char *s, size_t n);

/* The same for every text field of a message and the messages in it. Never NULL. */
bool text_all_utf8(const ProtobufCMessage *m);

#endif
