/* What the load of the benches says: complaints and everything that follows them, the same from the
 * generator over sockets, from the yardstick and from the tool that fills stores. */
#ifndef BENCH_LIVES_H
#define BENCH_LIVES_H

#include "engine/case/case.h"
#include "load/load.h"

#define BENCH_SOURCE "hotline-12345"

/* The steps of a life: report, held, arrived, class, solved, call-back. */
enum { LIFE_STEPS = 6, LIFE_REPORT = 0, LIFE_PROGRESS = LIFE_STEPS };

/* Which events a bench is about. */
enum life_kind {
    LIFE_REPORTS, /* new complaints only */
    LIFE_WHOLE,   /* whole lives, GROUP of them side by side, step by step */
    LIFE_TOUCH,   /* progress of cases that are open already, in no order */
};

/* So many lives go on side by side: an event is never in the same batch as the one before it. */
enum { LIFE_GROUP = 4096 };

/* One event with the memory its texts need. Must not be copied. */
struct life_event {
    struct load_event event;
    char id[48], by[HX_PERSON_MAX];
};

struct lives {
    const struct load_city *city;
    enum life_kind kind;
    const char *tag;     /* makes ids of one run different from another's */
    uint64_t first_case; /* number that the first report of this run gets */
    uint64_t open_cases; /* TOUCH: cases 1 … this are there, made by bench_fill */
};

/* The n-th event (0, 1, 2 …) of a run. Ids grow with n. */
void lives_event(const struct lives *l, uint64_t n, struct life_event *out);

/* True when the n-th event is a report; *complaint = which one. */
bool lives_reports(const struct lives *l, uint64_t n, uint64_t *complaint);

/* Where the c-th complaint of a run lies, and the n-th case of a filled store. */
const struct load_place *lives_place(const struct load_city *city, uint64_t n);

/* "reports", "lives", "touch"; -1 = none of them. */
int lives_kind(const char *name);

#endif
