/* The section `in` of config/kafka.yaml: which topics are read, and how. */
#ifndef KAFKA_IN_SETTINGS_H
#define KAFKA_IN_SETTINGS_H

#include "config/yaml_doc.h"

struct in_settings {
    char listen[128];   /* listen: health and figures ["127.0.0.1:54336"] */
    char key_file[512]; /* key_file: who we are at the daemon; "" = that of `daemon` [""] */
};

/* Reads the mapping `map` (NULL: nothing is given). Faults are kept in `doc`. */
void in_settings_read(struct yaml_doc *doc, yaml_node_t *map, struct in_settings *s);

#endif
