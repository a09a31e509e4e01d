/* One turn of the service: take, judge, commit, answer, stream. */
#ifndef SERVICE_TURN_H
#define SERVICE_TURN_H

#include <stdbool.h>

struct service;

struct turn_result {
    bool more;   /* there is more to do at once */
    bool soon;   /* acknowledgements or projections wait for a quiet moment */
    bool rest;   /* … and this moment is one: the rest of the projections may follow at once */
    bool failed; /* the store can no longer promise durability */
    bool worked; /* anything came in or fell due */
};

/* `flush` writes what waits for a quiet moment. */
struct turn_result turn_run(struct service *s, bool flush);

#endif
