/* hongxin-kafka: topics to events (in) and the journal to topics (out), two processes; and the
 * command that brings dead letters back (requeue). */
#include "kafka/in/in.h"
#include "kafka/in/requeue.h"
#include "kafka/out/out.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { EXIT_USAGE = 2 };

static const struct {
    const char *name;
    int (*main)(int argc, char **argv);
} commands[] = {{"in", in_main}, {"out", out_main}, {"requeue", requeue_main}};

static void help(void)
{
    printf("Usage: hongxin-kafka in|out [--config FILE] [--check-config]\n"
           "       hongxin-kafka requeue [--reason WORD] [--topic NAME] [--dry-run]\n"
           "\n"
           "  in       records of Kafka topics become events of hongxind\n"
           "  out      the journal of hongxind becomes records of Kafka topics\n"
           "  requeue  dead letters go back to their topics once the fault is mended\n"
           "\n"
           "`hongxin-kafka in --help` says more; docs/kafka.md describes all of it.\n");
}

int main(int argc, char **argv)
{
    const char *name = argc > 1 ? argv[1] : "";
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++)
        if (strcmp(name, commands[i].name) == 0)
            return commands[i].main(argc - 1, argv + 1);
    if (strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0) {
        help();
        return EXIT_SUCCESS;
    }
    if (strcmp(name, "--version") == 0 || strcmp(name, "-v") == 0) {
        printf("hongxin-kafka " HX_VERSION "\n");
        return EXIT_SUCCESS;
    }
    fprintf(stderr, "hongxin-kafka: say `in`, `out` or `requeue`; see --help\n");
    return EXIT_USAGE;
}
