/* Texts by number: an open-addressing table over one block of text. */
#include "hongxin/error.h"
#include "store/projection/tail.h"

#include <stdlib.h>
#include <string.h>

enum { FIRST_SLOTS = 1024, FIRST_TEXT = 16 * 1024 };

int names_init(struct names *s)
{
    *s = (struct names){0};
    s->slots = calloc(FIRST_SLOTS, sizeof *s->slots);
    s->at = calloc(FIRST_SLOTS, sizeof *s->at);
    s->text = calloc(1, FIRST_TEXT);
    if (!s->slots || !s->at || !s->text) {
        names_fini(s);
        return HX_NOMEM;
    }
    s->n_slots = s->at_cap = FIRST_SLOTS;
    s->cap = FIRST_TEXT;
    s->n = 1; /* number 0 is "" */
    s->used = 1;
    return HX_OK;
}

void names_fini(struct names *s)
{
    free(s->slots);
    free(s->at);
    free(s->text);
    free(s->order);
    *s = (struct names){0};
}

void names_clear(struct names *s)
{
    memset(s->slots, 0, s->n_slots * sizeof *s->slots);
    s->n = 1;
    s->used = 1;
    s->n_ordered = 0;
}

/* FNV-1a: the texts are short ids. */
static uint32_t hash_of(const char *text, size_t *size)
{
    uint32_t h = 2166136261u;
    const char *p = text;
    for (; *p; p++)
        h = (h ^ (uint8_t)*p) * 16777619u;
    *size = (size_t)(p - text) + 1;
    return h ^ (h >> 15);
}

static uint32_t *slot_of(const struct names *s, const char *text, uint32_t hash)
{
    uint32_t mask = s->n_slots - 1, i = hash & mask;
    while (s->slots[i] && strcmp(s->text + s->at[s->slots[i]], text) != 0)
        i = (i + 1) & mask;
    return &s->slots[i];
}

static int grow_slots(struct names *s)
{
    size_t size;
    uint32_t n = s->n_slots * 2;
    uint32_t *slots = calloc(n, sizeof *slots);
    uint32_t *at = slots ? realloc(s->at, n * sizeof *at) : NULL;
    if (!at) {
        free(slots);
        return HX_NOMEM;
    }
    s->at = at;
    s->at_cap = n;
    free(s->slots);
    s->slots = slots;
    s->n_slots = n;
    for (uint32_t i = 1; i < s->n; i++) {
        const char *text = s->text + s->at[i];
        *slot_of(s, text, hash_of(text, &size)) = i;
    }
    return HX_OK;
}

static int grow_text(struct names *s, size_t need)
{
    size_t cap = s->cap;
    while (cap - s->used < need)
        cap *= 2;
    char *text = realloc(s->text, cap);
    if (!text)
        return HX_NOMEM;
    s->text = text;
    s->cap = cap;
    return HX_OK;
}

uint32_t names_take(struct names *s, const char *text, int *err)
{
    size_t size;
    if (!text || !*text)
        return 0;
    uint32_t hash = hash_of(text, &size);
    uint32_t *slot = slot_of(s, text, hash);
    if (*slot)
        return *slot;
    if (s->n * 2 >= s->n_slots) {
        if (grow_slots(s)) {
            *err = HX_NOMEM;
            return 0;
        }
        slot = slot_of(s, text, hash);
    }
    if (s->cap - s->used < size && grow_text(s, size)) {
        *err = HX_NOMEM;
        return 0;
    }
    memcpy(s->text + s->used, text, size);
    s->at[s->n] = (uint32_t)s->used;
    s->used += size;
    *slot = s->n;
    return s->n++;
}

uint32_t names_find(const struct names *s, const char *text)
{
    size_t size;
    return text && *text ? *slot_of(s, text, hash_of(text, &size)) : 0;
}

const char *names_text(const struct names *s, uint32_t number)
{
    return number ? s->text + s->at[number] : "";
}

static int by_text(const void *a, const void *b, void *ctx)
{
    const struct names *s = ctx;
    return strcmp(names_text(s, *(const uint32_t *)a), names_text(s, *(const uint32_t *)b));
}

int names_order(struct names *s)
{
    if (s->n_ordered == s->n)
        return HX_OK;
    uint32_t *order = realloc(s->order, 2 * s->n * sizeof *order);
    if (!order)
        return HX_NOMEM;
    s->order = order;
    s->rank = order + s->n;
    for (uint32_t i = 0; i < s->n; i++)
        order[i] = i;
    qsort_r(order, s->n, sizeof *order, by_text, s);
    for (uint32_t i = 0; i < s->n; i++)
        s->rank[order[i]] = i;
    s->n_ordered = s->n;
    return HX_OK;
}
