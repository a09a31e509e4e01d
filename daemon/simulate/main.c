/* The subcommand: options, files, exit code. */
#include "config/city/city_load.h"
#include "config/notice/notice_texts.h"
#include "hongxin/instant.h"
#include "simulate/rows.h"
#include "simulate/simulate.h"

#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char usage_text[] =
    "usage: hongxin simulate [--config DIR] [--until TIME] [--prove] [--rows FILE] [--json] "
    "[SCENARIO.jsonl]\n"
    "\n"
    "Runs a scenario (JSON Lines, standard input without a file) through the rules of DIR under a "
    "virtual\n"
    "clock and prints every fact as a line of JSON. docs/simulate.md explains both.\n"
    "\n"
    "  --config DIR   life cycles and city (default: $HONGXIN_CONFIG, ./config, " HX_DEFAULT_CONFIG
    ")\n"
    "  --prove        afterwards put the run's journal through a fresh machine: the same must come "
    "of it\n"
    "  --rows FILE    write which rows of the life cycle were taken, and which guards said no\n"
    "  --texts        add to every notice its text in English and Chinese\n"
    "  --until TIME   stop at this instant (RFC 3339) whatever the scenario says\n"
    "  --json         what is printed in any case\n"
    "\n"
    "Exit codes: 0 done; 2 wrong command line, rules, city or scenario.\n";

static const char *config_folder(const char *given)
{
    if (given)
        return given;
    const char *env = getenv("HONGXIN_CONFIG");
    if (env && *env)
        return env;
    return access("config/life-cycles/complaint.yaml", R_OK) == 0 ? "config" : HX_DEFAULT_CONFIG;
}

/* The city as its first version. */
static int load_city(struct hx_versions *versions, const char *path, struct hx_problem *problem)
{
    struct hx_version *x = NULL;
    int rc = hx_version_load(versions, path, &x, problem);
    if (!rc)
        rc = hx_versions_put(versions, x, problem);
    if (rc)
        hx_version_free(x);
    return rc;
}

int simulate_config(const char *folder, struct hx_versions **versions, struct hx_problem *problem)
{
    char path[4096];
    snprintf(path, sizeof path, "%s/life-cycles/complaint.yaml", folder);
    int rc = hx_versions_load(path, versions, problem);
    if (!rc) {
        snprintf(path, sizeof path, "%s/city", folder);
        rc = load_city(*versions, path, problem);
    }
    return rc;
}

static int load(const char *folder, struct hx_versions **versions)
{
    struct hx_problem problem = {""};
    int rc = simulate_config(folder, versions, &problem);
    if (rc)
        fprintf(stderr, "%s\n", problem.text[0] ? problem.text : hx_strerror(rc));
    return rc;
}

struct run {
    const char *folder;
    const char *rows;
    int64_t until;
    bool prove, texts;
};

/* HX_IO when the file cannot be written. */
static int write_rows(const char *path, const struct rows *rows)
{
    FILE *out = fopen(path, "w");
    if (!out)
        return HX_IO;
    int rc = rows_print(rows, out);
    return fclose(out) ? HX_IO : rc;
}

/* The texts, when they are wanted. */
static int load_texts(const struct run *r, const struct hx_rules *rules,
                      struct hx_notice_texts **texts)
{
    char path[4096];
    struct hx_problem problem = {""};
    if (!r->texts)
        return HX_OK;
    snprintf(path, sizeof path, "%s/texts/notices.yaml", r->folder);
    int rc = hx_notice_texts_load(path, rules, texts, &problem);
    if (rc)
        fprintf(stderr, "%s\n", problem.text[0] ? problem.text : hx_strerror(rc));
    return rc;
}

static int run(const struct run *r, FILE *in, const char *name)
{
    struct hx_versions *versions = NULL;
    struct hx_notice_texts *texts = NULL;
    struct scenario scenario = {0};
    char problem[512] = "", beside[4096] = ".";
    const char *slash = strrchr(name, '/');
    if (slash)
        snprintf(beside, sizeof beside, "%.*s", (int)(slash - name), name);
    int rc = load(r->folder, &versions);
    if (!rc)
        rc = load_texts(r, hx_versions_rules(versions), &texts);
    if (!rc) {
        rc = scenario_read(in, name, &scenario, problem);
        scenario.prove = r->prove;
        scenario.rows = r->rows ? rows_new(hx_versions_rules(versions)) : NULL;
        scenario.texts = texts;
        if (!rc)
            rc = simulate_run(&(struct simulate_options){versions, beside, name, r->until, stdout},
                              &scenario, problem);
        if (!rc && fflush(stdout))
            rc = HX_IO;
        if (!rc && scenario.rows)
            rc = write_rows(r->rows, scenario.rows);
        if (rc)
            fprintf(stderr, "%s\n", problem[0] ? problem : hx_strerror(rc));
    }
    rows_free(scenario.rows);
    scenario_free(&scenario);
    hx_notice_texts_free(texts);
    hx_versions_free(versions);
    return rc ? 2 : 0;
}

int hx_simulate_main(int argc, char **argv)
{
    static const struct option options[] = {
        {"config", required_argument, NULL, 'c'}, {"until", required_argument, NULL, 'u'},
        {"prove", no_argument, NULL, 'p'},        {"rows", required_argument, NULL, 'r'},
        {"texts", no_argument, NULL, 't'},        {"help", no_argument, NULL, 'h'},
        {"json", no_argument, NULL, 'j'},         {NULL, 0, NULL, 0}};
    struct run r = {0};
    int c;
    optind = 1;
    while ((c = getopt_long(argc, argv, "", options, NULL)) != -1) {
        switch (c) {
        case 'c':
            r.folder = optarg;
            break;
        case 'u':
            if (hx_instant_parse(optarg, &r.until)) {
                fprintf(stderr, "--until: %s is not an RFC 3339 time\n", optarg);
                return 2;
            }
            break;
        case 'p':
            r.prove = true;
            break;
        case 'r':
            r.rows = optarg;
            break;
        case 't':
            r.texts = true;
            break;
        case 'j':
            break; /* as everywhere; here there is nothing else */
        case 'h':
            fputs(usage_text, stdout);
            return 0;
        default:
            fputs(usage_text, stderr);
            return 2;
        }
    }
    if (argc - optind > 1) {
        fputs(usage_text, stderr);
        return 2;
    }
    r.folder = config_folder(r.folder);
    if (optind == argc)
        return run(&r, stdin, "-");
    FILE *in = fopen(argv[optind], "rb");
    if (!in) {
        fprintf(stderr, "%s: %s\n", argv[optind], strerror(errno));
        return 2;
    }
    int rc = run(&r, in, argv[optind]);
    fclose(in);
    return rc;
}
