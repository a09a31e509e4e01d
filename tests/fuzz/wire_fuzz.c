/* What comes through the doors: the bytes of a Request, read as the doors read it (reading.h) and
 * judged as far as that needs no store; each item of a Publish through all that looks at it before
 * the machine does. */
#include "config/access/access.h"
#include "engine/machine/machine.h"
#include "fuzz.h"
#include "hongxin/limits.h"
#include "reading.h"
#include "service/acts/identity.h"
#include "service/feeds/filter.h"
#include "service/intake/evidence.h"
#include "service/locks/mask.h"
#include "service/text.h"

#include <stdlib.h>
#include <string.h>

static void check_filter(const hxp_filter *f)
{
    char hint[64];
    hxp_filter *copy = NULL;
    if (!f || filter_problem(f))
        return;
    (void)filter_hint(f, hint);
    int rc = filter_copy(f, &copy);
    if (rc == HX_NOMEM || (copy && !reading_same(&f->base, &copy->base)))
        abort();
    filter_free(copy);
}

static bool contains(ProtobufCBinaryData bytes, const char *text)
{
    return bytes.len && memmem(bytes.data, bytes.len, text, strlen(text));
}

/* What is shown instead of something can only come back where it stands. */
static void check_masks(const hxp_event *e, ProtobufCBinaryData bytes)
{
    if (mask_written_back(e) && !contains(bytes, HX_MASKED) && !contains(bytes, "CB-"))
        abort();
}

static void check_glance(const hxp_event *e, ProtobufCBinaryData bytes)
{
    struct hx_glance glance;
    hx_event_glance(e, bytes, &glance);
    if (glance.texts_good && !text_all_utf8(&e->base))
        abort();
}

/* The rest of an event whose signature is taken out is the event without it. */
static void check_rest(const hxp_event *e, ProtobufCBinaryData bytes)
{
    hxp_event unsigned_event = *e;
    uint8_t *rest = malloc(bytes.len + 1);
    if (!rest)
        abort();
    size_t n = evidence_signed_part(bytes.data, bytes.len, rest);
    hxp_event *again = n ? hongxin__v1__event__unpack(NULL, n, rest) : NULL;
    unsigned_event.device_signature = (ProtobufCBinaryData){0};
    if (n && (n > bytes.len || !again || !reading_same(&again->base, &unsigned_event.base)))
        abort();
    hongxin__v1__event__free_unpacked(again, NULL);
    free(rest);
}

/* The same of the event as we write it: there nothing is refused. A field that nobody knows is
 * written as it came, and may be one that only protobuf-c reads: a number of more than 64 bits. */
static void check_signed_part(const hxp_event *e)
{
    hxp_event unsigned_event = *e;
    size_t size = hongxin__v1__event__get_packed_size(e);
    uint8_t *bytes = malloc(2 * size + 1);
    if (!bytes)
        abort();
    (void)hongxin__v1__event__pack(e, bytes);
    check_rest(e, (ProtobufCBinaryData){size, bytes});
    size_t n = evidence_signed_part(bytes, size, bytes + size);
    unsigned_event.device_signature = (ProtobufCBinaryData){0};
    if (!e->base.n_unknown_fields && n != hongxin__v1__event__get_packed_size(&unsigned_event))
        abort();
    free(bytes);
}

static void check_reporter(const hxp_reporter *r)
{
    (void)text_all_utf8(&r->base);
    (void)identity_is_masked(r);
}

static void check_item(struct hx_arena *arena, const Hongxin__V1__Item *item)
{
    hxp_event *e;
    if (item->reporter)
        check_reporter(item->reporter);
    if (item->event.len > HX_EVENT_MAX || reading_event(arena, item->event, &e) != HX_OK)
        return;
    check_masks(e, item->event);
    check_glance(e, item->event);
    if (item->event.len)
        check_rest(e, item->event);
    check_signed_part(e);
}

static void check_publish(struct hx_arena *arena, const Hongxin__V1__Publish *p)
{
    for (size_t i = 0; p->n_items <= HX_ITEMS_MAX && i < p->n_items; i++)
        check_item(arena, p->items[i]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct hx_arena arena;
    if (size > HX_MESSAGE_MAX)
        return 0;
    hx_arena_init(&arena, 0);
    const hxp_request *m = reading_request(&arena, data, size);
    if (m) {
        (void)text_all_utf8(&m->base);
        if (m->ask_case == HONGXIN__V1__REQUEST__ASK_PUBLISH)
            check_publish(&arena, m->publish);
        else if (m->ask_case == HONGXIN__V1__REQUEST__ASK_HELLO)
            check_filter(m->hello->filter);
        else if (m->ask_case == HONGXIN__V1__REQUEST__ASK_LIST)
            check_filter(m->list->filter);
        else if (m->ask_case == HONGXIN__V1__REQUEST__ASK_COUNT)
            check_filter(m->count->filter);
    }
    hx_arena_fini(&arena);
    return 0;
}
