/* Chance that can be repeated: the same seed gives the same numbers on every machine. Not for
 * secrets. A struct dice belongs to one thread. */
#ifndef CLI_DICE_H
#define CLI_DICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct dice {
    uint64_t state;
};

/* Independent streams of one seed have different `stream`s. */
struct dice dice_make(uint64_t seed, uint64_t stream);

uint64_t dice_next(struct dice *d);

/* Uniform in [0, 1). */
double dice_unit(struct dice *d);

/* Uniform in low … high, both included. */
int64_t dice_between(struct dice *d, int64_t low, int64_t high);

/* True `per_mille` times in a thousand. */
bool dice_chance(struct dice *d, int per_mille);

/* Exponential with this mean: the gap between independent arrivals. */
double dice_gap(struct dice *d, double mean);

/* An index of `weights`, each as likely as its weight. */
size_t dice_pick(struct dice *d, const double *weights, size_t n);

/* Heavy-tailed factor with mean 1 and at most `most` (> 1): how much busier than usual a minute is.
 * Most minutes are quiet, a few are many times as busy (Pareto, shape 1.5, cut at `most`). */
double dice_burst(struct dice *d, double most);

#endif
