"""The journal in topics of a real broker. Broker, daemon, worker and reader run on the same cores; the broker syncs as it is shipped (the
operating system decides)."""
import json
import subprocess
import threading
import time
import urllib.request
from pathlib import Path

import harness
from harness import BenchError, Daemon, quantile, tool

BROKER = harness.SOURCE / "tests" / "kafka" / "broker"


class Broker:
    """One node in a folder of its own."""

    def __init__(self, folder):
        self.folder = Path(folder) / "broker"

    def run(self, command, *options):
        return subprocess.run([str(BROKER), command, "--dir", str(self.folder), *options], check=True, stdout=subprocess.PIPE, text=True).stdout

    def __enter__(self):
        self.run("start")
        self.address = (self.folder / "bootstrap").read_text().strip()
        return self

    def pid(self):
        return int((self.folder / "1" / "pid").read_text().split()[0])

    def __exit__(self, *_):
        self.run("kill")


class Out:
    """A hongxin-kafka out between a daemon and a broker."""

    PART, BEGUN = "out", "event=kafka_out_begins"

    def __init__(self, daemon, broker, **settings):
        self.folder = Path(daemon.folder)
        name = settings.get("id", "kafka")
        self.config, self.log_path = self.folder / f"{name}.yaml", self.folder / f"{name}.log"
        out = {"listen": "127.0.0.1:0", **settings}
        self.config.write_text(f"daemon: {{intake: '{daemon.intake()}', feed: '{daemon.feed()}'}}\ncluster: {{brokers: '{broker.address}'}}\n"
                               f"out: {json.dumps(out)}\n")

    def __enter__(self):
        with open(self.log_path, "w") as log:
            self.process = subprocess.Popen([str(harness.BIN / "hongxin-kafka"), self.PART, "--config", str(self.config)], stderr=log)
        while self.BEGUN not in self.log_path.read_text():
            if self.process.poll() is not None:
                raise BenchError(self.log_path.read_text())
            time.sleep(0.01)
        self.endpoint = self.log_path.read_text().split("listen=")[1].split()[0]
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait(60)

    def figure(self, name):
        """Asked for by this process itself: one that is started for each look would take a third of a core from what is measured."""
        with urllib.request.urlopen(f"http://{self.endpoint}/metrics", timeout=60) as answer:
            text = answer.read().decode()
        return next((float(line.split()[1]) for line in text.splitlines() if line.startswith(f"hongxin_{name} ")), 0)

    def until(self, lsn):
        """Seconds until everything up to this entry is committed."""
        began = time.monotonic()
        while self.figure("kafka_out_position") < lsn:
            if self.process.poll() is not None:
                raise BenchError(self.log_path.read_text()[-2000:])
            time.sleep(0.05)
        return time.monotonic() - began


class Reader:
    """Reads what is committed, and notes for each record how old its entry is; of those behind `after`."""

    def __init__(self, broker, topic, after):
        from confluent_kafka import Consumer, TopicPartition
        self.consumer = Consumer({"bootstrap.servers": broker.address, "group.id": "bench", "isolation.level": "read_committed",
                                  "auto.offset.reset": "earliest", "fetch.wait.max.ms": 10})
        self.consumer.assign([TopicPartition(topic, 0, 0)])  # a group would take seconds to form
        self.after, self.ages, self.over = after, [], threading.Event()

    def __enter__(self):
        self.thread = threading.Thread(target=self._run)
        self.thread.start()
        return self

    def _run(self):
        from datetime import datetime
        while not self.over.is_set():
            m = self.consumer.poll(0.1)
            if m is None or m.error():
                continue
            now, headers = time.time(), dict(m.headers())
            if int(headers["ce_sequence"]) > self.after:
                self.ages.append((now - datetime.fromisoformat(headers["ce_time"].decode()).timestamp()) * 1000)

    def __exit__(self, *_):
        self.over.set()
        self.thread.join()
        self.consumer.close()


def newest(daemon):
    return int(daemon.stats()["newest_lsn"])


def warm_up(daemon, out, events=1024):
    """The topics of all companies are made, once in their life."""
    tool("bench_load", "flood", endpoint=daemon.intake(), what="reports", events=events, items=64, window=128, tag="w")
    out.until(newest(daemon))


def catch_up(place, events, **settings):
    """An outage: the worker has written, is away while so many entries come, and starts again. Entries a second until all of them are committed, its start
    included; what each costs in µs; and how many records a second a plain producer of librdkafka writes at the same broker. That has been at work for some
    time, as one is whose reader was away: a virtual machine that has just begun is still compiling."""
    folder = place.folder("kafka")
    with Broker(folder) as b, Daemon(folder) as d:
        with Out(d, b, **settings) as out:
            warm_up(d, out, events // 3)
        written = newest(d)
        filled = tool("bench_load", "flood", endpoint=d.intake(), what="reports", events=events, items=64, window=128, tag="k")
        goal, pids = newest(d), {"daemon": d.process.pid, "broker": b.pid()}
        entries, began = goal - written, time.monotonic()
        before = {name: harness.cpu_of(pid) for name, pid in pids.items()}
        with Out(d, b, **settings) as out:
            pids["worker"] = out.process.pid
            out.until(goal)
            seconds = time.monotonic() - began
            cost = {name: round((harness.cpu_of(pid) - before.get(name, 0)) * 1e6 / entries, 1) for name, pid in pids.items()}
            figures = {"per_second": round(entries / seconds), "seconds": round(seconds, 1), "entries": entries, "cpu_us": cost,
                       "filled_per_second": filled["per_second"], "records_per_entry": round(out.figure("kafka_out_records_total") / entries, 2),
                       "transactions": int(out.figure('kafka_out_transactions_total{end="committed"}'))}
        make_topic(b, "bench.plain", 1)
        figures["plain"] = tool("bench_kafka", brokers=b.address, topic="bench.plain", partitions=1, events=events, what="reports", tag="p")
        return figures


def topics(size, place, row):
    """The usual topics without states, and with them, after an outage: a tenth of an hour at 1,000/s."""
    rows, events = [], max(120_000, size.count(360_000))  # fewer say more about the start than about the rate
    for name, settings in (("", {"states": ""}), (", with states", {})):
        f = catch_up(place, events, **settings)
        yard = round(f["plain"]["per_second"] / f["records_per_entry"])
        aim = "50,000/s" if settings else None
        rows.append(row(f"journal into topics{name}", f["per_second"], "entries/s", aim, ok=f["per_second"] >= 50_000 if settings else None,
                        yardstick=yard, ratio=round(f["per_second"] / yard, 2), figures=f))
        rows.append(row(f"  processor time of the worker for each{name}", f["cpu_us"]["worker"], "µs", yardstick=f["cpu_us"]["broker"]))
        rows.append(row(f"  an hour's outage at 1,000/s caught up{name} ({f['entries']:,} entries took {f['seconds']} s)",
                        round(3_600_000 / f["per_second"]), "s", "90 s" if settings else None, ok=3_600_000 / f["per_second"] <= 90 if settings else None,
                        yardstick=round(3_600_000 / yard)))
    return rows


def visible(size, place, row):
    """From the entry's time to a reader of what is committed, at 1,000 complaints a second: of all cases, and of one company's notices, which are of slow
    pace. Beside it the daemon's own feed, from the event's sending."""
    seconds, folder = max(10, size.seconds(20)), place.folder("kafka")
    with Broker(folder) as b, Daemon(folder) as d, Out(d, b) as out:
        warm_up(d, out)
        after = newest(d)
        with Reader(b, "hongxin.cases", after) as cases, Reader(b, "hongxin.notices.P-07", after) as notices:
            paced = tool("bench_load", "pace", endpoint=d.intake(), feed=d.feed(), rate=1000, seconds=seconds, tag="p")
            goal, until = newest(d), time.monotonic() + 30
            out.until(goal)
            while len(cases.ages) < 1000 * seconds and time.monotonic() < until:
                time.sleep(0.1)
    return [seen(row, cases, ", 1,000/s, p99", paced, 150), seen(row, notices, ": a company's notices (slow pace), p99", paced, None)]


def seen(row, reader, name, paced, aim):
    ages = reader.ages[len(reader.ages) // 10:]  # the reader comes in among the first
    p99 = quantile(ages, 0.99)
    return row(f"entry to a reader of what is committed{name}", round(p99), "ms", aim and f"{aim} ms", ok=p99 <= aim if aim else None,
               p50=round(quantile(ages, 0.5)), entries=len(ages), yardstick=round(paced["feed_p99"] / 1000))


class In(Out):
    """A hongxin-kafka in between a broker and a daemon."""

    PART, BEGUN = "in", "event=ready"

    def __init__(self, daemon, broker, topic):
        self.folder = Path(daemon.folder)
        self.config, self.log_path = self.folder / "kafka.yaml", self.folder / "kafka.log"
        part = {"listen": "127.0.0.1:0", "topics": [{"topic": topic}], "dead_letters": ""}
        self.config.write_text(f"daemon: {{intake: '{daemon.intake()}', feed: '{daemon.feed()}'}}\ncluster: {{brokers: '{broker.address}'}}\n"
                               f"in: {json.dumps(part)}\n")

    def until_accepted(self, n):
        """The daemon has answered so many from its disk."""
        while self.figure('kafka_in_answers_total{result="ACCEPTED"}') < n:
            if self.process.poll() is not None:
                raise BenchError(self.log_path.read_text()[-2000:])
            time.sleep(0.02)


def make_topic(broker, name, partitions):
    from confluent_kafka.admin import AdminClient, NewTopic
    admin = AdminClient({"bootstrap.servers": broker.address})  # lives until the answer is there
    for made in admin.create_topics([NewTopic(name, partitions, 1)]).values():
        made.result(60)


def events_in(size, place, row, flood):
    """Complaints that lie in a topic of four partitions, until each is on the daemon's disk; the ZeroMQ door beside it."""
    events, folder = max(200_000, size.count(400_000)), place.folder("kafka")
    with Daemon(folder) as d:
        yard = flood(d, "reports", events, 64, 128, "z")["per_second"]
    folder = place.folder("kafka")
    with Broker(folder) as b, Daemon(folder) as d:
        make_topic(b, "bench.in", 4)
        tool("bench_kafka", brokers=b.address, topic="bench.in", partitions=4, events=events, what="reports", tag="k")
        pids = {"daemon": d.process.pid, "broker": b.pid()}
        with In(d, b, "bench.in") as door:
            pids["worker"] = door.process.pid
            door.until_accepted(1)  # the group has its partitions
            began, first = time.monotonic(), door.figure('kafka_in_answers_total{result="ACCEPTED"}')
            before = {name: harness.cpu_of(pid) for name, pid in pids.items()}
            door.until_accepted(events)
            rate = round((events - first) / (time.monotonic() - began))
            cost = {name: round((harness.cpu_of(pid) - before[name]) * 1e6 / (events - first), 1) for name, pid in pids.items()}
    return [row("complaints from a topic", rate, "/s", "50,000/s", ok=rate >= 50_000, yardstick=yard, ratio=round(rate / yard, 2), cpu_us=cost),
            row("  processor time of the worker for each", cost["worker"], "µs", yardstick=cost["daemon"])]


def out(size, place, row):
    return topics(size, place, row) + visible(size, place, row)
