#include "config/city/city_texts.h"
#include "config/city/city_internal.h"
#include "config/reading/file.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static const char *const names[CITY_TEXTS] = {[STREETS] = "streets.csv",
                                              [COMMUNITIES] = "communities.csv",
                                              [GRIDS] = "grids.csv",
                                              [COMPANIES] = "companies.csv",
                                              [UNITS] = "units.csv",
                                              [ESTATES] = "estates.csv",
                                              [BUILDINGS] = "buildings.csv",
                                              [DAY_PARTS] = "day-parts.csv",
                                              [DUTY] = "duty.csv",
                                              [DUTY_CALENDAR] = "duty.ics",
                                              [LEAVE] = "leave.csv",
                                              [ROADS] = "roads.csv",
                                              [ROUTING] = "routing.csv",
                                              [ADMISSION] = "admission.csv",
                                              [EXCEPTIONS] = "exceptions.csv",
                                              [BORDERS] = "grids.geojson",
                                              [HEAD] = "city.yaml"};

_Static_assert((int)CITY_TEXTS == (int)HX_CITY_FILES, "every file has its place");

const char *hx_city_file(size_t n)
{
    return n < CITY_TEXTS ? names[n] : NULL;
}

int hx_city_file_number(const char *name)
{
    for (int i = 0; i < CITY_TEXTS; i++)
        if (strcmp(names[i], name) == 0)
            return i;
    return -1;
}

static void clear(struct hx_city_text *t)
{
    free(t->path);
    free(t->owned);
    *t = (struct hx_city_text){.path = NULL};
}

void hx_city_texts_free(struct hx_city_texts *t)
{
    for (size_t i = 0; i < HX_CITY_FILES; i++)
        clear(&t->list[i]);
    free(t->where);
    *t = (struct hx_city_texts){.where = NULL};
}

static void stamp(struct hx_city_text *t)
{
    crypto_generichash(t->digest, sizeof t->digest, (const uint8_t *)t->text, t->size, NULL, 0);
}

/* ---- a folder ---- */

static int read_one(const char *dir, size_t i, struct hx_city_texts *out,
                    struct hx_problem *problem)
{
    struct hx_city_text *t = &out->list[i];
    if (asprintf(&t->path, "%s/%s", dir, names[i]) < 0) {
        t->path = NULL;
        return HX_NOMEM;
    }
    int err = hx_file_exists(t->path)
                  ? hx_file_read(t->path, HX_CSV_FILE_MAX, &t->owned, &t->size, problem)
                  : HX_NOTFOUND;
    t->text = t->owned;
    if (err)
        clear(t);
    else
        stamp(t);
    return err == HX_NOTFOUND ? HX_OK : err;
}

int hx_city_texts_read(const char *dir, const struct hx_problems *tell, struct hx_city_texts *out,
                       struct hx_problem *problem)
{
    *out = (struct hx_city_texts){.where = strdup(dir)};
    int err = out->where ? HX_OK : HX_NOMEM;
    bool refused = false;
    for (size_t i = 0; i < CITY_TEXTS && !err; i++) {
        err = read_one(dir, i, out, problem);
        if (err != HX_CONFIG || !tell)
            continue;
        tell->say(tell->ctx, problem);
        refused = true;
        err = HX_OK;
    }
    err = err ? err : refused ? HX_CONFIG : HX_OK;
    if (err)
        hx_city_texts_free(out);
    return err;
}

/* ---- a bundle ---- */

bool hx_city_is_bundle(const char *text)
{
    return strncmp(text, HX_CITY_BUNDLE, sizeof HX_CITY_BUNDLE - 1) == 0;
}

struct unpacking {
    const char *from, *at, *end;
    struct hx_city_texts *out;
    struct hx_problem *problem;
};

static int broken(const struct unpacking *u)
{
    return hx_problem_set(u->problem, "%s: not a bundle of a city's files", u->from);
}

/* "== NAME BYTES": *size SIZE_MAX for a file that is gone. */
static int head_of(struct unpacking *u, int *file, size_t *size)
{
    char name[32], count[24];
    int used = 0;
    const char *line = memchr(u->at, '\n', (size_t)(u->end - u->at));
    if (!line || line - u->at > 80 ||
        sscanf(u->at, "== %31[^ \n] %23[^ \n]%n", name, count, &used) != 2 || u->at + used != line)
        return broken(u);
    *file = hx_city_file_number(name);
    if (*file < 0)
        return hx_problem_set(u->problem, "%s: a city has no file %s", u->from, name);
    char *rest = count;
    *size = strcmp(count, "-") == 0 ? SIZE_MAX : (size_t)strtoull(count, &rest, 10);
    u->at = line + 1;
    bool sound = *size == SIZE_MAX || (!*rest && *size < (size_t)(u->end - u->at));
    return sound ? HX_OK : broken(u);
}

/* "routing.csv" sent alone keeps its name; out of a folder it stands behind that. */
static int take(struct unpacking *u, int file, size_t size)
{
    struct hx_city_text *t = &u->out->list[file];
    clear(t);
    if (size == SIZE_MAX)
        return HX_OK;
    bool alone = strcmp(hx_file_name(u->from), names[file]) == 0;
    int n = alone ? asprintf(&t->path, "%s", u->from)
                  : asprintf(&t->path, "%s/%s", u->from, names[file]);
    if (n < 0) {
        t->path = NULL;
        return HX_NOMEM;
    }
    t->text = u->at;
    t->size = size;
    stamp(t);
    u->at += size + 1;
    return u->at[-1] == '\n' ? hx_file_check(t->path, t->text, size, u->problem) : broken(u);
}

static int copy_base(const struct hx_city_texts *base, struct hx_city_texts *out)
{
    for (size_t i = 0; i < HX_CITY_FILES; i++) {
        out->list[i] = base->list[i];
        out->list[i].owned = NULL;
        if (base->list[i].path && !(out->list[i].path = strdup(base->list[i].path)))
            return HX_NOMEM;
    }
    return HX_OK;
}

int hx_city_texts_unpack(const char *from, const char *text, size_t size,
                         const struct hx_city_texts *base, struct hx_city_texts *out,
                         struct hx_problem *problem)
{
    struct unpacking u = {.from = from, .end = text + size, .out = out, .problem = problem};
    *out = (struct hx_city_texts){.where = strdup(from)};
    int err = !out->where ? HX_NOMEM : base ? copy_base(base, out) : HX_OK;
    if (!err && !hx_city_is_bundle(text))
        err = broken(&u);
    u.at = text + sizeof HX_CITY_BUNDLE - 1;
    while (!err && u.at < u.end) {
        int file = 0;
        size_t n = 0;
        err = head_of(&u, &file, &n);
        if (!err)
            err = take(&u, file, n);
    }
    if (err)
        hx_city_texts_free(out);
    return err;
}

/* `all`: also what is not there. */
static int pack(const struct hx_city_texts *t, bool all, char **out, size_t *size)
{
    FILE *f = open_memstream(out, size);
    if (!f)
        return HX_NOMEM;
    fputs(HX_CITY_BUNDLE, f);
    for (size_t i = 0; i < CITY_TEXTS; i++) {
        const struct hx_city_text *x = &t->list[i];
        if (x->path) {
            fprintf(f, "== %s %zu\n", names[i], x->size);
            fwrite(x->text, 1, x->size, f);
            fputc('\n', f);
        } else if (all) {
            fprintf(f, "== %s -\n", names[i]);
        }
    }
    if (fclose(f) == 0)
        return HX_OK;
    free(*out);
    *out = NULL;
    return HX_NOMEM;
}

int hx_city_texts_pack(const struct hx_city_texts *t, char **out, size_t *size)
{
    return pack(t, true, out, size);
}

/* One file of a city, named as such. */
static int bundle_file(const char *path, char **out, size_t *size, struct hx_problem *problem)
{
    struct hx_city_texts t = {.where = NULL};
    int file = hx_city_file_number(hx_file_name(path));
    if (file < 0)
        return HX_NOTFOUND;
    struct hx_city_text *x = &t.list[file];
    int err = hx_file_read(path, HX_CSV_FILE_MAX, &x->owned, &x->size, problem);
    x->text = x->owned;
    if (!err && !(x->path = strdup(path)))
        err = HX_NOMEM;
    if (!err)
        err = pack(&t, false, out, size);
    hx_city_texts_free(&t);
    return err;
}

int hx_city_bundle(const char *path, char **out, size_t *size, struct hx_problem *problem)
{
    struct hx_city_texts t;
    struct stat st;
    if (stat(path, &st) || !S_ISDIR(st.st_mode))
        return bundle_file(path, out, size, problem);
    int err = hx_city_texts_read(path, NULL, &t, problem);
    if (err)
        return err;
    err = t.list[HEAD].path
              ? pack(&t, true, out, size)
              : hx_problem_set(problem, "%s: no city.yaml in it: not the folder of a city", path);
    hx_city_texts_free(&t);
    return err;
}

static bool same_text(const struct hx_city_text *x, const struct hx_city_text *y)
{
    return !x->path == !y->path &&
           (!x->path || memcmp(x->digest, y->digest, sizeof x->digest) == 0);
}

bool hx_city_texts_same(const struct hx_city_texts *a, const struct hx_city_texts *b)
{
    for (size_t i = 0; i < HX_CITY_FILES; i++)
        if (!same_text(&a->list[i], &b->list[i]))
            return false;
    return true;
}

bool hx_city_texts_same_places(const struct hx_city_texts *a, const struct hx_city_texts *b)
{
    for (size_t i = 0; i < HX_CITY_FILES; i++)
        if (i != DUTY && i != DUTY_CALENDAR && i != LEAVE && !same_text(&a->list[i], &b->list[i]))
            return false;
    return true;
}
