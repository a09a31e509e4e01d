#include "kafka/cluster/cluster.h"

#include "base/text.h"
#include "door/secret.h"
#include "door/settings.h"
#include "hongxin/key.h"
#include "kafka/cluster/oauth.h"
#include <sodium.h>
#include <stdio.h>
#include <string.h>

/* What the promises of `in` and `out` rest on, or what stands elsewhere in the file. */
static const char *const ours[] = {"bootstrap.servers",
                                   "metadata.broker.list",
                                   "client.id",
                                   "security.protocol",
                                   "group.",
                                   "transactional.id",
                                   "enable.auto.",
                                   "auto.offset.reset",
                                   "isolation.level",
                                   "enable.idempotence",
                                   "acks",
                                   "request.required.acks",
                                   "partition.assignment.strategy",
                                   "statistics.interval.ms",
                                   "log.queue",
                                   "sasl.",
                                   "ssl.",
                                   "enable.sasl",
                                   "enable.ssl",
                                   "check.crcs",
                                   "plugin."};

/* ---- the file ---- */

static void read_tls(struct yaml_doc *doc, yaml_node_t *map, struct cluster_settings *s)
{
    s->tls.check_host = true;
    if (!map)
        return;
    s->tls.on = true;
    yaml_doc_only(doc, map, "ca_file certificate_file key_file key_password_file check_host");
    settings_path(doc, map, "ca_file", "", s->tls.ca_file, sizeof s->tls.ca_file);
    settings_path(doc, map, "certificate_file", "", s->tls.certificate_file,
                  sizeof s->tls.certificate_file);
    settings_path(doc, map, "key_file", "", s->tls.key_file, sizeof s->tls.key_file);
    settings_path(doc, map, "key_password_file", "", s->tls.key_password_file,
                  sizeof s->tls.key_password_file);
    if (yaml_doc_get(doc, map, "check_host"))
        s->tls.check_host = yaml_doc_bool(doc, map, "check_host");
    if (!*s->tls.certificate_file != !*s->tls.key_file)
        yaml_doc_fault(doc, map, "certificate_file and key_file belong together");
}

static bool is_mechanism(const char *name)
{
    return strcmp(name, "SCRAM-SHA-512") == 0 || strcmp(name, "SCRAM-SHA-256") == 0 ||
           strcmp(name, "PLAIN") == 0 || strcmp(name, "OAUTHBEARER") == 0;
}

/* A token service in clear would give the secret away; on this machine nobody listens. */
static bool is_token_url(const char *url)
{
    return strncmp(url, "https://", 8) == 0 || strncmp(url, "http://127.0.0.1:", 17) == 0;
}

static void read_tokens(struct yaml_doc *doc, yaml_node_t *map, struct cluster_settings *s)
{
    bool wanted = strcmp(s->sasl.mechanism, "OAUTHBEARER") == 0;
    settings_text(doc, map, "token_url", "", s->sasl.token_url, sizeof s->sasl.token_url);
    settings_text(doc, map, "scope", "", s->sasl.scope, sizeof s->sasl.scope);
    settings_path(doc, map, "token_ca_file", "", s->sasl.token_ca_file,
                  sizeof s->sasl.token_ca_file);
    if (wanted && !is_token_url(s->sasl.token_url))
        yaml_doc_fault(doc, yaml_doc_get(doc, map, "token_url"),
                       "token_url begins with https:// (or is of this machine)");
    if (!wanted && (*s->sasl.token_url || *s->sasl.scope || *s->sasl.token_ca_file))
        yaml_doc_fault(doc, map, "token_url, scope and token_ca_file belong to OAUTHBEARER");
}

static void read_sasl(struct yaml_doc *doc, yaml_node_t *map, struct cluster_settings *s)
{
    if (!map)
        return;
    yaml_doc_only(doc, map, "mechanism user password_file token_url scope token_ca_file");
    settings_text(doc, map, "mechanism", "SCRAM-SHA-512", s->sasl.mechanism,
                  sizeof s->sasl.mechanism);
    yaml_doc_need(doc, map, "user", s->sasl.user, sizeof s->sasl.user);
    settings_path(doc, map, "password_file", "", s->sasl.password_file,
                  sizeof s->sasl.password_file);
    if (!is_mechanism(s->sasl.mechanism))
        yaml_doc_fault(doc, yaml_doc_get(doc, map, "mechanism"),
                       "mechanism is SCRAM-SHA-512, SCRAM-SHA-256, PLAIN or OAUTHBEARER");
    read_tokens(doc, map, s);
    if (!*s->sasl.password_file)
        yaml_doc_fault(doc, map, "password_file is missing");
    if (strncmp(s->sasl.mechanism, "SCRAM-", 6) != 0 && !s->tls.on)
        yaml_doc_fault(doc, map, "%s without tls would show the secret to everybody on the way",
                       s->sasl.mechanism);
}

static const char *owner(const char *name)
{
    for (size_t i = 0; i < sizeof ours / sizeof *ours; i++)
        if (strncmp(name, ours[i], strlen(ours[i])) == 0)
            return ours[i];
    return NULL;
}

static void read_property(struct yaml_doc *doc, yaml_node_t *key, yaml_node_t *value,
                          struct cluster_settings *s, rd_kafka_conf_t *scratch)
{
    struct hx_problem problem = {""};
    struct cluster_property *p = &s->properties[s->n_properties];
    hx_text_put(p->name, sizeof p->name, yaml_doc_scalar(doc, key));
    hx_text_put(p->value, sizeof p->value, yaml_doc_scalar(doc, value));
    if (owner(p->name))
        yaml_doc_fault(doc, key, "%s is set by this program, or by another key of this file",
                       p->name);
    else if (cluster_set(scratch, p->name, p->value, &problem) != HX_OK)
        yaml_doc_fault(doc, key, "%s", problem.text);
    s->n_properties++;
}

static void read_properties(struct yaml_doc *doc, yaml_node_t *map, struct cluster_settings *s)
{
    yaml_node_t *key, *value;
    rd_kafka_conf_t *scratch = rd_kafka_conf_new();
    for (size_t i = 0; yaml_doc_pair(doc, map, i, &key, &value); i++) {
        if (i == CLUSTER_PROPERTIES_MAX) {
            yaml_doc_fault(doc, key, "more than %d properties", CLUSTER_PROPERTIES_MAX);
            break;
        }
        read_property(doc, key, value, s, scratch);
    }
    rd_kafka_conf_destroy(scratch);
}

void cluster_settings_read(struct yaml_doc *doc, yaml_node_t *map, struct cluster_settings *s)
{
    if (map)
        yaml_doc_only(doc, map, "brokers client_id tls sasl properties");
    settings_text(doc, map, "brokers", "127.0.0.1:9092", s->brokers, sizeof s->brokers);
    settings_text(doc, map, "client_id", "hongxin", s->client_id, sizeof s->client_id);
    read_tls(doc, yaml_doc_get(doc, map, "tls"), s);
    read_sasl(doc, yaml_doc_get(doc, map, "sasl"), s);
    read_properties(doc, yaml_doc_get(doc, map, "properties"), s);
}

bool cluster_names(const struct cluster_settings *s, const char *name)
{
    for (size_t i = 0; i < s->n_properties; i++)
        if (strcmp(s->properties[i].name, name) == 0)
            return true;
    return false;
}

/* ---- librdkafka ---- */

int cluster_set(rd_kafka_conf_t *conf, const char *name, const char *value,
                struct hx_problem *problem)
{
    char why[256];
    if (rd_kafka_conf_set(conf, name, value, why, sizeof why) == RD_KAFKA_CONF_OK)
        return HX_OK;
    return hx_problem_set(problem, "%s: %s", name, why);
}

/* A file's first line as a property; "" sets none. librdkafka keeps a copy for as long as it lives.
 */
static int set_secret(rd_kafka_conf_t *conf, const char *name, const char *path,
                      struct hx_problem *problem)
{
    char secret[1024];
    if (!*path)
        return HX_OK;
    int rc = secret_line_read(path, secret, sizeof secret, problem);
    if (!rc)
        rc = cluster_set(conf, name, secret, problem);
    sodium_memzero(secret, sizeof secret);
    return rc;
}

static int set_unless_empty(rd_kafka_conf_t *conf, const char *name, const char *value,
                            struct hx_problem *problem)
{
    return *value ? cluster_set(conf, name, value, problem) : HX_OK;
}

/* The key is a secret like any other: not for others to read. */
static int set_key_file(rd_kafka_conf_t *conf, const char *path, struct hx_problem *problem)
{
    char real[HX_KEY_PATH], first[4096];
    if (!*path)
        return HX_OK;
    int rc = secret_line_read(path, first, sizeof first, problem);
    if (!rc)
        rc = hx_secret_path(path, real);
    return rc ? rc : cluster_set(conf, "ssl.key.location", real, problem);
}

static int set_tls(const struct cluster_settings *s, rd_kafka_conf_t *conf,
                   struct hx_problem *problem)
{
    if (!s->tls.on)
        return HX_OK;
    int rc = set_unless_empty(conf, "ssl.ca.location", s->tls.ca_file, problem);
    if (!rc)
        rc = set_unless_empty(conf, "ssl.certificate.location", s->tls.certificate_file, problem);
    if (!rc)
        rc = set_key_file(conf, s->tls.key_file, problem);
    if (!rc)
        rc = set_secret(conf, "ssl.key.password", s->tls.key_password_file, problem);
    if (!rc)
        rc = cluster_set(conf, "ssl.endpoint.identification.algorithm",
                         s->tls.check_host ? "https" : "none", problem);
    return rc;
}

static int set_sasl(const struct cluster_settings *s, rd_kafka_conf_t *conf,
                    struct hx_problem *problem)
{
    if (!*s->sasl.mechanism)
        return HX_OK;
    int rc = cluster_set(conf, "sasl.mechanisms", s->sasl.mechanism, problem);
    if (!rc && *s->sasl.token_url)
        return oauth_conf(s, conf, problem);
    if (!rc)
        rc = cluster_set(conf, "sasl.username", s->sasl.user, problem);
    if (!rc)
        rc = set_secret(conf, "sasl.password", s->sasl.password_file, problem);
    return rc;
}

static int set_common(const struct cluster_settings *s, rd_kafka_conf_t *conf,
                      struct hx_problem *problem)
{
    static const char *const protocols[2][2] = {{"plaintext", "sasl_plaintext"},
                                                {"ssl", "sasl_ssl"}};
    char statistics[16];
    snprintf(statistics, sizeof statistics, "%d", CLUSTER_STATISTICS_MS);
    int rc = cluster_set(conf, "bootstrap.servers", s->brokers, problem);
    if (!rc)
        rc = cluster_set(conf, "client.id", s->client_id, problem);
    if (!rc)
        rc = cluster_set(conf, "security.protocol", protocols[s->tls.on][*s->sasl.mechanism != 0],
                         problem);
    if (!rc)
        rc = cluster_set(conf, "statistics.interval.ms", statistics, problem);
    for (size_t i = 0; !rc && i < s->n_properties; i++)
        rc = cluster_set(conf, s->properties[i].name, s->properties[i].value, problem);
    return rc;
}

int cluster_conf(const struct cluster_settings *s, rd_kafka_conf_t **out,
                 struct hx_problem *problem)
{
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    int rc = set_common(s, conf, problem);
    if (!rc)
        rc = set_tls(s, conf, problem);
    if (!rc)
        rc = set_sasl(s, conf, problem);
    if (rc)
        rd_kafka_conf_destroy(conf);
    *out = rc ? NULL : conf;
    return rc;
}

int cluster_check(const struct cluster_settings *s, struct hx_problem *problem)
{
    rd_kafka_conf_t *conf;
    int rc = cluster_conf(s, &conf, problem);
    if (!rc)
        rd_kafka_conf_destroy(conf);
    return rc;
}
