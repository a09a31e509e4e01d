#include "kiosk/places.h"

#include "base/grown.h"

#include <csv.h>
#include <ctype.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { COLUMNS = 3, WORDS_MAX = 8, WORD_BYTES = 256 };

struct place {
    const char *text[COLUMNS]; /* id, zh, en */
    const char *sought;        /* all three, in small letters */
};

struct places {
    struct place *rows;
    size_t n, room;
};

/* ---- reading ---- */

struct reader {
    struct places *places;
    size_t column, row;
    size_t of[COLUMNS]; /* in which column each stands; SIZE_MAX: not found */
    char *cells[COLUMNS];
    int rc;
};

static void on_heading(struct reader *r, const char *text, size_t size)
{
    static const char *const headings[COLUMNS] = {"id", "name_zh", "name_en"};
    for (size_t i = 0; i < COLUMNS; i++)
        if (strlen(headings[i]) == size && memcmp(headings[i], text, size) == 0)
            r->of[i] = r->column;
}

static void on_cell(void *cell, size_t size, void *arg)
{
    struct reader *r = arg;
    if (r->row == 0)
        on_heading(r, cell, size);
    for (size_t i = 0; r->row > 0 && i < COLUMNS; i++)
        if (r->of[i] == r->column && !r->cells[i])
            r->cells[i] = strndup(cell ? cell : "", size);
    r->column++;
}

/* One block for a row: id, names, and what is looked through. */
static char *join(char *const cells[COLUMNS], struct place *out)
{
    size_t n[COLUMNS], all = 0;
    for (size_t i = 0; i < COLUMNS; i++)
        all += n[i] = strlen(cells[i]) + 1;
    char *block = malloc(2 * all), *at = block;
    for (size_t i = 0; block && i < COLUMNS; i++) {
        out->text[i] = memcpy(at, cells[i], n[i]);
        at += n[i];
    }
    for (size_t i = 0; block && i < all; i++)
        at[i] = block[i] ? (char)tolower((unsigned char)block[i]) : ' ';
    if (block)
        at[all - 1] = '\0';
    out->sought = at;
    return block;
}

static int add(struct places *p, char *const cells[COLUMNS])
{
    struct place *bigger = hx_grown(p->rows, p->n, &p->room, sizeof *bigger);
    if (!bigger)
        return HX_NOMEM;
    p->rows = bigger;
    if (!join(cells, &p->rows[p->n]))
        return HX_NOMEM;
    p->n++;
    return HX_OK;
}

static void drop_cells(struct reader *r)
{
    for (size_t i = 0; i < COLUMNS; i++) {
        free(r->cells[i]);
        r->cells[i] = NULL;
    }
}

static void on_row(int end, void *arg)
{
    struct reader *r = arg;
    (void)end;
    bool whole = r->row > 0;
    for (size_t i = 0; i < COLUMNS; i++) {
        if (r->row == 0 && r->of[i] == SIZE_MAX)
            r->rc = HX_INVALID;
        whole = whole && r->cells[i];
    }
    if (whole && !r->rc)
        r->rc = add(r->places, r->cells);
    drop_cells(r);
    r->row++;
    r->column = 0;
}

int places_read(const char *table, size_t size, struct places **out)
{
    struct csv_parser parser;
    struct reader r = {.of = {SIZE_MAX, SIZE_MAX, SIZE_MAX}};
    r.places = calloc(1, sizeof *r.places);
    if (!r.places || csv_init(&parser, CSV_APPEND_NULL) != 0) {
        free(r.places);
        return HX_NOMEM;
    }
    if (csv_parse(&parser, table, size, on_cell, on_row, &r) != size ||
        csv_fini(&parser, on_cell, on_row, &r) != 0 || r.row == 0)
        r.rc = r.rc ? r.rc : HX_INVALID;
    csv_free(&parser);
    drop_cells(&r); /* of a row that was cut off */
    if (r.rc)
        places_free(r.places);
    else
        *out = r.places;
    return r.rc;
}

void places_free(struct places *p)
{
    for (size_t i = 0; p && i < p->n; i++)
        free((char *)(uintptr_t)p->rows[i].text[0]); /* the block of the row */
    if (p)
        free(p->rows);
    free(p);
}

size_t places_count(const struct places *p)
{
    return p ? p->n : 0;
}

/* ---- finding ---- */

struct words {
    char text[WORD_BYTES];
    const char *all[WORDS_MAX];
    size_t n;
};

static void split(const char *from, struct words *w)
{
    size_t n = strnlen(from, sizeof w->text - 1);
    for (size_t i = 0; i < n; i++)
        w->text[i] = (char)tolower((unsigned char)from[i]);
    w->text[n] = '\0';
    char *rest = w->text, *word;
    for (w->n = 0; w->n < WORDS_MAX && (word = strsep(&rest, " \t")) != NULL;)
        if (*word)
            w->all[w->n++] = word;
}

static bool holds_all(const struct place *p, const struct words *w)
{
    for (size_t i = 0; i < w->n; i++)
        if (!strstr(p->sought, w->all[i]))
            return false;
    return true;
}

static json_t *as_json(const struct place *p)
{
    return json_pack("{s:s, s:s, s:s}", "id", p->text[0], "zh", p->text[1], "en", p->text[2]);
}

json_t *places_find(const struct places *p, const char *words)
{
    struct words w;
    json_t *found = json_array();
    split(words, &w);
    for (size_t i = 0; p && w.n == 1 && i < p->n; i++)
        if (strcasecmp(p->rows[i].text[0], w.all[0]) == 0)
            json_array_append_new(found, as_json(&p->rows[i]));
    for (size_t i = 0; p && w.n > 0 && i < p->n && json_array_size(found) < PLACES_FOUND_MAX; i++)
        if (holds_all(&p->rows[i], &w) &&
            (w.n > 1 || strcasecmp(p->rows[i].text[0], w.all[0]) != 0))
            json_array_append_new(found, as_json(&p->rows[i]));
    return found;
}

/* ---- how much of it ---- */

bool places_may(struct places_budget *b, int64_t now_us)
{
    int64_t passed = b->at_us ? now_us - b->at_us : INT32_MAX;
    if (passed > 1000000)
        passed = 1000000;
    b->left_us += passed * PLACES_SHARE_US / 1000000;
    if (b->left_us > PLACES_SHARE_US)
        b->left_us = PLACES_SHARE_US;
    b->at_us = now_us;
    return b->left_us > 0;
}

void places_took(struct places_budget *b, int64_t us)
{
    b->left_us -= us;
}
