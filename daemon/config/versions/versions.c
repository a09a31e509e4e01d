#include "base/text.h"
#include "config/calendar/holidays.h"
#include "config/city/city_texts.h"
#include "config/life_cycle/life_cycle.h"
#include "config/reading/file.h"
#include "config/versions/versions_internal.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

/* The first that knows a text reads it. */
static const struct version_kind *const kinds[] = {&version_city, &version_calendar,
                                                   &version_life_cycle};

static const struct version_kind *kind_named(const char *name)
{
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (strcmp(kinds[i]->name, name) == 0)
            return kinds[i];
    return NULL;
}

static const struct version_kind *kind_of(const char *text)
{
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (kinds[i]->is(text))
            return kinds[i];
    return NULL;
}

int hx_versions_new(struct hx_versions **out)
{
    *out = calloc(1, sizeof **out);
    return *out ? HX_OK : HX_NOMEM;
}

static void free_text(struct hx_version *x)
{
    free(x->file);
    free(x->text);
    free(x);
}

void hx_version_free(struct hx_version *x)
{
    if (!x)
        return;
    kind_named(x->kind)->drop(x);
    free_text(x);
}

void hx_versions_free(struct hx_versions *v)
{
    if (!v)
        return;
    for (size_t i = 0; i < v->n; i++) {
        const struct version_kind *kind = kind_named(v->list[i]->kind);
        if (kind->kept)
            free(v->list[i]->parsed);
        else
            kind->drop(v->list[i]);
        free_text(v->list[i]);
    }
    for (uint8_t i = 0; i < v->n_tables; i++)
        hx_holidays_free(&v->tables[i]);
    free(v);
}

/* With its text, not read yet; NULL without memory. */
static struct hx_version *version_new(const struct version_kind *kind, const char *file,
                                      const char *text, size_t size)
{
    struct hx_version *x = calloc(1, sizeof *x);
    if (!x)
        return NULL;
    x->kind = kind->name;
    x->file = strdup(file);
    x->text = hx_text_dup(text, size);
    x->size = size;
    crypto_generichash(x->digest, sizeof x->digest, (const uint8_t *)text, size, NULL, 0);
    if (x->file && x->text)
        return x;
    free_text(x);
    return NULL;
}

int hx_version_read(struct hx_versions *v, const char *file, const char *text, size_t size,
                    struct hx_version **out, struct hx_problem *problem)
{
    const struct version_kind *kind = kind_of(text);
    *out = NULL;
    if (!kind)
        return hx_problem_set(problem,
                              "%s: neither a life cycle, a calendar nor a file of a city, which is "
                              "known by its name, such as routing.csv",
                              file);
    struct hx_version *x = version_new(kind, file, text, size);
    if (!x)
        return HX_NOMEM;
    int rc = kind->read(v, x, problem);
    if (rc) {
        free_text(x);
        return rc;
    }
    *out = x;
    return HX_OK;
}

int hx_version_load(struct hx_versions *v, const char *path, struct hx_version **out,
                    struct hx_problem *problem)
{
    char *text;
    size_t size;
    *out = NULL;
    int rc = hx_city_bundle(path, &text, &size, problem);
    if (rc == HX_NOTFOUND)
        rc = hx_file_read(path, HX_VERSION_FILE_MAX, &text, &size, problem);
    if (rc)
        return rc;
    rc = hx_version_read(v, path, text, size, out, problem);
    free(text);
    return rc;
}

const struct hx_version *hx_versions_find(const struct hx_versions *v, const char *kind,
                                          const char *name, uint32_t number)
{
    for (size_t i = v->n; i-- > 0;) {
        const struct hx_version *x = v->list[i];
        if (strcmp(x->kind, kind) == 0 && strcmp(x->name, name) == 0 &&
            (!number || x->number == number))
            return x;
    }
    return NULL;
}

const struct hx_version *hx_versions_at(const struct hx_versions *v, size_t i)
{
    return i < v->n ? v->list[i] : NULL;
}

int hx_version_follows(const struct hx_versions *v, const struct hx_version *x, int64_t now,
                       struct hx_problem *problem)
{
    const struct hx_version *same = hx_versions_find(v, x->kind, x->name, x->number);
    const struct hx_version *newest = hx_versions_find(v, x->kind, x->name, 0);
    const struct version_kind *kind = kind_named(x->kind);
    if (same && memcmp(same->digest, x->digest, sizeof x->digest) == 0)
        return HX_EXISTS;
    if (same)
        return hx_problem_set(problem,
                              "%s: version %u of %s %s was in force already with other content "
                              "(%s): give the new content a higher number",
                              x->file, x->number, x->kind, x->name, same->file);
    if (newest && x->number <= newest->number)
        return hx_problem_set(problem,
                              "%s: version %u of %s %s does not come after version %u (%s)",
                              x->file, x->number, x->kind, x->name, newest->number, newest->file);
    return newest && kind->follows ? kind->follows(x, newest, now, problem) : HX_OK;
}

int hx_versions_put(struct hx_versions *v, struct hx_version *x, struct hx_problem *problem)
{
    if (v->n == VERSIONS)
        return hx_problem_set(problem, "%s: more than %d versions", x->file, VERSIONS);
    int rc = kind_named(x->kind)->put(v, x, problem);
    if (!rc)
        v->list[v->n++] = x;
    return rc;
}

void hx_version_change(const struct hx_versions *v, const struct hx_version *x,
                       struct hx_change *change)
{
    kind_named(x->kind)->change(v, x, change);
}

void hx_version_came(struct hx_versions *v, const struct hx_version *x, uint64_t lsn, bool open)
{
    kind_named(x->kind)->came(v, x, lsn, open);
}

void hx_versions_hear(struct hx_versions *v, const struct hx_problems *tell)
{
    v->tell = tell;
}

void hx_versions_believe(struct hx_versions *v, bool believed)
{
    v->believed = believed;
}

const struct hx_rules *hx_versions_rules(const struct hx_versions *v)
{
    return v->rules;
}

/* ---- the files of a configuration ---- */

struct files {
    struct hx_versions *v;
    struct hx_version **list;
    size_t n;
};

static int table_file(void *ctx, const char *name, const char *path, struct hx_table *out,
                      struct hx_problem *problem)
{
    struct files *f = ctx;
    (void)name;
    struct hx_version *x = NULL;
    int rc = hx_version_load(f->v, path, &x, problem);
    if (rc || !x)
        return rc ? rc : HX_NOMEM;
    if (strcmp(x->kind, "calendar") != 0) {
        hx_version_free(x);
        return hx_problem_set(problem, "%s: not a calendar", path);
    }
    f->list[f->n++] = x;
    return hx_holidays_load(path, out, problem);
}

/* The life cycle itself, read with the tables of its files, which are not in force yet. */
static int life_cycle_file(struct files *f, const char *path, struct hx_problem *problem)
{
    const struct hx_table_source source = {.table = table_file, .ctx = f};
    struct hx_rules *r;
    char *text;
    size_t size;
    int rc = hx_file_read(path, HX_VERSION_FILE_MAX, &text, &size, problem);
    if (rc)
        return rc;
    rc = hx_life_cycle_parse(path, text, &source, &r, problem);
    struct hx_version *x = rc ? NULL : version_new(&version_life_cycle, path, text, size);
    free(text);
    if (rc || !x) {
        if (!rc)
            hx_life_cycle_free(r);
        return rc ? rc : HX_NOMEM;
    }
    hx_text_put(x->name, sizeof x->name, r->name);
    x->number = r->version;
    x->parsed = r;
    f->list[f->n++] = x;
    return HX_OK;
}

int hx_version_files(struct hx_versions *v, const char *life_cycle,
                     struct hx_version *list[HX_RULES_TABLES + 1], size_t *n,
                     struct hx_problem *problem)
{
    struct files f = {v, list, 0};
    int rc = life_cycle_file(&f, life_cycle, problem);
    while (rc && f.n)
        hx_version_free(list[--f.n]);
    *n = f.n;
    return rc;
}

int hx_versions_load(const char *life_cycle, struct hx_versions **out, struct hx_problem *problem)
{
    struct hx_version *list[HX_RULES_TABLES + 1];
    size_t n = 0;
    int rc = hx_versions_new(out);
    if (!rc)
        rc = hx_version_files(*out, life_cycle, list, &n, problem);
    for (size_t i = 0; i < n; i++) {
        if (!rc)
            rc = hx_versions_put(*out, list[i], problem);
        if (rc)
            hx_version_free(list[i]);
    }
    if (rc) {
        hx_versions_free(*out);
        *out = NULL;
    }
    return rc;
}
