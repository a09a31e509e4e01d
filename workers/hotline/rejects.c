#include "hotline/rejects.h"

#include "base/disk.h"
#include <csv.h>
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

/* A write that has failed in between counts, too: the disk may have room again by now. */
static bool write_whole(FILE *f)
{
    bool good = fflush(f) == 0 && !ferror(f) && fsync(fileno(f)) == 0;
    return fclose(f) == 0 && good;
}

bool rejects_add(FILE **list, const char *part, const struct rejects_row *row, const char *reason)
{
    if (!*list) {
        *list = hx_disk_create(part);
        if (!*list)
            return false;
        fputs("line,reason,row\n", *list);
    }
    fprintf(*list, "%" PRIu64 ",", row->line);
    csv_fwrite(*list, reason, strlen(reason));
    fputc(',', *list);
    csv_fwrite(*list, row->text, row->size);
    fputc('\n', *list);
    return true;
}

bool rejects_finish(FILE **list, const char *part, const char *whole)
{
    FILE *f = *list;
    *list = NULL;
    return write_whole(f) && rename(part, whole) == 0;
}

void rejects_reason(const char *path, const char *reason)
{
    FILE *f = fopen(path, "we");
    if (!f)
        return;
    fprintf(f, "%s\n", reason);
    (void)write_whole(f);
}
