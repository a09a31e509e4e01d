#include "unit/cli/scratch.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char folder[64];

static void clean(void)
{
    char command[96];

    snprintf(command, sizeof command, "rm -rf %s", folder);
    if (system(command))
        perror(folder);
}

const char *scratch_path(const char *name)
{
    static char paths[8][128];
    static unsigned turn;
    char *path = paths[turn++ % 8];

    if (!*folder) {
        snprintf(folder, sizeof folder, "/tmp/hongxin-test-XXXXXX");
        if (!mkdtemp(folder))
            abort();
        atexit(clean);
    }
    snprintf(path, 128, "%s/%s", folder, name);
    return path;
}

const char *scratch_file(const char *name, const void *bytes, size_t size)
{
    const char *path = scratch_path(name);
    FILE *out = fopen(path, "wb");

    if (!out || fwrite(bytes, 1, size, out) != size || fclose(out))
        abort();
    return path;
}

char *scratch_read(const char *path)
{
    FILE *in = fopen(path, "rb");
    char *text = calloc(1, 65536);

    if (!in || !text)
        abort();
    if (!fread(text, 1, 65535, in))
        *text = '\0';
    fclose(in);
    return text;
}
