"""Routing by the running daemon: `hongxin route` explains what it does, positions, estates without a company, and a company
that is replaced at midnight while the daemon runs or was down (corner 22)."""
import itertools
import json
import os
import shutil
import subprocess

import pytest
from clock import MINUTE, SECOND, Clock, run_to, turn
from hongxin.v1 import wire_pb2
from wire import RESULT, facts

BIN, SOURCE = os.environ["HX_BIN"], os.environ["HX_SOURCE"]
CONFIG = f"{SOURCE}/config"
MIDNIGHT = 1793462400000  # 2026-11-01T00:00:00+08:00: E-03 goes from P-07 to P-11
PLACES = ["B-0417", "B-0500", "B-0770", "B-0029", "B-3435", "E-77", "G-040", "C-03", "C-06", "S-02"]
TIMES = ["2026-10-12T12:00:00+08:00", "2026-10-12T21:59:59+08:00", "2026-10-12T22:00:00+08:00", "2026-10-31T23:59:59+08:00",
         "2026-11-01T00:00:00+08:00"]
KINDS = [("SMALL", "lift", ""), ("SERIOUS", "water-main", ""), ("COMPLEX", "3", ""), ("SMALL", "30", ""), ("SMALL", "88", ""),
         ("SMALL", "station", "")]


def hongxin(*args, daemon=None):
    env = {**os.environ, "HONGXIN_CONFIG": CONFIG}
    if daemon:
        env |= {"HONGXIN_ENDPOINT": daemon.doors["intake"], "HONGXIN_FEED": daemon.doors.get("feed") or daemon.doors["intake"]}
    return subprocess.run([f"{BIN}/hongxin", *args], env=env, capture_output=True, text=True, timeout=60)


def explained(place, at, kind, daemon=None):
    options = ["--place", place, "--at", at, "--class", kind[0], "--category", kind[1], "--source", "sim", "--json"]
    done = hongxin("route", *options, *([] if daemon else ["--config", CONFIG]), daemon=daemon)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def simulated(samples, tmp_path):
    """The holder that each report is dispatched to, by the engine at that instant."""
    path = tmp_path / "sample.jsonl"
    lines = [{"rcv": at, "event": "REPORTED", "case": str(i), "by": "reporter",
              "data": {"class": kind[0], "category": kind[1], "place": place}} for i, (place, at, kind) in enumerate(samples)]
    path.write_text("".join(json.dumps(line) + "\n" for line in lines) + json.dumps({"end": TIMES[-1]}) + "\n")
    done = subprocess.run([f"{BIN}/hongxin", "simulate", "--config", CONFIG, path], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    found = {}
    for line in map(json.loads, done.stdout.splitlines()):
        if line["fact"] == "NOTICE" and line["kind"] == "CASE" and line["to"].startswith("holder:"):
            found.setdefault(int(line["case"]), line["to"][7:])
    return found


def test_what_is_explained_is_what_is_done(tmp_path):
    samples = list(itertools.product(PLACES, TIMES, KINDS))
    done = simulated(samples, tmp_path)
    assert len(done) == len(samples)
    # every seventh sample, a process each: together they name every place, time and kind
    for i in range(0, len(samples), 7):
        answer = explained(*samples[i])
        assert answer["holder"] == done[i], samples[i]
        taken = [line for line in answer["lines"] if line.get("verdict") == "TAKEN"]
        assert [line["row"] for line in taken] == [answer["routing"]["row"]]


def test_daemon_and_files_say_the_same(daemon):
    for sample in list(itertools.product(PLACES, TIMES, KINDS))[::29]:
        assert explained(*sample, daemon=daemon) == explained(*sample), sample
    assert "UNKNOWN_PLACE" in hongxin("route", "--place", "B-9999", daemon=daemon).stderr
    assert "UNKNOWN_CLASS" in hongxin("route", "--class", "HUGE", daemon=daemon).stderr
    text = hongxin("route", "--place", "C-03", "--category", "88", daemon=daemon).stdout
    assert "NOT_ADMITTED C-03" in text and "holder S-02" in text


def test_reports_go_where_route_says_now(still_client):
    for place, category in itertools.product(["B-0417", "B-0770", "C-03"], ["lift", "water-main", "88"]):
        reply = still_client.publish(still_client.event("REPORTED", by="reporter", data={"class": "SMALL", "place": place, "category": category}))[0]
        asked = still_client.ask("route", route=wire_pb2.RouteQuery(place=place, category=category, source="test-source", **{"class": "SMALL"}))
        answer = still_client.case(reply.case_number, history=True)
        assert answer.view.holder == asked.holder, (place, category)
        first = wire_pb2.hongxin_dot_v1_dot_journal__pb2.Entry.FromString(answer.history[0])
        assert first.routing.row == asked.routing.row
        assert first.where.registry == "city-2026-10-01"


def test_a_position_is_classed_and_routed(client):
    data = {"class": "SMALL", "position": [114.452, 36.096]}
    reply = client.publish(client.event("REPORTED", by="reporter", data=data))[0]
    view = client.case(reply.case_number).view
    assert (view.state, view.holder, view.where.grid) == ("DISPATCHED", "C-03", "G-041")


def test_estates_without_a_company_have_a_list_and_a_count(still, still_client):
    still_client.report("B-0417")
    number = still_client.report("B-0770").number
    done = hongxin("list", "--no-company", "--json", daemon=still)
    assert [json.loads(line)["number"] for line in done.stdout.splitlines()] == [number]
    counts = still_client.ask("count", count=wire_pb2.CountQuery()).counts
    assert [c.n for c in counts if c.what.endswith("/routed_no_company")] == [1, 1]  # of the day, of the month


def test_several_units_assist(client):
    number = client.report().case_number
    client.publish(client.event("HELD", by="holder:P-07/li", case_number=number))
    for unit in ("U-5", "U-8"):
        reply = client.publish(client.event("ASSIST_ASKED", by="holder:P-07/li", case_number=number, data={"unit": unit}))[0]
        assert reply.result == RESULT.ACCEPTED, reply
    before = client.case(number).view
    assert [u.unit for u in before.units] == ["U-5", "U-8"] and before.holder == "P-07"
    client.publish(client.event("ASSIST_DONE", by="unit:U-5/he", case_number=number))
    assert [u.unit for u in client.case(number).view.units] == ["U-8"]


# ---- corner 22 ----------------------------------------------------------------------------------------------

@pytest.fixture
def clock(tmp_path):
    return Clock(tmp_path, MIDNIGHT - 20 * MINUTE)


@pytest.fixture
def started(make_daemon, clock):
    def start(**settings):
        return make_daemon(**clock.daemon(**settings))
    return start


def moves(client, number):
    entries = [wire_pb2.hongxin_dot_v1_dot_journal__pb2.Entry.FromString(b) for b in client.case(number, history=True).history]
    return [(e.t_rec, f.clock, f.deadline) for e in entries for f in facts(e, "clock") if f.change == "MOVE"]


def test_the_company_changes_while_the_daemon_runs(started, clock):
    with started().client() as c:
        number = c.report("B-0029").case_number
        c.publish(c.event("HELD", by="holder:P-07/li", case_number=number))
        run_to(clock, c, MIDNIGHT - 1)
        assert c.case(number).view.holder == "P-07"
        run_to(clock, c, MIDNIGHT + 1)  # the millisecond of the change is over
        assert c.case(number).view.holder == "P-11"
        assert ("K_RESOLVE", MIDNIGHT + 20 * MINUTE) in [move[1:] for move in moves(c, number)]
        assert c.report("B-0030").result == RESULT.ACCEPTED


def test_counts_of_grids_add_up_while_a_border_moves(started, clock):
    """S9: the case of before midnight stays with G-041, the one after is counted for G-040; together they are the city's."""
    with started().client() as c:
        before = c.report("B-3435").case_number
        run_to(clock, c, MIDNIGHT + MINUTE)
        after = c.report("B-3435").case_number
        assert [c.case(n).view.where.grid for n in (before, after)] == ["G-041", "G-040"]

        def reported(places):
            counts = c.ask("count", count=wire_pb2.CountQuery(filter=wire_pb2.Filter(places=places))).counts
            return sum(x.n for x in counts if x.what == "2026-11-01/reported" or x.what == "2026-11/reported")
        assert reported(["G-040"]) + reported(["G-041"]) == reported([])


def test_a_change_that_the_files_learn_of_later(started, clock, tmp_path):
    """The case was opened when the files did not know that its company would be replaced."""
    city = tmp_path / "city"
    shutil.copytree(f"{CONFIG}/city", city)
    estates = (city / "estates.csv").read_text(encoding="utf-8")
    kept = [line for line in estates.splitlines() if not line.startswith("E-03,G-084,P-11")]
    (city / "estates.csv").write_text("\n".join(kept).replace(",2026-10-31\nE-04", ",\nE-04") + "\n", encoding="utf-8")
    d = started()
    d.stop()
    d.config.write_text(d.config.read_text().replace(f"{CONFIG}/city", str(city)))
    d.start()
    with d.client() as c:
        number = c.report("B-0029").case_number
    d.stop()
    (city / "estates.csv").write_text(estates, encoding="utf-8")
    d.start()
    with d.client() as c:
        run_to(clock, c, MIDNIGHT + MINUTE)
        turn(c)
        assert c.case(number).view.holder == "P-11"
