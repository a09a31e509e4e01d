"""The clocks of the running daemon (corners 14 to 17). The test turns the wall clock and the boot clock of the process; budgets
are those of the city. Real time is only waited for where the daemon itself looks each second."""
import os
import signal

import pytest
from clock import AWAY_MS, EVENING, MINUTE, SECOND, Clock, run_to, turn
from hongxin.v1 import event_pb2, wire_pb2
from proof import Proof
from wire import RESULT, facts, wait_until

OLDEST = wire_pb2.Hello.OLDEST
PATIENCE_MS = 10_000  # limits.resend_ms where a message must come first: a slow machine needs as long to reconnect


def at(hours, minutes=0, seconds=0):
    return EVENING + ((hours - 19) * 60 + minutes) * MINUTE + seconds * SECOND


@pytest.fixture
def clock(tmp_path):
    return Clock(tmp_path, EVENING)


@pytest.fixture
def started(make_daemon, clock):
    """started(now) → a daemon that begins at this instant. What it leaves behind is proven in the end."""
    made = []

    def start(now, **settings):
        clock.pass_ns((now - clock.now) * 1_000_000)
        made.append(make_daemon(**clock.daemon(**settings)))
        return made[-1]

    yield start
    for d in made:
        d.end()
        proof = Proof(d.folder, d.data)
        proof.prove()
        proof.judge()


def journal(daemon, client):
    end = client.ask("pong", ping=wire_pb2.Ping()).newest_lsn
    with daemon.client("feed") as f:
        f.hello("", **{"from": OLDEST})
        return f.entries(end)


def all_facts(daemon, client, fact, **fields):
    return [(e, f) for e in journal(daemon, client) for f in facts(e, fact)
            if all(getattr(f, k) == v for k, v in fields.items())]


def held_case(client, clock, arrive=True):
    """Reported now, held twenty seconds later, arrived another minute later."""
    number = client.report().case_number
    run_to(clock, client, clock.now + 20 * SECOND)
    say(client, number, "HELD")
    if arrive:
        run_to(clock, client, clock.now + MINUTE)
        say(client, number, "ARRIVED", proof=event_pb2.ONSITE_CODE)
    return number


def say(client, number, type, by="holder:P-07/li", **fields):
    reply = client.publish(client.event(type, by=by, case_number=number, **fields))[0]
    assert reply.result == RESULT.ACCEPTED, reply


def solved(client, number, **fields):
    say(client, number, "RESOLVED", data={"evidence": ["photo"]}, **fields)


def breaches(daemon, client, clock_name="K_RESOLVE"):
    return [f for _, f in all_facts(daemon, client, "breach", clock=clock_name)]


# ---- corner 14: the wall clock jumps forward ------------------------------------------------------

def jumped_forward(started, clock, client_of):
    d = started(at(19))
    c = client_of(d)
    number = held_case(c, clock)
    run_to(clock, c, at(19, 38))
    clock.synchronise(False)
    clock.step(180 * SECOND)
    turn(c)
    return d, c, number


@pytest.fixture
def client_of():
    opened = []

    def client(daemon):
        opened.append(daemon.client())
        return opened[-1]
    yield client
    for c in opened:
        c.close()


def test_a_jump_forward_accuses_nobody_while_it_is_in_doubt(started, clock, client_of):
    d, c, _ = jumped_forward(started, clock, client_of)
    (entry, step), = all_facts(d, c, "alarm", code="CLOCK_STEP")
    assert step.step_ms == 180 * SECOND and entry.t_rec == at(19, 41)
    run_to(clock, c, at(19, 41, 30))
    assert breaches(d, c) == [], "19:40:20 lies inside the jump"
    assert c.stats()["clock_steps"] == 1 and c.stats()["absences"] == 0
    clock.synchronise(True)
    turn(c)  # the doubt is over: nothing waits any more


def test_a_confirmed_jump_breaks_what_lay_inside_it_and_says_so(started, clock, client_of):
    d, c, _ = jumped_forward(started, clock, client_of)
    run_to(clock, c, at(19, 41, 30))
    clock.synchronise(True)
    turn(c)
    breach, = breaches(d, c)
    assert breach.t_due == breach.deadline == at(19, 40, 20)
    assert breach.t_noticed == at(19, 41, 30) and breach.delay == "CLOCK_STEP"
    told = [f for _, f in all_facts(d, c, "notice", clock="K_RESOLVE", kind="BREACH")]
    assert {f.to for f in told} == {"community:C-03", "grid:G-041"}
    assert all(f.why == "our clock was wrong" for f in told)


def test_after_doubt_ms_a_jump_counts_as_right(started, clock, client_of):
    d = started(at(19), doubt_ms=100)
    c = client_of(d)
    held_case(c, clock)
    run_to(clock, c, at(19, 38))
    clock.synchronise(False)
    clock.step(180 * SECOND)
    wait_until(lambda: breaches(d, c))


def test_a_refuted_jump_has_sent_nothing(started, clock, client_of):
    d, c, number = jumped_forward(started, clock, client_of)
    clock.step(-180 * SECOND)
    turn(c)
    clock.synchronise(True)
    run_to(clock, c, at(19, 39))
    solved(c, number)
    run_to(clock, c, at(19, 45))
    assert breaches(d, c) == []
    assert [f for _, f in all_facts(d, c, "notice", clock="K_RESOLVE") if f.kind != "REMINDER" and f.kind != "WARNING"] == []
    stop, = [f for _, f in all_facts(d, c, "clock", clock="K_RESOLVE", change="STOP")]
    assert stop.met


# ---- corner 15: the wall clock jumps back ---------------------------------------------------------

def test_a_jump_back_fires_nothing_twice_and_time_stays(started, clock, client_of):
    d = started(at(19))
    c = client_of(d)
    number = held_case(c, clock)
    run_to(clock, c, at(19, 41))
    assert len(breaches(d, c)) == 1
    say(c, number, "COMMENT", by="reporter", data={"text": "still leaking"})
    clock.step(-120 * SECOND)
    turn(c)
    say(c, number, "COMMENT", by="reporter", data={"text": "and now?"})
    last = journal(d, c)[-1]
    assert (last.cause, last.t_rec, last.t_wall) == ("COMMENT", at(19, 41), at(19, 39)), "both values are kept"
    solved(c, number)
    last = journal(d, c)[-1]
    assert (last.t_rcv, last.t_eff) == (at(19, 41), at(19, 41)), "dated by the time that does not run back (R13)"
    stop, = [f for _, f in all_facts(d, c, "clock", clock="K_RESOLVE", change="STOP")]
    assert not stop.met and all_facts(d, c, "breach_mark") == [], "nobody is earlier by a clock that is put back"
    run_to(clock, c, at(19, 42))
    marks = [e.cause for e in journal(d, c) if "/" in e.cause]
    assert len(marks) == len(set(marks)) and len(breaches(d, c)) == 1
    times = [e.t_rec for e in journal(d, c)]
    assert times == sorted(times), "time never runs backwards"


# ---- corner 16: stopped or suspended --------------------------------------------------------------

def outage(daemon, client):
    """The last outage in the journal: from, to."""
    entry, fact = all_facts(daemon, client, "alarm", code="OUTAGE")[-1]
    return entry.t_rec - fact.step_ms, entry.t_rec


def test_a_suspended_machine_is_an_outage_and_no_step(started, clock, client_of):
    d = started(at(19))
    c = client_of(d)
    held_case(c, clock)
    run_to(clock, c, at(19, 35))
    clock.pass_ns(20 * MINUTE * 1_000_000)  # wall and boot clock together
    turn(c)
    assert outage(d, c) == (at(19, 35), at(19, 55))
    breach = wait_until(lambda: breaches(d, c))[0]
    assert breach.t_due == at(19, 40, 20) and breach.t_noticed == at(19, 55) and breach.delay == "OUTAGE"
    assert all_facts(d, c, "alarm", code="CLOCK_STEP") == []
    assert c.stats()["clock_steps"] == 0 and c.stats()["absences"] == 1


def test_what_was_sent_to_a_stopped_daemon_is_judged_by_when_it_was_sent(started, clock, client_of):
    d = started(at(19), resend_ms=PATIENCE_MS)
    c = client_of(d)
    number = held_case(c, clock)
    run_to(clock, c, at(19, 35))
    os.kill(d.process.pid, signal.SIGSTOP)
    clock.pass_ns(20 * MINUTE * 1_000_000)
    c.send(publish=wire_pb2.Publish(request=9, items=[wire_pb2.Item(event=c.event(
        "RESOLVED", by="holder:P-07/li", case_number=number, t_src=at(19, 40),
        data={"evidence": ["photo"]}).SerializeToString())]))
    os.kill(d.process.pid, signal.SIGCONT)
    assert c.replies(1, 9)[0].result == RESULT.ACCEPTED
    wait_until(lambda: d.said("event=deadlines_go_on after=outage"))
    run_to(clock, c, at(20))
    assert breaches(d, c) == [], "our outage counts against nobody"
    stop, = [f for _, f in all_facts(d, c, "clock", clock="K_RESOLVE", change="STOP")]
    assert stop.met


def test_a_busy_moment_is_no_outage(started, clock, client_of):
    d = started(at(19))
    c = client_of(d)
    clock.pass_ns((AWAY_MS - 1) * 1_000_000)
    turn(c)
    assert c.stats()["absences"] == 0


# ---- corner 17: down across deadlines -------------------------------------------------------------

def test_down_across_deadlines(started, clock, client_of):
    """Cases A, B and C of the corner."""
    d = started(at(9), resend_ms=PATIENCE_MS)
    c = client_of(d)
    b = held_case(c, clock)  # held 9:00:20, due 9:40:20, level 3 at 10:00:20, level 4 at 10:40:20
    run_to(clock, c, at(9, 30))
    a = held_case(c, clock)  # held 9:30:20, due 10:10:20
    run_to(clock, c, at(9, 59, 50))
    waiting = c.report().case_number
    run_to(clock, c, at(10))
    assert [f.deadline for f in breaches(d, c)] == [at(9, 40, 20)]
    d.kill()
    clock.pass_ns(5 * MINUTE * 1_000_000)
    c.send(publish=wire_pb2.Publish(request=9, items=[wire_pb2.Item(event=c.event(
        "RESOLVED", by="holder:P-07/li", case_number=a, t_src=at(10, 5), data={"evidence": ["photo"]}).SerializeToString())]))
    clock.pass_ns(15 * MINUTE * 1_000_000)
    d.start()
    assert c.replies(1, 9)[0].result == RESULT.ACCEPTED
    level3 = wait_until(lambda: [f for e, f in all_facts(d, c, "notice", clock="K_RESOLVE", level="L3") if e.case_number == b])
    assert [(f.t_due, f.why) for f in level3] == [(at(10, 0, 20), "our outage")], "one notice, what is true now"
    stop, = [f for e, f in all_facts(d, c, "clock", clock="K_RESOLVE", change="STOP") if e.case_number == a]
    assert stop.met and len(breaches(d, c)) == 1, "A was solved while we were down: nobody is accused"
    assert c.case(waiting).view.state == "DISPATCHED", "C is not deemed held"
    run_to(clock, c, at(10, 20, 29))
    assert c.case(waiting).view.state == "DISPATCHED"
    run_to(clock, c, at(10, 20, 31))
    view = c.case(waiting).view
    assert view.state == "HELD" and "DEEMED" in view.flags, "thirty seconds from the delivery on"


def test_a_dispatch_that_waited_is_told_when_the_queue_is_read(started, clock, client_of):
    """As the simulator does: not when the drain ends, half a minute later, and without any event for the case."""
    d = started(at(10), resend_ms=20000)
    c = client_of(d)
    waiting = c.report().case_number
    run_to(clock, c, at(10, 0, 10))
    d.kill()
    clock.pass_ns(20 * MINUTE * 1_000_000)
    d.start()
    wait_until(lambda: len(all_facts(d, c, "clock", clock="K_HANDOVER", change="START")) == 2)
    assert not d.said("event=deadlines_go_on after=outage"), "while deadlines are still held back"
    (_, first), (entry, second) = all_facts(d, c, "clock", clock="K_HANDOVER", change="START")
    assert (first.start, second.start, entry.case_number) == (at(10), at(10, 20, 10), waiting)
    told = [f.why for _, f in all_facts(d, c, "notice", kind="CASE", to="holder:P-07")]
    assert told == ["", "delivered after our outage"]


def test_the_digest_outlives_a_kill(started, clock, client_of):
    """It is owed from the outage on. A clock in doubt holds it back, so that the daemon can be killed between the notices and it."""
    d = started(at(9), resend_ms=1000)
    c = client_of(d)
    held_case(c, clock)  # held 9:00:20, due 9:40:20, level 3 at 10:00:20
    run_to(clock, c, at(10))
    d.kill()
    clock.pass_ns(20 * MINUTE * 1_000_000)
    d.start()
    clock.synchronise(False)
    clock.step(180 * SECOND)
    turn(c)
    wait_until(lambda: all_facts(d, c, "notice", level="L3"))
    assert all_facts(d, c, "notice", kind="DIGEST") == []
    d.kill()
    clock.synchronise(True)
    d.start()
    wait_until(lambda: all_facts(d, c, "notice", kind="DIGEST"))
    digests = [(f.to, f.why) for _, f in all_facts(d, c, "notice", kind="DIGEST")]
    assert digests == [("street:S-02", "our outage: 1 notices")]
    (_, digest), (late, _) = all_facts(d, c, "notice", kind="DIGEST")[0], all_facts(d, c, "notice", level="L3")[0]
    assert [(x.lsn, x.number, x.kind, x.clock, x.level, x.over) for x in digest.lines] == [
        (late.lsn, f"CL-{late.case_number}", "BREACH", "K_RESOLVE", "L3", False)], "named again from the journal after the kill"
    d.kill()
    d.start()
    turn(c)
    assert len(all_facts(d, c, "notice", kind="DIGEST")) == 1, "told once"


def test_an_outage_begins_where_the_daemon_last_lived_not_where_it_last_wrote(started, clock, client_of):
    d = started(at(9))
    c = client_of(d)
    c.report()
    run_to(clock, c, at(11))
    wait_until(lambda: c.stats()["heartbeat_age_s"] < 10)
    d.kill()
    clock.pass_ns(MINUTE * 1_000_000)
    d.start()
    assert c.report().result == RESULT.ACCEPTED
    begin, end = outage(d, c)
    assert at(10, 59, 50) <= begin <= at(11) and end == at(11, 1)


def day(month, number, hours=0):
    return at(24 * ((31 if month == 11 else 0) + number - 12) + hours)


def test_from_november_on_a_missing_calendar_rings_once_a_week(started, clock, client_of):
    """The shipped holidays end with 2026. The daemon looks soon after each start; a look that is too early writes nothing."""
    d = started(day(10, 31, 22))
    c = client_of(d)
    turn(c)

    def start_again(instant):
        d.kill()
        clock.pass_ns((instant - clock.now) * 1_000_000)
        d.start()
        turn(c)

    start_again(day(11, 1, 1))
    wait_until(lambda: d.said("event=calendar_missing table=china"))
    start_again(day(11, 7, 23))
    start_again(day(11, 8, 2))
    wait_until(lambda: d.said("event=calendar_missing table=china"))
    assert [(e.t_rec, f.about) for e, f in all_facts(d, c, "alarm", code="CALENDAR_MISSING")] == [
        (day(11, 1, 1), "china does not know 2027"), (day(11, 8, 2), "china does not know 2027")]


def test_what_is_written_between_two_turns_is_found_like_all_else(started, client_of):
    """An alarm of the calendar, while somebody follows; asked for again when the memory of its turn has long gone."""
    d = started(day(11, 10))
    c = client_of(d)
    with d.client("feed") as f:
        f.hello("", **{"from": OLDEST})
        newest, alarms = 0, []
        while not alarms:
            newest += 1
            alarms = [e for e in f.entries(newest) if any(x.code == "CALENDAR_MISSING" for x in facts(e, "alarm"))]
        for _ in range(3):
            turn(c)
        after = {"after_lsn": alarms[0].lsn - 1}
        assert len(c.ask("entries_answer", entries=wire_pb2.EntriesQuery(**after, filter=wire_pb2.Filter(facts=["ALARM"]))).entries) == 1
        assert not c.ask("entries_answer", entries=wire_pb2.EntriesQuery(**after, filter=wire_pb2.Filter(facts=["BREACH"]))).entries
