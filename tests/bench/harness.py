"""What the benchmarks stand on: the build, the daemon, the bench's programs, stores that are filled once."""
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

SOURCE = Path(__file__).resolve().parents[2]
BUILD = SOURCE / "build" / "bench"
BIN = BUILD / "bin"
CONFIG = SOURCE / "config"
TARGETS = ["hongxind", "hongxin_command", "bench_load", "bench_fill", "bench_raw", "bench_route", "bench_locks", "store_rows", "hongxin-hotline",
           "bench_http", "bench_kafka", "hongxind-unchained", "hongxin-wechat", "hongxin-kiosk", "hongxin-kafka", "hongxin-board"]
LISTENING = re.compile(r"event=listening door=(\w+) endpoint=(\S+)")
PROCESSOR_CLOCK = 2  # of a process, by the scheduler: clock_getcpuclockid(3)


class BenchError(Exception):
    """A benchmark that cannot be run; its text is for the operator."""


def cpu_of(pid):
    """Seconds of processor time of a process so far, user and system, to the nanosecond."""
    return time.clock_gettime(~pid << 3 | PROCESSOR_CLOCK)


def say(text):
    print(text, file=sys.stderr, flush=True)


def build():
    """Configures and builds what the benchmarks run. HX_BENCH_BIN names programs that are built already."""
    global BIN
    if os.environ.get("HX_BENCH_BIN"):
        BIN = Path(os.environ["HX_BENCH_BIN"])
        return
    say("building (build/bench) …")
    configure = ["cmake", "-S", SOURCE, "-B", BUILD, "-G", "Ninja", "-DCMAKE_BUILD_TYPE=Release", "-DBUILD_TESTING=ON"]
    for command in ([] if (BUILD / "build.ninja").exists() else [configure]) + [["ninja", "-C", BUILD, *TARGETS]]:
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        if done.returncode:
            raise BenchError(f"the build failed:\n{done.stdout[-4000:]}")


def tool(name, *args, **options):
    """Runs one of the bench's programs; returns the JSON that it prints."""
    return finish(start_tool(name, *args, **options))


def start_tool(name, *args, **options):
    command = [str(BIN / name), *(str(a) for a in args)]
    for key, value in options.items():
        command += [f"--{key.replace('_', '-')}", str(value)]
    return subprocess.Popen(command + ["--config", str(CONFIG)], stdout=subprocess.PIPE, text=True)


def finish(process):
    out, _ = process.communicate()
    if process.returncode:
        raise BenchError(f"{Path(process.args[0]).name} ended with {process.returncode}")
    return json.loads(out) if out.strip() else {}


class Daemon:
    """A real hongxind on a store of its own, with free ports."""

    program = "hongxind"

    def __init__(self, folder, store=None, limits=None):
        self.folder, self.data = Path(folder), Path(store or Path(folder) / "store")
        self.folder.mkdir(parents=True, exist_ok=True)
        self.config = self.folder / "hongxin.yaml"
        self.config.write_text(settings(self.folder, limits or {}))
        self.log_path = self.folder / "log"
        self.process, self.doors, self.started = None, {}, 0

    def launch(self):
        """Starts it; does not wait. `started` is the monotonic time in microseconds just before."""
        with open(self.log_path, "w") as log:
            self.started = time.monotonic_ns() // 1000
            self.process = subprocess.Popen([str(BIN / self.program), "--config", str(self.config), "--data",
                                             str(self.data)], stderr=log, stdout=subprocess.DEVNULL)
        return self

    def start(self):
        self.launch()
        while "event=ready" not in self.log():
            if self.process.poll() is not None:
                raise BenchError(f"hongxind does not start:\n{self.log()[-2000:]}")
            time.sleep(0.01)
        self.doors = dict(LISTENING.findall(self.log()))
        return self

    def log(self):
        return self.log_path.read_text(errors="replace")

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def stop(self):
        if self.process and self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(60)
            except subprocess.TimeoutExpired:
                self.kill()

    def __enter__(self):
        return self.start()

    def __exit__(self, *_):
        self.stop()

    def intake(self):
        return self.doors["intake"]

    def feed(self):
        return self.doors.get("feed") or self.doors["intake"]

    def cpu(self):
        """Seconds of processor time so far, user and system."""
        return cpu_of(self.process.pid)

    def memory(self):
        """Resident bytes without the pages of the map."""
        total, in_map = 0, False
        for line in Path(f"/proc/{self.process.pid}/smaps").read_text().splitlines():
            if re.match(r"^[0-9a-f]+-[0-9a-f]+ ", line):
                in_map = line.endswith("data.mdb")
            elif line.startswith("Rss:") and not in_map:
                total += int(line.split()[1]) * 1024
        return total

    def stats(self):
        """Everything the daemon counts: {"name" or "name{labels}": value}."""
        out = subprocess.run([str(BIN / "hongxin"), "stats", "--json", "--feed", self.feed()],
                             stdout=subprocess.PIPE, text=True, check=True).stdout
        figures = {}
        for line in out.splitlines():
            row = json.loads(line)
            if "name" in row:
                figures[row["name"] + (f"{{{row['labels']}}}" if row.get("labels") else "")] = row.get("value", 0)
        return figures


def settings(folder, limits):
    lines = ["listen:", "  ingest: 'tcp://127.0.0.1:*'", "  feed: 'tcp://127.0.0.1:*'", "  pub: ''",
             "identity:", f"  key_file: '{key_file(folder)}'",
             "rules:", f"  life_cycle: '{CONFIG}/life-cycles/complaint.yaml'", f"  city: '{CONFIG}/city'"]
    limits = {"resend_ms": 0, **limits}  # deadlines are judged from the first second
    return "\n".join(lines + ["limits:", *(f"  {k}: {v}" for k, v in limits.items())]) + "\n"


def key_file(folder):
    """One identity key for all stores of the benchmarks."""
    path = Path(folder) / "identity.key"
    if not path.exists():
        path.write_bytes(bytes(range(32)))
        path.chmod(0o600)
    return path


class Place:
    """Where the benchmarks put their stores: on the disk of the clone, removed at the end. Filled stores are kept
    in build/bench-stores for the next run."""

    def __init__(self, root=None):
        self.root = Path(root or SOURCE / "build" / "bench-work").resolve()
        self.kept = SOURCE / "build" / "bench-stores"
        shutil.rmtree(self.root, ignore_errors=True)
        self.root.mkdir(parents=True)

    def folder(self, name):
        path = self.root / name
        shutil.rmtree(path, ignore_errors=True)
        path.mkdir(parents=True)
        return path

    def fill(self, folder, cases, **options):
        path = Path(folder) / "store"
        path.mkdir(parents=True, exist_ok=True)
        finish(start_tool("bench_fill", dir=path, cases=cases, key=key_file(folder), **options))
        return path

    def filled(self, cases):
        """A kept store with so many open cases. Benchmarks work on a copy of it."""
        folder = self.kept / str(cases)
        if not (folder / "complete").exists():
            say(f"filling a store with {cases:,} open cases (kept in build/bench-stores for the next run) …")
            shutil.rmtree(folder, ignore_errors=True)
            self.fill(folder, cases)
            (folder / "complete").write_text(f"{cases}\n")
        return folder / "store"

    def copy(self, cases, name):
        folder = self.folder(name)
        subprocess.run(["cp", "-r", "--sparse=always", "--reflink=auto", str(self.filled(cases)), str(folder)], check=True)
        os.sync()
        return folder

    def drop(self, name):
        shutil.rmtree(self.root / name, ignore_errors=True)

    def clear(self):
        shutil.rmtree(self.root, ignore_errors=True)


def quantile(values, q):
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * q))]


def sync_times(folder, count, size=16384):
    """Microseconds of `count` times pwrite and fdatasync, on the disk of `folder`: the yardstick of every answer."""
    path, times, block = Path(folder) / "sync", [], os.urandom(size)
    fd = os.open(path, os.O_CREAT | os.O_RDWR, 0o600)
    try:
        for i in range(count):
            began = time.monotonic_ns()
            os.pwrite(fd, block, i % 512 * size)
            os.fdatasync(fd)
            times.append((time.monotonic_ns() - began) / 1000)
    finally:
        os.close(fd)
        path.unlink()
    return times


def load_average():
    return round(os.getloadavg()[0], 1)
