/* Rows of a table in any encoding. See csvfile.h. */
#include "mapping/csvfile.h"
#include "base/utf8.h"
#include <csv.h>
#include <errno.h>
#include <iconv.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { CHUNK = 64 * 1024 };

static const char REPLACEMENT[] =
    "\xEF\xBF\xBD"; /* U+FFFD, for bytes that are not in the encoding */

struct csv_file {
    FILE *in;
    bool close_it;
    iconv_t cd;
    bool is_utf8;
    char delimiter;
    uint64_t size; /* of the file; 0 = not known */
    uint64_t read; /* bytes taken from it */
    bool ended;    /* no more input */

    /* raw bytes not yet converted: the peek at the start, and a character cut by a chunk's end */
    char raw[CHUNK + 16];
    size_t n_raw;

    /* converted text; rows are cut off its front */
    char *text;
    size_t at, end, cap;
    uint64_t line; /* of text[at] */
    uint64_t row;  /* number of the next row */

    /* the fields of the present row */
    struct csv_parser parser;
    char *fields; /* their bytes, one NUL-terminated after the other */
    size_t n_fields, fields_used, fields_cap;
    size_t offsets[CSV_FIELDS_MAX];
    bool too_many;
    bool ended_row;
};

/* ---- input and encoding ---- */

static bool is_utf8(const char *bytes, size_t n, bool cut)
{
    size_t i = 0;

    while (i < n) {
        unsigned char c = (unsigned char)bytes[i];
        size_t more = c < 0x80 ? 0 : c >= 0xC2 && c < 0xE0 ? 1 : c >= 0xE0 && c < 0xF0 ? 2 : 3;
        if (c >= 0x80 && (c < 0xC2 || c > 0xF4))
            return false;
        if (i + more >= n)
            return cut && more; /* the last character may go on behind the peek */
        for (size_t k = 1; k <= more; k++)
            if (((unsigned char)bytes[i + k] & 0xC0) != 0x80)
                return false;
        i += more + 1;
    }
    return true;
}

static void fill_raw(struct csv_file *f)
{
    size_t n = fread(f->raw + f->n_raw, 1, CHUNK - f->n_raw, f->in);

    f->n_raw += n;
    f->read += n;
    if (!n)
        f->ended = true;
}

static const char *named(const char *encoding, const char *chosen)
{
    if (strcasecmp(encoding, "GBK") == 0 || strcasecmp(encoding, "GB2312") == 0)
        return "GB18030"; /* holds both */
    return strcasecmp(encoding, "auto") == 0 ? chosen : encoding;
}

static const char *choose_encoding(struct csv_file *f, const char *encoding)
{
    bool utf8 = is_utf8(f->raw, f->n_raw, f->n_raw == CHUNK);
    return named(encoding, utf8 ? "UTF-8" : "GB18030");
}

static int reserve(char **buf, size_t *cap, size_t need)
{
    size_t want = *cap ? *cap : CHUNK;
    char *bigger;

    if (need <= *cap)
        return HX_OK;
    while (want < need)
        want *= 2;
    bigger = realloc(*buf, want);
    if (!bigger)
        return HX_NOMEM;
    *buf = bigger;
    *cap = want;
    return HX_OK;
}

/* Converts what is in `raw` as far as it goes; a character cut by the chunk's end stays for the
 * next time. Bytes that are not in the encoding become U+FFFD, one each, and the row that has one
 * is bad. */
static int convert(struct csv_file *f)
{
    char *in = f->raw;
    size_t left = f->n_raw;

    if (f->is_utf8 && left) { /* as it is, as far as it is right */
        size_t right = hx_utf8_span(in, left);
        if (reserve(&f->text, &f->cap, f->end + right + 1))
            return HX_NOMEM;
        memcpy(f->text + f->end, in, right);
        f->end += right;
        in += right;
        left -= right;
    }
    while (left) {
        if (reserve(&f->text, &f->cap, f->end + 4 * left + 16))
            return HX_NOMEM;
        char *out = f->text + f->end;
        size_t room = f->cap - f->end;
        size_t rc = iconv(f->cd, &in, &left, &out, &room);
        f->end = (size_t)(out - f->text);
        if (rc != (size_t)-1)
            break;
        if (errno == EINVAL && !f->ended)
            break;
        if (errno != E2BIG && left) {
            memcpy(f->text + f->end, REPLACEMENT, 3);
            f->end += 3;
            in++;
            left--;
        }
    }
    memmove(f->raw, in, left);
    f->n_raw = left;
    return HX_OK;
}

/* More text behind what is there; HX_NOTFOUND when there is none. */
static int more_text(struct csv_file *f)
{
    if (f->ended && !f->n_raw)
        return HX_NOTFOUND;
    if (f->at > CHUNK) {
        memmove(f->text, f->text + f->at, f->end - f->at);
        f->end -= f->at;
        f->at = 0;
    }
    if (!f->ended)
        fill_raw(f);
    if (ferror(f->in))
        return HX_IO;
    return convert(f);
}

static int open_input(struct csv_file *f, const char *path, char problem[256])
{
    struct stat st;

    f->close_it = strcmp(path, "-") != 0;
    f->in = f->close_it ? fopen(path, "rb") : stdin;
    if (!f->in) {
        snprintf(problem, 256, "%.180s: %s", path, strerror(errno));
        return errno == ENOENT                      ? HX_NOTFOUND
               : errno == EMFILE || errno == ENFILE ? HX_AGAIN
                                                    : HX_IO;
    }
    if (!fstat(fileno(f->in), &st) && S_ISREG(st.st_mode))
        f->size = (uint64_t)st.st_size;
    else if (S_ISDIR(st.st_mode)) {
        snprintf(problem, 256, "%.180s is a folder", path);
        return HX_IO;
    }
    return HX_OK;
}

int csv_converter_hold(const char *encoding, void **out)
{
    iconv_t cd = iconv_open("UTF-8", named(encoding, "GB18030"));
    *out = cd == (iconv_t)-1 ? NULL : cd;
    return *out ? HX_OK : HX_INVALID;
}

void csv_converter_release(void *held)
{
    if (held)
        iconv_close(held);
}

int csv_file_open(const char *path, const char *encoding, char delimiter, struct csv_file **out,
                  char problem[256])
{
    struct csv_file *f = calloc(1, sizeof *f);
    int rc;

    if (!f)
        return HX_NOMEM;
    f->cd = (iconv_t)-1;
    f->delimiter = delimiter;
    f->line = 1;
    rc = open_input(f, path, problem);
    if (rc)
        goto close;
    fill_raw(f);
    size_t mark = hx_utf8_mark(f->raw, f->n_raw);
    if (mark) {
        memmove(f->raw, f->raw + mark, f->n_raw -= mark);
        encoding = "UTF-8";
    }
    encoding = choose_encoding(f, encoding);
    f->is_utf8 = strcasecmp(encoding, "UTF-8") == 0;
    f->cd = iconv_open("UTF-8", encoding);
    rc = HX_INVALID;
    if (f->cd == (iconv_t)-1) {
        snprintf(problem, 256, "encoding \"%.60s\" is not known here", encoding);
        goto close;
    }
    rc = convert(f);
    if (rc || csv_init(&f->parser, CSV_STRICT | CSV_STRICT_FINI))
        goto close;
    csv_set_delim(&f->parser, (unsigned char)delimiter);
    *out = f;
    return HX_OK;
close:
    csv_file_close(f);
    return rc;
}

void csv_file_close(struct csv_file *f)
{
    if (!f)
        return;
    csv_free(&f->parser);
    if (f->cd != (iconv_t)-1)
        iconv_close(f->cd);
    if (f->in && f->close_it)
        fclose(f->in);
    free(f->text);
    free(f->fields);
    free(f);
}

/* ---- rows ---- */

/* The end of the line that starts at `from` (an offset from f->at, behind its \n); 0 when the input
 * ends there. */
static int line_end(struct csv_file *f, size_t from, size_t *end)
{
    size_t searched = from;

    for (;;) {
        size_t have = f->end - f->at; /* 0 also before anything was read: there is no text then */
        const char *nl = NULL;
        if (have > searched)
            nl = memchr(f->text + f->at + searched, '\n', have - searched);
        if (nl) {
            *end = (size_t)(nl - f->text) - f->at + 1;
            return HX_OK;
        }
        searched = have;
        int rc = have - from > CSV_ROW_BYTES_MAX ? HX_NOTFOUND : more_text(f);
        if (rc == HX_NOTFOUND) {
            *end = f->end - f->at;
            return *end > from ? HX_OK : HX_NOTFOUND;
        }
        if (rc)
            return rc;
    }
}

static size_t count_quotes(const char *text, size_t n)
{
    size_t quotes = 0;

    for (size_t i = 0; i < n; i++)
        quotes += text[i] == '"';
    return quotes;
}

static void on_field(void *bytes, size_t n, void *ctx)
{
    struct csv_file *f = ctx;
    const char *text = bytes;

    while (n && (*text == ' ' || *text == '\t'))
        text++, n--;
    while (n && (text[n - 1] == ' ' || text[n - 1] == '\t'))
        n--;
    if (f->n_fields == CSV_FIELDS_MAX ||
        reserve(&f->fields, &f->fields_cap, f->fields_used + n + 1)) {
        f->too_many = true;
        return;
    }
    f->offsets[f->n_fields++] = f->fields_used;
    for (size_t i = 0; i < n; i++) /* a line end inside a field is one newline, whoever wrote it */
        if (text[i] != '\r' || i + 1 == n || text[i + 1] != '\n')
            f->fields[f->fields_used++] = text[i];
    f->fields[f->fields_used++] = '\0';
}

static void on_row(int end, void *ctx)
{
    struct csv_file *f = ctx;

    (void)end;
    f->ended_row = true;
}

static const char *split(struct csv_file *f, const char *text, size_t size)
{
    f->n_fields = f->fields_used = 0;
    f->too_many = f->ended_row = false;
    if (csv_parse(&f->parser, text, size, on_field, on_row, f) != size ||
        csv_fini(&f->parser, on_field, on_row, f)) {
        /* libcsv keeps the state of what it refused; begin the next row with a clean parser */
        csv_free(&f->parser);
        if (csv_init(&f->parser, CSV_STRICT | CSV_STRICT_FINI))
            return "out of memory";
        csv_set_delim(&f->parser, (unsigned char)f->delimiter);
        return "quotation marks do not pair up";
    }
    if (f->too_many)
        return "more fields than a row may have";
    if (memchr(text, '\0', size))
        return "contains a NUL byte";
    if (memmem(text, size, REPLACEMENT, 3))
        return "contains bytes that are not in the file's encoding";
    return NULL;
}

/* Cuts the row of `size` bytes and `lines` lines off the front of the text. */
static void cut(struct csv_file *f, size_t size, uint64_t lines, struct csv_row *row)
{
    row->text = f->text + f->at;
    row->size = size;
    while (row->size && (row->text[row->size - 1] == '\n' || row->text[row->size - 1] == '\r'))
        row->size--;
    row->line = f->line;
    row->row = f->row++;
    row->n = row->bad ? 0 : f->n_fields;
    for (size_t i = 0; i < row->n; i++)
        row->fields[i] = f->fields + f->offsets[i];
    f->at += size;
    f->line += lines;
}

static bool is_blank(const char *text, size_t n)
{
    while (n && (text[n - 1] == '\n' || text[n - 1] == '\r' || text[n - 1] == ' '))
        n--;
    return n == 0;
}

static int skip_blank(struct csv_file *f)
{
    size_t end;
    int rc;

    while (!(rc = line_end(f, 0, &end)) && is_blank(f->text + f->at, end)) {
        f->at += end;
        f->line++;
    }
    return rc;
}

int csv_file_next(struct csv_file *f, struct csv_row *row)
{
    size_t first = 0, end, quotes = 0, begin = 0;
    uint64_t lines = 0;
    int rc = skip_blank(f);

    if (rc)
        return rc;
    rc = line_end(f, 0, &first);
    for (end = first; !rc; rc = line_end(f, begin, &end)) {
        quotes += count_quotes(f->text + f->at + begin, end - begin);
        begin = end;
        lines++;
        if (quotes % 2 == 0 || lines == CSV_ROW_LINES_MAX || end > CSV_ROW_BYTES_MAX)
            break;
    }
    if (rc && rc != HX_NOTFOUND)
        return rc;
    row->bad = quotes % 2 ? "a quotation mark is never closed" : NULL;
    if (!row->bad && begin > CSV_ROW_BYTES_MAX)
        row->bad = "longer than a row may be";
    if (!row->bad)
        row->bad = split(f, f->text + f->at, begin);
    /* what is wrong is in the first line: the lines behind it get their own chance */
    if (row->bad && lines > 1)
        begin = first, lines = 1;
    cut(f, begin, lines, row);
    return HX_OK;
}

void csv_file_progress(const struct csv_file *f, uint64_t *at, uint64_t *size)
{
    uint64_t pending = f->n_raw + (f->end - f->at);

    *at = f->read > pending ? f->read - pending : 0;
    *size = f->size;
}
