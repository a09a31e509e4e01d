"""What a clumsy hand does to a store: one row is deleted beside the running daemon, through liblmdb itself."""
import ctypes
import ctypes.util

LIB = ctypes.CDLL(ctypes.util.find_library("lmdb"))
MAP_BYTES = 1 << 30
FIRST = 0  # MDB_FIRST


class Val(ctypes.Structure):
    _fields_ = [("size", ctypes.c_size_t), ("data", ctypes.c_void_p)]


def check(rc):
    assert rc == 0, ctypes.c_char_p(LIB.mdb_strerror(rc)).value


def delete_first_row(folder, table):
    """Deletes the first row of a table and returns its key."""
    env, txn, cursor = ctypes.c_void_p(), ctypes.c_void_p(), ctypes.c_void_p()
    dbi, key, value = ctypes.c_uint(), Val(), Val()
    check(LIB.mdb_env_create(ctypes.byref(env)))
    check(LIB.mdb_env_set_maxdbs(env, 64))
    check(LIB.mdb_env_set_mapsize(env, ctypes.c_size_t(MAP_BYTES)))
    check(LIB.mdb_env_open(env, str(folder).encode(), 0, 0o600))
    check(LIB.mdb_txn_begin(env, None, 0, ctypes.byref(txn)))
    check(LIB.mdb_dbi_open(txn, table.encode(), 0, ctypes.byref(dbi)))
    check(LIB.mdb_cursor_open(txn, dbi, ctypes.byref(cursor)))
    check(LIB.mdb_cursor_get(cursor, ctypes.byref(key), ctypes.byref(value), FIRST))
    found = ctypes.string_at(key.data, key.size)
    check(LIB.mdb_cursor_del(cursor, 0))
    LIB.mdb_cursor_close(cursor)
    check(LIB.mdb_txn_commit(txn))
    LIB.mdb_env_close(env)
    return found
