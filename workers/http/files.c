#include "http/files.h"

#include "http/gzip.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { NAME_MAX_BYTES = 256, HASH_TEXT = 32, STYLE_TEXT = 64 };

struct file {
    char name[NAME_MAX_BYTES];
    char hash[HASH_TEXT + 3]; /* with quotes: an ETag */
    char style[STYLE_TEXT];   /* see http_files_style() */
    char *bytes;
    size_t size;
    const char *type;
    bool hashed_name;
};

struct http_files {
    struct file files[HTTP_FILES_MAX];
    size_t n, bytes;
};

static const char *type_of(const char *name)
{
    static const char *const table[][2] = {{".html", "text/html; charset=utf-8"},
                                           {".js", "text/javascript; charset=utf-8"},
                                           {".css", "text/css; charset=utf-8"},
                                           {".json", "application/json"},
                                           {".yaml", "application/yaml"},
                                           {".svg", "image/svg+xml"},
                                           {".png", "image/png"},
                                           {".webp", "image/webp"},
                                           {".woff2", "font/woff2"},
                                           {".webmanifest", "application/manifest+json"},
                                           {".txt", "text/plain; charset=utf-8"}};
    const char *dot = strrchr(name, '.');
    for (size_t i = 0; dot && i < sizeof table / sizeof *table; i++)
        if (strcmp(dot, table[i][0]) == 0)
            return table[i][1];
    return "application/octet-stream";
}

/* "-" and eight or more letters and digits before the suffix. */
static bool bears_hash(const char *name)
{
    const char *dot = strrchr(name, '.'), *dash = strrchr(name, '-');
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_";
    return dash && dot && dot - dash > 8 && strspn(dash + 1, letters) == (size_t)(dot - dash - 1);
}

static void hash_file(struct file *f)
{
    unsigned char digest[HASH_TEXT / 2];
    char text[HASH_TEXT + 1];
    crypto_generichash(digest, sizeof digest, (const unsigned char *)f->bytes, f->size, NULL, 0);
    sodium_bin2hex(text, sizeof text, digest, sizeof digest);
    snprintf(f->hash, sizeof f->hash, "\"%s\"", text);
}

/* Of a page: the hash of what stands in its one <style>. */
static void hash_style(struct file *f)
{
    static const char begin[] = "<style>", end[] = "</style>";
    unsigned char digest[crypto_hash_sha256_BYTES];
    char text[sodium_base64_ENCODED_LEN(sizeof digest, sodium_base64_VARIANT_ORIGINAL)];
    const char *from = memmem(f->bytes, f->size, begin, sizeof begin - 1);
    if (!from || strcmp(f->type, type_of(".html")) != 0)
        return;
    from += sizeof begin - 1;
    const char *to = memmem(from, f->size - (size_t)(from - f->bytes), end, sizeof end - 1);
    if (!to)
        return;
    crypto_hash_sha256(digest, (const unsigned char *)from, (size_t)(to - from));
    sodium_bin2base64(text, sizeof text, digest, sizeof digest, sodium_base64_VARIANT_ORIGINAL);
    snprintf(f->style, sizeof f->style, "'sha256-%s'", text);
}

static int cannot_read(const char *path, struct hx_problem *problem)
{
    return hx_problem_set(problem, "%s: %s", path, strerror(errno));
}

static int read_all(const char *path, size_t size, char **out, struct hx_problem *problem)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    char *bytes = malloc(size + 1);
    ssize_t n = fd >= 0 && bytes ? read(fd, bytes, size) : -1;
    if (fd >= 0)
        close(fd);
    if (n != (ssize_t)size) {
        free(bytes);
        return bytes ? cannot_read(path, problem) : HX_NOMEM;
    }
    *out = bytes;
    return HX_OK;
}

static int add_file(struct http_files *all, const char *path, const char *name, size_t size,
                    struct hx_problem *problem)
{
    struct file *f = &all->files[all->n];
    if (all->n == HTTP_FILES_MAX || all->bytes + size > HTTP_FILES_BYTES)
        return hx_problem_set(problem, "%s: more than %d files or %d MiB", path, HTTP_FILES_MAX,
                              HTTP_FILES_BYTES >> 20);
    if ((size_t)snprintf(f->name, sizeof f->name, "%s", name) >= sizeof f->name)
        return hx_problem_set(problem, "%s: the name is too long", path);
    int rc = read_all(path, size, &f->bytes, problem);
    if (rc)
        return rc;
    f->size = size;
    f->type = type_of(name);
    f->hashed_name = bears_hash(name);
    hash_file(f);
    hash_style(f);
    all->n++;
    all->bytes += size;
    return HX_OK;
}

/* Folders still to be read, so that nothing calls itself. */
struct todo {
    char folders[HTTP_FILES_MAX][NAME_MAX_BYTES]; /* below the first one; "" is itself */
    size_t n;
};

static int add_entry(struct http_files *all, struct todo *todo, const char *root, const char *name,
                     struct hx_problem *problem)
{
    char path[4096];
    struct stat st;
    snprintf(path, sizeof path, "%s/%s", root, name);
    if (lstat(path, &st) != 0)
        return cannot_read(path, problem);
    if (S_ISREG(st.st_mode))
        return add_file(all, path, name, (size_t)st.st_size, problem);
    if (!S_ISDIR(st.st_mode))
        return HX_OK;
    if (todo->n == HTTP_FILES_MAX || strlen(name) >= NAME_MAX_BYTES)
        return hx_problem_set(problem, "%s: too many folders", path);
    memcpy(todo->folders[todo->n++], name, strlen(name) + 1);
    return HX_OK;
}

static int read_folder(struct http_files *all, struct todo *todo, const char *root,
                       const char *below, struct hx_problem *problem)
{
    char path[4096], name[2 * NAME_MAX_BYTES];
    snprintf(path, sizeof path, "%s/%s", root, below);
    DIR *dir = opendir(path);
    if (!dir)
        return cannot_read(path, problem);
    const struct dirent *e;
    int rc = HX_OK;
    while (!rc && (e = readdir(dir)) != NULL) {
        if (*e->d_name == '.')
            continue;
        snprintf(name, sizeof name, "%s%s%s", below, *below ? "/" : "", e->d_name);
        rc = add_entry(all, todo, root, name, problem);
    }
    closedir(dir);
    return rc;
}

int http_files_load(const char *folder, struct http_files **out, struct hx_problem *problem)
{
    struct http_files *all = calloc(1, sizeof *all);
    struct todo *todo = calloc(1, sizeof *todo);
    int rc = HX_OK;
    if (!all || !todo) {
        free(all);
        free(todo);
        return HX_NOMEM;
    }
    todo->n = 1;
    for (size_t i = 0; !rc && i < todo->n; i++)
        rc = read_folder(all, todo, folder, todo->folders[i], problem);
    free(todo);
    if (rc) {
        http_files_free(all);
        return rc;
    }
    *out = all;
    return HX_OK;
}

void http_files_free(struct http_files *files)
{
    for (size_t i = 0; files && i < files->n; i++)
        free(files->files[i].bytes);
    free(files);
}

static const struct file *find(const struct http_files *files, const char *name)
{
    for (size_t i = 0; i < files->n; i++)
        if (strcmp(files->files[i].name, name) == 0)
            return &files->files[i];
    return NULL;
}

bool http_files_have(const struct http_files *files, const char *name)
{
    return find(files, name) != NULL;
}

const char *http_files_style(const struct http_files *files, const char *name)
{
    const struct file *f = find(files, name);
    return f ? f->style : "";
}

/* The compressed form beside the file, when there is one and the client takes it. */
static const struct file *compressed(const struct http_files *files, struct http_request *request,
                                     const char *name)
{
    char longer[NAME_MAX_BYTES + 4];
    snprintf(longer, sizeof longer, "%s.gz", name);
    const struct file *f = find(files, longer);
    if (!f)
        return NULL;
    if (!http_is_set(request, "Vary"))
        http_set_header(request, "Vary", "Accept-Encoding");
    return http_takes_gzip(http_get_header(request, "Accept-Encoding", NULL)) ? f : NULL;
}

void http_files_answer(const struct http_files *files, struct http_request *request,
                       const char *name)
{
    const struct file *f = find(files, name), *small = f ? compressed(files, request, name) : NULL;
    if (!f) {
        http_problem(request, 404, "NO_SUCH_PATH", "there is nothing at this path");
        return;
    }
    if (small)
        http_set_header(request, "Content-Encoding", "gzip");
    http_set_header(request, "ETag", small ? small->hash : f->hash);
    http_set_header(request, "Cache-Control",
                    f->hashed_name ? "public, max-age=31536000, immutable" : "no-cache");
    if (!http_is_set(request, "Content-Security-Policy"))
        http_set_header(
            request, "Content-Security-Policy",
            "default-src 'self'; img-src 'self' blob:; frame-ancestors 'none'; base-uri 'none'; "
            "form-action 'self'");
    const struct file *sent = small ? small : f;
    if (strcmp(http_get_header(request, "If-None-Match", NULL), sent->hash) == 0)
        http_answer(request, 304, NULL, NULL, 0);
    else
        http_answer(request, 200, f->type, sent->bytes, sent->size);
}
