#include "engine/machine/memory.h"
#include "engine/case/drill.h"
#include "engine/machine/memory_list.h"
#include "engine/onsite.h"

#include <stdlib.h>
#include <string.h>

struct parked {
    char *ref;
    struct hx_parked p;
};

struct bytes {
    uint64_t lsn;
    uint8_t *data;
    size_t size;
};

struct stored {
    uint64_t number;
    struct hx_case *c;
    int64_t due;
};

struct hx_memory {
    struct hx_list cases; /* struct stored, numbers ascending */
    struct hx_names seen, refs, sources;
    struct hx_list parked;  /* struct parked */
    struct hx_list watches; /* struct hx_watch, in no order */
    struct hx_list journal; /* struct bytes, LSNs ascending */
    struct hx_list fresh;   /* const hxp_entry * */
    uint64_t next_lsn, next_case;
    bool by_source;
};

int hx_memory_new(struct hx_memory **out)
{
    struct hx_memory *m = calloc(1, sizeof *m);
    if (!m)
        return HX_NOMEM;
    m->cases.size = sizeof(struct stored);
    m->seen.list.size = m->refs.list.size = m->sources.list.size = sizeof(struct hx_named);
    m->parked.size = sizeof(struct parked);
    m->watches.size = sizeof(struct hx_watch);
    m->next_lsn = m->next_case = 1;
    m->journal.size = sizeof(struct bytes);
    m->fresh.size = sizeof(hxp_entry *);
    *out = m;
    return HX_OK;
}

void hx_memory_free(struct hx_memory *m)
{
    if (!m)
        return;
    for (size_t i = 0; i < m->cases.n; i++)
        free(((struct stored *)hx_list_at(&m->cases, i))->c);
    for (size_t i = 0; i < m->journal.n; i++)
        free(((struct bytes *)hx_list_at(&m->journal, i))->data);
    for (size_t i = 0; i < m->parked.n; i++)
        free(((struct parked *)hx_list_at(&m->parked, i))->ref);
    hx_names_fini(&m->seen);
    hx_names_fini(&m->refs);
    hx_names_fini(&m->sources);
    free(m->cases.items);
    free(m->journal.items);
    free(m->parked.items);
    free(m->watches.items);
    free(m->fresh.items);
    free(m);
}

/* ---- cases ---- */

int hx_memory_number(struct hx_memory *m, uint64_t lsn, uint64_t number)
{
    if ((lsn && lsn < m->next_lsn) || (number && number < m->next_case))
        return HX_INVALID;
    if (lsn)
        m->next_lsn = lsn;
    if (number)
        m->next_case = number;
    return HX_OK;
}

static int case_load(void *b, uint64_t number, struct hx_case *c)
{
    const struct hx_memory *m = b;
    const struct stored *s = hx_list_find(&m->cases, number);
    if (!s || !s->c)
        return HX_NOTFOUND;
    *c = *s->c;
    return HX_OK;
}

static int case_number(void *b, uint64_t *number)
{
    struct hx_memory *m = b;
    struct stored *s = hx_list_push(&m->cases);
    if (!s)
        return HX_NOMEM;
    *number = s->number = m->next_case++;
    return HX_OK;
}

static int case_save(void *b, struct hx_case *c, int64_t due)
{
    struct hx_memory *m = b;
    struct stored *s = hx_list_find(&m->cases, c->number);
    if (!s)
        return HX_INVALID;
    if (!s->c && !(s->c = malloc(sizeof *s->c)))
        return HX_NOMEM;
    c->due_row = due == INT64_MAX ? 0 : due;
    *s->c = *c;
    s->due = due;
    return HX_OK;
}

bool hx_memory_due(const struct hx_memory *m, int64_t *due, uint64_t *number)
{
    *due = INT64_MAX;
    for (size_t i = 0; i < m->cases.n; i++) {
        const struct stored *s = hx_list_at(&m->cases, i);
        if (s->c && s->due < *due) {
            *due = s->due;
            *number = s->number;
        }
    }
    return *due != INT64_MAX;
}

/* ---- names ---- */

static int seen_load(void *b, const char *source, const char *id, struct hx_seen *seen)
{
    char *key = hx_names_key(source, id);
    if (!key)
        return HX_NOMEM;
    const struct hx_named *e = hx_names_find(&((struct hx_memory *)b)->seen, key);
    free(key);
    if (!e)
        return HX_NOTFOUND;
    *seen = e->seen;
    return HX_OK;
}

static int seen_save(void *b, const char *source, const char *id, const struct hx_seen *seen)
{
    char *key = hx_names_key(source, id);
    struct hx_named *e = key ? hx_names_add(&((struct hx_memory *)b)->seen, key) : NULL;
    free(key);
    if (!e)
        return HX_NOMEM;
    e->seen = *seen;
    return HX_OK;
}

void hx_memory_by_source(struct hx_memory *m)
{
    m->by_source = true;
}

/* Under which a reference is kept; to be freed. NULL without memory. */
static char *ref_name(const struct hx_memory *m, const char *source, const char *ref)
{
    return m->by_source ? hx_names_key(source, ref) : strdup(ref);
}

static int ref_load(void *b, const char *source, const char *ref, uint64_t *number)
{
    const struct hx_memory *m = b;
    char *name = ref_name(m, source, ref);
    if (!name)
        return HX_NOMEM;
    const struct hx_named *e = hx_names_find(&m->refs, name);
    free(name);
    if (!e)
        return HX_NOTFOUND;
    *number = e->value;
    return HX_OK;
}

static int ref_save(void *b, const char *source, const char *ref, uint64_t number)
{
    struct hx_memory *m = b;
    char *name = ref_name(m, source, ref);
    struct hx_named *e = name ? hx_names_add(&m->refs, name) : NULL;
    free(name);
    if (!e)
        return HX_NOMEM;
    e->value = number;
    return HX_OK;
}

/* A label that has come to mean a later case names this one no more. */
const char *hx_memory_label(const struct hx_memory *m, uint64_t number)
{
    const struct stored *s = hx_list_find(&m->cases, number);
    const struct hx_named *own =
        s && s->c && s->c->ref[0] ? hx_names_find(&m->refs, s->c->ref) : NULL;
    if (own && own->value == number)
        return own->name;
    for (size_t i = 0; i < m->refs.list.n; i++) {
        const struct hx_named *e = hx_list_at(&m->refs.list, i);
        if (e->value == number)
            return e->name;
    }
    return NULL;
}

static int source_load(void *b, const char *source, struct hx_source *s)
{
    const struct hx_named *e = hx_names_find(&((struct hx_memory *)b)->sources, source);
    if (!e)
        return HX_NOTFOUND;
    *s = e->source;
    return HX_OK;
}

static int source_save(void *b, const char *source, const struct hx_source *s)
{
    struct hx_named *e = hx_names_add(&((struct hx_memory *)b)->sources, source);
    if (!e)
        return HX_NOMEM;
    e->source = *s;
    return HX_OK;
}

/* ---- parked events ---- */

static int park(void *b, const char *source, const char *ref, const struct hx_parked *p)
{
    struct hx_memory *m = b;
    char *copy = ref_name(m, source, ref);
    struct parked *e = copy ? hx_list_push(&m->parked) : NULL;
    if (!e) {
        free(copy);
        return HX_NOMEM;
    }
    *e = (struct parked){copy, *p};
    return HX_OK;
}

static int unpark(void *b, const char *source, const char *ref, struct hx_parked *p)
{
    struct hx_memory *m = b;
    struct hx_list *l = &m->parked;
    struct parked *best = NULL;
    char *name = ref_name(m, source, ref);
    if (!name)
        return HX_NOMEM;
    for (size_t i = 0; i < l->n; i++) {
        struct parked *e = hx_list_at(l, i);
        if (strcmp(e->ref, name) == 0 && (!best || e->p.seq < best->p.seq ||
                                          (e->p.seq == best->p.seq && e->p.lsn < best->p.lsn)))
            best = e;
    }
    free(name);
    if (!best)
        return HX_NOTFOUND;
    *p = best->p;
    free(best->ref);
    *best = *(struct parked *)hx_list_at(l, --l->n);
    return HX_OK;
}

/* ---- watches ---- */

static int watch_order(const struct hx_watch *a, const struct hx_watch *b)
{
    if (a->at != b->at)
        return a->at < b->at ? -1 : 1;
    if (a->kind != b->kind)
        return a->kind < b->kind ? -1 : 1;
    int names = strcmp(a->source, b->source);
    return names ? names : a->number < b->number ? -1 : a->number > b->number;
}

static struct hx_watch *watch_find(const struct hx_memory *m, const struct hx_watch *w)
{
    for (size_t i = 0; i < m->watches.n; i++) {
        struct hx_watch *at = hx_list_at(&m->watches, i);
        if (watch_order(at, w) == 0)
            return at;
    }
    return NULL;
}

static int watch_put(void *b, const struct hx_watch *w)
{
    struct hx_memory *m = b;
    if (watch_find(m, w))
        return HX_OK;
    struct hx_watch *at = hx_list_push(&m->watches);
    if (!at)
        return HX_NOMEM;
    *at = *w;
    return HX_OK;
}

static int watch_drop(void *b, const struct hx_watch *w)
{
    struct hx_memory *m = b;
    struct hx_watch *at = watch_find(m, w);
    if (at)
        *at = *(struct hx_watch *)hx_list_at(&m->watches, --m->watches.n);
    return HX_OK;
}

static int watch_first(void *b, struct hx_watch *w)
{
    const struct hx_memory *m = b;
    const struct hx_watch *first = NULL;
    for (size_t i = 0; i < m->watches.n; i++) {
        const struct hx_watch *at = hx_list_at(&m->watches, i);
        if (!first || watch_order(at, first) < 0)
            first = at;
    }
    if (!first)
        return HX_NOTFOUND;
    *w = *first;
    return HX_OK;
}

/* ---- the journal ---- */

static int next_lsn(void *b, uint64_t *lsn)
{
    *lsn = ((struct hx_memory *)b)->next_lsn;
    return HX_OK;
}

static int append(void *b, const hxp_entry *e)
{
    struct hx_memory *m = b;
    struct bytes *at = hx_list_push(&m->journal);
    const hxp_entry **fresh = at ? hx_list_push(&m->fresh) : NULL;
    if (!fresh)
        return HX_NOMEM;
    *fresh = e;
    at->lsn = e->lsn;
    m->next_lsn = e->lsn + 1;
    at->size = hongxin__v1__entry__get_packed_size(e);
    at->data = malloc(at->size ? at->size : 1);
    if (!at->data)
        return HX_NOMEM;
    hongxin__v1__entry__pack(e, at->data);
    return HX_OK;
}

static int entry_load(void *b, uint64_t lsn, struct hx_arena *arena, hxp_entry **e)
{
    const struct hx_memory *m = b;
    const struct bytes *at = hx_list_find(&m->journal, lsn);
    if (!at)
        return HX_NOTFOUND;
    ProtobufCAllocator memory = hx_arena_allocator(arena);
    *e = hongxin__v1__entry__unpack(&memory, at->size, at->data);
    return *e ? HX_OK : hx_arena_failed(arena) ? HX_NOMEM : HX_CORRUPT;
}

static int quarantine(void *b, const uint8_t *bytes, size_t size, const char *reason)
{
    (void)b;
    (void)bytes;
    (void)size;
    (void)reason; /* the reply says it all; a scenario has its own input at hand */
    return HX_OK;
}

const hxp_entry *const *hx_memory_take(struct hx_memory *m, size_t *n)
{
    *n = m->fresh.n;
    m->fresh.n = 0;
    return m->fresh.items;
}

int hx_memory_entry(const struct hx_memory *m, uint64_t lsn, const uint8_t **bytes, size_t *size)
{
    const struct bytes *at = hx_list_find(&m->journal, lsn);
    if (!at)
        return HX_NOTFOUND;
    *bytes = at->data;
    *size = at->size;
    return HX_OK;
}

size_t hx_memory_similar(void *machine, const struct hx_case *c, uint64_t numbers[HX_SIMILAR_MAX])
{
    const struct hx_machine *m = machine;
    const struct hx_list *l = &((const struct hx_memory *)m->backend)->cases;
    size_t n = 0;
    for (size_t i = l->n; i-- > 0 && n < HX_SIMILAR_MAX;) {
        const struct hx_case *o = ((const struct stored *)hx_list_at(l, i))->c;
        if (o && o->number != c->number && hx_case_open(m->rules, o) &&
            hx_is_drill(o) == hx_is_drill(c) &&
            strcmp(hx_onsite_place(o), hx_onsite_place(c)) == 0 &&
            strcmp(o->category, c->category) == 0)
            numbers[n++] = o->number;
    }
    return n;
}

size_t hx_memory_cases(const struct hx_memory *m)
{
    return m->cases.n;
}

uint64_t hx_memory_newest_lsn(const struct hx_memory *m)
{
    return m->next_lsn - 1;
}

const struct hx_backend *hx_memory_backend(void)
{
    static const struct hx_backend ops = {
        .case_load = case_load,
        .case_save = case_save,
        .case_number = case_number,
        .seen_load = seen_load,
        .seen_save = seen_save,
        .ref_load = ref_load,
        .ref_save = ref_save,
        .source_load = source_load,
        .source_save = source_save,
        .park = park,
        .unpark = unpark,
        .watch_put = watch_put,
        .watch_drop = watch_drop,
        .watch_first = watch_first,
        .next_lsn = next_lsn,
        .append = append,
        .entry_load = entry_load,
        .quarantine = quarantine,
    };
    return &ops;
}
