"""The journal in topics: each entry once and in order for whoever reads what is committed, whoever dies meanwhile."""
import json
import os
import signal
import subprocess
import threading

import jsonschema
import pytest
import yaml
from clock import MINUTE, Clock
from confluent_kafka import Consumer, TopicPartition
from confluent_kafka.admin import AdminClient, ConfigResource
from daemon import Daemon, write_config
from hongxin.v1 import event_pb2, journal_pb2, wire_pb2
from kafka import ENDING, PATIENCE, SOURCE, Broker, Worker, endpoints
from wire import RESULT, facts, wait_until

TAKEN_OVER = 3
DAY = 1440 * MINUTE
NOON = 1_792_987_200_000  # 2026-10-26 12:00 in China


@pytest.fixture(scope="module")
def broker():
    return Broker(os.environ["HX_KAFKA"])


@pytest.fixture
def own_broker(tmp_path):
    """One that may be killed."""
    b = Broker(tmp_path / "broker").start()
    yield b
    b.kill()


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

    def settings(self, routes=None, address=None, **more):
        routes = routes or [{"topic": f"{self.name}.cases", "about": "case"}]
        out = {"listen": "127.0.0.1:0", "id": self.name, "states": "", "routes": routes, "transaction": {"timeout": "10s"}, **more}
        return endpoints(self.daemon) + f"cluster: {{brokers: '{address or self.broker.address}'}}\nout: {json.dumps(out)}\n"

    def start(self, well=True, **more):
        folder = self.folder / f"worker{len(self.workers)}"
        folder.mkdir()
        w = Worker(folder, "out", self.settings(**more)).start()
        self.workers.append(w)
        if well:
            wait_until(lambda: w.get("/healthz")[0] == 200, timeout=PATIENCE)
        return w

    def kept(self, worker):
        """As a service manager does: one that has ended is started anew, unless another has taken over."""
        if worker.process.poll() is None:
            return worker
        assert worker.wait() == 1 and worker.said("event=failed"), worker.log
        return self.start(well=False)

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

    def values(self, what="cases"):
        """Keys and values, byte for byte."""
        consumer = Consumer(self.broker.client(group_id="reader", isolation_level="read_committed", enable_partition_eof=True))
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


@pytest.fixture
def alone(tmp_path, here, own_broker):
    o = Out(tmp_path, here, own_broker)
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


def cases_of(daemon):
    """What the daemon's own feed says: LSNs of entries about cases, in order."""
    with daemon.client("feed") as c:
        newest = c.hello(**{"from": wire_pb2.Hello.OLDEST}).newest_lsn
        return [e.lsn for e in c.entries(newest) if e.case_number]


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


def all_there(out, worker, what="cases"):
    """Every entry about a case stands in the topic once, in order. Deadlines may have gone on meanwhile."""
    wanted = cases_of(out.daemon)
    out.written(worker, wanted[-1])
    assert [n for n in out.sequences(what) if n <= wanted[-1]] == wanted


# ---- what a record is


def test_an_entry_is_a_cloud_event_with_its_bytes(out):
    worker = out.start(attributes=["subject", "time", "dataschema", "cause", "facts"])
    with out.daemon.client() as c:
        number = live(c)
        out.written(worker, journal(c))
    with out.daemon.client("feed") as c:
        newest = c.hello(**{"from": wire_pb2.Hello.OLDEST}).newest_lsn
        entries = [e for e in c.entries(newest) if e.case_number]
    records = out.records()
    assert [r["key"] for r in records] == ["CL-1"] * len(entries)
    for r, e in zip(records, entries):
        h = r["headers"]
        assert (h["ce_id"], int(h["ce_sequence"]), h["ce_cause"]) == (str(e.lsn), e.lsn, e.cause)
        assert (h["ce_specversion"], h["ce_subject"], h["content-type"]) == ("1.0", "CL-1", "application/protobuf")
        assert h["ce_source"].startswith("/hongxin/") and len(h["ce_sequence"]) == 20
    assert [v for _, v in out.values()] == [e.SerializeToString(deterministic=True) for e in entries]
    assert number == 1


def test_a_company_has_its_own_topic_with_its_notices_alone(out):
    worker = out.start(routes=[{"topic": out.name + ".notices.{to}", "facts": ["NOTICE"], "content": "facts"}])
    with out.daemon.client() as c:
        c.publish(c.event("REPORTED", by="reporter", data={"class": "SMALL", "place": "B-0417", "text": "water everywhere"}))
        out.written(worker, journal(c))
    values = out.values("notices.P-07")
    assert values and b"water everywhere" not in b"".join(v for _, v in values)
    for _, v in values:
        e = journal_pb2.Entry.FromString(v)
        assert not e.event and facts(e, "notice") and all("P-07" in n.to for n in facts(e, "notice"))
        assert [f.WhichOneof("fact") for f in e.facts] == ["notice"] * len(e.facts)


def test_json_for_tools(out):
    worker = out.start(routes=[{"topic": out.topic("json"), "format": "json", "about": "case"}])
    with out.daemon.client() as c:
        c.publish(c.event("REPORTED", by="reporter", data={"class": "SMALL", "place": "B-0417", "text": "漏水"}))
        out.written(worker, journal(c))
    (record, *_) = out.records("json")
    entry = json.loads(record["payload"])
    assert entry["event"]["data"]["text"] == "漏水" and entry["state"] == "NOTIFIED" or entry["cause"] == "REPORTED"
    assert record["headers"]["content-type"] == "application/json"


def test_the_present_of_every_open_case(out):
    """The newest record of a key: what the daemon says of the case; of one that is closed none."""
    worker = out.start(states=out.topic("states"))
    with out.daemon.client() as c:
        closed, opened = live(c), c.report(cls="COMPLEX").case_number
        c.publish(c.event("HELD", by="holder:P-07/li", case_number=opened))
        wait_until(lambda: worker.figure("kafka_out_states_waiting") == 0 and worker.figure("kafka_out_lag_entries") == 0)

        def newest():
            return dict(out.values("states"))

        wait_until(lambda: (newest().get(b"CL-2") or b"") and journal_pb2.CaseView.FromString(newest()[b"CL-2"]).state == "HELD")
        view = journal_pb2.CaseView.FromString(newest()[b"CL-2"])
        said = c.case(opened).view
        assert (view.case_version, view.holder, view.next_deadline) == (said.case_version, said.holder, said.next_deadline)
        assert newest().get(b"CL-1") is None and closed == 1


def test_a_record_that_is_too_large_is_cut_and_says_so(out):
    worker = out.start(topics={"max_record": 16384})
    with out.daemon.client() as c:
        c.report()
        big = c.event("REPORTED", by="reporter", data={"class": "SMALL", "place": "B-0417", "text": "x" * 14000})
        number = c.publish(big)[0].number
        c.report()
        out.written(worker, journal(c))
    all_there(out, worker)
    cut = [r for r in out.records() if r["headers"].get("ce_cut") == "OVERSIZE"]
    assert [r["key"] for r in cut] == [number] and worker.figure("kafka_out_cut_total") == 1


# ---- nobody's death loses or doubles anything


def test_a_worker_that_is_killed_again_and_again(out):
    with Traffic(out.daemon) as traffic:
        for _ in range(5):
            worker = out.start()
            traffic.more()
            worker.kill()
        worker = out.start()
    all_there(out, worker)
    assert worker.stop() == 0


def test_a_daemon_that_is_killed(out):
    worker = out.start()
    with Traffic(out.daemon) as traffic:
        for _ in range(3):
            traffic.more()
            out.daemon.kill()
            out.daemon.start()
        traffic.more()
    all_there(out, worker)


def test_a_broker_that_is_killed_in_the_middle_of_transactions(alone):
    worker = alone.start()
    with Traffic(alone.daemon) as traffic:
        for _ in range(2):
            traffic.more()
            alone.broker.kill()
            traffic.more(100)
            alone.broker.start()
            worker = alone.kept(worker)
            traffic.more()
    all_there(alone, worker)


def test_a_broker_that_is_away_at_the_start(alone):
    address = alone.broker.address
    alone.broker.stop()
    worker = alone.start(well=False, address=address)
    with alone.daemon.client() as c:
        for _ in range(20):
            c.report()
    wait_until(lambda: "no broker can be reached" in worker.get("/healthz")[1], timeout=PATIENCE)
    alone.broker.start()
    all_there(alone, worker)


def test_the_older_of_two_is_fenced_and_says_so(out):
    first = out.start()
    with Traffic(out.daemon) as traffic:
        traffic.more()
        second = out.start()
        assert first.wait() == TAKEN_OVER
        assert first.said("FENCED: another process")
        traffic.more()
    all_there(out, second)


def test_a_zombie_writes_nothing(out):
    """Stopped for longer than its transaction may last, while another takes over; then it goes on."""
    zombie = out.start()
    with Traffic(out.daemon) as traffic:
        traffic.more()
        zombie.process.send_signal(signal.SIGSTOP)
        traffic.more()
        second = out.start()
        traffic.more()
        zombie.process.send_signal(signal.SIGCONT)
        assert zombie.wait() == TAKEN_OVER
        assert zombie.said("FENCED: another process")
        traffic.more()
        assert second.process.poll() is None
    all_there(out, second)


# ---- other journals, other topics

def reset_and_behind(out, n):
    """The record of a reset and the n behind it."""
    def found():
        records = out.records()
        at = next((i for i, r in enumerate(records) if r["headers"]["ce_type"] == "cn.hongxin.reset.v1"), len(records))
        return len(records) > at + n and records[at:at + n + 1]

    return wait_until(found, timeout=PATIENCE)


def test_another_journal_is_a_reset(out, tmp_path):
    worker = out.start(states=out.topic("states"))
    with out.daemon.client() as c:
        for _ in range(5):
            c.report()
        out.written(worker, journal(c))
        wait_until(lambda: worker.figure("kafka_out_states_waiting") == 0)
    before = out.records()
    out.daemon.stop()
    fresh = Daemon(tmp_path, config=out.daemon.config, data=tmp_path / "another")
    out.daemon = fresh
    try:
        fresh.start()
        with fresh.client() as c:
            c.report()
            c.report()
        wait_until(lambda: worker.figure("kafka_out_resets_total") == 1, timeout=PATIENCE)
        wanted = cases_of(fresh)
        out.written(worker, wanted[-1])
        after = reset_and_behind(out, len(wanted))
        assert [int(r["headers"]["ce_sequence"]) for r in after[1:]] == wanted
        source = {r["headers"]["ce_source"] for r in after}
        assert len(source) == 1 and source != {r["headers"]["ce_source"] for r in before}
        wait_until(lambda: {k for k, v in dict(out.values("states")).items() if v} == {b"CL-1", b"CL-2"}, timeout=PATIENCE)
    finally:
        fresh.end()


def test_a_copy_of_the_store_that_was_restored_is_a_reset(out, tmp_path):
    """The same journal, but entries that stand in the topics are gone: their numbers come again."""
    worker = out.start()
    with out.daemon.client() as c:
        c.report()
        out.written(worker, journal(c))
    out.daemon.stop()
    subprocess.run(["cp", "-r", out.daemon.data, tmp_path / "copy"], check=True)
    out.daemon.start()
    with out.daemon.client() as c:
        for _ in range(5):
            c.report()
        out.written(worker, journal(c))
    out.daemon.stop()
    restored = Daemon(tmp_path, config=out.daemon.config, data=tmp_path / "copy")
    out.daemon = restored
    try:
        restored.start()
        wait_until(lambda: worker.figure("kafka_out_resets_total") == 1, timeout=PATIENCE)
        with restored.client() as c:
            c.report()
        wanted = cases_of(restored)
        after = reset_and_behind(out, len(wanted))
        assert [int(r["headers"]["ce_sequence"]) for r in after[1:]] == wanted
        assert after[1]["headers"]["ce_source"].endswith("/1")
    finally:
        restored.end()


def test_a_topic_that_is_deleted_is_made_again(out):
    worker = out.start()
    with out.daemon.client() as c:
        c.report()
        out.written(worker, journal(c))
        out.broker.delete_topic(out.topic())
        c.report()
        out.written(worker, journal(c))
    found, wanted = out.sequences(), cases_of(out.daemon)
    assert found and found == [n for n in wanted if found[0] <= n <= found[-1]]


def test_a_topic_that_is_not_fit_is_named_and_nothing_is_lost(out):
    out.broker.make_topic(out.topic(), partitions=1, max_message_bytes=2000)
    worker = out.start()
    with out.daemon.client() as c:
        c.report()
        c.report()
        wait_until(lambda: worker.said(f"code=TOPIC_UNFIT topic={out.topic()} max.message.bytes=2000"), timeout=PATIENCE)
        wait_until(lambda: "TOPIC_UNFIT" in worker.get("/healthz")[1], timeout=PATIENCE)
    resource = ConfigResource("topic", out.topic(), set_config={"max.message.bytes": "1000000"})
    admin = AdminClient(out.broker.client())
    for done in admin.alter_configs([resource]).values():
        done.result(PATIENCE)
    all_there(out, worker)


def test_entries_that_are_pruned_are_a_reset(tmp_path, broker):
    """A worker that was away for longer than the journal is kept. The clock is turned."""
    clock = Clock(tmp_path, NOON)
    config = write_config(tmp_path, {"ingest": f"ipc://{tmp_path}/i", "feed": f"ipc://{tmp_path}/f", "resend_ms": 0})
    config.write_text(config.read_text().replace("store:\n", "store:\n  journal_keep_days: 31\n"))
    d = Daemon(tmp_path, config=config, env=clock.environment())
    out = Out(tmp_path, d, broker)
    try:
        d.start()
        worker = out.start(states=out.topic("states"))
        with d.client() as c:
            live(c)
            out.written(worker, journal(c))
        before = len(out.records())
        assert worker.stop() == 0 and d.stop() == 0
        for days in (10, 50):  # the window for reopening ends; then more than a month passes
            clock.pass_ns(days * DAY * 1_000_000)
            d.start()
            with d.client() as c:
                c.report(cls="COMPLEX")
                if days == 50:
                    wait_until(lambda: d.said("event=journal_pruned"))
                    worker = out.start(states=out.topic("states"))
                    wait_until(lambda: worker.figure("kafka_out_resets_total") == 1, timeout=PATIENCE)
                    out.written(worker, journal(c))
                    wait_until(lambda: worker.figure("kafka_out_states_waiting") == 0)
                    reset, *after = out.records()[before:]
                    oldest = c.stats()["oldest_lsn"]
                    assert reset["headers"]["ce_type"] == "cn.hongxin.reset.v1"
                    assert int(reset["headers"]["ce_sequence"]) == oldest - 1
                    assert [int(r["headers"]["ce_sequence"]) for r in after] == [n for n in cases_of(d) if n >= oldest]
                    assert {k for k, v in dict(out.values("states")).items() if v} == {b"CL-2", b"CL-3"}
            if days == 10:
                assert d.stop() == 0
    finally:
        out.end()
        d.end()


def test_a_topic_without_rights_is_named_and_nothing_is_lost(tmp_path, here):
    access = "authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer"
    broker = Broker(tmp_path / "broker").start("--set", access, "--set", "allow.everyone.if.no.acl.found=true")
    out = Out(tmp_path, here, broker)
    try:
        broker.make_topic(out.topic(), partitions=1)
        deny = ("--deny-principal", "User:*", "--operation", "Write", "--topic", out.topic())
        broker.acls("--add", "--allow-principal", "User:*", "--operation", "All", "--topic", out.topic())
        broker.acls("--add", *deny)
        worker = out.start()
        with here.client() as c:
            c.report()
            c.report()
        # librdkafka 2.0.2 cannot go on when a transaction's very first partition is refused: the process ends and says why
        assert worker.wait() == 1
        assert worker.said('event=failed "INVALID_TXN_STATE, while a transaction was aborted for TOPIC_AUTHORIZATION_FAILED"')
        assert out.sequences() == []
        broker.acls("--remove", "--force", *deny)
        all_there(out, worker)
    finally:
        out.end()
        broker.kill()


# ---- what is promised of topics


def schemas(document, message):
    headers = document["components"]["messages"][message]["headers"]["$ref"].rsplit("/", 1)[1]
    return document["components"]["schemas"][headers]


def test_topics_and_records_are_as_the_asyncapi_document_says(tmp_path, here, alone):
    with open(f"{SOURCE}/workers/kafka/asyncapi.yaml", encoding="utf-8") as f:
        document = yaml.safe_load(f)
    assert document["asyncapi"] == "3.0.0"
    for ref in references(document):
        node = document
        for part in ref[2:].split("/") if ref.startswith("#/") else []:
            node = node[part]
        assert ref.startswith("#/") or os.path.exists(os.path.join(SOURCE, "workers/kafka", ref.split("#")[0])), ref
    worker = Worker(tmp_path, "out", endpoints(here) + f"cluster: {{brokers: '{alone.broker.address}'}}\nout: {{listen: '127.0.0.1:0'}}\n").start()
    alone.workers.append(worker)
    with here.client() as c:
        live(c)
        c.report()
        alone.written(worker, journal(c))
        wait_until(lambda: len(alone.broker.read("hongxin.states")) >= 2, timeout=PATIENCE)
    channels = {c["address"]: c for c in document["channels"].values()}
    admin = AdminClient(alone.broker.client())
    found = [t for t in admin.list_topics(timeout=PATIENCE).topics if t.startswith("hongxin.")]
    assert {"hongxin.cases", "hongxin.breaches", "hongxin.alarms", "hongxin.states", "hongxin.positions.city", "hongxin.notices.P-07"} <= set(found)
    for topic in found:
        channel = channels.get(topic) or channels[topic.rsplit(".", 1)[0] + (".{id}" if "positions" in topic else ".{to}")]
        wanted = channel["bindings"]["kafka"]["topicConfiguration"]
        (described,) = admin.describe_configs([ConfigResource("topic", topic)]).values()
        config = described.result(PATIENCE)
        for key, value in wanted.items():
            assert config[key].value == (",".join(value) if isinstance(value, list) else str(value)), (topic, key)
        allowed = [m["$ref"].rsplit("/", 1)[1] for m in channel["messages"].values()]
        records = alone.broker.read(topic)
        assert records or topic in ("hongxin.breaches", "hongxin.alarms")
        for r in records:
            if allowed == ["position"]:
                jsonschema.validate(json.loads(r["payload"]), document["components"]["schemas"]["position"])
            else:
                fits(r, [schemas(document, m) for m in allowed])


def fits(record, schemas_of_headers):
    assert any(jsonschema.Draft7Validator(s).is_valid(record["headers"]) for s in schemas_of_headers), record["headers"]


def references(node):
    if isinstance(node, dict):
        for key, value in node.items():
            if key == "$ref":
                yield value
            else:
                yield from references(value)
    elif isinstance(node, list):
        for value in node:
            yield from references(value)


def test_a_wrong_configuration_is_refused_with_its_line(tmp_path, here, broker):
    for text, says in (("routes:\n  - {topic: 'a b'}", "a b is no name of a topic"), ("from: yesterday", "from is oldest or now"),
                       ("transaction: {every: 1h}", "every: from"), ("id: 'a b'", "id, positions and states"),
                       ("states: hongxin.cases", "hongxin.cases cannot be a topic of entries too"),
                       ("compression: rar", "compression is"), ("attributes: [colour]", "attributes are"), ("topics: {max_record: 1}", "max_record: from")):
        path = tmp_path / "wrong.yaml"
        path.write_text("out:\n" + "".join(f"  {line}\n" for line in text.split("\n")))
        done = subprocess.run([os.path.join(os.environ["HX_BIN"], "hongxin-kafka"), "out", "--config", str(path), "--check-config"],
                              capture_output=True, text=True)
        assert done.returncode == 1 and says in done.stderr, done.stderr
