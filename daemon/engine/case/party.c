/* Identities are kept by case and number, and never move: a case's own reporters are never taken
 * out of it, so how many of them stand before one is his number for good. Those of a merged case
 * come and go with it. */
#include "engine/case/party.h"

bool hx_party_home(const struct hx_case *c, uint32_t i, uint64_t *number, uint32_t *party)
{
    if (i >= c->n_parties)
        return false;
    uint64_t from = c->parties[i].from_case;
    *number = from ? from : c->number;
    *party = 0;
    for (uint32_t k = 0; k < i; k++)
        *party += c->parties[k].from_case == from;
    return true;
}

uint32_t hx_party_newest(const struct hx_case *c)
{
    uint32_t own = 0;
    for (uint32_t i = 0; i < c->n_parties; i++)
        own += c->parties[i].from_case == 0;
    return own ? own - 1 : 0;
}
