/* Text from outside. Pure. */
#ifndef SERVICE_TEXT_H
#define SERVICE_TEXT_H

#include <protobuf-c/protobuf-c.h>
#include <stdbool.h>

/* All of it is well-formed UTF-8. */
bool text_is_utf8(const char *s);

/* The same for every text field of a message and the messages in it. Never NULL. */
bool text_all_utf8(const ProtobufCMessage *m);

#endif
