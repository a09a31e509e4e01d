/* hongxind-unchained: the daemon without its hash chain, for the bench alone.
 *
 * It is linked from the daemon's own objects; only the call that takes an entry into the chain
 * leads here (the linker's --wrap), so that what the chain costs is the difference between two
 * programs in one run. No setting of hongxind can do this, and nobody installs it: its check-points
 * prove nothing. */
#include "store/chain.h"

void __wrap_hx_chain_add(struct hx_chain *c, uint64_t lsn, const uint8_t *bytes, size_t size);

/* The entry counts, so that check-points come when they always do. */
void __wrap_hx_chain_add(struct hx_chain *c, uint64_t lsn, const uint8_t *bytes, size_t size)
{
    (void)bytes;
    (void)size;
    c->next = lsn + 1;
}
