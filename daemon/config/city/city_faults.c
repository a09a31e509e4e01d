/* More than one fault in one look at the city's files: whoever mends them wants to know all. What
 * is refused only because it stands on something that was refused before is not told. */
#include "config/city/city_internal.h"

#include <string.h>

static bool listed(const char *const *ids, size_t n, const char *id)
{
    for (size_t i = 0; *id && i < n; i++)
        if (strcmp(ids[i], id) == 0)
            return true;
    return false;
}

static bool lost(const struct city_told *t, const char *id)
{
    return listed(t->lost, t->n_lost, id) || listed(t->unknown, t->n_unknown, id);
}

void city_once(const struct city_row *at, const char *id)
{
    at->loader->told->new_unknown = id;
}

int city_unknown(const struct city_row *at, const char *what, size_t column)
{
    const struct hx_csv_table *t = &at->loader->files[at->file];
    const char *id = at->row->values[column];
    size_t more = 0, line = 0;
    for (size_t i = (size_t)(at->row - t->rows) + 1; i < t->count; i++) {
        if (t->rows[i].odd || strcmp(t->rows[i].values[column], id) != 0)
            continue;
        more++;
        line = t->rows[i].line;
    }
    city_once(at, id);
    if (more)
        return city_fault(at, "unknown %s %s, named by %zu rows, the last in line %zu", what, id,
                          more + 1, line);
    return city_fault(at, "unknown %s %s", what, id);
}

/* The row names something whose own row was refused. */
static bool follows_from_another(const struct city_row *at)
{
    const struct city_loader *l = at->loader;
    for (size_t i = at->file <= BUILDINGS; i < l->files[at->file].columns; i++)
        if (lost(l->told, at->row->values[i]))
            return true;
    return false;
}

static void remember(const struct city_row *at)
{
    struct city_told *t = at->loader->told;
    if (t->new_unknown && t->n_unknown < sizeof t->unknown / sizeof *t->unknown)
        t->unknown[t->n_unknown++] = t->new_unknown;
    t->new_unknown = NULL;
    if (at->file < BUILDINGS && t->n_lost < sizeof t->lost / sizeof *t->lost)
        t->lost[t->n_lost++] = at->row->values[COL_ID];
}

/* Tells the fault that the problem holds; HX_OK when it may go on. */
static int tell(const struct city_loader *l, enum city_file file)
{
    struct city_told *t = l->told;
    if (!t->tell)
        return HX_CONFIG;
    t->tell->say(t->tell->ctx, l->problem);
    t->faults[file]++;
    return ++t->n < t->tell->most ? HX_OK : HX_CONFIG;
}

static int go_on(const struct city_row *at)
{
    int err = HX_OK;
    if (!at->loader->told->tell || !follows_from_another(at))
        err = tell(at->loader, at->file);
    remember(at);
    return err;
}

int city_each(const struct city_loader *l, enum city_file file,
              int (*add)(const struct city_row *at))
{
    const struct hx_csv_table *t = &l->files[file];
    int err = HX_OK;
    l->told->n_unknown = 0;
    for (size_t i = 0; i < t->count && !err; i++) {
        const struct city_row at = {.loader = l, .file = file, .row = &t->rows[i]};
        err = at.row->odd ? city_fault(&at, "%zu values, but the header has %zu columns",
                                       at.row->odd, t->header)
                          : add(&at);
        if (err == HX_CONFIG)
            err = go_on(&at);
    }
    return err;
}

int city_whole(const struct city_loader *l, enum city_file file, int err)
{
    return err == HX_CONFIG ? tell(l, file) : err;
}

int city_table_lost(const struct city_loader *l, enum city_file file, int err)
{
    if (!l->told->tell || (err != HX_CONFIG && err != HX_IO))
        return err;
    l->told->gone[file] = true;
    return tell(l, file);
}

bool city_stands(const struct city_loader *l, enum city_file file)
{
    static const bool alone[CITY_TEXTS] = {
        [STREETS] = true, [COMPANIES] = true, [UNITS] = true, [DAY_PARTS] = true};
    const bool *lost = l->told->gone;
    bool gone = file > DUTY && lost[DUTY_CALENDAR];
    for (int i = 0; i < (int)file && !alone[file]; i++)
        gone = gone || (lost[i] && (i != UNITS || file > BUILDINGS));
    return !gone;
}

bool city_sound(const struct city_loader *l, enum city_file first, enum city_file last)
{
    size_t n = 0;
    for (int file = (int)first; file <= (int)last; file++)
        n += l->told->faults[file];
    return n == 0;
}
