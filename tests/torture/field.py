"""What the crash tests stand on: a store that lives through many daemons, short promises, the proof."""
import os
import pathlib
import re
import subprocess
import time

from daemon import Daemon
from wire import wait_until

SOURCE = pathlib.Path(os.environ["HX_SOURCE"])
TOOLS = pathlib.Path(os.environ["HX_TORTURE"])
CITY = SOURCE / "config/city"
UNITS = {"ms": 1, "s": 1000, "min": 60_000, "h": 3_600_000, "d": 86_400_000}
DURATION = re.compile(r"\b(ms|later|at|plus|cap|within|after): ?(\d+)(ms|s|min|h|d)\b")


def short_life(folder, factor):
    """The shipped life cycle with every duration divided, so that deadlines fall while the test runs."""
    def shorten(m):
        ms = max(1, int(m[2]) * UNITS[m[3]] // factor)
        return f"{m[1]}: {ms // 1000}s {ms % 1000}ms"
    text = (SOURCE / "config/life-cycles/complaint.yaml").read_text()
    path = folder / f"complaint-{factor}.yaml"
    path.write_text(DURATION.sub(shorten, text))
    return path


def write_config(folder, life_cycle, map_size="4 GiB", reserve="1 MiB", limits=None, name="hongxin"):
    doors = [f"  {d}: 'ipc://{folder}/{name}-{d}'" for d in ("ingest", "feed")]
    lines = ["listen:", *doors, "  pub: ''",
             "store:", f"  map_size: {map_size}", f"  reserve: {reserve}",
             "identity:", f"  key_file: '{folder}/identity.key'",
             "rules:", f"  life_cycle: '{life_cycle}'", f"  city: '{CITY}'"]
    limits = {"resend_ms": 0, **(limits or {})}  # after an outage deadlines are judged at once
    lines += ["limits:", *(f"  {k}: {v}" for k, v in limits.items())]
    path = folder / f"{name}.yaml"
    path.write_text("\n".join(lines) + "\n")
    return path


class Field:
    """One store and those who work on it."""

    def __init__(self, folder, factor=150, **config):
        self.folder = folder
        self.life_cycle = short_life(folder, factor)
        self.config = write_config(folder, self.life_cycle, **config)
        self.store = folder / "store"
        self.log = folder / "acknowledged"
        self.hammer = None
        self.daemon = Daemon(folder, config=self.config, data=self.store)

    def start_hammer(self, seed, rate=0, window=8):
        command = [TOOLS / "hx_hammer", "--endpoint", f"ipc://{self.folder}/hongxin-ingest", "--city", CITY,
                   "--log", self.log, "--seed", str(seed), "--rate", str(rate), "--window", str(window)]
        self.hammer = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)

    def stop_hammer(self):
        """Ends the load; every event it has started is answered."""
        self.hammer.terminate()
        _, err = self.hammer.communicate(timeout=60)
        assert self.hammer.returncode == 0, err
        self.hammer = None

    def first_due(self):
        out = subprocess.run([TOOLS / "hx_replay", "--store", self.store, "--first-due"],
                             capture_output=True, text=True, check=True)
        return int(out.stdout)

    def drain(self):
        """Waits until every deadline up to now has been judged; returns that moment."""
        now = int(time.time() * 1000)
        wait_until(lambda: self.first_due() > now, timeout=60)
        return now

    def check(self):
        """The store's own proof: tables against each other, projections against a rebuild."""
        done = subprocess.run([pathlib.Path(os.environ["HX_BIN"]) / "hongxin", "check", "--store", self.store],
                              capture_output=True, text=True)
        assert done.returncode == 0, done.stdout + done.stderr

    def prove(self, until=0):
        """Runs the proof on the store as it stands on the disk; returns its counts."""
        self.log.touch()
        command = [TOOLS / "hx_replay", "--store", self.store, "--rules", self.life_cycle, "--city", CITY,
                   "--log", self.log, "--until", str(until)]
        done = subprocess.run(command, capture_output=True, text=True)
        assert done.returncode == 0, done.stdout + done.stderr
        return {k: int(v) for k, v in (pair.split("=") for pair in done.stdout.split())}

    def end(self):
        if self.hammer:
            self.hammer.kill()
            self.hammer.wait()
        self.daemon.end()
