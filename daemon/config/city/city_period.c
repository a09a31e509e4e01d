/* Dates of rows: from when until when each is in force, and what must hold at every moment. */
#include "config/city/city_internal.h"
#include "config/reading/yaml_schema.h"
#include "hongxin/instant.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A day in the city's time: its first instant. False for what is no day. */
static bool read_day(const struct city_loader *l, const char *text, int64_t *at)
{
    char instant[HX_INSTANT_TEXT];
    if (strlen(text) != 10)
        return false;
    snprintf(instant, sizeof instant, "%sT00:00:00Z", text);
    if (hx_instant_parse(instant, at))
        return false;
    *at -= hx_city_utc_offset(l->city) * HX_MINUTE;
    return true;
}

static int read_instant(const struct city_row *at, const char *name, const char *text,
                        int64_t day_more, int64_t *out)
{
    *out = 0;
    if (!*text || hx_instant_parse(text, out) == HX_OK)
        return HX_OK;
    if (!read_day(at->loader, text, out))
        return city_fault(at, "%s: \"%s\" is neither a day (2026-11-01) nor an instant (RFC 3339)",
                          name, text);
    *out += day_more;
    return HX_OK;
}

int city_period(const struct city_row *at, size_t from_column, int64_t *from, int64_t *to)
{
    const char **values = at->row->values;
    int err = read_instant(at, "from", values[from_column], 0, from);
    if (!err)
        err = read_instant(at, "to", values[from_column + 1], HX_DAY, to);
    if (!err && *from && *to && *from >= *to)
        err = city_fault(at, "it ends (%s) before it begins (%s)", values[from_column + 1],
                         values[from_column]);
    return err;
}

bool city_minutes(const char *text, int *minutes)
{
    static const char form[] = "00:00";
    for (size_t i = 0; i < sizeof form; i++)
        if (form[i] == '0' ? text[i] < '0' || text[i] > '9' : text[i] != form[i])
            return false;
    *minutes = ((text[0] - '0') * 10 + text[1] - '0') * 60 + (text[3] - '0') * 10 + text[4] - '0';
    return text[3] < '6';
}

const char *city_date(const struct city_loader *l, int64_t at, char text[48])
{
    hx_instant_format(at, hx_city_utc_offset(l->city), text);
    if (strncmp(text + 10, "T00:00:00.000", 13) == 0)
        text[10] = '\0';
    return text;
}

bool city_covered(const struct hx_place *place, int64_t from, int64_t to, int64_t *gap)
{
    int64_t at = from ? from : INT64_MIN;
    for (;;) {
        const struct hx_place *p = hx_place_at(place, at);
        *gap = at;
        if (!p)
            return false;
        if (!p->to || (to && p->to >= to))
            return true;
        at = p->to;
    }
}

/* ---- the number of grids ---- */

static size_t grids_at(const struct city_loader *l, int64_t at)
{
    size_t i = 0, n = 0;
    for (const struct hx_place *g; (g = hx_city_next(l->city, HX_GRID, &i));)
        n += hx_place_at(g, at) != NULL;
    return n;
}

static int wrong_count(const struct city_loader *l, size_t line, size_t n, const char *when)
{
    return hx_problem_set(l->problem, "%s:%zu: %zu grids%s, but city.yaml:%zu says %u",
                          l->files[GRIDS].path, line, n, when, yaml_schema_line(l->doc, "grids"),
                          (unsigned)l->head->grids);
}

/* The moment at which a row of grids.csv begins or ends. */
static int check_moment(const struct city_row *row, int64_t at)
{
    char date[48], when[64];
    const struct city_loader *l = row->loader;
    size_t n = at ? grids_at(l, at) : l->head->grids;
    if (n == l->head->grids)
        return HX_OK;
    snprintf(when, sizeof when, " from %s on", city_date(l, at, date));
    return wrong_count(l, row->row->line, n, when);
}

int city_check_grids(const struct city_loader *l)
{
    const struct hx_csv_table *t = &l->files[GRIDS];
    size_t n = grids_at(l, INT64_MIN);
    int err = n == l->head->grids ? HX_OK : wrong_count(l, t->lines, n, "");
    for (size_t i = 0; i < t->count && !err; i++) {
        int64_t from, to;
        const struct city_row row = {.loader = l, .file = GRIDS, .row = &t->rows[i]};
        err = city_period(&row, COL_FROM, &from, &to);
        if (!err)
            err = check_moment(&row, from);
        if (!err)
            err = check_moment(&row, to);
    }
    return err;
}
