/* The section `out` of config/kafka.yaml: what of the journal goes to which topics. Every key may
 * be left out. */
#ifndef KAFKA_OUT_SETTINGS_H
#define KAFKA_OUT_SETTINGS_H

#include "config/reading/yaml_doc.h"
#include "kafka/out/record.h"
#include "kafka/out/sender.h"

/* Of one writer. */
struct writer_settings {
    struct routes routes;          /* of its pace */
    struct sender_settings sender; /* see sender.h; of the slow writer's, id and positions end with
                                      "-slow" and there are no states */
    int64_t every_ms;              /* the least time from one transaction to the next */
    int64_t entries_most;          /* of one transaction */
};

struct out_settings {
    char listen[128];     /* listen: health and figures ["127.0.0.1:54337"] */
    char key_file[512];   /* key_file: who we are at the daemon; "" = that of `daemon` [""] */
    char subscriber[128]; /* subscriber: name of our feed ["supervisor:city/kafka"] */
    bool from_now;        /* from: where the first start begins, oldest or now [oldest] */
    char source[64];      /* source: ce_source without the journal's epoch ["/hongxin"] */
    unsigned attributes;  /* attributes: 1 << record_attribute each ["time", "cause", "facts"] */
    int utc_offset;       /* utc_offset: in which JSON has its times, minutes ["+08:00"] */
    struct route_words places, holders,
        classes; /* filter: what of the journal is followed at all */
    /* routes; id ["city"], positions ["hongxin.positions.ID"], states ["hongxin.states"],
     * compression [lz4], topics; transaction: {every [20ms], slow [500ms], entries [10000],
     * timeout [30s]} */
    struct writer_settings fast, slow;
};

/* Reads the mapping `map` (NULL: nothing is given). Faults are kept in `doc`. */
void out_settings_read(struct yaml_doc *doc, yaml_node_t *map, struct out_settings *s);

#endif
