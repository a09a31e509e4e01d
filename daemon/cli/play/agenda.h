/* What is to be done when: things with an instant, the earliest first. Things of one instant come
 * out in the order in which they were put in. One thread. */
#ifndef CLI_AGENDA_H
#define CLI_AGENDA_H

#include "hongxin/error.h"
#include <stddef.h>
#include <stdint.h>

struct agenda_entry {
    int64_t at;
    uint64_t order;
    void *what;
};

struct agenda {
    struct agenda_entry *heap;
    size_t n, cap;
    uint64_t order;
};

HX_CHECK int agenda_put(struct agenda *a, int64_t at, void *what);

/* The earliest thing at or before `until`; NULL when there is none. */
void *agenda_take(struct agenda *a, int64_t until);

/* The earliest instant; INT64_MAX when there is nothing. */
int64_t agenda_first(const struct agenda *a);
void agenda_fini(struct agenda *a);

#endif
