#include "service/intake/similar.h"

#include "engine/case/drill.h"
#include "engine/onsite.h"
#include <stdlib.h>
#include <string.h>

enum { KEPT = 8, FIRST_ROWS = 1024 };

/* The newest open cases of one place and matter, oldest first. */
struct similar_row {
    uint64_t key;
    uint64_t numbers[KEPT];
    uint8_t n;
};

static uint64_t key_of(const char *place, const char *category)
{
    uint64_t h = UINT64_C(14695981039346656037);
    for (const char *p = place; *p; p++)
        h = (h ^ (unsigned char)*p) * UINT64_C(1099511628211);
    h = (h ^ 0xff) * UINT64_C(1099511628211);
    for (const char *p = category; *p; p++)
        h = (h ^ (unsigned char)*p) * UINT64_C(1099511628211);
    h ^= h >> 29;
    return h ? h : 1;
}

/* The row of this key, or the free one where it belongs. */
static struct similar_row *row_of(const struct similar *s, uint64_t key)
{
    size_t i = key & (s->size - 1);
    while (s->rows[i].key && s->rows[i].key != key)
        i = (i + 1) & (s->size - 1);
    return &s->rows[i];
}

static size_t live_rows(const struct similar *s)
{
    size_t n = 0;
    for (size_t i = 0; i < s->size; i++)
        n += s->rows[i].n > 0;
    return n;
}

/* Room for as many again as have open cases now. Rows of places where all is closed are forgotten,
 * or the table would grow with every matter that was ever reported. */
static bool make_room(struct similar *s)
{
    struct similar next = {.size = FIRST_ROWS, .used = live_rows(s)};
    while (next.size < 4 * next.used)
        next.size *= 2;
    next.rows = calloc(next.size, sizeof *next.rows);
    if (!next.rows)
        return false;
    for (size_t i = 0; i < s->size; i++)
        if (s->rows[i].n)
            *row_of(&next, s->rows[i].key) = s->rows[i];
    free(s->rows);
    *s = next;
    return true;
}

static void drop(struct similar_row *r, uint64_t number)
{
    uint8_t kept = 0;
    for (uint8_t i = 0; i < r->n; i++)
        if (r->numbers[i] != number)
            r->numbers[kept++] = r->numbers[i];
    r->n = kept;
}

static bool has(const struct similar_row *r, uint64_t number)
{
    for (uint8_t i = 0; i < r->n; i++)
        if (r->numbers[i] == number)
            return true;
    return false;
}

static bool note(struct similar *s, uint64_t key, uint64_t number, bool open)
{
    if (2 * s->used >= s->size && !make_room(s))
        return false;
    struct similar_row *r = row_of(s, key);
    if (!open) {
        drop(r, number);
        return true;
    }
    if (has(r, number))
        return true;
    s->used += !r->key;
    r->key = key;
    if (r->n == KEPT)
        drop(r, r->numbers[0]);
    r->numbers[r->n++] = number;
    return true;
}

/* ---- where the cases come from ---- */

struct filling {
    struct similar *to;
    struct hx_store *store;
    struct hx_case *scratch;
    int rc;
};

static int on_case(void *ctx, uint64_t number)
{
    struct filling *f = ctx;
    int rc = hx_store_case(f->store, number, f->scratch);
    if (rc == HX_NOTFOUND || rc == HX_CORRUPT)
        return 0; /* is set aside when its deadline comes: it keeps nobody from serving */
    if (!rc && !hx_is_drill(f->scratch) &&
        !note(f->to, key_of(hx_onsite_place(f->scratch), f->scratch->category), number, true))
        rc = HX_NOMEM;
    f->rc = rc;
    return rc != HX_OK;
}

int similar_init(struct similar *s, struct hx_store *st, struct hx_case *scratch)
{
    struct filling f = {.to = s, .store = st, .scratch = scratch};
    *s = (struct similar){0};
    if (!make_room(s))
        return HX_NOMEM;
    int rc = hx_store_open_cases(st, NULL, 0, SIZE_MAX, on_case, &f);
    return rc ? rc : f.rc;
}

void similar_fini(struct similar *s)
{
    free(s->rows);
    *s = (struct similar){0};
}

void similar_entry(struct similar *s, const hxp_entry *e)
{
    const Hongxin__V1__Where *w = e->where;
    if (!e->case_number || !w || !s->rows || e->drill)
        return;
    const char *const places[] = {w->building, w->estate, w->grid, w->community, w->street};
    size_t i = 0;
    while (i + 1 < sizeof places / sizeof *places && !places[i][0])
        i++;
    (void)note(s, key_of(places[i], e->category), e->case_number, e->open);
}

size_t similar_find(const struct similar *s, const char *place, const char *category,
                    uint64_t except, uint64_t numbers[HX_SIMILAR_MAX])
{
    const struct similar_row *r = s->rows ? row_of(s, key_of(place, category)) : NULL;
    size_t n = 0;
    for (uint8_t i = r ? r->n : 0; i-- > 0 && n < HX_SIMILAR_MAX;)
        if (r->numbers[i] != except)
            numbers[n++] = r->numbers[i];
    return n;
}

size_t similar_of(void *ctx, const struct hx_case *c, uint64_t numbers[HX_SIMILAR_MAX])
{
    return similar_find(ctx, hx_onsite_place(c), c->category, c->number, numbers);
}
