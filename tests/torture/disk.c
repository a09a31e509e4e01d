#include "torture/disk.h"

#include <endian.h>
#include <stdio.h>
#include <string.h>

static uint64_t number_at(const void *p)
{
    uint64_t v;
    memcpy(&v, p, sizeof v);
    return be64toh(v);
}

int disk_open(struct disk *d, const char *folder)
{
    static const char *const names[DISK_TABLES] = {"case", "due", "journal"};
    *d = (struct disk){0};
    int rc = mdb_env_create(&d->env);
    if (!rc)
        rc = mdb_env_set_maxdbs(d->env, 32);
    if (!rc)
        rc = mdb_env_open(d->env, folder, MDB_RDONLY | MDB_NOTLS, 0600);
    if (!rc)
        rc = mdb_txn_begin(d->env, NULL, MDB_RDONLY, &d->txn);
    for (int i = 0; i < DISK_TABLES && !rc; i++)
        rc = mdb_dbi_open(d->txn, names[i], 0, &d->dbi[i]);
    if (!rc)
        return HX_OK;
    fprintf(stderr, "%s: %s\n", folder, mdb_strerror(rc));
    disk_close(d);
    return HX_IO;
}

void disk_close(struct disk *d)
{
    if (d->txn)
        mdb_txn_abort(d->txn);
    if (d->env)
        mdb_env_close(d->env);
    *d = (struct disk){0};
}

int disk_walk(struct disk *d, enum disk_table table, disk_row_fn *fn, void *ctx)
{
    MDB_cursor *cur;
    MDB_val key, value;
    int rc = mdb_cursor_open(d->txn, d->dbi[table], &cur), err = 0;
    if (rc)
        return HX_IO;
    while (!err && !(rc = mdb_cursor_get(cur, &key, &value, MDB_NEXT)))
        err = key.mv_size == 8 ? fn(ctx, number_at(key.mv_data), value.mv_data, value.mv_size)
                               : HX_CORRUPT;
    mdb_cursor_close(cur);
    return err ? err : rc == MDB_NOTFOUND ? HX_OK : HX_IO;
}

bool disk_has_due(struct disk *d, int64_t due, uint64_t case_number)
{
    uint64_t bytes[2] = {htobe64((uint64_t)due), htobe64(case_number)};
    MDB_val key = {.mv_size = sizeof bytes, .mv_data = bytes}, value;
    return mdb_get(d->txn, d->dbi[DISK_DUE], &key, &value) == 0;
}

int64_t disk_first_due(struct disk *d)
{
    MDB_cursor *cur;
    MDB_val key, value;
    int64_t due = INT64_MAX;
    if (mdb_cursor_open(d->txn, d->dbi[DISK_DUE], &cur))
        return 0;
    if (!mdb_cursor_get(cur, &key, &value, MDB_FIRST))
        due = (int64_t)number_at(key.mv_data);
    mdb_cursor_close(cur);
    return due;
}
