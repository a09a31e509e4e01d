/* Proves a store after crashes.
 *
 *   hx_replay --store FOLDER --rules FILE --city FOLDER [--log FILE] [--until MS]
 *   hx_replay --store FOLDER --first-due        prints the first due row, ms UTC
 *
 * 1. The journal has no gap, its time never runs backwards, and the entries of each case are
 * chained.
 * 2. Every event stands in it once; what a client saw acknowledged (--log) stands there with the
 *    acknowledged LSN and case.
 * 3. No promise is broken twice and no notice is given twice.
 * 4. The journal's events, put through a fresh machine in memory at their recorded times, make the
 * same entries, byte for byte, and in the end the same cases.
 * 5. Every case has a due row at or before its next mark, and no mark up to --until waits.
 *
 * Prints what it counted; exit code 1 and a line for each of the first faults. */
#include "torture/replay.h"
#include "config/city_load.h"
#include "config/life_cycle.h"
#include "engine/rules.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FAULTS_SHOWN = 20 };

void fault(struct replay *r, const char *fmt, ...)
{
    va_list ap;
    if (r->faults++ >= FAULTS_SHOWN)
        return;
    va_start(ap, fmt);
    fputs("fault: ", stdout);
    vprintf(fmt, ap);
    putchar('\n');
    va_end(ap);
}

/* ---- cases -------------------------------------------------------------------------------------
 */

static void compare_case(struct replay *r, const struct hx_case *stored)
{
    static uint8_t left[HX_CASE_PACKED_MAX], right[HX_CASE_PACKED_MAX];
    struct hx_case a = *stored, *b = &r->machine.work;
    if (r->machine.ops->case_load(r->machine.backend, a.number, b)) {
        fault(r, "case %" PRIu64 ": the replay has no such case", a.number);
        return;
    }
    a.due_row = b->due_row = 0; /* which rows stand in a table is not the machine's affair */
    size_t n = hx_case_pack(&a, left, sizeof left), m = hx_case_pack(b, right, sizeof right);
    if (n != m || memcmp(left, right, n) != 0)
        fault(r, "case %" PRIu64 ": differs from the replay (version %" PRIu64 " and %" PRIu64 ")",
              a.number, a.version, b->version);
}

static void check_due(struct replay *r, const struct hx_case *c)
{
    int64_t next = hx_case_due(r->machine.rules, c);
    if (next == INT64_MAX)
        return;
    r->pending++;
    if (next <= r->until)
        fault(r, "case %" PRIu64 ": its mark of %" PRId64 " was never fired", c->number, next);
    if (!c->due_row || c->due_row > next || !disk_has_due(&r->disk, c->due_row, c->number))
        fault(r, "case %" PRIu64 ": no due row at or before %" PRId64, c->number, next);
}

static int on_case(void *ctx, uint64_t number, const uint8_t *bytes, size_t size)
{
    static struct hx_case c;
    struct replay *r = ctx;
    r->cases++;
    if (hx_case_unpack(bytes, size, &c) || c.number != number) {
        fault(r, "case %" PRIu64 ": cannot be decoded", number);
        return 0;
    }
    if (number < r->chains_cap && r->chains[number] != c.last_lsn)
        fault(r, "case %" PRIu64 ": ends at LSN %" PRIu64 ", the journal at %" PRIu64, number,
              c.last_lsn, r->chains[number]);
    compare_case(r, &c);
    check_due(r, &c);
    return 0;
}

/* ---- what the client saw
 * -------------------------------------------------------------------------- */

static void check_line(struct replay *r, const char *line)
{
    char id[80];
    unsigned result;
    uint64_t lsn, number;
    if (sscanf(line, "%u %79s %" SCNu64 " %" SCNu64, &result, id, &lsn, &number) != 4) {
        fault(r, "the client's log has an odd line: %s", line);
        return;
    }
    r->acknowledged++;
    if (!lsn) {
        r->refused++; /* INVALID: nothing was promised */
        return;
    }
    const struct kept *k = lsn <= r->entries ? &r->kept[lsn] : NULL;
    if (!k || k->event != text_hash(0, id))
        fault(r, "event %s: acknowledged as LSN %" PRIu64 ", which is not it", id, lsn);
    else if (number && k->case_number != number)
        fault(r, "event %s: acknowledged for case %" PRIu64 ", stored for %" PRIu64, id, number,
              k->case_number);
}

static void check_log(struct replay *r, const char *path)
{
    char line[256];
    FILE *f = fopen(path, "r");
    if (!f) {
        fault(r, "%s: cannot be read", path);
        return;
    }
    while (fgets(line, sizeof line, f))
        if (strchr(line, '\n')) /* the client may be writing the last one */
            check_line(r, line);
    fclose(f);
}

static int by_hash(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return x < y ? -1 : x > y;
}

static void check_unique(struct replay *r, struct hashes *h, const char *what)
{
    qsort(h->list, h->n, sizeof *h->list, by_hash);
    for (size_t i = 1; i < h->n; i++)
        if (h->list[i] == h->list[i - 1])
            fault(r, "%s twice", what);
}

/* ---- the program
 * ------------------------------------------------------------------------------------ */

static const char *option(int argc, char **argv, const char *name, const char *otherwise)
{
    for (int i = 1; i + 1 < argc; i++)
        if (strcmp(argv[i], name) == 0)
            return argv[i + 1];
    return otherwise;
}

static int prove(struct replay *r, const char *log)
{
    int rc = disk_walk(&r->disk, DISK_JOURNAL, replay_entry, r);
    if (!rc)
        rc = disk_walk(&r->disk, DISK_CASE, on_case, r);
    if (rc && !r->faults)
        fprintf(stderr, "%s\n", hx_strerror(rc));
    if (rc)
        return rc;
    if (r->cases != hx_memory_cases(r->machine.backend))
        fault(r, "%zu cases stored, %zu in the replay", r->cases,
              hx_memory_cases(r->machine.backend));
    if (log)
        check_log(r, log);
    check_unique(r, &r->events, "an event is in the journal");
    check_unique(r, &r->told, "a breach or notice is in the journal");
    printf("entries=%" PRIu64
           " events=%zu fired=%zu outage=%zu cases=%zu pending=%zu acknowledged=%zu "
           "invalid=%zu faults=%zu\n",
           r->entries, r->events.n, r->fired, r->late, r->cases, r->pending, r->acknowledged,
           r->refused, r->faults);
    return r->faults ? HX_CORRUPT : HX_OK;
}

static int load_rules(struct replay *r, int argc, char **argv)
{
    struct hx_problem problem = {0};
    int rc = hx_life_cycle_load(option(argc, argv, "--rules", ""), &r->rules, &problem);
    if (!rc)
        rc = hx_city_load(option(argc, argv, "--city", ""), &r->city, &problem);
    if (rc)
        fprintf(stderr, "%s\n", problem.text);
    return rc;
}

static void close_all(struct replay *r)
{
    replay_fini(r);
    disk_close(&r->disk);
    hx_life_cycle_free(r->rules);
    hx_city_free(r->city);
}

int main(int argc, char **argv)
{
    static struct replay r;
    const char *store = option(argc, argv, "--store", NULL);
    if (!store) {
        fputs("usage: hx_replay --store FOLDER --rules FILE --city FOLDER [--log FILE] [--until "
              "MS]\n",
              stderr);
        return 2;
    }
    int rc = disk_open(&r.disk, store);
    if (!rc && strcmp(argv[argc - 1], "--first-due") == 0) {
        printf("%" PRId64 "\n", disk_first_due(&r.disk));
        disk_close(&r.disk);
        return 0;
    }
    r.until = strtoll(option(argc, argv, "--until", "0"), NULL, 10);
    if (!rc)
        rc = load_rules(&r, argc, argv);
    if (!rc)
        rc = replay_init(&r);
    if (!rc)
        rc = prove(&r, option(argc, argv, "--log", NULL));
    close_all(&r);
    return rc ? 1 : 0;
}
