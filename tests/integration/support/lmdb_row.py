"""What a clumsy hand does to a store: single rows are changed through liblmdb itself."""
import contextlib
import ctypes
import ctypes.util

LIB = ctypes.CDLL(ctypes.util.find_library("lmdb"))
MAP_BYTES = 1 << 30
FIRST, NEXT = 0, 8  # MDB_FIRST, MDB_NEXT
NOT_FOUND = -30798


class Val(ctypes.Structure):
    _fields_ = [("size", ctypes.c_size_t), ("data", ctypes.c_void_p)]

    @classmethod
    def of(cls, data):
        v = cls(len(data), ctypes.cast(ctypes.create_string_buffer(data, len(data)), ctypes.c_void_p))
        v.kept = data
        return v

    def bytes(self):
        return ctypes.string_at(self.data, self.size)


def check(rc):
    assert rc == 0, ctypes.c_char_p(LIB.mdb_strerror(rc)).value


class Rows:
    """The tables of a store, inside one write transaction."""

    def __init__(self, txn):
        self.txn = txn

    def _table(self, name):
        dbi = ctypes.c_uint()
        check(LIB.mdb_dbi_open(self.txn, name.encode(), 0, ctypes.byref(dbi)))
        return dbi

    def all(self, table):
        """Every row, as [(key, value)]."""
        cursor, key, value, found = ctypes.c_void_p(), Val(), Val(), []
        check(LIB.mdb_cursor_open(self.txn, self._table(table), ctypes.byref(cursor)))
        rc = LIB.mdb_cursor_get(cursor, ctypes.byref(key), ctypes.byref(value), FIRST)
        while rc == 0:
            found.append((key.bytes(), value.bytes()))
            rc = LIB.mdb_cursor_get(cursor, ctypes.byref(key), ctypes.byref(value), NEXT)
        assert rc == NOT_FOUND
        LIB.mdb_cursor_close(cursor)
        return found

    def put(self, table, key, value):
        k, v = Val.of(key), Val.of(value)
        check(LIB.mdb_put(self.txn, self._table(table), ctypes.byref(k), ctypes.byref(v), 0))

    def delete(self, table, key):
        k = Val.of(key)
        check(LIB.mdb_del(self.txn, self._table(table), ctypes.byref(k), None))


@contextlib.contextmanager
def rows(folder):
    """with rows(folder) as r: … — everything is written at the end."""
    env, txn = ctypes.c_void_p(), ctypes.c_void_p()
    check(LIB.mdb_env_create(ctypes.byref(env)))
    check(LIB.mdb_env_set_maxdbs(env, 64))
    check(LIB.mdb_env_set_mapsize(env, ctypes.c_size_t(MAP_BYTES)))
    check(LIB.mdb_env_open(env, str(folder).encode(), 0, 0o600))
    check(LIB.mdb_txn_begin(env, None, 0, ctypes.byref(txn)))
    try:
        yield Rows(txn)
    except BaseException:
        LIB.mdb_txn_abort(txn)
        LIB.mdb_env_close(env)
        raise
    check(LIB.mdb_txn_commit(txn))
    LIB.mdb_env_close(env)


def delete_first_row(folder, table):
    """Deletes the first row of a table and returns its key."""
    with rows(folder) as r:
        key = r.all(table)[0][0]
        r.delete(table, key)
    return key
