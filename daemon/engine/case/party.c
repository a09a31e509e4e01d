/* Identities are kept by case and number, and never move: a case's own reporters are never taken
 * out of it, so how many of them stand before one is his number for good. Those of a merged case
 * come and go with it. */
#include "engine/case/party.h"

#include "base/text.h"
#include "hongxin/number.h"

bool hx_party_home(const struct hx_case *c, uint32_t i, struct hx_party_home *home)
{
    if (i >= c->n_parties)
        return false;
    const struct hx_party *p = &c->parties[i];
    *home = (struct hx_party_home){.number = p->kept_case, .party = p->kept_as, .known = true};
    if (p->kept_case)
        return true;
    home->known = !p->from_case;
    home->number = p->from_case ? p->from_case : c->number;
    for (uint32_t k = 0; k < i; k++)
        home->party += c->parties[k].from_case == p->from_case;
    return true;
}

uint32_t hx_party_newest(const struct hx_case *c)
{
    uint32_t own = 0;
    for (uint32_t i = 0; i < c->n_parties; i++)
        own += c->parties[i].from_case == 0;
    return own ? own - 1 : 0;
}

uint32_t hx_party_place(const struct hx_case *c, const struct hx_party_home *home)
{
    uint64_t from = home->number == c->number ? 0 : home->number;
    uint32_t nth = 0;
    for (uint32_t i = 0; i < c->n_parties; i++) {
        const struct hx_party *p = &c->parties[i];
        bool same = p->kept_case ? p->kept_case == home->number && p->kept_as == home->party
                                 : p->from_case == from && nth == home->party;
        if (same)
            return i;
        nth += p->from_case == from;
    }
    return HX_CASE_PARTIES;
}

struct hx_party hx_party_taken(const struct hx_case *from, uint32_t i)
{
    struct hx_party p = from->parties[i];
    struct hx_party_home home;
    if (hx_party_home(from, i, &home) && home.known) {
        p.kept_case = home.number;
        p.kept_as = home.party;
    }
    if (!p.ref[0] && from->ref[0])
        hx_text_put(p.ref, sizeof p.ref, from->ref);
    else if (!p.ref[0])
        hx_number_format(from->number, p.ref);
    p.leaves = p.back = 0;
    return p;
}
