/* Names of facts. Pure, any thread. */
#ifndef HONGXIN_FACT_H
#define HONGXIN_FACT_H

#include "hongxin/schema.h"

/* "REPLY", "STATE", "CLASS", "CLOCK", "BREACH", "BREACH_MARK", "NOTICE", "OWNER", "FLAG" or
 * "ALARM": static text. "" for an empty fact or one of a newer schema. */
const char *hx_fact_name(const hxp_fact *fact);

/* The message inside, borrowed; NULL when hx_fact_name() is "". */
const ProtobufCMessage *hx_fact_message(const hxp_fact *fact);

#endif
