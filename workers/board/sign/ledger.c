#include "board/sign/ledger.h"

#include "base/disk.h"
#include "hongxin/key.h"
#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { LEDGER_PATH = 1024 };

struct ledger {
    const char *path;
    int fd; /* -1: to be made anew before anything is added */
};

/* ---- reading ---- */

static void read_lines(int fd, ledger_line *fn, void *arg)
{
    FILE *in = fdopen(fd, "r");
    char *text = NULL;
    size_t room = 0;
    ssize_t n;
    if (!in) {
        close(fd);
        return;
    }
    while ((n = getline(&text, &room, in)) > 0) {
        json_t *line = json_loadb(text, (size_t)n, 0, NULL);
        if (json_is_object(line))
            fn(arg, line);
        json_decref(line);
    }
    if (text)
        sodium_memzero(text, room);
    free(text);
    fclose(in);
}

int ledger_open(const char *path, ledger_line *fn, void *arg, struct ledger **out)
{
    struct ledger *l = calloc(1, sizeof *l);
    if (!l)
        return HX_NOMEM;
    l->path = path;
    l->fd = -1;
    int fd = hx_secret_open(path);
    if (fd >= 0)
        read_lines(fd, fn, arg);
    *out = l;
    return HX_OK;
}

static void leave(struct ledger *l)
{
    if (l->fd >= 0)
        close(l->fd);
    l->fd = -1;
}

void ledger_close(struct ledger *l)
{
    if (l)
        leave(l);
    free(l);
}

/* ---- writing ---- */

static int write_line(int fd, const json_t *line)
{
    size_t n = json_dumpb(line, NULL, 0, JSON_COMPACT);
    char *text = n ? malloc(n + 1) : NULL;
    if (!text)
        return HX_NOMEM;
    (void)json_dumpb(line, text, n, JSON_COMPACT);
    text[n] = '\n';
    int rc = hx_disk_write(fd, text, n + 1);
    sodium_memzero(text, n);
    free(text);
    return rc;
}

int ledger_add(struct ledger *l, json_t *line)
{
    int rc = !line ? HX_NOMEM : l->fd < 0 ? HX_IO : write_line(l->fd, line);
    json_decref(line);
    if (rc == HX_IO)
        leave(l); /* half a line may stand there: nothing is put behind it */
    return rc;
}

int ledger_sync(struct ledger *l)
{
    if (l->fd >= 0 && fdatasync(l->fd) == 0)
        return HX_OK;
    leave(l); /* what a failed sync has dropped, no later one brings back */
    return HX_IO;
}

static int write_lines(int fd, const json_t *lines)
{
    size_t i;
    json_t *line;
    int rc = fd < 0 ? HX_IO : HX_OK;
    json_array_foreach (lines, i, line)
        if (!rc)
            rc = write_line(fd, line);
    return !rc && fsync(fd) != 0 ? HX_IO : rc;
}

int ledger_renew(struct ledger *l, json_t *lines)
{
    char beside[LEDGER_PATH];
    int n = snprintf(beside, sizeof beside, "%s.new", l->path), fd = -1;
    if (lines && n > 0 && (size_t)n < sizeof beside)
        fd = open(beside, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600);
    int rc = lines ? write_lines(fd, lines) : HX_NOMEM;
    json_decref(lines);
    if (!rc && rename(beside, l->path) != 0)
        rc = HX_IO;
    if (rc) {
        if (fd >= 0)
            close(fd);
        return rc;
    }
    leave(l);
    l->fd = fd; /* it has the name now, whether or not the folder tells so after a cut of power */
    return hx_disk_sync_parent(l->path);
}
