/* Key files: reading, writing, and the checks that keep a secret a secret. */
#include "hongxin/key.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FILE_MAX = 4096 };

#define CREDENTIAL "credential:"

static bool is_credential(const char *path)
{
    return strncmp(path, CREDENTIAL, sizeof CREDENTIAL - 1) == 0;
}

int hx_secret_path(const char *path, char out[HX_KEY_PATH])
{
    int n = -1;
    if (is_credential(path)) {
        const char *folder = getenv("CREDENTIALS_DIRECTORY");
        const char *name = path + sizeof CREDENTIAL - 1;
        if (!folder || !*folder || !*name || strchr(name, '/'))
            return HX_DENIED;
        n = snprintf(out, HX_KEY_PATH, "%s/%s", folder, name);
    } else {
        n = snprintf(out, HX_KEY_PATH, "%s", path);
    }
    return n < 0 || n >= HX_KEY_PATH ? HX_TOOBIG : HX_OK;
}

/* A service manager lets its service read by an access list, which shows as the group's bits. */
static bool private_enough(const struct stat *st, bool credential)
{
    return S_ISREG(st->st_mode) && !(st->st_mode & (credential ? 07 : 077));
}

int hx_secret_open(const char *path)
{
    char real[HX_KEY_PATH];
    struct stat st;
    int rc = hx_secret_path(path, real);
    if (rc != HX_OK)
        return rc;
    int fd = open(real, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
        return errno == ENOENT || errno == ENOTDIR ? HX_NOTFOUND
               : errno == EACCES                   ? HX_DENIED
                                                   : HX_IO;
    if (fstat(fd, &st) == 0 && private_enough(&st, is_credential(path)))
        return fd;
    close(fd);
    return HX_DENIED;
}

void hx_key_wipe(struct hx_key *key)
{
    explicit_bzero(key, sizeof *key);
}

int hx_key_is_text(const char *text)
{
    static const char z85[] =
        "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-:+=^!/*?&<>()[]{}@%$#";
    return strlen(text) == HX_KEY_TEXT - 1 && text[strspn(text, z85)] == '\0';
}

static int take(const char *value, char *out, size_t size, bool is_key)
{
    size_t n = strlen(value);
    if (n == 0 || n >= size || (is_key && !hx_key_is_text(value)))
        return HX_INVALID;
    memcpy(out, value, n + 1);
    return HX_OK;
}

/* One line: a word and its value. */
static int take_line(char *line, struct hx_key *key)
{
    const struct {
        const char *word;
        char *out;
        size_t size;
        bool is_key;
    } words[] = {{"name", key->name, sizeof key->name, false},
                 {"public", key->public_key, sizeof key->public_key, true},
                 {"secret", key->secret_key, sizeof key->secret_key, true},
                 {"server", key->server_key, sizeof key->server_key, true}};
    line += strspn(line, " \t");
    if (*line == '#' || *line == '\0')
        return HX_OK;
    size_t n = strcspn(line, " \t");
    char *value = line + n + strspn(line + n, " \t");
    value[strcspn(value, " \t\r")] = '\0';
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strlen(words[i].word) == n && strncmp(line, words[i].word, n) == 0)
            return take(value, words[i].out, words[i].size, words[i].is_key);
    return HX_INVALID;
}

static int parse(char *text, struct hx_key *key)
{
    int rc = HX_OK;
    for (char *line = text, *next; line && rc == HX_OK; line = next) {
        next = strchr(line, '\n');
        if (next)
            *next++ = '\0';
        rc = take_line(line, key);
    }
    return rc == HX_OK && (!key->public_key[0] || !key->secret_key[0]) ? HX_INVALID : rc;
}

int hx_key_load(const char *path, struct hx_key *key)
{
    char text[FILE_MAX];
    memset(key, 0, sizeof *key);
    int fd = hx_secret_open(path);
    if (fd < 0)
        return fd;
    ssize_t n = read(fd, text, sizeof text);
    close(fd);
    int rc = n < 0 ? HX_IO : n == (ssize_t)sizeof text ? HX_INVALID : HX_OK;
    if (rc == HX_OK) {
        text[n] = '\0';
        rc = strlen(text) == (size_t)n ? parse(text, key) : HX_INVALID;
    }
    explicit_bzero(text, sizeof text);
    if (rc != HX_OK)
        hx_key_wipe(key);
    return rc;
}

static int write_text(int fd, const struct hx_key *key)
{
    char text[FILE_MAX];
    int n =
        snprintf(text, sizeof text,
                 "# hongxin key: keep it to yourself, mode 0600. 密钥文件,请勿外传。\n"
                 "name %s\npublic %s\nsecret %s\n%s%s%s",
                 key->name, key->public_key, key->secret_key, key->server_key[0] ? "server " : "",
                 key->server_key, key->server_key[0] ? "\n" : "");
    bool good =
        n > 0 && (size_t)n < sizeof text && write(fd, text, (size_t)n) == n && fsync(fd) == 0;
    explicit_bzero(text, sizeof text);
    return good ? HX_OK : HX_IO;
}

int hx_key_save(const char *path, const struct hx_key *key)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0)
        return errno == EEXIST ? HX_EXISTS : HX_IO;
    int rc = write_text(fd, key);
    if (close(fd) != 0)
        rc = HX_IO;
    if (rc != HX_OK)
        unlink(path);
    return rc;
}
