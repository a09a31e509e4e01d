"""Retention: who reported is erased by itself when a case has been over for long enough; a legal hold keeps it; figures stay."""
import os

import pytest
from clock import SECOND, Clock, turn
from hongxin.v1 import event_pb2, wire_pb2
from wire import RESULT, facts, wait_until

DAY = 86_400_000
BEGIN = 1_791_802_800_000  # 2026-10-12T19:00+08:00
CLASSES = """classes:
  - {name: confidential, zh: 保密, en: Confidential, flags: [CONFIDENTIAL], keep: 10d}
  - {name: ordinary, zh: 一般, en: Ordinary, keep: 30d}
"""
PHONE = "13912345678"


@pytest.fixture
def aging(make_daemon, registry, tmp_path):
    """aging(days) → the daemon so many days after the one before: it was down meanwhile."""
    (tmp_path / "retention.yaml").write_text(CLASSES, encoding="utf-8")
    clock = Clock(tmp_path, BEGIN)
    settings = {"keys": registry.keys, "identity": {"retention": tmp_path / "retention.yaml"},
                "resend_ms": 0}
    running = []

    def start(days=0):
        if running:
            running.pop().kill()
        clock.pass_ns(days * DAY * 1_000_000)
        running.append(make_daemon(settings=settings, data=tmp_path / "store", env=clock.environment()))
        return running[0]
    start.clock = clock
    return start


def closed(client, **fields):
    """A case with an identity that is over: not ours, a court has it."""
    e = client.event("REPORTED", by="reporter", data={"class": "SMALL", "place": "B-0417", "category": "court"}, **fields)
    reply = client.publish(e, reporters=[event_pb2.Reporter(name="Wang Xiaomei", phone=PHONE)])[0]
    assert reply.result == RESULT.REJECTED, reply
    return reply.case_number


def kept(client, number):
    client.send(request=5, identity=wire_pb2.IdentityQuery(case_number=number, reason="is it kept?"))
    message = client.receive()
    assert message.WhichOneof("answer") == "identity" or message.problem.code == "NO_IDENTITY", message
    return message.WhichOneof("answer") == "identity"


def rounds(operator):
    return operator.stats()["retention_rounds"]


def settled(daemon, registry):
    """A round has gone through all."""
    with registry.client(daemon, "operator") as op:
        wait_until(lambda: rounds(op) >= 1)


def expired(daemon, registry):
    with registry.client(daemon, "operator", door="feed") as c:
        welcome = c.hello(**{"from": wire_pb2.Hello.OLDEST})
        return {a.about: a.detail for e in c.entries(welcome.newest_lsn) for a in facts(e, "audit") if a.act == "IDENTITY_EXPIRED"}


def test_identities_go_at_the_age_of_their_class_and_figures_stay(aging, registry):
    d = aging()
    with registry.client(d, "hotline") as c:
        secret, plain = closed(c, confidential=True), closed(c)
        still_open = c.report().case_number
        figures = list(c.ask("count", count=wire_pb2.CountQuery()).counts)
        before = c.case(plain, history=True).history
    d = aging(9)
    settled(d, registry)
    with registry.client(d, "hotline") as c:
        assert kept(c, secret) and kept(c, plain)
    d = aging(2)
    settled(d, registry)
    with registry.client(d, "hotline") as c:
        assert not kept(c, secret) and kept(c, plain)
        assert c.case(secret).view.callback_ref == ""
    d = aging(20)
    settled(d, registry)
    with registry.client(d, "hotline") as c:
        assert not kept(c, plain)
        assert list(c.case(plain, history=True).history) == list(before)
        assert c.case(still_open).view.state
        day = {x.what: x.n for x in c.ask("count", count=wire_pb2.CountQuery()).counts if "2026-10" in x.what}
        assert day == {x.what: x.n for x in figures if "2026-10" in x.what} or not day
    assert expired(d, registry) == {str(secret): "confidential", str(plain): "ordinary"}


def test_a_legal_hold_keeps_an_identity_whatever_its_age(aging, registry):
    d = aging()
    with registry.client(d, "hotline") as c, registry.client(d, "officer") as officer:
        number = closed(c)
        officer.ask("identity_acted", identity_act=wire_pb2.IdentityAct(act=wire_pb2.IdentityAct.HOLD, case_number=number,
                                                                        reason="court file 7"))
    d = aging(400)
    settled(d, registry)
    with registry.client(d, "hotline") as c, registry.client(d, "officer") as officer, registry.client(d, "operator") as op:
        assert kept(c, number) and op.stats()["retention_held"] == 1
        officer.ask("identity_acted", identity_act=wire_pb2.IdentityAct(act=wire_pb2.IdentityAct.RELEASE, case_number=number,
                                                                        reason="court file 7 closed"))
    d = aging(0)
    settled(d, registry)
    with registry.client(d, "hotline") as c:
        assert not kept(c, number)


def test_a_daemon_that_goes_on_erases_without_a_restart(aging, registry):
    d = aging()
    with registry.client(d, "hotline") as c:
        number = closed(c, confidential=True)
        settled(d, registry)
        aging.clock.pass_ns(11 * DAY * 1_000_000)  # the machine slept
        turn(c)
        wait_until(lambda: not kept(c, number))


def test_killed_while_it_erases_nothing_is_half_done(aging, registry):
    """Every identity that is gone has its entry, and the other way round."""
    d = aging()
    with registry.client(d, "hotline") as c:
        numbers = [closed(c, confidential=True) for _ in range(150)]
    d = aging(11)
    with registry.client(d, "operator") as op:
        wait_until(lambda: op.stats()["identities_expired"] >= 1)
    d = aging(0)
    settled(d, registry)
    with registry.client(d, "hotline") as c:
        assert not [n for n in numbers if kept(c, n)]
    told = expired(d, registry)
    assert sorted(told) == sorted(map(str, numbers)) and os.path.exists(d.data)


def test_without_classes_nothing_is_erased(make_daemon, registry, tmp_path):
    clock = Clock(tmp_path, BEGIN)
    d = make_daemon(settings={"keys": registry.keys}, env=clock.environment())
    with registry.client(d, "hotline") as c:
        number = closed(c)
    d.kill()
    clock.pass_ns(4000 * DAY * 1_000_000)
    d.start()
    with registry.client(d, "hotline") as c:
        for _ in range(3):
            clock.pass_ns(SECOND * 1_000_000)
            turn(c)
        assert kept(c, number)


def ended(client, number):
    event = client.event("WITHDRAW_ASKED", by="reporter", case_number=number)
    assert client.publish(event)[0].result == RESULT.ACCEPTED


def split(client, refs):
    """(the number of a case with an identity, those of its parts under these references)"""
    report = client.event("REPORTED", by="reporter", data={"class": "SMALL", "place": "B-0417"})
    whole = client.publish(report, reporters=[event_pb2.Reporter(name="Wang Xiaomei", phone=PHONE)])[0].case_number
    for i in range(0, len(refs), 8):
        event = client.event("SPLIT", by="dispatcher:C-03/zhou", case_number=whole, data={"cases": refs[i:i + 8]})
        assert client.publish(event)[0].result == RESULT.ACCEPTED
    queries = [wire_pb2.CaseQuery(ref=ref, source=report.source) for ref in refs]
    return whole, [client.ask("case_answer", case_query=q).view.case_number for q in queries]


def test_identities_of_a_whole_stay_as_long_as_one_of_its_parts_lives(aging, registry):
    """Who reported a part is kept with the whole, and is called back about the part, though the whole has ended long ago."""
    d = aging()
    with registry.client(d, "hotline") as c:
        whole, [part] = split(c, ["W-1a"])
        ended(c, whole)
        assert c.case(whole).view.state == "WITHDRAWN"
    d = aging(31)
    settled(d, registry)
    with registry.client(d, "hotline") as c:
        assert kept(c, whole) and c.case(part).view.callback_ref
        ended(c, part)
    d = aging(29)
    settled(d, registry)
    with registry.client(d, "hotline") as c:
        assert kept(c, whole), "the part's own time is not over"
    d = aging(2)
    settled(d, registry)
    with registry.client(d, "hotline") as c:
        assert not kept(c, whole)


def test_identities_of_a_whole_with_many_parts_go_too(aging, registry):
    d = aging()
    with registry.client(d, "hotline") as c:
        whole, parts = split(c, [f"W-2.{i}" for i in range(80)])
        for number in [whole, *parts]:
            ended(c, number)
    d = aging(31)
    settled(d, registry)
    with registry.client(d, "hotline") as c:
        assert not kept(c, whole)
