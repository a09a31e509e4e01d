"""Workers that write a journal into topics, and what their topics have to hold."""
import json
import os
import re
import threading

import pytest
from confluent_kafka import Consumer, TopicPartition
from daemon import write_config
from hongxin.v1 import event_pb2, wire_pb2
from kafka import ENDING, PATIENCE, Broker, Worker, endpoints
from wire import RESULT, facts, wait_until


@pytest.fixture(scope="module")
def broker():
    return Broker(os.environ["HX_KAFKA"])


@pytest.fixture
def here(make_daemon, tmp_path):
    """A daemon whose doors stay the same over its restarts."""
    doors = {"ingest": f"ipc://{tmp_path}/i", "feed": f"ipc://{tmp_path}/f"}
    return make_daemon(config=write_config(tmp_path, doors))


class Out:
    """Workers of one id, and their topics, whose names nobody else uses."""

    def __init__(self, folder, daemon, broker):
        self.folder, self.daemon, self.broker = folder, daemon, broker
        self.name = broker.name("out")
        self.workers = []

    def settings(self, routes=None, address=None, key=None, **more):
        """`more`: keys of the section `out`; `key`: a file, for a daemon with locks."""
        routes = routes or [{"topic": f"{self.name}.cases", "about": "case"}]
        out = {"listen": "127.0.0.1:0", "id": self.name, "states": "", "routes": routes, "transaction": {"timeout": "10s"}, **more}
        return endpoints(self.daemon, key) + f"cluster: {{brokers: '{address or self.broker.address}'}}\nout: {json.dumps(out)}\n"

    def start(self, well=True, env=None, **more):
        folder = self.folder / f"worker{len(self.workers)}"
        folder.mkdir()
        w = Worker(folder, "out", self.settings(**more), env).start()
        w.started_with = {"env": env, **more}
        self.workers.append(w)
        if well:
            wait_until(lambda: w.get("/healthz")[0] == 200, timeout=PATIENCE)
        return w

    def kept(self, worker):
        """As a service manager does: one that has ended is started anew, unless another has taken over."""
        if worker.process.poll() is None:
            return worker
        assert worker.wait() == 1 and worker.said("event=failed"), worker.log
        return self.start(well=False, **worker.started_with)

    def both(self, pace="slow"):
        """Routes of both paces, for two writers."""
        return [{"topic": self.topic(), "about": "case"},
                {"topic": self.topic("notices.{to}"), "facts": ["NOTICE"], "content": "facts", "pace": pace}]

    def topic(self, what="cases"):
        return f"{self.name}.{what}"

    def records(self, what="cases", isolation="read_committed"):
        return self.broker.read(self.topic(what), isolation)

    def sequences(self, what="cases"):
        return [int(r["headers"]["ce_sequence"]) for r in self.records(what)]

    def written(self, worker, lsn):
        def reached():
            nonlocal worker
            worker = self.kept(worker)
            try:
                return worker.figure("kafka_out_position") >= lsn
            except ENDING:
                return False

        wait_until(reached, timeout=PATIENCE)
        wait_until(self.settled, timeout=PATIENCE)

    def settled(self):
        """Whether readers of what is committed see all there is: the broker ends a transaction a moment after it has said so. Of several nodes one may be
        dead, and librdkafka waits for it without end."""
        if "," in self.broker.address:
            return True
        every, committed = (self.ends(isolation) for isolation in ("read_uncommitted", "read_committed"))
        return all(committed.get(place, 0) >= end for place, end in every.items())

    def ends(self, isolation):
        consumer = Consumer(self.broker.client(group_id="reader", isolation_level=isolation))
        try:
            topics = consumer.list_topics(timeout=PATIENCE).topics
            places = [TopicPartition(t, p) for t in topics if t.startswith(self.name) for p in topics[t].partitions]
            return {(p.topic, p.partition): consumer.get_watermark_offsets(p, PATIENCE)[1] for p in places}
        finally:
            consumer.close()

    def values(self, what="cases"):
        """Keys and values, byte for byte."""
        consumer = Consumer(self.broker.client(group_id="reader", isolation_level="read_committed", enable_partition_eof=True,
                                                fetch_wait_max_ms=10))
        consumer.assign([TopicPartition(self.topic(what), 0, 0)])
        found = []
        while True:
            m = consumer.poll(PATIENCE)
            assert m is not None
            if m.error():
                consumer.close()
                return found
            found.append((m.key(), m.value()))

    def end(self):
        for w in self.workers:
            w.end()
            print(*(line for line in w.log if 'NOT_READY' not in line), sep='\n')


@pytest.fixture
def out(tmp_path, here, broker):
    o = Out(tmp_path, here, broker)
    yield o
    o.end()


def live(client, **fields):
    """A case from its report to its end; its number."""
    number = client.report(**fields).case_number
    for type, more in (("HELD", {}), ("ARRIVED", {"proof": event_pb2.ONSITE_CODE}), ("RESOLVED", {"data": {"evidence": ["photo"]}})):
        assert client.publish(client.event(type, by="holder:P-07/li", case_number=number, **more))[0].result == RESULT.ACCEPTED
    assert client.publish(client.event("CALLBACK_OK", by="callback/zhao", case_number=number))[0].result == RESULT.ACCEPTED
    return number


def journal(client):
    """Its newest entry."""
    return client.ask("pong", ping=wire_pb2.Ping(request=5)).newest_lsn


def entries_of(daemon):
    """What the daemon's own feed says."""
    with daemon.client("feed") as c:
        return c.entries(c.hello(**{"from": wire_pb2.Hello.OLDEST}).newest_lsn)


def cases_of(daemon):
    """LSNs of entries about cases, in order."""
    return [e.lsn for e in entries_of(daemon) if e.case_number]


def notices_of(entries, area):
    """LSNs of those with a notice to somebody of this area, in order."""
    return [e.lsn for e in entries if any(re.split("[:/]", n.to)[1] == area for n in facts(e, "notice") if ":" in n.to)]


class Traffic:
    """Reports without a pause, in a thread, until it is left; outlives the daemon's deaths."""

    def __init__(self, daemon):
        self.daemon, self.over, self.reported = daemon, threading.Event(), 0

    def __enter__(self):
        self.thread = threading.Thread(target=self._run)
        self.thread.start()
        return self

    def _run(self):
        with self.daemon.client() as c:
            while not self.over.wait(0.02):
                events = [c.event("REPORTED", by="reporter", data={"class": "SMALL", "place": "B-0417"}) for _ in range(5)]
                for e in events:  # the answers are not waited for
                    c.send(publish=wire_pb2.Publish(request=7, items=[wire_pb2.Item(event=e.SerializeToString())]))
                self.reported += len(events)
                while c.socket.poll(0):
                    c.socket.recv_multipart()
            self._last(c)

    def _last(self, c):
        """Events of one connection are taken in their order: when this one is answered, all are."""
        e = c.event("REPORTED", by="reporter", data={"class": "SMALL", "place": "B-0417"})
        while True:
            c.send(publish=wire_pb2.Publish(request=9, items=[wire_pb2.Item(event=e.SerializeToString())]))
            while True:
                answer = c.receive(5)
                if answer is None:
                    break
                if answer.replies.request == 9:
                    return

    def more(self, n=50):
        goal = self.reported + n
        wait_until(lambda: self.reported >= goal, timeout=PATIENCE)

    def __exit__(self, *_):
        self.over.set()
        self.thread.join()


def all_there(out, worker, what="cases", wanted=None):
    """Every entry about a case (or those that are wanted) stands in the topic once, in order."""
    wanted = wanted or cases_of(out.daemon)
    out.written(worker, wanted[-1])
    wait_until(lambda: wanted[-1] in out.sequences(what), timeout=PATIENCE)
    found = out.sequences(what)
    assert found == sorted(set(found)), "doubled, or out of order"
    missing = set(wanted) - set(found)
    assert not missing, f"missing: {sorted(missing)[:9]}"
    more = [n for n in found if n <= wanted[-1] and n not in wanted]  # behind it: clocks that have fired meanwhile
    assert not more, f"not of the journal: {more[:9]}"


def both_there(out, worker):
    """The same for the topics of both writers."""
    all_there(out, worker)
    all_there(out, worker, "notices.P-07", notices_of(entries_of(out.daemon), "P-07"))
