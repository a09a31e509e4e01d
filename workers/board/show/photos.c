/* Photos beside a case: a file named by the digest of what it holds, in a folder of the case. What
 * a camera writes about place and owner (EXIF) is taken out of JPEG, the usual case. Who may see
 * the case may see its photos. */
#include "base/text.h"
#include "board/ask.h"
#include "hongxin/number.h"
#include <dirent.h>
#include <fcntl.h>
#include <inttypes.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PHOTO_MAX = 4 << 20, PHOTO_DIGEST = 32, PHOTOS_OF_A_CASE = 64 };

struct photo {
    struct ask ask;
    uint64_t number;
    char name[2 * PHOTO_DIGEST + 1];
    uint8_t *bytes;
    size_t size;
};

static void photo_free(struct ask *a)
{
    free(((struct photo *)a)->bytes);
}

/* ---- what it is ---- */

static const char *type_of(const uint8_t *b, size_t n)
{
    if (n > 3 && b[0] == 0xFF && b[1] == 0xD8 && b[2] == 0xFF)
        return "image/jpeg";
    if (n > 8 && memcmp(b, "\x89PNG\r\n\x1a\n", 8) == 0)
        return "image/png";
    if (n > 12 && memcmp(b, "RIFF", 4) == 0 && memcmp(b + 8, "WEBP", 4) == 0)
        return "image/webp";
    return NULL;
}

/* Segments APP1 to APP15 and comments of a JPEG are left out; the rest is moved up. False: its
 * segments do not follow each other. */
static bool strip_jpeg(uint8_t *b, size_t *size)
{
    size_t from = 2, to = 2, n = *size;
    while (from + 4 <= n && b[from] == 0xFF && b[from + 1] != 0xDA) {
        size_t length = 2 + ((size_t)b[from + 2] << 8 | b[from + 3]);
        bool told = (b[from + 1] > 0xE0 && b[from + 1] <= 0xEF) || b[from + 1] == 0xFE;
        if (length < 4 || from + length > n)
            return false;
        if (!told) {
            memmove(b + to, b + from, length);
            to += length;
        }
        from += length;
    }
    if (from + 4 > n || b[from] != 0xFF)
        return false;
    memmove(b + to, b + from, n - from);
    *size = to + (n - from);
    return true;
}

/* ---- files ---- */

static bool folder_of(const struct photo *p, char *out, size_t size, bool make)
{
    const char *root = p->ask.board->settings.photos;
    int n = snprintf(out, size, "%s/%" PRIu64, root, p->number);
    if (!*root || n < 0 || (size_t)n >= size)
        return false;
    if (make) {
        (void)mkdir(root, 0700);
        (void)mkdir(out, 0700);
    }
    return true;
}

static size_t count_files(const char *folder)
{
    size_t n = 0;
    DIR *dir = opendir(folder);
    while (dir && readdir(dir))
        n++;
    if (dir)
        closedir(dir);
    return n;
}

static int write_file(const char *path, const uint8_t *bytes, size_t size)
{
    char beside[BOARD_PATH + 128];
    snprintf(beside, sizeof beside, "%s.new", path);
    int fd = open(beside, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0)
        return HX_IO;
    bool right = write(fd, bytes, size) == (ssize_t)size && fsync(fd) == 0;
    close(fd);
    return right && rename(beside, path) == 0 ? HX_OK : HX_IO;
}

static void store(struct photo *p)
{
    char path[BOARD_PATH + 120], folder[BOARD_PATH + 32];
    if (!folder_of(p, folder, sizeof folder, true)) {
        http_problem(p->ask.request, 503, "NO_PHOTOS", "this board keeps no photos");
        return;
    }
    if (count_files(folder) > PHOTOS_OF_A_CASE) {
        http_problem(p->ask.request, 409, "TOO_MANY_PHOTOS", "a case has at most %d photos",
                     PHOTOS_OF_A_CASE);
        return;
    }
    snprintf(path, sizeof path, "%s/%s", folder, p->name);
    if (write_file(path, p->bytes, p->size) != HX_OK)
        http_problem(p->ask.request, 503, "NOT_KEPT", "the photo could not be written");
    else
        http_answer_json(p->ask.request, 201,
                         json_pack("{s:o}", "evidence", json_sprintf("photo:%s", p->name)));
}

/* ---- putting ---- */

static void on_case_put(void *arg, int err, const hxp_response *answer)
{
    struct photo *p = arg;
    if (!ask_got(p, err, answer, HONGXIN__V1__RESPONSE__ANSWER_CASE_ANSWER))
        return;
    store(p);
    ask_free(p);
}

static struct photo *photo_new(void *board, struct http_request *r)
{
    uint64_t number;
    if (hx_number_parse(http_param(r, 0), &number) != HX_OK) {
        http_problem(r, 404, "NO_CASE", "a case is CL-17, or its number");
        return NULL;
    }
    struct photo *p = ask_new(board, r, sizeof *p);
    if (!p)
        return NULL;
    p->ask.free = photo_free;
    p->number = number;
    return p;
}

static void ask_case(struct photo *p, hx_answer_fn *fn)
{
    hxp_request q = HONGXIN__V1__REQUEST__INIT;
    Hongxin__V1__CaseQuery query = HONGXIN__V1__CASE_QUERY__INIT;
    query.case_number = p->number;
    q.ask_case = HONGXIN__V1__REQUEST__ASK_CASE_QUERY;
    q.case_query = &query;
    ask_start(p, &q, fn);
}

static void name_it(struct photo *p)
{
    uint8_t digest[PHOTO_DIGEST];
    crypto_generichash(digest, sizeof digest, p->bytes, p->size, NULL, 0);
    sodium_bin2hex(p->name, sizeof p->name, digest, sizeof digest);
}

void photos_add(void *board, struct http_request *r)
{
    size_t size;
    const char *body = http_body(r, &size), *type = type_of((const uint8_t *)body, size);
    if (!type || strcmp(http_get_header(r, "Content-Type", NULL), type) != 0) {
        http_problem(r, 415, "NOT_A_PHOTO",
                     "a photo is JPEG, PNG or WebP, and says so in Content-Type");
        return;
    }
    struct photo *p = photo_new(board, r);
    if (!p)
        return;
    p->bytes = malloc(size);
    p->size = size;
    if (p->bytes)
        memcpy(p->bytes, body, size);
    if (!p->bytes || size > PHOTO_MAX ||
        (strcmp(type, "image/jpeg") == 0 && !strip_jpeg(p->bytes, &p->size))) {
        http_problem(r, 422, "NOT_A_PHOTO", "the photo cannot be read, or has more than 4 MiB");
        ask_free(p);
        return;
    }
    name_it(p);
    ask_case(p, on_case_put);
}

/* ---- showing ---- */

static void show(const struct photo *p, const uint8_t *bytes, size_t size)
{
    const char *type = type_of(bytes, size);
    if (!type) {
        http_problem(p->ask.request, 404, "NO_PHOTO", "there is no such photo");
        return;
    }
    http_set_header(p->ask.request, "Cache-Control", "private, max-age=86400, immutable");
    http_set_header(p->ask.request, "Content-Security-Policy", "default-src 'none'; sandbox");
    http_answer(p->ask.request, 200, type, bytes, size);
}

static void on_case_get(void *arg, int err, const hxp_response *answer)
{
    struct photo *p = arg;
    char path[BOARD_PATH + 120], folder[BOARD_PATH + 32];
    if (!ask_got(p, err, answer, HONGXIN__V1__RESPONSE__ANSWER_CASE_ANSWER))
        return;
    int fd = -1;
    if (folder_of(p, folder, sizeof folder, false)) {
        snprintf(path, sizeof path, "%s/%s", folder, p->name);
        fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    }
    p->bytes = fd >= 0 ? malloc(PHOTO_MAX) : NULL;
    ssize_t n = p->bytes ? read(fd, p->bytes, PHOTO_MAX) : 0;
    if (fd >= 0)
        close(fd);
    show(p, p->bytes, n > 0 ? (size_t)n : 0);
    ask_free(p);
}

void photos_show(void *board, struct http_request *r)
{
    const char *name = http_param(r, 1);
    if (strlen(name) != 2 * PHOTO_DIGEST || strspn(name, "0123456789abcdef") != strlen(name)) {
        http_problem(r, 404, "NO_PHOTO", "there is no such photo");
        return;
    }
    struct photo *p = photo_new(board, r);
    if (!p)
        return;
    hx_text_put(p->name, sizeof p->name, name);
    ask_case(p, on_case_get);
}
