#include "hongxin/fact.h"

#include <stddef.h>
#include <string.h>

/* Indexed by the number of the oneof's member; every member is a message pointer of the union, so
 * reading it through the first is enough. */
static const char *const names[] = {
    [HONGXIN__V1__FACT__FACT_REPLY] = "REPLY",
    [HONGXIN__V1__FACT__FACT_STATE] = "STATE",
    [HONGXIN__V1__FACT__FACT_CLASS] = "CLASS",
    [HONGXIN__V1__FACT__FACT_CLOCK] = "CLOCK",
    [HONGXIN__V1__FACT__FACT_BREACH] = "BREACH",
    [HONGXIN__V1__FACT__FACT_BREACH_MARK] = "BREACH_MARK",
    [HONGXIN__V1__FACT__FACT_NOTICE] = "NOTICE",
    [HONGXIN__V1__FACT__FACT_OWNER] = "OWNER",
    [HONGXIN__V1__FACT__FACT_FLAG] = "FLAG",
    [HONGXIN__V1__FACT__FACT_ALARM] = "ALARM",
    [HONGXIN__V1__FACT__FACT_AUDIT] = "AUDIT",
    [HONGXIN__V1__FACT__FACT_CHECK_POINT] = "CHECK_POINT",
    [HONGXIN__V1__FACT__FACT_RULES] = "RULES",
    [HONGXIN__V1__FACT__FACT_DELIVERY] = "DELIVERY",
    [HONGXIN__V1__FACT__FACT_SWAP] = "SWAP",
    [HONGXIN__V1__FACT__FACT_SILENCE] = "SILENCE",
};

const char *hx_fact_name(const hxp_fact *fact)
{
    size_t n = (size_t)fact->fact_case;
    return n < sizeof names / sizeof *names && names[n] ? names[n] : "";
}

bool hx_fact_named(const char *name)
{
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (names[i] && strcmp(name, names[i]) == 0)
            return true;
    return false;
}

const ProtobufCMessage *hx_fact_message(const hxp_fact *fact)
{
    return *hx_fact_name(fact) ? (const ProtobufCMessage *)fact->reply : NULL;
}
