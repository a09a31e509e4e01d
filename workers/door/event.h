/* An event that somebody else has packed, a device that signs say: its bytes go to the daemon as
 * they are, and are unpacked only to see whose they are. */
#ifndef DOOR_EVENT_H
#define DOOR_EVENT_H

#include "hongxin/schema.h"
#include <stddef.h>

/* Owned: hongxin__v1__event__free_unpacked. NULL: more than HX_EVENT_MAX bytes, events in events,
 * no Event, or no memory. Any thread. */
hxp_event *event_read(const void *bytes, size_t size);

#endif
