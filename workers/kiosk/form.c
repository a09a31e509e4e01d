#include "kiosk/form.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

/* What a boundary may be made of (RFC 2046), without the blank that nobody uses. */
#define BOUNDARY_LETTERS                                                                           \
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789'()+_,-./:=?"

enum { BOUNDARY_MAX = 70, LINE_MAX_BYTES = 512, LINES_MAX = 8 };

static const char media_type[] = "multipart/form-data";

bool form_is(const char *content_type)
{
    size_t n = sizeof media_type - 1;
    return strncasecmp(content_type, media_type, n) == 0 &&
           (content_type[n] == ';' || content_type[n] == ' ' || content_type[n] == '\0');
}

/* ---- what is left to read ---- */

struct rest {
    const char *at, *end;
};

static bool skip(struct rest *r, const char *text, size_t n)
{
    if ((size_t)(r->end - r->at) < n || memcmp(r->at, text, n) != 0)
        return false;
    r->at += n;
    return true;
}

/* "\r\n--BOUNDARY", the two lines' ends in front of it included. */
struct delimiter {
    char text[BOUNDARY_MAX + 5];
    size_t size;
};

static bool read_boundary(const char *content_type, struct delimiter *d)
{
    const char *at = strcasestr(content_type, "boundary=");
    if (!at || at == content_type || !strchr("; \t", at[-1]))
        return false;
    at += sizeof "boundary=" - 1;
    bool quoted = *at == '"';
    at += quoted;
    size_t n = strspn(at, BOUNDARY_LETTERS);
    if (n == 0 || n > BOUNDARY_MAX || at[n] != (quoted ? '"' : '\0') || (quoted && at[n + 1]))
        return false;
    d->size = (size_t)snprintf(d->text, sizeof d->text, "\r\n--%.*s", (int)n, at);
    return true;
}

/* ---- one part ---- */

/* `name="VALUE"` behind a semicolon. NULL: there is none. */
static const char *parameter(const char *line, const char *name, size_t *size)
{
    char wanted[40];
    size_t n = (size_t)snprintf(wanted, sizeof wanted, "; %s=\"", name);
    const char *at = strcasestr(line, wanted), *end = at ? strchr(at + n, '"') : NULL;
    if (!end)
        return NULL;
    *size = (size_t)(end - at) - n;
    return at + n;
}

static bool read_disposition(const char *line, struct form_part *part)
{
    static const char head[] = "form-data; ";
    size_t n, unused;
    const char *name = parameter(line, "name", &n);
    if (strncasecmp(line, head, sizeof head - 1) != 0 || !name || n == 0 || n >= FORM_NAME_MAX ||
        *part->name)
        return false;
    memcpy(part->name, name, n);
    part->name[n] = '\0';
    part->is_file = parameter(line, "filename", &unused) != NULL;
    return true;
}

/* A header of a part. What a file claims to be is not believed, so its type is passed over. */
static bool read_header(const char *line, struct form_part *part)
{
    static const char disposition[] = "Content-Disposition: ", type[] = "Content-Type: ";
    if (strncasecmp(line, disposition, sizeof disposition - 1) == 0)
        return read_disposition(line + sizeof disposition - 1, part);
    return strncasecmp(line, type, sizeof type - 1) == 0;
}

/* Headers and the empty line behind them. */
static bool read_head(struct rest *r, struct form_part *part)
{
    for (size_t i = 0; i < LINES_MAX; i++) {
        char line[LINE_MAX_BYTES];
        const char *end = memmem(r->at, (size_t)(r->end - r->at), "\r\n", 2);
        size_t n = end ? (size_t)(end - r->at) : sizeof line;
        if (n >= sizeof line || memchr(r->at, '\0', n))
            return false;
        memcpy(line, r->at, n);
        line[n] = '\0';
        r->at = end + 2;
        if (n == 0)
            return *part->name != '\0';
        if (!read_header(line, part))
            return false;
    }
    return false;
}

/* Up to the next delimiter, and behind it. */
static bool read_content(struct rest *r, const struct delimiter *d, struct form_part *part)
{
    const char *end = memmem(r->at, (size_t)(r->end - r->at), d->text, d->size);
    if (!end)
        return false;
    part->bytes = (const uint8_t *)r->at;
    part->size = (size_t)(end - r->at);
    r->at = end + d->size;
    return true;
}

/* "--" ends the form, and nothing but a line's end may follow. */
static bool is_end(struct rest *r)
{
    if (!skip(r, "--", 2))
        return false;
    (void)skip(r, "\r\n", 2);
    return r->at == r->end;
}

int form_read(const char *content_type, const void *body, size_t size, struct form *out)
{
    struct delimiter d;
    struct rest r = {body, (const char *)body + size};
    out->n = 0;
    if (!form_is(content_type) || !read_boundary(content_type, &d))
        return HX_INVALID;
    if (!skip(&r, d.text + 2, d.size - 2)) /* the first one has no line before it */
        return HX_INVALID;
    while (!is_end(&r)) {
        if (out->n == FORM_PARTS_MAX)
            return HX_TOOBIG;
        struct form_part *part = &out->parts[out->n];
        *part = (struct form_part){.name = ""};
        if (!skip(&r, "\r\n", 2) || !read_head(&r, part) || !read_content(&r, &d, part))
            return HX_INVALID;
        out->n++;
    }
    return HX_OK;
}
