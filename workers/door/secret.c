#include "door/secret.h"

#include "hongxin/key.h"
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { FILE_MAX = 65536 };

static int read_file(const char *path, char text[FILE_MAX + 1], struct hx_problem *problem)
{
    int fd = hx_secret_open(path);
    if (fd < 0) {
        (void)hx_problem_set(problem, "%s: %s", path,
                             fd == HX_DENIED ? "others may read it, or it is no file: mode 0600"
                                             : hx_strerror(fd));
        return fd;
    }
    size_t size = 0;
    ssize_t n = 1;
    while (n > 0 && size < FILE_MAX && (n = read(fd, text + size, FILE_MAX - size)) > 0)
        size += (size_t)n;
    close(fd);
    text[size] = '\0';
    if (n >= 0 && size < FILE_MAX && strlen(text) == size)
        return HX_OK;
    (void)hx_problem_set(problem, "%s: cannot be read, or is larger than %d bytes", path, FILE_MAX);
    return HX_IO;
}

int secret_line_read(const char *path, char *out, size_t size, struct hx_problem *problem)
{
    char *text = malloc(FILE_MAX + 1);
    int rc = text ? read_file(path, text, problem) : HX_NOMEM;
    size_t n = rc ? 0 : strcspn(text, "\r\n");
    if (!rc && (n == 0 || n >= size))
        rc = hx_problem_set(problem, "%s: its first line is empty, or longer than %zu bytes", path,
                            size - 1);
    if (!rc) {
        memcpy(out, text, n);
        out[n] = '\0';
    }
    if (text)
        sodium_memzero(text, FILE_MAX + 1);
    free(text);
    return rc;
}

int secret_doc_open(struct yaml_doc *doc, const char *path, struct hx_problem *problem)
{
    char *text = malloc(FILE_MAX + 1);
    *doc = (struct yaml_doc){.file = path, .problem = problem};
    int rc = text ? read_file(path, text, problem) : HX_NOMEM;
    if (!rc)
        rc = yaml_doc_open_text(doc, path, text, problem);
    if (text)
        sodium_memzero(text, FILE_MAX + 1);
    free(text);
    return rc;
}

void secret_doc_close(struct yaml_doc *doc)
{
    yaml_doc_close(doc); /* wipes it */
}
