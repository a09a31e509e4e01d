#include "hotline/frames.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

const char *frame_get(const struct frame *f, const char *name)
{
    for (size_t i = 0; i < f->n; i++)
        if (strcasecmp(f->fields[i].name, name) == 0)
            return f->fields[i].value;
    return NULL;
}

/* One line without its end; a line without a colon says nothing. */
static bool take_line(struct frame *f, char *line)
{
    char *colon = strchr(line, ':');
    if (!colon)
        return true;
    if (f->n == FRAME_FIELDS_MAX)
        return false;
    *colon = '\0';
    f->fields[f->n].name = line;
    f->fields[f->n].value = colon + 1 + strspn(colon + 1, " \t");
    f->n++;
    return true;
}

/* Lines up to `end`, each ended by LF or CRLF; a NUL inside cuts its line short. */
static bool take_lines(struct frame *f, char *at, char *end)
{
    while (at < end) {
        char *lf = memchr(at, '\n', (size_t)(end - at)), *stop = lf ? lf : end;
        if (stop > at && stop[-1] == '\r')
            stop[-1] = '\0';
        *stop = '\0';
        if (!take_line(f, at))
            return false;
        at = stop + 1;
    }
    return true;
}

/* ---- FreeSWITCH ---- */

static long length_of(const struct frame *f)
{
    const char *text = frame_get(f, "Content-Length");
    char *end;
    if (!text)
        return 0;
    long n = strtol(text, &end, 10);
    return *text >= '0' && *text <= '9' && !*end && n <= FRAME_BYTES_MAX ? n : FRAME_BROKEN;
}

long esl_frame(char *bytes, size_t size, struct frame *f)
{
    char *end = memmem(bytes, size, "\n\n", 2);
    f->n = 0;
    f->body = NULL;
    f->body_size = 0;
    if (!end)
        return size > FRAME_BYTES_MAX ? FRAME_BROKEN : 0;
    size_t head = (size_t)(end - bytes) + 2;
    /* looked at before anything is written over: the frame may not be whole yet */
    char *copy = malloc(head + 1);
    if (!copy)
        return FRAME_BROKEN;
    memcpy(copy, bytes, head);
    copy[head] = '\0';
    long length = take_lines(f, copy, copy + head - 1) ? length_of(f) : FRAME_BROKEN;
    free(copy);
    f->n = 0;
    if (length < 0)
        return FRAME_BROKEN;
    if (size < head + (size_t)length)
        return 0;
    (void)take_lines(f, bytes, bytes + head - 1);
    if (length > 0) {
        f->body = bytes + head;
        f->body_size = (size_t)length;
    }
    return (long)head + length;
}

static int hex(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

static void unescape(char *text)
{
    char *out = text;
    for (char *p = text; *p; out++) {
        int high = *p == '%' ? hex(p[1]) : -1, low = high >= 0 ? hex(p[2]) : -1;
        if (low >= 0 && high * 16 + low != 0) {
            *out = (char)(high * 16 + low);
            p += 3;
        } else {
            *out = *p++;
        }
    }
    *out = '\0';
}

bool esl_event(struct frame *e, char *body, size_t size)
{
    char *end = memmem(body, size, "\n\n", 2); /* behind it stands an inner body */
    e->n = 0;
    e->body = NULL;
    e->body_size = 0;
    if (!take_lines(e, body, end ? end + 1 : body + size))
        return false;
    for (size_t i = 0; i < e->n; i++)
        unescape((char *)e->fields[i].value);
    return true;
}

/* ---- Asterisk ---- */

long ami_packet(char *bytes, size_t size, struct frame *f)
{
    char *end = memmem(bytes, size, "\r\n\r\n", 4);
    f->n = 0;
    f->body = NULL;
    f->body_size = 0;
    if (!end)
        return size > FRAME_BYTES_MAX ? FRAME_BROKEN : 0;
    if (!take_lines(f, bytes, end + 2))
        return FRAME_BROKEN;
    return (long)(end - bytes) + 4;
}
