/* The file of rejected rows. */
#include "cli/send/reject.h"
#include <csv.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* Reading the file of the run before: of each row only the line counts. */
struct kept {
    struct reject_file *f;
    size_t column;
    int rc;
};

static void on_field(void *text, size_t size, void *arg)
{
    struct kept *k = arg;
    struct reject_file *f = k->f;
    (void)size;

    if (k->column++ || k->rc)
        return;
    if ((f->n_kept & (f->n_kept + 1)) == 0) { /* full: 1, 3, 7 … are in use */
        uint64_t *more = realloc(f->kept, (2 * f->n_kept + 1) * sizeof *more);
        if (!more) {
            k->rc = HX_NOMEM;
            return;
        }
        f->kept = more;
    }
    f->kept[f->n_kept++] =
        strtoull(text, NULL, 10); /* the heading is line 0, which nobody asks for */
}

static void on_row(int end, void *arg)
{
    (void)end;
    ((struct kept *)arg)->column = 0;
}

static int compare(const void *a, const void *b)
{
    const uint64_t *x = a, *y = b;
    return (*x > *y) - (*x < *y);
}

static int read_kept(struct reject_file *f)
{
    struct kept k = {.f = f};
    struct csv_parser parser;
    char bytes[16384];
    FILE *in = fopen(f->path, "rb");

    if (!in)
        return HX_OK; /* nothing was rejected yet */
    if (csv_init(&parser, CSV_APPEND_NULL)) {
        fclose(in);
        return HX_NOMEM;
    }
    for (size_t n; !k.rc && (n = fread(bytes, 1, sizeof bytes, in)) > 0;)
        if (csv_parse(&parser, bytes, n, on_field, on_row, &k) != n)
            k.rc = HX_NOMEM;
    if (csv_fini(&parser, on_field, on_row, &k) && !k.rc)
        k.rc = HX_NOMEM;
    csv_free(&parser);
    if (ferror(in) && !k.rc)
        k.rc = HX_IO;
    fclose(in);
    if (f->n_kept)
        qsort(f->kept, f->n_kept, sizeof *f->kept, compare);
    return k.rc;
}

int reject_init(struct reject_file *f, const char *path, bool append)
{
    *f = (struct reject_file){.append = append};
    if (path && !(f->path = strdup(path)))
        return HX_NOMEM;
    if (path && append)
        return read_kept(f);
    if (path)
        remove(path); /* the rejects of an older run are not of this one */
    return HX_OK;
}

static int open_it(struct reject_file *f)
{
    f->out = fopen(f->path, f->append ? "ab" : "wb");
    if (!f->out)
        return HX_IO;
    if (fchmod(fileno(f->out), 0600)) /* a row may name a reporter */
        return HX_IO;
    if (ftell(f->out) == 0 && fputs("line,reason,row\n", f->out) < 0)
        return HX_IO;
    return HX_OK;
}

int reject_add(struct reject_file *f, uint64_t line, const char *reason, const char *text,
               size_t size)
{
    f->n++;
    if (!f->path || (f->n_kept && bsearch(&line, f->kept, f->n_kept, sizeof *f->kept, compare)))
        return HX_OK;
    if (!f->out && open_it(f))
        return HX_IO;
    fprintf(f->out, "%" PRIu64 ",", line);
    csv_fwrite(f->out, reason, strlen(reason));
    fputc(',', f->out);
    csv_fwrite(f->out, text, size);
    fputc('\n', f->out);
    /* at once: the checkpoint says that this row is done with */
    return fflush(f->out) ? HX_IO : HX_OK;
}

int reject_fini(struct reject_file *f)
{
    int rc = f->out && fclose(f->out) ? HX_IO : HX_OK;

    free(f->path);
    free(f->kept);
    f->path = NULL;
    f->kept = NULL;
    f->out = NULL;
    return rc;
}
