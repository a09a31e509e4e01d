"""Deadlines fall by themselves. The store runs at sixty times the speed: a minute is a second."""
import pytest
from hongxin.v1 import event_pb2, journal_pb2, wire_pb2
from wire import RESULT, facts, wait_until

SECOND, MINUTE = 1000, 60_000


@pytest.fixture
def fast(make_daemon):
    return make_daemon(scale=60)


def entries_until(feed, cause):
    """All entries up to the one with this cause."""
    found = []
    while True:
        for b in feed.expect("entries").entries:
            e = journal_pb2.Entry.FromString(b)
            found.append(e)
            if e.cause.startswith(cause):
                return found
        feed.credit(1)


def test_without_an_answer_the_case_is_deemed_held_and_its_arrival_breaks(fast):
    with fast.client() as c, fast.client("feed") as f:
        f.hello("watch")
        reply = c.report()
        assert reply.result == RESULT.ACCEPTED
        entries = entries_until(f, "K_ARRIVE/L2")
        report = next(e for e in entries if e.cause == "REPORTED")  # an alarm of the calendar may stand before it
        breach = facts(entries[-1], "breach")[0]
        deemed = next(e for e in entries if e.state == "HELD")
        assert deemed.t_eff == report.t_eff + 30 * SECOND
        assert breach.deadline == deemed.t_eff + 5 * MINUTE
        assert breach.t_noticed >= breach.t_due == breach.deadline
        levels = [n.level for e in entries for n in facts(e, "notice") if n.clock == "K_ARRIVE"]
        assert levels.index("L0") < levels.index("L1") < levels.index("L2")
        assert all(e.scale == 60 for e in entries), "scaled time is marked in every record"


def test_deadlines_of_many_cases_are_judged_although_nobody_asks(fast):
    with fast.client() as c, fast.client("feed") as f:
        f.hello("watch", credit=100_000)
        numbers = {r.case_number for r in c.publish(*[c.event("REPORTED", by="reporter", data={"class": "SMALL", "place": "B-0417"})
                                                      for _ in range(500)])}
        held = set()
        while held != numbers:
            f.credit(1)  # who is silent for fifteen seconds is dropped
            held |= {e.case_number for e in map(journal_pb2.Entry.FromString, f.expect("entries").entries) if e.state == "HELD"}
        stats = c.stats()
        assert stats["deadlines_judged"] >= 500 and stats["pump_rescues"] <= 1  # one may come in the moment of the look


def test_what_is_done_in_time_breaks_nothing(fast):
    with fast.client() as c, fast.client("feed") as f:
        f.hello("watch")
        number = c.report().case_number
        for type, fields in (("HELD", {}), ("ARRIVED", {"proof": event_pb2.ONSITE_CODE}),
                             ("RESOLVED", {"data": {"evidence": ["photo"]}})):
            reply = c.publish(c.event(type, by="holder:P-07/li", case_number=number, **fields))[0]
            assert reply.result == RESULT.ACCEPTED, reply
        c.publish(c.event("CALLBACK_OK", by="callback/zhao", case_number=number))
        later = c.report().case_number
        entries = entries_until(f, "K_ARRIVE/L2")
        assert {e.case_number for e in entries if facts(e, "breach")} == {later}


def test_deadlines_that_came_while_it_was_down_are_judged_after_the_start(make_daemon):
    d = make_daemon(scale=60)
    with d.client() as c:
        number = c.report().case_number
    d.kill()
    d.start()
    with d.client() as c:
        view = wait_until(lambda: (v := c.case(number).view).state == "HELD" and v)
        assert "DEEMED" in view.flags


def test_no_mark_fires_twice_over_kills(make_daemon):
    d = make_daemon(scale=60)
    with d.client() as c:
        c.publish(*[c.event("REPORTED", by="reporter", data={"class": "SMALL", "place": "B-0417"})
                    for _ in range(50)])
    for _ in range(4):
        with d.client() as c:
            before = c.stats()["deadlines_judged"]
            wait_until(lambda: c.stats()["deadlines_judged"] > before)
        d.kill()
        d.start()
    with d.client() as c, d.client("feed") as f:
        end = c.ask("pong", ping=wire_pb2.Ping()).newest_lsn
        f.hello("", **{"from": wire_pb2.Hello.OLDEST})
        fired = [(e.case_number, e.cycle, e.cause) for e in f.entries(end) if "/" in e.cause]
        assert len(fired) == len(set(fired))
        assert fired


def test_a_holder_that_is_lost_is_still_held_to_account(fast):
    """Corner 18: others are fine, so the silence is the company's."""
    with fast.client() as c, fast.client("feed") as f:
        f.hello("company:P-11")
        number = c.report().case_number
        view = wait_until(lambda: (v := c.case(number).view).state == "HELD" and v)
        assert view.owner.lower() == "holder"
