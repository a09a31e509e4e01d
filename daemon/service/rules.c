/* RulesQuery: the files in force, as they are: what a client needs to explain a deadline. */
#include "service/state.h"

#include <stdio.h>
#include <string.h>

enum { RULES_MAX = 1024 * 1024 };

/* kind → folder, ending, type of content */
static const struct kind {
    const char *name, *folder, *ending, *type;
} kinds[] = {
    {"life-cycle", "life-cycles", "yaml", "application/yaml"},
    {"calendar", "calendars", "ics", "text/calendar"},
    {"city", "city", "csv", "text/csv"},
};

static const struct kind *find_kind(const char *name)
{
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (strcmp(kinds[i].name, name) == 0)
            return &kinds[i];
    return NULL;
}

/* A plain name, so that no other file can be asked for. */
static bool plain(const char *id)
{
    size_t n = strspn(id, "abcdefghijklmnopqrstuvwxyz0123456789-");
    return n > 0 && n < 64 && id[n] == '\0';
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
    if (!kind || !plain(q->id) || !s->options.rules_folder)
        return HX_NOTFOUND;
    const char *path = hx_arena_printf(&s->arena, "%s/%s/%s.%s", s->options.rules_folder,
                                       kind->folder, q->id, kind->ending);
    a->type = (char *)kind->type;
    a->version = (char *)hx_city_version(s->options.city);
    return path ? read_file(s, path, &a->content) : HX_NOMEM;
}

void handle_rules(struct service *s, const struct request *r)
{
    Hongxin__V1__RulesAnswer a = HONGXIN__V1__RULES_ANSWER__INIT;
    hxp_response answer = HONGXIN__V1__RESPONSE__INIT;
    if (load(s, r->message->rules, &a) != HX_OK) {
        service_problem(s, r, "NO_RULES", "kinds are life-cycle, calendar and city");
        return;
    }
    answer.answer_case = HONGXIN__V1__RESPONSE__ANSWER_RULES;
    answer.rules = &a;
    service_answer(s, r, &answer);
}
