/* The demonstration's own daemon. */
#include "cli/play/demo_daemon.h"
#include "base/now.h"
#include "cli/link.h"
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { START_MS = 15000, STOP_MS = 10000, LOG_SHOWN = 2000, FOLDERS_OPEN = 8, STEP_MS = 20 };

static void rest(void)
{
    nanosleep(&(struct timespec){.tv_nsec = STEP_MS * 1000000L}, NULL);
}

/* hongxind stands beside us, or in the PATH. */
static const char *find_program(char path[4096])
{
    ssize_t n = readlink("/proc/self/exe", path, 4000);
    char *slash;

    path[n > 0 ? n : 0] = '\0';
    slash = strrchr(path, '/');
    if (slash) {
        memcpy(slash + 1, "hongxind", sizeof "hongxind");
        if (access(path, X_OK) == 0)
            return path;
    }
    return "hongxind";
}

static int write_config(const struct cli *cli, struct demo_daemon *d)
{
    char path[128], folder[4096];
    FILE *out;

    if (!realpath(cli_config_folder(cli), folder))
        return cli_fail(cli, CLI_USAGE, "%s: %s", cli_config_folder(cli), strerror(errno));
    snprintf(path, sizeof path, "%s/hongxin.yaml", d->folder);
    out = fopen(path, "w");
    if (!out)
        return cli_fail(cli, CLI_NEGATIVE, "%s: %s", path, strerror(errno));
    fprintf(out,
            "store: {path: %s/store, map_size: 4 GiB}\n"
            "listen: {ingest: \"%s\", feed: \"%s\", pub: \"\"}\n"
            "rules: {life_cycle: \"%s/life-cycles/complaint.yaml\", city: \"%s/city\"}\n"
            "identity: {key_file: %s/identity.key}\n",
            d->folder, d->intake, d->feed, folder, folder, d->folder);
    if (fclose(out))
        return cli_fail(cli, CLI_NEGATIVE, "%s cannot be written", path);
    return CLI_OK;
}

/* In a process group of its own, so that Ctrl-C reaches us first and we end it in order; and it
 * never outlives us. */
static void become_daemon(const struct demo_daemon *d, unsigned scale, int64_t begin)
{
    char config[128], log[128], scaled[16], when[HX_INSTANT_TEXT], program[4096];
    int fd;

    snprintf(config, sizeof config, "%s/hongxin.yaml", d->folder);
    snprintf(log, sizeof log, "%s/log", d->folder);
    snprintf(scaled, sizeof scaled, "%u", scale);
    hx_instant_format(begin, 0, when);
    setpgid(0, 0);
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    signal(SIGINT, SIG_DFL);
    signal(SIGTERM, SIG_DFL);
    fd = open(log, O_WRONLY | O_CREAT | O_APPEND, 0600);
    if (fd < 0 || dup2(fd, STDERR_FILENO) < 0 || dup2(fd, STDOUT_FILENO) < 0)
        _exit(127);
    const char *path = find_program(program);
    execlp(path, "hongxind", "--config", config, "--scale", scaled, "--begin", when, (char *)NULL);
    fprintf(stderr, "cannot start %s: %s\n", path, strerror(errno));
    _exit(127);
}

static void show_log(const struct demo_daemon *d)
{
    char path[128], text[LOG_SHOWN + 1];
    FILE *in;
    size_t n;

    snprintf(path, sizeof path, "%s/log", d->folder);
    in = fopen(path, "r");
    if (!in)
        return;
    if (fseek(in, -LOG_SHOWN, SEEK_END) != 0)
        rewind(in);
    n = fread(text, 1, LOG_SHOWN, in);
    text[n] = '\0';
    fclose(in);
    fprintf(stderr, "%s", text);
}

static bool answers(const struct demo_daemon *d)
{
    const struct hx_client_options o = {.intake = d->intake, .wait_ms = 200};
    hx_client *client;
    hxp_response *pong = NULL;
    bool up;

    if (hx_client_open(&o, &client))
        return false;
    up = hx_ping(client, HX_DOOR_INTAKE, &pong) == HX_OK;
    hx_response_free(pong);
    hx_client_close(client);
    return up;
}

static int wait_until_up(const struct cli *cli, struct demo_daemon *d)
{
    int64_t end = hx_mono_ms() + START_MS;

    while (demo_daemon_alive(d) && hx_mono_ms() < end && !cli_interrupted())
        if (answers(d))
            return CLI_OK;
    show_log(d);
    return cli_fail(cli, CLI_UNREACHABLE, "hongxind did not start");
}

/* The path of a socket is short: a longer TMPDIR is passed over, and it is said. */
static const char *parent_folder(const struct cli *cli)
{
    const size_t most =
        sizeof((struct sockaddr_un *)0)->sun_path - sizeof "/hongxin-demo-XXXXXX/intake";
    const char *tmp = getenv("TMPDIR");

    if (!tmp || !*tmp)
        return "/tmp";
    if (strlen(tmp) <= most)
        return tmp;
    fprintf(stderr,
            cli->zh
                ? "TMPDIR 的路径过长（套接字最多 %zu 个字符），改用 /tmp\n"
                : "TMPDIR is too long for the path of a socket (%zu characters): /tmp is used\n",
            most);
    return "/tmp";
}

static int make_folder(const struct cli *cli, struct demo_daemon *d)
{
    const char *parent = parent_folder(cli);

    snprintf(d->folder, sizeof d->folder, "%s/hongxin-demo-XXXXXX", parent);
    if (mkdtemp(d->folder))
        return CLI_OK;
    d->folder[0] = '\0';
    return cli_fail(cli, CLI_NEGATIVE, "cannot make a folder in %s: %s", parent, strerror(errno));
}

int demo_daemon_start(const struct cli *cli, unsigned scale, int64_t begin, struct demo_daemon *d)
{
    int rc;

    *d = (struct demo_daemon){0};
    rc = make_folder(cli, d);
    if (rc)
        return rc;
    snprintf(d->intake, sizeof d->intake, "ipc://%s/intake", d->folder);
    snprintf(d->feed, sizeof d->feed, "ipc://%s/feed", d->folder);
    rc = write_config(cli, d);
    if (rc)
        return rc;
    d->pid = fork();
    if (d->pid == 0)
        become_daemon(d, scale, begin);
    if (d->pid < 0) {
        d->pid = 0;
        return cli_fail(cli, CLI_NEGATIVE, "cannot start a process: %s", strerror(errno));
    }
    return wait_until_up(cli, d);
}

bool demo_daemon_alive(struct demo_daemon *d)
{
    if (d->pid && waitpid(d->pid, NULL, WNOHANG) == d->pid)
        d->pid = 0;
    return d->pid != 0;
}

static int remove_one(const char *path, const struct stat *st, int kind, struct FTW *at)
{
    (void)st;
    (void)kind;
    (void)at;
    remove(path);
    return 0;
}

void demo_daemon_stop(struct demo_daemon *d)
{
    int64_t end = hx_mono_ms() + STOP_MS;

    if (d->pid)
        kill(d->pid, SIGTERM);
    while (demo_daemon_alive(d) && hx_mono_ms() < end)
        rest();
    if (d->pid) {
        kill(d->pid, SIGKILL);
        waitpid(d->pid, NULL, 0);
        d->pid = 0;
    }
    if (*d->folder)
        nftw(d->folder, remove_one, FOLDERS_OPEN, FTW_DEPTH | FTW_PHYS);
    d->folder[0] = '\0';
}
