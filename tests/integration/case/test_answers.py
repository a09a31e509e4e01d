"""Answers people ask for: who holds it now, since when, who sent it back and why (H6); what breaks in the next minutes, by area (H4)."""
import json
import os
import subprocess

import pytest
from clock import AWAY_MS, EVENING, MINUTE, SECOND, Clock, run_to
from hongxin.v1 import event_pb2, wire_pb2
from wire import RESULT

BIN = os.environ["HX_BIN"]
SOURCE = os.environ["HX_SOURCE"]


@pytest.fixture
def clock(tmp_path):
    return Clock(tmp_path, EVENING)


@pytest.fixture
def daemon(make_daemon, clock):
    return make_daemon(settings={"absent_ms": AWAY_MS}, env=clock.environment())


def say(client, number, type, by="holder:P-07/li", **fields):
    reply = client.publish(client.event(type, by=by, case_number=number, **fields))[0]
    assert reply.result == RESULT.ACCEPTED, reply


def hongxin(daemon, *args):
    env = {**os.environ, "HONGXIN_ENDPOINT": daemon.doors["intake"], "HONGXIN_FEED": daemon.doors.get("feed") or daemon.doors["intake"],
           "HONGXIN_CONFIG": f"{SOURCE}/config"}
    done = subprocess.run([f"{BIN}/hongxin", *map(str, args)], env=env, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_who_holds_it_and_who_sent_it_back_and_why(daemon, clock):
    with daemon.client() as c:
        number = c.report().case_number
        run_to(clock, c, EVENING + 20 * SECOND)
        say(c, number, "HELD")
        run_to(clock, c, EVENING + 2 * MINUTE)
        say(c, number, "RETURN_REQUESTED", data={"reason": "PLACE"})
        pending = c.case(number).view.returns
        assert [(r.holder, r.to, r.reason, r.asked_by, r.at) for r in pending] == [("P-07", "", "PLACE", "holder:P-07/li", 0)]
        run_to(clock, c, EVENING + 3 * MINUTE)
        say(c, number, "RETURN_REFUSED", by="dispatcher:C-03/chen")
        run_to(clock, c, EVENING + 4 * MINUTE)
        say(c, number, "RETURN_REQUESTED", data={"reason": "DUTY"})
        run_to(clock, c, EVENING + 5 * MINUTE)
        say(c, number, "RETURN_ACCEPTED", by="dispatcher:C-03/chen", data={"holder": "U-3"})
        view = c.case(number).view
        assert (view.holder, view.holder_at, view.held_since) == ("U-3", EVENING + 5 * MINUTE, 0)
        assert [(r.holder, r.to, r.reason, r.asked, r.decided_by, r.at, r.cause) for r in view.returns] == [
            ("P-07", "P-07", "PLACE", EVENING + 2 * MINUTE, "dispatcher:C-03/chen", EVENING + 3 * MINUTE, "RETURN_REFUSED"),
            ("P-07", "U-3", "DUTY", EVENING + 4 * MINUTE, "dispatcher:C-03/chen", EVENING + 5 * MINUTE, "RETURN_ACCEPTED")]
        shown = hongxin(daemon, "case", number)
        for words in ("U-3", "since 19:05:00", "P-07 → P-07", "turned down 19:03:00 dispatcher:C-03/chen", "P-07 → U-3", "DUTY",
                      "asked 19:04:00 holder:P-07/li", "decided 19:05:00 dispatcher:C-03/chen"):
            assert words in shown, shown
        chinese = hongxin(daemon, "case", number, "--zh")
        assert "退单" in chinese and "职责不符" in chinese and "驳回" in chinese
        run_to(clock, c, EVENING + 6 * MINUTE)
        say(c, number, "HELD", by="holder:U-3/qian")
        say(c, number, "SUPERVISED", by="street:S-02/wang", data={"order": "DB-7"})
        assert "taken 19:05:30" in hongxin(daemon, "case", number), "deemed: nobody took it within thirty seconds"
        assert "DB-7  street:S-02/wang  19:06:00" in hongxin(daemon, "case", number)


def due(daemon, *args):
    return [json.loads(line) for line in hongxin(daemon, "due", "--json", *args).splitlines()]


def test_what_breaks_in_the_next_minutes_by_area(daemon, clock):
    with daemon.client() as c:
        here = [c.report(cls="SMALL").case_number for _ in range(3)]
        there = c.report(place="B-0500", cls="SERIOUS").case_number
        drill = c.publish(c.event("REPORTED", by="city/property/sun", data={"class": "SMALL", "place": "B-0417", "drill": True}))[0]
        run_to(clock, c, EVENING + 20 * SECOND)
        for number in [*here, drill.case_number]:
            say(c, number, "HELD")
        say(c, there, "HELD", by="holder:P-11/wu")
        say(c, here[0], "ARRIVED", proof=event_pb2.ONSITE_CODE)
        first = "2026-10-12T19:05:20.000+08:00"
        assert [(g["id"], g["due"], g["arrival"], g["solution"], g["first"]) for g in due(daemon, "--within", "10min", "--by", "holder")] == [
            ("P-07", 2, 2, 0, first), ("P-11", 1, 1, 0, first)]
        assert [(g["due"], g["arrival"], g["solution"]) for g in due(daemon, "--within", "45min", "--by", "city")] == [(6, 3, 3)]
        assert [(g["id"], g["due"]) for g in due(daemon, "--within", "45min", "--by", "community", "--place", "C-03")] == [("C-03", 5)]
        text = hongxin(daemon, "due", "--within", "10min", "--list")
        assert "3 promises in all, and 1 of drills" in text and "K_ARRIVE" in text
        assert "共 3 项承诺即将到期，另有演练 1 项" in hongxin(daemon, "due", "--within", "10min", "--zh")
        run_to(clock, c, EVENING + 6 * MINUTE)
        assert due(daemon, "--within", "10min") == [], "what is broken already will not break"
        assert sum(g["due"] for g in due(daemon, "--within", "45min")) == 3


def test_more_promises_than_one_answer_holds(daemon, clock):
    with daemon.client() as c:
        c.publish(*[c.event("REPORTED", by="reporter", data={"class": "SMALL", "place": "B-0417"}) for _ in range(1200)])
        run_to(clock, c, EVENING + 31 * SECOND)  # deemed held
        page = c.ask("due", due=wire_pb2.DueQuery(within_ms=10 * MINUTE))
        assert page.cut and len(page.items) <= 500
        assert [g["due"] for g in due(daemon, "--within", "10min")] == [1200]
