"""What of a case each role is shown: the same on questions, snapshots, feeds and replays (roles.yaml: hides)."""
import itertools
import os

import zmq
from hongxin.v1 import event_pb2, journal_pb2, wire_pb2
from locks import ROLES
from wire import RESULT, wait_until

import pytest
import time

OLDEST = wire_pb2.Hello.OLDEST
MASK = "•••"
WORDS = "flat opposite the lift, the dog barks all night"
MORE = "he says his wife works nights"
SAID = (WORDS, MORE, "W-41777777-")
orders = itertools.count(1)


def confidential(client, confidential=True, **data):
    fields = {"class": "SMALL", "place": "B-0417", "text": WORDS, "position": [121.4737, 31.2304], **data}
    return client.publish(client.event("REPORTED", by="reporter", confidential=confidential,
                                       case_ref=f"W-41777777-{next(orders)}", data=fields))[0].case_number


def taken(client, number, type, by, data):
    reply = client.publish(client.event(type, by=by, case_number=number, data=data))[0]
    assert reply.result == RESULT.ACCEPTED, reply
    return reply.lsn


@pytest.fixture
def desk(locked, registry):
    """The holder of B-0417, a supervisor."""
    registry.new("board", "supervisor", "city")
    return registry


def routed(client):
    """Who holds B-0417."""
    number = confidential(client, confidential=False)
    return wait_until(lambda: client.case(number).view.holder)


def events(entries):
    return [event_pb2.Event.FromString(e.event) for e in entries if e.event]


def everything(daemon, registry, name, number, last):
    """What a key gets of a case by each door, as one blob for each, with the entries of the feed."""
    def feed(**how):
        with registry.client(daemon, name, door="feed") as c:
            c.hello(**how)
            found = b""
            while True:
                m = c.receive()
                found += m.SerializeToString()
                if m.WhichOneof("answer") == "entries" and m.entries.upto_lsn >= last:
                    return found
    with registry.client(daemon, name) as c:
        answer = c.case(number, history=True)
        listed = c.ask("list", list=wire_pb2.ListQuery())
        at = c.ask("case_answer", case_query=wire_pb2.CaseQuery(case_number=number, history=True, at=answer.view.t_report + 1))
    return {"query": answer.SerializeToString(), "list": listed.SerializeToString(), "past": at.SerializeToString(),
            "replay": feed(**{"from": OLDEST}), "snapshot": feed(snapshot=True, **{"from": OLDEST}),
            "filtered": feed(filter=wire_pb2.Filter(facts=["STATE", "REPLY"]), **{"from": OLDEST})}, answer


def test_a_confidential_report_is_shown_without_words_and_references(locked, desk):
    with desk.client(locked, "hotline") as c:
        desk.new("holder-desk", "company", routed(c))
        with desk.client(locked, "holder-desk", door="feed") as live:
            live.hello("holder-desk")
            number = confidential(c)
            last = taken(c, number, "COMMENT", "reporter", {"text": MORE})
            seen = [e for e in live.entries(last) if e.case_number == number]
        wait_until(lambda: c.case(number).view.holder)
        full = c.case(number, history=True).SerializeToString()
    assert all(s.encode() in full for s in SAID), "the call centre sees what it has written"
    company, answer = everything(locked, desk, "holder-desk", number, last)
    assert any(e.case_number == number and "text" in e.masked for e in seen) and answer.view.where.building == "B-0417"
    company["live"] = b"".join(e.SerializeToString() for e in seen)
    board, view = everything(locked, desk, "board", number, last)
    assert view.view.where.building == "" and view.view.callback_ref == "" and "building" in view.view.masked
    # the first, ordinary case has the same words: nothing of the confidential one is looked for in it
    for who, doors in (("company", company), ("board", board)):
        for door in ("query", "past") + (("live",) if who == "company" else ()):
            assert not [s for s in SAID if s.encode() in doors[door]], (who, door)
        for door in ("replay", "snapshot", "filtered"):
            assert MORE.encode() not in doors[door] and doors[door].count(WORDS.encode()) <= 1, (who, door)
    with desk.client(locked, "board") as c:
        found = c.ask("list", list=wire_pb2.ListQuery(filter=wire_pb2.Filter(places=["B-0417"])))
        assert number not in [v.case_number for v in found.cases], "what is withheld cannot be asked for"
        found = c.ask("similar", similar=wire_pb2.SimilarQuery(place="B-0417"))
        assert number not in [v.case_number for v in found.cases]


def test_references_stand_in_no_id_and_cannot_be_tried(locked, desk):
    """Sources make their ids of their references; SPLIT and repeats name further ones."""
    ref = "W-41777777-4711"
    desk.new("other-source", "supervisor", "city", sources=["hotline"])
    with desk.client(locked, "hotline") as c:
        e = c.event("REPORTED", by="reporter", confidential=True, case_ref=ref, id=f"report:ref:{ref}",
                    data={"class": "SMALL", "place": "B-0417", "text": WORDS})
        number = c.publish(e)[0].case_number
        last = taken(c, number, "SPLIT", "dispatcher", {"cases": ["W-41777777-part-1", "W-41777777-part-2"]})
        desk.new("holder-desk", "company", wait_until(lambda: c.case(number).view.holder))
        answer = c.case(number, history=True)
        assert f"report:ref:{ref}".encode() in answer.SerializeToString()
    for who in ("holder-desk", "board"):
        doors, _ = everything(locked, desk, who, number, last)
        for door, heard in doors.items():
            assert b"W-41777777" not in heard, (who, door)
        with desk.client(locked, who) as d:
            for asked in ({"ref": ref}, {"ref": ref[:12], "newest": True}, {"ref": "W-41777777-none"}):
                d.send(request=5, case_query=wire_pb2.CaseQuery(source="hotline", **asked))
                assert d.expect("problem").code == "NO_CASE"
            assert d.case(number).view.number, "by its number it may be asked for"
    with desk.client(locked, "other-source") as d:  # whose references they are
        assert d.ask("case_answer", case_query=wire_pb2.CaseQuery(source="hotline", ref=ref)).view.case_number == number


def test_what_a_reporter_says_is_withheld_in_whatever_field_he_says_it(locked, desk):
    with desk.client(locked, "hotline") as c:
        number = confidential(c)
        taken(c, number, "COMMENT", "reporter", {"why": WORDS, "reason": MORE, "steps": [WORDS], "procedure": MORE})
        last = taken(c, number, "COMMENT", "callback", {"reason": "WRONG_FLOOR", "receipt": WORDS, "order": MORE})
        desk.new("holder-desk", "company", wait_until(lambda: c.case(number).view.holder))
    for who in ("holder-desk", "board"):
        doors, answer = everything(locked, desk, who, number, last)
        for door, heard in doors.items():
            assert not [x for x in (WORDS, MORE) if x.encode() in heard], (who, door)
        assert "WRONG_FLOOR" in str(answer) or any("WRONG_FLOOR" in str(event) for event in events(map(journal_pb2.Entry.FromString, answer.history)))


def test_a_reason_is_withheld_where_a_notice_and_a_view_repeat_it(locked, desk):
    with desk.client(locked, "hotline") as c:
        number = confidential(c)
        holder = wait_until(lambda: c.case(number).view.holder)
        desk.new("holder-desk", "company", holder, sources=["desk"])
        desk.new("street-2", "street", "S-02")
        with desk.client(locked, "street-2") as street:
            last = taken(street, number, "SUPERVISED", "street:S-02/wang", {"order": "12", "why": WORDS, "date": int(time.time() * 1000) + 86_400_000})
        assert WORDS.encode() in c.case(number, history=True).SerializeToString()
    doors, _ = everything(locked, desk, "holder-desk", number, last)
    for door, heard in doors.items():
        assert WORDS.encode() not in heard, door
        assert "filtered" in door or b"SUPERVISED" in heard or door in ("list", "past"), door


def test_a_case_that_becomes_confidential_is_so_from_its_first_entry(locked, desk):
    with desk.client(locked, "hotline") as c:
        desk.new("holder-desk", "company", routed(c))
        number = confidential(c, confidential=False)
        last = c.publish(c.event("REOPENED", by="reporter", case_number=number))[0].lsn
        with desk.client(locked, "holder-desk") as d:
            assert WORDS.encode() in d.case(number, history=True).SerializeToString()
        e = c.event("PARTY_ADDED", by="reporter", case_number=number, confidential=True, data={"party": "second", "confidential": True})
        last = max(last, c.publish(e)[0].lsn)
        flags = c.case(number).view.flags
    assert "CONFIDENTIAL" in flags
    doors, _ = everything(locked, desk, "holder-desk", number, last)
    assert WORDS.encode() not in doors["query"] and doors["replay"].count(WORDS.encode()) == 1


def test_the_party_complained_of_sees_no_words(locked, desk):
    with desk.client(locked, "hotline") as c:
        holder = routed(c)
        desk.new("holder-desk", "company", holder)
        number = confidential(c, confidential=False, about=holder)
        with desk.client(locked, "holder-desk") as d:
            try:
                shown = d.case(number, history=True).SerializeToString()
            except AssertionError:  # another one holds it: then it is not shown at all
                shown = b""
        assert WORDS.encode() not in shown


def test_who_is_withheld_nothing_gets_the_bytes_as_received(locked, desk):
    with desk.client(locked, "hotline") as c:
        e = c.event("REPORTED", by="reporter", confidential=True, data={"class": "SMALL", "place": "B-0417", "text": WORDS})
        number = c.publish(e)[0].case_number
        first = journal_pb2.Entry.FromString(c.case(number, history=True).history[0])
        assert first.event == e.SerializeToString() and not first.masked
    with desk.client(locked, "operator", door="feed") as c:
        c.hello(**{"from": OLDEST})
        assert e.SerializeToString() in [x.event for x in c.entries(first.lsn)]


def test_the_city_wide_door_withholds_what_any_of_its_listeners_is(locked, desk):
    s = zmq.Context.instance().socket(zmq.SUB)
    s.linger = 0
    s.curve_publickey, s.curve_secretkey, s.curve_serverkey = desk.key("operator")
    s.subscribe(b"")
    s.connect(locked.doors["pub"])
    with desk.client(locked, "hotline") as c:
        wait_until(lambda: c.report(id=os.urandom(4).hex()).lsn and s.poll(100))
        number = confidential(c)
        last = taken(c, number, "COMMENT", "reporter", {"text": MORE})
    heard, upto = b"", 0
    while upto < last:
        topic, lsn, entry = s.recv_multipart()
        heard, upto = heard + topic + entry, int(lsn)
    s.close()
    assert not [x for x in SAID if x.encode() in heard] and MASK.encode() in heard


@pytest.mark.parametrize("field,value", [("text", MASK), ("why", MASK), ("party", MASK), ("ref", "CB-7K3Q-9XHD-2M0T"),
                                         ("party", "CB-7K3Q-9XHD-2M0T")])
def test_what_was_shown_instead_is_never_written_back(locked, registry, field, value):
    with registry.client(locked, "hotline") as c:
        number = confidential(c)
        before = c.case(number, history=True).history
        reply = c.publish(c.event("COMMENT", by="reporter", case_number=number, data={field: value}))[0]
        assert (reply.result, reply.code) == (RESULT.INVALID, "MASKED_VALUE")
        assert c.publish(c.event("COMMENT", by="reporter", case_ref=MASK))[0].code == "MASKED_VALUE"
        assert c.case(number, history=True).history == before


def test_a_silence_of_an_area_is_asked_and_seen_by_those_whose_it_is(locked, registry):
    registry.new("street-2", "street", "S-02")
    registry.new("street-1", "street", "S-01")
    registry.new("desk-p11", "company", "P-11")
    with registry.client(locked, "street-2") as two, registry.client(locked, "street-1") as one, registry.client(locked, "desk-p11") as desk:
        def silence(c, by, **area):
            return c.publish(c.event("SILENCED", by=by, data={"clock": "K_ARRIVE", "level": "L2", "until": int(time.time() * 1000) + 3_600_000,
                                                              "why": "road closed", **area}))[0].code

        def listed(c):
            return [s.area for s in c.ask("list", list=wire_pb2.ListQuery(flags=["SILENCED"])).silences]
        assert silence(two, "street:S-02/wang", place="C-03") == silence(two, "street:S-02/wang", holder="P-11") == ""
        assert silence(one, "street:S-02/wang", place="C-03") == "FOREIGN_AREA"
        assert silence(one, "street:S-01/he", place="C-03") == "OTHER_PLACE"
        assert silence(desk, "holder:P-11/gao", holder="P-11") == "BAD_ROLE"
        assert (listed(two), listed(one), listed(desk)) == (["place:C-03", "holder:P-11"], [], ["holder:P-11"])


def test_roles_may_withhold_more(make_daemon, registry, tmp_path):
    """A city that shows its companies neither words nor buildings of any case."""
    roles = tmp_path / "roles.yaml"
    roles.write_text(open(ROLES, encoding="utf-8").read().replace(
        "hides_confidential: [text, position, refs]}", "hides: [text, building, callback]}", 1), encoding="utf-8")
    d = registry.daemon = make_daemon(settings={"keys": {**registry.keys, "roles": roles}})
    with registry.client(d, "hotline") as c:
        holder = routed(c)
        registry.new("holder-desk", "company", holder)
        last = c.report(id="last").lsn
    doors, answer = everything(d, registry, "holder-desk", 1, last)
    assert answer.view.where.estate and answer.view.where.building == "" == answer.view.callback_ref
    for door, heard in doors.items():
        assert WORDS.encode() not in heard and b"B-0417" not in heard, door


def test_a_change_of_what_is_withheld_is_on_record(make_daemon, registry, tmp_path):
    roles = tmp_path / "roles.yaml"
    before = open(ROLES, encoding="utf-8").read()
    roles.write_text(before, encoding="utf-8")
    d = registry.daemon = make_daemon(settings={"keys": {**registry.keys, "roles": roles}})
    after = tmp_path / "roles.new"
    after.write_text(before.replace("hides_confidential: [text, position, refs]}", "hides_confidential: [position]}", 1), encoding="utf-8")
    after.rename(roles)

    def changed():
        with registry.client(d, "operator") as c:
            entries = [journal_pb2.Entry.FromString(x) for x in c.ask("entries_answer", entries=wire_pb2.EntriesQuery()).entries]
            return sorted(f.audit.about for e in entries for f in e.facts if f.audit.act == "RIGHTS_CHANGED")
    assert wait_until(changed) == ["desk-p07", "desk-p08"], "the companies, and nobody else"
