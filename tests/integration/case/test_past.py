"""Truth over time: what was known and what was due at an instant of the past."""
import os
import subprocess

import pytest
from clock import EVENING, SECOND, Clock
from daemon import BIN
from hongxin.v1 import event_pb2, wire_pb2
from lmdb_row import rows
from wire import RESULT, wait_until

LIFE = [("HELD", {}), ("ARRIVED", {"proof": event_pb2.ONSITE_CODE}), ("PROGRESS", {}),
        ("RESOLVED", {"data": {"evidence": ["photo"]}})]


@pytest.fixture
def fast(make_daemon):
    return make_daemon(scale=60)


@pytest.fixture
def clock(tmp_path):
    return Clock(tmp_path, EVENING)


@pytest.fixture
def turned(make_daemon, clock):
    """A daemon for which time passes as the test says: nobody takes a case by himself because this machine is slow."""
    return make_daemon(env=clock.environment())


def without_seconds(view):
    """Seconds go on with every instant; everything else of a view only changes with an entry."""
    v = type(view)()
    v.CopyFrom(view)
    v.ClearField("owner_ms")
    return v


def moment(client, number):
    """What the daemon says now, and when the newest of its entries was written."""
    from hongxin.v1 import journal_pb2
    a = client.case(number, history=True)
    return journal_pb2.Entry.FromString(a.history[-1]).t_rec, without_seconds(a.view)


def ask_at(client, number, at, **fields):
    return client.ask("case_answer", case_query=wire_pb2.CaseQuery(case_number=number, at=at, **fields))


def problem_at(client, number, at):
    return client.ask("problem", case_query=wire_pb2.CaseQuery(case_number=number, at=at)).code


def assert_remembered(client, number, moments):
    for at, view in moments:
        assert without_seconds(ask_at(client, number, at).view) == view


def take(client, reply):
    assert reply.result == RESULT.ACCEPTED, reply
    return moment(client, reply.case_number)


def step(client, number, type, by="holder:P-07/li", after=None, **fields):
    """`after`: a clock, on which a second passes before."""
    if after:
        after.pass_ns(SECOND * 1_000_000)
    return take(client, client.publish(client.event(type, by=by, case_number=number, **fields))[0])


def test_each_moment_is_answered_as_it_was_answered_then(turned, clock):
    with turned.client() as c:
        number = c.report().case_number
        moments = [moment(c, number)] + [step(c, number, type, after=clock, **fields) for type, fields in LIFE]
        moments.append(step(c, number, "CALLBACK_OK", by="callback/zhao", after=clock))
        assert [m[1].state for m in moments] == ["DISPATCHED", "HELD", "ONSITE", "IN_WORK", "RESOLVED", "CLOSED"]
        assert_remembered(c, number, moments)
        at, held = moments[1]
        then = ask_at(c, number, at, history=True)
        assert then.view.next_deadline == held.next_deadline > 0
        assert len(then.history) == 2, "later entries were not known yet"


def test_breaches_and_levels_are_those_of_that_time(fast):
    with fast.client() as c:
        number = c.report().case_number
        moments = []

        def broken():
            moments.append(moment(c, number))
            return moments[-1][1].breaches
        wait_until(broken)
        moments = list(dict(moments).items())
        assert len(moments) > 1
        assert_remembered(c, number, moments)
        assert not ask_at(c, number, moments[-1][0] - 1).view.breaches


def test_after_a_restart_and_in_two_cases_that_were_merged(fast):
    with fast.client() as c:
        a, b = c.report().case_number, c.report().case_number
        parts = {n: [step(c, n, "HELD")] for n in (a, b)}
        fast.kill()
        fast.start()
    with fast.client() as c:
        step(c, a, "MERGED_INTO", by="dispatcher:C-03/wu", data={"into": f"CL-{b}"})
        for n in (a, b):
            parts[n].append(moment(c, n))
        assert parts[a][1][1].state == "MERGED"
        for n in (a, b):
            assert_remembered(c, n, parts[n])


def test_what_cannot_be_told(turned):
    with turned.client() as c:
        number = c.report().case_number
        at, _ = moment(c, number)
        assert problem_at(c, number, at - 1) == "NOT_YET"
        assert problem_at(c, number, at + 365 * 86_400_000) == "IN_FUTURE"
        assert problem_at(c, number + 1, at) == "NO_CASE"


def test_an_entry_that_is_damaged_is_not_said_to_be_pruned(turned):
    with turned.client() as c:
        reported = c.report()
        at, _ = take(c, reported)
        step(c, reported.case_number, "HELD")
        with rows(turned.data) as r:
            (key,) = (k for k, _ in r.all("journal") if int.from_bytes(k, "big") == reported.lsn)
            r.put("journal", key, b"\xff\xff")
        assert problem_at(c, reported.case_number, at) == "STORE_TROUBLE"


def test_the_command(turned, clock):
    with turned.client() as c:
        number = c.report().case_number
        at, _ = moment(c, number)
        step(c, number, "HELD", after=clock)
    for command in ("case", "explain"):
        def run(*more):
            return subprocess.run([os.path.join(BIN, "hongxin"), command, f"CL-{number}", "--feed-endpoint",
                                   turned.doors.get("feed") or turned.doors["intake"], *more], capture_output=True, text=True)
        then = run("--at", instant(at))
        assert then.returncode == 0, then.stderr
        assert "DISPATCHED" in then.stdout and "K_ARRIVE" not in then.stdout
        assert "K_ARRIVE" in run().stdout
        assert run("--at", "yesterday").returncode == 2
        early = run("--at", instant(at - 86_400_000))
        assert early.returncode == 1 and "NOT_YET" in early.stderr


def instant(ms):
    import datetime
    t = datetime.datetime.fromtimestamp(ms / 1000, datetime.timezone.utc)
    return t.strftime("%Y-%m-%dT%H:%M:%S.") + f"{ms % 1000:03d}Z"
