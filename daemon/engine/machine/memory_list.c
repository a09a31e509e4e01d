#include "engine/machine/memory_list.h"
#include "base/grown.h"

#include <stdlib.h>
#include <string.h>

/* ---- lists ---- */

void *hx_list_push(struct hx_list *l)
{
    void *items = hx_grown(l->items, l->n, &l->cap, l->size);
    if (!items)
        return NULL;
    l->items = items;
    void *at = (char *)l->items + l->n * l->size;
    memset(at, 0, l->size);
    l->n++;
    return at;
}

void *hx_list_find(const struct hx_list *l, uint64_t number)
{
    size_t low = 0, high = l->n;
    if (!l->n)
        return NULL;
    uint64_t first = *(const uint64_t *)hx_list_at(l, 0);
    if (number >= first && number - first < l->n &&
        *(const uint64_t *)hx_list_at(l, number - first) == number)
        return hx_list_at(l, number - first);
    while (low < high) {
        size_t mid = (low + high) / 2;
        uint64_t at = *(const uint64_t *)hx_list_at(l, mid);
        if (at == number)
            return hx_list_at(l, mid);
        if (at < number)
            low = mid + 1;
        else
            high = mid;
    }
    return NULL;
}

/* ---- names ---- */

static size_t hash(const char *s)
{
    uint64_t h = UINT64_C(14695981039346656037);
    for (; *s; s++)
        h = (h ^ (unsigned char)*s) * UINT64_C(1099511628211);
    return (size_t)(h ^ h >> 29);
}

/* Slot of a name in the index: its own, or the free one where it belongs. */
static size_t slot_of(const struct hx_names *t, const char *name)
{
    size_t i = hash(name) & (t->index_size - 1);
    while (t->index[i] &&
           strcmp(((struct hx_named *)hx_list_at(&t->list, t->index[i] - 1))->name, name) != 0)
        i = (i + 1) & (t->index_size - 1);
    return i;
}

static int grow_index(struct hx_names *t)
{
    if (t->index && 2 * t->list.n < t->index_size)
        return HX_OK;
    size_t size = t->index_size ? 2 * t->index_size : 256;
    uint32_t *index = calloc(size, sizeof *index);
    if (!index)
        return HX_NOMEM;
    free(t->index);
    t->index = index;
    t->index_size = size;
    for (size_t i = 0; i < t->list.n; i++)
        t->index[slot_of(t, ((struct hx_named *)hx_list_at(&t->list, i))->name)] = (uint32_t)i + 1;
    return HX_OK;
}

struct hx_named *hx_names_find(const struct hx_names *t, const char *name)
{
    uint32_t at = t->index ? t->index[slot_of(t, name)] : 0;
    return at ? hx_list_at(&t->list, at - 1) : NULL;
}

struct hx_named *hx_names_add(struct hx_names *t, const char *name)
{
    struct hx_named *e = hx_names_find(t, name);
    if (e)
        return e;
    char *copy = grow_index(t) ? NULL : strdup(name);
    size_t slot = copy ? slot_of(t, name) : 0;
    if (!copy || !(e = hx_list_push(&t->list))) {
        free(copy);
        return NULL;
    }
    e->name = copy;
    t->index[slot] = (uint32_t)t->list.n;
    return e;
}

char *hx_names_key(const char *a, const char *b)
{
    size_t n = strlen(a), k = strlen(b);
    char *s = malloc(n + k + 2);
    if (!s)
        return NULL;
    memcpy(s, a, n);
    s[n] = '\n';
    memcpy(s + n + 1, b, k + 1);
    return s;
}

void hx_names_fini(struct hx_names *t)
{
    for (size_t i = 0; i < t->list.n; i++)
        free(((struct hx_named *)hx_list_at(&t->list, i))->name);
    free(t->list.items);
    free(t->index);
}
