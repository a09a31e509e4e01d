/* Rows of tally: counters added up in memory first, since many entries count the same. */
#include "hongxin/instant.h"
#include "store/impl.h"
#include "store/projection/apply.h"

#include <stdlib.h>

enum {
    SLOTS_LEAST = 64,
    SLOTS_FIRST = 4096, /* most that are made before they are needed */
    ROWS_OF_ITEM = 4,   /* and that many for each item: most count nothing, or the same */
    TEXT_MAX = 120,     /* an id and a counter's name must fit into a key; ids are far shorter */
};

const char *const tally_dimensions[TALLY_DIMENSIONS] = {
    [TALLY_CITY] = "city", [TALLY_STREET] = "street", [TALLY_COMMUNITY] = "community",
    [TALLY_GRID] = "grid", [TALLY_HOLDER] = "holder",
};

static uint64_t hash_row(const struct tally_row *r)
{
    uint64_t h = ((uint64_t)(uint32_t)r->day << 32 | r->id) * UINT64_C(0x9E3779B97F4A7C15);
    h ^= ((uint64_t)r->what << 8 | (uint64_t)r->month << 4 | r->dimension) *
         UINT64_C(0xC2B2AE3D27D4EB4F);
    return h ^ (h >> 29);
}

static bool same_row(const struct tally_row *a, const struct tally_row *b)
{
    return a->day == b->day && a->month == b->month && a->dimension == b->dimension &&
           a->id == b->id && a->what == b->what;
}

static struct tally_row *find_row(const struct tally_sum *s, const struct tally_row *r)
{
    size_t i = hash_row(r) & (s->slots - 1);
    while (s->rows[i].count && !same_row(&s->rows[i], r))
        i = (i + 1) & (s->slots - 1);
    return &s->rows[i];
}

static int grow_sum(struct tally_sum *s)
{
    struct tally_sum big = {.slots = 2 * s->slots, .n = s->n};
    big.rows = calloc(big.slots, sizeof *big.rows);
    if (!big.rows)
        return HX_NOMEM;
    for (size_t i = 0; i < s->slots; i++) {
        if (s->rows[i].count)
            *find_row(&big, &s->rows[i]) = s->rows[i];
    }
    free(s->rows);
    *s = big;
    return HX_OK;
}

static int add(struct tally_sum *s, struct tally_row r, uint64_t count)
{
    if (2 * s->n >= s->slots && grow_sum(s))
        return HX_NOMEM;
    struct tally_row *row = find_row(s, &r);
    if (!row->count) {
        *row = r;
        row->count = 0;
        s->n++;
    }
    row->count += count;
    return HX_OK;
}

static int add_item(struct tally_sum *s, const struct item *i, struct item_count c)
{
    const uint32_t ids[TALLY_DIMENSIONS] = {
        [TALLY_STREET] = i->places[TAIL_STREET],
        [TALLY_COMMUNITY] = i->places[TAIL_COMMUNITY],
        [TALLY_GRID] = i->places[TAIL_GRID],
        [TALLY_HOLDER] = c.holder,
    };
    int err = HX_OK;
    for (uint8_t d = 0; d < TALLY_DIMENSIONS && !err; d++) {
        if (d == TALLY_CITY || ids[d])
            err = add(
                s, (struct tally_row){.day = i->day, .dimension = d, .id = ids[d], .what = c.what},
                1);
    }
    return err;
}

static int32_t month_of(int32_t day)
{
    int64_t y;
    unsigned m, d;
    hx_civil_from_days(day, &y, &m, &d);
    return (int32_t)(12 * y + (int64_t)m - 1);
}

/* Month rows are sums of day rows. */
static int add_months(struct tally_sum *s)
{
    size_t n = s->slots;
    struct tally_row *days = malloc((n + 1) * sizeof *days);
    int err = days ? HX_OK : HX_NOMEM;
    if (!err && n)
        memcpy(days, s->rows, n * sizeof *days);
    for (size_t i = 0; i < n && !err; i++) {
        struct tally_row r = days[i];
        if (!r.count)
            continue;
        r.day = month_of(r.day);
        r.month = 1;
        err = add(s, r, days[i].count);
    }
    free(days);
    return err;
}

int tally_sum(struct tally_sum *s, const struct tail *t, size_t from, size_t n)
{
    size_t slots = SLOTS_LEAST;
    while (slots < SLOTS_FIRST && slots < ROWS_OF_ITEM * n)
        slots *= 2;
    *s = (struct tally_sum){.slots = slots, .rows = calloc(slots, sizeof *s->rows)};
    int err = s->rows ? HX_OK : HX_NOMEM;
    for (size_t i = from; i < from + n && !err; i++) {
        const struct item *item = &t->items[i];
        for (size_t c = 0; c < item->n_counts && !err; c++)
            err = add_item(s, item, item_count_at(t, item, c));
    }
    if (!err)
        err = add_months(s);
    if (err)
        tally_sum_fini(s);
    return err;
}

void tally_sum_fini(struct tally_sum *s)
{
    free(s->rows);
    *s = (struct tally_sum){0};
}

static void add_text(struct key *k, const char *text)
{
    size_t n = strlen(text);
    if (n > TEXT_MAX)
        n = TEXT_MAX;
    memcpy(k->bytes + k->size, text, n);
    k->size += n;
    k->bytes[k->size++] = 0;
}

/* The last n digits of a number, and what stands in front of them. */
static void add_digits(struct key *k, const char *before, unsigned v, size_t n)
{
    while (*before)
        k->bytes[k->size++] = (uint8_t)*before++;
    for (size_t i = n; i-- > 0; v /= 10)
        k->bytes[k->size + i] = (uint8_t)('0' + v % 10);
    k->size += n;
}

/* "2026-10" or "2026-10-13" */
static void add_period(struct key *k, const struct tally_row *row)
{
    int64_t y = row->day / 12;
    unsigned m = (unsigned)(row->day % 12) + 1, d = 0;
    if (!row->month)
        hx_civil_from_days(row->day, &y, &m, &d);
    add_digits(k, "", (unsigned)y, 4);
    add_digits(k, "-", m, 2);
    if (d)
        add_digits(k, "-", d, 2);
    k->bytes[k->size++] = 0;
}

void tally_key(struct key *k, const struct tail *t, const struct tally_row *row)
{
    k->size = 0;
    add_period(k, row);
    add_text(k, tally_dimensions[row->dimension]);
    add_text(k, names_text(&t->names, row->id));
    add_text(k, names_text(&t->names, row->what));
    k->size--; /* the last text ends with the key */
}

static int by_key(const void *pa, const void *pb)
{
    const struct tally_key_count *a = pa, *b = pb;
    size_t n = a->key.size < b->key.size ? a->key.size : b->key.size;
    int c = memcmp(a->key.bytes, b->key.bytes, n);
    return c ? c : (a->key.size > b->key.size) - (a->key.size < b->key.size);
}

int tally_sorted(const struct tally_sum *s, const struct tail *t, struct tally_key_count **out)
{
    struct tally_key_count *rows = malloc((s->n + 1) * sizeof *rows);
    size_t n = 0;
    if (!rows)
        return HX_NOMEM;
    for (size_t i = 0; i < s->slots; i++) {
        if (!s->rows[i].count)
            continue;
        tally_key(&rows[n].key, t, &s->rows[i]);
        rows[n++].count = s->rows[i].count;
    }
    qsort(rows, n, sizeof *rows, by_key);
    *out = rows;
    return HX_OK;
}

static int add_to_row(MDB_cursor *cur, const struct tally_key_count *row)
{
    MDB_val key = key_val(&row->key), value;
    uint8_t bytes[8];
    uint64_t count = row->count;
    int rc = mdb_cursor_get(cur, &key, &value, MDB_SET);
    if (rc && rc != MDB_NOTFOUND)
        return rc;
    if (!rc && value.mv_size == 8)
        count += be64_get(value.mv_data);
    be64_put(bytes, count);
    value = val_of(bytes, sizeof bytes);
    return mdb_cursor_put(cur, &key, &value, 0);
}

int apply_tally(const struct apply *a)
{
    struct tally_sum sum;
    struct tally_key_count *rows = NULL;
    MDB_cursor *cur = NULL;
    int err = tally_sum(&sum, a->tail, a->from, a->n);
    if (err)
        return err;
    size_t n = sum.n;
    err = tally_sorted(&sum, a->tail, &rows);
    tally_sum_fini(&sum);
    if (!err)
        err = store_error(mdb_cursor_open(a->txn, a->dbi, &cur), false);
    for (size_t i = 0; i < n && !err; i++)
        err = store_error(add_to_row(cur, &rows[i]), false);
    if (cur)
        mdb_cursor_close(cur);
    free(rows);
    return err;
}
