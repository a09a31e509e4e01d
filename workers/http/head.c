#include "http/head.h"

#include "base/utf8.h"
#include <string.h>
#include <strings.h>

/* ---- characters ---- */

static bool is_token(unsigned char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           (c != '\0' && strchr("!#$%&'*+-.^_`|~", c));
}

static int hex(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

static bool fail(struct http_fault *fault, int status, const char *code)
{
    *fault = (struct http_fault){status, code};
    return false;
}

/* ---- lines ---- */

size_t http_head_end(const char *bytes, size_t size, size_t *seen)
{
    size_t from = *seen > 3 ? *seen - 3 : 0;
    const char *end =
        size >= 4 && from < size ? memmem(bytes + from, size - from, "\r\n\r\n", 4) : NULL;
    *seen = size;
    return end ? (size_t)(end - bytes) + 4 : 0;
}

/* The next line without its CRLF, which becomes a NUL. NULL for a CR or LF alone, or a NUL. */
static char *next_line(char **at, const char *end)
{
    char *line = *at, *p = line;
    while (p < end && *p != '\r' && *p != '\n' && *p != '\0')
        p++;
    if (p + 1 >= end || p[0] != '\r' || p[1] != '\n')
        return NULL;
    *p = '\0';
    *at = p + 2;
    return line;
}

/* ---- the first line ---- */

static bool is_known_method(const char *method)
{
    static const char *const known[] = {"GET",    "HEAD",    "POST",  "PUT",  "PATCH",
                                        "DELETE", "OPTIONS", "TRACE", "QUERY"};
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (strcmp(method, known[i]) == 0)
            return true;
    return false;
}

/* Visible ASCII that begins with a slash; each escape is one, and none of them is a NUL. */
static bool is_target(const char *target)
{
    if (*target != '/')
        return false;
    for (const char *p = target; *p; p++) {
        if (*p <= ' ' || *p >= 0x7f || *p == '#')
            return false;
        if (*p == '%' && (hex(p[1]) < 0 || hex(p[2]) < 0 || (p[1] == '0' && p[2] == '0')))
            return false;
    }
    return true;
}

static bool read_version(const char *text, struct http_head *head, struct http_fault *fault)
{
    if (strncmp(text, "HTTP/", 5) != 0)
        return fail(fault, 400, "BAD_REQUEST_LINE");
    if (strcmp(text, "HTTP/1.1") != 0 && strcmp(text, "HTTP/1.0") != 0)
        return fail(fault, 505, "BAD_VERSION");
    head->minor = text[7] == '1';
    return true;
}

static bool read_request_line(char *line, struct http_head *head, struct http_fault *fault)
{
    char *target = line ? strchr(line, ' ') : NULL;
    char *version = target ? strchr(target + 1, ' ') : NULL;
    if (!version || target == line || target - line > HTTP_METHOD_MAX)
        return fail(fault, 400, "BAD_REQUEST_LINE");
    *target++ = '\0';
    *version++ = '\0';
    head->method = line;
    head->target = target;
    for (const char *p = line; *p; p++)
        if (!is_token((unsigned char)*p))
            return fail(fault, 400, "BAD_REQUEST_LINE");
    if (!read_version(version, head, fault))
        return false;
    if (!is_known_method(line))
        return fail(fault, 501, "UNKNOWN_METHOD");
    return is_target(target) || fail(fault, 400, "BAD_TARGET");
}

/* ---- headers ---- */

static bool is_value(const char *value)
{
    for (const unsigned char *p = (const unsigned char *)value; *p; p++)
        if ((*p < ' ' && *p != '\t') || *p == 0x7f)
            return false;
    return true;
}

static bool read_header(char *line, struct http_header *header)
{
    char *colon = line, *value, *end;
    while (is_token((unsigned char)*colon))
        colon++;
    if (colon == line || *colon != ':') /* also a folded line, or a blank before the colon */
        return false;
    *colon = '\0';
    value = colon + 1;
    value += strspn(value, " \t");
    end = value + strlen(value);
    while (end > value && (end[-1] == ' ' || end[-1] == '\t'))
        end--;
    *end = '\0';
    *header = (struct http_header){line, value};
    return is_value(value);
}

static bool read_headers(char **at, char *end, size_t most, struct http_head *head,
                         struct http_fault *fault)
{
    char *line;
    while ((line = next_line(at, end)) != NULL && *line) {
        if (head->n >= most || head->n >= HTTP_HEADERS_MAX)
            return fail(fault, 431, "TOO_MANY_HEADERS");
        if (!read_header(line, &head->headers[head->n]))
            return fail(fault, 400, "BAD_HEADER");
        head->n++;
    }
    return line && *at == end ? true : fail(fault, 400, "BAD_HEADER");
}

/* ---- what the headers say ---- */

static size_t count(const struct http_head *head, const char *name)
{
    size_t n = 0;
    for (size_t i = 0; i < head->n; i++)
        n += strcasecmp(head->headers[i].name, name) == 0;
    return n;
}

const char *http_head_get(const struct http_head *head, const char *name)
{
    for (size_t i = 0; i < head->n; i++)
        if (strcasecmp(head->headers[i].name, name) == 0)
            return head->headers[i].value;
    return NULL;
}

static bool read_length(const char *text, int64_t *length)
{
    size_t n = strlen(text);
    if (n == 0 || n > 18 || strspn(text, "0123456789") != n)
        return false;
    *length = 0;
    for (; *text; text++)
        *length = *length * 10 + (*text - '0');
    return true;
}

static bool frame(struct http_head *head, struct http_fault *fault)
{
    size_t lengths = count(head, "Content-Length"), codings = count(head, "Transfer-Encoding");
    const char *length = http_head_get(head, "Content-Length");
    head->length = -1;
    if (lengths > 1 || (length && !read_length(length, &head->length)))
        return fail(fault, 400, "BAD_LENGTH");
    if (!codings)
        return true;
    if (lengths || codings > 1 || !head->minor)
        return fail(fault, 400, "BAD_TRANSFER_ENCODING");
    if (strcasecmp(http_head_get(head, "Transfer-Encoding"), "chunked") != 0)
        return fail(fault, 501, "UNKNOWN_TRANSFER_ENCODING");
    head->chunked = true;
    return true;
}

static bool is_host(const char *host)
{
    return *host && strspn(host, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                 "0123456789.-_:[]%~") == strlen(host);
}

/* Whether a list of words, parted by commas, holds this one. */
static bool has_word(const char *list, const char *word)
{
    size_t n = strlen(word);
    const char *p = list ? list : "";
    while (*p) {
        p += strspn(p, ", \t");
        size_t length = strcspn(p, ", \t");
        if (length == n && strncasecmp(p, word, n) == 0)
            return true;
        p += length;
    }
    return false;
}

static bool judge(struct http_head *head, struct http_fault *fault)
{
    const char *host = http_head_get(head, "Host"), *wanted = http_head_get(head, "Connection");
    const char *expect = http_head_get(head, "Expect");
    if (count(head, "Host") != 1 || !is_host(host))
        return fail(fault, 400, "BAD_HOST");
    head->keep_alive = head->minor ? !has_word(wanted, "close") : has_word(wanted, "keep-alive");
    head->expect_continue = expect && strcasecmp(expect, "100-continue") == 0;
    if (expect && !head->expect_continue)
        return fail(fault, 417, "UNKNOWN_EXPECTATION");
    return frame(head, fault);
}

bool http_head_parse(char *bytes, size_t size, size_t most, struct http_head *head,
                     struct http_fault *fault)
{
    char *at = bytes, *end = bytes + size;
    head->n = 0;
    head->minor = 0;
    head->chunked = head->keep_alive = head->expect_continue = false;
    return read_request_line(next_line(&at, end), head, fault) &&
           read_headers(&at, end, most, head, fault) && judge(head, fault);
}

/* ---- chunks ---- */

bool http_chunk_size(const char *line, size_t size, uint64_t *bytes)
{
    *bytes = 0;
    if (size == 0 || size > 8)
        return false;
    for (size_t i = 0; i < size; i++) {
        int digit = hex(line[i]);
        if (digit < 0)
            return false;
        *bytes = *bytes * 16 + (unsigned)digit;
    }
    return *bytes <= INT32_MAX;
}

/* ---- targets ---- */

/* Undoes escapes from `from` to `to`; false when a character comes out that must not. Without
 * `never` it is a form's text, where '+' is a blank. */
static bool unescape(const char *from, const char *to, char *out, const char *never)
{
    for (; from < to; out++) {
        unsigned char c = (unsigned char)*from++;
        if (c == '+' && !never)
            c = ' ';
        else if (c == '%') {
            int high = hex(from[0]), low = high < 0 ? -1 : hex(from[1]);
            if (low < 0)
                return false;
            c = (unsigned char)(high * 16 + low);
            from += 2;
            if (never && strchr(never, c))
                return false;
        }
        if (c < ' ' || c == 0x7f)
            return false;
        *out = (char)c;
    }
    *out = '\0';
    return true;
}

static bool has_dots(const char *path)
{
    for (const char *p = path; p; p = strchr(p + 1, '/')) {
        size_t n = strcspn(p + 1, "/");
        if ((n == 1 && p[1] == '.') || (n == 2 && p[1] == '.' && p[2] == '.'))
            return true;
    }
    return false;
}

bool http_path_decode(char *target, char **query)
{
    char *mark = strchr(target, '?'), *end = mark ? mark : target + strlen(target);
    *query = mark ? mark + 1 : end;
    if (!unescape(target, end, target, "/\\"))
        return false;
    size_t n = strlen(target);
    return hx_utf8_span(target, n) == n && !has_dots(target);
}

/* What stands behind "name="; NULL when it is not there. */
static const char *find_value(const char *query, const char *name)
{
    size_t n = strlen(name);
    for (const char *p = query; p; p = strchr(p, '&'), p = p ? p + 1 : NULL)
        if (strncmp(p, name, n) == 0 && p[n] == '=')
            return p + n + 1;
    return NULL;
}

bool http_query_has(const char *query, const char *name)
{
    return find_value(query, name) != NULL;
}

bool http_query_get(const char *query, const char *name, char *out, size_t size)
{
    const char *from = find_value(query, name);
    size_t length = from ? strcspn(from, "&") : size;
    return length < size && unescape(from, from + length, out, NULL) &&
           hx_utf8_span(out, strlen(out)) == strlen(out);
}
