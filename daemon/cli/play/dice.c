/* splitmix64: small, fast, and good enough for a play. */
#include "cli/play/dice.h"
#include <math.h>

uint64_t dice_next(struct dice *d)
{
    uint64_t z = d->state += UINT64_C(0x9e3779b97f4a7c15);

    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

struct dice dice_make(uint64_t seed, uint64_t stream)
{
    struct dice d = {seed * UINT64_C(0xd1342543de82ef95) + stream};

    d.state = dice_next(&d);
    return d;
}

double dice_unit(struct dice *d)
{
    return (double)(dice_next(d) >> 11) * 0x1p-53;
}

int64_t dice_between(struct dice *d, int64_t low, int64_t high)
{
    return low + (int64_t)(dice_unit(d) * (double)(high - low + 1));
}

bool dice_chance(struct dice *d, int per_mille)
{
    return dice_between(d, 0, 999) < per_mille;
}

double dice_gap(struct dice *d, double mean)
{
    return -mean * log(1.0 - dice_unit(d));
}

size_t dice_pick(struct dice *d, const double *weights, size_t n)
{
    double sum = 0, at;
    size_t i;

    for (i = 0; i < n; i++)
        sum += weights[i];
    at = dice_unit(d) * sum;
    for (i = 0; i + 1 < n && at >= weights[i]; i++)
        at -= weights[i];
    return i;
}

/* With shape a and scale s the mean of min(X, c) is s a/(a-1) - s^a c^(1-a)/(a-1); s = 1/3 makes
 * the first term 1 for a = 1.5. The second one is made good by scaling, and the cut is put so that
 * the scaled factor never passes `most`. */
double dice_burst(struct dice *d, double most)
{
    const double shape = 1.5, scale = 1.0 / 3;
    double cut = most, mean = 1, x;

    for (int i = 0; i < 20; i++) { /* cut = most × mean(cut) */
        mean = 1 - pow(scale, shape) * pow(cut, 1 - shape) / (shape - 1);
        cut = most * mean;
    }
    x = scale / pow(1.0 - dice_unit(d), 1 / shape);
    return (x < cut ? x : cut) / mean;
}
