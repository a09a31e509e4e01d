/* What is the same in every worker's main(): the command line, checking, starting, ending. */
#ifndef DOOR_PROGRAM_H
#define DOOR_PROGRAM_H

#include "config/reading/problem.h"
#include "door/run.h"
#include "http/http.h"

struct program {
    const char *name;   /* "hongxin-hotline"; also of a subcommand, "hongxin-kafka in" */
    const char *about;  /* what it does, for --help: whole lines */
    const char *config; /* the default of --config FILE */

    /* Reads the configuration and every file that it names, so that --check-config finds their
     * faults; sets the level of the log. An error with the problem. */
    int (*load)(void *arg, const char *config, struct hx_problem *problem);
    /* Connects and listens in the loop. An error with the problem. */
    int (*open)(void *arg, struct event_base *base, struct http_server **server,
                struct hx_problem *problem);
    /* SIGHUP: reads anew what may change without a restart, which is what others have to change
     * with us: tokens and keys. An error with the problem: all stays as it was. NULL: nothing may,
     * and the signal is only logged. */
    int (*reload)(void *arg, struct hx_problem *problem);
    /* Asked when the loop has ended: NULL, or why it had to end by itself: it is logged, and the
     * exit code is 1, so that the service manager starts it anew. May be NULL. */
    const char *(*verdict)(void *arg);
    /* The exit code after a verdict, when it is not always 1. May be NULL. */
    int (*exit_code)(void *arg);
    /* Gives everything back, whether or not it was there; the loop still exists. */
    void (*close)(void *arg);
    void *arg; /* of all of them */
};

/* Runs it; the program's exit code. */
int program_main(const struct program *p, int argc, char **argv);

#endif
