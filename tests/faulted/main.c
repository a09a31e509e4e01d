/* Every call fails once.
 *
 *   faulted [--lives N] [--seed S] [--most M] [--only LIFE]
 *   faulted [--seed S] [--most M] [--each K] [--only NUMBER] FOLDER
 *
 * Plays N random lives (tests/property), or the scenarios of a folder (tests/trace; in turns of K,
 * the S-th turn), over a store, each twice: once with a fault at about M calls of everything that
 * is done (0: at each of its calls), again and again until it is through, and once without any.
 * Afterwards both stores must hold the same rows. Prints what has failed by kind; HX_FACTS names a
 * file that gets it as JSON. */
#include "base/log.h"
#include "faulted/fail.h"
#include "faulted/town.h"
#include "simulate/simulate.h"

#include <dirent.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct options {
    uint64_t lives, seed, from, each;
    unsigned most;
    bool only;
    const char *folder; /* of scenarios; NULL = lives */
};

/* What is played: one of both. */
struct piece {
    const struct life *life;
    const struct scenario *scenario;
};

static struct {
    uint64_t faults, tolerated, failed;
} sum;

static void play(const struct piece *p, struct town *t, struct hx_sum_of_tables *rows)
{
    town_open(t, p->life ? p->life->begin : p->scenario->actions[0].at);
    t->life = p->life;
    if (p->life)
        town_play(t, p->life);
    else
        town_scene(t, p->scenario);
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

/* `begin` is where both towns stand before; the faults of one are drawn from its chance. NULL = it
 * holds. */
static const char *problem_of(const struct piece *p, const struct town *begin)
{
    static struct town faulty, calm;
    static struct hx_sum_of_tables rows, without;
    faulty = calm = *begin;
    calm.calm = true;
    play(p, &calm, &without);
    play(p, &faulty, &rows);
    if (!faulty.failed)
        compare(&faulty, &rows, &without);
    return calm.failed ? calm.problem : faulty.failed ? faulty.problem : NULL;
}

static bool life_holds(const struct options *o, uint64_t number)
{
    static struct life l;
    life_make(&l, o->seed * UINT64_C(1000003) + number);
    const struct town begin = {.chance = number, .most = o->most, .examined = number % 4 == 0};
    const char *problem = problem_of(&(struct piece){.life = &l}, &begin);
    if (problem)
        printf("--seed %" PRIu64 " --only %" PRIu64 " --most %u: %s\n", o->seed, number, o->most,
               problem);
    return !problem;
}

static void play_lives(const struct options *o)
{
    for (uint64_t i = o->from; i < o->lives && sum.failed < 3; i++)
        sum.failed += !life_holds(o, i);
}

static bool scenario_holds(const struct options *o, uint64_t number, const char *name,
                           const struct town *begin)
{
    struct scenario s;
    char text[512] = "cannot be read", path[512];
    snprintf(path, sizeof path, "%s/%s", o->folder, name);
    FILE *in = fopen(path, "rb");
    const char *problem = !in || scenario_read(in, path, &s, text) ? text : NULL;
    if (in)
        fclose(in);
    if (!problem) {
        problem = s.n ? problem_of(&(struct piece){.scenario = &s}, begin) : NULL;
        scenario_free(&s);
    }
    if (problem)
        printf("--seed %" PRIu64 " --most %u --only %" PRIu64 " (%s): %s\n", o->seed, o->most,
               number, name, problem);
    return !problem;
}

static int is_scenario(const struct dirent *entry)
{
    const char *dot = strrchr(entry->d_name, '.');
    return dot && strcmp(dot, ".jsonl") == 0;
}

static void play_folder(const struct options *o, const struct town *begin)
{
    struct dirent **names;
    int n = scandir(o->folder, &names, is_scenario, alphasort);
    sum.failed += n <= 0;
    for (int i = 0; i < n; i++) {
        uint64_t number = (uint64_t)i;
        bool wanted = o->only ? number == o->from : number % o->each == o->seed % o->each;
        struct town town = *begin;
        town.chance = o->seed * UINT64_C(1000003) + number;
        town.examined = number / o->each % 8 == 0;
        if (wanted && sum.failed < 3)
            sum.failed += !scenario_holds(o, number, names[i]->d_name, &town);
        free(names[i]);
    }
    if (n >= 0)
        free(names);
}

static void play_scenarios(const struct options *o)
{
    struct hx_versions *versions = NULL;
    struct hx_problem why = {""};
    struct town begin = {.most = o->most};
    if (simulate_config(HX_SOURCE_DIR "/config", &versions, &why) ||
        hx_versions_city(versions, &begin.city, &why)) {
        printf("%s\n", why.text);
        sum.failed++;
        return;
    }
    begin.rules = hx_versions_rules(versions);
    play_folder(o, &begin);
    hx_versions_free(versions);
}

static void load_configuration(const struct options *o)
{
    static struct town t;
    t.chance = o->seed;
    t.most = o->most;
    town_load(&t);
    sum.faults += t.tried;
    sum.failed += t.failed;
    if (t.failed)
        printf("--seed %" PRIu64 " --most %u: %s\n", o->seed, o->most, t.problem);
}

static void report(const struct options *o)
{
    const char *path = getenv("HX_FACTS");
    FILE *facts = path ? fopen(path, "a") : NULL;
    printf("seed %" PRIu64 ": %" PRIu64 " faults (", o->seed, sum.faults);
    for (size_t i = 0; i < FAIL_N; i++)
        printf("%s%" PRIu64 " %s", i ? ", " : "", fail_counts[i], fail_names[i]);
    printf("), %" PRIu64 " of them changed nothing, %" PRIu64 " failed\n", sum.tolerated,
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
    struct options o = {.lives = 4, .seed = 54321, .most = 12, .each = 1};
    int i = 1;
    for (; i + 1 < argc && strncmp(argv[i], "--", 2) == 0; i += 2) {
        uint64_t value = strtoull(argv[i + 1], NULL, 10);
        if (strcmp(argv[i], "--lives") == 0)
            o.lives = value;
        if (strcmp(argv[i], "--seed") == 0)
            o.seed = value;
        if (strcmp(argv[i], "--most") == 0)
            o.most = (unsigned)value;
        if (strcmp(argv[i], "--each") == 0)
            o.each = value ? value : 1;
        if (strcmp(argv[i], "--only") == 0)
            o.from = value, o.lives = value + 1, o.only = true;
    }
    o.folder = i < argc ? argv[i] : NULL;
    hx_log_level_set((enum hx_log_level)(HX_LOG_ERROR + 1)); /* each fault would be a line */
    if (!o.only)
        load_configuration(&o);
    if (o.folder)
        play_scenarios(&o);
    else
        play_lives(&o);
    report(&o);
    return sum.failed ? 1 : 0;
}
