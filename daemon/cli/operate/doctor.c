/* hongxin doctor: proves what must hold, on a live store, a copy of one, or a journal apart. */
#include "cli/operate/doctor.h"
#include "cli/operate/doctor_texts.h"
#include "cli/progress.h"
#include "cli/show/says.h"
#include "config/city/city_load.h"
#include "config/life_cycle/life_cycle.h"
#include "hongxin/number.h"
#include "store/store.h"
#include "store/versions.h"
#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>

static const struct cli_option options[] = {
    {"store", "DIR", "@dir", "examine the store in this folder, also while the daemon runs on it"},
    {"export", "FILE", "@file", "examine a journal that `hongxin export` wrote"},
    {"repair", NULL, NULL, "put right what follows from the journal; the daemon must not run"},
    {"dry-run", NULL, NULL, "with --repair: say what would be done, change nothing"},
    {"config", "DIR", "@dir", "configuration folder (HONGXIN_CONFIG)"},
    {"rules", "FILE", "@file", "life cycle, when it is not that of the folder"},
    {"city", "DIR", "@dir", "city, when it is not that of the folder"},
    {"key", "FILE", "@file", "identity key: also look whether the journal holds an identity"},
    {NULL, NULL, NULL, NULL},
};

struct doctor {
    const struct cli *cli;
    struct hx_rules *rules;
    struct hx_versions *versions; /* of the store; NULL = it keeps none */
    struct hx_city *city;
    uint8_t key[HX_IDENTITY_KEY_SIZE];
    bool has_key;
    struct hx_check_options options;
    struct hx_check_result result;
    struct progress progress;
};

static void on_finding(void *ctx, const struct hx_finding *f);
static void on_progress(void *ctx, uint64_t done, uint64_t all);

/* ---- what is needed ---- */

static int load_rules(struct doctor *d)
{
    const char *folder = cli_config_folder(d->cli), *rules = cli_get(d->cli, "rules"),
               *city = cli_get(d->cli, "city");
    struct hx_problem problem = {""};
    char path[4096];

    snprintf(path, sizeof path, "%s/life-cycles/complaint.yaml", folder);
    int rc = hx_life_cycle_load(rules ? rules : path, &d->rules, &problem);
    if (!rc) {
        snprintf(path, sizeof path, "%s/city", folder);
        rc = hx_city_load(city ? city : path, &d->city, &problem);
    }
    if (rc)
        return cli_fail(d->cli, CLI_USAGE, "%s", *problem.text ? problem.text : hx_strerror(rc));
    d->options = (struct hx_check_options){.rules = d->rules,
                                           .city = d->city,
                                           .report = on_finding,
                                           .progress = on_progress,
                                           .ctx = d};
    return CLI_OK;
}

static int load_key(struct doctor *d)
{
    const char *path = cli_get(d->cli, "key");
    if (!path)
        return CLI_OK;
    FILE *in = fopen(path, "rb");
    d->has_key = in && fread(d->key, 1, sizeof d->key, in) == sizeof d->key && fgetc(in) == EOF;
    if (in)
        fclose(in);
    return d->has_key ? CLI_OK
                      : cli_fail(d->cli, CLI_USAGE, "%s: not an identity key of 32 bytes", path);
}

static int prepare(struct doctor *d, const struct cli *cli)
{
    *d = (struct doctor){.cli = cli};
    progress_begin(&d->progress);
    int rc = load_rules(d);
    return rc ? rc : load_key(d);
}

static void release(struct doctor *d)
{
    hx_city_free(d->city);
    hx_life_cycle_free(d->rules);
    hx_versions_free(d->versions);
    sodium_memzero(d->key, sizeof d->key);
}

/* ---- what is said ---- */

static void finding_json(const struct hx_finding *f)
{
    char number[HX_NUMBER_TEXT] = "";
    if (f->case_number)
        hx_number_format(f->case_number, number);
    json_t *line = json_pack("{s:i, s:s, s:s, s:s, s:I, s:b, s:s}", "invariant", f->invariant,
                             "table", f->table, "case", number, "clock", f->clock, "lsn",
                             (json_int_t)f->lsn, "repairable", f->repairable, "finding", f->text);
    if (line)
        json_dumpf(line, stdout, JSON_COMPACT);
    putchar('\n');
    json_decref(line);
}

static void on_progress(void *ctx, uint64_t done, uint64_t all)
{
    struct doctor *d = ctx;
    progress_show(&d->progress, done, all, done);
}

static void on_finding(void *ctx, const struct hx_finding *f)
{
    struct doctor *d = ctx;
    char number[HX_NUMBER_TEXT] = "", text[DOCTOR_TEXT];
    bool zh = d->cli->zh;

    progress_end(&d->progress);
    if (d->cli->json) {
        finding_json(f);
        return;
    }
    if (f->invariant)
        printf("%s %d  ", zh ? "不变量" : "invariant", f->invariant);
    if (f->case_number)
        printf("%s %s  ", zh ? "案件" : "case", hx_number_format(f->case_number, number));
    if (*f->clock)
        printf("%s %s  ", zh ? "时钟" : "clock", f->clock);
    if (f->lsn)
        printf("LSN %" PRIu64 "  ", f->lsn);
    printf("%s: %s%s\n", f->table, zh ? doctor_text_zh(f->text, text) : f->text,
           f->repairable ? says(d->cli, "  (can be repaired)") : "");
}

static int sum_up(struct doctor *d)
{
    progress_end(&d->progress);
    const struct hx_check_result *r = &d->result;
    if (d->cli->json)
        printf("{\"entries\":%" PRIu64 ",\"cases\":%" PRIu64 ",\"replayed\":%" PRIu64
               ",\"unproven\":%" PRIu64 ",\"persons\":%" PRIu64 ",\"findings\":%" PRIu64
               ",\"repairable\":%" PRIu64 "}\n",
               r->entries, r->cases, r->replayed, r->unproven, r->persons, r->findings,
               r->repairable);
    else
        cli_say(d->cli, stdout,
                "%" PRIu64 " entries, %" PRIu64 " of them made again; %" PRIu64 " cases, %" PRIu64
                " without all their entries; %" PRIu64 " identities: ",
                r->entries, r->replayed, r->cases, r->unproven, r->persons);
    if (!d->cli->json && r->findings)
        cli_say(d->cli, stdout, "%" PRIu64 " findings, %" PRIu64 " of them can be repaired\n",
                r->findings, r->repairable);
    else if (!d->cli->json)
        cli_say(d->cli, stdout, "nothing wrong found\n");
    return r->findings ? CLI_NEGATIVE : CLI_OK;
}

/* ---- a store ---- */

/* Entries are made again by the cities that were in force then, unless a folder is named. */
static int know_city(struct doctor *d)
{
    struct hx_problem problem = {""};
    const struct hx_city *city = NULL;
    int rc = cli_get(d->cli, "city") ? HX_OK : hx_versions_past(d->versions, 0, &problem);
    if (!rc && !cli_get(d->cli, "city"))
        rc = hx_versions_city(d->versions, &city, &problem);
    if (rc)
        return cli_fail(d->cli, CLI_USAGE, "%s", *problem.text ? problem.text : hx_strerror(rc));
    if (city)
        d->options.city = city;
    return CLI_OK;
}

/* Clocks are judged by the versions that the store keeps, unless a file is named. */
static int know_versions(struct doctor *d, struct hx_store *store)
{
    struct hx_problem problem = {""};
    if (d->versions || cli_get(d->cli, "rules"))
        return CLI_OK;
    int rc = hx_versions_new(&d->versions);
    if (!rc)
        rc = hx_store_versions(store, d->versions, &problem);
    if (rc)
        return cli_fail(d->cli, CLI_USAGE, "%s", *problem.text ? problem.text : hx_strerror(rc));
    if (hx_versions_rules(d->versions))
        d->options.rules = hx_versions_rules(d->versions);
    return know_city(d);
}

static int open_store(struct doctor *d, const char *folder, bool write, struct hx_store **store)
{
    struct hx_store_options o = {.path = folder,
                                 .readonly = !write,
                                 .as_made = true,
                                 .identity_key = d->has_key ? d->key : NULL};
    char problem[HX_STORE_PROBLEM_MAX] = "";
    int rc = hx_store_open(&o, store, problem);
    if (rc)
        return cli_fail(d->cli, CLI_USAGE, "%s", *problem ? problem : hx_strerror(rc));
    rc = know_versions(d, *store);
    if (rc)
        hx_store_close(*store);
    return rc;
}

static int examine(struct doctor *d, const char *folder)
{
    struct hx_store *store;
    int rc = open_store(d, folder, false, &store);
    if (rc)
        return rc;
    if (!d->cli->json)
        cli_say(d->cli, stderr, "examining %s …\n", folder);
    rc = hx_store_check(store, &d->options, &d->result);
    hx_store_close(store);
    if (rc)
        return cli_fail(d->cli, CLI_USAGE, "%s cannot be examined: %s", folder, hx_strerror(rc));
    return sum_up(d);
}

static int repair(struct doctor *d, const char *folder, bool dry)
{
    struct hx_store *store;
    int rc = open_store(d, folder, !dry, &store);
    if (rc)
        return rc;
    rc = hx_store_repair(store, &d->options, dry, &d->result);
    progress_end(&d->progress);
    hx_store_close(store);
    if (rc == HX_CORRUPT)
        return cli_fail(d->cli, CLI_NEGATIVE,
                        "the journal itself is damaged, or other rules wrote it: nothing is "
                        "derived from it; see hongxin doctor without --repair");
    if (rc)
        return cli_fail(d->cli, CLI_USAGE, "%s cannot be repaired: %s", folder, hx_strerror(rc));
    if (d->cli->json)
        printf("{\"%s\":%" PRIu64 "}\n", dry ? "would_repair" : "repaired", d->result.repairable);
    else
        cli_say(d->cli, stdout,
                dry ? "%" PRIu64 " would be put right\n" : "%" PRIu64 " put right\n",
                d->result.repairable);
    return dry && d->result.repairable ? CLI_NEGATIVE : CLI_OK;
}

int doctor_store(const struct cli *cli, const char *folder)
{
    struct doctor d;
    int rc = prepare(&d, cli);
    if (!rc)
        rc = examine(&d, folder);
    release(&d);
    return rc;
}

/* ---- a journal apart ---- */

struct reading {
    struct doctor *d;
    struct hx_journal_head *head;
    struct hx_journal_check *check;
    int err;
};

/* The head is known with the first entry. */
static int on_entry(void *ctx, uint64_t n, const uint8_t *bytes, size_t size)
{
    struct reading *r = ctx;
    (void)n;
    if (!r->check)
        r->err = hx_journal_check_new(&r->d->options, r->head, &r->d->result, &r->check);
    if (!r->err)
        r->err = hx_journal_check_entry(r->check, bytes, size);
    return r->err;
}

static int read_journal(struct doctor *d, const char *path, FILE *in)
{
    struct hx_journal_head head;
    struct reading r = {.d = d, .head = &head};
    int rc = hx_journal_read(in, &head, on_entry, &r);
    if (!rc)
        rc = r.err;
    if (!rc && r.check)
        rc = hx_journal_check_finish(r.check);
    hx_journal_check_free(r.check);
    if (rc == HX_BADVERSION)
        return cli_fail(d->cli, CLI_USAGE, "%s: not a journal that hongxin export wrote", path);
    if (rc == HX_CORRUPT)
        return cli_fail(d->cli, CLI_NEGATIVE, "%s: the file is damaged or was cut", path);
    if (rc)
        return cli_fail(d->cli, CLI_USAGE, "%s: %s", path, hx_strerror(rc));
    return sum_up(d);
}

static int examine_journal(struct doctor *d, const char *path)
{
    FILE *in = fopen(path, "rb");
    if (!in)
        return cli_fail(d->cli, CLI_USAGE, "%s: %s", path, strerror(errno));
    int rc = read_journal(d, path, in);
    fclose(in);
    return rc;
}

static int examine_feed(struct doctor *d)
{
    int rc = doctor_feed(d->cli, &d->options, &d->result);
    return rc ? rc : sum_up(d);
}

static int run(struct cli *cli)
{
    const char *store = cli_get(cli, "store"), *journal = cli_get(cli, "export");
    bool dry = cli_has(cli, "dry-run"), mend = cli_has(cli, "repair");
    struct doctor d;

    if (store && journal)
        return cli_fail(cli, CLI_USAGE, "either --store DIR or --export FILE");
    if ((mend && !store) || (dry && !mend))
        return cli_fail(cli, CLI_USAGE,
                        mend ? "--repair goes with --store" : "--dry-run goes with --repair");
    int rc = prepare(&d, cli);
    if (!rc)
        rc = journal ? examine_journal(&d, journal)
             : mend  ? repair(&d, store, dry)
             : store ? examine(&d, store)
                     : examine_feed(&d);
    release(&d);
    return rc;
}

const struct cli_command cli_doctor = {
    .name = "doctor",
    .summary = "prove what must hold, on a store or a journal apart; repair what follows from it",
    .about =
        "Reads every record in one snapshot, puts the journal through a fresh machine and "
        "compares\n"
        "entries, cases and all rows byte by byte; checks deadlines, owners' seconds, breaches,\n"
        "alarms and call-backs of each case. Each finding names the invariant of the life cycle\n"
        "page, the case, the clock and the LSN. Rules and city must be those the store was "
        "written\n"
        "with. Exit code 0: nothing wrong, 1: findings, 2: it could not be examined.\n"
        "Without --store and --export the journal of the running daemon comes over its feed.\n"
        "--repair writes only rows that follow from the journal, never the journal.",
    .examples =
        "  hongxin doctor\n      does the daemon's journal bear out what it says?\n"
        "  hongxin doctor --store /var/lib/hongxin/store\n      is everything as it must be?\n"
        "  hongxin doctor --store /var/lib/hongxin/store --repair --dry-run\n"
        "      what could be put right?\n"
        "  hongxin export --store /var/lib/hongxin/store journal.hxj\n"
        "      the journal as a file, for\n"
        "  hongxin doctor --export journal.hxj\n      the same proof elsewhere\n",
    .options = options,
    .takes = CLI_FEED,
    .run = run,
};
