#include "config/reading/file.h"
#include "base/utf8.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

const char *hx_file_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

/* The system's reason, which every caller passes on as HX_IO. */
static int system_says(struct hx_problem *problem, const char *path)
{
    (void)hx_problem_set(problem, "%s: %s", path, strerror(errno));
    return HX_IO;
}

static int read_all(int fd, const char *path, char *text, size_t *size, struct hx_problem *problem)
{
    size_t at = 0;
    while (at < *size) {
        ssize_t n = read(fd, text + at, *size - at);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return system_says(problem, path);
        if (n == 0)
            break; /* cut short while we read: what is there counts */
        at += (size_t)n;
    }
    text[at] = '\0';
    *size = at;
    return HX_OK;
}

int hx_file_check(const char *path, const char *text, size_t size, struct hx_problem *problem)
{
    size_t good = hx_utf8_span(text, size);
    size_t line = 1;
    if (good == size)
        return HX_OK;
    for (size_t i = 0; i < good && i < size; i++)
        line += text[i] == '\n';
    return hx_problem_set(problem, "%s:%zu: not UTF-8 (byte 0x%02X)", path, line,
                          good < size ? (unsigned char)text[good] : 0U);
}

static int read_open(int fd, const char *path, size_t max, char **out, size_t *size,
                     struct hx_problem *problem)
{
    struct stat st;
    if (fstat(fd, &st) != 0)
        return system_says(problem, path);
    if (!S_ISREG(st.st_mode))
        return hx_problem_set(problem, "%s: not a file", path);
    if ((uintmax_t)st.st_size > max)
        return hx_problem_set(problem, "%s: larger than %zu bytes", path, max);
    *size = (size_t)st.st_size;
    char *text = malloc(*size + 1);
    if (!text)
        return HX_NOMEM;
    int err = read_all(fd, path, text, size, problem);
    if (!err)
        err = hx_file_check(path, text, *size, problem);
    if (err)
        free(text);
    else
        *out = text;
    return err;
}

int hx_file_read(const char *path, size_t max, char **text, size_t *size,
                 struct hx_problem *problem)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
        return system_says(problem, path);
    int err = read_open(fd, path, max, text, size, problem);
    if (err == HX_NOMEM)
        (void)hx_problem_set(problem, "%s: out of memory", path);
    close(fd);
    return err;
}

bool hx_file_exists(const char *path)
{
    return access(path, F_OK) == 0;
}
