/* A text of the daemon's rules, asked for now and then, for whoever wants to know when there is
 * another version. */
#ifndef KIOSK_WATCH_H
#define KIOSK_WATCH_H

#include "hongxin/error.h"
#include <stdbool.h>
#include <stddef.h>

struct event_base;
struct link;
struct watch; /* opaque */

/* A version that was not known: false when it cannot be read; then the one before stays, and it is
 * shown again the next time. `text` has a NUL behind. */
typedef bool watch_fn(void *arg, const char *version, const char *text, size_t size);

struct watch_options {
    const char *kind, *id; /* as RulesQuery has them; borrowed */
    unsigned every_ms;
    watch_fn *fn;
    void *arg;
};

/* HX_NOMEM. `link` is borrowed. */
HX_CHECK int watch_open(struct event_base *base, struct link *link, const struct watch_options *o,
                        struct watch **out);
void watch_close(struct watch *w); /* NULL is allowed */

#endif
