#include "service/doors/known_file.h"

#include "base/disk.h"
#include "base/log.h"
#include <errno.h>
#include <stdio.h>
#include <string.h>

enum { LINE = 128, LINES_MAX = 4 * NEWCOMERS_KNOWN, PATH_MAX_BYTES = 1024 };

int known_file_load(const char *path, struct newcomers *into, int64_t now_us)
{
    char line[LINE];
    unsigned good = 0, bad = 0;
    FILE *f = fopen(path, "re");
    if (!f)
        return errno == ENOENT ? HX_OK : HX_IO;
    while (good + bad < LINES_MAX && fgets(line, sizeof line, f)) {
        size_t size = strcspn(line, " \t\r\n");
        uint64_t address = newcomers_address_text(line, size);
        if (address)
            good++;
        else if (size > 0 && *line != '#')
            bad++;
        newcomers_known(into, address, now_us);
    }
    int rc = ferror(f) ? HX_IO : HX_OK;
    fclose(f);
    hx_log(bad ? HX_LOG_WARN : HX_LOG_INFO, "event=known_addresses read=%u unread=%u", good, bad);
    return rc;
}

int known_file_save(const char *path, const uint64_t *addresses, size_t n)
{
    char beside[PATH_MAX_BYTES], text[NEWCOMERS_TEXT];
    if ((size_t)snprintf(beside, sizeof beside, "%s.new", path) >= sizeof beside)
        return HX_TOOBIG;
    FILE *f = hx_disk_create(beside);
    if (!f)
        return HX_IO;
    fputs("# addresses from which a key in force has come; lost, they are learnt anew\n", f);
    for (size_t i = 0; i < n; i++) {
        newcomers_address_write(addresses[i], text);
        fprintf(f, "%s\n", text);
    }
    bool written = !ferror(f);
    written = fclose(f) == 0 && written;
    return written && rename(beside, path) == 0 ? HX_OK : HX_IO;
}
