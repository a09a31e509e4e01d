/* HTTP requests from a worker to somebody else: libcurl's multi interface inside the event loop.
 * Many at once; redirects are not followed, answers are read up to a limit, certificates are
 * checked. One thread: that of the loop. */
#ifndef DOOR_POST_H
#define DOOR_POST_H

#include "hongxin/error.h"
#include <stdbool.h>
#include <stddef.h>

struct event_base;
struct post; /* opaque */

enum { POST_ANSWER_MAX = 65536 };

/* What became of it: the status, 0 when there was no answer (then `why` says so, in English).
 * `body` is what was answered, at most POST_ANSWER_MAX bytes of it, with a NUL behind. */
typedef void post_fn(void *arg, int status, const char *body, const char *why);

struct post_request {
    const char *method;         /* NULL: POST with a body, GET without */
    const char *url;            /* http:// or https:// */
    const char *const *headers; /* "Name: value", NULL at the end; NULL: none */
    const void *body;           /* copied; NULL: none */
    size_t size;
    long timeout_ms; /* for all of it */
};

/* `ca_file`: certificates that are trusted, NULL for the system's. HX_NOMEM, HX_IO (libcurl cannot
 * be set up). */
HX_CHECK int post_open(struct event_base *base, const char *ca_file, struct post **out);
/* What is under way is given up without its callback. NULL is allowed. */
void post_close(struct post *post);

/* HX_NOMEM, HX_INVALID (no URL for us); then there is no callback. */
HX_CHECK int post_start(struct post *post, const struct post_request *request, post_fn *fn,
                        void *arg);

#endif
