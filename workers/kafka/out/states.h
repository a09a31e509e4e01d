/* The states of cases for readers that need only the present. An entry says that a case has
 * changed; what it is now, the daemon is asked (CaseQuery), later and once for many entries: a
 * state may be newer than the entry that asked for it, never older. One thread: the loop's. */
#ifndef KAFKA_STATES_H
#define KAFKA_STATES_H

#include "hongxin/client.h"
#include <sys/queue.h>

struct states_item;

/* What is true of a case now; `view` NULL: it is not open, or not to be seen. */
typedef void states_fn(void *arg, uint64_t case_number, const hxp_case_view *view);

struct states {
    hx_client *client;
    states_fn *told;
    void *arg;
    void *by_case;                              /* tree of items */
    TAILQ_HEAD(states_list, states_item) order; /* by the entry that made them wait */
    size_t waiting, asked;
};

void states_init(struct states *s, hx_client *client, states_fn *told, void *arg);
/* Forgets everything; nothing is told any more. */
void states_clear(struct states *s);

/* The entry `lsn` has changed this case; `open`: it is open after it. HX_NOMEM: then nothing has
 * changed. */
HX_CHECK int states_mark(struct states *s, uint64_t case_number, uint64_t lsn, bool open);

/* Goes on with what waits, with at most `most` questions on their way. Cases that are closed are
 * told without a question. */
void states_work(struct states *s, size_t most);

/* Whatever entries up to here have changed was told; `seen` is the newest entry marked. */
uint64_t states_upto(const struct states *s, uint64_t seen);

#endif
