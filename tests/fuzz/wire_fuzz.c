/* What comes through the doors: the bytes of a Request, decoded as the service does it, judged as
 * far as that needs no store, and written again by both ways of writing. */
#include "base/arena.h"
#include "base/message.h"
#include "fuzz.h"
#include "hongxin/schema.h"
#include "service/feeds/filter.h"
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
    if (filter_copy(f, &copy) == HX_OK)
        filter_free(copy);
}

/* Both ways of writing a message agree: ours for answers, and the library's for everything else. */
static void check_again(const hxp_request *m)
{
    static struct hx_packing *packing;
    static uint8_t ours[1 << 16], theirs[1 << 16];
    if (!packing && !(packing = hx_packing_new(&hongxin__v1__request__descriptor)))
        abort();
    size_t size = protobuf_c_message_get_packed_size(&m->base);
    if (size > sizeof theirs / 2)
        return;
    protobuf_c_message_pack(&m->base, theirs);
    const uint8_t *begin = hx_message_pack(packing, &m->base, ours, ours + sizeof ours);
    if (!begin || (size_t)(ours + sizeof ours - begin) != size || memcmp(begin, theirs, size) != 0)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct hx_arena arena;
    hx_arena_init(&arena, 0);
    ProtobufCAllocator in_arena = hx_arena_allocator(&arena);
    const hxp_request *m = hongxin__v1__request__unpack(&in_arena, size, data);
    if (m) {
        (void)text_all_utf8(&m->base);
        if (m->ask_case == HONGXIN__V1__REQUEST__ASK_HELLO)
            check_filter(m->hello->filter);
        else if (m->ask_case == HONGXIN__V1__REQUEST__ASK_LIST)
            check_filter(m->list->filter);
        else if (m->ask_case == HONGXIN__V1__REQUEST__ASK_COUNT)
            check_filter(m->count->filter);
        check_again(m);
    }
    hx_arena_fini(&arena);
    return 0;
}
