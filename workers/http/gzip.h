/* Answers made smaller for whoever takes gzip: a list of promises is a tenth of its size then,
 * which is what a page on a slow network waits for.
 *
 * Only bodies that are worth it, and nothing small: no answer that bears a secret (a session's
 * token, the secret of a case) is long enough. One thread per call; nothing is kept. */
#ifndef HTTP_GZIP_H
#define HTTP_GZIP_H

#include "hongxin/error.h"
#include <stdbool.h>
#include <stddef.h>

enum { HTTP_GZIP_FROM = 4096 }; /* bytes; below, a packet is a packet */

/* What a header Accept-Encoding says of gzip. */
bool http_takes_gzip(const char *accept_encoding);

/* True for JSON of any kind, CSV and other text. */
bool http_shrinks(const char *type);

/* The gzip form, to be freed by the caller; NULL: no memory, or it is no smaller. */
HX_CHECK void *http_gzip(const void *body, size_t size, size_t *packed);

#endif
