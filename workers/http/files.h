/* Static files: a folder read into memory when the worker starts, served with a hash of each file's
 * content. One thread after loading.
 *
 * A file whose name bears a hash of its own (wall-3fc1a09b2c.js) never changes under that name and
 * is cached for a year; every other is asked for again each time and answered 304 while its hash
 * (ETag) is the same. Where a file has its gzip form beside it (wall-3fc1a09b2c.js.gz), whoever
 * takes gzip gets that.
 *
 * The pages may load nothing from elsewhere, and nothing inline but pictures of their own making.
 */
#ifndef HTTP_FILES_H
#define HTTP_FILES_H

#include "http/http.h"

struct http_files; /* opaque */

enum { HTTP_FILES_MAX = 1024, HTTP_FILES_BYTES = 64 << 20 };

/* Reads `folder` and what is below it; names that begin with a dot and links are passed over.
 * HX_CONFIG with the problem: not a folder, too many, too large. HX_NOMEM. */
HX_CHECK int http_files_load(const char *folder, struct http_files **out,
                             struct hx_problem *problem);
void http_files_free(struct http_files *files); /* NULL is allowed */

bool http_files_have(const struct http_files *files, const char *name);

/* A page may bring its style sheet with it, in one <style> without attributes: this is what
 * style-src of the Content-Security-Policy has to name so that it holds, and no other one does:
 * "'sha256-…'", "" when the page has none. */
const char *http_files_style(const struct http_files *files, const char *name);

/* Answers with the file at `name` ("board/index.html", without a slash in front), or 404. */
void http_files_answer(const struct http_files *files, struct http_request *request,
                       const char *name);

#endif
