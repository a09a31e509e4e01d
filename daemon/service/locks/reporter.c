#include "service/locks/reporter.h"

#include "engine/case/party.h"
#include "service/locks/secret.h"
#include "service/state.h"

bool reporter_is(const struct service *s, const struct hx_case *c, const char *secret,
                 uint32_t *party)
{
    struct hx_party_home home;
    *party = 0;
    if (secret_fits(s->secrets, c->number, secret))
        return true;
    /* only who was first in his own case has its secret */
    for (uint32_t i = 0; hx_party_home(c, i, &home); i++)
        if (home.party == 0 && home.number != c->number &&
            secret_fits(s->secrets, home.number, secret)) {
            *party = i;
            return true;
        }
    return false;
}
