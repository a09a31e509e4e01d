"""A machine that fails (faults.c): at any call, for one call or for a while. Nothing is acknowledged that is not on the disk, the
daemon says so, and when the machine works again so does the intake."""
import os
import random
import signal
import subprocess

import pytest
from facts import note
from faults import Faults
from field import BIN, Field
from hongxin.v1 import journal_pb2, wire_pb2
from locks import ROLES
from proof import Proof
from wire import RESULT, facts, wait_until


def numbers(name, few):
    """The numbers of an environment's variable, "1 2 5" or "1..300"; or these few."""
    text = os.environ.get(name, few)
    if ".." in text:
        first, last = text.split("..")
        return list(range(int(first), int(last) + 1))
    return [int(n) for n in text.split()]


def some(most, n):
    """In a campaign other numbers with each seed, small ones as likely as large ones by magnitude; else none."""
    chance = random.Random(int(os.environ.get("HX_SEED", "0")))
    return " ".join(str(int(most ** chance.random())) for _ in range(n)) if "HX_SEED" in os.environ else ""


CALLS = numbers("HX_CALLS", some(300, 40) or "1 2 3 5 9 17 40")  # at which call it fails


@pytest.fixture
def frail(tmp_path, request):
    """A Field whose machine fails as frail.faults says; its limits may be the test's."""
    field = Field(tmp_path, limits=getattr(request, "param", None))
    field.faults = Faults(tmp_path)
    field.daemon.env = {**os.environ, **field.faults.environment()}
    yield field
    field.end()


def report(client, n=5):
    return client.publish(*[client.event("REPORTED", by="reporter", data={"class": "SMALL", "place": "B-0417"})
                            for _ in range(n)])


def serves(client):
    """No answer for a while may be the last one of a process that ends: it is looked at again soon."""
    client.send(publish={"items": [{"event": client.event("REPORTED", by="reporter", data={"class": "SMALL", "place": "B-0417"}).SerializeToString()}]})
    message = client.receive(timeout=1)
    return message is not None and message.replies.replies[0].result == RESULT.ACCEPTED


@pytest.mark.parametrize("how", ["sync", "write", "full"])
def test_the_disk_fails_for_a_while(frail, how):
    d = frail.daemon.start()
    with d.client() as c:
        assert {r.result for r in report(c)} == {RESULT.ACCEPTED}
        before = frail.held()
        frail.faults.set(how)
        refused = report(c)
        assert {(r.result, r.lsn) for r in refused} == {(RESULT.RETRY_AFTER, 0)}
        assert {r.code for r in refused} <= {"STORE_TROUBLE", "STORE_FULL"}
        wait_until(lambda: d.said("event=store_failed"))
        assert c.stats()["store_troubled"] == 1
        assert c.stats()["commits_failed"] >= 1
        frail.faults.clear()
        wait_until(lambda: {r.result for r in report(c)} == {RESULT.ACCEPTED}, timeout=60)
        wait_until(lambda: d.said("event=store_recovered"))
        frail.assert_nothing_leaked(before)
        frail.drain()
    d.kill()
    counts = frail.prove()
    frail.judge()
    assert counts["entries"] == counts["replayed"]


def test_a_source_that_fell_silent_meanwhile_is_told_of(make_daemon, registry, tmp_path):
    """Its alarm waits for a store that takes it: what a failed batch said is not said."""
    roles = tmp_path / "roles.yaml"
    text = open(ROLES, encoding="utf-8").read()
    roles.write_text(text.replace("sources: []", "sources: [{name: hotline, silent_after: 1s}]"), encoding="utf-8")
    faults = Faults(tmp_path)
    d = make_daemon(settings={"keys": {**registry.keys, "roles": roles}}, env=faults.environment())
    with registry.client(d, "hotline") as c:
        faults.set("sync")
        c.ask("pong", ping=wire_pb2.Ping())
        wait_until(lambda: d.said("event=store_failed"))
        wait_until(lambda: faults.hits > 2)
        faults.clear()
        wait_until(lambda: d.said("code=SOURCE_SILENT"))
    with registry.client(d, "operator", door="feed") as feed:
        feed.hello(**{"from": wire_pb2.Hello.OLDEST})
        wait_until(lambda: any((a.code, a.source) == ("SOURCE_SILENT", "hotline") for e in feed.expect("entries").entries
                               for a in facts(journal_pb2.Entry.FromString(e), "alarm")))
    d.kill()
    proof = Proof(tmp_path, d.data)
    proof.prove()
    proof.judge()


def test_who_was_struck_off_meanwhile_is_told_when_the_disk_works_again(frail):
    """The changed table is in force at once; its acts wait for a store that takes them, and stand there once."""
    devices = frail.folder / "devices.csv"
    devices.write_text("id,holder,public_key\n" + "".join(f"pad-{i},P-07,{i:064x}\n" for i in range(3)))
    frail.config.write_text(frail.config.read_text() + f"evidence:\n  devices_file: '{devices}'\n")
    d = frail.daemon.start()
    with d.client() as c:
        report(c)
        frail.faults.set("sync")
        assert {r.result for r in report(c)} == {RESULT.RETRY_AFTER}
        for left in ("pad-1,P-07," + "0" * 63 + "1\n", ""):  # twice, while nothing can be written
            loads = c.stats()["devices_loads"]
            beside = devices.with_suffix(".new")
            beside.write_text("id,holder,public_key\n" + left)
            beside.rename(devices)
            wait_until(lambda loads=loads: c.stats()["devices_loads"] > loads)
        frail.faults.clear()
        wait_until(lambda: {r.result for r in report(c)} == {RESULT.ACCEPTED}, timeout=60)
    d.kill()
    frail.prove()
    frail.judge()
    acts = [f.audit for e in frail.journal().values() for f in e.facts if f.audit.act.startswith("DEVICE_")]
    assert [(a.act, a.about) for a in acts] == [("DEVICE_REVOKED", f"pad-{i}") for i in range(3)]


@pytest.mark.parametrize("frail", [{"check_point_entries": 128}], indirect=True)
def test_the_chain_goes_on_where_a_large_batch_has_failed(frail):
    """Entries that were hashed while their commit failed are in no hash."""
    d = frail.daemon.start()
    with d.client() as c:
        before = frail.held()
        for _ in range(3):
            frail.faults.set("sync")
            assert {r.result for r in report(c, 100)} == {RESULT.RETRY_AFTER}
            frail.faults.clear()
            wait_until(lambda: {r.result for r in report(c)} == {RESULT.ACCEPTED}, timeout=60)
            assert {r.result for r in report(c, 100)} == {RESULT.ACCEPTED}
        wait_until(lambda: c.stats()["check_points"] >= 2)
        frail.assert_nothing_leaked(before)
    assert d.stop() == 0
    frail.prove()
    frail.judge()
    subprocess.run([BIN / "hongxin", "verify", frail.folder / "journal"], check=True)


def test_killed_while_the_disk_fails(frail):
    """What was acknowledged before is there; what was refused is not."""
    d = frail.daemon.start()
    with d.client() as c:
        taken = [r.case_number for r in report(c)]
        frail.faults.set("sync")
        assert {r.result for r in report(c)} == {RESULT.RETRY_AFTER}
    d.kill()
    frail.faults.clear()
    d.start()
    with d.client() as c:
        assert [c.case(n).view.case_number for n in taken] == taken
        assert c.stats()["cases"] == len(taken)
    d.kill()
    frail.prove()
    frail.judge()


def held_under_load(field):
    """What the process holds, its load's connection among it."""
    size = field.log.stat().st_size
    wait_until(lambda: field.log.stat().st_size > size)
    return field.held()


def assert_survived(field, before):
    """Served again by the same process, which holds no more than before; or it has ended, because LMDB cannot go on, and the next one
    serves. Returns what that one holds."""
    d = field.daemon
    with d.client() as c:
        wait_until(lambda: d.process.poll() is not None or serves(c))
    if d.process.poll() is None:
        field.assert_nothing_leaked(before)
        return before
    assert d.wait() == 1 and d.said("event=end"), d.text()
    d.start()
    return held_under_load(field)


RESERVE = ("growth", "stunt")  # not even that can be taken in advance: no room, or the disk fails where its file grows


@pytest.mark.parametrize("how", ["sync", "write", "full", "short", *RESERVE])
def test_one_call_fails(frail, how):
    """Under load, at each of these calls; the source sends again, and the daemon is killed once more in the end."""
    d = frail.daemon.start()
    frail.start_hammer(54321, rate=800)
    before = held_under_load(frail)
    at = {"growth": [], "stunt": [1, 2, 9]}.get(how, CALLS)
    for n in at:
        frail.faults.set(how, first=n, last=n)
        wait_until(lambda: frail.faults.hits == 1)
        frail.faults.clear()
        before = assert_survived(frail, before)
    if how in RESERVE:
        frail.faults.set(how, first=1, last=1)  # at a start
        d.kill()
        d.start()
        assert frail.faults.hits == 1
        wait_until(lambda: d.said("event=store_reserve_failed"))
    frail.faults.clear()
    frail.stop_hammer()
    frail.drain()
    d.kill()
    frail.prove()
    frail.judge()
    note(faults=len(at) + (how in RESERVE), answers=frail.prove_acknowledged())


@pytest.mark.parametrize("how", ["sync", "write", "full", "short"])
def test_a_start_fails(frail, how):
    """The first calls of a start: it is refused with a reason, or it serves; the next start is as ever."""
    d = frail.daemon.start()
    with d.client() as c:
        taken = [r.case_number for r in report(c)]
    d.kill()
    for n in (1, 2, 3, 4):
        frail.faults.set(how, first=n, last=n)
        d.launch()
        wait_until(lambda: d.said("event=ready") or d.process.poll() is not None)
        if d.process.poll() is None:
            with d.client() as c:  # a start makes few calls: then the first ones of its work
                wait_until(lambda c=c: d.process.poll() is not None or (serves(c) and frail.faults.hits))
        assert frail.faults.hits == 1
        if d.process.poll() is not None:
            assert d.wait() == 1 and (d.said("event=start_refused") or d.said("event=end")), d.text()
        d.end()
    frail.faults.clear()
    d.start()
    with d.client() as c:
        assert [c.case(n).view.case_number for n in taken] == taken
    d.kill()
    frail.prove()
    frail.judge()


MEMORY = numbers("HX_ALLOCATIONS", some(60000, 30) or "1 10 100 1000 3000 10000 20000 40000 60000")
OWN_MEMORY = numbers("HX_OWN_ALLOCATIONS", some(800, 30) or "1 2 5 30 400 800")  # of some nine hundred


# Libraries that end a process by themselves where they got nothing: GEOS, ICU and ZeroMQ abort, libical writes there.
OWN_END = ("libgeos", "libicu", "libical", "libzmq")
# Those that say so, and then the daemon does.
HONEST = ("hongxind", "libyaml", "libcyaml", "libprotobuf-c", "liblmdb")


def assert_it_says_so(d, faults):
    """It ended in its own way, with the reason; a library may have ended it, but never our own code."""
    code = d.wait()
    foreign = faults.struck.startswith(OWN_END) and code in (-signal.SIGABRT, -signal.SIGSEGV)
    assert code == 1 or foreign, (code, faults.struck, d.text())
    if faults.struck.startswith(HONEST):
        assert d.said("out of memory") or d.said("NOMEM"), (faults.struck, d.text())


@pytest.mark.parametrize(("whose", "at"), [("", MEMORY), ("hongxind", OWN_MEMORY)], ids=["anybody", "own"])
def test_no_memory_at_a_start(frail, whose, at):
    """A start that gets no memory ends by itself, with a reason or by the library's own; the next one is as ever."""
    d = frail.daemon.start()
    with d.client() as c:
        taken = [r.case_number for r in report(c)]
    d.kill()
    for n in at:
        frail.faults.set("memory", first=n, last=n, of=whose)
        d.launch()
        wait_until(lambda: d.said("event=ready") or d.process.poll() is not None, timeout=60)
        assert frail.faults.hits == 1 and frail.faults.struck.startswith(whose)
        if d.process.poll() is not None:
            assert_it_says_so(d, frail.faults)
        d.end()
    frail.faults.clear()
    d.start()
    with d.client() as c:
        assert [c.case(n).view.case_number for n in taken] == taken
    d.kill()
    frail.prove()
    frail.judge()
    note(faults=len(at))


@pytest.mark.parametrize(("whose", "most"), [("", 30), ("hongxind", 6)], ids=["anybody", "own"])  # an event takes fewer by itself
def test_no_memory_for_an_event(frail, whose, most):
    """The n-th allocation after the event has come fails: it is taken, or told to come again, or nothing is heard; never half taken."""
    d = frail.daemon.start()
    before = frail.held()
    heard = struck = 0
    for n in range(1, most):
        with d.client() as c:
            frail.faults.set("memory", first=n, last=n, of=whose)
            event = c.event("REPORTED", id=f"m-{n}", by="reporter", data={"class": "SMALL", "place": "B-0417"})
            try:
                c.send(publish={"request": 7, "items": [{"event": event.SerializeToString()}]})
                heard += c.receive(timeout=1) is not None
            finally:
                frail.faults.clear()
            struck += frail.faults.hits
            if d.process.poll() is not None:
                assert_it_says_so(d, frail.faults)
                d.start()
                before = frail.held()
    assert heard and struck > 1
    frail.assert_nothing_leaked(before)
    with d.client() as c:
        for n in range(1, most):
            event = c.event("REPORTED", id=f"m-{n}", by="reporter", data={"class": "SMALL", "place": "B-0417"})
            wait_until(lambda c=c, event=event: c.publish(event)[0].result in (RESULT.ACCEPTED, RESULT.DUPLICATE))
    d.kill()
    frail.prove()
    frail.judge()


def test_a_second_daemon_is_refused(make_field):
    field = make_field()
    field.daemon.start()
    second = Field(field.folder)
    second.daemon.launch()
    assert second.daemon.wait() == 1
    assert second.daemon.said("in use by another process") and second.daemon.said(str(field.daemon.process.pid))
    with field.daemon.client() as c:
        assert report(c)[0].result == RESULT.ACCEPTED
    field.daemon.kill()
    field.prove()
    field.judge()
