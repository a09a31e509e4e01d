/* Token buckets by name, in a table of fixed size: a flood of addresses costs no memory, only the
 * memory of those that were quiet for longest. Names that are IPv6 addresses share the bucket of
 * their /64, and one that stands for an IPv4 address is that one. One thread. */
#ifndef HTTP_RATE_H
#define HTTP_RATE_H

#include <stdint.h>

struct http_rates; /* opaque */

/* So many tokens in so many milliseconds, and how many can be saved up. NULL without memory. */
struct http_rates *http_rates_new(uint64_t tokens, uint64_t per_ms, uint64_t burst);
void http_rates_free(struct http_rates *rates);

/* Takes a token of `key`. 0: it was there. Otherwise the milliseconds until there is one. */
uint64_t http_rates_take(struct http_rates *rates, const char *key, int64_t now_ms);

/* The same without taking. */
uint64_t http_rates_look(struct http_rates *rates, const char *key, int64_t now_ms);

#endif
