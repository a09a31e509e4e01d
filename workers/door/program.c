#include "door/program.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>

enum { EXIT_USAGE = 2 };

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
           "Signals: SIGTERM and SIGINT finish what was begun and end.\n"
           "Exit codes: 0 ended in order, 1 could not start (the log says why), 2 wrong use.\n",
           p->name, p->about, p->config);
}

int program_parse(int argc, char **argv, struct program *p)
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
            p->config = optarg;
            break;
        case 'k':
            p->check = true;
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
