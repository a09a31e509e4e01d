#include "wechat/settings.h"

#include "door/settings.h"
#include "hongxin/instant.h"
#include <string.h>

static const char *const text_names[] = {
#define X(name, text) text,
    WX_TEXTS(X)
#undef X
};
static const char all_texts[] = "states told refusals "
#define X(name, text) text " "
    WX_TEXTS(X)
#undef X
    ;

static void take_url(struct yaml_doc *doc, yaml_node_t *map, const char *key, const char *initial,
                     char out[256])
{
    settings_text(doc, map, key, initial, out, 256);
    if (strncmp(out, "https://", 8) != 0 && strncmp(out, "http://", 7) != 0)
        yaml_doc_fault(doc, yaml_doc_get(doc, map, key), "%s begins with https:// or http://", key);
}

static void take_tell(struct yaml_doc *doc, yaml_node_t *map, struct wx_tell_settings *s)
{
    if (map)
        yaml_doc_only(doc, map,
                      "official wecom ca_file timeout subscriber retry retry_most give_up");
    take_url(doc, map, "official", "https://api.weixin.qq.com", s->official);
    take_url(doc, map, "wecom", "https://qyapi.weixin.qq.com", s->wecom);
    settings_path(doc, map, "ca_file", "", s->ca_file, sizeof s->ca_file);
    s->timeout_ms = settings_duration(doc, map, "timeout", OUTBOX_RANGE(5 * HX_SECOND));
    outbox_settings_read(doc, map, "worker:city/wechat", &s->outbox);
}

static void take_all(struct yaml_doc *doc, yaml_node_t *root, void *arg)
{
    struct wechat_settings *s = arg;
    yaml_doc_only(doc, root,
                  "listen proxied daemon accounts texts time_window utc_offset log limits tell");
    settings_listen(doc, root, "127.0.0.1:54331", s->listen, sizeof s->listen);
    s->proxied = yaml_doc_bool(doc, root, "proxied");
    link_settings_read(doc, yaml_doc_get(doc, root, "daemon"), &s->daemon);
    settings_path(doc, root, "accounts", "../var/wechat.accounts", s->accounts, sizeof s->accounts);
    settings_path(doc, root, "texts", "texts/wechat.yaml", s->texts_file, sizeof s->texts_file);
    settings_offset(doc, root, &s->utc_offset);
    s->window_ms = settings_duration(
        doc, root, "time_window", (struct settings_range){5 * HX_MINUTE, 30 * HX_SECOND, HX_HOUR});
    take_tell(doc, yaml_doc_get(doc, root, "tell"), &s->tell);
    settings_log(doc, yaml_doc_get(doc, root, "log"), &s->log_level);
    http_limits_read(doc, yaml_doc_get(doc, root, "limits"), &s->limits);
    if (!yaml_doc_get(doc, yaml_doc_get(doc, root, "limits"), "answer_ms"))
        s->limits.answer_ms = 4500; /* the platform hangs up after five seconds */
}

static void take_states(struct yaml_doc *doc, yaml_node_t *list, struct wechat_settings *s)
{
    yaml_node_t *map;
    for (size_t i = 0; (map = yaml_doc_item(doc, list, i)) != NULL; i++) {
        if (i == WX_STATES_MAX) {
            yaml_doc_fault(doc, map, "more than %d states", WX_STATES_MAX);
            return;
        }
        yaml_doc_only(doc, map, "state zh en");
        yaml_doc_need(doc, map, "state", s->states[i].name, sizeof s->states[i].name);
        yaml_doc_need(doc, map, "zh", s->states[i].text[WX_ZH], sizeof s->states[i].text[WX_ZH]);
        yaml_doc_need(doc, map, "en", s->states[i].text[WX_EN], sizeof s->states[i].text[WX_EN]);
        s->n_states = i + 1;
    }
}

/* A list of messages, each for what stands under `key`; how many there are. */
struct told_list {
    const char *name, *key, *keys; /* all of a message: "on zh en" */
    struct wx_told *all;
    size_t most;
};

static size_t take_told(struct yaml_doc *doc, yaml_node_t *root, const struct told_list *l)
{
    yaml_node_t *map, *list = yaml_doc_get(doc, root, l->name);
    size_t n = 0;
    for (; (map = yaml_doc_item(doc, list, n)) != NULL; n++) {
        if (n == l->most) {
            yaml_doc_fault(doc, map, "more than %zu messages", l->most);
            break;
        }
        struct wx_told *t = &l->all[n];
        yaml_doc_only(doc, map, l->keys);
        yaml_doc_need(doc, map, l->key, t->on, sizeof t->on);
        yaml_doc_need(doc, map, "zh", t->text[WX_ZH], WX_TEXT_MAX);
        yaml_doc_need(doc, map, "en", t->text[WX_EN], WX_TEXT_MAX);
    }
    return n;
}

/* A text that is missing in one language is a fault, not a blank. */
static void take_texts(struct yaml_doc *doc, yaml_node_t *root, void *arg)
{
    struct wechat_settings *s = arg;
    take_states(doc, yaml_doc_get(doc, root, "states"), s);
    s->n_told =
        take_told(doc, root, &(struct told_list){"told", "on", "on zh en", s->told, WX_TOLD_MAX});
    s->n_refusals = take_told(
        doc, root,
        &(struct told_list){"refusals", "code", "code zh en", s->refusals, WX_REFUSALS_MAX});
    yaml_doc_only(doc, root, all_texts);
    for (size_t i = 0; i < WX_TEXTS_COUNT; i++) {
        yaml_node_t *map = yaml_doc_get(doc, root, text_names[i]);
        if (!map) {
            yaml_doc_fault(doc, root, "%s is missing", text_names[i]);
            return;
        }
        yaml_doc_only(doc, map, "zh en");
        yaml_doc_need(doc, map, "zh", s->texts[i][WX_ZH], WX_TEXT_MAX);
        yaml_doc_need(doc, map, "en", s->texts[i][WX_EN], WX_TEXT_MAX);
    }
}

int wechat_settings_load(const char *path, struct wechat_settings *s, struct hx_problem *problem)
{
    int rc = settings_load(path, take_all, s, problem);
    return rc ? rc : settings_load(s->texts_file, take_texts, s, problem);
}
