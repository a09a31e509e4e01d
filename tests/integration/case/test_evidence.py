"""What proves a fact: codes of buildings, signatures of registered devices, and what happens when they do not hold."""
import os
import resource
import stat
import time

import pytest
from evidence import Device, onsite_code
from hongxin.v1 import event_pb2, journal_pb2, wire_pb2
from wire import RESULT, wait_until

KEY = bytes(range(32))
MINUTE = 60_000


@pytest.fixture
def device():
    return Device("pad-7", "P-07")


@pytest.fixture
def client(tmp_path, make_daemon, device):
    key = tmp_path / "onsite.key"
    key.write_bytes(KEY)
    key.chmod(0o600)
    (tmp_path / "devices.csv").write_text("id,holder,public_key\n" + device.row() + "\n")
    settings = {"evidence": {"onsite_key_file": key, "devices_file": tmp_path / "devices.csv"}}
    with make_daemon(settings=settings).client() as c:
        yield c


def held(client):
    number = client.report().case_number
    reply = client.publish(client.event("HELD", by="holder:P-07/li", case_number=number))[0]
    assert reply.result == RESULT.ACCEPTED
    return number


def arrive(client, number, **fields):
    return client.publish(client.event("ARRIVED", by="holder:P-07/li", case_number=number, **fields))[0]


def last_entry(client, number):
    return journal_pb2.Entry.FromString(client.case(number, history=True).history[-1])


def daemon_now(client, place="B-0417"):
    return client.ask("onsite_code", onsite_code=wire_pb2.OnsiteCodeQuery(place=place))


def test_the_daemon_issues_the_code_that_anybody_with_the_key_can_compute(client):
    answer = daemon_now(client)
    assert answer.code == onsite_code(KEY, "B-0417", getattr(answer, "from"))
    assert answer.until - getattr(answer, "from") == 2 * MINUTE - 1
    assert daemon_now(client, "B-0500").code != answer.code
    client.send(request=5, onsite_code=wire_pb2.OnsiteCodeQuery(place="B-9999"))
    assert client.expect("problem").code == "UNKNOWN_PLACE"


def test_an_arrival_with_the_buildings_code_counts_from_its_own_time(client):
    for shown_before in (0, MINUTE):
        number = held(client)
        occ = client.case(number).view.held_since
        code = onsite_code(KEY, "B-0417", occ - shown_before)
        reply = arrive(client, number, proof=event_pb2.ONSITE_CODE, t_occ=occ, data={"onsite_code": code.lower()})
        assert (reply.result, reply.code) == (RESULT.ACCEPTED, "")
        entry = last_entry(client, number)
        assert entry.proof_mark == "" and entry.t_eff == occ


@pytest.mark.parametrize("data, mark", [
    ({}, "ONSITE_CODE_MISSING"),
    ({"onsite_code": "0000-0000"}, "ONSITE_CODE_WRONG"),
    ({"onsite_code": "x"}, "ONSITE_CODE_WRONG"),
])
def test_an_arrival_without_a_good_code_is_a_claim(client, data, mark):
    number = held(client)
    occ = client.case(number).view.held_since
    wait_until(lambda: time.time() * 1000 >= occ + 1)  # or it may be received in the millisecond that it tells of
    reply = arrive(client, number, proof=event_pb2.ONSITE_CODE, t_occ=occ, data=data)
    assert (reply.result, reply.code) == (RESULT.ACCEPTED, mark)
    entry = last_entry(client, number)
    assert entry.proof_mark == mark and entry.t_eff == entry.t_rcv != occ


@pytest.mark.parametrize("place, minutes", [("B-0500", 0), ("B-0417", -2), ("B-0417", 1)])
def test_the_code_of_another_building_or_minute_is_wrong(client, place, minutes):
    number = held(client)
    now = client.case(number).view.held_since
    code = onsite_code(KEY, place, now + minutes * MINUTE)
    reply = arrive(client, number, proof=event_pb2.ONSITE_CODE, t_occ=now, data={"onsite_code": code})
    assert (reply.result, reply.code) == (RESULT.ACCEPTED, "ONSITE_CODE_WRONG")


def test_a_signature_of_a_registered_device_counts_from_its_own_time(client, device):
    number = held(client)
    occ = client.case(number).view.held_since
    event = client.event("ARRIVED", by="holder:P-07/li", case_number=number, proof=event_pb2.DEVICE_SIGNED, t_occ=occ)
    reply = client.publish(device.sign(event))[0]
    assert (reply.result, reply.code) == (RESULT.ACCEPTED, "")
    assert last_entry(client, number).t_eff == occ


def test_signatures_that_do_not_hold_make_a_claim(client, device):
    stranger = Device("pad-9", "P-07")
    forged = Device("pad-7", "P-07")
    cases = [(stranger, "holder:P-07/li", "DEVICE_UNKNOWN"), (forged, "holder:P-07/li", "DEVICE_SIGNATURE"),
             (device, "community:C-03/ma", "DEVICE_OF_ANOTHER")]
    for signer, by, mark in cases:
        number = held(client)
        event = client.event("COMMENT", by=by, case_number=number, proof=event_pb2.DEVICE_SIGNED)
        reply = client.publish(signer.sign(event))[0]
        assert (reply.result, reply.code) == (RESULT.ACCEPTED, mark)
        assert last_entry(client, number).proof_mark == mark


def test_changed_content_breaks_the_signature(client, device):
    number = held(client)
    event = client.event("PROGRESS", by="holder:P-07/li", case_number=number, proof=event_pb2.DEVICE_SIGNED,
                         data={"text": "water is off"})
    signed = device.sign(event).replace(b"water is off", b"water is on!")
    assert client.publish(signed)[0].code == "DEVICE_SIGNATURE"


def test_a_number_of_a_device_counts_once(client, device):
    number = held(client)
    def progress(seq):
        event = client.event("PROGRESS", by="holder:P-07/li", case_number=number, proof=event_pb2.DEVICE_SIGNED,
                             device_seq=seq)
        return client.publish(device.sign(event))[0]
    assert progress(5).result == RESULT.ACCEPTED
    again = progress(5)
    assert (again.result, again.code) == (RESULT.NOT_ALLOWED, "DEVICE_SEQ_REPEATED")
    assert progress(4).result == RESULT.ACCEPTED, "an older number that comes late is new"


def device_acts(client):
    facts = [f.audit for e in client.ask("entries_answer", entries=wire_pb2.EntriesQuery(limit=500)).entries
             for f in journal_pb2.Entry.FromString(e).facts if f.HasField("audit")]
    return [(a.act, a.about, a.detail) for a in facts if a.act.startswith("DEVICE_")]


def test_devices_come_and_go_without_a_restart(client, device, tmp_path):
    """A phone is stolen and another one takes its place: what the thief signs is a claim, also when he says that it was yesterday."""
    file, new, number = tmp_path / "devices.csv", Device("pad-8", "P-07"), held(client)

    def register(text):
        beside = file.with_suffix(".new")
        beside.write_text(text)
        beside.rename(file)

    def verdict(signer):
        event = client.event("PROGRESS", by="holder:P-07/li", case_number=number, proof=event_pb2.DEVICE_SIGNED)
        return client.publish(signer.sign(event))[0].code

    assert (verdict(device), verdict(new)) == ("", "DEVICE_UNKNOWN")
    register(f"id,holder,public_key\n{new.row()}\n")
    assert (verdict(device), verdict(new)) == ("DEVICE_UNKNOWN", "")
    register(f"id,holder,public_key\n{device.row()}\npad-9,P-07,no key\n")
    assert (verdict(device), verdict(new)) == ("DEVICE_UNKNOWN", ""), "what cannot be read changes nothing"
    assert client.stats()["devices_loads_failed"] == 1
    acts = device_acts(client)
    assert acts == [(act, d.name, f"P-07, key {d.public.hex()[:8]}") for act, d in (("DEVICE_REVOKED", device), ("DEVICE_ADDED", new))]


def test_a_file_that_was_only_touched_warns_of_nothing(tmp_path, make_daemon, device):
    """A backup that makes hard links changes the inode's time each night."""
    file = tmp_path / "devices.csv"
    file.write_text(f"id,holder,public_key\n{device.row()}\n")
    daemon = make_daemon(settings={"evidence": {"devices_file": file}})
    with daemon.client() as client:
        os.link(file, tmp_path / "backup.csv")
        wait_until(lambda: client.stats()["devices_loads"] == 1)
        assert not daemon.said("event=devices_changed") and not device_acts(client)
        with file.open("a") as f:
            f.write(Device("pad-8", "P-07").row() + "\n")
        wait_until(lambda: client.stats()["devices_loads"] == 2 and daemon.said("event=devices_changed"))


def test_a_whole_fleet_is_exchanged_in_one_transaction(client, tmp_path):
    """A commit for each of thousands would hold the intake up for longer than the watchdog waits."""
    beside = tmp_path / "devices.new"
    beside.write_text("id,holder,public_key\n" + "".join(f"fleet-{i},P-07,{i:064x}\n" for i in range(200)))
    before = client.stats()["commits"]
    beside.rename(tmp_path / "devices.csv")
    wait_until(lambda: client.stats()["devices_loads"] == 1)
    assert sorted(about for _, about, _ in device_acts(client)) == sorted(["pad-7", *(f"fleet-{i}" for i in range(200))])
    assert client.stats()["commits"] - before < 10


def test_a_table_that_could_not_be_read_for_now_is_read_again(tmp_path, make_daemon, device):
    """No descriptor was left when the stolen phone was struck off: that passes, and then it is."""
    file = tmp_path / "devices.csv"
    file.write_text(f"id,holder,public_key\n{device.row()}\n")
    daemon = make_daemon(settings={"evidence": {"devices_file": file}})
    with daemon.client() as client:
        number = held(client)

        def verdict():
            event = client.event("PROGRESS", by="holder:P-07/li", case_number=number, proof=event_pb2.DEVICE_SIGNED)
            return client.publish(device.sign(event))[0].code

        assert verdict() == ""
        soft, hard = resource.prlimit(daemon.process.pid, resource.RLIMIT_NOFILE)
        resource.prlimit(daemon.process.pid, resource.RLIMIT_NOFILE, (3, hard))
        file.write_text("id,holder,public_key\n")
        assert verdict() == "" and client.stats()["devices_loads_failed"] >= 1
        resource.prlimit(daemon.process.pid, resource.RLIMIT_NOFILE, (soft, hard))
        wait_until(lambda: verdict() == "DEVICE_UNKNOWN")


def test_without_a_key_codes_are_believed_and_none_are_issued(daemon):
    with daemon.client() as client:
        number = held(client)
        occ = client.case(number).view.held_since
        reply = arrive(client, number, proof=event_pb2.ONSITE_CODE, t_occ=occ)
        assert reply.code == "" and last_entry(client, number).t_eff == occ
        client.send(request=5, onsite_code=wire_pb2.OnsiteCodeQuery(place="B-0417"))
        assert client.expect("problem").code == "NO_ONSITE_KEY"


def test_a_missing_key_is_made_for_the_owner_only(tmp_path, make_daemon):
    key = tmp_path / "made.key"
    make_daemon(settings={"evidence": {"onsite_key_file": key}})
    assert key.stat().st_size == 32 and stat.S_IMODE(os.stat(key).st_mode) == 0o600


def test_codes_that_are_only_believed_may_be_left_out(tmp_path, make_daemon):
    settings = {"evidence": {"onsite_key_file": tmp_path / "made.key", "onsite_codes": "believed"}}
    with make_daemon(settings=settings).client() as client:
        number = held(client)
        occ = client.case(number).view.held_since
        assert arrive(client, number, proof=event_pb2.ONSITE_CODE, t_occ=occ).code == ""
