"""Faults of a real daemon's machine (faults.c): set while it runs, counted even when it dies of them."""
import mmap
import os
import pathlib

LIBRARY = pathlib.Path(os.environ["HX_TORTURE"]) / "hx_faults.so"
KINDS = ["", "sync", "write", "full", "short", "growth", "stunt", "memory", "kill"]
POINTS = ["", "RECEIVED", "BEGUN", "APPLIED", "PAGES", "SYNCED", "META", "COMMITTED", "ANSWERING", "ANSWERED"]
KIND, POINT, FIRST, LAST, CALLS, HITS, HANDS = range(7)  # of struct fault_face
NAME = 64  # bytes of each of two names behind them: of whom, who was struck
SIZE = 8 * HANDS + 2 * NAME
EVER = 2**62


class Faults:
    def __init__(self, folder):
        self.path = folder / "fault"
        self.path.write_bytes(bytes(SIZE))
        with open(self.path, "r+b") as f:
            self.bytes = memoryview(mmap.mmap(f.fileno(), SIZE))
        self.face = self.bytes[:8 * HANDS].cast("q")

    def environment(self):
        return {"LD_PRELOAD": str(LIBRARY), "HX_FAULT": str(self.path)}

    def set(self, kind, first=1, last=EVER, point="", of=""):
        """From now on calls number first to last of this kind fail; with "kill" the process dies when it passes the point so often, and
        `of` names whose calls for memory are meant: the program, or a library."""
        self.face[KIND] = 0
        self.face[POINT], self.face[FIRST], self.face[LAST] = POINTS.index(point), first, last
        self.face[CALLS] = self.face[HITS] = 0
        self.bytes[8 * HANDS:] = of.encode().ljust(NAME, b"\0") + bytes(NAME)
        self.face[KIND] = KINDS.index(kind)

    def clear(self):
        self.face[KIND] = 0

    @property
    def hits(self):
        return self.face[HITS]

    @property
    def calls(self):
        return self.face[CALLS]

    @property
    def struck(self):
        """The program or library that was refused memory last; "" = none was."""
        return bytes(self.bytes[8 * HANDS + NAME:]).split(b"\0")[0].decode()
