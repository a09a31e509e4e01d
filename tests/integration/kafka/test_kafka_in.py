"""hongxin-kafka in: topics to events, against a real broker and a real daemon."""
import base64
import json

import pytest
from confluent_kafka import Consumer
from hongxin.v1 import event_pb2, journal_pb2, wire_pb2
from kafka import PATIENCE, shell, tutorial
from kafka_in import (JSON, PROTOBUF, broker, case_of, door, life, make, quarantine, reported, requeue,  # noqa: F401 (fixtures)
                      rows_of)
from wire import RESULT, wait_until
from wire_format import put_varint


# ---- events


def test_a_whole_life_comes_through_a_topic(door, client):
    door.send(*life(client, "W-1"), key="W-1")
    door.wait(5)
    assert case_of(client, "W-1").state == "CLOSED"
    assert door.worker.figure("kafka_in_answers_total", 'result="ACCEPTED"') == 5
    assert door.letters() == []
    wait_until(lambda: door.worker.get("/healthz")[0] == 200)
    assert door.worker.stop() == 0


def test_what_its_case_refuses_is_counted_by_code_and_is_no_dead_letter(door, client):
    bare = client.event("RESOLVED", id="W-1-4", case_ref="W-1", by="holder:P-07/li")
    door.send(*list(life(client, "W-1"))[:3], bare, key="W-1")
    door.wait(4)
    assert door.worker.figure("kafka_in_refused_total", 'code="EVIDENCE_MISSING"') == 1
    assert case_of(client, "W-1").state != "RESOLVED"
    assert door.letters() == []


def test_the_tutorial_of_the_documents_is_right(door, client):
    good, bad, letters = (line.replace("hongxin.in", door.topic).replace("hongxin.dead-letters", door.dead) for line in tutorial("Topics to events"))
    shell(good, door.broker.address)
    shell(bad, door.broker.address)
    door.dead_letters(1)
    door.wait(2)
    case = client.ask("case_answer", case_query=wire_pb2.CaseQuery(source="hotline-12345", ref="WO-1")).view
    assert case.number == "CL-1"
    told = shell(letters, door.broker.address)
    assert "dead-letter-reason=NOT_AN_EVENT" in told and '{"colour":"red"}' in told


def test_the_stored_bytes_are_those_of_the_record(door, client):
    event = reported(client, "b-1", "W-b")
    door.send(event)
    door.wait(1)
    assert client.publish(event.SerializeToString())[0].result == RESULT.DUPLICATE


def ce(**attributes):
    return [(f"ce_{k}", v.encode()) for k, v in attributes.items()]


PLAIN = {"case_ref": "W-ce", "by": "reporter", "data": {"class": "SMALL", "place": "B-0417"}}
ATTRIBUTES = {"specversion": "1.0", "id": "ce-1", "source": "test-source", "type": "cn.city.REPORTED.v1", "time": "2026-01-02T03:04:05+08:00"}
T_OCC = 1767294245000


def plain():
    event = event_pb2.Event(case_ref="W-ce", by="reporter")
    event.data.CopyFrom(event_pb2.Data(**{"class": "SMALL", "place": "B-0417"}))
    return event


def field(number, value):
    value = value.encode() if isinstance(value, str) else value
    return put_varint(number << 3 | 2) + put_varint(len(value)) + value


def cloud_event(data):
    """A CloudEvent in its protobuf format, written by hand: an independent reading of its numbers."""
    head = field(1, ATTRIBUTES["id"]) + field(2, ATTRIBUTES["source"]) + field(3, "1.0") + field(4, ATTRIBUTES["type"])
    time = field(7, put_varint(1 << 3) + put_varint(T_OCC // 1000))
    return head + field(5, field(1, "time") + field(2, time)) + data


STRUCTURED_JSON = [("Content-Type", b"application/cloudevents+json; charset=UTF-8")]
STRUCTURED_PROTOBUF = [("content-type", b"application/cloudevents+protobuf")]
FORMS = {
    "binary, protobuf": (ce(**ATTRIBUTES) + PROTOBUF, plain().SerializeToString()),
    "binary, JSON": (ce(**ATTRIBUTES) + JSON, json.dumps(PLAIN).encode()),
    "binary, message named": (ce(**ATTRIBUTES) + [("content-type", b"application/x-protobuf; messageType=\"hongxin.v1.Event\"")],
                              plain().SerializeToString()),
    "binary, item": (ce(**ATTRIBUTES) + [("content-type", b"application/protobuf; messageType=hongxin.v1.Item")],
                     wire_pb2.Item(event=plain().SerializeToString()).SerializeToString()),
    "structured JSON": (STRUCTURED_JSON, json.dumps({**ATTRIBUTES, "data": PLAIN}).encode()),
    "structured JSON, protobuf inside": (STRUCTURED_JSON, json.dumps(
        {**ATTRIBUTES, "datacontenttype": "application/protobuf", "data_base64": base64.b64encode(plain().SerializeToString()).decode()}).encode()),
    "structured protobuf, binary": (STRUCTURED_PROTOBUF, cloud_event(field(6, plain().SerializeToString()))),
    "structured protobuf, text": (STRUCTURED_PROTOBUF, cloud_event(field(7, json.dumps(PLAIN)))),
    "structured protobuf, Any": (STRUCTURED_PROTOBUF, cloud_event(field(8, field(1, "type.city.cn/hongxin.v1.Event") +
                                                                        field(2, plain().SerializeToString())))),
}


@pytest.mark.parametrize("form", FORMS)
def test_every_form_gives_the_same_event(door, client, form):
    headers, value = FORMS[form]
    door.send(value, value, headers=headers)
    door.wait(2)
    answer = client.ask("case_answer", case_query=wire_pb2.CaseQuery(source=client.source, ref="W-ce", history=True))
    event = event_pb2.Event.FromString(journal_pb2.Entry.FromString(answer.history[0]).event)
    assert (event.id, event.source, event.type, event.t_occ, event.data.place) == ("ce-1", client.source, "REPORTED", T_OCC, "B-0417")
    assert door.worker.figure("kafka_in_answers_total", 'result="DUPLICATE"') == 1, "the same record twice gives the same bytes"
    assert door.letters() == []


def test_what_the_event_says_itself_counts(door, client):
    event = reported(client, "own-1", "W-own")
    event.t_occ = T_OCC - 1000
    door.send(event, headers=ce(**ATTRIBUTES) + PROTOBUF)
    door.wait(1)
    assert client.publish(event.SerializeToString())[0].result == RESULT.DUPLICATE


def test_an_identity_comes_beside_the_event(door, client):
    told = {"id": "who-1", "source": client.source, "type": "REPORTED", **PLAIN, "reporter": {"name": "Wang Fang", "phone": "13900001234"}}
    door.send(json.dumps(told).encode(), headers=JSON)
    item = wire_pb2.Item(event=reported(client, "who-2", "W-who").SerializeToString(), reporter=event_pb2.Reporter(name="Li Wei"))
    door.send(item, headers=[("content-type", b"application/protobuf; messageType=hongxin.v1.Item")])
    door.wait(2)
    for case, name in (1, "Wang Fang"), (2, "Li Wei"):
        asked = wire_pb2.IdentityQuery(case_number=case, reason="test")
        assert client.ask("identity", identity=asked).reporter.name == name
    door.worker.stop()
    assert "Wang" not in "\n".join(door.worker.log) and "1390000" not in "\n".join(door.worker.log)


def test_without_headers_the_format_of_the_topic_holds(make, client):
    door = make(topic="format: json, source: test-source")
    door.send(json.dumps({"id": "f-1", "type": "REPORTED", "source": client.source, **PLAIN}).encode(), headers=None)
    door.wait(1)
    assert case_of(client, "W-ce").number


# ---- dead letters

GOOD = event_pb2.Event(id="g-1", source="test-source", type="REPORTED", case_ref="W-g", by="reporter",
                       data=event_pb2.Data(**{"class": "SMALL", "place": "B-0417"})).SerializeToString()
BAD = {
    "EMPTY": [(PROTOBUF, None), (PROTOBUF, b""), (STRUCTURED_JSON, json.dumps(ATTRIBUTES).encode())],
    "WRONG_CONTENT_TYPE": [([("content-type", b"text/html")], b"<p>"), ([("content-type", b"application/cloudevents-batch+json")], b"[]")],
    "BAD_HEADER": [([("content-type", b"application/\xff")], GOOD), (ce(specversion="1.0") + [("ce_id", b"\xb5\xe7")] + PROTOBUF, GOOD),
                   ([("content-type", b"a" * 300)], GOOD)],
    "BAD_CLOUDEVENT": [(ce(**{**ATTRIBUTES, "specversion": "0.3"}) + PROTOBUF, GOOD), (ce(specversion="1.0", id="x", type="HELD") + PROTOBUF, GOOD),
                       (ce(**{**ATTRIBUTES, "time": "yesterday"}) + PROTOBUF, GOOD), (STRUCTURED_JSON, b"[1]"), (STRUCTURED_PROTOBUF, b"\xff\xff")],
    "UNKNOWN_SCHEMA": [([("content-type", b"application/protobuf; messageType=acme.Order")], GOOD), (PROTOBUF, b"\0\0\0\0\7" + GOOD),
                       (ce(**ATTRIBUTES, dataschema="https://acme.test/order.proto") + PROTOBUF, GOOD),
                       (STRUCTURED_PROTOBUF, cloud_event(field(8, field(1, "x/acme.Order") + field(2, GOOD))))],
    "NOT_JSON": [(JSON, b"{"), (JSON, b'{"id": 1, "id": 2}'), (STRUCTURED_JSON, b"nonsense")],
    "NOT_AN_EVENT": [(JSON, b'{"colour": "red"}'), (JSON, b"[]"), (JSON, b'{"id": 7, "type": "HELD"}')],
    "OVERSIZE": [(PROTOBUF, GOOD + field(900, b"x" * 262144)), (JSON, b" " * 600000), (JSON, json.dumps(
        {"id": "o-1", "source": "test-source", "type": "REPORTED", **PLAIN, "reporter": {"name": "x" * 4000}}).encode())],
    "UNDECODABLE": [(PROTOBUF, b"\xff\xff\xff\xff")],
    "NO_ID": [(PROTOBUF, event_pb2.Event(source="test-source", type="REPORTED").SerializeToString())],
    "UNKNOWN_PLACE": [(PROTOBUF, event_pb2.Event(id="p-1", source="test-source", type="REPORTED", case_ref="W-p", by="reporter",
                                                 data=event_pb2.Data(**{"class": "SMALL", "place": "B-9999"})).SerializeToString())],
    "BAD_TIME": [(PROTOBUF, event_pb2.Event(id="t-1", source="test-source", type="REPORTED", case_ref="W-t", by="reporter", t_occ=253370764800000,
                                            data=event_pb2.Data(**{"class": "SMALL", "place": "B-0417"})).SerializeToString())],
}


def test_each_bad_record_is_a_dead_letter_with_its_reason_and_the_others_go_on(door, client):
    """All of them in one topic, a good one behind each: none stops what follows."""
    records, reasons = [], []
    for reason, cases in BAD.items():
        for headers, value in cases:
            reasons.append(reason)
            good = reported(client, f"good-{len(reasons)}", f"W-{len(reasons)}").SerializeToString()
            records += [{"value": value, "headers": headers, "key": "k", "partition": 1}, {"value": good, "headers": PROTOBUF, "partition": 1}]
    door.broker.send(door.topic, records)
    door.wait(len(records))
    letters = door.dead_letters(len(reasons))
    assert [r["headers"]["dead-letter-reason"] for r in letters] == reasons
    for i, letter in enumerate(letters):
        assert letter["headers"]["dead-letter-topic"] == door.topic and letter["headers"]["dead-letter-partition"] == "1"
        assert letter["headers"]["dead-letter-offset"] == str(2 * i) and letter["key"] == "k"
    assert door.worker.figure("kafka_in_answers_total", 'result="ACCEPTED"') == len(reasons)
    assert client.stats()["quarantined"] == len(reasons), "the daemon's quarantine knows each of them"
    for reason, cases in BAD.items():
        assert door.worker.figure("kafka_in_dead_total", f'reason="{reason}"') == len(cases)


def test_a_dead_letter_is_the_record_as_it_was(door):
    value = b"\xff\xfe<not an event>"
    door.send(value, headers=PROTOBUF + [("trace", b"7"), ("binary", b"\x80")], key="b-1")
    door.dead_letters(1)
    consumer = Consumer(door.broker.client(group_id=door.group + ".reader", auto_offset_reset="earliest"))
    consumer.subscribe([door.dead])
    letter = wait_until(lambda: consumer.poll(0.2), timeout=PATIENCE)
    headers = dict(letter.headers())
    consumer.close()
    assert letter.value() == value and letter.key() == b"b-1" and headers["trace"] == b"7" and headers["binary"] == b"\x80"
    assert headers["dead-letter-reason"] == b"UNDECODABLE" and b"UNDECODABLE" in headers["dead-letter-text"]


def test_dead_letters_go_back_as_they_were_and_once(door, client):
    early = reported(client, "q-1", "W-q1").SerializeToString()
    door.send(early, headers=[("content-type", b"text/plain"), ("trace", b"7")], key="W-q1", partition=2)
    door.send(b"\xff\xff", b"\xff\xfe", partition=1)
    door.dead_letters(3)
    code, chosen, total = requeue(door, "--reason", "WRONG_CONTENT_TYPE", "--dry-run")
    assert code == 0 and [line[1:4] for line in chosen] == [["WRONG_CONTENT_TYPE", door.topic, "2/0"]]
    assert total == "3 letters, 1 chosen, 1 would go back; 0 went back before, 0 are cut, 0 failed"
    assert len(door.broker.read(door.topic)) == 3, "a dry run sends nothing"
    assert requeue(door, "--topic", "another.topic")[2].startswith("3 letters, 0 chosen")
    code, chosen, total = requeue(door, "--reason", "WRONG_CONTENT_TYPE", "--topic", door.topic)
    assert code == 0 and total == "3 letters, 1 chosen, 1 went back; 0 went back before, 0 are cut, 0 failed"
    again = [r for r in door.broker.read(door.topic) if r["partition"] == 2]
    closes = again[1]["headers"].pop("dead-letter-closes")
    assert [(r["key"], r["headers"]) for r in again] == [("W-q1", {"content-type": "text/plain", "trace": "7"})] * 2, "as it was"
    assert closes in [r.name for r in rows_of(client) if "kafka 2/0" in r.reason]
    letters = [r for r in door.dead_letters(5) if "dead-letter-requeued" not in r["headers"]]
    assert [r["headers"]["dead-letter-reason"] for r in letters].count("WRONG_CONTENT_TYPE") == 2, "refused again: a new letter"
    assert requeue(door, "--reason", "UNDECODABLE")[2] == "4 letters, 2 chosen, 2 went back; 0 went back before, 0 are cut, 0 failed"
    code, chosen, total = requeue(door, "--reason", "WRONG_CONTENT_TYPE")
    assert "1 chosen, 1 went back; 1 went back before" in total, "the new one, not the old one again"
    rows = wait_until(lambda: len(rows_of(client)) == 7 and rows_of(client), timeout=PATIENCE)
    assert [r.again for r in rows if "kafka 2/" in r.reason] == [4, 7, 0], "refused again: the row says which it is now"
    assert [r.number for r in rows_of(client, open=True)] == [5, 6, 7], "the newest of each"


def test_what_comes_back_is_an_event_once_the_fault_is_mended(make, client):
    """The topic was bound to another source."""
    door = make(topic="source: hotline-12345")
    door.send(*life(client, "W-back"), key="W-back")
    door.dead_letters(5)
    assert client.stats()["cases"] == 0
    door.worker.stop()
    door.worker.config.write_text(door.worker.config.read_text().replace(", source: hotline-12345", ""))
    door.worker.start()
    assert requeue(door)[2].startswith("5 letters, 5 chosen, 5 went back")
    door.wait(10)
    assert case_of(client, "W-back").state == "CLOSED"
    assert requeue(door)[2] == "5 letters, 0 chosen, 0 went back; 5 went back before, 0 are cut, 0 failed"
    rows = rows_of(client)
    assert [r.reason.split()[0] for r in rows] == ["FOREIGN_SOURCE"] * 5 and [r.again for r in rows] == [0] * 5
    history = client.case(case_of(client, "W-back").case_number, history=True).history
    entries = [e.lsn for e in map(journal_pb2.Entry.FromString, history) if e.event]
    assert [r.lsn for r in rows] == entries and all(r.closed_at for r in rows), "each row is done, by its entry"
    assert client.stats()["quarantined"] == 5 and client.stats()["quarantine_open"] == 0
    listed = quarantine(door)
    assert listed.count("done") == 5 and "5 rows, 0 of them open" in listed
    assert "0 rows" in quarantine(door, "--open")


def test_requeue_says_what_is_wrong(door, tmp_path):
    assert requeue(door, "--colour")[0] == 2
    door.worker.config.write_text(door.worker.config.read_text().replace(f"dead_letters: {door.dead}", 'dead_letters: ""'))
    code, _, told = requeue(door)
    assert code == 1 and "names no topic of dead letters" in told


def test_a_record_of_ten_megabytes_is_named_and_cut(make):
    door = make(max_message_bytes=20_000_000)
    door.send(b"x" * 10_000_000)
    letter = door.dead_letters(1)[0]
    assert letter["headers"]["dead-letter-reason"] == "OVERSIZE" and letter["headers"]["dead-letter-size"] == "10000000"
    assert len(letter["payload"]) == 65536
    door.wait(1)
    assert requeue(door)[2] == "1 letters, 0 chosen, 0 went back; 0 went back before, 1 are cut, 0 failed"


def test_a_topic_speaks_for_its_source_alone(make, client):
    door = make(topic="source: hotline-12345")
    own = client.event("REPORTED", id="s-1", source="hotline-12345", case_ref="W-s", by="reporter", data={"class": "SMALL", "place": "B-0417"})
    door.send(reported(client, "s-2", "W-s2"), own)
    door.wait(2)
    assert [r["headers"]["dead-letter-reason"] for r in door.dead_letters(1)] == ["FOREIGN_SOURCE"]
    assert door.worker.figure("kafka_in_answers_total", 'result="ACCEPTED"') == 1


def test_one_id_with_two_contents_is_a_conflict_for_people(door, client):
    door.send(reported(client, "c-1", "W-c1"), reported(client, "c-1", "W-c2"))
    door.wait(2)
    assert [r["headers"]["dead-letter-reason"] for r in door.dead_letters(1)] == ["CONFLICT"]


def test_without_a_topic_for_dead_letters_the_quarantine_has_them(make, client):
    door = make()
    door.worker.kill()
    door.worker.config.write_text(door.worker.config.read_text().replace(f"dead_letters: {door.dead}", 'dead_letters: ""'))
    door.worker.start()
    door.send(b"\xff\xff", reported(client, "q-1", "W-q"))
    door.wait(2)
    assert client.stats()["quarantined"] == 1
    wait_until(lambda: door.worker.said("reason=UNDECODABLE"), timeout=PATIENCE)
