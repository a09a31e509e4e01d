"""The common proof: what a daemon has left behind is whole, and right by the rules written a second time."""
import json
import os
import struct
import subprocess

from daemon import BIN, SOURCE
from hongxin.v1 import journal_pb2


def read_journal(path):
    """The entries of a file that `hongxin export` wrote (FORMAT.md), each with its LSN."""
    with open(path, "rb") as f:
        assert f.readline().startswith(b"hongxin-journal/1 ")
        while size := struct.unpack(">I", f.read(4))[0]:
            e = journal_pb2.Entry.FromString(f.read(size))
            yield e.lsn, e


class Proof:
    """Of a store as it stands on the disk; its daemon has ended. The identity key lies in `folder`. A deadline that fell less than
    `slack_ms` before the end may not have been judged yet."""

    def __init__(self, folder, store, slack_ms=5000):
        self.folder, self.store, self.slack_ms = folder, store, slack_ms

    def prove(self, *more):
        """`hongxin doctor` finds nothing; returns its counts."""
        done = subprocess.run([os.path.join(BIN, "hongxin"), "doctor", "--store", self.store, "--config", f"{SOURCE}/config",
                               "--key", self.folder / "identity.key", "--json", *more], capture_output=True, text=True)
        assert done.returncode == 0, done.stdout[:4000] + done.stderr
        return json.loads(done.stdout.splitlines()[-1])

    def export(self):
        """The bytes of the journal."""
        path = self.folder / "journal"
        subprocess.run([os.path.join(BIN, "hongxin"), "export", "--store", self.store, path], check=True, capture_output=True)
        return path.read_bytes()

    def journal(self):
        """Every entry of the journal, by its LSN."""
        self.export()
        return dict(read_journal(self.folder / "journal"))

    def judge(self):
        """The second opinion (tests/oracle): no verdict differs, and no deadline is missing."""
        self.export()
        done = subprocess.run(["/usr/bin/python3", f"{SOURCE}/tests/oracle/journal.py", "--config", f"{SOURCE}/config",
                               "--slack", str(self.slack_ms), self.folder / "journal"], capture_output=True, text=True)
        assert done.returncode == 0, done.stdout[:4000] + done.stderr
