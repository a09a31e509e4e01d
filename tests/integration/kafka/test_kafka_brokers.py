"""What hongxin-kafka does when its broker dies, is away, has no room, moves its leaders or refuses it. The broker is this file's own: one node for most,
three where another has to take over."""
import json
import os
import subprocess

import jsonschema
import pytest
import yaml
from confluent_kafka.admin import AdminClient, ConfigResource
from kafka import PATIENCE, SOURCE, Broker, Worker, endpoints, shell, tutorial
from kafka_in import broker, lives, make, nothing_was_lost_or_overtook, reported  # noqa: F401 (fixtures)
from kafka_out import Out, Traffic, all_there, here, journal, live  # noqa: F401 (fixtures)
from wire import wait_until

ACCESS = "authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer"


@pytest.fixture(scope="module")
def node(tmp_path_factory):
    b = Broker(tmp_path_factory.mktemp("node") / "broker").start("--set", ACCESS, "--set", "allow.everyone.if.no.acl.found=true")
    yield b
    b.kill()


@pytest.fixture
def single(node):
    """It runs, whatever the test before has done to it."""
    return node.start()


@pytest.fixture
def own(tmp_path, here, single):
    o = Out(tmp_path, here, single)
    yield o
    o.end()


@pytest.fixture
def three(tmp_path):
    b = Broker(tmp_path / "three")
    try:
        yield b.start("--nodes", "3")
    finally:
        b.kill()


# ---- it dies, or is away


def test_events_of_a_broker_that_is_killed(make, here, single):
    door = make(daemon=here, broker=single)
    with here.client() as client:
        single.send(door.topic, lives(client))
        wait_until(lambda: door.worker.figure("kafka_in_records_total") > 0, timeout=PATIENCE)
        single.kill()
        single.start()
        nothing_was_lost_or_overtook(door, client)
    assert door.worker.process.poll() is None


def test_entries_for_a_broker_that_is_killed_in_the_middle_of_transactions(own):
    worker = own.start()
    with Traffic(own.daemon) as traffic:
        for _ in range(2):
            traffic.more()
            own.broker.kill()
            traffic.more(100)
            own.broker.start()
            worker = own.kept(worker)
            traffic.more()
    all_there(own, worker)


def test_a_broker_that_is_away_when_both_start(make, own):
    """Events wait in their topic, entries in the daemon."""
    door = make(daemon=own.daemon, broker=own.broker)
    address = own.broker.address
    with own.daemon.client() as client:
        door.send(reported(client, "a-1", "W-a"))
        door.wait(1)
        door.worker.stop()
        own.broker.kill()
        door.worker.start()
        worker = own.start(well=False, address=address)
        client.report()
        for w in (door.worker, worker):
            wait_until(lambda: w.unwell("no broker can be reached"), timeout=PATIENCE)
        own.broker.start()
        door.send(reported(client, "a-2", "W-a2"))
        door.wait(2)
        assert client.stats()["cases"] == 3
    all_there(own, worker)


def test_leaders_that_die_are_replaced(make, tmp_path, here, three):
    """Of topics, of the group and of transactions: one node of three has been all of it to somebody."""
    door = make(daemon=here, broker=three, copies=3)
    out = Out(tmp_path, here, three)
    try:
        worker = out.start()
        with here.client() as client:
            three.send(door.topic, lives(client))
            wait_until(lambda: door.worker.figure("kafka_in_records_total") > 0 and worker.figure("kafka_out_records_total") > 0, timeout=PATIENCE)
            three.run("kill", "--node", str(three.leader(out.topic())))
            nothing_was_lost_or_overtook(door, client)
        all_there(out, worker)
    finally:
        out.end()


# ---- its disk is full


def test_a_disk_that_is_full_loses_and_doubles_nothing(make, own):
    """Each write of the broker fails, at which it ends by itself; then there is room again, and its operator starts it."""
    door = make(daemon=own.daemon, broker=own.broker)
    worker = own.start()
    with own.daemon.client() as client:
        own.broker.send(door.topic, lives(client))
        wait_until(lambda: door.worker.figure("kafka_in_records_total") > 0 and worker.figure("kafka_out_records_total") > 0, timeout=PATIENCE)
        own.broker.fill_disk()
        for _ in range(20):
            client.report(cls="COMPLEX")
        wait_until(lambda: not own.broker.runs(), timeout=PATIENCE)
        wait_until(lambda: door.worker.get("/healthz")[0] == 503, timeout=PATIENCE)
        own.broker.start()
        nothing_was_lost_or_overtook(door, client, others=20)
    all_there(own, worker)


# ---- it refuses


def test_a_topic_without_rights_is_named_and_nothing_is_lost(own):
    own.broker.make_topic(own.topic(), partitions=1)
    deny = ("--deny-principal", "User:*", "--operation", "Write", "--topic", own.topic())
    own.broker.acls("--add", "--allow-principal", "User:*", "--operation", "All", "--topic", own.topic())
    own.broker.acls("--add", *deny)
    worker = own.start()
    with own.daemon.client() as c:
        c.report()
        c.report()
    # librdkafka 2.0.2 cannot go on when a transaction's very first partition is refused: the process ends and says why
    assert worker.wait() == 1
    assert worker.said('event=failed "INVALID_TXN_STATE, while a transaction was aborted for TOPIC_AUTHORIZATION_FAILED"')
    assert own.sequences() == []
    own.broker.acls("--remove", "--force", *deny)
    all_there(own, worker)


# ---- what is promised of topics


def schemas(document, message):
    headers = document["components"]["messages"][message]["headers"]["$ref"].rsplit("/", 1)[1]
    return document["components"]["schemas"][headers]


def test_topics_and_records_are_as_the_asyncapi_document_says(tmp_path, here, own):
    with open(f"{SOURCE}/workers/kafka/asyncapi.yaml", encoding="utf-8") as f:
        document = yaml.safe_load(f)
    assert document["asyncapi"] == "3.0.0"
    for ref in references(document):
        node = document
        for part in ref[2:].split("/") if ref.startswith("#/") else []:
            node = node[part]
        assert ref.startswith("#/") or os.path.exists(os.path.join(SOURCE, "workers/kafka", ref.split("#")[0])), ref
    worker = Worker(tmp_path, "out", endpoints(here) + f"cluster: {{brokers: '{own.broker.address}'}}\nout: {{listen: '127.0.0.1:0'}}\n").start()
    own.workers.append(worker)
    own.name = "hongxin."
    with here.client() as c:
        live(c)
        for _ in range(2):
            c.report()
        own.written(worker, journal(c))
        wait_until(lambda: len(own.broker.read("hongxin.states")) >= 2, timeout=PATIENCE)
    channels = {c["address"]: c for c in document["channels"].values()}
    admin = AdminClient(own.broker.client())
    found = [t for t in admin.list_topics(timeout=PATIENCE).topics if t.startswith("hongxin.") and ".out." not in t]
    assert {"hongxin.cases", "hongxin.breaches", "hongxin.alarms", "hongxin.states", "hongxin.positions.city", "hongxin.notices.P-07"} <= set(found)
    for topic in found:
        channel = channels.get(topic) or channels[topic.rsplit(".", 1)[0] + (".{id}" if "positions" in topic else ".{to}")]
        wanted = channel["bindings"]["kafka"]["topicConfiguration"]
        (described,) = admin.describe_configs([ConfigResource("topic", topic)]).values()
        config = described.result(PATIENCE)
        for key, value in wanted.items():
            assert config[key].value == (",".join(value) if isinstance(value, list) else str(value)), (topic, key)
        allowed = [m["$ref"].rsplit("/", 1)[1] for m in channel["messages"].values()]
        records = own.broker.read(topic)
        assert records or topic in ("hongxin.breaches", "hongxin.alarms")
        for r in records:
            if allowed == ["position"]:
                jsonschema.validate(json.loads(r["payload"]), document["components"]["schemas"]["position"])
            else:
                fits(r, [schemas(document, m) for m in allowed])
    the_tutorial_is_right(own.broker)


def the_tutorial_is_right(broker):
    """The lines of the documents that read to the end; the others wait for more."""
    told = {line.split(" -t ")[1].split()[0]: shell(line, broker.address) for line in tutorial("The journal to topics") if " -e " in line}
    assert set(told) == {"hongxin.notices.P-07", "hongxin.states", "hongxin.positions.city"}
    assert "CL-1 " in told["hongxin.notices.P-07"] and "ce_facts=NOTICE" in told["hongxin.notices.P-07"]
    assert dict(line.split() for line in told["hongxin.states"].splitlines())["CL-2"] != "-1"
    assert json.loads(told["hongxin.positions.city"].splitlines()[-1])["lsn"] > 0


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
