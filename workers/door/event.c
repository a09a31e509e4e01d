#include "door/event.h"

#include "hongxin/flat.h"
#include "hongxin/limits.h"

hxp_event *event_read(const void *bytes, size_t size)
{
    if (size > HX_EVENT_MAX || !hx_event_is_flat(bytes, size))
        return NULL;
    return hongxin__v1__event__unpack(NULL, size, bytes);
}
