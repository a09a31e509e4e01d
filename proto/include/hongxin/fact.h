/* Names of facts. Pure, any thread. */
#ifndef HONGXIN_FACT_H
#define HONGXIN_FACT_H

#include "hongxin/schema.h"

#include <stdbool.h>

/* "REPLY", "STATE", "CLASS", "CLOCK", "BREACH", "BREACH_MARK", "NOTICE", "OWNER", "FLAG",
 * "ALARM", "AUDIT", "CHECK_POINT", "RULES", "DELIVERY", "SWAP" or "SILENCE": static text. "" for an
 * empty fact or one of a newer schema. */
const char *hx_fact_name(const hxp_fact *fact);

/* Whether it is one of these names. */
bool hx_fact_named(const char *name);

/* The message inside, borrowed; NULL when hx_fact_name() is "". */
const ProtobufCMessage *hx_fact_message(const hxp_fact *fact);

#endif
