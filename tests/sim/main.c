/* hongxin's life by numbers.
 *
 *   hx_simulation [--seed S] [--runs N] [--seconds T] [--seeds FILE] [--twice] [--verbose] [--keep]
 *
 * Plays N runs from seed S on (S, S + 1, …), or as many as T seconds hold, or those of a file (a
 * number at the beginning of each line). Each is a city of some
 * hundred complaints over hours or days, whose daemon crashes, whose disk fails, whose network
 * loses and doubles letters, whose clock is set. A run that breaks an invariant is printed with its
 * seed: the same seed is the same run, to the bit (--twice proves it). */
#include "sim/sim.h"

#include <inttypes.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

struct options {
    uint64_t seed, runs, seconds;
    const char *seeds;
    bool twice, keep;
};

struct tally {
    uint64_t runs, failed;
};

static char folder[200], config[256];

/* ---- files ---- */

static void say_path(char path[256], const char *name)
{
    snprintf(path, 256, "%s/%s", folder, name);
}

static void remove_files(void)
{
    static const char *const names[] = {"store/data.mdb", "store/lock.mdb", "store/owner.lock",
                                        "identity.key"};
    char path[256];
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        say_path(path, names[i]);
        unlink(path);
    }
}

static void make_folder(void)
{
    const char *tmp = getenv("TMPDIR");
    if (access("/dev/shm", W_OK) == 0)
        tmp = "/dev/shm"; /* its disk is simulated: a real one would only be slow */
    snprintf(folder, sizeof folder, "%.150s/hongxin-sim-XXXXXX", tmp && *tmp ? tmp : "/tmp");
    if (!mkdtemp(folder))
        abort();
    setenv("TMPDIR", folder, 1); /* the doctor's scratch */
}

static void remove_folder(void)
{
    char path[256];
    remove_files();
    say_path(path, "store");
    rmdir(path);
    say_path(path, "hongxin.yaml");
    unlink(path);
    rmdir(folder);
}

static bool write_config(void)
{
    say_path(config, "hongxin.yaml");
    FILE *f = fopen(config, "w");
    if (!f)
        return false;
    fprintf(f,
            "store:\n  path: '%s/store'\n  map_size: 256 MiB\n  reserve: 1 MiB\n"
            "listen:\n  ingest: 'ipc://simulated'\n  feed: 'ipc://simulated'\n  pub: ''\n"
            "identity:\n  key_file: '%s/identity.key'\n"
            "rules:\n  life_cycle: '%s/config/life-cycles/complaint.yaml'\n"
            "  city: '%s/config/city'\n",
            folder, folder, HX_SOURCE_DIR, HX_SOURCE_DIR);
    return fclose(f) == 0;
}

/* ---- many ---- */

static struct sim_counts sum;
static double simulated_s;

static void add(void)
{
#define X(field, name) sum.field += sim.counts.field;
    SIM_COUNTS(X)
#undef X
    simulated_s += (double)sim.now_us / SIM_SECOND;
}

static double real_seconds(clockid_t id)
{
    struct timespec ts;
    syscall(SYS_clock_gettime, id, &ts);
    return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

static bool play_seed(uint64_t seed, bool twice)
{
    remove_files();
    uint64_t digest = run_seed(config, seed);
    add();
    bool failed = sim.failed;
    if (failed) {
        fprintf(stderr, "seed %" PRIu64 ": %s\n", seed, sim.problem);
        sim_log_print();
    }
    if (!twice)
        return !failed;
    remove_files();
    uint64_t again = run_seed(config, seed);
    if (again != digest)
        fprintf(stderr, "seed %" PRIu64 " is not the same run twice\n", seed);
    return !failed && again == digest;
}

static void report(const struct tally *t)
{
    double busy = real_seconds(CLOCK_PROCESS_CPUTIME_ID);
    printf("%" PRIu64 " runs, %" PRIu64 " failed; %.1f hours of a daemon's life in %.1f s of a "
           "processor: %.2f M events a minute\n",
           t->runs, t->failed, simulated_s / 3600, busy,
           (double)(sum.events + sum.fired) / busy * 60 / 1e6);
#define X(field, name) printf("%12" PRIu64 " %s\n", sum.field, name);
    SIM_COUNTS(X)
#undef X
}

static void play_many(const struct options *o, struct tally *t)
{
    enum { PROGRESS_S = 30 };
    double begun = real_seconds(CLOCK_MONOTONIC), told = 0;
    for (; t->runs < o->runs; t->runs++) {
        double passed = real_seconds(CLOCK_MONOTONIC) - begun;
        if (o->seconds && passed > (double)o->seconds)
            break;
        if (o->seconds && passed >= told + PROGRESS_S) {
            told = passed;
            fprintf(stderr, "%.0f of %" PRIu64 " s: seed %" PRIu64 ", %" PRIu64 " runs failed\n",
                    passed, o->seconds, o->seed + t->runs, t->failed);
        }
        t->failed += !play_seed(o->seed + t->runs, o->twice);
    }
}

static void play_file(const struct options *o, struct tally *t)
{
    char line[200];
    FILE *f = fopen(o->seeds, "r");
    while (f && fgets(line, sizeof line, f)) {
        uint64_t seed = strtoull(line, NULL, 10);
        if (!seed)
            continue; /* a comment */
        t->runs++;
        t->failed += !play_seed(seed, o->twice);
    }
    if (f)
        fclose(f);
}

static uint64_t number_of(const char *text)
{
    return strtoull(text, NULL, 10);
}

static void parse(int argc, char **argv, struct options *o)
{
    *o = (struct options){.seed = 1, .runs = 1};
    for (int i = 1; i < argc; i++) {
        const char *value = i + 1 < argc ? argv[i + 1] : "0";
        if (strcmp(argv[i], "--seed") == 0)
            o->seed = number_of(value);
        else if (strcmp(argv[i], "--runs") == 0)
            o->runs = number_of(value);
        else if (strcmp(argv[i], "--seconds") == 0)
            o->seconds = number_of(value);
        else if (strcmp(argv[i], "--seeds") == 0)
            o->seeds = value;
        o->twice |= strcmp(argv[i], "--twice") == 0;
        o->keep |= strcmp(argv[i], "--keep") == 0;
        sim.verbose |= strcmp(argv[i], "--verbose") == 0;
    }
    if (o->seconds)
        o->runs = UINT64_MAX;
    if (!o->seed)
        o->seed = (uint64_t)(real_seconds(CLOCK_REALTIME) * 1000);
}

int main(int argc, char **argv)
{
    struct options o;
    struct tally t = {0};
    parse(argc, argv, &o);
    if (sodium_init() < 0)
        return EXIT_FAILURE;
    make_folder();
    if (!write_config())
        return EXIT_FAILURE;
    if (o.seeds)
        play_file(&o, &t);
    else
        play_many(&o, &t);
    report(&t);
    if (o.keep)
        printf("%s\n", folder);
    else
        remove_folder();
    return t.failed || !t.runs ? EXIT_FAILURE : EXIT_SUCCESS;
}
