/* A stack of memory instead of some sixty allocations for an entry. One block is kept from entry to
 * entry; what does not fit has a block of its own until the next reset. */
#include "client_internal.h"

#include <stdalign.h>
#include <stdlib.h>

enum { BLOCK = 64 * 1024 };

struct hx_scratch_block {
    struct hx_scratch_block *next;
    size_t size, used;
    alignas(max_align_t) unsigned char data[];
};

static struct hx_scratch_block *add_block(struct hx_scratch *s, size_t need)
{
    size_t size = need > BLOCK ? need : BLOCK;
    struct hx_scratch_block *b = malloc(sizeof *b + size);
    if (!b)
        return NULL;
    *b = (struct hx_scratch_block){.next = s->blocks, .size = size};
    s->blocks = b;
    return b;
}

static void *take(void *data, size_t size)
{
    struct hx_scratch *s = data;
    size_t need = (size + alignof(max_align_t) - 1) & ~(alignof(max_align_t) - 1);
    struct hx_scratch_block *b = s->blocks;
    if (need < size || ((!b || b->size - b->used < need) && !(b = add_block(s, need))))
        return NULL;
    b->used += need;
    return b->data + b->used - need;
}

static void give(void *data, void *pointer)
{
    (void)data;
    (void)pointer;
}

ProtobufCAllocator hx_scratch_allocator(struct hx_scratch *s)
{
    return (ProtobufCAllocator){.alloc = take, .free = give, .allocator_data = s};
}

static void free_blocks(struct hx_scratch_block *b)
{
    while (b) {
        struct hx_scratch_block *next = b->next;
        free(b);
        b = next;
    }
}

void hx_scratch_reset(struct hx_scratch *s)
{
    struct hx_scratch_block *kept = s->blocks;
    if (!kept)
        return;
    free_blocks(kept->next);
    kept->next = NULL;
    kept->used = 0;
    if (kept->size > BLOCK)
        hx_scratch_fini(s);
}

void hx_scratch_fini(struct hx_scratch *s)
{
    free_blocks(s->blocks);
    s->blocks = NULL;
}
