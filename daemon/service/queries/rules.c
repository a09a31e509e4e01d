/* RulesQuery: the files in force, as they are: what a client needs to explain a deadline. */
#include "base/text.h"
#include "service/state.h"

#include <stdio.h>
#include <string.h>

/* PART_MAX: of a text in one answer, with room for what stands around it. */
enum { RULES_MAX = 1024 * 1024, PART_MAX = HX_MESSAGE_MAX - 4096 };

/* A plain name, so that no other file can be asked for. */
static bool plain(const char *id)
{
    size_t n = strspn(id, "abcdefghijklmnopqrstuvwxyz0123456789-.");
    return n > 0 && n < 64 && id[n] == '\0' && id[0] != '.' && !strstr(id, "..");
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

/* A file of the city in force: "routing", or its whole name, "grids.geojson". */
static int load_city(struct service *s, const Hongxin__V1__RulesQuery *q,
                     Hongxin__V1__RulesAnswer *a)
{
    uint32_t number;
    const struct hx_versions *v = s->options.versions;
    const char *name = hx_arena_printf(&s->arena, "%s.csv", q->id);
    const struct hx_city_text *t = name ? hx_versions_city_file(v, name, &number) : NULL;
    if (!t)
        t = hx_versions_city_file(v, q->id, &number);
    if (!t)
        return HX_NOTFOUND;
    a->version = hx_text_field(hx_city_version(s->options.city));
    a->content = (ProtobufCBinaryData){t->size, (uint8_t *)(uintptr_t)t->text};
    return HX_OK;
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

/* Their versions are not kept. */
static int load_texts(struct service *s, const Hongxin__V1__RulesQuery *q,
                      Hongxin__V1__RulesAnswer *a)
{
    const char *path = texts_path(s, q->id);
    a->version = hx_text_field(hx_city_version(s->options.city));
    return path ? read_file(s, path, &a->content) : HX_NOTFOUND;
}

static const struct kind {
    const char *name, *type;
    int (*load)(struct service *s, const Hongxin__V1__RulesQuery *q, Hongxin__V1__RulesAnswer *a);
} kinds[] = {
    {"life-cycle", "application/yaml", load_version},
    {"calendar", "text/calendar", load_version},
    {"city", "text/csv", load_city},
    {"texts", "application/yaml", load_texts},
};

static const struct kind *find_kind(const char *name)
{
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (strcmp(kinds[i].name, name) == 0)
            return &kinds[i];
    return NULL;
}

static int load(struct service *s, const Hongxin__V1__RulesQuery *q, Hongxin__V1__RulesAnswer *a)
{
    const struct kind *kind = find_kind(q->kind);
    if (!kind || !plain(q->id))
        return HX_NOTFOUND;
    a->type = hx_text_field(kind->type);
    return kind->load(s, q, a);
}

/* A text may be larger than a message: the client asks for the rest. */
static void cut(const Hongxin__V1__RulesQuery *q, Hongxin__V1__RulesAnswer *a)
{
    size_t most = q->most && q->most < PART_MAX ? q->most : PART_MAX;
    size_t skip = q->skip < a->content.len ? (size_t)q->skip : a->content.len;
    a->size = a->content.len;
    a->content.len -= skip;
    if (a->content.len > most)
        a->content.len = most;
    if (skip)
        a->content.data += skip;
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
    cut(r->message->rules, &a);
    answer.answer_case = HONGXIN__V1__RESPONSE__ANSWER_RULES;
    answer.rules = &a;
    service_answer(s, r, &answer);
}
