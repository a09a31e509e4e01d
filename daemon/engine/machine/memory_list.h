/* What the backend in memory is made of: growing lists, and entries by name. */
#ifndef ENGINE_MACHINE_MEMORY_LIST_H
#define ENGINE_MACHINE_MEMORY_LIST_H

#include "engine/machine/machine.h"

/* A growing array of equal elements; begins as zeros with `size` set. */
struct hx_list {
    void *items; /* freed by whoever owns the list */
    size_t n, cap, size;
};

/* One more element, zeroed, at the end. NULL without memory. */
void *hx_list_push(struct hx_list *l);

static inline void *hx_list_at(const struct hx_list *l, size_t i)
{
    return (char *)l->items + i * l->size;
}

/* Elements that begin with an ascending number: the one of this number, or NULL. Without gaps it is
 * found at once. */
void *hx_list_find(const struct hx_list *l, uint64_t number);

struct hx_named {
    char *name; /* "source\nid" or a reference; owned */
    uint64_t value;
    struct hx_seen seen;
    struct hx_source source;
};

/* Entries by name: an index of open addressing over the list, position + 1; 0 = free. */
struct hx_names {
    struct hx_list list; /* struct hx_named */
    uint32_t *index;
    size_t index_size;
};

/* The entry of this name; NULL when there is none. */
struct hx_named *hx_names_find(const struct hx_names *t, const char *name);
/* The same, made when it is not there. NULL without memory. */
struct hx_named *hx_names_add(struct hx_names *t, const char *name);
/* The name of what belongs to a source: "a\nb"; to be freed. NULL without memory. */
char *hx_names_key(const char *a, const char *b);
void hx_names_fini(struct hx_names *t);

#endif
