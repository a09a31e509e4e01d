"""Notices on their way: a receiver that is lost, a bridge that rings it up, kills in between. A minute is a second here."""
import pytest
from hongxin.v1 import journal_pb2
from wire import RESULT, facts, wait_until

MINUTE = 60_000
COMMUNITY = "community:C-03"
UNDELIVERED = dict(clock="K_ARRIVE", level="L2", to=COMMUNITY)


@pytest.fixture
def fast(make_daemon):
    return make_daemon(scale=60)


def history(client, number):
    return [journal_pb2.Entry.FromString(b) for b in client.case(number, history=True).history]


def steps(client, number, **wanted):
    """What became of notices like this one, in order."""
    return [d for e in history(client, number) for d in facts(e, "delivery")
            if all(getattr(d, key) == value for key, value in wanted.items())]


def notices(client, number, **wanted):
    return [n for e in history(client, number) for n in facts(e, "notice")
            if all(getattr(n, key) == value for key, value in wanted.items())]


def waited(feeds, condition):
    """As wait_until; those that listen say meanwhile that they are there: who is silent for fifteen seconds is down."""
    return wait_until(lambda: [f.credit(1) for f in feeds] and condition())


def lose(daemon, client, name):
    """A receiver that has been here and is gone: its connection is missed with the next entry for it."""
    with daemon.client("feed") as gone:
        gone.hello(name)
    client.report()
    wait_until(lambda: client.stats()["receivers_down"] == 1)


def test_a_receiver_that_is_lost_is_told_by_a_bridge(fast):
    with fast.client() as c, fast.client("feed") as company, fast.client("feed") as bridge:
        company.hello("company:P-07")
        bridge.hello("road:wechat")
        lose(fast, c, COMMUNITY)
        number = c.report().case_number
        sent = waited([company, bridge], lambda: steps(c, number, result="SENT", road="wechat", **UNDELIVERED))[0]
        assert [n.undelivered for n in notices(c, number, kind="BREACH", **UNDELIVERED)] == ["no connection"]
        failed = steps(c, number, result="FAILED", road="feed", **UNDELIVERED)
        assert [d.attempt for d in failed] == [2, 3, 4, 5] and {d.fault for d in failed} == {"THEIRS"}
        assert sent.again.deadline and sent.again.expects == "ARRIVED", "a bridge gets the notice as it is now"
        view = c.case(number).view
        assert [(d.to, d.road) for d in view.on_their_way if d.clock == "K_ARRIVE"] == [(COMMUNITY, "wechat")]
        receipt = c.event("NOTICE_DELIVERED", by="system/wechat", case_number=number,
                          data={"notice": sent.notice, "to": COMMUNITY, "road": "wechat", "receipt": "msg-1"})
        assert c.publish(receipt)[0].result == RESULT.ACCEPTED
        done = steps(c, number, result="DELIVERED", **UNDELIVERED)
        assert [(d.road, d.receipt, d.by) for d in done] == [("wechat", "msg-1", "system/wechat")]
        assert not [d for d in c.case(number).view.on_their_way if d.clock == "K_ARRIVE" and d.to == COMMUNITY]


def test_what_is_on_its_way_outlives_a_kill(fast):
    with fast.client() as c, fast.client("feed") as company:
        company.hello("company:P-07")
        lose(fast, c, COMMUNITY)
        number = c.report().case_number
        waited([company], lambda: steps(c, number, result="FAILED", **UNDELIVERED))
    fast.kill()
    fast.start()
    with fast.client() as c, fast.client("feed") as company, fast.client("feed") as bridge:
        company.hello("company:P-07")
        bridge.hello("road:wechat")
        sent = waited([company, bridge], lambda: steps(c, number, result="SENT", road="wechat", **UNDELIVERED))[0]
        assert steps(c, number, result="FAILED", road="feed", **UNDELIVERED)[-1].attempt == 5, "the plan was gone through"
        assert sent.person == notices(c, number, **UNDELIVERED)[0].person


def test_the_end_of_an_alarm_is_heard_by_whoever_heard_it_after_a_kill(fast):
    with fast.client() as c:
        number = c.report().case_number
        wait_until(lambda: notices(c, number, kind="BREACH", clock="K_ARRIVE"))
    fast.kill()
    fast.start()
    with fast.client() as c:
        wait_until(lambda: c.publish(c.event("ARRIVED", by="holder:P-07/li", case_number=number))[0].result == RESULT.ACCEPTED)
        alarmed = [n.to for n in notices(c, number, kind="BREACH", clock="K_ARRIVE")]  # of later levels too, when the start took long
        cleared = [n.to for n in notices(c, number, kind="ALL_CLEAR", clock="K_ARRIVE")]
        assert alarmed and sorted(cleared) == sorted(set(alarmed))


def test_a_missing_receipt_is_deemed_by_their_fault(fast):
    with fast.client() as c, fast.client("feed") as other:
        other.hello("company:P-11")
        with fast.client("feed") as gone:
            gone.hello("company:P-07")
        c.report()
        wait_until(lambda: c.stats()["receivers_down"] == 1)
        number = c.report().case_number
        deemed = waited([other], lambda: steps(c, number, result="DEEMED"))[0]
        assert (deemed.to, deemed.fault, deemed.error) == ("holder:P-07", "THEIRS", "no connection")
        assert c.case(number).view.faults_theirs == 1


def test_a_bridge_speaks_of_notices_that_were_sent(client):
    number = client.report().case_number
    for data, code in (({"to": "street:S-02"}, "NO_SUCH_NOTICE"), ({}, "MISSING_FIELD")):
        reply = client.publish(client.event("NOTICE_DELIVERED", by="system/voice", case_number=number, data=data))[0]
        assert reply.code == code, reply
    mine = client.event("NOTICE_DELIVERED", by="holder:P-07/li", case_number=number, data={"to": COMMUNITY, "notice": 1})
    assert client.publish(mine)[0].code == "NOT_RECEIVER"
    named = client.event("NOTICE_FAILED", by="system/voice", case_number=number, data={"to": "holder:P-07", "error": "Mr Li"})
    assert client.publish(named)[0].code == "BAD_ERROR"
