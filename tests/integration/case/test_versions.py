"""New calendars and policies in a running daemon: previewed, put into force by two persons, open cases moved, restarts."""
import datetime
import re
import shutil

import pytest
from daemon import SOURCE
from hongxin.v1 import wire_pb2
from lmdb_row import rows
from wire import RESULT, facts, wait_until

PREVIEW, ASK, AGREE = (wire_pb2.Apply.Step.Value(n) for n in ("PREVIEW", "ASK", "AGREE"))
CHINA = f"{SOURCE}/config/calendars/china.ics"
CITY = datetime.timezone(datetime.timedelta(hours=8))
LIFE_CYCLE = f"{SOURCE}/config/life-cycles/complaint.yaml"


def named():
    """The days that the shipped table names."""
    text, days = open(CHINA, encoding="utf-8").read(), set()
    for event in re.findall(r"DTSTART;VALUE=DATE:(\d+)\nDTEND;VALUE=DATE:(\d+)\n", text):
        day, end = (datetime.datetime.strptime(x, "%Y%m%d").date() for x in event)
        while day < end:
            days.add(day)
            day += datetime.timedelta(1)
    return days


def next_weekdays(n, today=datetime.datetime.now(CITY).date()):
    """The next n days from Monday to Friday after today that the shipped table does not name; the same ones in all of a test."""
    known, day, out = named(), today + datetime.timedelta(2), []
    while len(out) < n:
        if day.weekday() < 5 and day not in known:
            out.append(day)
        day += datetime.timedelta(1)
    return out


def calendar(version, holidays=()):
    """The shipped table under another version, with further holidays."""
    text = open(CHINA, encoding="utf-8").read().replace("X-HONGXIN-VERSION:1\n", f"X-HONGXIN-VERSION:{version}\n")
    events = "".join(f"BEGIN:VEVENT\nUID:{d}\nDTSTART;VALUE=DATE:{d:%Y%m%d}\nCATEGORIES:HOLIDAY\nX-HONGXIN-NOTICE:a test\n"
                     "END:VEVENT\n" for d in holidays)
    return text.replace("END:VCALENDAR", events + "END:VCALENDAR").encode()


def policy(version, minutes):
    text = open(LIFE_CYCLE, encoding="utf-8").read()
    return text.replace("\nversion: 1\n", f"\nversion: {version}\n").replace("ms: 40min", f"ms: {minutes}min").encode()


def apply(client, content, step=PREVIEW, by="", **fields):
    """The answer, or the code of the problem."""
    client.send(apply=wire_pb2.Apply(step=step, content=content, file="new", by=by, **fields))
    answer = client.receive(timeout=60)
    return answer.apply if answer.WhichOneof("answer") == "apply" else answer.problem.code


def into_force(client, content, **fields):
    assert apply(client, content, ASK, "operator/wang", why="a test", **fields).state == "ASKED"
    answer = apply(client, content, AGREE, "city/li")
    assert answer.state == "IN_FORCE"
    return answer


def clock(client, number, name):
    return next(c for c in client.case(number).view.clocks if c.clock == name)


def statute(client, number):
    return clock(client, number, "K_STATUTE")


@pytest.fixture
def copy(tmp_path):
    """The configuration's rules in a folder of the test's own."""
    shutil.copytree(f"{SOURCE}/config", tmp_path / "config")
    return {"rules": {"life_cycle": tmp_path / "config/life-cycles/complaint.yaml", "city": tmp_path / "config/city"}}


def test_a_calendar_is_previewed_and_moves_open_cases(daemon):
    with daemon.client() as c, daemon.client("feed") as f:
        before = statute(c, c.report(cls="SERIOUS").case_number)
        new = calendar(2, next_weekdays(3))
        seen = apply(c, new)
        assert (seen.state, seen.later, seen.earlier, seen.cases) == ("PREVIEWED", 1, 0, 1)
        assert seen.earliest > before.deadline
        assert statute(c, 1).deadline == before.deadline, "a preview changes nothing"
        answer = into_force(c, new)
        wait_until(lambda: statute(c, 1).deadline == seen.earliest)
        after = statute(c, 1)
        assert (before.calendar, after.calendar, after.basis) == ("workdays@china/1", "workdays@china/2", "CALENDAR")
        f.hello("watch", **{"from": wire_pb2.Hello.OLDEST})
        entries = f.entries(c.case(1).view.last_lsn)
        told = next(e for e in entries if e.cause == "RULES_IN_FORCE")
        fact = facts(told, "rules")[0]
        assert told.lsn == answer.lsn
        assert (fact.asked_by, fact.agreed_by, fact.why, fact.later) == ("operator/wang", "city/li", "a test", 1)
        assert [e.case_number for e in entries if e.cause == "CALENDAR_APPLIED"] == [1]
        assert statute(c, c.report(cls="SERIOUS").case_number).calendar == "workdays@china/2"


def test_a_store_that_cannot_be_read_is_not_said_to_be_without_the_question(daemon):
    with daemon.client() as c:
        new = calendar(2, next_weekdays(1))
        assert apply(c, new, ASK, "operator/wang", why="a test").state == "ASKED"
        with rows(daemon.data) as r:
            (key,) = (k for k, _ in r.all("rules") if k.startswith(b"calendar\0") and k.endswith(b"\0\0\0\2\0"))
            r.put("rules", key, b"\xff\xff")
        assert apply(c, new, AGREE, "city/li") == "STORE_TROUBLE"
        assert statute(c, c.report(cls="SERIOUS").case_number).calendar == "workdays@china/1"


def test_two_different_persons_and_the_very_same_file(daemon):
    with daemon.client() as c:
        new, other = calendar(2, next_weekdays(1)), calendar(2, next_weekdays(2))
        assert apply(c, new, AGREE, "city/li") == "NOT_ASKED"
        assert apply(c, new, ASK, "operator", why="no name") == "BAD_PERSON"
        assert apply(c, new, ASK, "holder:P-07/li", why="no right") == "BAD_PERSON"
        assert apply(c, new, ASK, "operator/wang", why="a test").asked_by == "operator/wang"
        assert apply(c, new, AGREE, "operator/wang") == "SAME_PERSON"
        assert apply(c, new, AGREE, "city/desk/wang") == "SAME_PERSON", "one name in two roles is one person"
        assert apply(c, other, AGREE, "city/li") == "NOT_ASKED"
        assert apply(c, new, AGREE, "city/li").state == "IN_FORCE"
        assert apply(c, new) == "RULES_REFUSED", "it is in force already"


@pytest.mark.parametrize("content", [
    b"", b"hello", b"BEGIN:VCALENDAR\nEND:VCALENDAR\n", calendar(1, next_weekdays(1)), calendar(2).replace(b"MAKE-UP", b"PARTY"),
    policy(1, 30), policy(2, 30).replace(b"\nversion: 2\n", b"\nversion: 2\nfrom: \"2026-01-01\"\n"), policy(2, 30)[:5000]])
def test_what_is_wrong_is_refused_and_nothing_changes(daemon, content):
    with daemon.client() as c:
        assert apply(c, content) == "RULES_REFUSED"
        assert statute(c, c.report().case_number).calendar == "workdays@china/1"


def test_only_new_clocks(daemon):
    with daemon.client() as c:
        c.report(cls="SERIOUS")
        into_force(c, calendar(2, next_weekdays(3)), only_new=True)
        assert statute(c, c.report(cls="SERIOUS").case_number).calendar == "workdays@china/2"
        assert statute(c, 1).calendar == "workdays@china/1"


def test_clocks_keep_their_policy_over_a_restart_with_another_file(make_daemon, copy):
    daemon = make_daemon(settings=copy)
    with daemon.client() as c:
        c.publish(c.event("REPORTED", by="reporter", case_ref="A", data={"class": "SMALL", "place": "B-0417"}),
                  c.event("HELD", by="holder:P-07/li", case_ref="A"))
        old = clock(c, 1, "K_RESOLVE")
    daemon.kill()
    copy["rules"]["life_cycle"].write_bytes(policy(2, 30))
    daemon = make_daemon(settings=copy)
    with daemon.client() as c:
        c.publish(c.event("REPORTED", by="reporter", case_ref="B", data={"class": "SMALL", "place": "B-0417"}),
                  c.event("HELD", by="holder:P-07/li", case_ref="B"))
        new = clock(c, 2, "K_RESOLVE")
        assert clock(c, 1, "K_RESOLVE") == old
        assert (old.policy, old.budget_ms, new.policy, new.budget_ms) == ("complaint/1", 2400000, "complaint/2", 1800000)
    daemon.kill()
    copy["rules"]["life_cycle"].write_bytes(policy(2, 35))
    with pytest.raises(AssertionError, match="version 2 of life-cycle complaint was in force already with other content"):
        make_daemon(settings=copy)


def test_a_newer_version_stays_in_force_although_the_file_is_old(make_daemon):
    daemon = make_daemon()
    with daemon.client() as c:
        into_force(c, calendar(2, next_weekdays(1)))
    daemon.kill()
    daemon = make_daemon()
    assert daemon.said("event=rules_file_older")
    with daemon.client() as c:
        assert statute(c, c.report().case_number).calendar == "workdays@china/2"


def test_moving_goes_on_after_a_kill_and_intake_never_stops(make_daemon):
    cases = 3000
    daemon = make_daemon()
    with daemon.client() as c:
        for first in range(0, cases, 500):
            c.publish(*(c.event("REPORTED", by="reporter", data={"class": "SERIOUS", "place": "B-0417"}) for _ in range(500)))
        seen = apply(c, calendar(2, next_weekdays(3)))
        assert (seen.cases, seen.later) == (cases, cases)
        into_force(c, calendar(2, next_weekdays(3)))
        assert c.report().result == RESULT.ACCEPTED, "while cases are moved"
    daemon.kill()
    daemon = make_daemon()
    with daemon.client() as c:
        wait_until(lambda: all(statute(c, n).calendar == "workdays@china/2" for n in (*range(1, cases, 97), cases)))
        assert statute(c, 1).deadline == seen.earliest
        history = c.case(1, history=True).history
        assert sum(b"CALENDAR_APPLIED" in e for e in history) == 1, "no case is moved twice"
