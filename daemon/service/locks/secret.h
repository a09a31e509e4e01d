/* The secret of a case (查询码): ten letters and digits that the answer to a report gives to
 * whoever reported. With the case's number they prove to us, from any source, that he is the one
 * who speaks (corner 10). Nothing is kept: they follow from the store's salt and the number, so a
 * report that is repeated gets the same ones, and a change of the identity key changes none of
 * them. Service thread. */
#ifndef SERVICE_LOCKS_SECRET_H
#define SERVICE_LOCKS_SECRET_H

#include "hongxin/error.h"
#include <stdbool.h>
#include <stdint.h>

enum { SECRET_TEXT = 12 }; /* "K7Q2M-9XA4T" with its NUL */

/* What they are made with, derived from the salt once; in memory of its own that is not swapped
 * out, and cleared when it is freed. HX_NOMEM. NULL may be freed. */
struct secret_key;
HX_CHECK int secret_key_new(const uint8_t salt[32], struct secret_key **key);
void secret_key_free(struct secret_key *key);

void secret_of(const struct secret_key *key, uint64_t case_number, char text[SECRET_TEXT]);

/* Whether this is the secret of the case, as people write it: small letters, without the hyphen, O
 * for 0 and I or L for 1. Takes the same time for every wrong one. */
bool secret_fits(const struct secret_key *key, uint64_t case_number, const char *text);

#endif
