/* hongxin's life by numbers.
 *
 *   hx_simulation [--seed S] [--runs N] [--seconds T] [--seeds FILE] [--jobs J] [--twice]
 *                 [--verbose] [--keep]
 *
 * Plays N runs from seed S on (S, S + 1, …), or as many as T seconds hold, or those of a file (a
 * number at the beginning of each line). J processes share them, each with every J-th seed; 0
 * stands for one on each processor. Each run is a city of some hundred complaints over hours or
 * days, whose daemon crashes, whose disk fails, whose network loses and doubles letters, whose
 * clock is set. A run that breaks an invariant is printed with its seed: the same seed is the same
 * run, to the bit (--twice proves it). */
#include "sim/sim.h"

#include <inttypes.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { JOBS = 64 };

struct options {
    uint64_t seed, runs, seconds, jobs;
    const char *seeds;
    bool twice, keep;
};

/* Of one process. */
struct tally {
    uint64_t runs, failed;
    double simulated_s, busy_s;
    struct sim_counts counts;
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

static void add_counts(struct sim_counts *to, const struct sim_counts *c)
{
#define X(field, name) to->field += c->field;
    SIM_COUNTS(X)
#undef X
}

static void add(struct tally *t)
{
    add_counts(&t->counts, &sim.counts);
    t->simulated_s += (double)sim.now_us / SIM_SECOND;
}

static double real_seconds(clockid_t id)
{
    struct timespec ts;
    syscall(SYS_clock_gettime, id, &ts);
    return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

static bool play_seed(struct tally *t, uint64_t seed, bool twice)
{
    remove_files();
    uint64_t digest = run_seed(config, seed);
    add(t);
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

static void report(const struct tally *t, double passed)
{
    double events = (double)(t->counts.events + t->counts.fired) / 1e6;
    printf("%" PRIu64 " runs, %" PRIu64 " failed; %.1f hours of a daemon's life in %.1f s: %.2f M "
           "events a minute, %.2f M a minute of a processor\n",
           t->runs, t->failed, t->simulated_s / 3600, passed, events / passed * 60,
           events / t->busy_s * 60);
#define X(field, name) printf("%12" PRIu64 " %s\n", t->counts.field, name);
    SIM_COUNTS(X)
#undef X
}

static void play_many(const struct options *o, uint64_t job, struct tally *t)
{
    enum { PROGRESS_S = 30 };
    double begun = real_seconds(CLOCK_MONOTONIC), told = 0;
    for (uint64_t i = job; i < o->runs; i += o->jobs, t->runs++) {
        double passed = real_seconds(CLOCK_MONOTONIC) - begun;
        if (o->seconds && passed > (double)o->seconds)
            break;
        if (o->seconds && passed >= told + PROGRESS_S) {
            told = passed;
            fprintf(stderr, "%.0f of %" PRIu64 " s: seed %" PRIu64 ", %" PRIu64 " runs failed\n",
                    passed, o->seconds, o->seed + i, t->failed);
        }
        t->failed += !play_seed(t, o->seed + i, o->twice);
    }
}

static void play_file(const struct options *o, uint64_t job, struct tally *t)
{
    char line[200];
    uint64_t n = 0;
    FILE *f = fopen(o->seeds, "r");
    while (f && fgets(line, sizeof line, f)) {
        uint64_t seed = strtoull(line, NULL, 10);
        if (!seed || n++ % o->jobs != job)
            continue; /* a comment, or another's */
        t->runs++;
        t->failed += !play_seed(t, seed, o->twice);
    }
    if (f)
        fclose(f);
}

/* ---- side by side ---- */

static void play_job(const struct options *o, uint64_t job, struct tally *t)
{
    make_folder();
    if (!write_config())
        t->failed++;
    else if (o->seeds)
        play_file(o, job, t);
    else
        play_many(o, job, t);
    t->busy_s = real_seconds(CLOCK_PROCESS_CPUTIME_ID);
    if (o->keep)
        printf("%s\n", folder);
    else
        remove_folder();
}

static void add_job(struct tally *sum, const struct tally *t)
{
    sum->runs += t->runs;
    sum->failed += t->failed;
    sum->simulated_s += t->simulated_s;
    sum->busy_s += t->busy_s;
    add_counts(&sum->counts, &t->counts);
}

/* Each job in a process of its own: there is one simulated machine in each. One that dies has
 * failed. */
static void play_jobs(const struct options *o, struct tally *sum)
{
    pid_t pids[JOBS];
    struct tally *shared = mmap(NULL, JOBS * sizeof *shared, PROT_READ | PROT_WRITE,
                                MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (shared == MAP_FAILED)
        abort();
    for (uint64_t job = 0; job < o->jobs; job++) {
        pids[job] = fork();
        if (pids[job] == 0) {
            play_job(o, job, &shared[job]);
            exit(EXIT_SUCCESS);
        }
    }
    for (uint64_t job = 0; job < o->jobs; job++) {
        int status = 1;
        if (pids[job] < 0 || waitpid(pids[job], &status, 0) < 0 || status != 0)
            sum->failed++;
        add_job(sum, &shared[job]);
    }
    munmap(shared, JOBS * sizeof *shared);
}

static uint64_t number_of(const char *text)
{
    return strtoull(text, NULL, 10);
}

static void parse(int argc, char **argv, struct options *o)
{
    *o = (struct options){.seed = 1, .runs = 1, .jobs = 1};
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
        else if (strcmp(argv[i], "--jobs") == 0)
            o->jobs = number_of(value);
        o->twice |= strcmp(argv[i], "--twice") == 0;
        o->keep |= strcmp(argv[i], "--keep") == 0;
        sim.verbose |= strcmp(argv[i], "--verbose") == 0;
    }
    if (!o->jobs)
        o->jobs = (uint64_t)sysconf(_SC_NPROCESSORS_ONLN);
    if (o->jobs > JOBS)
        o->jobs = JOBS;
    if (o->seconds)
        o->runs = UINT64_MAX - JOBS;
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
    double begun = real_seconds(CLOCK_MONOTONIC);
    if (o.jobs > 1)
        play_jobs(&o, &t);
    else
        play_job(&o, 0, &t);
    report(&t, real_seconds(CLOCK_MONOTONIC) - begun);
    return t.failed || !t.runs ? EXIT_FAILURE : EXIT_SUCCESS;
}
