#include "board/sign/users.h"

#include "base/disk.h"
#include "base/text.h"
#include "hongxin/key.h"
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FILE_MAX = 8 * 1024 * 1024, TICKET_DIGEST = 32 };

struct users {
    json_t *root, *list; /* list: borrowed from root */
};

/* ---- reading ---- */

static const char *text_of(const json_t *o, const char *key)
{
    const char *text = json_string_value(json_object_get(o, key));
    return text ? text : "";
}

static bool is_user(const json_t *o)
{
    const char *name = text_of(o, "name");
    return json_is_object(o) && *name && strlen(name) <= USER_TEXT &&
           strlen(text_of(o, "password")) < USER_HASH && strlen(text_of(o, "totp")) <= USER_SECRET;
}

static bool names_once(const json_t *list)
{
    size_t i;
    json_t *o, *seen = json_object();
    bool once = seen;
    json_array_foreach (list, i, o) {
        const char *name = text_of(o, "name");
        once = once && !json_object_get(seen, name) &&
               json_object_set_new(seen, name, json_true()) == 0;
    }
    json_decref(seen);
    return once;
}

static int wrong(struct hx_problem *problem, const char *path, const char *what)
{
    (void)hx_problem_set(problem, "%s: %s", path, what);
    return HX_CONFIG;
}

static int take(struct users *u, const char *path, struct hx_problem *problem)
{
    size_t i;
    json_t *o;
    u->list = json_object_get(u->root, "users");
    if (!json_is_array(u->list))
        return wrong(problem, path, "there is no list `users`");
    if (json_array_size(u->list) > USERS_MAX)
        return wrong(problem, path, "too many users");
    json_array_foreach (u->list, i, o)
        if (!is_user(o))
            return wrong(problem, path, "a user has no name, or a text is too long");
    return names_once(u->list) ? HX_OK : wrong(problem, path, "a name stands twice");
}

static int read_all(const char *path, char **out, size_t *size, struct hx_problem *problem)
{
    int fd = hx_secret_open(path);
    if (fd < 0) {
        (void)hx_problem_set(problem, "%s: %s", path,
                             fd == HX_DENIED ? "others may read it, or it is no file: mode 0600"
                                             : hx_strerror(fd));
        return fd;
    }
    char *text = malloc(FILE_MAX + 1);
    ssize_t n = 1;
    *size = 0;
    while (text && n > 0 && *size < FILE_MAX && (n = read(fd, text + *size, FILE_MAX - *size)) > 0)
        *size += (size_t)n;
    close(fd);
    *out = text;
    if (text && n == 0)
        return HX_OK;
    free(text);
    *out = NULL;
    (void)hx_problem_set(problem, "%s: cannot be read, or is too large", path);
    return text ? HX_IO : HX_NOMEM;
}

int users_empty(struct users **out)
{
    struct users *u = calloc(1, sizeof *u);
    if (u && (u->root = json_pack("{s:[], s:[]}", "users", "tickets"))) {
        u->list = json_object_get(u->root, "users");
        *out = u;
        return HX_OK;
    }
    free(u);
    return HX_NOMEM;
}

int users_load(const char *path, struct users **out, struct hx_problem *problem)
{
    char *text = NULL;
    size_t size = 0;
    int rc = read_all(path, &text, &size, problem);
    if (rc)
        return rc;
    json_error_t error;
    struct users *u = calloc(1, sizeof *u);
    if (u)
        u->root = json_loadb(text, size, JSON_REJECT_DUPLICATES, &error);
    sodium_memzero(text, size);
    free(text);
    rc = !u ? HX_NOMEM : HX_OK;
    if (u && !u->root) {
        (void)hx_problem_set(problem, "%s:%d: not JSON", path, error.line);
        rc = HX_CONFIG;
    }
    if (!rc)
        rc = take(u, path, problem);
    if (rc)
        users_free(u);
    else
        *out = u;
    return rc;
}

void users_free(struct users *u)
{
    if (u)
        json_decref(u->root);
    free(u);
}

json_t *users_json(struct users *u)
{
    return u->root;
}

static void fill(const json_t *o, struct user *out)
{
    *out = (struct user){.name = text_of(o, "name"),
                         .title = text_of(o, "title"),
                         .person = text_of(o, "person"),
                         .principal = text_of(o, "principal"),
                         .role = text_of(o, "role"),
                         .areas = json_object_get(o, "areas"),
                         .hash = text_of(o, "password"),
                         .totp = text_of(o, "totp"),
                         .disabled = json_is_true(json_object_get(o, "disabled")),
                         .given = json_is_true(json_object_get(o, "given")),
                         .stamp = json_integer_value(json_object_get(o, "stamp"))};
    out->title = *out->title ? out->title : out->name;
    out->person = *out->person ? out->person : out->name;
}

bool users_at(const struct users *u, size_t i, struct user *out)
{
    if (i >= json_array_size(u->list))
        return false;
    fill(json_array_get(u->list, i), out);
    return true;
}

bool users_find(const struct users *u, const char *name, struct user *out)
{
    size_t i;
    json_t *o;
    json_array_foreach (u->list, i, o)
        if (strcmp(text_of(o, "name"), name) == 0) {
            fill(o, out);
            return true;
        }
    return false;
}

/* ---- writing ---- */

int users_save(struct users *u, const char *path, struct hx_problem *problem)
{
    char beside[1024];
    char *text = json_dumps(u->root, JSON_INDENT(1));
    int n = snprintf(beside, sizeof beside, "%s.new", path);
    if (!text || n < 0 || (size_t)n >= sizeof beside) {
        free(text);
        return HX_NOMEM;
    }
    int fd = open(beside, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
    int rc = fd < 0 ? HX_IO : hx_disk_write_synced(fd, text, strlen(text));
    if (fd >= 0)
        close(fd);
    if (!rc && rename(beside, path) != 0)
        rc = HX_IO;
    if (rc)
        (void)hx_problem_set(problem, "cannot write %s: %s", path, strerror(errno));
    sodium_memzero(text, strlen(text));
    free(text);
    return rc;
}

/* Of its own file: the users' file itself is another one after each change. */
static int lock_beside(const char *path)
{
    char lock[1024];
    int n = snprintf(lock, sizeof lock, "%s.lock", path);
    int fd = n > 0 && (size_t)n < sizeof lock
                 ? open(lock, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600)
                 : -1;
    if (fd >= 0 && flock(fd, LOCK_EX) != 0) {
        close(fd);
        return -1;
    }
    return fd;
}

int users_change(const char *path, int (*change)(void *arg, struct users *users), void *arg,
                 struct hx_problem *problem)
{
    struct users *u = NULL;
    int lock = lock_beside(path);
    if (lock < 0) {
        (void)hx_problem_set(problem, "cannot lock %s: %s", path, strerror(errno));
        return HX_IO;
    }
    int rc = users_load(path, &u, problem);
    if (rc == HX_NOTFOUND)
        rc = users_empty(&u);
    if (!rc)
        rc = change(arg, u);
    if (!rc)
        rc = users_save(u, path, problem);
    users_free(u);
    close(lock);
    return rc;
}

/* ---- tickets ---- */

struct taking {
    const char *ticket;
    int64_t now;
    char name[USER_TEXT + 1];
    bool found;
};

/* Old ones go, and the one that is looked for. */
static int take_out(void *arg, struct users *u)
{
    struct taking *t = arg;
    json_t *list = json_object_get(u->root, "tickets"), *o;
    uint8_t digest[TICKET_DIGEST];
    char hex[2 * TICKET_DIGEST + 1];
    crypto_generichash(digest, sizeof digest, (const uint8_t *)t->ticket, strlen(t->ticket), NULL,
                       0);
    sodium_bin2hex(hex, sizeof hex, digest, sizeof digest);
    for (size_t i = json_array_size(list); i-- > 0;) {
        o = json_array_get(list, i);
        const char *kept = text_of(o, "digest");
        bool right = strlen(kept) == strlen(hex) && sodium_memcmp(kept, hex, strlen(hex)) == 0;
        bool old = json_integer_value(json_object_get(o, "until")) < t->now;
        if (right && !old) {
            hx_text_put(t->name, sizeof t->name, text_of(o, "name"));
            t->found = true;
        }
        if (right || old)
            json_array_remove(list, i);
    }
    return t->found ? HX_OK : HX_NOTFOUND; /* without it nothing is written */
}

bool users_take_ticket(const char *path, const char *ticket, int64_t now_ms,
                       char name[USER_TEXT + 1])
{
    struct hx_problem problem = {""};
    struct taking t = {.ticket = ticket, .now = now_ms};
    bool taken = users_change(path, take_out, &t, &problem) == HX_OK && t.found;
    hx_text_put(name, USER_TEXT + 1, t.name);
    return taken;
}
