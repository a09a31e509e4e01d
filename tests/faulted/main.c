/* Every call fails once.
 *
 *   faulted [--lives N] [--seed S] [--most M] [--only LIFE]
 *
 * Plays N random lives (tests/property) over a store, each twice: once with a fault at about M
 * calls of everything that is done (0: at each of its calls), again and again until it is through,
 * and once without any. Afterwards both stores must hold the same rows. Prints what has failed by
 * kind; HX_FACTS names a file that gets it as JSON. */
#include "base/log.h"
#include "faulted/fail.h"
#include "faulted/town.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct options {
    uint64_t lives, seed, from;
    unsigned most;
};

static struct {
    uint64_t faults, tolerated, failed;
} sum;

static void play(const struct life *l, struct town *t, struct hx_sum_of_tables *rows)
{
    town_open(t, l->begin);
    town_play(t, l);
    town_close(t);
    if (!town_rows(t, rows))
        town_fail(t, "the tables cannot be read");
    town_remove(t);
    sum.faults += t->tried;
    sum.tolerated += t->tolerated;
}

static void compare(struct town *t, const struct hx_sum_of_tables *a,
                    const struct hx_sum_of_tables *b)
{
    t->doing = "in the end";
    if (a->n != b->n)
        town_fail(t, "%zu tables instead of %zu", a->n, b->n);
    for (size_t i = 0; i < a->n && i < b->n; i++)
        if (strcmp(a->tables[i].name, b->tables[i].name) != 0 ||
            a->tables[i].rows != b->tables[i].rows || a->tables[i].sum != b->tables[i].sum)
            town_fail(t, "%s holds %" PRIu64 " rows, without faults %" PRIu64 "%s",
                      a->tables[i].name, a->tables[i].rows, b->tables[i].rows,
                      a->tables[i].rows == b->tables[i].rows ? " others" : "");
}

static bool holds(const struct options *o, uint64_t number)
{
    static struct life l;
    static struct town faulty, calm;
    static struct hx_sum_of_tables rows, without;
    life_make(&l, o->seed * UINT64_C(1000003) + number);
    faulty = (struct town){.chance = number, .most = o->most, .examined = number % 4 == 0};
    calm = (struct town){.calm = true};
    play(&l, &calm, &without);
    play(&l, &faulty, &rows);
    if (!faulty.failed)
        compare(&faulty, &rows, &without);
    const struct town *bad = calm.failed ? &calm : faulty.failed ? &faulty : NULL;
    if (bad)
        printf("--seed %" PRIu64 " --only %" PRIu64 " --most %u: %s\n", o->seed, number, o->most,
               bad->problem);
    return !bad;
}

static void report(const struct options *o)
{
    const char *path = getenv("HX_FACTS");
    FILE *facts = path ? fopen(path, "a") : NULL;
    printf("seed %" PRIu64 ": %" PRIu64 " faults (", o->seed, sum.faults);
    for (size_t i = 0; i < FAIL_N; i++)
        printf("%s%" PRIu64 " %s", i ? ", " : "", fail_counts[i], fail_names[i]);
    printf("), %" PRIu64 " of them changed nothing, %" PRIu64 " lives failed\n", sum.tolerated,
           sum.failed);
    if (!facts)
        return;
    fprintf(facts, "{\"faults\": %" PRIu64, sum.faults);
    for (size_t i = 0; i < FAIL_N; i++)
        fprintf(facts, ", \"%s\": %" PRIu64, fail_names[i], fail_counts[i]);
    fprintf(facts, "}\n");
    fclose(facts);
}

int main(int argc, char **argv)
{
    struct options o = {.lives = 4, .seed = 54321, .most = 12};
    for (int i = 1; i + 1 < argc; i += 2) {
        uint64_t value = strtoull(argv[i + 1], NULL, 10);
        if (strcmp(argv[i], "--lives") == 0)
            o.lives = value;
        if (strcmp(argv[i], "--seed") == 0)
            o.seed = value;
        if (strcmp(argv[i], "--most") == 0)
            o.most = (unsigned)value;
        if (strcmp(argv[i], "--only") == 0)
            o.from = value, o.lives = value + 1;
    }
    hx_log_level_set((enum hx_log_level)(HX_LOG_ERROR + 1)); /* each fault would be a line */
    for (uint64_t i = o.from; i < o.lives && sum.failed < 3; i++)
        sum.failed += !holds(&o, i);
    report(&o);
    return sum.failed ? 1 : 0;
}
