#include "store/impl.h"

#include <errno.h>

int store_error(int rc, bool committing)
{
    switch (rc) {
    case MDB_SUCCESS:
        return HX_OK;
    case MDB_NOTFOUND:
        return HX_NOTFOUND;
    case MDB_KEYEXIST:
        return HX_EXISTS;
    case MDB_MAP_FULL:
    case ENOSPC:
    case EDQUOT:
    case EFBIG: /* limit on the size of files */
        return HX_FULL;
    case EIO: /* LMDB's answer to a short write, which a full disk causes */
        return committing ? HX_FULL : HX_IO;
    case ENOMEM:
        return HX_NOMEM;
    case MDB_CORRUPTED:
    case MDB_PAGE_NOTFOUND:
    case MDB_INVALID:
    case MDB_INCOMPATIBLE:
        return HX_CORRUPT;
    case MDB_VERSION_MISMATCH:
        return HX_BADVERSION;
    case MDB_BAD_VALSIZE:
    case MDB_TXN_FULL:
        return HX_TOOBIG;
    case MDB_READERS_FULL:
    case EAGAIN:
    case EBUSY:
        return HX_BUSY;
    case ENOENT:
        return HX_NOTFOUND;
    case EACCES:
    case EPERM:
    case EROFS:
        return HX_DENIED;
    default: /* MDB_PANIC, MDB_BAD_TXN and what the system may add */
        return HX_IO;
    }
}
