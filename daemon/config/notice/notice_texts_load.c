/* Reading and judging a catalogue of notice texts. */
#include "config/notice/notice_texts_impl.h"
#include "config/reading/yaml_doc.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* ---- reading ---- */

struct loader {
    struct yaml_doc doc;
    struct hx_notice_texts *t;
};

/* Every { has its name and its }. */
static void check_words(struct loader *l, yaml_node_t *map, const char *text)
{
    for (const char *at = text; *(at += strcspn(at, "{}"));) {
        size_t n = *at == '{' ? strcspn(at + 1, "{}") : 0;
        if (*at == '}' || at[n + 1] != '}' || !notice_word_known(at + 1, n)) {
            yaml_doc_fault(&l->doc, map, "unknown placeholder %.*s", (int)(n + 2), at);
            return;
        }
        at += n + 2;
    }
}

static void read_both(struct loader *l, yaml_node_t *map, const char *const keys[2],
                      struct text *text)
{
    for (int zh = 0; zh < 2; zh++)
        yaml_doc_need(&l->doc, map, keys[zh], text->of[zh], TEXT_MAX);
}

static const char *const languages[2] = {"en", "zh"};

static void read_notice(struct loader *l, yaml_node_t *map)
{
    char name[HX_NAME_MAX];
    yaml_doc_only(&l->doc, map, "kind zh en");
    yaml_doc_need(&l->doc, map, "kind", name, sizeof name);
    int kind = notice_kind_of(name);
    if (!kind)
        yaml_doc_fault(&l->doc, map, "unknown kind of notice %s", name);
    if (l->t->notices[kind].of[0][0])
        yaml_doc_fault(&l->doc, map, "%s stands twice", name);
    read_both(l, map, languages, &l->t->notices[kind]);
    for (int zh = 0; zh < 2; zh++)
        check_words(l, map, l->t->notices[kind].of[zh]);
    if (!kind)
        memset(&l->t->notices[0], 0, sizeof l->t->notices[0]);
}

static void read_awaited(struct loader *l, yaml_node_t *map)
{
    static const char *const expects[2] = {"expects-en", "expects-zh"};
    yaml_doc_only(&l->doc, map, "event zh en expects-zh expects-en");
    if (l->t->n_awaits == AWAITS) {
        yaml_doc_fault(&l->doc, map, "more than %d events", AWAITS);
        return;
    }
    struct awaited *a = &l->t->awaits[l->t->n_awaits++];
    yaml_doc_need(&l->doc, map, "event", a->event, sizeof a->event);
    if (hx_rules_event(l->t->rules, a->event) < 0)
        yaml_doc_fault(&l->doc, map, "unknown event %s", a->event);
    read_both(l, map, languages, &a->name);
    read_both(l, map, expects, &a->expects);
}

static void read_part(struct loader *l, yaml_node_t *map)
{
    char name[HX_NAME_MAX];
    int part = 0;
    yaml_doc_only(&l->doc, map, "part zh en");
    yaml_doc_need(&l->doc, map, "part", name, sizeof name);
    while (part < N_PARTS && strcmp(notice_part_names[part], name) != 0)
        part++;
    if (part == N_PARTS) {
        yaml_doc_fault(&l->doc, map, "unknown part %s", name);
        return;
    }
    read_both(l, map, languages, &l->t->parts[part]);
    for (int zh = 0; zh < 2; zh++)
        if (!strstr(l->t->parts[part].of[zh], "{}"))
            yaml_doc_fault(&l->doc, map, "part %s has no {}", name);
}

/* {1} to {4} only, and no more of them than the reason has stars. */
static void check_captures(struct loader *l, yaml_node_t *map, const char *why, const char *text)
{
    char most = '0';
    for (const char *star = why; (star = strchr(star, '*')) && most < '4'; star++)
        most++;
    for (const char *at = text; *(at += strcspn(at, "{}")); at += 3)
        if (*at == '}' || at[1] < '1' || at[1] > most || at[2] != '}') {
            yaml_doc_fault(&l->doc, map, "unknown placeholder in \"%s\"", text);
            return;
        }
}

static void read_reason(struct loader *l, yaml_node_t *map)
{
    yaml_doc_only(&l->doc, map, "why zh en");
    if (l->t->n_reasons == REASONS) {
        yaml_doc_fault(&l->doc, map, "more than %d reasons", REASONS);
        return;
    }
    struct reason *r = &l->t->reasons[l->t->n_reasons++];
    yaml_doc_need(&l->doc, map, "why", r->why, sizeof r->why);
    read_both(l, map, languages, &r->text);
    for (int zh = 0; zh < 2; zh++)
        check_captures(l, map, r->why, r->text.of[zh]);
}

static const struct section {
    const char *name;
    void (*read)(struct loader *l, yaml_node_t *map);
} sections[] = {
    {"notices", read_notice},
    {"awaits", read_awaited},
    {"parts", read_part},
    {"reasons", read_reason},
};

/* Whatever a notice may have to say has its text. */
static void check_whole(struct loader *l, yaml_node_t *root)
{
    const struct hx_rules *r = l->t->rules;
    for (int kind = HX_NOTICE_REMINDER; kind < NOTICES; kind++)
        if (!l->t->notices[kind].of[0][0])
            yaml_doc_fault(&l->doc, yaml_doc_get(&l->doc, root, "notices"), "no text for %s",
                           hx_notice_kind_name(kind));
    for (int i = 0; i < N_PARTS; i++)
        if (!l->t->parts[i].of[0][0])
            yaml_doc_fault(&l->doc, yaml_doc_get(&l->doc, root, "parts"), "no text for part %s",
                           notice_part_names[i]);
    for (int i = 1; i < HX_RULES_CLOCKS; i++)
        if (r->clocks[i].name[0] && r->clocks[i].ladder >= 0 &&
            !notice_awaited(l->t, r->clocks[i].until))
            yaml_doc_fault(&l->doc, yaml_doc_get(&l->doc, root, "awaits"),
                           "no text for %s, which %s waits for", r->clocks[i].until,
                           r->clocks[i].name);
}

static void read_all(struct loader *l)
{
    yaml_node_t *root = yaml_doc_root(&l->doc), *item;
    yaml_doc_only(&l->doc, root, "notices awaits parts reasons");
    for (size_t s = 0; s < sizeof sections / sizeof *sections; s++) {
        yaml_node_t *list = yaml_doc_get(&l->doc, root, sections[s].name);
        for (size_t i = 0; (item = yaml_doc_item(&l->doc, list, i)) != NULL && !l->doc.rc; i++)
            sections[s].read(l, item);
    }
    if (!l->doc.rc)
        check_whole(l, root);
}

/* Takes over an opened document. */
static int finish(struct loader *l, const struct hx_rules *rules, struct hx_notice_texts **out)
{
    l->t = calloc(1, sizeof *l->t);
    if (l->t) {
        l->t->rules = rules;
        read_all(l);
    }
    int rc = l->t ? l->doc.rc : HX_NOMEM;
    yaml_doc_close(&l->doc);
    if (rc)
        free(l->t);
    else
        *out = l->t;
    return rc;
}

int hx_notice_texts_load(const char *path, const struct hx_rules *rules,
                         struct hx_notice_texts **out, struct hx_problem *problem)
{
    struct loader l = {.t = NULL};
    int rc = yaml_doc_open(&l.doc, path, problem);
    if (rc) {
        yaml_doc_close(&l.doc);
        return rc;
    }
    return finish(&l, rules, out);
}

int hx_notice_texts_parse(const char *name, const char *text, const struct hx_rules *rules,
                          struct hx_notice_texts **out, struct hx_problem *problem)
{
    struct loader l = {.t = NULL};
    int rc = yaml_doc_open_text(&l.doc, name, text, problem);
    if (rc) {
        yaml_doc_close(&l.doc);
        return rc;
    }
    return finish(&l, rules, out);
}

int hx_notice_texts_beside(const char *life_cycle, const struct hx_rules *rules,
                           struct hx_notice_texts **out, struct hx_problem *problem)
{
    char path[4096];
    const char *slash = strrchr(life_cycle, '/');
    int n = slash ? snprintf(path, sizeof path, "%.*s/../texts/notices.yaml",
                             (int)(slash - life_cycle), life_cycle)
                  : snprintf(path, sizeof path, "../texts/notices.yaml");
    if (n >= (int)sizeof path || access(path, F_OK) != 0)
        return HX_NOTFOUND;
    return hx_notice_texts_load(path, rules, out, problem);
}

void hx_notice_texts_free(struct hx_notice_texts *texts)
{
    free(texts);
}
