"""Nobody at all can be reached: the fault is ours (corner 18). The test turns the clock of the daemon, so that an evening is a moment; what
it did is judged afterwards by the doctor, and by the second opinion (tests/oracle)."""
import pytest
from clock import EVENING, MINUTE, SECOND, Clock, run_to, turn
from hongxin.v1 import event_pb2, journal_pb2
from proof import Proof
from store_copy import Store, be64
from wire import RESULT, facts, wait_until

RECEIVERS = ("company:P-07", "community:C-03")
THEIRS = ("holder:P-07", "manager:P-07", "community:C-03")  # who is told over their connections
TRY, LONGEST = 30 * SECOND, 5 * MINUTE  # of a dispatch
OURS = {"result": "FAILED", "fault": "OURS"}


@pytest.fixture
def clock(tmp_path):
    return Clock(tmp_path, EVENING)


@pytest.fixture
def daemon(make_daemon, clock):
    return make_daemon(**clock.daemon())


@pytest.fixture
def client(daemon):
    with daemon.client() as c:
        yield c


def lose_all(daemon, client):
    """Both have been here and are gone: each is missed with the next entry for it."""
    for name in RECEIVERS:
        with daemon.client("feed") as gone:
            gone.hello(name)
    client.report()
    wait_until(lambda: client.stats()["receivers_down"] == len(RECEIVERS))


def said(client, number, kind, **wanted):
    """The facts of one kind in this case, with their entries."""
    entries = [journal_pb2.Entry.FromString(b) for b in client.case(number, history=True).history]
    return [(e, f) for e in entries for f in facts(e, kind) if all(getattr(f, k) == v for k, v in wanted.items())]


def on_site(client, clock):
    """A case that somebody works on: its warnings are to go out meanwhile."""
    number = client.report().case_number
    for name, fields in ("HELD", {}), ("ARRIVED", {"proof": event_pb2.ONSITE_CODE}):
        run_to(clock, client, clock.now + 10 * SECOND)
        assert client.publish(client.event(name, by="holder:P-07/li", case_number=number, **fields))[0].result == RESULT.ACCEPTED
    return number


def undelivered(client, number):
    """What could not be told to them by our fault, and has not gone out since."""
    last = {(f.notice, f.to): f.result for _, f in said(client, number, "delivery")}
    ours = {(f.notice, f.to) for _, f in said(client, number, "delivery", **OURS) if f.to in THEIRS}
    assert ours
    return {key: last[key] for key in ours if last[key] not in ("DELIVERED", "SENT")}


def come_back(daemon, client):
    there = [daemon.client("feed") for _ in RECEIVERS]
    for feed, name in zip(there, RECEIVERS, strict=True):
        feed.hello(name)
    wait_until(lambda: client.stats()["receivers_down"] == 0)
    return there


def assert_told(daemon, client, clock, waiting, worked_on):
    """All is told within the distance in which it was tried at first, though the next try would have been minutes away."""
    back = clock.now
    due = next(k.deadline for k in client.case(waiting).view.clocks if k.clock == "K_DELIVERY" and k.change == "RUNNING")
    assert due > back + TRY, "the next try is farther away than the next look"
    there = come_back(daemon, client)
    run_to(clock, client, back + TRY + 1, step=SECOND)
    _, moved = said(client, waiting, "clock", clock="K_DELIVERY", change="MOVE")[-1]
    assert moved.basis == "OUTAGE" and back <= moved.deadline <= back + TRY
    assert [f.start for _, f in said(client, waiting, "clock", clock="K_HANDOVER", change="START")] == [moved.deadline]
    run_to(clock, client, back + MINUTE + 1, step=SECOND)
    assert undelivered(client, worked_on) == {}
    for feed in there:
        feed.close()


def assert_proven(daemon, folder):
    """The daemon has ended: neither the doctor nor the second opinion has anything to say."""
    assert daemon.stop() == 0
    proof = Proof(folder, daemon.data, slack_ms=MINUTE)
    proof.prove()
    proof.judge()


def test_all_is_told_when_somebody_is_there_again(daemon, client, clock, tmp_path):
    worked_on = on_site(client, clock)
    lose_all(daemon, client)
    waiting = client.report().case_number
    run_to(clock, client, EVENING + 100 * MINUTE)
    _, tried = said(client, waiting, "clock", clock="K_DELIVERY", change="START")[-1]
    assert tried.basis == "OUTAGE" and tried.deadline - tried.start == LONGEST and tried.budget_ms == TRY
    run_to(clock, client, tried.start + TRY + SECOND)
    assert_told(daemon, client, clock, waiting, worked_on)
    assert_proven(daemon, tmp_path)


def test_a_repair_leaves_nobody_told_later(client, clock, daemon, tmp_path):
    lose_all(daemon, client)
    waiting = client.report().case_number
    run_to(clock, client, EVENING + 60 * MINUTE)
    assert daemon.stop() == 0
    store = Store(daemon.data, tmp_path / "identity.key")
    with store.edit() as r:
        before = [k for k, _ in r.all("due") if k[8:] == be64(waiting)]
        for key in before:
            r.delete("due", key)
    store.doctor("--repair", code=0)
    with store.edit() as r:
        row, = (int.from_bytes(k[:8], "big") for k, _ in r.all("due") if k[8:] == be64(waiting))
    assert clock.now - TRY <= row <= clock.now + TRY, "it is not the next try that is waited for"


def test_a_class_that_is_changed_meanwhile_moves_no_try(client, clock, daemon):
    lose_all(daemon, client)
    waiting = client.report().case_number
    run_to(clock, client, EVENING + 60 * MINUTE)
    before = [k for k in client.case(waiting).view.clocks if k.clock == "K_DELIVERY"][-1]
    changed = client.event("CLASS_SET", by="city/desk/tan", case_number=waiting, data={"class": "SERIOUS", "why": "x"})
    assert client.publish(changed)[0].result == RESULT.ACCEPTED
    turn(client)
    after = [k for k in client.case(waiting).view.clocks if k.clock == "K_DELIVERY"][-1]
    assert (after.start, after.deadline, after.basis) == (before.start, before.deadline, "OUTAGE")
