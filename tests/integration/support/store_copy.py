"""A copy of a store, examined by the doctor and changed row by row."""
import json
import os
import struct
import subprocess

from daemon import BIN, SOURCE
from hongxin.v1 import journal_pb2
from lmdb_row import rows
from wire_format import fields, pack

# Fields of a packed case (daemon/engine/case/case_record.c).
ABOUT, DUE_ROW, CLOCKS, TOLD, OWNER_SINCE = 14, 29, 34, 36, 31


class Store:
    """A copy of a store that a daemon has left behind."""

    def __init__(self, folder, key):
        self.folder, self.key = folder, key

    def doctor(self, *more, code=None):
        done = subprocess.run([os.path.join(BIN, "hongxin"), "doctor", "--store", self.folder, "--config", f"{SOURCE}/config",
                               "--json", *more], capture_output=True, text=True)
        assert code is None or done.returncode == code, done.stdout + done.stderr
        return [json.loads(line) for line in done.stdout.splitlines()], done.returncode

    def findings(self, *more):
        return [f for f in self.doctor(*more)[0] if "finding" in f]

    def edit(self):
        return rows(self.folder)


def be64(n):
    return struct.pack(">Q", n)


def entries(r):
    return [journal_pb2.Entry.FromString(v) for _, v in r.all("journal")]


def change_entry(store, wanted, change):
    """Changes the first entry of which wanted(entry) is true; returns its LSN."""
    with store.edit() as r:
        e = next(e for e in entries(r) if wanted(e))
        change(e)
        r.put("journal", be64(e.lsn), e.SerializeToString())
    return e.lsn


def fact_of(name, **having):
    """A function that finds a fact of this name with these members in an entry."""
    def find(e):
        for f in e.facts:
            if f.WhichOneof("fact") == name and all(getattr(getattr(f, name), k) == v for k, v in having.items()):
                return getattr(f, name)
        return None
    return find


def change_case(store, number, change):
    """change(number of field, value) → value, for each field of the case's row."""
    with store.edit() as r:
        key, row = next((k, v) for k, v in r.all("case") if k == be64(number))
        r.put("case", key, pack([(no, wire, change(no, v)) for no, wire, v in fields(row)]))


def inside(list_field, member, value):
    """Sets one member of every element of a list."""
    def change(no, v):
        if no != list_field:
            return v
        kept = [f for f in fields(v) if f[0] != member]
        return pack(sorted([*kept, (member, 0, value)]) if value else kept)
    return change
