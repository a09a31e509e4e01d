/* A store and a machine on it, and what is done to them while calls fail (fail.h).
 *
 * Each thing is tried again and again, and each time another call of it fails: what fails must say
 * so and must have changed nothing, so that in the end the store holds, row by row, what it holds
 * when nothing ever failed. One thread. */
#ifndef FAULTED_TOWN_H
#define FAULTED_TOWN_H

#include "engine/machine/machine.h"
#include "property/life.h"
#include "simulate/scenario.h"
#include "store/store.h"

struct town {
    const struct life *life;      /* that is played; NULL: a scenario is */
    const struct hx_rules *rules; /* NULL: the small world of tests/property */
    const struct hx_city *city;
    char dir[128];
    struct hx_store_options options;
    struct hx_store *st;
    struct hx_arena arena;
    struct hx_machine m;
    uint64_t chance; /* which of its calls fail; what is done does not depend on it */
    unsigned most;   /* faults in one thing, about; 0 = at each of its calls */
    bool calm;       /* nothing fails */
    bool examined;   /* by the doctor as well, which takes as long as all the rest */
    const char *doing;
    uint64_t tried, tolerated;
    bool failed;
    char problem[512];
};

/* What is done inside a write transaction, and what is done outside of one. */
typedef int act_fn(struct town *t, const void *what);
/* What is read: adds what it has seen to the sum. */
struct sum;
typedef int read_fn(struct town *t, struct sum *s);

void town_open(struct town *t, int64_t begin);
void town_close(struct town *t);

/* Until it succeeds, which is when no call has failed. */
void town_write(struct town *t, const char *name, act_fn *act, const void *what);
void town_do(struct town *t, const char *name, act_fn *act, const void *what);
/* What is done in every play: the deadlines that are due, a few at a time, and the watches. */
act_fn town_judge, town_ring;
/* An error, or what is seen without a fault. */
void town_read(struct town *t, const char *name, read_fn *fn);

/* The first is kept. */
void town_fail(struct town *t, const char *fmt, ...) HX_PRINTF(2, 3);

/* One event after the other, with the deadlines between them and everything else that a daemon
 * does. */
void town_play(struct town *t, const struct life *l);

/* The same with a scenario of tests/trace, up to a day after its last action. */
void town_scene(struct town *t, const struct scenario *s);

/* Every row of the store as it lies on the disk; the store is closed. */
struct hx_sum_of_tables {
    size_t n;
    struct {
        char name[32];
        uint64_t rows, sum;
    } tables[40];
};
bool town_rows(const struct town *t, struct hx_sum_of_tables *out);

/* Removes its folder. */
void town_remove(struct town *t);

/* ---- what is read ---- */

struct sum {
    uint64_t value;
};
void sum_add(struct sum *s, const void *bytes, size_t size);
/* All of what others may ask the store for. */
void town_read_all(struct town *t);
/* The rules and the city of the shipped configuration, by themselves. */
void town_load(struct town *t);
/* The doctor, and what it is asked to mend. */
void town_examine(struct town *t);
/* Rows are damaged and put right. */
void town_repair(struct town *t);
/* The life once more, over the backend in memory. */
void town_remember(struct town *t);

#endif
