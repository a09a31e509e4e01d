/* Who is connected, as a scenario says: what the machine asks before it tells anybody anything. */
#ifndef SIMULATE_ENDPOINTS_H
#define SIMULATE_ENDPOINTS_H

#include "engine/machine/machine.h"
#include "simulate/scenario.h"

enum { ENDPOINTS_MAX = 64 };

struct endpoints {
    struct endpoint {
        char name[64];
        bool down;
        bool slow; /* connected, but does not fetch what it is sent */
    } list[ENDPOINTS_MAX];
    size_t n;
};

/* An action of the kind "endpoint". HX_INVALID: there are too many; `problem` names the line. */
HX_CHECK int endpoints_set(struct endpoints *e, const struct scenario_action *a,
                           const char *scenario, char problem[512]);

/* For struct hx_machine; the context is a struct endpoints. Whoever is not named is up. */
enum hx_reach endpoints_reach(void *ctx, const char *id);
/* Whoever is up fetches at once what it is sent, unless it is slow. */
enum hx_reach endpoints_fetched(void *ctx, const char *id, uint64_t lsn);

#endif
