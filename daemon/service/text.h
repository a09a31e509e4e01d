/* Text from outside. Pure. */
#ifndef SERVICE_TEXT_H
#define SERVICE_TEXT_H

#include <protobuf-c/protobuf-c.h>
#include <stdbool.h>
#include <stddef.h>

/* All of it is well-formed UTF-8. */
bool text_is_utf8(const char *s);

/* Whether every text field of a message, and of the messages in it, passes. `text` may be NULL, and
 * protobuf_c_empty_string when it was not given. */
typedef bool text_test(const char *text);
bool text_all(const ProtobufCMessage *m, text_test *ok);

/* All of them are well-formed UTF-8. */
bool text_all_utf8(const ProtobufCMessage *m);

#endif
