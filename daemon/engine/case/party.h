/* Reporters of a case: where their identities are kept, and what of them goes over to another case.
 * Pure, any thread. */
#ifndef ENGINE_CASE_PARTY_H
#define ENGINE_CASE_PARTY_H

#include "engine/case/case.h"

/* Where an identity is kept. */
struct hx_party_home {
    uint64_t number; /* of the case */
    uint32_t party;  /* which of its own reporters, as they were added */
    bool known;      /* false: this number counts all parties of that case, and one of it has to be
                        asked for again there */
};

/* Of the i-th party. Whoever came with a merged case, or with the whole of which this one is a
 * part, is kept with the case that he reported: neither brings an identity along, and a merge that
 * is taken back moves nobody's. Of those whom a build took over that made no note of it,
 * home->known is false. False: there is no such party. */
bool hx_party_home(const struct hx_case *c, uint32_t i, struct hx_party_home *home);

/* Under which number the newest of the case's own parties is kept. */
uint32_t hx_party_newest(const struct hx_case *c);

/* Where the party who is kept there stands in this case, whatever merges and splits have brought
 * him; HX_CASE_PARTIES: nowhere. */
uint32_t hx_party_place(const struct hx_case *c, const struct hx_party_home *home);

/* The i-th party of `from` as one of another case: under a reference that names him there, too, and
 * with the note where he is kept. What the street still has to ask him stays behind, and
 * by which merged cases he is a reporter there. */
struct hx_party hx_party_taken(const struct hx_case *from, uint32_t i);

#endif
