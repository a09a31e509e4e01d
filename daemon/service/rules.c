/* RulesQuery: the files in force, as they are: what a client needs to explain a deadline. */
#include "service/state.h"

#include <stdio.h>
#include <string.h>

enum { RULES_MAX = 1024 * 1024 };

/* A plain name, so that no other file can be asked for. */
static bool plain(const char *id)
{
    size_t n = strspn(id, "abcdefghijklmnopqrstuvwxyz0123456789-");
    return n > 0 && n < 64 && id[n] == '\0';
}

static const char *city_path(struct service *s, const char *id)
{
    const char *folder = s->options.city_folder;
    return folder ? hx_arena_printf(&s->arena, "%s/%s.csv", folder, id) : NULL;
}

/* A file in another folder beside that of the life cycles. */
static const char *texts_path(struct service *s, const char *id)
{
    const char *path = s->options.life_cycle_file;
    const char *slash = path ? strrchr(path, '/') : NULL;
    return slash
               ? hx_arena_printf(&s->arena, "%.*s/../texts/%s.yaml", (int)(slash - path), path, id)
               : NULL;
}

static int read_file(struct service *s, const char *path, ProtobufCBinaryData *content)
{
    FILE *f = fopen(path, "rb");
    if (!f)
        return HX_NOTFOUND;
    int rc = HX_NOMEM;
    content->data = hx_arena_alloc(&s->arena, RULES_MAX);
    if (content->data) {
        content->len = fread(content->data, 1, RULES_MAX, f);
        rc = ferror(f) ? HX_IO : !feof(f) && fgetc(f) != EOF ? HX_TOOBIG : HX_OK;
    }
    fclose(f);
    return rc;
}

/* Kinds: type of content, and where a file is whose versions are not kept; NULL = they are. */
static const struct kind {
    const char *name, *type;
    const char *(*path)(struct service *s, const char *id);
} kinds[] = {
    {"life-cycle", "application/yaml", NULL},
    {"calendar", "text/calendar", NULL},
    {"city", "text/csv", city_path},
    {"texts", "application/yaml", texts_path},
};

static const struct kind *find_kind(const char *name)
{
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (strcmp(kinds[i].name, name) == 0)
            return &kinds[i];
    return NULL;
}

static int load_version(struct service *s, const Hongxin__V1__RulesQuery *q,
                        Hongxin__V1__RulesAnswer *a)
{
    const struct hx_version *x = hx_versions_find(s->options.versions, q->kind, q->id, q->version);
    if (!x)
        return HX_NOTFOUND;
    a->version = hx_arena_printf(&s->arena, "%s/%u", x->name, x->number);
    a->content = (ProtobufCBinaryData){x->size, (uint8_t *)x->text};
    return a->version ? HX_OK : HX_NOMEM;
}

static int load(struct service *s, const Hongxin__V1__RulesQuery *q, Hongxin__V1__RulesAnswer *a)
{
    const struct kind *kind = find_kind(q->kind);
    if (!kind || !plain(q->id))
        return HX_NOTFOUND;
    a->type = (char *)(uintptr_t)kind->type;
    if (!kind->path)
        return load_version(s, q, a);
    a->version = (char *)(uintptr_t)hx_city_version(s->options.city);
    const char *path = kind->path(s, q->id);
    return path ? read_file(s, path, &a->content) : HX_NOTFOUND;
}

void handle_rules(struct service *s, const struct request *r)
{
    Hongxin__V1__RulesAnswer a = HONGXIN__V1__RULES_ANSWER__INIT;
    hxp_response answer = HONGXIN__V1__RESPONSE__INIT;
    if (load(s, r->message->rules, &a) != HX_OK) {
        service_problem(s, r, "NO_RULES",
                        "there is no such file: kinds are life-cycle, calendar, city and texts");
        return;
    }
    answer.answer_case = HONGXIN__V1__RESPONSE__ANSWER_RULES;
    answer.rules = &a;
    service_answer(s, r, &answer);
}
