#include "kafka/in_settings.h"

#include "door/settings.h"

void in_settings_read(struct yaml_doc *doc, yaml_node_t *map, struct in_settings *s)
{
    if (map)
        yaml_doc_only(doc, map, "listen key_file");
    settings_listen(doc, map, "127.0.0.1:54336", s->listen, sizeof s->listen);
    settings_path(doc, map, "key_file", "", s->key_file, sizeof s->key_file);
}
