"""A company's key reads everything that is its own, and nothing of another's, through every door: 10,000 mixed events."""
import itertools
import os
import subprocess

import pytest
import zmq
from daemon import BIN
from locks import ROLES
from wire import facts, wait_until

from hongxin.v1 import journal_pb2, wire_pb2

PLACES = [f"B-{n:04d}" for n in range(1, 600, 3)]
OLDEST = wire_pb2.Hello.OLDEST


@pytest.fixture
def city(make_daemon, registry, tmp_path):
    """A daemon whose hotline may speak for everybody, so that one client can make the whole mixture."""
    roles = tmp_path / "roles.yaml"
    roles.write_text(open(ROLES, encoding="utf-8").read().split("\ntenants:")[0].replace(
        "claims: [reporter, dispatcher, callback]",
        "claims: [reporter, dispatcher, callback, holder, manager, unit, community, street, city, operator, system]") + "\n",
        encoding="utf-8")
    registry.daemon = make_daemon(settings={"keys": {**registry.keys, "roles": roles}})
    return registry.daemon


def everything_once(client, holders):
    """Ten events of each life, some of them out of place: given back, given to another company, with help, confidential, about a company."""
    companies = sorted(set(holders.values()))
    others = itertools.cycle(companies)
    for n, place in enumerate(itertools.islice(itertools.cycle(PLACES), 1000)):
        holder, other, ref = holders[place], next(others), f"X-{n}"
        def e(type, by, data=None, **more):
            return client.event(type, id=f"m-{ref}-{type}-{more.get('t', '')}", by=by, case_ref=ref, data=data)
        report = {"class": ("SMALL", "SERIOUS", "EMERGENCY")[n % 3], "place": place, "text": f"secret of {holder}", "confidential": n % 5 == 0}
        if n % 7 == 0:
            report["about"] = other
        yield e("REPORTED", "reporter", report)
        yield e("HELD", f"holder:{holder}/li")
        yield e("RETURN_REQUESTED", f"holder:{holder}/li", {"reason": "DUTY"}) if n % 4 == 0 else e("ARRIVED", f"holder:{holder}/li")
        yield e("RETURN_ACCEPTED", "dispatcher:C-03/ma", {"holder": other}) if n % 4 == 0 else e("PROGRESS", f"holder:{holder}/li")
        yield e("ASSIST_ASKED", f"holder:{holder}/li", {"unit": other}) if n % 6 == 1 else e("COMMENT", "reporter", {"text": "still"})
        yield e("PARTY_ADDED", "reporter", {"party": f"{ref}-b"})
        yield e("HELD", f"holder:{other}/wu", t="2")
        yield e("HOLDER_CHANGED", "community:C-03/ma", {"holder": other}) if n % 9 == 2 else e("WORK_STARTED", f"holder:{other}/wu")
        yield e("RESOLVED", f"holder:{holder}/li", {"evidence": ["photo"]})
        yield e("CALLBACK_OK", "callback/wu", {"rating": 4}) if n % 2 else e("NONSENSE", "reporter")


def all_entries(daemon, registry, name, last, **hello):
    """Entries and snapshot of a feed up to an entry."""
    entries, cases = [], []
    with registry.client(daemon, name, door="feed") as c:
        c.hello(credit=4000, **{"from": OLDEST, **hello})
        while True:
            m = c.receive()
            c.credit(1)  # who is silent for fifteen seconds is dropped
            kind = m.WhichOneof("answer")
            cases += m.snapshot.cases if kind == "snapshot" else []
            if kind == "entries":
                entries += [journal_pb2.Entry.FromString(b) for b in m.entries.entries]
                if m.entries.upto_lsn >= last:
                    return entries, cases


def all_listed(client, **query):
    found, after = {}, 0
    while True:
        page = client.ask("list", list=wire_pb2.ListQuery(limit=500, after=after, **query))
        found.update({v.case_number: v for v in page.cases})
        if not page.cut:
            return found
        after = page.next


def code_of(client, **ask):
    client.send(request=5, **ask)
    m = client.receive()
    return m.problem.code if m.WhichOneof("answer") == "problem" else m.WhichOneof("answer")


def test_a_company_reads_all_of_its_own_and_nothing_of_anothers(city, registry):
    with registry.client(city, "hotline") as c:
        holders = {}
        for place in PLACES:
            holders[place] = c.ask("route", route=wire_pb2.RouteQuery(place=place, **{"class": "SMALL"})).holder
        events = list(everything_once(c, holders))
        assert len(events) == 10_000
        results = {}
        for i in range(0, len(events), 1000):
            for r in c.publish(*events[i:i + 1000]):
                results[r.result] = results.get(r.result, 0) + 1
        assert len(results) >= 3 and results[1] >= 5000, results  # a mixture, and most of it had an effect
        last = wait_until(lambda: c.report(id=os.urandom(4).hex(), place=PLACES[0])).lsn
        truth = all_listed(c, closed=True)
    mine = max(set(holders.values()), key=list(holders.values()).count)
    foreign_holder = next(h for h in holders.values() if h != mine)
    registry.new("desk-mine", "company", mine)

    def ours(v):
        return mine in (v.holder, v.second_holder) or mine in [u.unit for u in v.units]

    def own(e):
        return e.case_number and (mine in (e.holder, e.holder_before, e.second_holder) or mine in e.audience)

    with registry.client(city, "operator") as op:
        last = op.ask("pong", ping=wire_pb2.Ping()).newest_lsn
    journal, _ = all_entries(city, registry, "operator", last)
    seen, cases = all_entries(city, registry, "desk-mine", last, snapshot=True, subscriber=f"company:{mine}")
    # feed and replay: exactly the own ones
    assert {e.lsn for e in seen} == {e.lsn for e in journal if own(e)} and len(seen) > 100
    assert not [a for e in seen for a in facts(e, "audit")]
    # snapshot: exactly the open ones of these
    assert {v.case_number for v in cases} == {n for n, v in truth.items() if ours(v) and not v.t_closed}
    # by wildcard, prefix and another's name
    for f in (wire_pb2.Filter(places=["S-02"]), wire_pb2.Filter(to=["city", "company:", f"company:{foreign_holder}", ""]),
              wire_pb2.Filter(holders=[foreign_holder])):
        found, _ = all_entries(city, registry, "desk-mine", last, filter=f)
        assert {e.lsn for e in found} <= {e.lsn for e in seen}
    with registry.client(city, "desk-mine", door="feed") as c:
        for name in (f"company:{foreign_holder}", "company:", "operator", "city", "supervisor:city"):
            assert code_of(c, hello=wire_pb2.Hello(subscriber=name, credit=10)) == "DENIED", name
    with registry.client(city, "desk-mine") as c:
        # queries and histories, one by one
        foreign = [n for n, v in truth.items() if not ours(v)]
        own_cases = [n for n, v in truth.items() if ours(v)]
        assert len(foreign) > 100 and len(own_cases) > 10
        reachable = {n for n in truth if code_of(c, case_query=wire_pb2.CaseQuery(case_number=n, history=True)) != "NO_CASE"}
        assert reachable == set(own_cases)
        for n in foreign[:50]:
            for ask in ({"case_query": wire_pb2.CaseQuery(ref=truth[n].ref, source="hotline", history=True)},
                        {"case_query": wire_pb2.CaseQuery(case_number=n, at=truth[n].t_report + 1)}):
                assert code_of(c, **ask) == "NO_CASE"
            assert code_of(c, identity=wire_pb2.IdentityQuery(case_number=n, reason="curious")) == "DENIED"
            assert code_of(c, trace=wire_pb2.TraceQuery(case_number=n, reason="curious")) == "DENIED"
            assert code_of(c, quarantine=wire_pb2.QuarantineQuery()) == "DENIED"
            assert c.publish(c.event("COMMENT", by=f"holder:{mine}/li", case_number=n))[0].code == "NO_CASE"
        # lists, likely duplicates, counters, figures
        assert set(all_listed(c, closed=True)) == set(own_cases)
        assert not all_listed(c, closed=True, filter=wire_pb2.Filter(holders=[foreign_holder])).keys() - set(own_cases)
        for place in PLACES:
            found = c.ask("similar", similar=wire_pb2.SimilarQuery(place=place)).cases
            assert {v.case_number for v in found} <= set(own_cases)
        for f in (wire_pb2.Filter(holders=[foreign_holder]), wire_pb2.Filter(places=["S-02"]), None,
                  wire_pb2.Filter(holders=[mine, foreign_holder])):
            assert code_of(c, count=wire_pb2.CountQuery(filter=f)) == "DENIED"
        counted = c.ask("count", count=wire_pb2.CountQuery(filter=wire_pb2.Filter(holders=[mine]))).counts
        assert counted and {x.id for x in counted} == {mine}
        assert code_of(c, stats=wire_pb2.StatsQuery()) == code_of(c, apply=wire_pb2.Apply()) == "DENIED"
        assert code_of(c, onsite_code=wire_pb2.OnsiteCodeQuery(place="B-0417")) == "DENIED"
        # who would get a case says nothing of any case
        answer = c.ask("route", route=wire_pb2.RouteQuery(place=PLACES[0], **{"class": "SMALL"})).SerializeToString()
        assert b"CL-" not in answer and b"secret" not in answer
    # the city-wide door
    s = zmq.Context.instance().socket(zmq.SUB)
    s.linger = 0
    s.curve_publickey, s.curve_secretkey, s.curve_serverkey = registry.key("desk-mine")
    s.subscribe(b"")
    s.connect(city.doors["pub"])
    with registry.client(city, "hotline") as c:
        for i in range(5):
            c.report(id=f"heard-{i}")
    assert not s.poll(300)
    s.close()
    # the command: case, told, explain
    def run(*args):
        return subprocess.run([os.path.join(BIN, "hongxin"), *args, "--feed-endpoint", city.doors.get("feed") or city.doors["intake"],
                               "--key", str(registry.file("desk-mine"))], capture_output=True, text=True, timeout=60)
    for command in ("case", "told", "explain"):
        there = run(command, truth[own_cases[0]].number)
        assert there.returncode == 0 and there.stdout, there.stderr
        hidden, none = run(command, truth[foreign[0]].number), run(command, "CL-999999")
        assert hidden.returncode == none.returncode != 0 and not hidden.stdout
        assert hidden.stderr.replace(truth[foreign[0]].number, "N") == none.stderr.replace("CL-999999", "N")
