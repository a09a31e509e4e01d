#include "kiosk/settings.h"

#include "door/settings.h"
#include "hongxin/instant.h"

enum { TEXT_MAX = 1024 };

static void take_idle(struct yaml_doc *doc, yaml_node_t *root, struct kiosk_settings *s)
{
    yaml_node_t *node = yaml_doc_get(doc, root, "idle");
    int64_t n = node ? yaml_doc_duration(doc, root, "idle") : HX_MINUTE;
    if (n < HX_SECOND || n > HX_HOUR)
        yaml_doc_fault(doc, node, "idle: from 1s to 1h");
    s->idle_ms = (uint64_t)n;
}

/* A house full of people behind one address, not a call centre. */
static void take_limits(struct yaml_doc *doc, yaml_node_t *map, struct http_limits *limits)
{
    http_limits_read(doc, map, limits);
    if (!yaml_doc_get(doc, map, "requests_per_second"))
        limits->requests_per_second = 50;
    if (!yaml_doc_get(doc, map, "burst"))
        limits->burst = 200;
}

static void take_all(struct yaml_doc *doc, yaml_node_t *root, struct kiosk_settings *s)
{
    yaml_doc_only(doc, root,
                  "listen proxied daemon source life_cycle page texts idle utc_offset log limits");
    settings_listen(doc, root, "127.0.0.1:54332", s->listen, sizeof s->listen);
    s->proxied = yaml_doc_bool(doc, root, "proxied");
    link_settings_read(doc, yaml_doc_get(doc, root, "daemon"), &s->daemon);
    settings_text(doc, root, "source", "kiosk", s->source, sizeof s->source);
    settings_text(doc, root, "life_cycle", "complaint", s->life_cycle, sizeof s->life_cycle);
    settings_path(doc, root, "page", "../workers/kiosk/page", s->page, sizeof s->page);
    settings_path(doc, root, "texts", "texts/kiosk.yaml", s->texts, sizeof s->texts);
    take_idle(doc, root, s);
    settings_offset(doc, root, &s->utc_offset);
    settings_log(doc, yaml_doc_get(doc, root, "log"), &s->log_level);
    take_limits(doc, yaml_doc_get(doc, root, "limits"), &s->limits);
}

int kiosk_settings_load(const char *path, struct kiosk_settings *s, struct hx_problem *problem)
{
    struct yaml_doc doc;
    int rc = yaml_doc_open(&doc, path, problem);
    if (!rc) {
        take_all(&doc, yaml_doc_root(&doc), s);
        rc = doc.rc;
    }
    yaml_doc_close(&doc);
    return rc;
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

static void take_texts(struct yaml_doc *doc, json_t *all)
{
    yaml_node_t *key, *value;
    for (size_t i = 0; !doc->rc && yaml_doc_pair(doc, yaml_doc_root(doc), i, &key, &value); i++)
        take_text(doc, yaml_doc_scalar(doc, key), value, all);
}

int kiosk_texts_load(const char *path, json_t **out, struct hx_problem *problem)
{
    struct yaml_doc doc;
    json_t *all = json_pack("{s:{}, s:{}}", "zh", "en");
    int rc = yaml_doc_open(&doc, path, problem);
    if (!rc) {
        take_texts(&doc, all);
        rc = doc.rc;
    }
    yaml_doc_close(&doc);
    if (!rc && !all)
        rc = HX_NOMEM;
    if (rc)
        json_decref(all);
    else
        *out = all;
    return rc;
}
