/* Building the place registry: an arena for the records, one open-addressing table per kind of key,
 * and one vector per kind of place for the walks, sorted once at the seal. Questions are answered
 * in place_time.c.
 *
 * Every record begins with its key, so one table serves places, companies and units. Records never
 * move, so the pointers that are handed out stay valid. */
#include "base/grown.h"
#include "engine/duty/rota.h"
#include "engine/place/place_internal.h"
#include "engine/routing/roads.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { FIRST_SLOTS = 64 };

/* FNV-1a. The keys come from the operator's own files. */
static uint64_t hash(const char *key)
{
    uint64_t h = UINT64_C(14695981039346656037);
    for (; *key; key++)
        h = (h ^ (unsigned char)*key) * UINT64_C(1099511628211);
    return h;
}

/* The slot that holds `key`, or the free one where it belongs. The table must have a free slot. */
static const char **slot_of(const struct city_table *t, const char *key)
{
    size_t i = (size_t)hash(key) & (t->size - 1);
    while (t->slots[i] && strcmp(t->slots[i], key) != 0)
        i = (i + 1) & (t->size - 1);
    return &t->slots[i];
}

const void *city_table_get(const struct city_table *t, const char *key)
{
    return t->size && key ? *slot_of(t, key) : NULL;
}

/* Room for one more, at most two thirds full. */
int city_table_reserve(struct city_table *t)
{
    if ((t->used + 1) * 3 <= t->size * 2)
        return HX_OK;
    struct city_table grown = {.size = t->size ? t->size * 2 : FIRST_SLOTS, .used = t->used};
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
void city_table_put(struct city_table *t, const char *record)
{
    *slot_of(t, record) = record;
    t->used++;
}

static int vector_reserve(struct city_vector *v)
{
    void **items = hx_grown(v->items, v->count, &v->room, sizeof *items);
    if (!items)
        return HX_NOMEM;
    v->items = items;
    return HX_OK;
}

/* After vector_reserve. Files are nearly always sorted by id; what is not waits for the seal. */
static void vector_append(struct city_vector *v, void *record)
{
    v->unsorted |= v->count && strcmp(v->items[v->count - 1], record) > 0;
    v->items[v->count++] = record;
}

static int compare_ids(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void vector_sort(struct city_vector *v)
{
    if (v->unsorted)
        qsort(v->items, v->count, sizeof *v->items, compare_ids);
    v->unsorted = false;
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
    city->utc_offset = 480;
    city->number = 1;
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
    city_near_free(city->near);
    free(city->places.slots);
    free(city->companies.slots);
    free(city->units.slots);
    hx_rota_free(city->rota);
    hx_roads_free(city->roads);
    city_routing_free(city->routing);
    if (city->borders.release)
        city->borders.release(city->borders.ctx);
    hx_arena_fini(&city->arena);
    free(city);
}

void hx_city_set_older(struct hx_city *city, const struct hx_city *older, uint64_t from_lsn)
{
    city->older = older;
    city->from_lsn = from_lsn;
}

const struct hx_city *hx_city_in_force(const struct hx_city *city, uint64_t lsn)
{
    while (city && city->from_lsn >= lsn && city->older)
        city = city->older;
    return city;
}

void hx_city_seal(struct hx_city *city)
{
    for (int kind = 0; kind < HX_PLACE_KINDS; kind++)
        vector_sort(&city->by_kind[kind]);
    vector_sort(&city->company_order);
}

/* A holder is named by its id alone, so an id may stand for one place, company or unit only. */
static bool id_taken(const struct hx_city *city, const char *id)
{
    return hx_city_place(city, id) || hx_city_company(city, id) || hx_city_unit(city, id);
}

/* Copies both names; NULL becomes "". */
int city_keep_names(struct hx_city *city, const char **zh, const char **en)
{
    *zh = hx_arena_strdup(&city->arena, *zh ? *zh : "");
    *en = hx_arena_strdup(&city->arena, *en ? *en : "");
    return *zh && *en ? HX_OK : HX_NOMEM;
}

static bool period_sound(int64_t from, int64_t to)
{
    return !from || !to || from < to;
}

/* A company, or another unit: nobody walks those in order. */
static int add_company(struct hx_city *city, bool unit, const struct hx_company *company)
{
    struct city_table *table = unit ? &city->units : &city->companies;
    if (!hx_id_valid(company->id) || !period_sound(company->from, company->to))
        return HX_INVALID;
    if (id_taken(city, company->id))
        return HX_EXISTS;
    int err = city_table_reserve(table);
    if (!err && !unit)
        err = vector_reserve(&city->company_order);
    if (err)
        return err;
    struct hx_company *kept = hx_arena_memdup(&city->arena, company, sizeof *company);
    if (!kept)
        return HX_NOMEM;
    err = city_keep_names(city, &kept->name_zh, &kept->name_en);
    if (err)
        return err;
    city_table_put(table, kept->id);
    if (!unit)
        vector_append(&city->company_order, kept);
    return HX_OK;
}

int hx_city_add_company(struct hx_city *city, const struct hx_company *company)
{
    return add_company(city, false, company);
}

int hx_city_add_unit(struct hx_city *city, const struct hx_company *unit)
{
    return add_company(city, true, unit);
}

/* What can be judged from the place alone. */
static bool place_sound(const struct hx_place *place)
{
    if (!hx_id_valid(place->id) || (unsigned)place->kind >= HX_PLACE_KINDS ||
        !period_sound(place->from, place->to))
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

/* The last period that this one may follow; NULL for a new place. HX_EXISTS when it may not. */
static int find_before(const struct hx_city *city, const struct hx_place *place,
                       struct hx_place **before)
{
    struct hx_place *p = (struct hx_place *)(uintptr_t)hx_city_place(city, place->id);
    *before = NULL;
    if (!p)
        return id_taken(city, place->id) ? HX_EXISTS : HX_OK;
    while (p->later)
        p = (struct hx_place *)(uintptr_t)p->later;
    *before = p;
    bool follows = p->kind == place->kind && p->to && place->from && p->to <= place->from;
    return follows ? HX_OK : HX_EXISTS;
}

/* Puts a copy into the registry: a new place, or the next period of one. */
static int keep_place(struct hx_city *city, const struct hx_place *place,
                      const struct hx_place *parent, struct hx_place *before)
{
    struct hx_place *kept = hx_arena_memdup(&city->arena, place, sizeof *place);
    if (!kept || city_keep_names(city, &kept->name_zh, &kept->name_en))
        return HX_NOMEM;
    kept->parent = parent;
    kept->later = NULL;
    if (before) {
        before->later = kept;
        return HX_OK;
    }
    city_table_put(&city->places, kept->id);
    vector_append(&city->by_kind[kept->kind], kept);
    return HX_OK;
}

int hx_city_add_place(struct hx_city *city, const struct hx_place *place, const char *parent_id)
{
    const struct hx_place *parent;
    struct hx_place *before;
    if (!place_sound(place))
        return HX_INVALID;
    int err = find_before(city, place, &before);
    if (!err)
        err = find_parent(city, place->kind, parent_id, &parent);
    if (err)
        return err;
    if (place->company[0] && !hx_city_company(city, place->company))
        return HX_NOTFOUND;
    err = city_table_reserve(&city->places);
    if (!err)
        err = vector_reserve(&city->by_kind[place->kind]);
    return err ? err : keep_place(city, place, parent, before);
}

void hx_city_set_rota(struct hx_city *city, struct hx_rota *rota)
{
    hx_rota_free(city->rota);
    city->rota = rota;
}

const struct hx_rota *hx_city_rota(const struct hx_city *city)
{
    return city->rota;
}

void hx_city_set_roads(struct hx_city *city, struct hx_roads *roads)
{
    hx_roads_free(city->roads);
    city->roads = roads;
}

const struct hx_roads *hx_city_roads(const struct hx_city *city)
{
    return city->roads;
}
