"""A topic that hongxin-kafka in reads, and what a source would put into it."""
import os
import subprocess

import pytest
from hongxin.v1 import event_pb2, wire_pb2
from kafka import PATIENCE, Broker, Worker, endpoints
from wire import wait_until

PROTOBUF, JSON = [("content-type", b"application/protobuf")], [("content-type", b"application/json")]


class In:
    """A topic, its dead letters and a worker that reads it."""

    def __init__(self, folder, daemon, broker, partitions=3, topic="", settings="", name="in", **of_topic):
        self.broker, self.daemon = broker, daemon
        self.topic = broker.make_topic(broker.name("in"), partitions, **of_topic)
        self.group, self.dead = broker.name("group"), broker.name("dead")
        self.worker = self.member(folder, topic, settings, name)

    def member(self, folder, topic="", settings="", name="in"):
        """One more process of the group."""
        folder = folder / name
        folder.mkdir()
        more = f", {topic}" if topic else ""
        return Worker(folder, "in", f"""{endpoints(self.daemon)}
cluster: {{brokers: '{self.broker.address}', properties: {{session.timeout.ms: 6000, heartbeat.interval.ms: 500}}}}
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
