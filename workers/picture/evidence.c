#include "picture/evidence.h"

#include "base/disk.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define DRAFT ".draft-"

enum { PATH_MAX_BYTES = 1024 };

/* What a kill has left half written. */
static void remove_drafts(const char *folder)
{
    DIR *dir = opendir(folder);
    const struct dirent *e;
    while (dir && (e = readdir(dir)) != NULL)
        if (strncmp(e->d_name, DRAFT, sizeof DRAFT - 1) == 0)
            unlinkat(dirfd(dir), e->d_name, 0);
    if (dir)
        closedir(dir);
}

bool evidence_folder(const char *folder)
{
    if (mkdir(folder, 0700) != 0)
        return errno == EEXIST;
    if (hx_disk_sync_parent(folder) == HX_OK)
        return true;
    int err = errno;
    rmdir(folder); /* else it would count as kept the next time */
    errno = err;
    return false;
}

int evidence_open(const char *folder, struct hx_problem *problem)
{
    struct stat st;
    if (!evidence_folder(folder))
        return hx_problem_set(problem, "evidence %s: %s", folder, strerror(errno));
    if (stat(folder, &st) != 0 || !S_ISDIR(st.st_mode) || access(folder, R_OK | W_OK | X_OK) != 0)
        return hx_problem_set(problem, "evidence %s: not a folder that we may write", folder);
    remove_drafts(folder);
    return HX_OK;
}

static void path_of(const char *folder, const char *name, char out[PATH_MAX_BYTES])
{
    snprintf(out, PATH_MAX_BYTES, "%s/%s.jpg", folder, name);
}

/* Under another name first, so that what has its name is always whole. */
static int write_file(const char *folder, const char *path, const uint8_t *bytes, size_t size)
{
    char draft[PATH_MAX_BYTES];
    snprintf(draft, sizeof draft, "%s/" DRAFT "XXXXXX", folder);
    int fd = mkostemp(draft, O_CLOEXEC);
    if (fd < 0)
        return HX_IO;
    bool done = hx_disk_write_synced(fd, bytes, size) == HX_OK;
    done =
        close(fd) == 0 && done && rename(draft, path) == 0 && hx_disk_sync_folder(folder) == HX_OK;
    if (!done)
        unlink(draft);
    return done ? HX_OK : HX_IO;
}

int evidence_put(const char *folder, const uint8_t *bytes, size_t size, char name[EVIDENCE_NAME],
                 bool *fresh)
{
    uint8_t digest[crypto_hash_sha256_BYTES];
    char path[PATH_MAX_BYTES];
    crypto_hash_sha256(digest, bytes, size);
    sodium_bin2hex(name, EVIDENCE_NAME, digest, sizeof digest);
    path_of(folder, name, path);
    *fresh = access(path, F_OK) != 0;
    return *fresh ? write_file(folder, path, bytes, size) : HX_OK;
}

static bool is_name(const char *name)
{
    return strlen(name) == EVIDENCE_NAME - 1 &&
           strspn(name, "0123456789abcdef") == EVIDENCE_NAME - 1;
}

static int read_file(int fd, uint8_t **out, size_t *size)
{
    struct stat st;
    if (fstat(fd, &st) != 0 || st.st_size <= 0)
        return HX_IO;
    *size = (size_t)st.st_size;
    *out = malloc(*size);
    if (!*out)
        return HX_NOMEM;
    if (pread(fd, *out, *size, 0) == (ssize_t)*size)
        return HX_OK;
    free(*out);
    return HX_IO;
}

int evidence_get(const char *folder, const char *name, uint8_t **out, size_t *size)
{
    char path[PATH_MAX_BYTES];
    if (!is_name(name))
        return HX_NOTFOUND;
    path_of(folder, name, path);
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0)
        return errno == ENOENT ? HX_NOTFOUND : HX_IO;
    int rc = read_file(fd, out, size);
    close(fd);
    return rc;
}

void evidence_remove(const char *folder, const char *name)
{
    char path[PATH_MAX_BYTES];
    path_of(folder, name, path);
    unlink(path);
}
