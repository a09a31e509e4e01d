/* Photos beside a case: made anew from their pixels (picture/remake.h), so that nothing of what a
 * camera writes about place and owner goes on, and kept in a folder of the case, each named by its
 * digest. Who may publish and see the case may add one; who may see the case may see them. */
#include "base/text.h"
#include "board/ask.h"
#include "picture/evidence.h"
#include "picture/remake.h"
#include <dirent.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PHOTO_MAX = 4 << 20, PHOTOS_OF_A_CASE = 64 };

struct photo {
    struct ask ask;
    uint64_t number;
    char name[EVIDENCE_NAME];
};

static bool folder_of(const struct photo *p, char *out, size_t size)
{
    const char *root = p->ask.board->settings.photos;
    int n = snprintf(out, size, "%s/%" PRIu64, root, p->number);
    return *root && n > 0 && (size_t)n < size;
}

static bool make_folder(const struct photo *p, const char *folder)
{
    return evidence_folder(p->ask.board->settings.photos) && evidence_folder(folder);
}

static size_t count_files(const char *folder)
{
    size_t n = 0;
    const struct dirent *e;
    DIR *dir = opendir(folder);
    while (dir && (e = readdir(dir)) != NULL)
        n += e->d_name[0] != '.';
    if (dir)
        closedir(dir);
    return n;
}

/* ---- putting ---- */

static void keep(struct photo *p, const uint8_t *bytes, size_t size)
{
    struct http_request *r = p->ask.request;
    char folder[BOARD_PATH + 32];
    bool fresh;
    if (!folder_of(p, folder, sizeof folder))
        http_problem(r, 404, "NO_PHOTOS", "this board keeps no photos");
    else if (!make_folder(p, folder))
        http_problem(r, 503, "NOT_KEPT", "the photo could not be written");
    else if (count_files(folder) >= PHOTOS_OF_A_CASE)
        http_problem(r, 409, "TOO_MANY_PHOTOS", "a case has at most %d photos", PHOTOS_OF_A_CASE);
    else if (evidence_put(folder, bytes, size, p->name, &fresh) != HX_OK)
        http_problem(r, 503, "NOT_KEPT", "the photo could not be written");
    else
        http_answer_json(r, 201, json_pack("{s:o}", "evidence", json_sprintf("photo:%s", p->name)));
}

static void refuse(struct http_request *r, int err)
{
    static const struct {
        int err, status;
        const char *code, *text;
    } table[] = {
        {HX_INVALID, 422, "BAD_PHOTO", "the photo cannot be read"},
        {HX_TOOBIG, 422, "TOO_MANY_PIXELS", "the photo has more pixels than are taken"},
        {HX_TIMEOUT, 422, "PHOTO_TOO_SLOW", "the photo takes too long to read"},
        {HX_CLOSED, 503, "STOPPING", "the board ends; again in a second"},
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        if (table[i].err == err) {
            http_problem(r, table[i].status, table[i].code, "%s", table[i].text);
            return;
        }
    http_problem(r, 503, "NOT_KEPT", "%s", hx_strerror(err));
}

static void on_made(void *arg, int err, const uint8_t *bytes, size_t size)
{
    struct photo *p = arg;
    if (err)
        refuse(p->ask.request, err);
    else
        keep(p, bytes, size);
    ask_free(p);
}

static void on_case_put(void *arg, int err, const hxp_response *answer)
{
    struct photo *p = arg;
    size_t size;
    if (!ask_got(p, err, answer, HONGXIN__V1__RESPONSE__ANSWER_CASE_ANSWER))
        return;
    const char *body = http_body(p->ask.request, &size); /* lives until it is answered */
    int rc = remaker_start(p->ask.board->remaker, (const uint8_t *)body, size, on_made, p);
    if (rc) {
        refuse(p->ask.request, rc);
        ask_free(p);
    }
}

/* A photo is there to be named by an event: whoever may say none has none to put. */
static bool may_publish(const Hongxin__V1__WhoAnswer *who)
{
    for (size_t i = 0; i < who->n_rights; i++)
        if (strcmp(who->rights[i], "publish") == 0)
            return true;
    return !who->enforced;
}

static void on_who(void *arg, int err, const hxp_response *answer)
{
    struct photo *p = arg;
    if (!ask_got(p, err, answer, HONGXIN__V1__RESPONSE__ANSWER_WHO))
        return;
    if (may_publish(answer->who)) {
        ask_case(p, p->number, false, on_case_put);
        return;
    }
    http_problem(p->ask.request, 403, "NO_RIGHT", "who may say nothing about a case adds no photo");
    ask_free(p);
}

static struct photo *photo_new(void *board, struct http_request *r)
{
    uint64_t number;
    if (!query_case(r, &number))
        return NULL;
    struct photo *p = ask_new(board, r, sizeof *p);
    if (p)
        p->number = number;
    return p;
}

/* By its header alone, and as it says of itself. */
static bool is_photo(const struct board *b, struct http_request *r)
{
    static const char *const types[] = {[PICTURE_JPEG] = "image/jpeg", [PICTURE_PNG] = "image/png"};
    struct picture_head head;
    size_t size;
    const char *body = http_body(r, &size);
    if (picture_look((const uint8_t *)body, size, &head) != HX_OK ||
        strcmp(http_get_header(r, "Content-Type", NULL), types[head.kind]) != 0)
        http_problem(r, 415, "NOT_A_PHOTO", "a photo is JPEG or PNG, and says so in Content-Type");
    else if (size > PHOTO_MAX)
        http_problem(r, 413, "PHOTO_TOO_LARGE", "a photo has at most 4 MiB");
    else if (!picture_fits(&head, &b->photo_limits))
        refuse(r, HX_TOOBIG);
    else
        return true;
    return false;
}

void photos_add(void *board, struct http_request *r)
{
    struct photo *p = is_photo(board, r) ? photo_new(board, r) : NULL;
    if (!p)
        return;
    ask_who(p, on_who);
}

/* ---- showing ---- */

static void on_case_get(void *arg, int err, const hxp_response *answer)
{
    struct photo *p = arg;
    char folder[BOARD_PATH + 32];
    uint8_t *bytes = NULL;
    size_t size;
    if (!ask_got(p, err, answer, HONGXIN__V1__RESPONSE__ANSWER_CASE_ANSWER))
        return;
    if (!folder_of(p, folder, sizeof folder) ||
        evidence_get(folder, p->name, &bytes, &size) != HX_OK) {
        http_problem(p->ask.request, 404, "NO_PHOTO", "there is no such photo");
    } else {
        http_set_header(p->ask.request, "Cache-Control", "private, max-age=86400, immutable");
        http_set_header(p->ask.request, "Content-Security-Policy", "default-src 'none'; sandbox");
        http_answer(p->ask.request, 200, "image/jpeg", bytes, size);
    }
    free(bytes);
    ask_free(p);
}

void photos_show(void *board, struct http_request *r)
{
    const char *name = http_param(r, 1);
    if (strlen(name) != EVIDENCE_NAME - 1 ||
        strspn(name, "0123456789abcdef") != EVIDENCE_NAME - 1) {
        http_problem(r, 404, "NO_PHOTO", "there is no such photo");
        return;
    }
    struct photo *p = photo_new(board, r);
    if (!p)
        return;
    hx_text_put(p->name, sizeof p->name, name);
    ask_case(p, p->number, false, on_case_get);
}
