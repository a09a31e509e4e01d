"""Every ceiling of docs/security.md: what is more is refused by name, and the others notice nothing."""
import socket

import pytest
import zmq
from hongxin.v1 import event_pb2, journal_pb2, wire_pb2
from wire import RESULT, NoAnswer, wait_until

LOW = {"message_bytes": "64 KiB", "event_bytes": "4 KiB", "publish_items": 3, "subscribers": 2, "feed_credit": 5, "batch_items": 2}


@pytest.fixture
def low(make_daemon):
    """A daemon with ceilings that a test can reach, and a bystander who must not notice."""
    return make_daemon(settings=LOW)


@pytest.fixture
def client(low):
    with low.client() as c:
        yield c


@pytest.fixture
def bystander(low):
    with low.client() as c:
        assert c.report(id="before").result == RESULT.ACCEPTED
        yield c
        assert c.report(id="after").result == RESULT.ACCEPTED


def item(client, **more):
    e = client.event("REPORTED", by="reporter", data={"class": "SMALL", "place": "B-0417", **more})
    return wire_pb2.Item(event=e.SerializeToString())


def refused(client, **ask):
    client.send(request=5, **ask)
    return client.expect("problem").code


def counted(client, code):
    return client.stats().get(f"refused{{code={code}}}", 0)


def test_bytes_of_a_message_and_of_an_event(client, bystander):
    client.send(publish=wire_pb2.Publish(items=[item(client, text="x" * 70_000)]))
    assert client.expect("problem").code == "OVERSIZE"
    reply = client.publish(client.event("REPORTED", by="reporter", data={"place": "B-0417", "text": "x" * 5000}))[0]
    assert (reply.result, reply.code) == (RESULT.INVALID, "OVERSIZE")
    assert counted(bystander, "OVERSIZE") == 2


def test_bytes_of_a_frame(client, bystander):
    """Four times the message closes the connection: the client comes back by itself."""
    client.send_frames(b"hongxin/1", bytes(300 * 1024))
    wait_until(lambda: answers(client))


def answers(client):
    client.send(request=5, ping=wire_pb2.Ping())
    try:
        return client.expect("pong", timeout=0.5)
    except NoAnswer:
        return None


def test_frames_of_a_message(client, bystander):
    for frames in ([b"hongxin/1"], [b"hongxin/1", b"", b""], [b"x"] * 3000, [b""]):
        client.send_frames(*frames)
        assert client.expect("problem").code == "BAD_FRAMES"
    assert counted(bystander, "BAD_FRAMES") == 4


def test_events_in_a_publish(client, bystander):
    client.send(publish=wire_pb2.Publish(items=[item(client)] * 4))
    assert client.expect("problem").code == "TOO_MANY_ITEMS"
    client.send(publish=wire_pb2.Publish(items=[]))
    assert client.expect("problem").code == "NO_ITEMS"
    assert len(client.publish(*[client.event("REPORTED", by="reporter", data={"place": "B-0417"}) for _ in range(3)])) == 3


def test_bytes_of_an_identity_and_of_a_filter(client, bystander):
    e = client.event("REPORTED", by="reporter", data={"place": "B-0417"})
    assert client.publish(e, reporters=[event_pb2.Reporter(name="x" * 3600)])[0].code == "IDENTITY_TOO_LARGE"
    many = wire_pb2.Filter(places=["B-0417"] * 1000)
    assert refused(client, list=wire_pb2.ListQuery(filter=many)) == "FILTER_TOO_LARGE"


def test_lists_within_an_event(client, bystander):
    """An imported history, evidence, positions: as long as the engine keeps them."""
    e = client.event("REPORTED", by="reporter", data={"place": "B-0417"})
    e.data.history.extend(event_pb2.Event(type="HELD") for _ in range(65))
    assert client.publish(e)[0].code == "TOO_LONG"


def test_subscribers_and_their_credit(low, bystander):
    with low.client("feed") as a, low.client("feed") as b, low.client("feed") as c:
        a.hello(credit=1_000_000, **{"from": wire_pb2.Hello.OLDEST})
        b.hello()
        c.send(hello=wire_pb2.Hello(credit=5))
        assert c.expect("problem").code == "TOO_MANY_SUBSCRIBERS"
        for n in range(12):
            bystander.report(id=f"credit-{n}")
        for _ in range(5):
            a.expect("entries")
        assert a.receive(timeout=1) is None, "what was granted above the ceiling counts for nothing"
        a.credit(4_000_000_000)
        heard = 0
        while a.receive(timeout=1):
            heard += 1
        assert heard <= 5


def test_questions_of_one_source_that_wait(make_daemon):
    """Questions wait in the line of their source: what finds no room is refused with the time to come back."""
    d = make_daemon(settings={"source_messages": 10})
    with d.client() as c, d.client() as other:
        other.ask("pong", ping=wire_pb2.Ping())
        c.report()
        d.process.send_signal(19)  # SIGSTOP
        for n in range(300):
            c.send(request=n + 1, list=wire_pb2.ListQuery(closed=True))
        d.process.send_signal(18)  # SIGCONT
        assert other.ask("pong", ping=wire_pb2.Ping())
        kinds = {"list": 0, "problem": 0}
        for _ in range(300):
            m = c.receive()
            kinds[m.WhichOneof("answer")] += 1
            if m.WhichOneof("answer") == "problem":
                assert m.problem.code == "FAIR_SHARE" and m.problem.retry_after_ms >= 50 and m.request == m.problem.request
        assert kinds["problem"] and kinds["list"] >= 10


def test_cases_of_a_list_and_entries_of_a_history(make_daemon):
    d = make_daemon()
    with d.client() as c:
        c.publish(*[c.event("REPORTED", id=f"l{n}", by="reporter", data={"place": "B-0417"}) for n in range(501)])
        wait_until(lambda: c.stats()["projections_behind"] == 0)
        page = c.ask("list", list=wire_pb2.ListQuery(limit=100_000))
        assert len(page.cases) == 500 and page.cut
        rest = c.ask("list", list=wire_pb2.ListQuery(limit=100_000, after=page.next))
        assert len(rest.cases) == 1 and not rest.cut
        c.publish(*[c.event("COMMENT", id=f"c{n}", by="reporter", case_number=1) for n in range(1001)])
        answer = c.case(1, history=True)
        assert answer.cut and len(answer.history) == 1000
        assert journal_pb2.Entry.FromString(answer.history[-1]).cause == "COMMENT"


def test_answers_that_nobody_fetches(make_daemon):
    """They fill the queue of their own connection, are dropped there and counted; memory ends with it."""
    d = make_daemon(settings={"source_messages": 100_000})
    with d.client() as c:
        c.publish(*[c.event("COMMENT" if n else "REPORTED", id=f"c{n}", case_ref="W-1", by="reporter",
                            data={"place": "B-0417", "text": "x" * 800}) for n in range(3)])
        deaf = zmq.Context.instance().socket(zmq.DEALER)
        deaf.linger, deaf.rcvhwm, deaf.rcvbuf = 0, 1, 4096
        deaf.connect(d.doors["intake"])
        ask = wire_pb2.Request(case_query=wire_pb2.CaseQuery(case_number=1, history=True)).SerializeToString()
        for _ in range(8000):
            deaf.send_multipart([b"hongxin/1", ask])
        wait_until(lambda: c.stats()["replies_lost"] > 0, timeout=60)
        assert c.report(id="after").result == RESULT.ACCEPTED
        deaf.close()


def test_connections_that_come_and_go(low, bystander):
    """libzmq 4.3.4 stops with a socket monitor that nobody drains after some 1,500 of them: the daemon makes none."""
    host, port = low.doors["intake"].removeprefix("tcp://").rsplit(":", 1)
    for _ in range(2000):
        socket.create_connection((host, int(port))).close()
    with low.client() as c:
        assert c.report().result == RESULT.ACCEPTED


def test_what_is_refused_reveals_nothing(client, bystander):
    """The same words whatever was sent; nothing of the message comes back."""
    secret = "13912345678"
    for frames in ([b"hongxin/1", secret.encode()], [secret.encode(), b""], [b"hongxin/9" + secret.encode(), b""]):
        client.send_frames(*frames)
        problem = client.expect("problem")
        assert secret not in str(problem), problem
