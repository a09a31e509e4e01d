"""What changed in keys, rights and devices is in the journal once, whenever it was changed; what an erased person left where events were refused is gone."""
from evidence import Device
from hongxin.v1 import event_pb2, journal_pb2, wire_pb2
from lmdb_row import rows
from locks import hongxin
from wire import RESULT, wait_until

PHONE = "13912345678"
CHANGES = ("KEY_", "RIGHTS_", "DEVICE_")


def records(client, beginnings=CHANGES):
    entries = client.ask("entries_answer", entries=wire_pb2.EntriesQuery(limit=500)).entries
    facts = [f.audit for e in entries for f in journal_pb2.Entry.FromString(e).facts if f.HasField("audit")]
    return [(a.act, a.about, a.detail) for a in facts if a.act.startswith(beginnings)]


def test_what_was_changed_while_the_daemon_was_down_is_told_at_its_start(make_daemon, registry):
    settings = {"keys": registry.keys}
    first = make_daemon(settings=settings)
    with registry.client(first, "operator") as c:
        c.report()
        assert records(c) == [], "what a store begins with needs no record"
    first.kill()
    gone, lines = registry.hex("desk-p08")[0][:8], registry.path.read_text().splitlines()
    registry.revoke("desk-p08")
    registry.new("scan", "auditor", "city")
    registry.path.write_text(registry.path.read_text().replace(lines[2], lines[2].replace("P-07", "P-07 P-09", 1)))
    expected = [("KEY_REVOKED", "desk-p08", f"key {gone}"), ("KEY_ADDED", "scan", f"key {registry.hex('scan')[0][:8]}")]
    for _ in range(2):
        again = make_daemon(settings=settings, data=first.data)
        with registry.client(again, "operator") as c:
            assert sorted(wait_until(lambda c=c: records(c, ("KEY_",)))) == sorted(expected), "once, over a second start too"
        assert again.stop() == 0


def test_keys_that_come_to_a_store_that_had_none_are_told(make_daemon, registry):
    first = make_daemon()
    with first.client() as c:
        c.report()
    assert first.stop() == 0
    again = make_daemon(settings={"keys": registry.keys}, data=first.data)
    with registry.client(again, "operator") as c:
        told = wait_until(lambda: records(c, ("KEY_",)))
        assert ("KEY_ADDED", "operator", f"key {registry.hex('operator')[0][:8]}") in told
        assert {act for act, _, _ in told} == {"KEY_ADDED"}


def test_devices_that_are_not_configured_any_more_are_told_as_revoked(make_daemon, tmp_path):
    device, table = Device("pad-7", "P-07"), tmp_path / "devices.csv"
    table.write_text(f"id,holder,public_key\n{device.row()}\n")
    first = make_daemon(settings={"evidence": {"devices_file": table}})
    with first.client() as c:
        c.report()
    assert first.stop() == 0
    again = make_daemon(settings={}, data=first.data)
    with again.client() as c:
        assert wait_until(lambda: records(c)) == [("DEVICE_REVOKED", "pad-7", f"P-07, key {device.public.hex()[:8]}")]
        wait_until(lambda: again.said("act=DEVICE_REVOKED about=pad-7 recorded=true"))


def test_erasing_reaches_what_was_refused(client, daemon):
    """The call centre wrote a number into a field that is none, saw the refusal, and sent it again as it should be."""
    def report(**fields):
        event = client.event("REPORTED", by="reporter", data={"class": "SMALL", "place": "B-0417"}, **fields)
        return client.publish(event, reporters=[event_pb2.Reporter(name="Wang Xiaomei", phone=PHONE)])[0]

    def refused(text):
        event = client.event("REPORTED", by="reporter", data={"class": "SMALL", "place": "B-9999", "text": text})
        assert client.publish(event)[0].result == RESULT.INVALID

    refused(f"call back {PHONE}")
    refused("Mrs Wang Xiaomei of flat 3")
    refused("somebody else")
    first, second = report().number, report().number

    def erase(number):
        return hongxin("erase", number, "--reason", "letter 17", "--feed", daemon.doors["intake"]).stdout

    assert "refused events that named them, emptied: 2" in erase(first)
    assert "emptied" not in erase(second), "nothing of them is left"
    assert sorted(d for _, _, d in records(client, ("IDENTITY_ERASED",))) == ["", "and 2 refused events in quarantine"]
    assert client.stats()["quarantined"] == 3, "that something was refused, when and why, is still known"


def test_erasing_says_that_it_could_not_search(client, daemon):
    """An identity that the disk has damaged is erased like any other; what it left elsewhere cannot be looked for."""
    event = client.event("REPORTED", by="reporter", data={"class": "SMALL", "place": "B-0417"})
    number = client.publish(event, reporters=[event_pb2.Reporter(name="Wang Xiaomei", phone=PHONE)])[0].number
    with rows(daemon.data) as r:
        (key, value), = r.all("person")
        r.put("person", key, value[:-1] + bytes([value[-1] ^ 1]))
    said = hongxin("erase", number, "--reason", "letter 18", "--feed", daemon.doors["intake"]).stdout
    assert "identities erased: 1" in said
    assert "quarantine not searched for identities that cannot be read: 1" in said
    assert [d for _, _, d in records(client, ("IDENTITY_ERASED",))] == [
        "and 0 refused events in quarantine, which was not searched for 1 identities that cannot be read"]
    wait_until(lambda: daemon.said("event=quarantine_not_searched"))
    assert not daemon.said(PHONE)
