/* The section `out` of config/kafka.yaml: what of the journal goes to which topics. */
#ifndef KAFKA_OUT_SETTINGS_H
#define KAFKA_OUT_SETTINGS_H

#include "config/yaml_doc.h"

struct out_settings {
    char listen[128];   /* listen: health and figures ["127.0.0.1:54337"] */
    char key_file[512]; /* key_file: who we are at the daemon; "" = that of `daemon` [""] */
};

/* Reads the mapping `map` (NULL: nothing is given). Faults are kept in `doc`. */
void out_settings_read(struct yaml_doc *doc, yaml_node_t *map, struct out_settings *s);

#endif
