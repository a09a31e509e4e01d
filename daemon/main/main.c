/* hongxind: the daemon. Reads its arguments, loads, serves. */
#include "main/boot.h"

#include "base/log.h"
#include "engine/duty/stand_in.h"
#include "hongxin/instant.h"
#include "service/acts/in_force.h"
#include "service/timebase.h"
#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#define DEFAULT_CONFIG "/etc/hongxin/hongxin.yaml"

enum { EXIT_USAGE = 2, SCALE_MAX = 3600 };

struct arguments {
    const char *config, *data;
    uint32_t scale;
    int64_t begin;
    bool check;
};

static void help(FILE *to)
{
    fputs(
        "Usage: hongxind [--config FILE] [--data DIR] [--scale N [--begin TIME]] [--check-config]\n"
        "\n"
        "Keeps the promises of the city's property-complaint service: takes events, judges every\n"
        "deadline, streams what became true.\n"
        "\n"
        "  --config FILE    the configuration [" DEFAULT_CONFIG "]\n"
        "  --data DIR       the store, instead of the one that the configuration names\n"
        "  --check-config   check the configuration, the rules and the city, then end\n"
        "  --scale N        time runs N times as fast, 2 to 3600: for demonstrations, and only on "
        "a\n"
        "                   store that was made with the same scale\n"
        "  --begin TIME     with --scale: a new store begins at this coming instant (RFC 3339), "
        "not "
        "now\n"
        "  --version        print the version\n"
        "  --help           print this\n"
        "\n"
        "Signals: SIGTERM and SIGINT finish what was accepted and end.\n"
        "Exit codes: 0 ended in order, 1 could not start or go on (the log says why), 2 wrong "
        "use.\n",
        to);
}

static bool parse_scale(const char *text, uint32_t *scale)
{
    char *end;
    errno = 0;
    unsigned long n = strtoul(text, &end, 10);
    if (errno || end == text || *end || n < 2 || n > SCALE_MAX)
        return false;
    *scale = (uint32_t)n;
    return true;
}

static int wrong_use(const char *what)
{
    fprintf(stderr, "hongxind: %s; see hongxind --help\n", what);
    return EXIT_USAGE;
}

/* -1: go on with *a; else the exit code. */
static int parse(int argc, char **argv, struct arguments *a)
{
    static const struct option options[] = {
        {"config", required_argument, NULL, 'c'}, {"data", required_argument, NULL, 'd'},
        {"scale", required_argument, NULL, 's'},  {"begin", required_argument, NULL, 'b'},
        {"check-config", no_argument, NULL, 'k'}, {"version", no_argument, NULL, 'v'},
        {"help", no_argument, NULL, 'h'},         {NULL, 0, NULL, 0}};
    int option;
    *a = (struct arguments){.config = DEFAULT_CONFIG, .scale = 1};
    opterr = 0;
    while ((option = getopt_long(argc, argv, "c:d:vh", options, NULL)) != -1) {
        switch (option) {
        case 'c':
            a->config = optarg;
            break;
        case 'd':
            a->data = optarg;
            break;
        case 's':
            if (!parse_scale(optarg, &a->scale))
                return wrong_use("--scale takes a number from 2 to 3600");
            break;
        case 'b':
            if (hx_instant_parse(optarg, &a->begin))
                return wrong_use("--begin takes an instant such as 2026-10-12T18:00:00+08:00");
            break;
        case 'k':
            a->check = true;
            break;
        case 'v':
            puts("hongxind " HX_VERSION);
            return EXIT_SUCCESS;
        case 'h':
            help(stdout);
            return EXIT_SUCCESS;
        default:
            return wrong_use("unknown option, or one without its value");
        }
    }
    if (a->begin && a->scale == 1)
        return wrong_use("--begin goes with --scale only: real time begins now");
    return optind < argc ? wrong_use("unexpected argument") : -1;
}

/* Only who had no memory for it says nothing. */
static const char *reason(const struct hx_problem *problem)
{
    return *problem->text ? problem->text : "out of memory";
}

static int refuse(const struct hx_problem *problem)
{
    hx_log(HX_LOG_ERROR, "event=start_refused \"%s\"", reason(problem));
    return EXIT_FAILURE;
}

static int serve(struct boot *b, const struct arguments *a)
{
    struct hx_problem problem = {""};
    hx_log_level_set(b->settings.log_level);
    if (boot_open(b, a->data, a->scale, &problem) != HX_OK)
        return refuse(&problem);
    hx_log(HX_LOG_INFO, "event=start version=" HX_VERSION " city=%s store=%s",
           hx_city_version(b->in_force), a->data ? a->data : b->settings.store_path);
    int rc = boot_run(b, a->scale, a->begin);
    hx_log(rc ? HX_LOG_ERROR : HX_LOG_INFO, "event=end result=%s", hx_errname(rc));
    return rc ? EXIT_FAILURE : EXIT_SUCCESS;
}

/* While there are secrets: no core file, whatever the service manager says; nobody attaches. */
static void guard(void)
{
    const struct rlimit none = {0, 0};
    setrlimit(RLIMIT_CORE, &none);
    prctl(PR_SET_DUMPABLE, 0);
}

/* Nothing is wrong, but somebody should act. */
static void warn(const struct boot *b)
{
    const struct hx_version *x;
    struct timebase clock;
    size_t at = 0;
    timebase_init(&clock, 1, 0);
    while ((x = in_force_missing(b->versions, timebase_now(&clock), &at)) != NULL)
        printf("%s: warning: next year's holidays are missing: add them once they are announced "
               "(docs/calendars.md)\n%s: 警告：缺少下一年节假日安排，请在国务院公布后补入"
               "（docs/calendars.md）\n",
               x->file, x->file);
}

/* What is told to such a post climbs, which is right, and rarely what was meant. */
static void warn_of_posts(const struct boot *b)
{
    struct hx_unnamed unnamed[HX_UNNAMED];
    struct timebase clock;
    timebase_init(&clock, 1, 0);
    size_t n = hx_posts_unnamed(b->city, timebase_now(&clock), unnamed);
    for (size_t i = 0; i < n; i++) {
        const struct hx_unnamed *u = &unnamed[i];
        printf("%s: warning: nobody has role %s for %s (%zu in all): what is told there climbs "
               "at once (docs/city.md)\n%s: 警告：%s 的角色 %s 无人（共 %zu "
               "个岗位）：通知将立即上报上一级"
               "（docs/city.md）\n",
               b->settings.city, u->role, u->first, u->n, b->settings.city, u->first, u->role,
               u->n);
    }
}

static void say(const struct hx_problem *problem)
{
    fprintf(stderr, "%s\n", reason(problem));
}

static int check(struct boot *b, const char *config)
{
    if (boot_check(b, config, say))
        return EXIT_FAILURE;
    warn(b);
    warn_of_posts(b);
    printf("%s, %s: right\n", b->settings.life_cycle, hx_city_version(b->city));
    return EXIT_SUCCESS;
}

int main(int argc, char **argv)
{
    struct arguments a;
    struct hx_problem problem = {""};
    static struct boot b;
    int code = parse(argc, argv, &a);
    if (code >= 0)
        return code;
    signal(SIGPIPE, SIG_IGN);
    guard();
    if (sodium_init() < 0)
        return EXIT_FAILURE;
    if (a.check)
        code = check(&b, a.config);
    else
        code = boot_load(&b, a.config, &problem) == HX_OK ? serve(&b, &a) : refuse(&problem);
    boot_free(&b);
    prctl(PR_SET_DUMPABLE, 1);
    return code;
}
