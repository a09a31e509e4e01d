/* Arena: memory that lives as long as one batch of work and is given back at once.
 *
 * Not thread-safe. Allocation never fails half: it returns NULL when the system has no memory or
 * when the arena's limit is reached, and the arena remembers it (hx_arena_failed), so that a
 * builder can check once at its end. */
#ifndef BASE_ARENA_H
#define BASE_ARENA_H

#include "hongxin/error.h"
#include <protobuf-c/protobuf-c.h>
#include <stdbool.h>
#include <stddef.h>

struct hx_arena {
    struct hx_arena_block *blocks; /* newest first */
    struct hx_arena_block *spare;  /* kept for the next round */
    size_t n_spare;
    size_t used;  /* of the newest block */
    size_t total; /* bytes handed out since the last reset */
    size_t limit; /* 0 = none */
    bool failed;
    bool over; /* … by the limit */
};

void hx_arena_init(struct hx_arena *a, size_t limit);
void hx_arena_fini(struct hx_arena *a);

/* Takes everything back. The blocks of up to 32 MiB are kept for the next round. */
void hx_arena_reset(struct hx_arena *a);

/* Where the arena stands: going back to it gives back all that was handed out since, for what was
 * only looked at. A reset ends every mark. */
struct hx_arena_mark {
    struct hx_arena_block *block;
    size_t used, total;
};

struct hx_arena_mark hx_arena_mark(const struct hx_arena *a);
void hx_arena_back(struct hx_arena *a, const struct hx_arena_mark *mark);

/* Zeroed, aligned for any type. NULL on failure. Owned by the arena. */
void *hx_arena_alloc(struct hx_arena *a, size_t size);
/* The same, not cleared: for what is filled at once. */
void *hx_arena_take(struct hx_arena *a, size_t size);

/* Copies of text; NULL stays NULL. */
char *hx_arena_strdup(struct hx_arena *a, const char *s);
char *hx_arena_strndup(struct hx_arena *a, const char *s, size_t n);
/* A copy as a field of a message: an empty text needs no memory. */
char *hx_arena_text(struct hx_arena *a, const char *s);
void *hx_arena_memdup(struct hx_arena *a, const void *src, size_t n);
/* Texts one behind the other; NULL ends the list. For what is made for every event: no format is
 * interpreted. */
char *hx_arena_join(struct hx_arena *a, const char *const parts[]);
char *hx_arena_printf(struct hx_arena *a, const char *fmt, ...) HX_PRINTF(2, 3);

/* An allocator for protobuf-c: what it unpacks lives in the arena and needs no freeing. */
ProtobufCAllocator hx_arena_allocator(struct hx_arena *a);

bool hx_arena_failed(const struct hx_arena *a);

#endif
