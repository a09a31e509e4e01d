/* The command line that all workers have. */
#ifndef DOOR_PROGRAM_H
#define DOOR_PROGRAM_H

#include <stdbool.h>

struct program {
    const char *name;   /* "hongxin-hotline" */
    const char *about;  /* what it does, for --help: whole lines */
    const char *config; /* --config FILE; beforehand the default */
    bool check;         /* --check-config */
};

/* Reads the arguments. -1: go on; otherwise the exit code (--help, --version, wrong use). */
int program_parse(int argc, char **argv, struct program *p);

#endif
