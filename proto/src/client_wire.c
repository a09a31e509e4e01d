/* A Publish as it stands on the wire, written by hand: its items are kept as bytes, and sent again
 * without packing anything twice. */
#include "client_internal.h"

#include <string.h>

/* Tags of wire.proto; a unit test decodes what is built here with the generated code. */
enum {
    TAG_REQUEST_NUMBER = 15 << 3,
    TAG_REQUEST_PUBLISH = 1 << 3 | 2,
    TAG_REQUEST_BEHALF = 240 << 3 | 2,
    TAG_PUBLISH_REQUEST = 1 << 3,
    TAG_PUBLISH_ITEMS = 2 << 3 | 2,
    TAG_ITEM_EVENT = 1 << 3 | 2,
    TAG_ITEM_REPORTER = 2 << 3 | 2,
    TAG_ITEM_UNREADABLE = 220 << 3 | 2,
    TAG_ITEM_CLOSES = 425 << 3 | 2,
};

static uint8_t *put_varint(uint8_t *p, uint64_t v)
{
    for (; v >= 0x80; v >>= 7)
        *p++ = (uint8_t)(v | 0x80);
    *p++ = (uint8_t)v;
    return p;
}

static size_t varint_size(uint64_t v)
{
    size_t n = 1;
    while (v >>= 7)
        n++;
    return n;
}

static size_t text_size(uint64_t tag, size_t size)
{
    return size ? varint_size(tag) + varint_size(size) + size : 0;
}

static uint8_t *put_text(uint8_t *p, uint64_t tag, const char *text, size_t size)
{
    if (!size)
        return p;
    p = put_varint(p, tag);
    p = put_varint(p, size);
    memcpy(p, text, size);
    return p + size;
}

int hx_item_measure(const struct hx_item *item, struct hx_item_sizes *s)
{
    const hxp_event *e = item->event;
    if (e && (!e->id || !*e->id || !e->source || !*e->source))
        return HX_INVALID;
    if (!e && !item->bytes && !item->unreadable)
        return HX_INVALID;
    s->unreadable = item->unreadable ? strlen(item->unreadable) : 0;
    s->closes = item->closes ? strlen(item->closes) : 0;
    s->event = e ? hongxin__v1__event__get_packed_size(e) : item->size;
    s->reporter = item->reporter ? hongxin__v1__reporter__get_packed_size(item->reporter) : 0;
    if (s->event > HX_EVENT_MAX || s->reporter > HX_REPORTER_MAX)
        return HX_TOOBIG;
    s->item = 1 + varint_size(s->event) + s->event;
    if (item->reporter)
        s->item += 1 + varint_size(s->reporter) + s->reporter;
    s->item += text_size(TAG_ITEM_UNREADABLE, s->unreadable);
    s->item += text_size(TAG_ITEM_CLOSES, s->closes);
    return HX_OK;
}

size_t hx_item_write(uint8_t *to, const struct hx_item *item, const struct hx_item_sizes *s)
{
    uint8_t *p = put_varint(to, TAG_PUBLISH_ITEMS);
    p = put_varint(p, s->item);
    p = put_varint(p, TAG_ITEM_EVENT);
    p = put_varint(p, s->event);
    if (item->event)
        hongxin__v1__event__pack(item->event, p);
    else if (s->event)
        memcpy(p, item->bytes, s->event);
    p += s->event;
    if (item->reporter) {
        p = put_varint(p, TAG_ITEM_REPORTER);
        p = put_varint(p, s->reporter);
        p += hongxin__v1__reporter__pack(item->reporter, p);
    }
    p = put_text(p, TAG_ITEM_UNREADABLE, item->unreadable, s->unreadable);
    p = put_text(p, TAG_ITEM_CLOSES, item->closes, s->closes);
    return (size_t)(p - to);
}

size_t hx_publish_head(uint8_t *to, uint64_t number, const char *behalf, size_t body)
{
    uint8_t *p = put_varint(to, TAG_REQUEST_NUMBER);
    p = put_varint(p, number);
    p = put_text(p, TAG_REQUEST_BEHALF, behalf, strlen(behalf));
    p = put_varint(p, TAG_REQUEST_PUBLISH);
    p = put_varint(p, 1 + varint_size(number) + body);
    p = put_varint(p, TAG_PUBLISH_REQUEST);
    p = put_varint(p, number);
    return (size_t)(p - to);
}
