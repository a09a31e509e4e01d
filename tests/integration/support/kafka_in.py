"""A topic that hongxin-kafka in reads, and what a source would put into it."""
import os
import subprocess

import pytest
from hongxin.v1 import event_pb2, wire_pb2
from kafka import BIN, PATIENCE, Broker, Worker, endpoints
from wire import wait_until

SESSION_MS = 3000
PROTOBUF, JSON = [("content-type", b"application/protobuf")], [("content-type", b"application/json")]


class In:
    """A topic, its dead letters and a worker that reads it."""

    def __init__(self, folder, daemon, broker, partitions=3, topic="", settings="", name="in", key=None, **of_topic):
        self.broker, self.daemon, self.key = broker, daemon, key
        self.topic = broker.make_topic(broker.name("in"), partitions, **of_topic)
        self.group, self.dead = broker.name("group"), broker.name("dead")
        self.worker = self.member(folder, topic, settings, name)

    def member(self, folder, topic="", settings="", name="in"):
        """One more process of the group."""
        folder = folder / name
        folder.mkdir()
        more = f", {topic}" if topic else ""
        return Worker(folder, "in", f"""{endpoints(self.daemon, self.key)}
cluster: {{brokers: '{self.broker.address}', properties: {{session.timeout.ms: {SESSION_MS}, heartbeat.interval.ms: 300, topic.metadata.refresh.interval.ms: 500}}}}
in:
  listen: 127.0.0.1:0
  group: {self.group}
  instance: {name}
  topics: [{{topic: {self.topic}{more}}}]
  dead_letters: {self.dead}
{settings}""")

    def send(self, *values, headers=PROTOBUF, key=None, partition=0):
        self.broker.send(self.topic, [{"value": v.SerializeToString() if hasattr(v, "SerializeToString") else v, "headers": headers, "key": key,
                                       "partition": partition} for v in values])

    def wait(self, records):
        """Until so many records are done and the broker knows it."""
        wait_until(lambda: self.broker.committed(self.group, self.topic) >= records, timeout=PATIENCE)

    def dead_letters(self, n):
        """At least so many."""
        return wait_until(lambda: len(self.letters()) >= n and self.letters(), timeout=PATIENCE)

    def letters(self):
        """All that are there; the topic is made by the worker in its first moments, and is waited for."""
        return wait_until(self._read, timeout=PATIENCE)[0]

    def _read(self):
        try:
            return [self.broker.read(self.dead)]
        except subprocess.CalledProcessError:
            return None


@pytest.fixture(scope="module")
def broker():
    return Broker(os.environ["HX_KAFKA"])


@pytest.fixture
def make(tmp_path, broker, request):
    """make(**options) → an In whose worker is started, at the daemon of the test or at daemon=…"""
    made = []

    def new(**options):
        daemon = options.pop("daemon", None) or request.getfixturevalue("daemon")
        made.append(In(tmp_path, daemon, options.pop("broker", broker), **options))
        made[-1].worker.start()
        return made[-1]

    yield new
    for i in made:
        i.worker.end()


@pytest.fixture
def door(make):
    return make()


def reported(client, id, ref, **fields):
    return client.event("REPORTED", id=id, case_ref=ref, by="reporter", data={"class": "SMALL", "place": "B-0417", **fields})


def life(client, ref):
    """The events of one complaint, from the report to its confirmed end."""
    yield client.event("REPORTED", id=f"{ref}-1", case_ref=ref, by="reporter", data={"class": "SMALL", "place": "B-0417"})
    yield client.event("HELD", id=f"{ref}-2", case_ref=ref, by="holder:P-07/li")
    yield client.event("ARRIVED", id=f"{ref}-3", case_ref=ref, by="holder:P-07/li", proof=event_pb2.ONSITE_CODE)
    yield client.event("RESOLVED", id=f"{ref}-4", case_ref=ref, by="holder:P-07/li", data={"evidence": ["photo"]})
    yield client.event("CALLBACK_OK", id=f"{ref}-5", case_ref=ref, by="callback/zhao", data={"rating": 5})


def case_of(client, ref):
    return client.ask("case_answer", case_query=wire_pb2.CaseQuery(source=client.source, ref=ref)).view


# ---- many events


LIVES, STEPS = 400, 5  # events enough that something is under way whenever something is killed


def lives(client, n=LIVES):
    """Whole lives, a hundred side by side; all events of one in one partition."""
    for first in range(0, n, 100):
        group = [list(life(client, f"W-{i}")) for i in range(first, min(first + 100, n))]
        for step in range(STEPS):
            for i, events in enumerate(group):
                yield {"value": events[step].SerializeToString(), "headers": PROTOBUF, "key": events[step].case_ref, "partition": i % 3}


def answers(worker, result):
    return worker.figure("kafka_in_answers_total", f'result="{result}"')


def nothing_was_lost_or_overtook(door, client, others=0):
    """Each life is closed: one step missing or out of order would have stopped it. `others`: open cases that came another way."""
    door.wait(LIVES * STEPS)
    stats = client.stats()
    assert (stats["cases"], stats["parked"], stats["quarantined"]) == (LIVES + others, 0, 0)
    assert case_of(client, "W-0").state == case_of(client, f"W-{LIVES - 1}").state == "CLOSED"
    assert len(client.ask("list", list=wire_pb2.ListQuery(limit=others + 1)).cases) == others, "a case is still open"
    assert door.letters() == []


# ---- what was refused


def requeue(door, *options, env=None):
    """The exit code, a list of fields for each letter, and the last line."""
    done = subprocess.run([f"{BIN}/hongxin-kafka", "requeue", "--config", str(door.worker.config), *options], capture_output=True, text=True,
                          env={**os.environ, **(env or {})})
    *lines, total = done.stdout.splitlines() or [done.stderr]
    return done.returncode, [line.split("\t") for line in lines], total


def rows_of(client, **query):
    """The daemon's quarantine."""
    return client.ask("quarantine", quarantine=wire_pb2.QuarantineQuery(**query)).rows


def quarantine(door, *options):
    """… as a person sees it."""
    doors = door.daemon.doors
    return subprocess.run([f"{BIN}/hongxin", "quarantine", "--feed-endpoint", doors.get("feed") or doors["intake"], *options], capture_output=True,
                          text=True, check=True).stdout
