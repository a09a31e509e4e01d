/* Where the Kafka cluster is and who we are there: the section `cluster` of config/kafka.yaml, the
 * same for `in` and `out`, and what librdkafka is told of it. */
#ifndef KAFKA_CLUSTER_H
#define KAFKA_CLUSTER_H

#include "config/reading/problem.h"
#include "config/reading/yaml_doc.h"
#include <librdkafka/rdkafka.h>
#include <stdbool.h>

enum {
    CLUSTER_TEXT = 512,
    CLUSTER_PROPERTIES_MAX = 64,
    CLUSTER_STATISTICS_MS = 2000, /* how old a figure of librdkafka's may be */
};

struct cluster_settings {
    char brokers[1024]; /* brokers: some of the cluster, "host:port,host:port" ["127.0.0.1:9092"] */
    char client_id[128];            /* client_id: names us in the broker's log ["hongxin"] */
    struct {                        /* tls: */
        bool on;                    /*   is there such a section */
        char ca_file[CLUSTER_TEXT]; /* "" = the system's */
        char certificate_file[CLUSTER_TEXT]; /* who we are; "" = said by sasl, or nobody in
                                                particular */
        char key_file[CLUSTER_TEXT];         /* mode 0600 */
        char key_password_file[CLUSTER_TEXT];
        bool check_host; /* [true] */
    } tls;
    struct {                /* sasl: */
        char mechanism[24]; /* SCRAM-SHA-512, SCRAM-SHA-256, PLAIN, OAUTHBEARER; "" = none */
        char user[128];
        char password_file[CLUSTER_TEXT]; /* mode 0600 */
        /* OAUTHBEARER: `user` and the password are the client's at the service of tokens. */
        char token_url[CLUSTER_TEXT];     /* https://… */
        char scope[128];                  /* "" = none */
        char token_ca_file[CLUSTER_TEXT]; /* "" = the system's */
    } sasl;
    struct cluster_property {
        char name[80], value[256];
    } properties[CLUSTER_PROPERTIES_MAX]; /* properties: of librdkafka, as they are */
    size_t n_properties;
};

/* Reads the mapping `map` (NULL: nothing is given). A path is relative to the file's folder. Each
 * property is tried on librdkafka, so that a wrong one is a fault with its line; one that the
 * program sets itself, because what it promises rests on it, is a fault too. Faults are kept in
 * `doc`. */
void cluster_settings_read(struct yaml_doc *doc, yaml_node_t *map, struct cluster_settings *s);

/* Reads the files that it names, as cluster_conf() will. An error with the problem. */
HX_CHECK int cluster_check(const struct cluster_settings *s, struct hx_problem *problem);

/* A configuration for one client of librdkafka, the caller's to complete, to be given to
 * client_open() or to rd_kafka_conf_destroy(). HX_NOMEM; HX_CONFIG, HX_DENIED, HX_NOTFOUND with the
 * problem: a file, or a value that librdkafka does not take. */
HX_CHECK int cluster_conf(const struct cluster_settings *s, rd_kafka_conf_t **out,
                          struct hx_problem *problem);

/* Whether the operator sets this property; then his value stands. */
bool cluster_names(const struct cluster_settings *s, const char *name);

/* One property; HX_CONFIG with librdkafka's reason. */
HX_CHECK int cluster_set(rd_kafka_conf_t *conf, const char *name, const char *value,
                         struct hx_problem *problem);

#endif
