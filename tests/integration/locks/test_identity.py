"""Which case an event is about: references, likely duplicates, several reporters, merges, parts and repeats."""
import os
import subprocess

from daemon import BIN
from hongxin.v1 import event_pb2, journal_pb2, wire_pb2
from wire import RESULT

LIFT = {"class": "SMALL", "place": "B-0417", "category": "lift"}


def publish(client, type, by, data=None, **fields):
    reply = client.publish(client.event(type, by=by, data=data, **fields))[0]
    assert reply.result == RESULT.ACCEPTED, reply
    return reply


def report(client, data=None, **fields):
    return publish(client, "REPORTED", "reporter", data or LIFT, **fields)


def similar(client, place="B-0417", category="lift"):
    answer = client.ask("similar", similar=wire_pb2.SimilarQuery(place=place, category=category))
    return [c.number for c in answer.cases]


def solve(client, number):
    publish(client, "HELD", "holder:P-07/li", case_number=number)
    publish(client, "RESOLVED", "holder:P-07/li", {"evidence": ["photo"]}, case_number=number)


def test_likely_duplicates_are_offered_and_can_be_asked_for_before(client):
    assert similar(client) == []
    first = report(client)
    assert list(first.candidates) == []
    assert similar(client) == [first.number]
    assert similar(client, category="noise") == similar(client, place="B-0500") == []
    second = report(client)
    assert list(second.candidates) == [first.number]
    assert similar(client) == [second.number, first.number]
    solve(client, first.case_number)
    publish(client, "CALLBACK_OK", "callback/wu", {"rating": 5}, case_number=first.case_number)
    assert similar(client) == [second.number], "what has ended is no duplicate"


def test_duplicates_are_known_after_a_restart(make_daemon):
    daemon = make_daemon()
    with daemon.client() as client:
        first = report(client)
    assert daemon.stop() == 0
    with make_daemon(data=daemon.data).client() as client:
        assert list(report(client).candidates) == [first.number]


def test_the_command_asks_before_it_publishes(daemon, client):
    def run():
        return subprocess.run([os.path.join(BIN, "hongxin"), "publish", "--endpoint", daemon.doors["intake"], "--class", "SMALL",
                               "--place", "B-0417", "--data", "category=lift", "--unless-similar"],
                              capture_output=True, text=True, timeout=60, check=False)
    first = run()
    assert first.returncode == 0 and "CL-1" in first.stdout, first.stderr
    second = run()
    assert second.returncode == 1 and second.stdout.startswith("CL-1 "), second.stderr
    assert "not published" in second.stderr
    assert similar(client) == ["CL-1"]


def test_every_reporter_is_called_back_and_rates_apart(client):
    number = report(client, case_ref="W-1").case_number
    publish(client, "PARTY_ADDED", "dispatcher:C-03/zhou", {"party": "W-2"}, case_number=number)
    solve(client, number)
    publish(client, "CALLBACK_OK", "callback/wu", {"rating": 5, "party": "W-2"}, case_number=number)
    assert client.case(number).view.state == "RESOLVED"
    publish(client, "CALLBACK_OK", "callback/wu", {"rating": 3, "party": "W-1"}, case_number=number)
    view = client.case(number).view
    assert view.state == "CLOSED"
    assert [(p.ref, p.callback, p.rating) for p in view.callbacks] == [("", "OK", 3), ("W-2", "OK", 5)]


def test_a_merged_case_is_found_from_both_sides_and_comes_back(client):
    old, new = report(client, case_ref="W-1"), report(client, case_ref="W-2")
    publish(client, "MERGED_INTO", "dispatcher:C-03/zhou", {"into": old.number}, case_number=new.case_number)
    assert client.case(new.case_number).view.merged_into == old.number
    parties = client.case(old.case_number).view.callbacks
    assert [(p.ref, p.from_case) for p in parties] == [("", ""), ("W-2", new.number)]
    publish(client, "UNMERGED", "dispatcher:C-03/zhou", case_number=new.case_number)
    assert client.case(new.case_number).view.state == "DISPATCHED"
    assert len(client.case(old.case_number).view.callbacks) == 1


def test_who_reported_is_found_whatever_was_merged_and_taken_back(client):
    """One number stood for one place of the list: after a merge was taken back, the next reporter took another one's place."""
    def look(number, party):
        query = wire_pb2.IdentityQuery(case_number=number, party=party, reason="call-back", person="wu")
        return client.ask("identity", identity=query).reporter.name

    old = client.publish(client.event("REPORTED", by="reporter", data=LIFT), reporters=[event_pb2.Reporter(name="A")])[0]
    new = client.publish(client.event("REPORTED", by="reporter", data=LIFT), reporters=[event_pb2.Reporter(name="B")])[0]

    def added(name):
        event = client.event("PARTY_ADDED", by="dispatcher:C-03/zhou", data={"party": f"W-{name}"}, case_number=old.case_number)
        assert client.publish(event, reporters=[event_pb2.Reporter(name=name)])[0].result == RESULT.ACCEPTED

    publish(client, "MERGED_INTO", "dispatcher:C-03/zhou", {"into": old.number}, case_number=new.case_number)
    added("C")
    assert [look(old.case_number, i) for i in range(3)] == ["A", "B", "C"]
    publish(client, "UNMERGED", "dispatcher:C-03/zhou", case_number=new.case_number)
    assert [look(old.case_number, i) for i in range(2)] == ["A", "C"]
    added("D")
    assert [look(old.case_number, i) for i in range(3)] == ["A", "C", "D"]
    assert look(new.case_number, 0) == "B"


def test_a_merged_reporter_can_be_called_back_about_the_case_of_one_who_cannot(client):
    silent = report(client)
    known = client.publish(client.event("REPORTED", by="reporter", data=LIFT), reporters=[event_pb2.Reporter(name="B")])[0]
    assert client.case(silent.case_number).view.callback_ref == ""
    publish(client, "MERGED_INTO", "dispatcher:C-03/zhou", {"into": silent.number}, case_number=known.case_number)
    assert client.case(silent.case_number).view.callback_ref.startswith("CB-")
    publish(client, "UNMERGED", "dispatcher:C-03/zhou", case_number=known.case_number)
    assert client.case(silent.case_number).view.callback_ref == ""


def test_who_reported_is_found_at_the_end_of_a_long_chain_of_merges(client):
    """Each case is asked for that the reporter came through: he is found in his own, and nobody else is taken for him."""
    names = [f"R-{n}" for n in range(12)]
    numbers = [client.publish(client.event("REPORTED", by="reporter", data=LIFT), reporters=[event_pb2.Reporter(name=n)])[0].case_number
               for n in names]
    for number, into in zip(numbers, numbers[1:]):
        publish(client, "MERGED_INTO", "dispatcher:C-03/zhou", {"into": f"CL-{into}"}, case_number=number)

    def look(party):
        query = wire_pb2.IdentityQuery(case_number=numbers[-1], party=party, reason="call-back", person="wu")
        return client.ask("identity", identity=query).reporter.name

    assert sorted(look(i) for i in range(len(names))) == sorted(names)


def test_two_sources_with_one_reference_are_two_reporters(client):
    """Order 1 of one hotline and order 1 of another, merged: each withdraws by his own number, and is no other."""
    first, second = (report(client, source=source, case_ref="1") for source in ("hotline-a", "hotline-b"))
    publish(client, "MERGED_INTO", "dispatcher:C-03/zhou", {"into": first.number}, case_number=second.case_number)
    gone = lambda: [p.callback for p in client.case(first.case_number).view.callbacks]  # noqa: E731
    reply = publish(client, "WITHDRAW_ASKED", "reporter", {"party": "1"}, source="hotline-b", case_ref="1")
    assert (reply.number, reply.code, gone()) == (second.number, "OTHERS_LEFT", ["OPEN", "GONE"])
    refused = client.publish(client.event("WITHDRAW_ASKED", by="reporter", source="hotline-a", case_number=second.case_number))[0]
    assert refused.code == "OTHER_CHANNEL", "another hotline does not speak for him"
    publish(client, "UNMERGED", "dispatcher:C-03/zhou", case_number=second.case_number)
    third = report(client, source="hotline-c", case_ref="1")
    publish(client, "MERGED_INTO", "dispatcher:C-03/zhou", {"into": first.number}, case_number=third.case_number)
    publish(client, "WITHDRAW_ASKED", "reporter", {"party": "1"}, source="hotline-a", case_ref="1")
    assert gone() == ["GONE", "OPEN"], "a name that two have is that of the first"
    publish(client, "UNMERGED", "dispatcher:C-03/zhou", case_number=third.case_number)
    assert gone() == ["GONE"] and client.case(second.case_number).view.callbacks[0].callback == "GONE"


def test_who_reported_a_part_is_found_whatever_becomes_of_the_merge(client):
    """A part has the reporters of the whole, and their identities are kept where they reported; who comes later is kept with the part."""
    def look(number, party):
        query = wire_pb2.IdentityQuery(case_number=number, party=party, reason="call-back", person="wu")
        return client.ask("identity", identity=query).reporter.name

    def named(type, name, **fields):
        event = client.event(type, by="reporter" if type == "REPORTED" else "dispatcher:C-03/zhou", **fields)
        return client.publish(event, reporters=[event_pb2.Reporter(name=name)])[0].case_number

    whole, other = named("REPORTED", "A", data=LIFT, case_ref="W-1"), named("REPORTED", "B", data=LIFT, case_ref="W-2")
    publish(client, "MERGED_INTO", "dispatcher:C-03/zhou", {"into": f"CL-{whole}"}, case_number=other)
    named("PARTY_ADDED", "C", data={"party": "W-3"}, case_number=whole)
    publish(client, "SPLIT", "dispatcher:C-03/zhou", {"cases": ["W-1a"]}, case_number=whole)
    part = client.ask("case_answer", case_query=wire_pb2.CaseQuery(ref="W-1a", source=client.source)).view
    assert [p.ref for p in part.callbacks] == ["W-1", "W-2", "W-3"], "each by the name that he has in the whole"
    assert [look(part.case_number, i) for i in range(3)] == ["A", "B", "C"]
    assert part.callback_ref.startswith("CB-"), "somebody can be called back about it"
    publish(client, "UNMERGED", "dispatcher:C-03/zhou", case_number=other)
    named("PARTY_ADDED", "D", data={"party": "W-4"}, case_number=part.case_number)
    named("PARTY_ADDED", "E", data={"party": "W-5"}, case_number=whole)
    assert [look(part.case_number, i) for i in range(4)] == ["A", "B", "C", "D"]
    assert [look(whole, i) for i in range(3)] == ["A", "C", "E"] and look(other, 0) == "B"
    publish(client, "SPLIT", "dispatcher:C-03/zhou", {"cases": ["W-1b"]}, case_number=part.case_number)
    again = client.ask("case_answer", case_query=wire_pb2.CaseQuery(ref="W-1b", source=client.source)).view
    assert [look(again.case_number, i) for i in range(4)] == ["A", "B", "C", "D"], "a part of a part"


def test_the_command_shows_reporters_and_linked_cases(daemon, client):
    old, new = report(client, case_ref="W-1"), report(client, case_ref="W-2")
    publish(client, "MERGED_INTO", "dispatcher:C-03/zhou", {"into": old.number}, case_number=new.case_number)
    solve(client, old.case_number)
    publish(client, "CALLBACK_OK", "callback/wu", {"rating": 4, "party": "W-2"}, case_number=old.case_number)
    def show(number, *more):
        return subprocess.run([os.path.join(BIN, "hongxin"), "case", number, "--feed-endpoint",
                               daemon.doors.get("feed") or daemon.doors["intake"], *more],
                              capture_output=True, text=True, timeout=60, check=True).stdout
    assert "W-2 satisfied 4/5 (CL-2)" in show(old.number) and "to be called" in show(old.number)
    assert "merged into CL-1" in show(new.number)
    assert "并入 CL-1" in show(new.number, "--zh")


def test_parts_of_a_report_are_cases_of_their_own(client):
    whole = report(client, case_ref="W-1")
    publish(client, "SPLIT", "dispatcher:C-03/zhou", {"cases": ["W-1a", "W-1b"]}, case_number=whole.case_number)
    parts = [client.ask("case_answer", case_query=wire_pb2.CaseQuery(ref=ref, source=client.source), ).view
             for ref in ("W-1a", "W-1b")]
    assert [p.split_from for p in parts] == [whole.number] * 2
    assert {(p.state, p.t0, p.category) for p in parts} == {("RECEIVED", client.case(whole.case_number).view.t0, "lift")}
    publish(client, "ROUTED", "dispatcher:C-03/zhou", {"holder": "U-3"}, case_ref="W-1a")
    assert client.case(parts[0].case_number).view.holder == "U-3"
    assert client.case(whole.case_number).view.holder == "P-07"


def test_a_repeat_is_linked_and_counted(client):
    first = report(client)
    solve(client, first.case_number)
    publish(client, "CALLBACK_OK", "callback/wu", {"rating": 5}, case_number=first.case_number)
    again = report(client, dict(LIFT, repeat_of=first.number, new_facts=True))
    view = client.case(again.case_number).view
    assert (view.repeat_of, view.repeats) == (first.number, 1)
    assert {"REPEAT", "NEW_FACTS"} <= set(view.flags)


def test_parts_keep_their_place_in_the_journal_of_the_whole(client):
    whole = report(client, case_ref="W-1")
    reply = publish(client, "SPLIT", "dispatcher:C-03/zhou", {"cases": ["W-1a"]}, case_number=whole.case_number)
    part = client.ask("case_answer", case_query=wire_pb2.CaseQuery(ref="W-1a", source=client.source, history=True))
    first = journal_pb2.Entry.FromString(part.history[0])
    assert (first.cause, first.caused_by) == ("PARTED", reply.lsn)


def test_an_imported_case_counts_as_what_it_is(still_client):
    """Its history is taken at its own times; it is counted once, as it ended."""
    from hongxin.v1 import event_pb2
    now = still_client.ask("pong", ping=wire_pb2.Ping(request=1)) and still_client.case(report(still_client).case_number).view.t_report
    past = [("HELD", "holder:P-07/li", 50, {}), ("ARRIVED", "holder:P-07/li", 48, {}),
            ("RESOLVED", "holder:P-07/li", 30, {"evidence": ["photo"]}), ("CALLBACK_OK", "callback/wu", 20, {"rating": 4})]
    event = still_client.event("REPORTED", by="reporter", data=dict(LIFT, state="CLOSED"), t_occ=now - 51 * 60_000)
    for type, by, minutes, data in past:
        event.data.history.append(event_pb2.Event(type=type, by=by, t_occ=now - minutes * 60_000, data=event_pb2.Data(**data)))
    reply = still_client.publish(event)[0]
    assert reply.result == RESULT.ACCEPTED, reply
    view = still_client.case(reply.case_number).view
    assert view.state == "CLOSED" and "IMPORTED" in view.flags
    assert [p.rating for p in view.callbacks] == [4]
    counts = still_client.ask("count", count=wire_pb2.CountQuery()).counts
    closed = {c.what.split("/", 1)[1]: c.n for c in counts if c.dimension == "city" and "closed:" in c.what}
    assert closed == {"closed:CLOSED": 1}
