/* The configuration of hongxin-kafka: config/kafka.yaml, one file for `in` and `out`. Every key may
 * be left out; unknown keys, wrong types and values out of range are refused with file and line. */
#ifndef KAFKA_SETTINGS_H
#define KAFKA_SETTINGS_H

#include "base/log.h"
#include "door/link.h"
#include "http/limits.h"
#include "kafka/cluster/cluster.h"
#include "kafka/in/in_settings.h"
#include "kafka/out/out_settings.h"

struct kafka_settings {
    struct link_settings daemon;     /* daemon: as in hotline.yaml */
    struct cluster_settings cluster; /* cluster: see cluster.h */
    struct in_settings in;           /* in: see in_settings.h */
    struct out_settings out;         /* out: see out_settings.h */
    enum hx_log_level log_level;     /* log: {level} [info] */
    struct http_limits limits;       /* limits: of the pages with health and figures */
};

/* HX_CONFIG, HX_IO or HX_NOMEM with the problem. */
HX_CHECK int kafka_settings_load(const char *path, struct kafka_settings *s,
                                 struct hx_problem *problem);

#endif
