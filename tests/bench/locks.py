"""What keys, rights and the hash chain cost."""
import os
import subprocess

import harness
from harness import CONFIG, Daemon, tool


class Keys:
    """A registry with one key that may publish for everybody, without a quota; `section` for the configuration."""

    def __init__(self, folder):
        self.folder = folder
        self.registry, self.file = folder / "principals.csv", folder / "load.key"
        roles = folder / "roles.yaml"
        roles.write_text((CONFIG / "roles.yaml").read_text(encoding="utf-8").split("\ntenants:")[0] + "\n", encoding="utf-8")
        self.hongxin("server", "--out", folder / "server.key")
        self.hongxin("new", "load", "--role", "call_centre", "--area", "city", "--source", "*", "--out", self.file)
        self.quiet = folder / "quiet.key"
        self.hongxin("new", "quiet", "--role", "worker", "--area", "city", "--source", "*", "--out", self.quiet)
        self.section = f"keys:\n  principals: '{self.registry}'\n  roles: '{roles}'\n  server: '{folder}/server.key'\n"

    def hongxin(self, *args):
        subprocess.run([str(harness.BIN / "hongxin"), "key", *map(str, args), "--registry", str(self.registry)], check=True,
                       stdout=subprocess.DEVNULL)


class Unchained(Daemon):
    """The same objects, less the hash chain (unchained.c)."""

    program = "hongxind-unchained"


def daemon(folder, keys=None, kind=Daemon):
    d = kind(folder)
    if keys:
        d.config.write_text(d.config.read_text() + keys.section)
    return d


def flood(folder, events, keys, kind=Daemon):
    with daemon(folder, keys, kind) as d:
        before = d.cpu()
        more = {"key": keys.file} if keys else {}
        f = tool("bench_load", "flood", endpoint=d.intake(), what="reports", events=events, items=64, window=128, tag="k",
                 **more)
        return f, (d.cpu() - before) * 1e6 / f["events"]


class Shut:
    """A door of nobody's, which hangs up."""

    def __enter__(self):
        self.process = subprocess.Popen([str(harness.BIN / "bench_locks"), "shut"], stdout=subprocess.PIPE, text=True)
        return self.process.stdout.readline().strip()

    def __exit__(self, *_):
        self.process.kill()
        self.process.communicate()


def strangers(endpoint, keys, seconds):
    """1,000 a second. They are elsewhere: on this machine they compute when nobody else has anything to do."""
    other = harness.start_tool("bench_locks", "strangers", endpoint=endpoint, key=keys.file, rate=1000, seconds=seconds)
    for task in os.listdir(f"/proc/{other.pid}/task"):
        os.sched_setscheduler(int(task), os.SCHED_IDLE, os.sched_param(0))
    return other


def pace(folder, keys, seconds, who):
    """p99 of answers at 1,000 events a second: alone; beside strangers "at the door" or "elsewhere", at a door that is not the
    daemon's. And the daemon's processor time for each second."""
    with daemon(folder, keys) as d, Shut() as shut:
        door = {"at the door": d.intake(), "elsewhere": shut}.get(who)
        other = strangers(door, keys, seconds + 2) if door else None
        before = d.cpu()
        f = tool("bench_load", "pace", endpoint=d.intake(), rate=1000, seconds=seconds, tag="p", key=keys.file)
        cpu = (d.cpu() - before) / f["seconds"]
        return f["answer_p99"], round(cpu, 2), harness.finish(other) if other else {}


def pace_rows(place, keys, seconds, row):
    """In turns, the better of three each: another program on the machine disturbs one, not all."""
    runs = {who: [] for who in ("alone", "elsewhere", "at the door")}
    for n in range(3):
        for who, done in runs.items():
            done.append(pace(place.folder(f"{who.replace(' ', '-')}{n}"), keys, seconds, who))
    alone, elsewhere, beside = (min(done, key=lambda r: r[0]) for done in runs.values())
    return [row("p99 of answers beside 1,000 strangers a second", beside[0], "µs", "2 × alone", yardstick=alone[0],
                ratio=round(beside[0] / alone[0], 2), ok=beside[0] <= 2 * alone[0], strangers=beside[2],
                cores={who: min(cpu for _, cpu, _ in done) for who, done in runs.items()}),
            row("  the same strangers at a door that is not the daemon's", elsewhere[0], "µs", yardstick=alone[0],
                ratio=round(elsewhere[0] / alone[0], 2))]


def beside_flood(folder, keys, seconds):
    """p99 of answers of a quiet source, 10 events a second, while another one sends what it can over four connections."""
    with daemon(folder, keys) as d:
        floods = [harness.start_tool("bench_load", "flood", endpoint=d.intake(), what="reports", events=2_000_000, items=64, window=128,
                                     tag=f"f{n}", key=keys.file) for n in range(4)]
        try:
            f = tool("bench_load", "pace", endpoint=d.intake(), rate=10, seconds=seconds, tag="q", key=keys.quiet)
        finally:
            for p in floods:
                p.kill()
                p.communicate()
        return f


def chains(place, events, rounds=5):
    """Processor time of a complaint with the hash chain and without, in turns, the least of each: another program on the machine
    makes a round dearer, none cheaper."""
    on, off = [], []
    for n in range(rounds):
        off.append(flood(place.folder(f"off{n}"), events, None, Unchained)[1])
        on.append(flood(place.folder(f"on{n}"), events, None)[1])
    return on, off


def chain_rows(size, place, row):
    on, off = chains(place, size.count(200_000))
    with_it, without = min(on), min(off)
    cost = with_it - without
    alone = tool("bench_locks", "chain")
    return [row("hash chain: processor time of a complaint with it, less that without", round(cost, 2), "µs", "10 % of intake",
                yardstick=round(with_it, 2), ratio=round(cost / with_it, 3), ok=cost <= 0.1 * with_it,
                rounds=[[round(x, 2) for x in r] for r in (on, off)]),
            row("  hashing an entry of 700 bytes by itself", alone["us"], "µs", yardstick=round(with_it, 2),
                ratio=round(alone["us"] / with_it, 3))]


def curve_row(size, place, keys, row):
    """Complaints accepted with keys and without, in turns, the better of three each."""
    rounds = [(flood(place.folder(f"plain{n}"), size.count(200_000), None), flood(place.folder(f"curve{n}"), size.count(200_000), keys))
              for n in range(3)]
    plain, curve = (max((r[i] for r in rounds), key=lambda f: f[0]["per_second"]) for i in (0, 1))
    left = curve[0]["per_second"] / plain[0]["per_second"]
    return row("complaints accepted with keys, 64 to a message", curve[0]["per_second"], "/s", "40 % less at most",
               yardstick=plain[0]["per_second"], ratio=round(left, 3), ok=left >= 0.6,
               cpu_us=[round(plain[1], 2), round(curve[1], 2)], event_bytes=curve[0]["event_bytes"])


def locks(size, place, row):
    keys = Keys(place.folder("keys"))
    rows = [curve_row(size, place, keys, row), *chain_rows(size, place, row)]
    rights = tool("bench_locks", "rights")
    rows.append(row("right of one of 1,000 subscribers to an entry", rights["ns"], "ns", "200 ns", ok=rights["ns"] <= 200))
    seconds = size.seconds(10)
    rows += pace_rows(place, keys, seconds, row)
    quiet = beside_flood(place.folder("flood"), keys, seconds)
    rows.append(row("p99 of answers beside a flood of another source", quiet["answer_p99"], "µs", "250 ms",
                    ok=quiet["answer_p99"] <= 250_000))
    return rows
