/* Tokens for SASL OAUTHBEARER: asked from the city's token service (OAuth 2.0, client credentials)
 * when librdkafka wants one, long before the last expires. */
#ifndef KAFKA_OAUTH_H
#define KAFKA_OAUTH_H

#include "kafka/cluster/cluster.h"

/* Sets what asks for tokens; `s->sasl` names the service. */
HX_CHECK int oauth_conf(const struct cluster_settings *s, rd_kafka_conf_t *conf,
                        struct hx_problem *problem);

#endif
