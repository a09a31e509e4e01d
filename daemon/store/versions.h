/* The versions that a store keeps, read into the engine's structures. */
#ifndef STORE_VERSIONS_H
#define STORE_VERSIONS_H

#include "config/versions/versions.h"
#include "store/store.h"

/* Puts every version that was ever in force in this store into *v, in the order in which they
 * came. HX_CONFIG with a text: one can no longer be read. Errors of the store. */
HX_CHECK int hx_store_versions(struct hx_store *st, struct hx_versions *v,
                               struct hx_problem *problem);

#endif
