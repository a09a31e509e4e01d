"""A board asks on behalf of its users' principals; what they may is judged by the daemon, from the same registry."""
from hongxin.v1 import wire_pb2
from test_views import routed
from wire import RESULT, wait_until

import pytest


def ask(client, behalf, **question):
    client.send(request=9, behalf=behalf, **question)
    return client.receive()


def code(message):
    return message.problem.code if message.WhichOneof("answer") == "problem" else message.WhichOneof("answer")


def publish(client, behalf, *events):
    items = [wire_pb2.Item(event=e.SerializeToString()) for e in events]
    client.send(request=7, behalf=behalf, publish=wire_pb2.Publish(request=7, items=items))
    return client.replies(len(events))


@pytest.fixture
def city(locked, registry):
    """A daemon with a board's key, a case, and desks of its holder and of another company."""
    registry.new("board", "board", "city")
    with registry.client(locked, "hotline") as c:
        holder = routed(c)
        number = c.report().case_number
        wait_until(lambda: c.case(number).view.state != "RECEIVED")
    registry.new("desk", "company", holder)
    registry.new("other", "company", "P-08" if holder != "P-08" else "P-09")
    return holder, number


def test_questions_are_answered_as_to_the_principal(locked, registry, city):
    _, number = city
    question = {"case_query": wire_pb2.CaseQuery(case_number=number)}
    with registry.client(locked, "board") as c:
        assert ask(c, "desk", **question).case_answer.view.case_number == number
        assert code(ask(c, "other", **question)) == "NO_CASE"
        assert code(ask(c, "nobody", **question)) == "DENIED"
        assert code(ask(c, "desk", stats=wire_pb2.StatsQuery())) == "DENIED", "a company has no right to figures"
        assert code(ask(c, "operator", stats=wire_pb2.StatsQuery())) == "stats"


def test_nobody_else_speaks_for_others(locked, registry, city):
    _, number = city
    question = {"case_query": wire_pb2.CaseQuery(case_number=number)}
    for name in ("other", "operator"):
        with registry.client(locked, name) as c:
            assert code(ask(c, "desk", **question)) == "DENIED"
    registry.new("board-2", "board", "city")
    with registry.client(locked, "board") as c:
        assert code(ask(c, "board-2", **question)) == "DENIED", "a board does not speak for a board"


def test_a_board_goes_no_further_than_its_own_rights_and_areas(locked, registry, city):
    holder, number = city
    who = {"identity": wire_pb2.IdentityQuery(case_number=number, reason="because of a test", person="li")}
    registry.new("board-p", "board", holder)
    with registry.client(locked, "board") as c:
        assert code(ask(c, "officer", **who)) == "DENIED", "identities are not for boards, whoever asks there"
    with registry.client(locked, "board-p") as c:
        question = {"case_query": wire_pb2.CaseQuery(case_number=number)}
        assert code(ask(c, "desk", **question)) == "case_answer"
        assert code(ask(c, "other", **question)) == "DENIED"
        assert code(ask(c, "operator", **question)) == "DENIED"


def test_an_event_is_the_principals(locked, registry, city):
    holder, number = city
    with registry.client(locked, "board") as c:
        held = c.event("HELD", by=f"holder:{holder}/li", source="desk", case_number=number)
        foreign = c.event("HELD", by=f"holder:{holder}/li", source="other", case_number=number)
        assert publish(c, "other", foreign)[0].code == "FOREIGN_AREA"
        assert publish(c, "desk", held)[0].result == RESULT.ACCEPTED
        answer = ask(c, "operator", case_query=wire_pb2.CaseQuery(case_number=number, history=True)).case_answer
    from hongxin.v1 import journal_pb2
    entries = [journal_pb2.Entry.FromString(e) for e in answer.history]
    assert [e.principal for e in entries if e.cause == "HELD"] == ["desk"]


def test_who_am_i(locked, registry, city):
    holder, _ = city
    with registry.client(locked, "board") as c:
        a = ask(c, "desk", who=wire_pb2.WhoQuery()).who
        assert (a.enforced, a.principal, a.role, list(a.areas)) == (True, "desk", "company", [holder])
        assert "holder" in a.claims and "publish" in a.rights and "identity" not in a.rights
        assert "identity" not in ask(c, "hotline", who=wire_pb2.WhoQuery()).who.rights, "not through a board"
        assert ask(c, "", who=wire_pb2.WhoQuery()).who.principal == "board"
    with registry.client(locked, "hotline") as c:
        assert "identity" in c.ask("who", who=wire_pb2.WhoQuery()).rights


def test_a_feed_ends_when_the_principal_is_revoked(locked, registry, city):
    with registry.client(locked, "board", door="feed") as c:
        c.send(request=3, behalf="desk", hello=wire_pb2.Hello(credit=100))
        c.expect("welcome")
        registry.change("revoke", "desk")
        while (m := c.receive()).WhichOneof("answer") != "problem":
            pass
        assert m.problem.code == "DENIED"
        assert code(ask(c, "desk", who=wire_pb2.WhoQuery())) == "DENIED"


def test_a_registry_holds_without_keys_for_whom_a_board_speaks(make_daemon, registry):
    registry.new("desk", "company", "P-07")
    daemon = make_daemon(settings={"keys": {**registry.keys, "server": ""}})
    with daemon.client() as c:
        number = c.report().case_number
        mine = {"case_query": wire_pb2.CaseQuery(case_number=number)}
        holder = wait_until(lambda: c.case(number).view.holder)
        expected = "case_answer" if holder == "P-07" else "NO_CASE"
        assert code(ask(c, "desk", **mine)) == expected
        assert code(ask(c, "", **mine)) == "case_answer", "everybody may do everything"
        assert code(ask(c, "nobody", **mine)) == "DENIED"
        c.send(request=3, behalf="desk", hello=wire_pb2.Hello(credit=100))
        c.expect("welcome")
        registry.change("revoke", "desk")
        while (m := c.receive()).WhichOneof("answer") != "problem":
            pass
        assert m.problem.code == "DENIED"


def test_a_stretch_of_the_journal_is_an_answer(daemon, client):
    numbers = [client.report().case_number for _ in range(5)]
    every, after = [], 0
    while True:
        a = client.ask("entries_answer", entries=wire_pb2.EntriesQuery(after_lsn=after, limit=2))
        every += a.entries
        assert a.upto_lsn > after
        after = a.upto_lsn
        if not a.cut:
            break
    from hongxin.v1 import journal_pb2
    entries = [journal_pb2.Entry.FromString(e) for e in every]
    assert [e.lsn for e in entries] == list(range(a.oldest_lsn, a.newest_lsn + 1))
    assert {e.case_number for e in entries} >= set(numbers)
    middle = entries[len(entries) // 2].t_rec
    early = client.ask("entries_answer", entries=wire_pb2.EntriesQuery(until=middle))
    late = client.ask("entries_answer", entries=wire_pb2.EntriesQuery(since=middle))
    assert all(journal_pb2.Entry.FromString(e).t_rec < middle for e in early.entries)
    assert [*early.entries, *late.entries][:len(every)] == every
    breaches = client.ask("entries_answer", entries=wire_pb2.EntriesQuery(filter=wire_pb2.Filter(facts=["BREACH"])))
    assert not breaches.entries and breaches.upto_lsn >= a.newest_lsn


def test_a_list_counts_beyond_its_page(daemon, client):
    for _ in range(7):
        client.report()
    a = client.ask("list", list=wire_pb2.ListQuery(limit=3, count=True))
    assert (len(a.cases), a.total, a.counted, a.cut) == (3, 7, True, True)
    b = client.ask("list", list=wire_pb2.ListQuery(limit=500, after=a.next))
    assert len(b.cases) == 4 and not b.cut


def test_counters_of_named_days(still_client):
    still_client.report()
    today = still_client.ask("count", count=wire_pb2.CountQuery())
    days = sorted({c.what.split("/")[0] for c in today.counts})
    named = still_client.ask("count", count=wire_pb2.CountQuery(periods=[days[-1]]))
    assert named.counts and {c.what.split("/")[0] for c in named.counts} == {days[-1]}
    holders = still_client.ask("count", count=wire_pb2.CountQuery(periods=[days[-1]], holders=True))
    assert {c.dimension for c in holders.counts} == {"city", "holder"}
    still_client.send(request=4, count=wire_pb2.CountQuery(periods=["yesterday"]))
    assert code(still_client.receive()) == "BAD_PERIOD"
