/* The place registry: an arena for the records, one open-addressing table per kind of key, and one
 * sorted vector per kind of place for the walks.
 *
 * Every record begins with its key, so one table serves places, companies and duty lists. Records
 * never move, so the pointers that are handed out stay valid. Vectors are kept sorted at each add:
 * files are nearly always sorted by id, then an add is an append; a file in random order costs a
 * move of pointers per add. */
#include "engine/place.h"
#include "base/arena.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { FIRST_SLOTS = 64, VERSION_MAX = 64, DUTY_KEY_MAX = 2 * HX_ID_MAX };

struct table {
    const char **slots; /* first member of a record; NULL = free */
    size_t size;        /* a power of two, or 0 */
    size_t used;
};

struct vector {
    void **items; /* records, in the order of their ids */
    size_t count;
    size_t room;
};

struct duty_node {
    struct hx_duty duty;
    struct duty_node *next; /* next higher order */
};

struct duty_list {
    char key[DUTY_KEY_MAX]; /* role, "/", area; neither can hold a slash */
    struct duty_node *first;
};

struct hx_city {
    struct hx_arena arena;
    struct table places;
    struct table companies;
    struct table duties;
    struct vector by_kind[HX_PLACE_KINDS];
    struct vector company_order;
    char version[VERSION_MAX];
};

/* FNV-1a. The keys come from the operator's own files. */
static uint64_t hash(const char *key)
{
    uint64_t h = UINT64_C(14695981039346656037);
    for (; *key; key++)
        h = (h ^ (unsigned char)*key) * UINT64_C(1099511628211);
    return h;
}

/* The slot that holds `key`, or the free one where it belongs. The table must have a free slot. */
static const char **slot_of(const struct table *t, const char *key)
{
    size_t i = (size_t)hash(key) & (t->size - 1);
    while (t->slots[i] && strcmp(t->slots[i], key) != 0)
        i = (i + 1) & (t->size - 1);
    return &t->slots[i];
}

static const void *table_get(const struct table *t, const char *key)
{
    return t->size && key ? *slot_of(t, key) : NULL;
}

/* Room for one more, at most two thirds full. */
static int table_reserve(struct table *t)
{
    if ((t->used + 1) * 3 <= t->size * 2)
        return HX_OK;
    struct table grown = {.size = t->size ? t->size * 2 : FIRST_SLOTS, .used = t->used};
    grown.slots = calloc(grown.size, sizeof *grown.slots);
    if (!grown.slots)
        return HX_NOMEM;
    for (size_t i = 0; i < t->size; i++) {
        if (t->slots[i])
            *slot_of(&grown, t->slots[i]) = t->slots[i];
    }
    free(t->slots);
    *t = grown;
    return HX_OK;
}

/* After table_reserve; the key is not in the table. */
static void table_put(struct table *t, const char *record)
{
    *slot_of(t, record) = record;
    t->used++;
}

static int vector_reserve(struct vector *v)
{
    if (v->count < v->room)
        return HX_OK;
    size_t room = v->room ? v->room * 2 : FIRST_SLOTS;
    void **items = realloc(v->items, room * sizeof *items);
    if (!items)
        return HX_NOMEM;
    v->items = items;
    v->room = room;
    return HX_OK;
}

/* After vector_reserve; keeps the order of ids. */
static void vector_insert(struct vector *v, void *record)
{
    size_t low = 0, high = v->count;
    if (high && strcmp(v->items[high - 1], record) < 0)
        low = high;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (strcmp(v->items[middle], record) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    memmove(v->items + low + 1, v->items + low, (v->count - low) * sizeof *v->items);
    v->items[low] = record;
    v->count++;
}

bool hx_id_valid(const char *id)
{
    size_t n = id ? strnlen(id, HX_ID_MAX) : 0;
    if (n == 0 || n == HX_ID_MAX)
        return false;
    for (size_t i = 0; i < n; i++) {
        char c = id[i];
        bool letter = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
        bool digit = c >= '0' && c <= '9';
        if (!letter && !digit && c != '-' && c != '_' && c != '.')
            return false;
    }
    return true;
}

int hx_city_new(struct hx_city **out)
{
    struct hx_city *city = calloc(1, sizeof *city);
    if (!city)
        return HX_NOMEM;
    hx_arena_init(&city->arena, 0);
    *out = city;
    return HX_OK;
}

void hx_city_free(struct hx_city *city)
{
    if (!city)
        return;
    for (int kind = 0; kind < HX_PLACE_KINDS; kind++)
        free(city->by_kind[kind].items);
    free(city->company_order.items);
    free(city->places.slots);
    free(city->companies.slots);
    free(city->duties.slots);
    hx_arena_fini(&city->arena);
    free(city);
}

/* A holder is named by its id alone, so an id may stand for one place or company only. */
static bool id_taken(const struct hx_city *city, const char *id)
{
    return hx_city_place(city, id) || hx_city_company(city, id);
}

/* Copies both names; NULL becomes "". */
static int keep_names(struct hx_city *city, const char **zh, const char **en)
{
    *zh = hx_arena_strdup(&city->arena, *zh ? *zh : "");
    *en = hx_arena_strdup(&city->arena, *en ? *en : "");
    return *zh && *en ? HX_OK : HX_NOMEM;
}

int hx_city_add_company(struct hx_city *city, const struct hx_company *company)
{
    if (!hx_id_valid(company->id))
        return HX_INVALID;
    if (id_taken(city, company->id))
        return HX_EXISTS;
    int err = table_reserve(&city->companies);
    if (!err)
        err = vector_reserve(&city->company_order);
    if (err)
        return err;
    struct hx_company *kept = hx_arena_memdup(&city->arena, company, sizeof *company);
    if (!kept)
        return HX_NOMEM;
    err = keep_names(city, &kept->name_zh, &kept->name_en);
    if (err)
        return err;
    table_put(&city->companies, kept->id);
    vector_insert(&city->company_order, kept);
    return HX_OK;
}

/* What can be judged from the place alone. */
static bool place_sound(const struct hx_place *place)
{
    if (!hx_id_valid(place->id) || (unsigned)place->kind >= HX_PLACE_KINDS)
        return false;
    if (!isfinite(place->lon) || !isfinite(place->lat) || fabs(place->lon) > 180 ||
        fabs(place->lat) > 90)
        return false;
    if (!place->company[0])
        return true;
    return place->kind == HX_ESTATE && hx_id_valid(place->company);
}

/* Finds the parent: the place of the next higher kind; none, and none named, for a street. */
static int find_parent(const struct hx_city *city, enum hx_place_kind kind, const char *parent_id,
                       const struct hx_place **parent)
{
    bool named = parent_id && *parent_id;
    *parent = NULL;
    if (kind == HX_STREET)
        return named ? HX_INVALID : HX_OK;
    *parent = named ? hx_city_place(city, parent_id) : NULL;
    if (!*parent)
        return HX_NOTFOUND;
    return (*parent)->kind == kind - 1 ? HX_OK : HX_INVALID;
}

int hx_city_add_place(struct hx_city *city, const struct hx_place *place, const char *parent_id)
{
    const struct hx_place *parent;
    if (!place_sound(place))
        return HX_INVALID;
    if (id_taken(city, place->id))
        return HX_EXISTS;
    int err = find_parent(city, place->kind, parent_id, &parent);
    if (err)
        return err;
    if (place->company[0] && !hx_city_company(city, place->company))
        return HX_NOTFOUND;
    err = table_reserve(&city->places);
    if (!err)
        err = vector_reserve(&city->by_kind[place->kind]);
    if (err)
        return err;
    struct hx_place *kept = hx_arena_memdup(&city->arena, place, sizeof *place);
    if (!kept)
        return HX_NOMEM;
    err = keep_names(city, &kept->name_zh, &kept->name_en);
    if (err)
        return err;
    kept->parent = parent;
    table_put(&city->places, kept->id);
    vector_insert(&city->by_kind[kept->kind], kept);
    return HX_OK;
}

static void duty_key(char key[DUTY_KEY_MAX], const char *role, const char *area)
{
    size_t n = strlen(role);
    memcpy(key, role, n);
    key[n] = '/';
    memcpy(key + n + 1, area, strlen(area) + 1);
}

/* Finds the list of role and area, or makes an empty one. */
static int duty_list_of(struct hx_city *city, const struct hx_duty *duty, struct duty_list **out)
{
    char key[DUTY_KEY_MAX];
    duty_key(key, duty->role, duty->area);
    int err = table_reserve(&city->duties);
    if (err)
        return err;
    const char **slot = slot_of(&city->duties, key);
    if (!*slot) {
        struct duty_list *fresh = hx_arena_alloc(&city->arena, sizeof *fresh);
        if (!fresh)
            return HX_NOMEM;
        memcpy(fresh->key, key, sizeof key);
        *slot = fresh->key;
        city->duties.used++;
    }
    *out = (struct duty_list *)(uintptr_t)*slot;
    return HX_OK;
}

static bool duty_taken(const struct duty_list *list, const struct hx_duty *duty)
{
    for (const struct duty_node *n = list->first; n; n = n->next) {
        if (n->duty.order == duty->order || strcmp(n->duty.person, duty->person) == 0)
            return true;
    }
    return false;
}

int hx_city_add_duty(struct hx_city *city, const struct hx_duty *duty)
{
    struct duty_list *list;
    if (!hx_id_valid(duty->role) || !hx_id_valid(duty->area) || !hx_id_valid(duty->person))
        return HX_INVALID;
    int err = duty_list_of(city, duty, &list);
    if (err)
        return err;
    if (duty_taken(list, duty))
        return HX_EXISTS;
    struct duty_node *kept = hx_arena_alloc(&city->arena, sizeof *kept);
    if (!kept)
        return HX_NOMEM;
    kept->duty = *duty;
    err = keep_names(city, &kept->duty.name_zh, &kept->duty.name_en);
    if (err)
        return err;
    struct duty_node **at = &list->first;
    while (*at && (*at)->duty.order < duty->order)
        at = &(*at)->next;
    kept->next = *at;
    *at = kept;
    return HX_OK;
}

const struct hx_place *hx_city_place(const struct hx_city *city, const char *id)
{
    return table_get(&city->places, id);
}

const struct hx_company *hx_city_company(const struct hx_city *city, const char *id)
{
    return table_get(&city->companies, id);
}

const char *hx_place_above(const struct hx_place *place, enum hx_place_kind kind)
{
    while (place && place->kind != kind)
        place = place->parent;
    return place ? place->id : "";
}

const char *hx_place_holder(const struct hx_place *place)
{
    for (const struct hx_place *p = place; p; p = p->parent) {
        if (p->kind == HX_ESTATE && p->company[0])
            return p->company;
        if (p->kind == HX_COMMUNITY || p->kind == HX_STREET)
            return p->id;
    }
    return ""; /* not reached for a place of a registry: each ends at a street */
}

const struct hx_duty *hx_city_duty(const struct hx_city *city, const char *role, const char *area,
                                   size_t n)
{
    char key[DUTY_KEY_MAX];
    if (!hx_id_valid(role) || !hx_id_valid(area))
        return NULL;
    duty_key(key, role, area);
    const struct duty_list *list = table_get(&city->duties, key);
    const struct duty_node *node = list ? list->first : NULL;
    while (node && n--)
        node = node->next;
    return node ? &node->duty : NULL;
}

static const void *vector_next(const struct vector *v, size_t *at)
{
    return *at < v->count ? v->items[(*at)++] : NULL;
}

const struct hx_place *hx_city_next(const struct hx_city *city, enum hx_place_kind kind, size_t *at)
{
    return (unsigned)kind < HX_PLACE_KINDS ? vector_next(&city->by_kind[kind], at) : NULL;
}

const struct hx_company *hx_city_next_company(const struct hx_city *city, size_t *at)
{
    return vector_next(&city->company_order, at);
}

size_t hx_city_count(const struct hx_city *city, enum hx_place_kind kind)
{
    return (unsigned)kind < HX_PLACE_KINDS ? city->by_kind[kind].count : 0;
}

void hx_city_set_version(struct hx_city *city, const char *version)
{
    size_t n = strnlen(version, sizeof city->version - 1);
    memcpy(city->version, version, n);
    city->version[n] = '\0';
}

const char *hx_city_version(const struct hx_city *city)
{
    return city->version;
}
