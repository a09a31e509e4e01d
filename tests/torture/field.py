"""What the crash tests stand on: a store that lives through many daemons, short promises, the proof."""
import collections
import os
import pathlib
import subprocess

from daemon import Daemon
from hongxin.v1 import event_pb2
from proof import Proof
from wire import wait_until

BIN = pathlib.Path(os.environ["HX_BIN"])
SOURCE = pathlib.Path(os.environ["HX_SOURCE"])
TOOLS = pathlib.Path(os.environ["HX_TORTURE"])
CITY = SOURCE / "config/city"
LIFE_CYCLE = SOURCE / "config/life-cycles/complaint.yaml"


def write_config(folder, map_size="4 GiB", reserve="1 MiB", limits=None, name="hongxin", tcp=False):
    doors = [f"  {d}: '{'tcp://127.0.0.1:*' if tcp else f'ipc://{folder}/{name}-{d}'}'" for d in ("ingest", "feed")]
    lines = ["listen:", *doors, "  pub: ''",
             "store:", f"  map_size: {map_size}", f"  reserve: {reserve}",
             "identity:", f"  key_file: '{folder}/identity.key'",
             "rules:", f"  life_cycle: '{LIFE_CYCLE}'", f"  city: '{CITY}'"]
    limits = {"resend_ms": 0, **(limits or {})}  # after an outage deadlines are judged at once
    lines += ["limits:", *(f"  {k}: {v}" for k, v in limits.items())]
    path = folder / f"{name}.yaml"
    path.write_text("\n".join(lines) + "\n")
    return path


class Field(Proof):
    """One store and those who work on it. Time runs `scale` times as fast, so that deadlines fall in every moment."""

    def __init__(self, folder, scale=600, **config):
        super().__init__(folder, folder / "store", slack_ms=5000 * (scale or 1))
        self.scale = scale
        self.config = write_config(folder, **config)
        self.log = folder / "acknowledged"
        self.hammer = None
        self.daemon = Daemon(folder, scale=scale, config=self.config, data=self.store)

    def start_hammer(self, seed, rate=0, window=8):
        self.log.touch()  # who looks for answers may be there before the hammer is
        command = [TOOLS / "hx_hammer", "--endpoint", f"ipc://{self.folder}/hongxin-ingest", "--city", CITY,
                   "--log", self.log, "--seed", str(seed), "--rate", str(rate), "--window", str(window)]
        self.hammer = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)

    def stop_hammer(self):
        """Ends the load; every event it has started is answered."""
        self.hammer.terminate()
        _, err = self.hammer.communicate(timeout=60)
        assert self.hammer.returncode == 0, err
        self.hammer = None

    def drain(self):
        """Waits until the deadlines up to now have been judged: new ones fall all the time."""
        with self.daemon.client() as client:
            wait_until(lambda: client.stats()["deadline_overdue_ms"] < 1000 * self.scale, timeout=60)

    def held(self):
        """What the process holds: descriptors, one client more among them, and readers of its store."""
        with self.daemon.client() as client:
            return client.stats()["store_readers"], len(os.listdir(f"/proc/{self.daemon.process.pid}/fd"))

    def assert_nothing_leaked(self, before):
        """The same process holds no more than before, as soon as it has seen who is gone."""
        def no_more():
            return all(now <= then for now, then in zip(self.held(), before))
        wait_until(no_more)

    def prove_acknowledged(self):
        """What a client saw acknowledged stands in the journal once, under that number and that case."""
        entries = self.journal()
        ids = collections.Counter()
        for e in entries.values():
            if e.event and not e.parked_lsn:
                event = event_pb2.Event.FromString(e.event)
                ids[event.source, event.id] += 1
        assert not [i for i, n in ids.items() if n > 1], "an event is in the journal twice"
        lines = [line.split() for line in self.log.read_text().split("\n")[:-1]]
        for result, event_id, lsn, case in (line for line in lines if len(line) == 4):
            if int(lsn) == 0:
                continue  # INVALID: nothing was promised
            e = entries[int(lsn)]
            assert event_pb2.Event.FromString(e.event).id == event_id, f"{event_id} was acknowledged as {lsn}"
            assert int(case) in (0, e.case_number) or result == "7", f"{event_id} was acknowledged for case {case}"
        return len(lines)

    def end(self):
        if self.hammer:
            self.hammer.kill()
            self.hammer.wait()
        self.daemon.end()
