/* principals.csv: one row per key. */
#include "config/access/access.h"
#include "config/access/access_impl.h"
#include "config/reading/csv_table.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { COL_PRINCIPAL, COL_ROLE, COL_AREAS, COL_SOURCES, COL_TENANT, COL_KEY, COL_STATE, COLUMNS };

static const struct hx_csv_column columns[] = {
    {"principal", false}, {"role", false},       {"areas", false}, {"sources", true},
    {"tenant", true},     {"public_key", false}, {"state", false}, {NULL, false},
};

/* One file being read. */
struct reading {
    struct hx_access *a;
    const struct hx_csv_table *table;
    const struct hx_city *city;
    size_t *lines; /* of each principal's first row */
    struct hx_problem *problem;
    const struct hx_csv_row *row;
};

#define FAULT(r, ...) fault_at((r), (r)->row->line, __VA_ARGS__)

static int fault_at(const struct reading *r, size_t line, const char *fmt, ...) HX_PRINTF(3, 4);
static int fault_at(const struct reading *r, size_t line, const char *fmt, ...)
{
    char text[256];
    va_list args;
    va_start(args, fmt);
    vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    return hx_problem_set(r->problem, "%s:%zu: %s", r->table->path, line, text);
}

/* ---- names by number ---- */

/* FNV-1a over '@' for a source, then the text. */
static uint32_t hash_of(bool source, const char *text)
{
    uint32_t h = source ? (2166136261u ^ '@') * 16777619u : 2166136261u;
    for (const char *p = text; *p; p++)
        h = (h ^ (uint8_t)*p) * 16777619u;
    return h ^ (h >> 15);
}

static bool same(const char *kept, bool source, const char *text)
{
    return (*kept == '@') == source && strcmp(kept + source, text) == 0;
}

static uint32_t *slot_of(const struct access_names *n, bool source, const char *text)
{
    size_t mask = n->cap - 1, i = hash_of(source, text) & mask;
    while (n->slots[i] && !same(n->list[n->slots[i] - 1], source, text))
        i = (i + 1) & mask;
    return &n->slots[i];
}

static int find_name(const struct hx_access *a, bool source, const char *text)
{
    return a->names.cap && text && *text ? (int)*slot_of(&a->names, source, text) - 1 : -1;
}

int hx_access_area(const struct hx_access *a, const char *id)
{
    return find_name(a, false, id);
}

int hx_access_source(const struct hx_access *a, const char *name)
{
    return find_name(a, true, name);
}

/* The table is made for all names that can come: they are counted before. */
static bool make_names(struct hx_access *a, size_t most)
{
    size_t cap = 16;
    while (cap < 2 * most)
        cap *= 2;
    a->names =
        (struct access_names){.list = hx_arena_alloc(&a->arena, (most + 1) * sizeof *a->names.list),
                              .slots = hx_arena_alloc(&a->arena, cap * sizeof *a->names.slots),
                              .cap = cap};
    if (hx_arena_failed(&a->arena))
        return false;
    memset(a->names.slots, 0, cap * sizeof *a->names.slots);
    return true;
}

static void take_name(struct hx_access *a, bool source, const char *text)
{
    uint32_t *slot = slot_of(&a->names, source, text);
    if (*slot)
        return;
    a->names.list[a->names.n] = hx_arena_printf(&a->arena, "%s%s", source ? "@" : "", text);
    *slot = (uint32_t)++a->names.n;
}

/* ---- lists of words ---- */

static size_t count_words(const char *text)
{
    size_t n = 0;
    for (text += strspn(text, " "); *text; text += strcspn(text, " "), text += strspn(text, " "))
        n++;
    return n;
}

static const char **split(struct hx_arena *arena, const char *text, size_t *n)
{
    const char **list = hx_arena_alloc(arena, (count_words(text) + 1) * sizeof *list);
    *n = 0;
    for (text += strspn(text, " "); list && *text; text += strspn(text, " ")) {
        size_t size = strcspn(text, " ");
        list[(*n)++] = hx_arena_strndup(arena, text, size);
        text += size;
    }
    return list;
}

/* ---- one row ---- */

static bool name_ok(const char *name, size_t max)
{
    size_t n = strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.");
    return n > 0 && n < max && !name[n];
}

static bool unhex(const char *text, uint8_t out[HX_PUBLIC_KEY])
{
    static const char digits[] = "0123456789abcdef";
    if (strlen(text) != (size_t)2 * HX_PUBLIC_KEY)
        return false;
    for (size_t i = 0; i < HX_PUBLIC_KEY; i++) {
        const char *high = strchr(digits, text[2 * i]), *low = strchr(digits, text[2 * i + 1]);
        if (!high || !low)
            return false;
        out[i] = (uint8_t)((high - digits) * 16 + (low - digits));
    }
    return true;
}

static int take_areas(const struct reading *r, struct hx_principal *p)
{
    p->areas = split(&r->a->arena, r->row->values[COL_AREAS], &p->n_areas);
    size_t kept = 0;
    for (size_t i = 0; p->areas && i < p->n_areas; i++) {
        const char *id = p->areas[i];
        if (strcmp(id, "city") == 0) {
            p->city = true;
            continue;
        }
        bool unit = strncmp(id, "unit:", 5) == 0;
        if (unit)
            id += 5;
        if (!hx_id_valid(id))
            return FAULT(r, "\"%s\" is no id of an area", id);
        if (r->city && !unit && !hx_city_place(r->city, id) && !hx_city_company(r->city, id))
            return FAULT(r, "the city has no place and no company %s", id);
        p->areas[kept++] = id;
    }
    p->n_areas = kept;
    return p->city || kept ? HX_OK : FAULT(r, "%s has no area: ids, or \"city\"", p->name);
}

/* Without sources of its own a principal publishes under its name. */
static int take_sources(const struct reading *r, struct hx_principal *p)
{
    const char *text = r->row->values[COL_SOURCES];
    p->any_source = strcmp(text, "*") == 0;
    p->sources = split(&r->a->arena, p->any_source ? "" : *text ? text : p->name, &p->n_sources);
    for (size_t i = 0; p->sources && i < p->n_sources; i++)
        if (!name_ok(p->sources[i], HX_PRINCIPAL_MAX))
            return FAULT(r, "\"%s\" is no name of a source", p->sources[i]);
    return HX_OK;
}

static int new_principal(struct reading *r)
{
    struct hx_access *a = r->a;
    const char *const *v = r->row->values;
    const char *tenant = *v[COL_TENANT] ? v[COL_TENANT] : v[COL_PRINCIPAL];
    struct hx_principal *p = &a->principals[a->n_principals];
    if (!name_ok(v[COL_PRINCIPAL], sizeof p->name) || !name_ok(tenant, HX_PRINCIPAL_MAX))
        return FAULT(r, "a principal and a tenant are letters, digits, - _ and .");
    *p = (struct hx_principal){.number = a->n_principals, .role = access_role(a, v[COL_ROLE])};
    memcpy(p->name, v[COL_PRINCIPAL], strlen(v[COL_PRINCIPAL]) + 1);
    int number = access_tenant(a, tenant);
    if (!p->role)
        return FAULT(r, "unknown role \"%s\"", v[COL_ROLE]);
    if (number < 0)
        return FAULT(r, "more than %d tenants", ACCESS_TENANTS);
    p->tenant = (size_t)number;
    int rc = take_areas(r, p);
    if (rc == HX_OK)
        rc = take_sources(r, p);
    r->lines[a->n_principals++] = (size_t)(r->row - r->table->rows);
    return rc;
}

/* Rows of one principal say the same in all but key and state. */
static int judge_same(const struct reading *r, const struct hx_principal *p)
{
    const struct hx_csv_row *first = &r->table->rows[r->lines[p->number]];
    for (int c = COL_ROLE; c <= COL_TENANT; c++)
        if (strcmp(first->values[c], r->row->values[c]) != 0)
            return FAULT(r, "%s has %s \"%s\" here, but \"%s\" at line %zu", p->name,
                         columns[c].name, r->row->values[c], first->values[c], first->line);
    return HX_OK;
}

static struct hx_principal *find_principal(const struct hx_access *a, const char *name)
{
    for (size_t i = 0; i < a->n_principals; i++)
        if (strcmp(a->principals[i].name, name) == 0)
            return &a->principals[i];
    return NULL;
}

static int take_row(struct reading *r)
{
    struct hx_access *a = r->a;
    const char *const *v = r->row->values;
    struct hx_access_key *key = &a->keys[a->n_keys++];
    const struct hx_principal *known = find_principal(a, v[COL_PRINCIPAL]);
    int rc = known ? judge_same(r, known) : new_principal(r);
    if (rc != HX_OK)
        return rc;
    struct hx_principal *p = find_principal(a, v[COL_PRINCIPAL]);
    key->principal = p;
    key->line = r->row->line;
    key->active = strcmp(v[COL_STATE], "active") == 0;
    p->active |= key->active;
    if (!unhex(v[COL_KEY], key->bytes))
        return FAULT(r, "a public key is 64 digits 0-9 a-f");
    if (!key->active && strcmp(v[COL_STATE], "revoked") != 0)
        return FAULT(r, "state is active or revoked, not \"%s\"", v[COL_STATE]);
    return HX_OK;
}

/* ---- the whole ---- */

static int by_bytes(const void *a, const void *b)
{
    return memcmp(((const struct hx_access_key *)a)->bytes,
                  ((const struct hx_access_key *)b)->bytes, HX_PUBLIC_KEY);
}

static int sort_keys(const struct reading *r)
{
    struct hx_access *a = r->a;
    qsort(a->keys, a->n_keys, sizeof *a->keys, by_bytes);
    for (size_t i = 1; i < a->n_keys; i++)
        if (by_bytes(&a->keys[i - 1], &a->keys[i]) == 0)
            return fault_at(r, a->keys[i].line, "this key is there already, at line %zu",
                            a->keys[i - 1].line);
    return HX_OK;
}

static bool set_bits(struct hx_access *a, struct hx_principal *p)
{
    size_t words = a->names.n / 64 + 1;
    uint64_t *bits = hx_arena_alloc(&a->arena, words * sizeof *bits);
    if (!bits)
        return false;
    memset(bits, 0, words * sizeof *bits);
    for (size_t i = 0; i < p->n_areas + p->n_sources; i++) {
        bool source = i >= p->n_areas;
        int n = find_name(a, source, source ? p->sources[i - p->n_areas] : p->areas[i]);
        if (n < 0)
            return false; /* never: all of them have just been numbered */
        bits[n / 64] |= UINT64_C(1) << (n % 64);
    }
    p->bits = bits;
    return true;
}

static int number_names(struct hx_access *a)
{
    size_t most = 0;
    for (size_t i = 0; i < a->n_principals; i++)
        most += a->principals[i].n_areas + a->principals[i].n_sources;
    if (!make_names(a, most))
        return HX_NOMEM;
    for (size_t i = 0; i < a->n_principals; i++) {
        const struct hx_principal *p = &a->principals[i];
        for (size_t j = 0; j < p->n_areas; j++)
            take_name(a, false, p->areas[j]);
        for (size_t j = 0; j < p->n_sources; j++)
            take_name(a, true, p->sources[j]);
    }
    if (hx_arena_failed(&a->arena))
        return HX_NOMEM;
    for (size_t i = 0; i < a->n_principals; i++)
        if (!set_bits(a, &a->principals[i]))
            return HX_NOMEM;
    return HX_OK;
}

static int take_table(struct reading *r)
{
    struct hx_access *a = r->a;
    size_t n = r->table->count + 1;
    a->principals = hx_arena_alloc(&a->arena, n * sizeof *a->principals);
    a->keys = hx_arena_alloc(&a->arena, n * sizeof *a->keys);
    r->lines = hx_arena_alloc(&a->arena, n * sizeof *r->lines);
    if (hx_arena_failed(&a->arena))
        return HX_NOMEM;
    int rc = HX_OK;
    for (size_t i = 0; i < r->table->count && rc == HX_OK; i++) {
        r->row = &r->table->rows[i];
        rc = take_row(r);
    }
    if (rc == HX_OK)
        rc = sort_keys(r);
    return rc == HX_OK ? number_names(a) : rc;
}

int hx_access_load(const char *principals, const char *roles, const struct hx_city *city,
                   struct hx_access **out, struct hx_problem *problem)
{
    struct hx_csv_table table = {0};
    struct hx_access *a = calloc(1, sizeof *a);
    *out = NULL;
    if (!a)
        return HX_NOMEM;
    hx_arena_init(&a->arena, 0);
    struct reading r = {.a = a, .table = &table, .city = city, .problem = problem};
    int rc = access_roles_load(a, roles, problem);
    if (rc == HX_OK)
        rc = hx_csv_read(principals, columns, &table, problem);
    if (rc == HX_OK)
        rc = take_table(&r);
    if (rc == HX_NOMEM)
        (void)hx_problem_set(problem, "%s: out of memory", principals);
    hx_csv_free(&table);
    if (rc == HX_OK)
        *out = a;
    else
        hx_access_free(a);
    return rc;
}

void hx_access_free(struct hx_access *a)
{
    if (!a)
        return;
    hx_arena_fini(&a->arena);
    free(a);
}

const struct hx_access_key *hx_access_key(const struct hx_access *a,
                                          const uint8_t bytes[HX_PUBLIC_KEY])
{
    struct hx_access_key wanted;
    memcpy(wanted.bytes, bytes, HX_PUBLIC_KEY);
    return a->n_keys ? bsearch(&wanted, a->keys, a->n_keys, sizeof *a->keys, by_bytes) : NULL;
}

const struct hx_principal *hx_access_principal(const struct hx_access *a, size_t number)
{
    return number < a->n_principals ? &a->principals[number] : NULL;
}

const struct hx_principal *hx_access_find(const struct hx_access *a, const char *name)
{
    return find_principal(a, name);
}

const struct hx_access_key *hx_access_next_key(const struct hx_access *a, size_t *at)
{
    return *at < a->n_keys ? &a->keys[(*at)++] : NULL;
}

const struct hx_tenant *hx_access_tenant(const struct hx_access *a, size_t number)
{
    return number < a->n_tenants ? &a->tenants[number] : NULL;
}

const struct hx_access_role *hx_access_role_at(const struct hx_access *a, size_t number)
{
    return number < a->n_roles ? &a->roles[number] : NULL;
}

const struct hx_watched *hx_access_watched(const struct hx_access *a, size_t number)
{
    return number < a->n_watched ? &a->watched[number] : NULL;
}
