#include "kafka/out/topics.h"

#include "base/grown.h"
#include "base/log.h"
#include "base/text.h"
#include "hongxin/instant.h"
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ASK_MS = 4000, SHOW_TRIES = 50, SHOW_MS = 100 };

/* ---- configuration ---- */

static int64_t number(struct yaml_doc *doc, yaml_node_t *map, const char *key, int64_t initial,
                      const int64_t range[2])
{
    int64_t n = yaml_doc_int(doc, map, key, initial);
    if (n < range[0] || n > range[1])
        yaml_doc_fault(doc, yaml_doc_get(doc, map, key), "%s: from %" PRId64 " to %" PRId64, key,
                       range[0], range[1]);
    return n;
}

void topics_settings_read(struct yaml_doc *doc, yaml_node_t *map, struct topics_settings *s)
{
    if (map)
        yaml_doc_only(doc, map,
                      "create partitions replicas min_insync_replicas retention max_record");
    s->create = !yaml_doc_get(doc, map, "create") || yaml_doc_bool(doc, map, "create");
    s->partitions = number(doc, map, "partitions", 1, (const int64_t[]){1, 1000});
    s->replicas = number(doc, map, "replicas", -1, (const int64_t[]){-1, 9});
    s->least_in_sync = number(doc, map, "min_insync_replicas", 0, (const int64_t[]){0, 9});
    s->record_most = number(doc, map, "max_record", 1000000, (const int64_t[]){16384, 8388608});
    s->retention_ms = 7 * HX_DAY;
    if (yaml_doc_get(doc, map, "retention"))
        s->retention_ms = yaml_doc_duration(doc, map, "retention");
}

/* ---- the table ---- */

void topics_init(struct topics *t, struct client *client, const struct topics_settings *settings)
{
    *t = (struct topics){.client = client, .settings = settings};
}

void topics_forget(struct topics *t)
{
    for (size_t i = 0; i < t->n; i++)
        if (t->all[i].handle)
            rd_kafka_topic_destroy(t->all[i].handle);
    t->n = 0;
    memset(t->slots, 0, sizeof t->slots);
}

void topics_fini(struct topics *t)
{
    topics_forget(t);
    free(t->all);
    *t = (struct topics){0};
}

/* The slot of a name: its own, or the empty one where it belongs. At most half of them are taken.
 */
static uint32_t *slot_of(struct topics *t, const char *name)
{
    uint32_t hash = 2166136261; /* FNV-1a */
    for (const char *c = name; *c; c++)
        hash = (hash ^ (unsigned char)*c) * 16777619;
    uint32_t *slot;
    do
        slot = &t->slots[hash++ % TOPICS_SLOTS];
    while (*slot && strcmp(t->all[*slot - 1].name, name) != 0);
    return slot;
}

static struct topic *find(struct topics *t, const char *name)
{
    uint32_t place = *slot_of(t, name);
    return place ? &t->all[place - 1] : NULL;
}

static struct topic *add(struct topics *t, const char *name, enum topic_kind kind)
{
    struct topic *more = hx_grown(t->all, t->n, &t->cap, sizeof *more);
    if (!more)
        return NULL;
    t->all = more;
    struct topic *topic = &t->all[t->n];
    *topic = (struct topic){.kind = kind};
    hx_text_put(topic->name, sizeof topic->name, name);
    topic->handle = rd_kafka_topic_new(t->client->rk, name, NULL);
    if (!topic->handle)
        return NULL;
    *slot_of(t, name) = (uint32_t)++t->n;
    return topic;
}

/* ---- what the cluster says ---- */

/* Said once, not each time that it is tried again. */
static void trouble(struct topics *t, const char *code, const char *what)
{
    char text[TOPICS_TROUBLE];
    snprintf(text, sizeof text, "%.20s %.290s", code, what);
    if (strcmp(text, t->trouble) == 0)
        return;
    hx_text_put(t->trouble, sizeof t->trouble, text);
    hx_log(HX_LOG_ERROR, "event=kafka_topic_trouble code=%s topic=%s", code, what);
}

static int error_of(struct topics *t, const char *name, rd_kafka_resp_err_t err, const char *text)
{
    client_note(t->client, err, text);
    switch (err) {
    case RD_KAFKA_RESP_ERR_NO_ERROR:
        return HX_OK;
    case RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED:
    case RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED:
        trouble(t, "TOPIC_DENIED", name);
        return HX_DENIED;
    case RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART:
    case RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC:
        return HX_NOTFOUND;
    default:
        return HX_AGAIN;
    }
}

/* HX_NOTFOUND: there is no such topic. */
static int look(struct topics *t, const char *name, int *partitions)
{
    const struct rd_kafka_metadata *found = NULL;
    rd_kafka_topic_t *handle = rd_kafka_topic_new(t->client->rk, name, NULL);
    if (!handle)
        return HX_NOMEM;
    rd_kafka_resp_err_t err = rd_kafka_metadata(t->client->rk, 0, handle, &found, ASK_MS);
    rd_kafka_topic_destroy(handle);
    if (!err && found->topic_cnt == 1) {
        err = found->topics[0].err;
        *partitions = found->topics[0].partition_cnt;
    }
    if (found)
        rd_kafka_metadata_destroy(found);
    if (err == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART || err == RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC)
        return HX_NOTFOUND;
    return err ? error_of(t, name, err, NULL) : *partitions > 0 ? HX_OK : HX_AGAIN;
}

static rd_kafka_AdminOptions_t *options(const struct topics *t, rd_kafka_admin_op_t op)
{
    char why[128];
    rd_kafka_AdminOptions_t *o = rd_kafka_AdminOptions_new(t->client->rk, op);
    if (o)
        (void)rd_kafka_AdminOptions_set_request_timeout(o, ASK_MS, why, sizeof why);
    return o;
}

static void set_number(rd_kafka_NewTopic_t *topic, const char *name, int64_t n)
{
    char text[24];
    snprintf(text, sizeof text, "%" PRId64, n);
    (void)rd_kafka_NewTopic_set_config(topic, name, text);
}

/* The settings of a topic, as docs/kafka.md lists them. */
static void configure(const struct topics_settings *s, enum topic_kind kind,
                      rd_kafka_NewTopic_t *topic)
{
    set_number(topic, "max.message.bytes", s->record_most);
    if (s->least_in_sync)
        set_number(topic, "min.insync.replicas", s->least_in_sync);
    (void)rd_kafka_NewTopic_set_config(topic, "unclean.leader.election.enable", "false");
    (void)rd_kafka_NewTopic_set_config(topic, "compression.type", "producer");
    /* The broker's clock counts: with ours far behind, retention would take records at once. */
    (void)rd_kafka_NewTopic_set_config(topic, "message.timestamp.type", "LogAppendTime");
    if (kind == TOPIC_ENTRIES) {
        set_number(topic, "retention.ms", s->retention_ms ? s->retention_ms : -1);
        return;
    }
    (void)rd_kafka_NewTopic_set_config(topic, "cleanup.policy", "compact");
    if (kind == TOPIC_POSITION) {
        set_number(topic, "segment.bytes", 1048576);
        set_number(topic, "segment.ms", HX_HOUR);
    }
}

static int64_t partitions_of(const struct topics *t, enum topic_kind kind)
{
    return kind == TOPIC_POSITION ? 1 : t->settings->partitions;
}

/* What became of the one topic of a request; the event is given back. */
static int result_of(struct topics *t, const char *name, rd_kafka_event_t *event)
{
    size_t n = 0;
    if (!event)
        return HX_AGAIN;
    rd_kafka_resp_err_t err = rd_kafka_event_error(event);
    const char *text = rd_kafka_event_error_string(event);
    const rd_kafka_CreateTopics_result_t *result = rd_kafka_event_CreateTopics_result(event);
    const rd_kafka_topic_result_t **list =
        !err && result ? rd_kafka_CreateTopics_result_topics(result, &n) : NULL;
    if (n == 1) {
        err = rd_kafka_topic_result_error(list[0]);
        text = rd_kafka_topic_result_error_string(list[0]);
    }
    int rc = !err || err == RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS ? HX_OK
                                                                   : error_of(t, name, err, text);
    if (!err)
        hx_log(HX_LOG_INFO, "event=kafka_topic_made topic=%s", name);
    rd_kafka_event_destroy(event);
    return rc == HX_NOTFOUND ? HX_AGAIN : rc;
}

static int create(struct topics *t, const char *name, enum topic_kind kind)
{
    char why[256];
    rd_kafka_NewTopic_t *topic = rd_kafka_NewTopic_new(name, (int)partitions_of(t, kind),
                                                       (int)t->settings->replicas, why, sizeof why);
    rd_kafka_AdminOptions_t *o = options(t, RD_KAFKA_ADMIN_OP_CREATETOPICS);
    rd_kafka_queue_t *queue = rd_kafka_queue_new(t->client->rk);
    int rc = HX_NOMEM;
    if (topic && o && queue) {
        configure(t->settings, kind, topic);
        rd_kafka_CreateTopics(t->client->rk, &topic, 1, o, queue);
        rc = result_of(t, name, rd_kafka_queue_poll(queue, 2 * ASK_MS));
    }
    if (topic)
        rd_kafka_NewTopic_destroy(topic);
    if (o)
        rd_kafka_AdminOptions_destroy(o);
    if (queue)
        rd_kafka_queue_destroy(queue);
    return rc;
}

size_t topics_place(struct topics *t, const char *name)
{
    return *slot_of(t, name);
}

struct topic *topics_at(const struct topics *t, size_t place)
{
    return &t->all[place - 1];
}

static bool is_listed(const struct rd_kafka_metadata *found, const char *name)
{
    for (int i = 0; i < found->topic_cnt; i++)
        if (strcmp(found->topics[i].topic, name) == 0)
            return true;
    return false;
}

static size_t new_topics(const struct topics *t, const struct rd_kafka_metadata *found,
                         const char *const names[], size_t n, rd_kafka_NewTopic_t *out[])
{
    char why[256];
    size_t made = 0;
    for (size_t i = 0; i < n && made < TOPICS_AT_ONCE; i++) {
        if (is_listed(found, names[i]))
            continue;
        out[made] = rd_kafka_NewTopic_new(names[i], (int)partitions_of(t, TOPIC_ENTRIES),
                                          (int)t->settings->replicas, why, sizeof why);
        if (out[made])
            configure(t->settings, TOPIC_ENTRIES, out[made++]);
    }
    return made;
}

/* What we have made is as it has to be. Returns how many. */
static size_t know_made(struct topics *t, rd_kafka_event_t *event)
{
    size_t n = 0, made = 0;
    const rd_kafka_CreateTopics_result_t *result = rd_kafka_event_CreateTopics_result(event);
    const rd_kafka_topic_result_t **list =
        result ? rd_kafka_CreateTopics_result_topics(result, &n) : NULL;
    for (size_t i = 0; i < n; i++) {
        const char *name = rd_kafka_topic_result_name(list[i]);
        struct topic *topic =
            rd_kafka_topic_result_error(list[i]) || find(t, name) || t->n == TOPICS_MOST
                ? NULL
                : add(t, name, TOPIC_ENTRIES);
        if (topic)
            topic->partitions = (int)partitions_of(t, TOPIC_ENTRIES);
        made += topic != NULL;
    }
    return made;
}

void topics_make(struct topics *t, const char *const names[], size_t n)
{
    const struct rd_kafka_metadata *found = NULL;
    rd_kafka_NewTopic_t *list[TOPICS_AT_ONCE];
    if (!t->settings->create || n < 2 ||
        rd_kafka_metadata(t->client->rk, 1, NULL, &found, ASK_MS) != RD_KAFKA_RESP_ERR_NO_ERROR)
        return;
    size_t made = new_topics(t, found, names, n, list);
    rd_kafka_metadata_destroy(found);
    rd_kafka_AdminOptions_t *o = options(t, RD_KAFKA_ADMIN_OP_CREATETOPICS);
    rd_kafka_queue_t *queue = rd_kafka_queue_new(t->client->rk);
    if (made) {
        rd_kafka_CreateTopics(t->client->rk, list, made, o, queue);
        rd_kafka_event_t *event = rd_kafka_queue_poll(queue, 2 * ASK_MS);
        if (event) {
            hx_log(HX_LOG_INFO, "event=kafka_topics_made topics=%zu", know_made(t, event));
            rd_kafka_event_destroy(event);
        }
        rd_kafka_NewTopic_destroy_array(list, made);
    }
    rd_kafka_queue_destroy(queue);
    rd_kafka_AdminOptions_destroy(o);
}

/* A topic that was made shows in the metadata a little later. */
static int look_until_there(struct topics *t, const char *name, int *partitions)
{
    int rc = HX_NOTFOUND;
    for (int i = 0; i < SHOW_TRIES && rc == HX_NOTFOUND; i++) {
        rc = look(t, name, partitions);
        if (rc == HX_NOTFOUND)
            (void)rd_kafka_poll(t->client->rk, SHOW_MS);
    }
    return rc == HX_NOTFOUND ? HX_AGAIN : rc;
}

/* ---- what a topic that is there has to be ---- */

static int judge(struct topics *t, const char *name, enum topic_kind kind,
                 const rd_kafka_ConfigResource_t *resource)
{
    const struct topics_settings *s = t->settings;
    char what[TOPICS_TROUBLE - 32];
    size_t n = 0;
    const rd_kafka_ConfigEntry_t **list = rd_kafka_ConfigResource_configs(resource, &n);
    for (size_t i = 0; i < n; i++) {
        const char *key = rd_kafka_ConfigEntry_name(list[i]);
        const char *value = rd_kafka_ConfigEntry_value(list[i]);
        bool small = value && strcmp(key, "max.message.bytes") == 0 &&
                     strtoll(value, NULL, 10) < s->record_most;
        bool other = value && strcmp(key, "cleanup.policy") == 0 &&
                     (strstr(value, "compact") != NULL) != (kind != TOPIC_ENTRIES);
        if (!small && !other)
            continue;
        if (small)
            snprintf(what, sizeof what, "%s %s=%s wanted=%" PRId64, name, key, value,
                     s->record_most);
        else
            snprintf(what, sizeof what, "%s %s=%s wanted=%s", name, key, value,
                     kind == TOPIC_ENTRIES ? "delete" : "compact");
        trouble(t, "TOPIC_UNFIT", what);
        return HX_CONFIG;
    }
    return HX_OK;
}

/* Without the right to read its settings a topic is taken as it is. */
static int check(struct topics *t, const char *name, enum topic_kind kind)
{
    size_t n = 0;
    int rc = HX_OK;
    rd_kafka_ConfigResource_t *wanted = rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_TOPIC, name);
    rd_kafka_AdminOptions_t *o = options(t, RD_KAFKA_ADMIN_OP_DESCRIBECONFIGS);
    rd_kafka_queue_t *queue = rd_kafka_queue_new(t->client->rk);
    rd_kafka_DescribeConfigs(t->client->rk, &wanted, 1, o, queue);
    rd_kafka_event_t *event = rd_kafka_queue_poll(queue, 2 * ASK_MS);
    const rd_kafka_DescribeConfigs_result_t *result =
        event ? rd_kafka_event_DescribeConfigs_result(event) : NULL;
    const rd_kafka_ConfigResource_t **list =
        result ? rd_kafka_DescribeConfigs_result_resources(result, &n) : NULL;
    if (n == 1 && !rd_kafka_ConfigResource_error(list[0]))
        rc = judge(t, name, kind, list[0]);
    if (event)
        rd_kafka_event_destroy(event);
    rd_kafka_queue_destroy(queue);
    rd_kafka_AdminOptions_destroy(o);
    rd_kafka_ConfigResource_destroy(wanted);
    return rc;
}

int topics_need(struct topics *t, const char *name, enum topic_kind kind, struct topic **out)
{
    int partitions = 0;
    if ((*out = find(t, name)) != NULL)
        return HX_OK;
    int rc = look(t, name, &partitions);
    if (rc == HX_NOTFOUND && t->settings->create) {
        rc = create(t, name, kind);
        if (!rc)
            rc = look_until_there(t, name, &partitions);
    }
    if (rc == HX_NOTFOUND)
        trouble(t, "TOPIC_MISSING", name);
    if (!rc)
        rc = check(t, name, kind);
    if (!rc && t->n == TOPICS_MOST)
        rc = HX_TOOBIG;
    if (rc)
        return rc;
    if (!(*out = add(t, name, kind)))
        return HX_NOMEM;
    (*out)->partitions = partitions;
    *t->trouble = '\0';
    return HX_OK;
}

int topics_of_routes(struct topics *t, const struct routes *routes,
                     int (*fn)(void *arg, const char *name, int partitions), void *arg)
{
    const struct rd_kafka_metadata *found = NULL;
    rd_kafka_resp_err_t err = rd_kafka_metadata(t->client->rk, 1, NULL, &found, ASK_MS);
    int rc = err ? error_of(t, "", err, NULL) : HX_OK;
    for (int i = 0; !rc && i < found->topic_cnt; i++) {
        bool ours = false;
        for (size_t r = 0; r < routes->n && !ours; r++)
            ours = route_may_name(&routes->all[r], found->topics[i].topic);
        if (ours)
            rc = fn(arg, found->topics[i].topic, found->topics[i].partition_cnt);
    }
    if (found)
        rd_kafka_metadata_destroy(found);
    return rc;
}
