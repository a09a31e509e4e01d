/* Exports of a hotline: rows of CSV in any encoding, with fields that go over lines. */
#include "fuzz.h"
#include "mapping/csvfile.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const encodings[] = {"auto", "UTF-8", "GB18030", "UTF-16"};
    struct csv_file *f = NULL;
    struct csv_row row;
    char path[32], problem[256] = "";
    if (size < 2)
        return 0;
    int fd = memfd_create("fuzz", 0);
    if (fd < 0 || write(fd, data + 1, size - 1) != (ssize_t)(size - 1))
        abort();
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    if (csv_file_open(path, encodings[data[0] % 4], data[0] & 4 ? ';' : ',', &f, problem) ==
        HX_OK) {
        int rc;
        while ((rc = csv_file_next(f, &row)) == HX_OK)
            if (row.n > CSV_FIELDS_MAX)
                abort();
        csv_file_close(f);
    }
    close(fd);
    return 0;
}
