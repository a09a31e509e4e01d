#include "door/program.h"

#include "base/log.h"
#include "base/text.h"
#include <getopt.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>

enum { EXIT_USAGE = 2 };

struct arguments {
    const char *config;
    bool check;
    bool started; /* the loop has run */
};

static void help(const struct program *p)
{
    printf("Usage: %s [--config FILE] [--check-config]\n"
           "\n"
           "%s"
           "\n"
           "  --config FILE    the configuration [%s]\n"
           "  --check-config   check the configuration and the files it names, then end\n"
           "  --version        print the version\n"
           "  --help           print this\n"
           "\n"
           "Signals: SIGTERM and SIGINT finish what was begun and end.%s\n"
           "Exit codes: 0 ended in order, 1 could not start or go on (the log says why), 2 wrong "
           "use.\n",
           p->name, p->about, p->config,
           p->reload ? " SIGHUP reads the file of tokens and keys anew." : "");
}

/* -1: go on; otherwise the exit code. */
static int parse(const struct program *p, int argc, char **argv, struct arguments *a)
{
    static const struct option options[] = {{"config", required_argument, NULL, 'c'},
                                            {"check-config", no_argument, NULL, 'k'},
                                            {"version", no_argument, NULL, 'v'},
                                            {"help", no_argument, NULL, 'h'},
                                            {NULL, 0, NULL, 0}};
    int option;
    opterr = 0;
    while ((option = getopt_long(argc, argv, "c:vh", options, NULL)) != -1) {
        switch (option) {
        case 'c':
            a->config = optarg;
            break;
        case 'k':
            a->check = true;
            break;
        case 'v':
            printf("%s " HX_VERSION "\n", p->name);
            return EXIT_SUCCESS;
        case 'h':
            help(p);
            return EXIT_SUCCESS;
        default:
            fprintf(stderr, "%s: unknown option, or one without its value; see --help\n", p->name);
            return EXIT_USAGE;
        }
    }
    if (optind == argc)
        return -1;
    fprintf(stderr, "%s: unexpected argument; see --help\n", p->name);
    return EXIT_USAGE;
}

static void tell(const struct arguments *a, int rc, const struct hx_problem *problem)
{
    const char *text = *problem->text ? problem->text : hx_strerror(rc);
    if (rc && a->check)
        fprintf(stderr, "%s\n", text);
    else if (rc)
        hx_log(HX_LOG_ERROR, "event=%s \"%s\"", a->started ? "failed" : "start_refused", text);
    else if (a->check)
        printf("%s: right\n", a->config);
    else
        hx_log(HX_LOG_INFO, "event=end");
}

/* "hongxin-kafka in" is the worker kafka-in. */
static const char *worker_name(const struct program *p, char out[64])
{
    hx_text_put(out, 64, p->name + sizeof "hongxin-" - 1);
    char *blank = strchr(out, ' ');
    if (blank)
        *blank = '-';
    return out;
}

static void on_hangup(void *arg)
{
    const struct program *p = arg;
    struct hx_problem problem = {""};
    int rc = p->reload ? p->reload(p->arg, &problem) : HX_OK;
    if (!p->reload)
        hx_log(HX_LOG_INFO, "event=reload_nothing \"what this worker reads is read at its start\"");
    else if (rc)
        hx_log(HX_LOG_ERROR, "event=reload_refused \"%s\"",
               *problem.text ? problem.text : hx_strerror(rc));
    else
        hx_log(HX_LOG_INFO, "event=reloaded");
}

static int serve(const struct program *p, struct run *run, struct arguments *a,
                 struct hx_problem *problem)
{
    char name[64];
    const char *why = NULL;
    struct http_server *server = NULL;
    int rc = run_open(run);
    if (!rc)
        rc = p->open(p->arg, run->base, &server, problem);
    if (rc)
        return rc;
    a->started = true;
    run_loop(run, server, worker_name(p, name));
    if (p->verdict)
        why = p->verdict(p->arg);
    return why ? hx_problem_set(problem, "%s", why) : HX_OK;
}

int program_main(const struct program *p, int argc, char **argv)
{
    struct arguments a = {.config = p->config};
    struct hx_problem problem = {""};
    struct run run = {.hangup = on_hangup, .arg = (void *)p};
    int code = parse(p, argc, argv, &a);
    if (code >= 0)
        return code;
    prctl(PR_SET_DUMPABLE, 0); /* there are secrets: no core, nobody attaches */
    if (sodium_init() < 0)
        return EXIT_FAILURE;
    int rc = p->load(p->arg, a.config, &problem);
    if (!rc && !a.check)
        rc = serve(p, &run, &a, &problem);
    tell(&a, rc, &problem);
    code = rc ? EXIT_FAILURE : EXIT_SUCCESS;
    if (rc && a.started && p->exit_code)
        code = p->exit_code(p->arg);
    p->close(p->arg);
    run_close(&run);
    return code;
}
