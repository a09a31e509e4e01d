"""Feeds: a snapshot, then every entry after it; no gap, no double; nobody waits for anybody."""
import os

import pytest
import zmq
from daemon import SOURCE
from hongxin.v1 import journal_pb2, wire_pb2
from wire import RESULT, facts, wait_until

HELLO = wire_pb2.Hello
FILTER = wire_pb2.Filter


@pytest.fixture
def daemon(still):
    """Nothing stands in its journal but what the test has sent."""
    return still


@pytest.fixture
def feed(daemon):
    with daemon.client("feed") as c:
        yield c


def reports(client, n, place="B-0417"):
    events = [client.event("REPORTED", by="reporter", data={"class": "SMALL", "place": place}) for _ in range(n)]
    return [r.case_number for r in client.publish(*events)]


def lsns(entries):
    return [e.lsn for e in entries]


def newest(client):
    return client.ask("pong", ping=wire_pb2.Ping()).newest_lsn


def snapshot(feed):
    """All pages: ({case number: lsn of its page}, cases)"""
    at, cases = {}, []
    while True:
        page = feed.expect("snapshot")
        at.update({c.case_number: page.lsn for c in page.cases})
        cases += page.cases
        if page.last:
            return at, cases, page.lsn


def test_entries_arrive_as_they_happen(client, feed):
    feed.hello("watch-1")
    number = reports(client, 1)[0]
    entries = feed.entries(newest(client))
    assert entries[0].case_number == number
    assert facts(entries[0], "reply")[0].result == RESULT.ACCEPTED
    assert entries[0].where.grid == "G-041"


def test_a_snapshot_then_the_stream(client, feed):
    numbers = reports(client, 30)
    feed.hello("watch-1", snapshot=True, **{"from": HELLO.NOW})
    _, cases, lsn = snapshot(feed)
    assert [c.case_number for c in cases] == numbers
    assert {c.holder for c in cases} == {"P-07"}
    assert lsn == newest(client)
    later = reports(client, 3)
    assert [e.case_number for e in feed.entries(newest(client)) if e.cause == "REPORTED"] == later


def test_a_snapshot_while_the_city_goes_on_has_no_gap_and_no_double(client, feed):
    """What each page contains plus the entries after it is each case's whole truth."""
    reports(client, 900)
    feed.hello("watch-1", snapshot=True, credit=1, **{"from": HELLO.NOW})
    at = {}
    while True:
        page = feed.expect("snapshot")
        at.update({c.case_number: (page.lsn, c.case_version) for c in page.cases})
        numbers = [c.case_number for c in page.cases[:2]] + [1, 899]
        client.publish(*[client.event("COMMENT", by="reporter", case_number=n, data={"text": "x"}) for n in numbers])
        reports(client, 2)
        feed.credit(1)
        if page.last:
            break
    feed.credit(1000)
    end = newest(client)
    seen = {}
    for e in feed.entries(end):
        seen.setdefault(e.case_number, []).append(e)
    for number in range(1, client.stats()["cases"].__int__() + 1):
        version = at.get(number, (0, 0))[1]
        for e in seen.get(number, []):
            assert e.case_version == version + 1, f"case {number}: gap or double at LSN {e.lsn}"
            version = e.case_version
        assert version == client.case(number).view.case_version


def test_replay_from_the_oldest(client, feed):
    reports(client, 1000)
    feed.hello("watch-1", **{"from": HELLO.OLDEST})
    end = newest(client)
    assert lsns(feed.entries(end))[:end] == list(range(1, end + 1))


def test_replay_from_the_journal_after_a_restart(make_daemon, no_time):
    d = make_daemon(env=no_time)
    with d.client() as c:
        reports(c, 1000)
        end = newest(c)
    d.kill()
    d.start()
    with d.client("feed") as f:
        f.hello("watch-1", **{"from": HELLO.LSN}, from_lsn=101)
        found = lsns(f.entries(end))  # behind them what the daemon says of its absence
        assert found[:end - 100] == list(range(101, end + 1))


def test_resume_after_the_acknowledged_entry(daemon, client):
    with daemon.client("feed") as f:
        f.hello("company:P-07")
        reports(client, 10)
        end = newest(client)
        assert len(f.entries(end)) >= 10
        f.ack(end - 4)
        assert f.expect("acked").lsn == end - 4
    reports(client, 5)
    end2 = newest(client)
    with daemon.client("feed") as f:
        assert f.hello("company:P-07").acked_lsn == end - 4
        assert lsns(f.entries(end2))[:end2 - end + 4] == list(range(end - 3, end2 + 1))


def test_an_acknowledgement_survives_a_kill(make_daemon, no_time):
    d = make_daemon(env=no_time)
    with d.client() as c, d.client("feed") as f:
        f.hello("company:P-07")
        reports(c, 10)
        f.entries(newest(c))
        f.ack(7)
        assert f.expect("acked").lsn == 7
    d.kill()
    d.start()
    with d.client("feed") as f:
        assert f.hello("company:P-07").next_lsn == 8


def test_what_was_sent_but_not_acknowledged_comes_again(make_daemon, no_time):
    """The cursor follows the receiver's word, not what was sent: it may have died before it acted."""
    d = make_daemon(env=no_time)
    with d.client() as c, d.client("feed") as f:
        f.hello("company:P-07")
        reports(c, 10)
        f.entries(newest(c))
        f.ack(3)
        assert f.expect("acked").lsn == 3
        reports(c, 5)
        end = newest(c)
        f.entries(end)
        reports(c, 1)  # a commit after they were sent
    d.kill()
    d.start()
    with d.client("feed") as f:
        assert f.hello("company:P-07").next_lsn == 4
        assert lsns(f.entries(end))[:end - 3] == list(range(4, end + 1))


def test_an_acknowledgement_of_what_was_not_sent_counts_only_what_was(client, feed):
    feed.hello("watch-1")
    reports(client, 1)
    end = newest(client)
    feed.entries(end)
    feed.ack(end + 1000)
    assert feed.expect("acked").lsn == end


def test_credit_bounds_what_is_sent(client, feed):
    feed.hello("watch-1", credit=2)
    for _ in range(5):
        reports(client, 1)
    end = newest(client)
    first = [feed.expect("entries"), feed.expect("entries")]
    assert feed.receive(0.3) is None, "nothing beyond the credit"
    assert first[-1].upto_lsn < end
    feed.credit(10)
    rest = feed.entries(end)
    assert lsns(rest)[0] == first[-1].upto_lsn + 1


def test_a_stuck_reader_delays_nobody(daemon, client):
    with daemon.client("feed") as stuck, daemon.client("feed") as well:
        stuck.hello("stuck", credit=1)
        well.hello("well", credit=4000)
        for _ in range(20):
            reports(client, 200)
            well.credit(1)  # who is silent for fifteen seconds is dropped; of the stuck one that has to be heard in another way
            stuck.ack(0)
        end = newest(client)
        assert lsns(well.entries(end))[:end] == list(range(1, end + 1))  # on a slow machine deadlines follow
        stuck.credit(4000)
        assert lsns(stuck.entries(end))[:end] == list(range(1, end + 1))


def test_filters(daemon, client):
    with daemon.client("feed") as p07, daemon.client("feed") as breaches:
        p07.hello("company:P-07", filter=FILTER(holders=["P-07"]))
        breaches.hello("breaches", filter=FILTER(facts=["BREACH"]))
        reports(client, 3, "B-0417")
        reports(client, 3, "B-0500")
        end = newest(client)
        mine = p07.entries(end)
        assert {e.holder for e in mine} == {"P-07"} and len(mine) >= 3
        assert breaches.entries(end) == [], "no breach yet, but progress is told"


def test_a_second_connection_of_the_same_name_takes_over(daemon, client):
    with daemon.client("feed") as old, daemon.client("feed") as new:
        old.hello("company:P-07")
        new.hello("company:P-07")
        assert old.expect("problem").code == "TAKEN_OVER"
        reports(client, 1)
        assert new.entries(newest(client))
        old.credit(1)
        assert old.expect("problem").code == "NO_FEED"


def test_the_number_of_subscribers_is_bounded(make_daemon):
    d = make_daemon(settings={"subscribers": 2})
    clients = [d.client("feed") for _ in range(3)]
    clients[0].hello("a")
    clients[1].hello("b")
    clients[2].send(hello=wire_pb2.Hello(subscriber="c"))
    assert clients[2].expect("problem").code == "TOO_MANY_SUBSCRIBERS"
    for c in clients:
        c.close()


def test_a_silent_subscriber_is_dropped_and_its_receiver_is_down(daemon, client):
    with daemon.client("feed") as silent, daemon.client("feed") as alive:
        silent.hello("company:P-07")
        alive.hello("company:P-11")
        def down():
            alive.credit(1)  # it says something, and the other one does not
            return daemon.said("event=holder_down holder=P-07")

        wait_until(down)
        while (message := silent.receive()).WhichOneof("answer") == "entries":
            pass
        assert message.problem.code == "FEED_SILENT"
        stats = client.stats()
        assert (stats["receivers_known"], stats["receivers_down"], stats["subscribers"]) == (2, 1, 1)


def test_the_pub_door_bears_topics_and_numbers(daemon, client):
    socket = zmq.Context.instance().socket(zmq.SUB)
    socket.linger = 0
    socket.connect(daemon.doors["pub"])
    socket.subscribe(b"S-02/C-03/G-041/STATE")
    found = []

    def published():
        reports(client, 1)
        while socket.poll(50):
            found.append(socket.recv_multipart())
        return found

    wait_until(published)
    topic, lsn, body = found[0]
    entry = journal_pb2.Entry.FromString(body)
    assert topic == b"S-02/C-03/G-041/STATE"
    assert entry.lsn == int(lsn)
    assert facts(entry, "state")
    socket.close()


def test_no_identity_in_any_stream(client, feed):
    feed.hello("watch-1")
    from hongxin.v1 import event_pb2
    e = client.event("REPORTED", by="reporter", data={"class": "SMALL", "place": "B-0417"})
    client.publish(e, reporters=[event_pb2.Reporter(name="Zhang San", phone="13900001111")])
    for entry in feed.entries(newest(client)):
        assert b"13900001111" not in entry.SerializeToString()
        assert b"Zhang" not in entry.SerializeToString()


def test_one_prefix_is_one_community_and_nothing_else(daemon, client):
    """S10: 10,000 mixed events of the whole city; a supervisor of C-03 subscribes to one prefix of the place tree."""
    with open(os.path.join(SOURCE, "config/city/buildings.csv"), encoding="utf-8") as f:
        places = [line.split(",", 1)[0] for line in f][1:5001]
    socket = zmq.Context.instance().socket(zmq.SUB)
    socket.linger, socket.rcvhwm = 0, 0
    socket.connect(daemon.doors["pub"])
    socket.subscribe(b"S-02/C-03/")
    topics, seen = set(), set()

    def drain(timeout):
        while socket.poll(timeout):
            topic, lsn, _ = socket.recv_multipart()
            topics.add(topic)
            seen.add(int(lsn))
        return seen

    wait_until(lambda: reports(client, 1) and drain(50))  # the subscription has come
    with daemon.client("feed") as everything:
        everything.hello("", credit=100_000)
        seen.clear()
        first = newest(client) + 1
        for i in range(0, len(places), 500):
            batch = [client.event("REPORTED", by="reporter", case_ref=p, data={"class": "COMPLEX", "place": p}) for p in places[i:i + 500]]
            client.publish(*batch)
            drain(0)
            everything.credit(1)  # who is silent for fifteen seconds is dropped
            client.publish(*(client.event("COMMENT", by="dispatcher:C-03/wu", case_ref=p, data={"text": "x"}) for p in places[i:i + 500]))
            drain(0)
        entries = [e for e in everything.entries(newest(client), timeout=120) if e.lsn >= first]
        assert len(entries) >= 10_000
        mine = {e.lsn for e in entries if e.where.community == "C-03" and e.facts}
        wait_until(lambda: mine <= drain(50))
        assert {n for n in seen if n >= first and n <= max(e.lsn for e in entries)} == mine
        assert all(t.startswith(b"S-02/C-03/") for t in topics)
    socket.close()
