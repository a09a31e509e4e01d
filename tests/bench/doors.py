"""The doors of the workers, each beside the ZeroMQ door in the same run. Everything runs on the same cores: daemon, door, generator."""
import subprocess
import time
from pathlib import Path

import harness
from harness import BenchError, Daemon, start_tool, tool

TOKEN = "b" * 40


class Door:
    """A hongxin-hotline in front of a daemon."""

    def __init__(self, daemon, connections=4096):
        folder = Path(daemon.folder)
        clients, self.log_path = folder / "clients", folder / "hotline.log"
        clients.write_text(f"clients:\n  - {{name: bench, source: bench-http, token: {TOKEN}}}\n")
        clients.chmod(0o600)
        self.program = "hongxin-hotline"
        self.config = folder / "hotline.yaml"
        self.config.write_text(f"""listen: 127.0.0.1:0
clients: clients
mapping: {harness.CONFIG}/mappings/12345.yaml
daemon: {{intake: '{daemon.intake()}', feed: '{daemon.feed()}'}}
limits: {{requests_per_second: 1000000, burst: 1000000, connections: {connections}, requests_per_connection: 1000000000}}
""")

    def __enter__(self):
        with open(self.log_path, "w") as log:
            self.process = subprocess.Popen([str(harness.BIN / self.program), "--config", str(self.config)], stderr=log)
        while "event=ready" not in self.log_path.read_text():
            if self.process.poll() is not None:
                raise BenchError(self.log_path.read_text())
            time.sleep(0.01)
        self.endpoint = self.log_path.read_text().split("listen=")[1].split()[0]
        time.sleep(0.2)  # its connection to the daemon
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait(30)

    def load(self, mode, tag, **options):
        return tool("bench_http", mode, endpoint=self.endpoint, token=TOKEN, tag=tag, **options)

    def status(self, key):
        text = Path(f"/proc/{self.process.pid}/status").read_text()
        return int(text.split(key + ":")[1].split()[0])

    def cpu(self):
        return harness.cpu_of(self.process.pid)

class Wechat(Door):
    """A hongxin-wechat in safe mode."""

    PATH, KEY, ID = "bench-0123456789abcdef", "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG", "wx-bench"

    def __init__(self, daemon):
        folder = Path(daemon.folder)
        accounts, self.log_path, self.program = folder / "accounts", folder / "wechat.log", "hongxin-wechat"
        accounts.write_text(f"accounts:\n  - {{path: {self.PATH}, kind: official, id: {self.ID}, token: {TOKEN}, key: {self.KEY}, source: bench-wechat}}\n")
        accounts.chmod(0o600)
        self.config = folder / "wechat.yaml"
        self.config.write_text(f"""listen: 127.0.0.1:0
accounts: accounts
texts: {harness.CONFIG}/texts/wechat.yaml
daemon: {{intake: '{daemon.intake()}', feed: '{daemon.feed()}'}}
limits: {{requests_per_second: 1000000, burst: 1000000, requests_per_connection: 1000000000}}
""")

    def load(self, mode, tag, **options):
        return super().load(mode, tag, path=self.PATH, key=self.KEY, id=self.ID, **options)


def wechat(size, place, row):
    """Messages of residents in safe mode, each on disk before its encrypted answer."""
    with Daemon(place.folder("door")) as d, Wechat(d) as door:
        cpu = door.cpu()
        f = door.load("flood", "7", events=size.count(100_000), connections=256)
        f["door_cpu_us"] = round((door.cpu() - cpu) * 1e6 / f["accepted"], 1)
    return [row("messages in WeChat's safe mode", f["per_second"], "/s", "5,000/s", ok=f["per_second"] >= 5000, load=f),
            row("  processor time of the door for each", f["door_cpu_us"], "µs")]


class Kiosk(Door):
    """A hongxin-kiosk, whose clients are anybody."""

    def __init__(self, daemon):
        folder = Path(daemon.folder)
        self.log_path, self.program, self.config = folder / "kiosk.log", "hongxin-kiosk", folder / "kiosk.yaml"
        self.config.write_text(f"""listen: 127.0.0.1:0
page: {harness.CONFIG}/../workers/kiosk/page
texts: {harness.CONFIG}/texts/kiosk.yaml
evidence: {{folder: {folder}/evidence}}
daemon: {{intake: '{daemon.intake()}', feed: '{daemon.feed()}'}}
limits: {{requests_per_second: 1000000, burst: 1000000, requests_per_connection: 1000000000}}
""")

    def __enter__(self):
        super().__enter__()
        while "event=policy" not in self.log_path.read_text():
            time.sleep(0.01)
        return self

    def load(self, mode, tag, **options):
        return super().load(mode, tag, path="/kiosk/v1/reports", **options)


def kiosk(size, place, row):
    """Anonymous reports, each on disk before number and secret are told."""
    with Daemon(place.folder("door")) as d, Kiosk(d) as door:
        cpu = door.cpu()
        f = door.load("flood", "k", events=size.count(100_000), connections=256)
        f["door_cpu_us"] = round((door.cpu() - cpu) * 1e6 / f["accepted"], 1)
    return [row("reports at a kiosk's door", f["per_second"], "/s", load=f),
            row("  processor time of the door for each", f["door_cpu_us"], "µs")]


def flooded(size, place, row, name, batch, connections, yard):
    with Daemon(place.folder("door")) as d, Door(d) as door:
        events, cpu, daemon_cpu = size.count(200_000), door.cpu(), d.cpu()
        f = door.load("flood", "f", events=events, batch=batch, connections=connections)
        f["door_cpu_us"] = round((door.cpu() - cpu) * 1e6 / f["accepted"], 1)
        f["daemon_cpu_us"] = round((d.cpu() - daemon_cpu) * 1e6 / f["accepted"], 1)
    return [row(f"complaints over HTTP, {name}", f["per_second"], "/s", "10,000/s", ok=f["per_second"] >= 10000, load=f,
                yardstick=yard, ratio=round(f["per_second"] / yard, 2)),
            row(f"  processor time of the door for each, {name}", f["door_cpu_us"], "µs", yardstick=f["daemon_cpu_us"])]


def paced(size, place, row):
    seconds = size.seconds(20)
    with Daemon(place.folder("door")) as d:
        plain = tool("bench_load", "pace", endpoint=d.intake(), rate=1000, seconds=seconds, tag="p")
        with Door(d) as door:
            f = door.load("pace", "h", rate=1000, seconds=seconds, connections=64)
    return [row("complaint over HTTP to durable answer at 1,000/s, p99", f["answer_p99"], "µs", "20 ms", ok=f["answer_p99"] <= 20000,
                yardstick=plain["answer_p99"], ratio=round(f["answer_p99"] / plain["answer_p99"], 2), load=f)]


def idle(place, row):
    with Daemon(place.folder("door")) as d, Door(d, 12000) as door:
        before = door.status("VmRSS")
        holder = start_tool("bench_http", "idle", endpoint=door.endpoint, token=TOKEN, connections=10000)
        until = time.monotonic() + 60
        while len(list(Path(f"/proc/{door.process.pid}/fd").iterdir())) < 10000 and time.monotonic() < until:
            time.sleep(0.1)
        open_now, after = len(list(Path(f"/proc/{door.process.pid}/fd").iterdir())), door.status("VmRSS")
        holder.kill()
        holder.wait()
    mib = round((after - before) / 1024, 1)
    return [row("10,000 idle connections: memory of the door", mib, "MiB", "100 MiB", ok=open_now >= 10000 and mib <= 100)]


def hotline(size, place, row, flood):
    with Daemon(place.folder("door")) as d:
        yard = flood(d, "reports", size.count(200_000), 1, 1024, "z")["per_second"]
    return (flooded(size, place, row, "one to a request", 1, 256, yard) +
            flooded(size, place, row, "64 to a request", 64, 8, yard) + paced(size, place, row) + idle(place, row) +
            wechat(size, place, row) + kiosk(size, place, row))
