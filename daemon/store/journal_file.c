/* A journal apart from its store; FORMAT.md, "A journal apart". */
#include "hongxin/number.h"
#include "store/impl.h"
#include "store/key.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { HEAD_MAX = 256, ENTRY_MOST = 16 * 1024 * 1024 };
static const char title[] = "hongxin-journal/1";

struct writer {
    struct hx_export *x;
    uint64_t all;
    bool failed;
};

static bool put(FILE *out, const void *bytes, size_t size)
{
    return fwrite(bytes, 1, size, out) == size;
}

static bool put_size(FILE *out, uint32_t size)
{
    uint32_t be = htobe32(size);
    return put(out, &be, sizeof be);
}

static int write_entry(void *ctx, uint64_t lsn, const uint8_t *bytes, size_t size)
{
    struct writer *w = ctx;
    (void)lsn;
    w->failed |= !put_size(w->x->out, (uint32_t)size) || !put(w->x->out, bytes, size);
    w->x->entries++;
    if (w->x->progress)
        w->x->progress(w->x->ctx, w->x->entries, w->all);
    return w->failed;
}

/* Scale 1 is real time. */
static int scale_of(struct hx_store *st, uint64_t *scale)
{
    MDB_val key = val_of("scale", 5), value;
    int err = store_read_begin(st);
    if (err)
        return err;
    err = store_error(mdb_get(st->reader, st->dbi[T_META], &key, &value), false);
    *scale = !err && value.mv_size == 8 ? be64_get(value.mv_data) : 1;
    store_read_end(st);
    return err;
}

int hx_store_export(struct hx_store *st, struct hx_export *x)
{
    struct writer w = {.x = x};
    FILE *out = x->out;
    uint8_t end[12] = {0};
    uint64_t scale;
    int err = scale_of(st, &scale);
    if (err || (err = store_read_begin(st)))
        return err;
    w.failed =
        fprintf(out,
                "%s epoch=%s partition=%" PRIu32 " scale=%" PRIu64 " oldest=%" PRIu64
                " newest=%" PRIu64 "\n",
                title, st->epoch, st->partition, scale, st->now.oldest, st->now.next_lsn - 1) < 0;
    w.all = st->now.next_lsn - st->now.oldest;
    x->entries = 0;
    err = hx_store_entries(st, 1, SIZE_MAX, SIZE_MAX, write_entry, &w);
    store_read_end(st);
    be64_put(end + 4, x->entries);
    w.failed |= !put(out, end, sizeof end) || fflush(out) != 0;
    return err ? err : w.failed ? HX_IO : HX_OK;
}

/* "name=NUMBER" anywhere in the line. */
static bool number_in(const char *line, const char *name, uint64_t most, uint64_t *number)
{
    const char *at = strstr(line, name);
    char *end;
    if (!at)
        return false;
    errno = 0;
    *number = strtoull(at + strlen(name), &end, 10);
    return end != at + strlen(name) && !errno && *number <= most;
}

static int read_head(FILE *in, struct hx_journal_head *h)
{
    char line[HEAD_MAX];
    uint64_t partition = 0, scale = 0;
    memset(h, 0, sizeof *h);
    if (!fgets(line, sizeof line, in) || strncmp(line, title, sizeof title - 1) != 0 ||
        !number_in(line, " partition=", HX_NUMBER_PARTITION_MAX, &partition) ||
        !number_in(line, " scale=", UINT32_MAX, &scale) ||
        !number_in(line, " oldest=", UINT64_MAX, &h->oldest) ||
        !number_in(line, " newest=", UINT64_MAX, &h->newest))
        return HX_BADVERSION;
    const char *epoch = strstr(line, " epoch=");
    if (epoch)
        snprintf(h->epoch, sizeof h->epoch, "%.*s", (int)strcspn(epoch + 7, " \n"), epoch + 7);
    h->partition = (uint32_t)partition;
    h->scale = (uint32_t)scale;
    return HX_OK;
}

static bool get_size(FILE *in, uint32_t *size)
{
    uint32_t be;
    if (fread(&be, 1, sizeof be, in) != sizeof be)
        return false;
    *size = be32toh(be);
    return *size <= ENTRY_MOST;
}

/* The end says how many there were, so that a file that was cut is noticed. */
static int read_end(FILE *in, uint64_t n)
{
    uint8_t be[8];
    bool whole = fread(be, 1, sizeof be, in) == sizeof be && be64_get(be) == n;
    return whole ? HX_OK : HX_CORRUPT;
}

int hx_journal_read(FILE *in, struct hx_journal_head *head, hx_entry_fn *fn, void *ctx)
{
    uint8_t *bytes = NULL;
    uint32_t size, cap = 0;
    uint64_t n = 0;
    int err = read_head(in, head);
    while (!err) {
        if (!get_size(in, &size)) {
            err = HX_CORRUPT;
        } else if (size == 0) {
            err = read_end(in, n);
            break;
        } else if (size > cap) {
            uint8_t *more = realloc(bytes, size);
            err = more ? HX_OK : HX_NOMEM;
            bytes = more ? more : bytes;
            cap = more ? size : cap;
        }
        if (!err && fread(bytes, 1, size, in) != size)
            err = HX_CORRUPT;
        n++;
        if (!err && fn(ctx, n, bytes, size))
            break;
    }
    free(bytes);
    return err;
}
