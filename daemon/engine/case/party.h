/* Where the identity of a case's reporter is kept. Pure, any thread. */
#ifndef ENGINE_CASE_PARTY_H
#define ENGINE_CASE_PARTY_H

#include "engine/case/case.h"

/* Of the i-th party: the case under which its identity is kept, and which of that case's parties it
 * is there. Whoever came with a merged case is kept with that one, so a merge brings no identity
 * along and one that is taken back moves nobody's. Of whom comes with a case that had absorbed
 * others itself, the answer is to be asked for again in `number`, until it is the case that was
 * asked. False: there is no such party. */
bool hx_party_home(const struct hx_case *c, uint32_t i, uint64_t *number, uint32_t *party);

/* Under which number the newest of the case's own parties is kept. */
uint32_t hx_party_newest(const struct hx_case *c);

#endif
