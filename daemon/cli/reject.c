/* The file of rejected rows. */
#include "cli/reject.h"
#include <csv.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

int reject_init(struct reject_file *f, const char *path, bool append)
{
    *f = (struct reject_file){.append = append};
    if (path && !(f->path = strdup(path)))
        return HX_NOMEM;
    if (path && !append)
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
    if (!f->path)
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
    f->path = NULL;
    f->out = NULL;
    return rc;
}
