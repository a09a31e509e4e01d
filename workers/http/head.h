/* The head of an HTTP/1.1 request, read strictly.
 *
 * What two programs could understand in two ways is refused, because that is what request smuggling
 * is made of (RFC 9112, 11.2): bare CR or LF, a header name with a blank behind it, a folded line,
 * a NUL, two lengths, a length beside chunks, any transfer coding but `chunked`, a target that does
 * not begin with '/'. libevent's own parser lets several of these through before anybody could
 * look, which is why this one exists. Pure functions; any thread. */
#ifndef HTTP_HEAD_H
#define HTTP_HEAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { HTTP_HEADERS_MAX = 128, HTTP_METHOD_MAX = 16 };

struct http_header {
    const char *name, *value; /* the value without blanks around it */
};

/* Texts point into the bytes that were read. */
struct http_head {
    const char *method, *target;
    unsigned minor; /* of HTTP/1.x */
    size_t n;
    struct http_header headers[HTTP_HEADERS_MAX];
    /* what the headers say about the message */
    int64_t length; /* of the body; -1 = none was given */
    bool chunked, keep_alive, expect_continue;
};

/* What is wrong with a request: a status and a word for programs and people. */
struct http_fault {
    int status;       /* 400, 414, 431, 501, 505 … */
    const char *code; /* "BAD_HEADER": static text */
};

/* Where the head ends: bytes up to and with its empty line. 0: not yet, go on when more has come;
 * `*seen` is where to go on looking. Beginning with 0, it grows with the same bytes. */
size_t http_head_end(const char *bytes, size_t size, size_t *seen);

/* Reads a whole head of `size` bytes, the empty line included; bytes are overwritten with NULs
 * where texts end. At most `most` headers. False with the fault. */
bool http_head_parse(char *bytes, size_t size, size_t most, struct http_head *head,
                     struct http_fault *fault);

/* The value of a header by its name, in any case of letters; NULL when it is missing. With several
 * of one name it is the first. */
const char *http_head_get(const struct http_head *head, const char *name);

/* The line before a chunk: hexadecimal digits and nothing else. False: no such number, or above
 * 2^31. */
bool http_chunk_size(const char *line, size_t size, uint64_t *bytes);

/* A target's path, %-escapes undone, in place: '/' stays what it is, and a path with a NUL, control
 * characters, an escaped slash, a "." or ".." between slashes, or bytes that are not UTF-8 is
 * refused. The query (behind '?') is cut off and returned in *query, "" when there is none. */
bool http_path_decode(char *target, char **query);

/* Whether "name=" stands in a query. */
bool http_query_has(const char *query, const char *name);

/* The value of a name in a query, escapes and '+' undone, copied to `out`. False: not there, longer
 * than `size` - 1, with control characters or not UTF-8. */
bool http_query_get(const char *query, const char *name, char *out, size_t size);

#endif
