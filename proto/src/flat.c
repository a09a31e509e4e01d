#include "hongxin/flat.h"

#include <stdint.h>

enum { EVENT_DATA = 16, DATA_HISTORY = 52, EVENTS_MOST = 2, WIRE_BYTES = 2 };

/* A base-128 number; false at the end of the bytes. */
static bool take_number(const uint8_t **p, const uint8_t *end, uint64_t *n)
{
    *n = 0;
    for (int shift = 0; *p < end && shift < 64; shift += 7) {
        uint8_t byte = *(*p)++;
        *n |= (uint64_t)(byte & 127) << shift;
        if (!(byte & 128))
            return true;
    }
    return false;
}

/* Steps over one field: its number, and its bytes when it has a length. False: no more fields. */
static bool take_field(const uint8_t **p, const uint8_t *end, uint64_t *field, size_t *size)
{
    static const uint8_t fixed[8] = {[1] = 8, [5] = 4};
    uint64_t key, n = 0;
    if (!take_number(p, end, &key))
        return false;
    unsigned wire = key & 7;
    if ((wire == 0 || wire == WIRE_BYTES) && !take_number(p, end, &n))
        return false;
    *field = wire == WIRE_BYTES ? key >> 3 : 0;
    *size = wire == WIRE_BYTES ? n : fixed[wire];
    return *size <= (size_t)(end - *p);
}

/* `level` counts events and their data: 0 the event, 1 its data, 2 an event of its history … */
static bool flat(const uint8_t *p, const uint8_t *end, int level)
{
    uint64_t field, inner = level % 2 ? DATA_HISTORY : EVENT_DATA;
    size_t size;
    if (level == 2 * EVENTS_MOST)
        return false;
    for (; take_field(&p, end, &field, &size); p += size)
        if (field == inner && !flat(p, p + size, level + 1))
            return false;
    return true;
}

bool hx_event_is_flat(const void *bytes, size_t size)
{
    const uint8_t *p = bytes;
    return !size || flat(p, p + size, 0);
}
