/* The order in which proofs are read must not change a verdict.
 *
 *   lives [--lives N] [--seed S] [--only LIFE] [--write FOLDER]
 *
 * Plays N random lives twice each, as read and in order, and compares what came of them; every
 * twentieth is replayed from its journal as well. On a difference the life is made as small as
 * possible and printed as two inputs for `hongxin simulate`. With --write nothing is played: each
 * life is written as such an input, as read, for somebody else to judge (tests/oracle).
 */
#include "engine/machine/memory.h"
#include "property/play.h"
#include "property/world.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* What the lives were good for: how many accusations were refuted, how many stood. */
static size_t refuted, stood;

static bool holds(const struct life *l, char problem[256])
{
    struct verdict read, ordered;
    if (!play(l, false, &read, problem) || !play(l, true, &ordered, problem))
        return false;
    refuted += read.n_rebutted;
    stood += read.n_breaches;
    return verdicts_equal(&read, &ordered, problem);
}

/* Without this act and the doubles that go back to it. */
static void drop(struct life *l, size_t at)
{
    struct act gone = l->acts[at];
    size_t n = 0;
    for (size_t i = 0; i < l->n; i++) {
        const struct act *a = &l->acts[i];
        bool its_double = a->doubled && !gone.doubled && a->what == gone.what && a->occ == gone.occ;
        if (i != at && !its_double)
            l->acts[n++] = *a;
    }
    l->n = n;
}

/* Leaves away every act without which it still fails as well. */
static void shrink(struct life *l)
{
    char problem[256];
    for (bool smaller = true; smaller;) {
        smaller = false;
        for (size_t i = l->n; i-- > 1;) {
            if (i >= l->n)
                continue;
            struct life less = *l;
            drop(&less, i);
            if (holds(&less, problem))
                continue;
            *l = less;
            smaller = true;
        }
    }
}

static void report(struct life *l, uint64_t seed, uint64_t number)
{
    char problem[256];
    shrink(l);
    (void)holds(l, problem);
    printf("seed %" PRIu64 ", life %" PRIu64 " (--seed %" PRIu64 " --only %" PRIu64 "): %s\n", seed,
           number, seed, number, problem);
    printf("# as read\n");
    life_print(l, false, stdout);
    printf("# in order\n");
    life_print(l, true, stdout);
}

enum { REPLAY_EVERY = 20 };

/* Writes a life as a scenario; false when the file cannot be written. */
static bool write_life(const char *folder, const struct life *l, uint64_t number)
{
    char path[4096];
    snprintf(path, sizeof path, "%s/life-%" PRIu64 ".jsonl", folder, number);
    FILE *out = fopen(path, "w");
    if (!out)
        return false;
    life_print(l, false, out);
    return fclose(out) == 0;
}

static uint64_t number_of(const char *text)
{
    return text ? strtoull(text, NULL, 10) : 0;
}

int main(int argc, char **argv)
{
    uint64_t lives = 1000, seed = 54321, from = 0, failed = 0;
    const char *folder = NULL;
    static struct life l;
    char problem[256];
    for (int i = 1; i + 1 < argc; i += 2) {
        if (strcmp(argv[i], "--lives") == 0)
            lives = number_of(argv[i + 1]);
        if (strcmp(argv[i], "--seed") == 0)
            seed = number_of(argv[i + 1]);
        if (strcmp(argv[i], "--only") == 0)
            from = number_of(argv[i + 1]);
        if (strcmp(argv[i], "--write") == 0)
            folder = argv[i + 1];
    }
    uint64_t to = from ? from + 1 : lives;
    for (uint64_t i = from; i < to && failed < 3; i++) {
        life_make(&l, seed * UINT64_C(1000003) + i);
        if (folder) {
            failed += !write_life(folder, &l, i);
            continue;
        }
        play_replays(from || i % REPLAY_EVERY == 0);
        if (holds(&l, problem))
            continue;
        report(&l, seed, i);
        failed++;
    }
    if (!failed && !folder)
        printf("seed %" PRIu64 ": %" PRIu64
               " lives, each verdict as in order (%zu breaches, %zu more "
               "refuted by late proof)\n",
               seed, to - from, stood, refuted);
    return failed ? 1 : 0;
}
