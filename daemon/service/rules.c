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

/* "…/complaint.yaml" is "complaint". */
static bool names_file(const char *path, const char *id)
{
    const char *slash = strrchr(path, '/'), *base = slash ? slash + 1 : path;
    size_t n = strlen(id);
    return strncmp(base, id, n) == 0 && (base[n] == '.' || base[n] == '\0');
}

static const char *life_cycle_path(struct service *s, const char *id)
{
    const char *path = s->options.life_cycle_file;
    return path && names_file(path, id) ? path : NULL;
}

static const char *city_path(struct service *s, const char *id)
{
    const char *folder = s->options.city_folder;
    return folder ? hx_arena_printf(&s->arena, "%s/%s.csv", folder, id) : NULL;
}

/* A file in another folder beside that of the life cycles. */
static const char *beside(struct service *s, const char *folder, const char *id, const char *end)
{
    const char *path = s->options.life_cycle_file;
    const char *slash = path ? strrchr(path, '/') : NULL;
    return slash ? hx_arena_printf(&s->arena, "%.*s/../%s/%s.%s", (int)(slash - path), path, folder,
                                   id, end)
                 : NULL;
}

static const char *calendar_path(struct service *s, const char *id)
{
    return beside(s, "calendars", id, "ics");
}

static const char *texts_path(struct service *s, const char *id)
{
    return beside(s, "texts", id, "yaml");
}

/* kind → its file, type of content */
static const struct kind {
    const char *name, *type;
    const char *(*path)(struct service *s, const char *id);
} kinds[] = {
    {"life-cycle", "application/yaml", life_cycle_path},
    {"calendar", "text/calendar", calendar_path},
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

static int load(struct service *s, const Hongxin__V1__RulesQuery *q, Hongxin__V1__RulesAnswer *a)
{
    const struct kind *kind = find_kind(q->kind);
    const char *path = kind && plain(q->id) ? kind->path(s, q->id) : NULL;
    if (!path)
        return HX_NOTFOUND;
    a->type = (char *)kind->type;
    a->version = (char *)hx_city_version(s->options.city);
    return read_file(s, path, &a->content);
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
