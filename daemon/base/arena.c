#include "base/arena.h"

#include "base/owned.h"
#include "base/text.h"

#include <stdalign.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    BLOCK_SIZE = 64 * 1024,
    BLOCKS_KEPT = 512, /* 32 MiB: a full batch; beyond that memory goes back to the system */
};

struct hx_arena_block {
    struct hx_arena_block *next;
    size_t size;
    alignas(max_align_t) unsigned char data[];
};

void hx_arena_init(struct hx_arena *a, size_t limit)
{
    *a = (struct hx_arena){.limit = limit};
}

static void free_all(struct hx_arena_block *b)
{
    while (b) {
        struct hx_arena_block *next = b->next;
        free(b);
        b = next;
    }
}

void hx_arena_fini(struct hx_arena *a)
{
    free_all(a->blocks);
    free_all(a->spare);
    *a = (struct hx_arena){.limit = a->limit};
}

/* Blocks that went back to the system would have to be mapped and cleared for the next batch. */
static void give_back(struct hx_arena *a, const struct hx_arena_block *upto)
{
    while (a->blocks != upto) {
        struct hx_arena_block *b = a->blocks;
        a->blocks = b->next;
        if (b->size == BLOCK_SIZE && a->n_spare < BLOCKS_KEPT) {
            hx_owned_by_nobody(b->data, b->size);
            b->next = a->spare;
            a->spare = b;
            a->n_spare++;
        } else {
            free(b);
        }
    }
}

void hx_arena_reset(struct hx_arena *a)
{
    give_back(a, NULL);
    a->used = 0;
    a->total = 0;
    a->failed = a->over = false;
}

struct hx_arena_mark hx_arena_mark(const struct hx_arena *a)
{
    return (struct hx_arena_mark){a->blocks, a->used, a->total};
}

void hx_arena_back(struct hx_arena *a, const struct hx_arena_mark *mark)
{
    give_back(a, mark->block);
    if (a->blocks)
        hx_owned_by_nobody(a->blocks->data + mark->used, a->blocks->size - mark->used);
    a->used = mark->used;
    a->total = mark->total;
}

static struct hx_arena_block *take_block(struct hx_arena *a, size_t need)
{
    size_t size = need > BLOCK_SIZE ? need : BLOCK_SIZE;
    struct hx_arena_block *b = a->spare;
    if (b && size == BLOCK_SIZE) {
        a->spare = b->next;
        a->n_spare--;
        return b;
    }
    b = malloc(sizeof *b + size);
    if (!b)
        return NULL;
    b->size = size;
    hx_owned_by_nobody(b->data, size);
    return b;
}

static bool grow(struct hx_arena *a, size_t need)
{
    struct hx_arena_block *b = take_block(a, need);
    if (!b)
        return false;
    b->next = a->blocks;
    a->blocks = b;
    a->used = 0;
    return true;
}

void *hx_arena_take(struct hx_arena *a, size_t size)
{
    const size_t align = alignof(max_align_t);
    size_t need = (size + align - 1) & ~(align - 1);
    if (need < size || (a->limit && a->total + need > a->limit)) {
        a->over = true;
        goto failed;
    }
    if (!a->blocks || a->blocks->size - a->used < need) {
        if (!grow(a, need))
            goto failed;
    }
    void *p = a->blocks->data + a->used;
    hx_owned(p, size);
    a->used += need;
    a->total += need;
    return p;

failed:
    a->failed = true;
    return NULL;
}

void *hx_arena_alloc(struct hx_arena *a, size_t size)
{
    void *p = hx_arena_take(a, size);
    return p ? memset(p, 0, size) : NULL;
}

char *hx_arena_strndup(struct hx_arena *a, const char *s, size_t n)
{
    if (!s)
        return NULL;
    char *p = hx_arena_take(a, n + 1);
    if (!p)
        return NULL;
    memcpy(p, s, n);
    p[n] = '\0';
    return p;
}

char *hx_arena_strdup(struct hx_arena *a, const char *s)
{
    return s ? hx_arena_strndup(a, s, strlen(s)) : NULL;
}

char *hx_arena_text(struct hx_arena *a, const char *s)
{
    return *s ? hx_arena_strdup(a, s) : hx_text_field("");
}

void *hx_arena_memdup(struct hx_arena *a, const void *src, size_t n)
{
    void *p = hx_arena_take(a, n);
    if (p && n)
        memcpy(p, src, n);
    return p;
}

char *hx_arena_join(struct hx_arena *a, const char *const parts[])
{
    size_t size = 1;
    for (size_t i = 0; parts[i]; i++)
        size += strlen(parts[i]);
    char *joined = hx_arena_take(a, size), *at = joined;
    for (size_t i = 0; joined && parts[i]; i++)
        at = hx_text_add(at, joined + size, parts[i]);
    if (joined)
        *at = '\0';
    return joined;
}

char *hx_arena_printf(struct hx_arena *a, const char *fmt, ...)
{
    va_list ap, again;
    va_start(ap, fmt);
    va_copy(again, ap);
    int n = vsnprintf(NULL, 0, fmt, ap);
    va_end(ap);
    char *p = n < 0 ? NULL : hx_arena_take(a, (size_t)n + 1);
    if (p)
        vsnprintf(p, (size_t)n + 1, fmt, again);
    va_end(again);
    return p;
}

static void *unpack_alloc(void *a, size_t size)
{
    return hx_arena_take(a, size);
}

static void unpack_free(void *a, void *p)
{
    (void)a;
    (void)p;
}

ProtobufCAllocator hx_arena_allocator(struct hx_arena *a)
{
    return (ProtobufCAllocator){unpack_alloc, unpack_free, a};
}

bool hx_arena_failed(const struct hx_arena *a)
{
    return a->failed;
}
