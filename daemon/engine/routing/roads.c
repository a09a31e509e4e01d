/* One sorted array: by how narrow a row is, then by post, person and order. Rows that decide
 * together stand together, so an answer is a few binary searches, most of them over nothing. */
#include "engine/routing/roads.h"
#include "base/grown.h"
#include "base/text.h"

#include <stdlib.h>
#include <string.h>

/* From the narrowest to the widest; the order of the searches. */
enum width { ON_POST, PERSON, POST, AREA, ROLE, EVERYBODY, WIDTHS };

struct hx_roads {
    struct hx_road *list;
    size_t n, cap;
    size_t begin[WIDTHS + 1]; /* rows of a width: from here to the next one's */
};

int hx_roads_new(struct hx_roads **out)
{
    *out = calloc(1, sizeof **out);
    return *out ? HX_OK : HX_NOMEM;
}

void hx_roads_free(struct hx_roads *roads)
{
    if (!roads)
        return;
    free(roads->list);
    free(roads);
}

static enum width width_of(const struct hx_road *r)
{
    if (r->person[0])
        return r->role[0] ? ON_POST : PERSON;
    if (r->area[0])
        return r->role[0] ? POST : AREA;
    return r->role[0] ? ROLE : EVERYBODY;
}

static bool sound(const char *id)
{
    return !*id || hx_id_valid(id);
}

int hx_roads_add(struct hx_roads *roads, const struct hx_road *r)
{
    if (!sound(r->role) || !sound(r->area) || !sound(r->person) || !hx_id_valid(r->road) ||
        r->order < 1 || (r->person[0] && !r->role[0] != !r->area[0]))
        return HX_INVALID;
    struct hx_road *list = hx_grown(roads->list, roads->n, &roads->cap, sizeof *list);
    if (!list)
        return HX_NOMEM;
    roads->list = list;
    roads->list[roads->n++] = *r;
    return HX_OK;
}

/* Whose road it is; "" where everybody's is. */
struct whose {
    const char *role, *area, *person;
};

static struct whose whose(const struct hx_road *r)
{
    return (struct whose){r->role, r->area, r->person};
}

static int compare_keys(const struct hx_road *a, const struct whose *b)
{
    int order = strcmp(a->role, b->role);
    if (!order)
        order = strcmp(a->area, b->area);
    return order ? order : strcmp(a->person, b->person);
}

static int compare(const void *a, const void *b)
{
    const struct hx_road *x = a, *y = b;
    const struct whose key = whose(y);
    int order = (int)width_of(x) - (int)width_of(y);
    if (!order)
        order = compare_keys(x, &key);
    if (!order)
        order = (x->order > y->order) - (x->order < y->order);
    return order ? order : (x->line > y->line) - (x->line < y->line);
}

static bool together(const struct hx_road *a, const struct hx_road *b)
{
    const struct whose key = whose(b);
    return width_of(a) == width_of(b) && compare_keys(a, &key) == 0;
}

/* Whether row i contradicts one of those before it that decide together with it. */
static int clash_at(const struct hx_roads *roads, size_t i, size_t *with)
{
    const struct hx_road *r = &roads->list[i];
    size_t n = 1;
    for (*with = i; *with > 0 && together(&roads->list[*with - 1], r); n++) {
        const struct hx_road *before = &roads->list[--*with];
        if (before->order == r->order || strcmp(before->road, r->road) == 0)
            return HX_EXISTS;
    }
    return n > HX_ROADS_MAX ? HX_TOOBIG : HX_OK;
}

int hx_roads_seal(struct hx_roads *roads, const struct hx_road *clash[2])
{
    if (roads->n)
        qsort(roads->list, roads->n, sizeof *roads->list, compare);
    size_t at = 0;
    for (int w = 0; w < WIDTHS; w++) {
        roads->begin[w] = at;
        while (at < roads->n && width_of(&roads->list[at]) == (enum width)w)
            at++;
    }
    roads->begin[WIDTHS] = at;
    for (size_t i = 0; i < roads->n; i++) {
        size_t with;
        int rc = clash_at(roads, i, &with);
        if (rc) {
            bool later = roads->list[i].line > roads->list[with].line;
            clash[0] = &roads->list[later ? with : i];
            clash[1] = &roads->list[later ? i : with];
            return rc;
        }
    }
    return HX_OK;
}

static size_t find(const struct hx_roads *roads, enum width w, const struct whose *key,
                   const char *out[HX_ROADS_MAX])
{
    size_t low = roads->begin[w], high = roads->begin[w + 1], end = high, n = 0;
    while (low < high) {
        size_t mid = low + (high - low) / 2;
        if (compare_keys(&roads->list[mid], key) < 0)
            low = mid + 1;
        else
            high = mid;
    }
    for (; low < end && n < HX_ROADS_MAX && compare_keys(&roads->list[low], key) == 0; low++)
        out[n++] = roads->list[low].road;
    return n;
}

size_t hx_roads_of(const struct hx_roads *roads, const char *role, const char *area,
                   const char *person, const char *out[HX_ROADS_MAX])
{
    static const struct {
        bool role, area, person;
    } looks[WIDTHS] = {[ON_POST] = {true, true, true},
                       [PERSON] = {.person = true},
                       [POST] = {.role = true, .area = true},
                       [AREA] = {.area = true},
                       [ROLE] = {.role = true}};
    size_t n = 0;
    for (int w = 0; w < WIDTHS && !n; w++) {
        if (roads->begin[w] == roads->begin[w + 1] || (looks[w].person && !*person))
            continue;
        const struct whose key = {looks[w].role ? role : "", looks[w].area ? area : "",
                                  looks[w].person ? person : ""};
        n = find(roads, (enum width)w, &key, out);
    }
    return n;
}

const struct hx_road *hx_roads_next(const struct hx_roads *roads, size_t *at)
{
    return *at < roads->n ? &roads->list[(*at)++] : NULL;
}
