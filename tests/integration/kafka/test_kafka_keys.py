"""hongxin-kafka at a daemon with locks: what its key may see stands in the topics, what its key may not say is a dead letter."""
import pytest
from kafka import PATIENCE
from kafka_in import broker, make  # noqa: F401 (fixtures)
from kafka_out import Out, journal
from wire import wait_until

from hongxin.v1 import journal_pb2, wire_pb2

OURS, THEIRS = "B-0417", "B-0001"  # of P-07, of another company


@pytest.fixture
def out(tmp_path, locked, broker):
    o = Out(tmp_path, locked, broker)
    yield o
    o.end()


def report(client, place, **more):
    e = client.event("REPORTED", by="reporter", data={"class": "SMALL", "place": place, "text": f"water in {place}", **more})
    return client.publish(e)[0].case_number


def shown(registry, daemon, name, subscriber):
    """The journal as this key's own feed shows it."""
    with registry.client(daemon, name, door="feed") as c:
        newest = c.hello(subscriber=subscriber, **{"from": wire_pb2.Hello.OLDEST}).newest_lsn
        return {e.lsn: e for e in c.entries(newest) if e.case_number}


def test_a_company_s_worker_writes_what_the_company_may_see(out, locked, registry):
    with registry.client(locked, "hotline") as c:
        ours, secret, theirs = report(c, OURS), report(c, OURS, confidential=True), report(c, THEIRS)
        end = journal(c)
    worker = out.start(key=registry.file("desk-p07"), subscriber="company:P-07/kafka")
    wanted = shown(registry, locked, "desk-p07", "company:P-07/look")
    assert {e.case_number for e in wanted.values()} == {ours, secret}, "another company's case is not there"
    out.written(worker, max(wanted))
    found = [journal_pb2.Entry.FromString(v) for _, v in out.values()]
    assert {e.lsn: e for e in found if e.lsn <= end} == {n: e for n, e in wanted.items() if n <= end}, "as the daemon shows it to this key"
    text = b"".join(v for _, v in out.values())
    assert f"water in {OURS}".encode() in text and f"water in {THEIRS}".encode() not in text
    assert not any(f"water in {OURS}".encode() in e.event for e in found if e.case_number == secret), "confidential: withheld"


def test_a_feed_that_the_key_may_not_have_is_told_and_nothing_written(out, locked, registry):
    with registry.client(locked, "hotline") as c:
        report(c, OURS)
    worker = out.start(well=False, key=registry.file("desk-p07"), subscriber="company:P-08/kafka")
    wait_until(lambda: worker.said("event=kafka_out_feed_refused code=DENIED"), timeout=PATIENCE)
    wait_until(lambda: worker.unwell("DENIED"), timeout=PATIENCE)
    assert worker.figure("kafka_out_records_total") == 0


def test_what_the_key_may_not_say_is_a_dead_letter(make, locked, registry):
    registry.new("kafka", "worker", "city", sources=["hotline-12345"])
    door = make(daemon=locked, key=registry.file("kafka"))
    with registry.client(locked, "operator") as c:
        good = c.event("REPORTED", source="hotline-12345", case_ref="W-1", by="reporter", data={"class": "SMALL", "place": OURS})
        foreign = c.event("REPORTED", source="another", case_ref="W-2", by="reporter", data={"class": "SMALL", "place": OURS})
        claims = c.event("HELD", source="hotline-12345", case_ref="W-1", by="holder:P-07/li")
        door.send(good, foreign, claims, key="W-1")
        door.wait(3)
        reasons = [r["headers"]["dead-letter-reason"] for r in door.dead_letters(2)]
        assert reasons == ["FOREIGN_SOURCE", "FOREIGN_PARTY"] and c.stats()["cases"] == 1
        assert c.case(1).view.state == "DISPATCHED", "nobody has held it"
