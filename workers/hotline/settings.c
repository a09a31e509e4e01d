#include "hotline/settings.h"

#include "door/settings.h"
#include "hongxin/instant.h"
#include "hotline/calls.h"
#include "hotline/drop.h"

static void take_numbers(struct yaml_doc *doc, yaml_node_t *root, struct hotline_settings *s)
{
    int64_t n = yaml_doc_int(doc, root, "batch_items", 1000);
    if (n < 1 || n > 4096)
        yaml_doc_fault(doc, yaml_doc_get(doc, root, "batch_items"), "batch_items: from 1 to 4096");
    s->batch_items = (uint64_t)n;
    s->window_ms =
        settings_duration(doc, root, "signature_window",
                          (struct settings_range){5 * HX_MINUTE, 5 * HX_SECOND, HX_HOUR});
}

static void take_all(struct yaml_doc *doc, yaml_node_t *root, void *arg)
{
    struct hotline_settings *s = arg;
    yaml_doc_only(
        doc, root,
        "listen proxied daemon clients mapping signature_window batch_items utc_offset log "
        "push drops calls limits");
    settings_listen(doc, root, "127.0.0.1:54330", s->listen, sizeof s->listen);
    s->proxied = yaml_doc_bool(doc, root, "proxied");
    link_settings_read(doc, yaml_doc_get(doc, root, "daemon"), &s->daemon);
    settings_path(doc, root, "clients", "../var/hotline.clients", s->clients, sizeof s->clients);
    settings_path(doc, root, "mapping", "mappings/12345.yaml", s->mapping, sizeof s->mapping);
    take_numbers(doc, root, s);
    settings_offset(doc, root, &s->utc_offset);
    settings_log(doc, yaml_doc_get(doc, root, "log"), &s->log_level);
    push_settings_read(doc, yaml_doc_get(doc, root, "push"), &s->push);
    s->push.utc_offset = s->utc_offset;
    drop_settings_read(doc, yaml_doc_get(doc, root, "drops"), &s->drops);
    calls_settings_read(doc, yaml_doc_get(doc, root, "calls"), &s->calls);
    http_limits_read(doc, yaml_doc_get(doc, root, "limits"), &s->limits);
}

int hotline_settings_load(const char *path, struct hotline_settings *s, struct hx_problem *problem)
{
    return settings_load(path, take_all, s, problem);
}
