/* Checkpoints of long inputs. */
#include "cli/checkpoint.h"
#include <inttypes.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int checkpoint_open(struct checkpoint *c, const char *path)
{
    FILE *in;

    *c = (struct checkpoint){0};
    if (!path)
        return HX_OK;
    if (!(c->path = strdup(path)))
        return HX_NOMEM;
    in = fopen(path, "r");
    if (!in)
        return HX_OK;
    if (fscanf(in, "hongxin-publish rows=%" SCNu64 " last=%32[0-9a-f]", &c->rows, c->mark) != 2)
        c->rows = 0;
    fclose(in);
    return HX_OK;
}

int checkpoint_save(struct checkpoint *c, uint64_t rows, const char mark[CHECKPOINT_MARK])
{
    char *beside;
    FILE *out;
    int rc = HX_IO;

    c->rows = rows;
    if (!c->path)
        return HX_OK;
    if (asprintf(&beside, "%s.new", c->path) < 0)
        return HX_NOMEM;
    out = fopen(beside, "w");
    if (out) {
        fprintf(out, "hongxin-publish rows=%" PRIu64 " last=%s\n", rows, mark);
        if (!fclose(out) && !rename(beside, c->path))
            rc = HX_OK;
    }
    free(beside);
    return rc;
}

void checkpoint_mark(const char *text, size_t size, char mark[CHECKPOINT_MARK])
{
    uint8_t digest[16];

    crypto_generichash(digest, sizeof digest, (const uint8_t *)text, size, NULL, 0);
    sodium_bin2hex(mark, CHECKPOINT_MARK, digest, sizeof digest);
}

void checkpoint_done(struct checkpoint *c)
{
    if (c->path)
        remove(c->path);
}

void checkpoint_close(struct checkpoint *c)
{
    free(c->path);
    c->path = NULL;
}
