#include "hongxin/fact.h"

#include <stddef.h>
#include <string.h>

/* Indexed by the number of the oneof's member; every member is a message pointer of the union, so
 * reading it through the first is enough. */
static const char *const names[] = {
#define X(name) [HONGXIN__V1__FACT__FACT_##name] = #name,
    HX_FACTS(X)
#undef X
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
