#include "kafka/settings.h"

#include "door/settings.h"

static void take_all(struct yaml_doc *doc, yaml_node_t *root, void *arg)
{
    struct kafka_settings *s = arg;
    yaml_doc_only(doc, root, "daemon cluster in out log limits");
    link_settings_read(doc, yaml_doc_get(doc, root, "daemon"), &s->daemon);
    cluster_settings_read(doc, yaml_doc_get(doc, root, "cluster"), &s->cluster);
    in_settings_read(doc, yaml_doc_get(doc, root, "in"), &s->in);
    out_settings_read(doc, yaml_doc_get(doc, root, "out"), &s->out);
    settings_log(doc, yaml_doc_get(doc, root, "log"), &s->log_level);
    http_limits_read(doc, yaml_doc_get(doc, root, "limits"), &s->limits);
}

int kafka_settings_load(const char *path, struct kafka_settings *s, struct hx_problem *problem)
{
    return settings_load(path, take_all, s, problem);
}
