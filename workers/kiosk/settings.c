#include "kiosk/settings.h"

#include "door/settings.h"
#include "hongxin/instant.h"
#include <inttypes.h>

enum { TEXT_MAX = 1024, FORM_BYTES = 65536 };

static uint64_t number_of(struct yaml_doc *doc, yaml_node_t *map, const char *key,
                          const int64_t range[3])
{
    int64_t n = yaml_doc_int(doc, map, key, range[2]);
    if (n < range[0] || n > range[1])
        yaml_doc_fault(doc, yaml_doc_get(doc, map, key), "%s: from %" PRId64 " to %" PRId64, key,
                       range[0], range[1]);
    return (uint64_t)n;
}

/* Least, most, default. */
static void take_evidence(struct yaml_doc *doc, yaml_node_t *map, struct kiosk_settings *s)
{
    static const int64_t pictures[] = {0, PICTURES_MAX, 3}, bytes[] = {1024, 16 << 20, 6 << 20},
                         pixels[] = {10000, 100000000, 25000000}, edge[] = {64, 8192, 2048};
    if (map)
        yaml_doc_only(doc, map, "folder pictures picture_bytes picture_time pixels edge");
    settings_path(doc, map, "folder", "../var/evidence", s->evidence, sizeof s->evidence);
    s->pictures = (unsigned)number_of(doc, map, "pictures", pictures);
    s->picture_bytes = number_of(doc, map, "picture_bytes", bytes);
    s->picture.pixels = number_of(doc, map, "pixels", pixels);
    s->picture_ms = settings_duration(doc, map, "picture_time",
                                      (struct settings_range){10 * HX_SECOND, 10, HX_MINUTE});
    s->picture.edge = (uint32_t)number_of(doc, map, "edge", edge);
}

/* A house full of people behind one address, not a call centre; pictures over a slow line. */
static void take_limits(struct yaml_doc *doc, yaml_node_t *map, struct kiosk_settings *s)
{
    struct http_limits *l = &s->limits;
    const struct {
        const char *key;
        uint64_t *to, initial;
    } own[] = {{"requests_per_second", &l->requests_per_second, 50},
               {"burst", &l->burst, 200},
               {"request_ms", &l->request_ms, 60000},
               {"answer_ms", &l->answer_ms, 30000},
               {"body_bytes", &l->body_bytes, s->pictures * s->picture_bytes + FORM_BYTES}};
    http_limits_read(doc, map, l);
    for (size_t i = 0; i < sizeof own / sizeof *own; i++)
        if (!yaml_doc_get(doc, map, own[i].key))
            *own[i].to = own[i].initial;
}

static void take_all(struct yaml_doc *doc, yaml_node_t *root, void *arg)
{
    struct kiosk_settings *s = arg;
    yaml_doc_only(doc, root,
                  "listen proxied daemon source life_cycle page texts idle terminals evidence "
                  "utc_offset log limits");
    settings_listen(doc, root, "127.0.0.1:54332", s->listen, sizeof s->listen);
    s->proxied = yaml_doc_bool(doc, root, "proxied");
    link_settings_read(doc, yaml_doc_get(doc, root, "daemon"), &s->daemon);
    settings_text(doc, root, "source", "kiosk", s->source, sizeof s->source);
    settings_text(doc, root, "life_cycle", "complaint", s->life_cycle, sizeof s->life_cycle);
    settings_path(doc, root, "page", "../workers/kiosk/page", s->page, sizeof s->page);
    settings_path(doc, root, "texts", "texts/kiosk.yaml", s->texts, sizeof s->texts);
    settings_path(doc, root, "terminals", "", s->terminals, sizeof s->terminals);
    s->idle_ms = settings_duration(doc, root, "idle",
                                   (struct settings_range){HX_MINUTE, HX_SECOND, HX_HOUR});
    settings_offset(doc, root, &s->utc_offset);
    settings_log(doc, yaml_doc_get(doc, root, "log"), &s->log_level);
    take_evidence(doc, yaml_doc_get(doc, root, "evidence"), s);
    take_limits(doc, yaml_doc_get(doc, root, "limits"), s);
}

int kiosk_settings_load(const char *path, struct kiosk_settings *s, struct hx_problem *problem)
{
    return settings_load(path, take_all, s, problem);
}

/* ---- texts ---- */

static void take_text(struct yaml_doc *doc, const char *key, yaml_node_t *map, json_t *all)
{
    char text[TEXT_MAX];
    static const char *const languages[] = {"zh", "en"};
    yaml_doc_only(doc, map, "zh en");
    for (size_t i = 0; i < sizeof languages / sizeof *languages; i++) {
        yaml_doc_need(doc, map, languages[i], text, sizeof text);
        json_object_set_new(json_object_get(all, languages[i]), key, json_string(text));
    }
}

static void take_texts(struct yaml_doc *doc, yaml_node_t *root, void *all)
{
    yaml_node_t *key, *value;
    for (size_t i = 0; !doc->rc && yaml_doc_pair(doc, root, i, &key, &value); i++)
        take_text(doc, yaml_doc_scalar(doc, key), value, all);
}

int kiosk_texts_load(const char *path, json_t **out, struct hx_problem *problem)
{
    json_t *all = json_pack("{s:{}, s:{}}", "zh", "en");
    int rc = all ? settings_load(path, take_texts, all, problem) : HX_NOMEM;
    if (rc)
        json_decref(all);
    else
        *out = all;
    return rc;
}
