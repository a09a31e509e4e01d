/* Cities as versions: the files of each, over those of the one before. */
#include "base/text.h"
#include "config/city/city_load.h"
#include "config/versions/versions_internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct city_version {
    struct hx_city_texts texts; /* borrowed from the versions' texts */
    struct hx_city *city;       /* NULL = nobody has asked for it yet */
    char label[HX_CITY_VERSION_MAX + 1];
    uint64_t lsn;
    bool linked; /* to the one before */
};

static struct city_version *mine(const struct hx_version *x)
{
    return x ? x->parsed : NULL;
}

static struct hx_version *newest(const struct hx_versions *v)
{
    return (struct hx_version *)(uintptr_t)hx_versions_find(v, version_city.name, "city", 0);
}

static void city_drop(struct hx_version *x)
{
    struct city_version *c = mine(x);
    if (!c)
        return;
    hx_city_free(c->city);
    hx_city_texts_free(&c->texts);
    free(c);
    x->parsed = NULL;
}

/* Its number, for clocks. What cases and notices call it: the label, with its number where the
 * files have the label of the version before. */
static void name_city(const struct hx_version *x, const struct hx_version *before)
{
    char text[HX_CITY_VERSION_MAX + 1];
    struct city_version *c = mine(x);
    hx_city_set_number(c->city, x->number);
    if (!before || strcmp(mine(before)->label, c->label) != 0)
        return;
    snprintf(text, sizeof text, "%.50s/%u", c->label, x->number);
    hx_city_set_version(c->city, text);
}

static int judge(struct hx_versions *v, struct hx_version *x, const struct hx_version *before,
                 struct hx_problem *problem)
{
    struct city_version *c = mine(x);
    int rc = hx_city_parse(&c->texts, v->tell, &c->city, problem);
    if (!rc && v->rules)
        rc = hx_city_fits(c->texts.where, c->city, v->rules, problem);
    if (!rc)
        name_city(x, before);
    return rc;
}

/* Under the number that it has already, or the next one. */
static int read_texts(struct hx_versions *v, struct hx_version *x, struct hx_problem *problem)
{
    const struct hx_version *before = newest(v);
    struct city_version *c = mine(x);
    const struct hx_city_texts *base = before ? &mine(before)->texts : NULL;
    int rc = hx_city_texts_unpack(x->file, x->text, x->size, base, &c->texts, problem);
    if (!rc)
        rc = hx_city_label(&c->texts, c->label, problem);
    if (rc)
        return rc;
    bool same = before && hx_city_texts_same(base, &c->texts);
    x->number = before ? before->number + !same : 1;
    if (same)
        memcpy(x->digest, before->digest, sizeof x->digest);
    return same || v->believed ? HX_OK : judge(v, x, before, problem);
}

static int city_read(struct hx_versions *v, struct hx_version *x, struct hx_problem *problem)
{
    hx_text_put(x->name, sizeof x->name, "city");
    x->parsed = calloc(1, sizeof(struct city_version));
    int rc = x->parsed ? read_texts(v, x, problem) : HX_NOMEM;
    if (rc)
        city_drop(x);
    return rc;
}

static void link_to(const struct hx_version *x, const struct hx_version *before)
{
    struct city_version *c = mine(x), *b = mine(before);
    if (c->linked || !c->city || !b || !b->city)
        return;
    hx_city_set_older(c->city, b->city, c->lsn);
    c->linked = true;
}

static const struct hx_version *before_of(const struct hx_versions *v, const struct hx_version *x)
{
    return x->number > 1 ? hx_versions_find(v, version_city.name, "city", x->number - 1) : NULL;
}

static int city_put(struct hx_versions *v, struct hx_version *x, struct hx_problem *problem)
{
    (void)problem;
    link_to(x, newest(v));
    return HX_OK;
}

static void city_came(const struct hx_versions *v, const struct hx_version *x, uint64_t lsn,
                      bool open)
{
    struct city_version *c = mine(x);
    (void)open;
    c->lsn = lsn;
    c->linked = false;
    link_to(x, before_of(v, x));
}

static void city_change(const struct hx_versions *v, const struct hx_version *x,
                        struct hx_change *change)
{
    const struct city_version *c = mine(x), *before = mine(before_of(v, x));
    *change = (struct hx_change){.city = c->city};
    if (!before)
        return;
    change->city_before = before->city;
    change->rota_only = hx_city_texts_same_places(&before->texts, &c->texts);
}

static bool city_is(const char *text)
{
    return hx_city_is_bundle(text);
}

const struct version_kind version_city = {.name = "city",
                                          .is = city_is,
                                          .read = city_read,
                                          .put = city_put,
                                          .change = city_change,
                                          .came = city_came,
                                          .drop = city_drop};

/* ---- those that were put ---- */

static int look_into(struct hx_version *x, const struct hx_version *before,
                     struct hx_problem *problem)
{
    struct city_version *c = mine(x);
    int rc = c->city ? HX_OK : hx_city_parse(&c->texts, NULL, &c->city, problem);
    if (!rc)
        name_city(x, before);
    return rc;
}

int hx_versions_city(struct hx_versions *v, const struct hx_city **out, struct hx_problem *problem)
{
    struct hx_version *x = newest(v);
    *out = NULL;
    int rc = x ? look_into(x, before_of(v, x), problem) : HX_OK;
    if (x && !rc)
        *out = mine(x)->city;
    return rc;
}

int hx_versions_past(struct hx_versions *v, uint64_t since, struct hx_problem *problem)
{
    struct hx_version *x = newest(v), *newer = NULL;
    int rc = HX_OK;
    while (x && !rc) {
        const struct hx_version *before = before_of(v, x);
        rc = look_into(x, before, problem);
        if (newer && !rc)
            link_to(newer, x);
        newer = x;
        x = mine(x)->lsn < since ? NULL : (struct hx_version *)(uintptr_t)before;
    }
    return rc;
}

int hx_version_of_city(struct hx_versions *v, const struct hx_city_texts *texts,
                       struct hx_city *city, struct hx_version **out, struct hx_problem *problem)
{
    char *text = NULL;
    size_t size = 0;
    bool believed = v->believed;
    v->believed = true;
    int rc = hx_city_texts_pack(texts, &text, &size);
    if (!rc)
        rc = hx_version_read(v, texts->where, text, size, out, problem);
    v->believed = believed;
    free(text);
    if (rc) {
        hx_city_free(city);
        return rc;
    }
    mine(*out)->city = city;
    const struct hx_version *before = newest(v);
    name_city(*out, before && before->number < (*out)->number ? before : NULL);
    return HX_OK;
}

const struct hx_version *hx_versions_same_city(const struct hx_versions *v,
                                               const struct hx_version *x)
{
    for (size_t i = v->n; i-- > 0;)
        if (strcmp(v->list[i]->kind, version_city.name) == 0 &&
            hx_city_texts_same(&mine(v->list[i])->texts, &mine(x)->texts))
            return v->list[i];
    return NULL;
}

const char *hx_version_label(const struct hx_version *x)
{
    return mine(x)->label;
}

const struct hx_city_text *hx_versions_city_file(const struct hx_versions *v, const char *name,
                                                 uint32_t *number)
{
    const struct hx_version *x = newest(v);
    int file = hx_city_file_number(name);
    if (!x || file < 0 || !mine(x)->texts.list[file].path)
        return NULL;
    *number = x->number;
    return &mine(x)->texts.list[file];
}
