/* A look at the bytes of an event before they are unpacked. An import's event holds earlier ones
 * (Data.history), and those none. protobuf-c follows events in events down the stack, as far as a
 * sender likes: some ten thousand, in the size that an event may have, end a program. Pure, any
 * thread, no memory. */
#ifndef HONGXIN_FLAT_H
#define HONGXIN_FLAT_H

#include <stdbool.h>
#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

/* False: it is no Event that anybody takes, and is not to be unpacked. What is malformed otherwise
 * is left to the unpacking. `bytes` may be NULL when there are none. */
bool hx_event_is_flat(const void *bytes, size_t size);

#ifdef __cplusplus
}
#endif

#endif
