/* Reading a store straight from its file, by the words of FORMAT.md and with nothing of the store's
 * own code, so that a mistake of the store cannot hide itself. Read-only; a daemon may run beside.
 */
#ifndef TORTURE_DISK_H
#define TORTURE_DISK_H

#include "hongxin/error.h"
#include <lmdb.h>
#include <stdbool.h>
#include <stdint.h>

enum disk_table { DISK_CASE, DISK_DUE, DISK_JOURNAL, DISK_TABLES };

struct disk {
    MDB_env *env;
    MDB_txn *txn; /* one snapshot */
    MDB_dbi dbi[DISK_TABLES];
};

/* HX_IO with the reason on stderr. */
HX_CHECK int disk_open(struct disk *d, const char *folder);
void disk_close(struct disk *d);

/* Calls fn for every row whose key is one number, in order. A result of fn other than 0 ends the
 * walk and is returned. */
typedef int disk_row_fn(void *ctx, uint64_t number, const uint8_t *bytes, size_t size);
HX_CHECK int disk_walk(struct disk *d, enum disk_table table, disk_row_fn *fn, void *ctx);

/* Whether the due table has this row. */
bool disk_has_due(struct disk *d, int64_t due, uint64_t case_number);

/* The first due row; INT64_MAX when there is none. */
int64_t disk_first_due(struct disk *d);

#endif
