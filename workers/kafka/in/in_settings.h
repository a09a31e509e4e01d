/* The section `in` of config/kafka.yaml: which topics are read, and how. */
#ifndef KAFKA_IN_SETTINGS_H
#define KAFKA_IN_SETTINGS_H

#include "config/reading/yaml_doc.h"
#include "hongxin/limits.h"
#include "kafka/in/envelope.h"

enum { IN_TOPICS_MAX = 64, IN_TOPIC_NAME = 250 };

struct in_topic {
    char name[IN_TOPIC_NAME];
    char source[128];            /* the only source it may speak for; "" = any [""] */
    enum envelope_format format; /* of values without a content type [protobuf] */
};

struct in_settings {
    char listen[128];   /* listen: health and figures ["127.0.0.1:54336"] */
    char key_file[512]; /* key_file: who we are at the daemon; "" = that of `daemon` [""] */
    char group[128];    /* group: the consumer group ["hongxin"] */
    /* instance: our name in it, for a restart without a rebalance; two with the same one shut each
     * other out. At the broker a hash of the topics follows: with others it is another member.
     * [the group, a hyphen, the name of the machine] */
    char instance[256];
    struct in_topic topics[IN_TOPICS_MAX]; /* topics: [{topic: hongxin.in}] */
    size_t n_topics;
    char dead_letters[IN_TOPIC_NAME]; /* dead_letters: where what cannot be taken goes; "" = only
                                         into the daemon's quarantine ["hongxin.dead-letters"] */
    size_t batch;        /* batch: of a partition in one message to the daemon, 1 … 4096 [2048] */
    int64_t patience_ms; /* patience: how long a record waits for the case that it names before it
                            is a dead letter; what comes behind it waits too [5min] */
};

/* Reads the mapping `map` (NULL: nothing is given). Faults are kept in `doc`. */
void in_settings_read(struct yaml_doc *doc, yaml_node_t *map, struct in_settings *s);

#endif
