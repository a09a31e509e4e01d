#include "kafka/in/in_settings.h"

#include "base/text.h"
#include "door/settings.h"
#include "hongxin/instant.h"
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static bool is_topic_name(const char *name)
{
    size_t n = strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-");
    return n > 0 && n < IN_TOPIC_NAME && !name[n] && strcmp(name, ".") != 0 &&
           strcmp(name, "..") != 0;
}

static void check_name(struct yaml_doc *doc, yaml_node_t *map, const char *key, const char *name)
{
    if (!is_topic_name(name))
        yaml_doc_fault(doc, yaml_doc_get(doc, map, key),
                       "%s is the name of a topic: letters, digits, dots, hyphens, underscores",
                       key);
}

static void read_topic(struct yaml_doc *doc, yaml_node_t *map, struct in_topic *t)
{
    char format[16];
    yaml_doc_only(doc, map, "topic source format");
    yaml_doc_need(doc, map, "topic", t->name, sizeof t->name);
    check_name(doc, map, "topic", t->name);
    settings_text(doc, map, "source", "", t->source, sizeof t->source);
    settings_text(doc, map, "format", "protobuf", format, sizeof format);
    t->format = strcmp(format, "json") == 0 ? ENVELOPE_JSON : ENVELOPE_PROTOBUF;
    if (t->format != ENVELOPE_JSON && strcmp(format, "protobuf") != 0)
        yaml_doc_fault(doc, yaml_doc_get(doc, map, "format"), "format is protobuf or json");
}

static bool is_there(const struct in_settings *s, const char *name)
{
    for (size_t i = 0; i < s->n_topics; i++)
        if (strcmp(s->topics[i].name, name) == 0)
            return true;
    return false;
}

static void read_topics(struct yaml_doc *doc, yaml_node_t *list, struct in_settings *s)
{
    struct in_topic topic;
    yaml_node_t *map;
    for (size_t i = 0; (map = yaml_doc_item(doc, list, i)) != NULL; i++) {
        if (i == IN_TOPICS_MAX) {
            yaml_doc_fault(doc, map, "more than %d topics", IN_TOPICS_MAX);
            return;
        }
        read_topic(doc, map, &topic);
        if (is_there(s, topic.name))
            yaml_doc_fault(doc, map, "topic %s stands here twice", topic.name);
        s->topics[s->n_topics++] = topic;
    }
    if (list && !s->n_topics)
        yaml_doc_fault(doc, list, "topics: at least one");
    if (!list)
        s->topics[s->n_topics++] = (struct in_topic){.name = "hongxin.in"};
}

static void read_numbers(struct yaml_doc *doc, yaml_node_t *map, struct in_settings *s)
{
    int64_t n = yaml_doc_int(doc, map, "batch", 2048);
    if (n < 1 || n > HX_ITEMS_MAX)
        yaml_doc_fault(doc, yaml_doc_get(doc, map, "batch"), "batch: from 1 to %d", HX_ITEMS_MAX);
    s->batch = (size_t)n;
    n = yaml_doc_duration(doc, map, "patience");
    n = yaml_doc_get(doc, map, "patience") ? n : 5 * HX_MINUTE;
    if (n < HX_SECOND || n > HX_DAY)
        yaml_doc_fault(doc, yaml_doc_get(doc, map, "patience"), "patience: from 1s to 1d");
    s->patience_ms = n;
}

/* A static member that comes back is given the partitions that it had, also those of topics that it
 * does not read any more: with other topics it is another member. */
static uint32_t hash_of_topics(const struct in_settings *s)
{
    uint32_t all = 0;
    for (size_t i = 0; i < s->n_topics; i++) {
        uint32_t hash = 2166136261; /* FNV-1a */
        for (const char *c = s->topics[i].name; *c; c++)
            hash = (hash ^ (unsigned char)*c) * 16777619;
        all += hash; /* whatever their order is */
    }
    return all;
}

static void read_instance(struct yaml_doc *doc, yaml_node_t *map, struct in_settings *s)
{
    char machine[100] = "", initial[256], name[256];
    gethostname(machine, sizeof machine - 1);
    snprintf(initial, sizeof initial, "%s-%s", s->group, machine);
    settings_text(doc, map, "instance", initial, name, sizeof name);
    snprintf(s->instance, sizeof s->instance, "%.240s.%08x", name, hash_of_topics(s));
    if (!is_topic_name(name)) /* the same letters are allowed */
        yaml_doc_fault(doc, yaml_doc_get(doc, map, "instance"),
                       "instance: letters, digits, dots, hyphens, underscores");
}

void in_settings_read(struct yaml_doc *doc, yaml_node_t *map, struct in_settings *s)
{
    if (map)
        yaml_doc_only(doc, map,
                      "listen key_file group instance topics dead_letters batch patience");
    settings_listen(doc, map, "127.0.0.1:54336", s->listen, sizeof s->listen);
    settings_path(doc, map, "key_file", "", s->key_file, sizeof s->key_file);
    settings_text(doc, map, "group", "hongxin", s->group, sizeof s->group);
    read_topics(doc, yaml_doc_get(doc, map, "topics"), s);
    read_instance(doc, map, s);
    settings_text(doc, map, "dead_letters", "hongxin.dead-letters", s->dead_letters,
                  sizeof s->dead_letters);
    if (*s->dead_letters)
        check_name(doc, map, "dead_letters", s->dead_letters);
    if (*s->dead_letters && is_there(s, s->dead_letters))
        yaml_doc_fault(doc, yaml_doc_get(doc, map, "dead_letters"),
                       "dead_letters is one of the topics that are read");
    read_numbers(doc, map, s);
}
