"""Faults of a real daemon's machine (faults.c): set while it runs, counted even when it dies of them."""
import mmap
import os
import pathlib

LIBRARY = pathlib.Path(os.environ["HX_TORTURE"]) / "hx_faults.so"
KINDS = ["", "sync", "write", "full", "short", "growth", "memory", "kill"]
POINTS = ["", "RECEIVED", "BEGUN", "APPLIED", "PAGES", "SYNCED", "META", "COMMITTED", "ANSWERING", "ANSWERED"]
KIND, POINT, FIRST, LAST, CALLS, HITS, HANDS = range(7)  # of struct fault_face
EVER = 2**62


class Faults:
    def __init__(self, folder):
        self.path = folder / "fault"
        self.path.write_bytes(bytes(8 * HANDS))
        with open(self.path, "r+b") as f:
            self.face = memoryview(mmap.mmap(f.fileno(), 8 * HANDS)).cast("q")

    def environment(self):
        return {"LD_PRELOAD": str(LIBRARY), "HX_FAULT": str(self.path)}

    def set(self, kind, first=1, last=EVER, point=""):
        """From now on calls number first to last of this kind fail; with "kill" the process dies when it passes the point so often."""
        self.face[KIND] = 0
        self.face[POINT], self.face[FIRST], self.face[LAST] = POINTS.index(point), first, last
        self.face[CALLS] = self.face[HITS] = 0
        self.face[KIND] = KINDS.index(kind)

    def clear(self):
        self.face[KIND] = 0

    @property
    def hits(self):
        return self.face[HITS]

    @property
    def calls(self):
        return self.face[CALLS]
