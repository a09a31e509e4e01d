#include "base/arena.h"

#include <stdalign.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BLOCK_SIZE = 64 * 1024 };

struct hx_arena_block {
    struct hx_arena_block *next;
    size_t size;
    alignas(max_align_t) unsigned char data[];
};

void hx_arena_init(struct hx_arena *a, size_t limit)
{
    *a = (struct hx_arena){.limit = limit};
}

void hx_arena_fini(struct hx_arena *a)
{
    while (a->blocks) {
        struct hx_arena_block *b = a->blocks;
        a->blocks = b->next;
        free(b);
    }
    *a = (struct hx_arena){.limit = a->limit};
}

void hx_arena_reset(struct hx_arena *a)
{
    struct hx_arena_block *keep = NULL;
    while (a->blocks) {
        struct hx_arena_block *b = a->blocks;
        a->blocks = b->next;
        if (!keep && b->size == BLOCK_SIZE)
            keep = b;
        else
            free(b);
    }
    if (keep)
        keep->next = NULL;
    a->blocks = keep;
    a->used = 0;
    a->total = 0;
    a->failed = false;
}

static bool grow(struct hx_arena *a, size_t need)
{
    size_t size = need > BLOCK_SIZE ? need : BLOCK_SIZE;
    struct hx_arena_block *b = malloc(sizeof *b + size);
    if (!b)
        return false;
    b->size = size;
    b->next = a->blocks;
    a->blocks = b;
    a->used = 0;
    return true;
}

void *hx_arena_alloc(struct hx_arena *a, size_t size)
{
    const size_t align = alignof(max_align_t);
    size_t need = (size + align - 1) & ~(align - 1);
    if (need < size || (a->limit && a->total + need > a->limit))
        goto failed;
    if (!a->blocks || a->blocks->size - a->used < need) {
        if (!grow(a, need))
            goto failed;
    }
    void *p = a->blocks->data + a->used;
    a->used += need;
    a->total += need;
    memset(p, 0, size);
    return p;

failed:
    a->failed = true;
    return NULL;
}

char *hx_arena_strndup(struct hx_arena *a, const char *s, size_t n)
{
    if (!s)
        return NULL;
    char *p = hx_arena_alloc(a, n + 1);
    if (p)
        memcpy(p, s, n);
    return p;
}

char *hx_arena_strdup(struct hx_arena *a, const char *s)
{
    return s ? hx_arena_strndup(a, s, strlen(s)) : NULL;
}

void *hx_arena_memdup(struct hx_arena *a, const void *src, size_t n)
{
    void *p = hx_arena_alloc(a, n);
    if (p && n)
        memcpy(p, src, n);
    return p;
}

char *hx_arena_printf(struct hx_arena *a, const char *fmt, ...)
{
    va_list ap, again;
    va_start(ap, fmt);
    va_copy(again, ap);
    int n = vsnprintf(NULL, 0, fmt, ap);
    va_end(ap);
    char *p = n < 0 ? NULL : hx_arena_alloc(a, (size_t)n + 1);
    if (p)
        vsnprintf(p, (size_t)n + 1, fmt, again);
    va_end(again);
    return p;
}

static void *unpack_alloc(void *a, size_t size)
{
    return hx_arena_alloc(a, size);
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
