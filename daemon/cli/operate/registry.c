#include "cli/operate/registry.h"

#include "base/disk.h"
#include "cli/show/says.h"
#include "config/access/access.h"
#include "hongxin/key.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define HEADER "principal,role,areas,sources,tenant,public_key,state"

static int read_file(const struct cli *cli, struct registry *r)
{
    FILE *f = fopen(r->path, "r");
    size_t n = 0;
    bool broken = false;
    r->text = malloc(REGISTRY_BYTES + 1);
    if (!r->text)
        return CLI_NEGATIVE;
    if (!f && errno != ENOENT)
        return cli_fail(cli, CLI_NEGATIVE, "%s: %s", r->path, strerror(errno));
    if (f) {
        n = fread(r->text, 1, REGISTRY_BYTES, f);
        broken = ferror(f);
        fclose(f);
    }
    if (broken)
        return cli_fail(cli, CLI_NEGATIVE, "%s: it cannot be read to its end", r->path);
    if (n == REGISTRY_BYTES) /* what is behind would be lost by writing it back */
        return cli_fail(cli, CLI_NEGATIVE, "%s is too large", r->path);
    r->text[n] = '\0';
    if (n == 0)
        memcpy(r->text, HEADER "\n", sizeof HEADER + 1);
    else if (strncmp(r->text, HEADER, sizeof HEADER - 1) != 0)
        return cli_fail(cli, CLI_NEGATIVE, "%s: the first line must be " HEADER, r->path);
    return CLI_OK;
}

int registry_open(const struct cli *cli, const char *registry, struct registry *r)
{
    char path[HX_KEY_PATH];
    *r = (struct registry){.path = registry, .lock = -1};
    snprintf(path, sizeof path, "%s.lock", r->path);
    r->lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (r->lock < 0 || flock(r->lock, LOCK_EX) != 0)
        return cli_fail(cli, CLI_NEGATIVE, "%s: %s", path, strerror(errno));
    return read_file(cli, r);
}

void registry_close(struct registry *r)
{
    if (r->lock >= 0)
        close(r->lock);
    free(r->text);
}

/* It goes on belonging to whom it did, and the daemon can read it, whatever the umask here is: a
 * revocation that it cannot read is none. A new one is for everybody: there are public keys in it.
 */
static bool keep_readers(const struct registry *r, FILE *f)
{
    struct stat before;
    if (stat(r->path, &before) != 0)
        return errno == ENOENT && fchmod(fileno(f), 0644) == 0;
    mode_t mode = before.st_mode & 0777;
    if (fchown(fileno(f), before.st_uid, before.st_gid) != 0)
        mode |= 0444; /* it cannot be given away: then to everybody */
    return fchmod(fileno(f), mode) == 0;
}

static bool loads(const char *path, const char *roles, struct hx_problem *problem)
{
    struct hx_access *access = NULL;
    int rc = hx_access_load(path, roles, NULL, &access, problem);
    hx_access_free(access);
    return rc == HX_OK;
}

static int judge(const struct cli *cli, const struct registry *r, const char *fresh)
{
    char path[HX_KEY_PATH];
    struct hx_problem now = {""}, before = {""};
    const char *roles = cli_get(cli, "roles");
    snprintf(path, sizeof path, "%s/roles.yaml", cli_config_folder(cli));
    if (!roles && access(path, R_OK) != 0)
        return CLI_OK; /* the rights are kept on another machine */
    roles = roles ? roles : path;
    if (loads(fresh, roles, &now))
        return CLI_OK;
    if (access(r->path, F_OK) != 0 || loads(r->path, roles, &before))
        return cli_fail(cli, CLI_NEGATIVE, "nothing was changed, the daemon would refuse it: %s",
                        now.text);
    cli_say(cli, stderr, "warning: the daemon refuses this registry: %s\n", now.text);
    return CLI_OK;
}

int registry_write(const struct cli *cli, const struct registry *r, const char *more, bool *renamed)
{
    char path[HX_KEY_PATH];
    *renamed = false;
    snprintf(path, sizeof path, "%s.new", r->path);
    FILE *f = fopen(path, "w");
    bool good = f && keep_readers(r, f) && fputs(r->text, f) >= 0 && fputs(more, f) >= 0 &&
                fflush(f) == 0 && fsync(fileno(f)) == 0;
    if (f && fclose(f) != 0)
        good = false;
    int rc = good ? judge(cli, r, path) : CLI_OK;
    if (rc) {
        unlink(path);
        return rc;
    }
    /* a key that was revoked stays so over a cut of power */
    *renamed = good && rename(path, r->path) == 0;
    if (*renamed && hx_disk_sync_parent(r->path) == HX_OK)
        return CLI_OK;
    return cli_fail(cli, CLI_NEGATIVE, "%s: %s", r->path, strerror(errno));
}

/* ---- rows ---- */

int registry_rows(const char *text, registry_row_fn *fn, void *arg)
{
    char line[4096], *columns[REGISTRY_COLUMNS];
    int rc = 0;
    const char *p = strchr(text, '\n');
    while (!rc && p && *++p) {
        size_t n = strcspn(p, "\n"), at = (size_t)(p - text);
        p = p[n] ? p + n : NULL;
        if (n == 0 || n >= sizeof line)
            continue;
        memcpy(line, text + at, n);
        line[n] = '\0';
        line[strcspn(line, "\r")] = '\0';
        char *rest = line;
        for (int i = 0; i < REGISTRY_COLUMNS; i++) {
            columns[i] = rest ? rest : (char *)"";
            rest = rest ? strchr(rest, ',') : NULL;
            if (rest)
                *rest++ = '\0';
        }
        rc = fn(arg, columns, at);
    }
    return rc;
}
