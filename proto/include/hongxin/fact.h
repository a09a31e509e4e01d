/* Names of facts. Pure, any thread. */
#ifndef HONGXIN_FACT_H
#define HONGXIN_FACT_H

#include "hongxin/schema.h"

#include <stdbool.h>

/* X(name): every fact. */
#define HX_FACTS(X)                                                                                \
    X(REPLY)                                                                                       \
    X(STATE)                                                                                       \
    X(CLASS)                                                                                       \
    X(CLOCK)                                                                                       \
    X(BREACH)                                                                                      \
    X(BREACH_MARK)                                                                                 \
    X(NOTICE)                                                                                      \
    X(OWNER)                                                                                       \
    X(FLAG)                                                                                        \
    X(ALARM)                                                                                       \
    X(AUDIT)                                                                                       \
    X(CHECK_POINT)                                                                                 \
    X(RULES)                                                                                       \
    X(DELIVERY)                                                                                    \
    X(SWAP)                                                                                        \
    X(SILENCE)

/* Its name as above: static text. "" for an empty fact or one of a newer schema. */
const char *hx_fact_name(const hxp_fact *fact);

/* Whether it is one of these names. */
bool hx_fact_named(const char *name);

/* The message inside, borrowed; NULL when hx_fact_name() is "". */
const ProtobufCMessage *hx_fact_message(const hxp_fact *fact);

#endif
