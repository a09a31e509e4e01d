"""Whatever is wrong with an input has a name, is counted, and harms nothing else."""
import time

import pytest
from clock import EVENING, Clock
from hongxin.v1 import event_pb2, journal_pb2, wire_pb2
from wire import RESULT, VERSION

YEAR_1600 = -11676096000000
YEAR_9999 = 253370764800000


@pytest.fixture
def daemon(make_daemon):
    """Without check-points of the journal: an entry each minute, whatever the test does."""
    return make_daemon(settings={"check_point_ms": 3_600_000})


@pytest.fixture
def good(client):
    """Checks at the end that the daemon still takes complaints."""
    yield client
    assert client.report().result == RESULT.ACCEPTED


def complaint(client, **fields):
    return client.event("REPORTED", by="reporter", data={"class": "SMALL", "place": "B-0417"}, **fields)


def test_wrong_frames_are_named(good):
    good.send_frames(VERSION)
    assert good.expect("problem").code == "BAD_FRAMES"
    good.send_frames(VERSION, b"", b"")
    assert good.expect("problem").code == "BAD_FRAMES"
    good.send_frames(b"hello", b"")
    assert good.expect("problem").code == "BAD_FRAMES"
    assert good.stats()["refused{code=BAD_FRAMES}"] == 3


def test_unknown_version(good):
    good.send_frames(b"hongxin/2", b"")
    assert good.expect("problem").code == "UNKNOWN_VERSION"


def test_undecodable_and_truncated_requests(good):
    whole = wire_pb2.Request(publish=wire_pb2.Publish(
        items=[wire_pb2.Item(event=complaint(good).SerializeToString())])).SerializeToString()
    for cut in (len(whole) - 1, len(whole) // 2, 5):
        good.send_frames(VERSION, whole[:cut])
        assert good.expect("problem").code == "UNDECODABLE"
    assert good.stats()["refused{code=UNDECODABLE}"] == 3


def test_unknown_message(good):
    good.send_frames(VERSION, b"\xfa\x07\x00")  # field 127 of a later schema
    assert good.expect("problem").code == "UNKNOWN_MESSAGE"
    good.send_frames(VERSION, b"")
    assert good.expect("problem").code == "UNKNOWN_MESSAGE"


def test_unknown_fields_are_kept_not_refused(good):
    raw = complaint(good, id="later").SerializeToString() + b"\xfa\x07\x03abc"
    reply = good.publish(raw)[0]
    assert reply.result == RESULT.ACCEPTED
    entry = good.case(reply.case_number, history=True).history[0]
    assert b"\xfa\x07\x03abc" in entry


def test_too_many_and_no_items(good):
    item = wire_pb2.Item(event=b"x")
    good.send(publish=wire_pb2.Publish(request=3, items=[item] * 4097))
    problem = good.expect("problem")
    assert (problem.code, problem.request) == ("TOO_MANY_ITEMS", 3)
    good.send(publish=wire_pb2.Publish(request=4))
    assert good.expect("problem").code == "NO_ITEMS"


def test_an_oversize_message_is_named(good, daemon):
    text = "x" * 60000
    items = [wire_pb2.Item(event=good.event("REPORTED", data={"text": text}).SerializeToString())] * 150
    good.send(publish=wire_pb2.Publish(request=3, items=items))
    assert good.expect("problem").code == "OVERSIZE"


def test_an_oversize_event_does_not_harm_its_neighbours(good):
    big = good.event("REPORTED", by="reporter", data={"class": "SMALL", "place": "B-0417", "text": "x" * 300_000})
    replies = good.publish(complaint(good), big, complaint(good))
    assert [r.result for r in replies] == [RESULT.ACCEPTED, RESULT.INVALID, RESULT.ACCEPTED]
    assert replies[1].code == "OVERSIZE"


def test_an_undecodable_event_is_quarantined_and_the_others_go_on(good):
    replies = good.publish(complaint(good), b"\xff\xff\xff\xff", complaint(good))
    assert [r.result for r in replies] == [RESULT.ACCEPTED, RESULT.INVALID, RESULT.ACCEPTED]
    assert replies[1].code == "UNDECODABLE"
    assert good.stats()["quarantined"] == 1


@pytest.mark.parametrize("field", ["id", "source", "type", "by", "case_ref"])
def test_bad_utf8_is_named_and_answered_in_good_utf8(good, field):
    number = event_pb2.Event.DESCRIPTOR.fields_by_name[field].number
    raw = complaint(good).SerializeToString() + bytes([number << 3 | 2, 2]) + b"\xb5\xe7"
    reply = good.publish(raw)[0]
    assert (reply.result, reply.code) == (RESULT.INVALID, "BAD_UTF8")


def test_bad_utf8_in_the_data_of_an_event(good):
    text = event_pb2.Data.DESCRIPTOR.fields_by_name["text"].number
    data = b"\x0a\x05SMALL\x1a\x06B-0417" + bytes([text << 3 | 2, 2]) + b"\xc0\xaf"
    e = good.event("REPORTED", by="reporter").SerializeToString() + b"\x82\x01" + bytes([len(data)]) + data
    reply = good.publish(e)[0]
    assert (reply.result, reply.code) == (RESULT.INVALID, "BAD_UTF8")


@pytest.mark.parametrize("instant", [YEAR_1600, YEAR_9999, -1, 1])
@pytest.mark.parametrize("field", ["t_occ", "t_src"])
def test_impossible_instants(good, field, instant):
    reply = good.publish(complaint(good, **{field: instant}))[0]
    assert (reply.result, reply.code) == (RESULT.INVALID, "BAD_TIME")
    assert good.stats()["refused{code=BAD_TIME}"] == 1


@pytest.mark.parametrize("data, code", [
    ({"class": "SMALL", "place": "B-9999999"}, "UNKNOWN_PLACE"),
    ({"class": "TINY", "place": "B-0417"}, "UNKNOWN_CLASS"),
])
def test_places_and_classes_that_do_not_exist(good, data, code):
    reply = good.publish(good.event("REPORTED", by="reporter", data=data))[0]
    assert (reply.result, reply.code) == (RESULT.INVALID, code)


def test_an_event_type_that_does_not_exist(good):
    reply = good.publish(good.event("REPROTED", by="reporter"))[0]
    assert (reply.result, reply.code) == (RESULT.INVALID, "UNKNOWN_EVENT")


def test_the_same_id_again_and_with_other_bytes(good):
    e = complaint(good, id="once")
    first, second = good.publish(e)[0], good.publish(e)[0]
    assert (first.result, second.result) == (RESULT.ACCEPTED, RESULT.DUPLICATE)
    assert (first.case_number, first.lsn) == (second.case_number, second.lsn)
    e.data.text = "other bytes"
    third = good.publish(e)[0]
    assert third.result == RESULT.CONFLICT
    assert good.stats()["cases"] == 1


def test_an_event_for_a_case_that_does_not_exist(good):
    reply = good.publish(good.event("HELD", by="holder:P-07/li", case_number=4711))[0]
    assert (reply.result, reply.code) == (RESULT.INVALID, "NO_CASE")
    parked = good.publish(good.event("COMMENT", by="reporter", case_ref="W-9", data={"text": "early"}))[0]
    assert parked.result == RESULT.PARKED


def test_what_the_state_does_not_allow_is_answered_with_what_it_does(good):
    number = good.report().case_number
    reply = good.publish(good.event("CALLBACK_OK", by="callback/zhao", case_number=number))[0]
    assert reply.result == RESULT.NOT_ALLOWED
    assert "HELD" in reply.allowed


def test_what_cannot_be_understood_is_answered_with_what_would_be(good):
    """The guard's own sentence and the words that exist; never what the event itself says."""
    tiny = good.event("REPORTED", by="reporter", data={"class": "TINY", "place": "B-0417", "text": "13800000001"})
    stranger = good.event("REPORTED", by="stranger:x", data={"class": "SMALL", "place": "B-0417"})
    nowhere = good.event("REPORTED", by="reporter", data={"class": "SMALL", "place": "B-9999999"})
    answers = good.publish(tiny, stranger, nowhere)
    assert [a.code for a in answers] == ["UNKNOWN_CLASS", "BAD_ROLE", "UNKNOWN_PLACE"]
    assert "required: the class exists" in answers[0].message and "EMERGENCY, SMALL, SERIOUS" in answers[0].message
    assert "field by" in answers[1].message and "reporter, dispatcher, holder" in answers[1].message
    assert "required: the place exists" in answers[2].message
    for answer, word in zip(answers, ("TINY", "stranger", "B-9999999")):
        assert word not in answer.message and "13800000001" not in answer.message


def test_identity_where_no_reporter_comes_in(good):
    number = good.report().case_number
    held = good.event("HELD", by="holder:P-07/li", case_number=number)
    reply = good.publish(held, reporters=[event_pb2.Reporter(name="x")])[0]
    assert (reply.result, reply.code) == (RESULT.INVALID, "IDENTITY_NOT_EXPECTED")
    assert good.case(number).view.state == "DISPATCHED"
    big = good.publish(complaint(good), reporters=[event_pb2.Reporter(name="x" * 4000)])[0]
    assert (big.result, big.code) == (RESULT.INVALID, "IDENTITY_TOO_LARGE")


def test_questions_about_nothing(good):
    good.send(case_query=wire_pb2.CaseQuery(case_number=99))
    assert good.expect("problem").code == "NO_CASE"
    good.send(list=wire_pb2.ListQuery(filter=wire_pb2.Filter(min_level="L9")))
    assert good.expect("problem").code == "BAD_LEVEL"


@pytest.mark.parametrize("words, code", [
    (dict(places=["C-03", "Q"]), "UNKNOWN_PLACE"),
    (dict(holders=["P-99"]), "UNKNOWN_HOLDER"),
    (dict(holders=["B-0417"]), "UNKNOWN_HOLDER"),
    (dict(classes=["HUGE"]), "UNKNOWN_CLASS"),
])
def test_a_typing_error_in_a_filter_is_no_empty_answer(good, words, code):
    filter = wire_pb2.Filter(**words)
    for ask in (dict(list=wire_pb2.ListQuery(filter=filter)), dict(count=wire_pb2.CountQuery(filter=filter)),
                dict(hello=wire_pb2.Hello(filter=filter))):
        good.send(**ask)
        problem = good.expect("problem")
        assert problem.code == code and "no such" in problem.message


def test_a_typing_error_in_a_state_is_no_empty_answer(good):
    good.send(list=wire_pb2.ListQuery(states=["HELD", "NOPE"]))
    assert good.expect("problem").code == "UNKNOWN_STATE"


def test_feed_messages_without_a_feed(daemon):
    with daemon.client("feed") as c:
        c.credit(5)
        assert c.expect("problem").code == "NO_FEED"
        c.ack(1)
        assert c.expect("problem").code == "NO_FEED"


def test_refused_subscriptions(daemon):
    with daemon.client("feed") as c:
        for hello, code in ((dict(subscriber="x" * 200), "NAME_TOO_LONG"),
                            (dict(filter=wire_pb2.Filter(facts=["NOTHING"])), "BAD_FACT"),
                            (dict(filter=wire_pb2.Filter(places=["p" * 100] * 100)), "FILTER_TOO_LARGE")):
            c.send(hello=wire_pb2.Hello(**hello))
            assert c.expect("problem").code == code


# ---- line by line: named, counted, nothing lost, nothing half applied -------------------------------

EVENT, DATA = event_pb2.Event.DESCRIPTOR, event_pb2.Data.DESCRIPTOR
TEXT, INSTANT = DATA.fields_by_name["text"].type, DATA.fields_by_name["date"].type


def fields(descriptor, type):
    return [f.name for f in descriptor.fields if f.type == type and f.label != f.LABEL_REPEATED]


def with_bytes(message, name, value):
    """The message with one more field of text, of bytes that the library would not send."""
    number = message.DESCRIPTOR.fields_by_name[name].number
    tag = bytes([number << 3 | 2]) if number < 16 else bytes([number << 3 & 0x7f | 0x82, number >> 4])
    return message.SerializeToString() + tag + bytes([len(value)]) + value


def in_data(c, raw):
    """A complaint whose data are these bytes."""
    number = EVENT.fields_by_name["data"].number
    tag = bytes([number << 3 & 0x7f | 0x82, number >> 4])
    return c.event("REPORTED", by="reporter").SerializeToString() + tag + bytes([len(raw)]) + raw


def reported(c, **data):
    return c.event("REPORTED", by="reporter", data={"class": "SMALL", "place": "B-0417", **data})


def bad_events(c, number):
    """(what is wrong, the event, its code)"""
    good = reported(c)
    yield "cut in the middle", good.SerializeToString()[:-3], "UNDECODABLE"
    yield "not a message", b"\xff\xff\xff", "UNDECODABLE"
    yield "oversize", reported(c, text="x" * 300_000), "OVERSIZE"
    yield "a text too long", reported(c, text="x" * 20_000), "TOO_LONG"
    for name in fields(EVENT, TEXT):
        yield f"bad UTF-8 in {name}", with_bytes(reported(c), name, b"\xb5\xe7\xcc"), "BAD_UTF8"
    for name in fields(DATA, TEXT):
        yield f"bad UTF-8 in data.{name}", in_data(c, with_bytes(event_pb2.Data(), name, b"\xc0\xaf")), "BAD_UTF8"
    for name in ("t_occ", "t_src"):
        for instant in (YEAR_1600, YEAR_9999, -1, 1):
            yield f"{name} {instant}", complaint(c, **{name: instant}), "BAD_TIME"
    for name in fields(DATA, INSTANT):
        for instant in (YEAR_1600, YEAR_9999):
            yield f"data.{name} {instant}", reported(c, **{name: instant}), "BAD_TIME"
    yield "no place of that name", reported(c, place="B-9999999"), "UNKNOWN_PLACE"
    yield "no class of that name", reported(c, **{"class": "TINY"}), "UNKNOWN_CLASS"
    yield "no event of that name", c.event("REPROTED"), "UNKNOWN_EVENT"
    yield "an event of the machine's own", c.event("ABSORBED", case_number=number), "UNKNOWN_EVENT"
    yield "no role of that name", c.event("COMMENT", by="king:P-07/li", case_number=number), "BAD_ROLE"
    yield "no id", event_pb2.Event(type="REPORTED", source="s"), "NO_ID"
    yield "no source", event_pb2.Event(type="REPORTED", id="1"), "NO_SOURCE"
    yield "no type", event_pb2.Event(id="1", source="s"), "NO_TYPE"
    yield "no case", c.event("COMMENT", by="reporter"), "NO_CASE"
    yield "a case that does not exist", c.event("HELD", by="holder:P-07/li", case_number=4711), "NO_CASE"
    yield "a case of another partition", c.event("HELD", by="holder:P-07/li", case_number=9 << 40 | 1), "NO_CASE"
    yield "nowhere on earth", reported(c, position=[200.0, 95.0]), "BAD_POSITION"
    yield "six stars", reported(c, rating=6), "BAD_RATING"
    yield "a field that is needed", c.event("CLASS_SET", by="dispatcher:C-03/x", case_number=number), "MISSING_FIELD"


def counted(stats, code):
    return stats.get(f"refused{{code={code}}}", 0)


def standing(c, number):
    """A case and its history, without the seconds that go on by themselves."""
    answer = c.case(number, history=True)
    answer.view.ClearField("owner_ms")
    return answer


def everything(c, number):
    """What must not change: cases, entries, timers, and one case with its history."""
    stats = c.stats()
    return [stats[k] for k in ("cases", "newest_lsn", "due_rows", "parked")], standing(c, number)


def test_each_bad_event_is_named_counted_and_changes_nothing(make_daemon, tmp_path):
    """On a clock that stands still, because deadlines write entries too."""
    daemon = make_daemon(env=Clock(tmp_path, EVENING).environment())
    with daemon.client() as client:
        number = client.report().case_number
        held = client.publish(client.event("HELD", by="holder:P-07/li", case_number=number))[0]
        assert held.result == RESULT.ACCEPTED
        for what, event, code in bad_events(client, number):
            before, stats = everything(client, number), client.stats()
            reply = client.publish(event)[0]
            assert (reply.result, reply.code) == (RESULT.INVALID, code), what
            assert counted(client.stats(), code) == counted(stats, code) + 1, what
            assert everything(client, number) == before, what
            first, _, last = client.publish(complaint(client), event, complaint(client))
            assert (first.result, last.result) == (RESULT.ACCEPTED, RESULT.ACCEPTED), f"neighbours of: {what}"
        cases, before = client.stats()["cases"], standing(client, number)
    daemon.kill()
    daemon.start()
    with daemon.client() as c:
        assert (c.stats()["cases"], standing(c, number)) == (cases, before), "a crash brings back nothing that was refused"


def test_what_is_refused_of_a_case_is_kept_with_it(client):
    number = client.report().case_number
    assert client.publish(client.event("HELD", by="holder:P-07/li", case_number=number))[0].result == RESULT.ACCEPTED
    before = client.case(number).view
    reply = client.publish(client.event("RESOLVED", by="holder:P-07/li", case_number=number))[0]
    assert (reply.result, reply.code) == (RESULT.NOT_ALLOWED, "EVIDENCE_MISSING") and "evidence as the class demands" in reply.message
    answer = client.case(number, history=True)
    assert (answer.view.state, answer.view.case_version) == (before.state, before.case_version)
    assert reply.lsn in [journal_pb2.Entry.FromString(entry).lsn for entry in answer.history]


def test_what_a_door_could_not_read_is_kept_with_its_reason(client):
    before = client.stats()["quarantined"]
    good = complaint(client).SerializeToString()
    items = [wire_pb2.Item(unreadable="NOT_JSON kafka hongxin.in/0/7"), wire_pb2.Item(event=good, unreadable="WRONG_CONTENT_TYPE kafka hongxin.in/0/8"),
             wire_pb2.Item(event=good)]
    client.send(request=7, publish=wire_pb2.Publish(request=7, items=items))
    replies = client.expect("replies").replies
    assert [(r.result, r.code) for r in replies] == [(RESULT.INVALID, "UNREADABLE"), (RESULT.INVALID, "UNREADABLE"), (RESULT.ACCEPTED, "")]
    assert client.stats()["quarantined"] == before + 2


def rows(client, **query):
    return client.ask("quarantine", quarantine=wire_pb2.QuarantineQuery(**query)).rows


def bring(client, event, closes=""):
    raw = event if isinstance(event, bytes) else event.SerializeToString()
    client.send(request=7, publish=wire_pb2.Publish(request=7, items=[wire_pb2.Item(event=raw, closes=closes)]))
    return client.expect("replies").replies[0]


def test_what_was_refused_is_done_when_it_comes_again(client):
    wrong, right = complaint(client, id="w-1"), complaint(client, id="w-2")
    wrong.data.place = "B-9999"
    first = bring(client, wrong)
    (row,) = rows(client)
    assert (first.code, row.name, row.reason, row.source, row.id) == ("UNKNOWN_PLACE", first.kept, "UNKNOWN_PLACE", client.source, "w-1")
    assert abs(row.at / 1000 - time.time()) < 3600, "on an empty journal too"
    assert not row.closed_at and client.stats()["quarantine_open"] == 1
    again = bring(client, wrong, first.kept)
    assert [(r.number, r.again, r.lsn) for r in rows(client)] == [(1, 2, 0), (2, 0, 0)], "refused once more: another row"
    taken = bring(client, right, again.kept)
    assert taken.result == RESULT.ACCEPTED and not taken.kept
    assert [(r.again, r.lsn) for r in rows(client)] == [(2, 0), (0, taken.lsn)]
    assert bring(client, right, again.kept).result == RESULT.DUPLICATE
    assert not rows(client, open=True) and client.stats()["quarantine_open"] == 0


@pytest.mark.parametrize("name", ["1", "1/", "/7", "1/1", "-1/5", "18446744073709551616/5", "1/5/3", "x" * 1000, "99/5"])
def test_the_name_of_no_row_closes_nothing_and_costs_no_event(client, name):
    bring(client, b"\xff\xff")
    assert bring(client, complaint(client), name).result == RESULT.ACCEPTED
    assert [r.closed_at for r in rows(client)] == [0]


def test_rows_are_read_page_by_page_and_outlive_a_crash(daemon):
    with daemon.client() as c:
        kept = [bring(c, b"\xff\xff").kept for _ in range(5)]
        bring(c, complaint(c), kept[2])
    daemon.kill()
    daemon.start()
    with daemon.client() as c:
        page = c.ask("quarantine", quarantine=wire_pb2.QuarantineQuery(open=True, limit=3))
        assert [r.name for r in page.rows] == [kept[0], kept[1], kept[3]] and page.next == 4
        page = c.ask("quarantine", quarantine=wire_pb2.QuarantineQuery(open=True, limit=3, after=page.next))
        assert [r.name for r in page.rows] == [kept[4]] and page.next == 0
        assert c.stats()["quarantine_open"] == 4


def test_what_cannot_be_decoded_is_kept_for_people(client):
    before = client.stats()["quarantined"]
    client.publish(b"\xff\xff\xff", reported(client).SerializeToString()[:-3])
    assert client.stats()["quarantined"] == before + 2


def test_conflicts_and_parked_events_are_counted_and_kept(client):
    e = complaint(client, id="once")
    number = client.publish(e)[0].case_number
    e.data.text = "other bytes"
    before = standing(client, number).view
    reply = client.publish(e)[0]
    assert (reply.result, reply.code) == (RESULT.CONFLICT, "CONFLICT")
    parked = client.publish(client.event("COMMENT", by="reporter", case_ref="W-9", data={"text": "early"}))[0]
    assert parked.result == RESULT.PARKED
    stats = client.stats()
    assert stats["replies{result=CONFLICT}"] == stats["replies{result=PARKED}"] == stats["parked"] == 1
    assert standing(client, number).view == before
    assert parked.lsn > reply.lsn > 0, "both stand in the journal"
