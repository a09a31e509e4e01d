/* Checkpoints of long inputs. */
#include "cli/send/checkpoint.h"
#include <inttypes.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* "hongxin-publish rows=256 last=0123…" */
static int read_line(struct checkpoint *c, const char *line)
{
    static const char begin[] = "hongxin-publish rows=", between[] = " last=";
    char *end;

    if (strncmp(line, begin, sizeof begin - 1) != 0)
        return HX_INVALID;
    c->rows = strtoull(line + sizeof begin - 1, &end, 10);
    if (strncmp(end, between, sizeof between - 1) != 0)
        return HX_INVALID;
    end += sizeof between - 1;
    if (strspn(end, "0123456789abcdef") != CHECKPOINT_MARK - 1)
        return HX_INVALID;
    memcpy(c->mark, end, CHECKPOINT_MARK - 1);
    return HX_OK;
}

int checkpoint_open(struct checkpoint *c, const char *path)
{
    char line[128];
    FILE *in;

    *c = (struct checkpoint){0};
    if (!path)
        return HX_OK;
    if (!(c->path = strdup(path)))
        return HX_NOMEM;
    in = fopen(path, "r");
    if (!in)
        return HX_OK;
    if (!fgets(line, sizeof line, in) || read_line(c, line))
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
