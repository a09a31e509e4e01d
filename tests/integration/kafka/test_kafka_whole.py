"""From a topic through the daemon into topics, while everybody is killed in turn: every event once, every entry once, in order.

HX_KAFKA_EVENTS and HX_KAFKA_KILLS make it longer; the target kafka-long runs it with 200,000 events and 40 kills.
"""
import json
import os
import random

import pytest
from confluent_kafka import Consumer, TopicPartition
from daemon import write_config
from hongxin.v1 import event_pb2, journal_pb2, wire_pb2
from kafka import ENDING, PATIENCE, Broker, Worker, endpoints
from kafka_out import notices_of
from wire import wait_until

EVENTS = int(os.environ.get("HX_KAFKA_EVENTS", "6000"))
KILLS = int(os.environ.get("HX_KAFKA_KILLS", "8"))
SEED = int(os.environ.get("HX_KAFKA_SEED", "54321"))
LIFE = ("REPORTED", "HELD", "COMMENT")  # of each case
PARTITIONS = 3


class Kept:
    """A worker and its service manager: it is started again whenever it has ended."""

    def __init__(self, folder, part, settings):
        self.folder, self.part, self.settings, self.lives = folder, part, settings, 0
        self.reasons = []
        self.start()

    def start(self):
        self.lives += 1
        folder = self.folder / f"{self.part}{self.lives}"
        folder.mkdir()
        self.worker = Worker(folder, self.part, self.settings).start()

    def look(self):
        if self.worker.process.poll() is not None:
            self.reasons += [line for line in self.worker.log if "event=failed" in line]
            self.start()

    def figure(self, name):
        self.look()
        try:
            return self.worker.figure(name)
        except ENDING:
            return -1

    def kill(self):
        self.worker.end()
        self.start()


def events():
    """As many as are asked for, in lives of three; those of a case under one key."""
    for i in range(EVENTS):
        case, step = divmod(i, len(LIFE))
        e = event_pb2.Event(type=LIFE[step], id=f"e-{i:08}", source="torture", case_ref=f"W-{case}", by="dispatcher" if step == 2 else "")
        if step == 0:
            e.by = "reporter"
            e.data.CopyFrom(event_pb2.Data(**{"class": "COMPLEX", "place": "B-0417"}))
        elif step == 1:
            e.by = "holder:P-07/li"
        else:
            e.data.text = "seen"
        yield {"key": e.case_ref, "value": e.SerializeToString()}


@pytest.fixture
def everybody(make_daemon, tmp_path):
    broker = Broker(tmp_path / "broker").start()
    daemon = make_daemon(config=write_config(tmp_path, {"ingest": f"ipc://{tmp_path}/i", "feed": f"ipc://{tmp_path}/f"}))
    broker.make_topic("events", partitions=PARTITIONS)
    common = endpoints(daemon) + f"cluster: {{brokers: '{broker.address}'}}\n"
    takes = {"listen": "127.0.0.1:0", "instance": "one", "topics": [{"topic": "events"}], "patience": "1h"}
    gives = {"listen": "127.0.0.1:0", "id": "whole", "transaction": {"timeout": "10s"}}
    workers = {"in": Kept(tmp_path, "in", common + f"in: {json.dumps(takes)}\n"), "out": Kept(tmp_path, "out", common + f"out: {json.dumps(gives)}\n")}
    yield broker, daemon, workers
    for w in workers.values():
        w.worker.end()
    broker.kill()


def newest(daemon):
    with daemon.client("feed") as c:
        return c.ask("pong", ping=wire_pb2.Ping(request=5)).newest_lsn


def journal(daemon):
    with daemon.client("feed") as c:
        last = c.hello(**{"from": wire_pb2.Hello.OLDEST}, credit=4096).newest_lsn
        found, upto = [], 0
        while upto < last:
            message = c.expect("entries", timeout=PATIENCE)
            found += [journal_pb2.Entry.FromString(b) for b in message.entries]
            upto = message.upto_lsn
            c.credit(1)
        return found


def kill(who, broker, daemon, workers):
    if who == "broker":
        broker.kill()
        broker.start()
    elif who == "daemon":
        daemon.kill()
        daemon.start()
    else:
        workers[who].kill()
    for w in workers.values():
        w.look()


def states(broker):
    """The keys of the topic of states whose newest record has a value."""
    consumer = Consumer(broker.client(group_id="reader", isolation_level="read_committed", enable_partition_eof=True))
    consumer.assign([TopicPartition("hongxin.states", 0, 0)])
    found = {}
    while True:
        m = consumer.poll(PATIENCE)
        assert m is not None
        if m.error():
            consumer.close()
            return {k.decode() for k, v in found.items() if v is not None}
        found[m.key()] = m.value()


def test_every_event_and_every_entry_once(everybody):
    broker, daemon, workers = everybody
    whos = (["in", "out", "daemon", "broker"] * KILLS)[:KILLS]
    random.Random(SEED).shuffle(whos)
    broker.send("events", events())

    def reached(lsn):
        for w in workers.values():
            w.look()
        return newest(daemon) >= lsn

    for number, who in enumerate(whos, 1):
        wait_until(lambda: reached(EVENTS * number // (KILLS + 1)), timeout=10 * PATIENCE)
        kill(who, broker, daemon, workers)
    wait_until(lambda: reached(EVENTS), timeout=10 * PATIENCE)
    wait_until(lambda: reached(0) and sum(1 for e in journal(daemon) if e.event) >= EVENTS, timeout=10 * PATIENCE)
    entries = journal(daemon)
    out = workers["out"]
    wait_until(lambda: out.figure("kafka_out_position") >= entries[-1].lsn and out.figure("kafka_out_states_waiting") == 0, timeout=10 * PATIENCE)
    compare(broker, entries)
    print(f"{len(whos)} kills, {EVENTS} events, {len(entries)} entries; starts of in {workers['in'].lives}, of out {out.lives}",
          *workers["in"].reasons, *out.reasons, sep="\n")


def compare(broker, entries):
    taken = [event_pb2.Event.FromString(e.event).id for e in entries if e.event]
    assert sorted(taken) == [f"e-{i:08}" for i in range(EVENTS)], "each event once"
    cases = {e.case_number for e in entries if e.case_number}
    assert len(cases) == -(-EVENTS // len(LIFE))
    upto = entries[-1].lsn

    def sequences_now(topic="hongxin.cases"):
        return [int(r["headers"]["ce_sequence"]) for r in broker.read(topic)]

    newest_of_cases = max(e.lsn for e in entries if e.case_number)
    wait_until(lambda: newest_of_cases in sequences_now(), timeout=PATIENCE)  # the broker ends a transaction a moment after it has said so
    sequences = sequences_now()
    assert [n for n in sequences if n <= upto] == [e.lsn for e in entries if e.case_number], "each entry once, in order"
    wanted = {f"CL-{n}" for n in cases}
    wait_until(lambda: states(broker) == wanted, timeout=PATIENCE)  # they have transactions of their own
    notices = notices_of(entries, "P-07")  # of another writer than the cases
    wait_until(lambda: notices[-1] in sequences_now("hongxin.notices.P-07"), timeout=PATIENCE)
    assert [n for n in sequences_now("hongxin.notices.P-07") if n <= upto] == notices, "each notice once, in order"
