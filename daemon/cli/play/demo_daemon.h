/* A hongxind of our own on a throw-away store: its folder under TMPDIR (or /tmp) holds everything
 * it writes, its doors are sockets in that folder, and both end with us. One thread. */
#ifndef CLI_DEMO_DAEMON_H
#define CLI_DEMO_DAEMON_H

#include "cli/command.h"
#include <sys/types.h>

struct demo_daemon {
    pid_t pid;        /* 0 = not running */
    char folder[108]; /* "" = none */
    char intake[128], feed[128];
};

/* Starts it with time `scale`-fold, beginning at the instant `begin`, and waits until it answers.
 * CLI_OK, or the exit code after a message that quotes the end of its log. Always pair with
 * demo_daemon_stop(). */
HX_CHECK int demo_daemon_start(const struct cli *cli, unsigned scale, int64_t begin,
                               struct demo_daemon *d);

/* False when it has ended by itself. */
bool demo_daemon_alive(struct demo_daemon *d);

/* Ends it and removes its folder. */
void demo_daemon_stop(struct demo_daemon *d);

#endif
