"""A daemon that is stopped, has no descriptors left, and receivers that are dead, slow, greedy or liars."""
import os
import resource
import signal
import time

import pytest
from hongxin.v1 import journal_pb2, wire_pb2
from wire import RESULT, Client, wait_until

ABSENT_MS = 1000
LONGEST_S = 15  # the longest silence of all: after it a feed is ended (HX_QUIET_MS)


def report(client, n=1):
    return client.publish(*[client.event("REPORTED", by="reporter", data={"class": "SMALL", "place": "B-0417"})
                            for _ in range(n)])


class Follower:
    """A subscriber as the protocol wants it: it says something now and then, and HELLO again, from where it is, when its feed has ended."""

    def __init__(self, client):
        self.client, self.lsns, self.ended = client, [], 0
        self.hello()

    def hello(self):
        self.welcome = False
        self.client.send(hello=wire_pb2.Hello(credit=4096, **{"from": wire_pb2.Hello.LSN}, from_lsn=self.next))

    @property
    def next(self):
        return self.lsns[-1] + 1 if self.lsns else 1

    def look(self, upto):
        """Takes what is there; true when it has everything up to this entry."""
        while message := self.client.receive(timeout=0):
            kind = message.WhichOneof("answer")
            if kind == "entries":
                self.lsns += [journal_pb2.Entry.FromString(e).lsn for e in message.entries.entries]
            elif kind == "welcome":
                self.welcome = True
            elif kind == "problem":
                assert message.problem.code in ("FEED_SILENT", "NO_FEED"), message
                self.ended += message.problem.code == "FEED_SILENT"
                if self.welcome:
                    self.hello()
        self.client.credit(1)
        return self.next > upto


def test_stopped_beyond_every_timeout(make_field):
    """SIGSTOP under load, longer than every silence that anybody forgives; on real time, so that it counts as our outage. Who follows
    and has not been silent himself is not taken for silent, and gets everything, once."""
    field = make_field(scale=None, limits={"absent_ms": ABSENT_MS, "resend_ms": 300})
    d = field.daemon.start()
    field.start_hammer(54321, rate=500)
    with d.client("feed") as feed, d.client() as c:
        follower = Follower(feed)
        wait_until(lambda: follower.look(100))
        before = field.held()
        for n, seconds in enumerate((2 * ABSENT_MS / 1000, LONGEST_S + 1), start=1):
            d.process.send_signal(signal.SIGSTOP)
            until = time.monotonic() + seconds
            wait_until(lambda until=until: follower.look(0) and time.monotonic() > until)  # the length of the stop is what is tested
            d.process.send_signal(signal.SIGCONT)
            wait_until(lambda n=n: c.stats()["absences"] >= n)
            after = report(c)[0]
            assert after.result == RESULT.ACCEPTED
            wait_until(lambda after=after: follower.look(after.lsn))
        field.stop_hammer()
        newest = c.ask("pong", ping=wire_pb2.Ping()).newest_lsn
        wait_until(lambda: follower.look(newest))
        assert follower.lsns == list(range(1, len(follower.lsns) + 1)), "an entry is missing, or came twice"
        assert follower.ended == 0, "it was taken for silent"
        wait_until(lambda: c.stats()["deadline_overdue_ms"] < 1000)
        field.assert_nothing_leaked(before)
    d.kill()
    field.prove()
    field.judge()
    field.prove_acknowledged()


@pytest.mark.parametrize("tcp", [True, False])
def test_no_descriptors_left(make_field, tcp):
    """Newcomers are turned away, and the log says so; those who are there are served, and newcomers as well when there is room again."""
    field = make_field(tcp=tcp)
    d = field.daemon.start()
    with d.client() as c:
        assert report(c)[0].result == RESULT.ACCEPTED
        held = field.held()
        used = len(os.listdir(f"/proc/{d.process.pid}/fd"))
        before = resource.prlimit(d.process.pid, resource.RLIMIT_NOFILE)
        resource.prlimit(d.process.pid, resource.RLIMIT_NOFILE, (used + 2, before[1]))
        crowd = [Client(d.doors["intake"]) for _ in range(30)]
        for one in crowd:
            one.send(ping=wire_pb2.Ping())
        for _ in range(20):
            assert report(c)[0].result == RESULT.ACCEPTED
        wait_until(lambda: c.stats()["connections_turned_away"] > 0)
        wait_until(lambda: d.said("event=no_descriptors"))
        resource.prlimit(d.process.pid, resource.RLIMIT_NOFILE, before)
        for one in crowd:
            assert one.receive() is not None
            one.close()
        field.assert_nothing_leaked(held)
    assert d.stop() == 0
    field.prove()
    field.judge()


def sent_to(client):
    """The last entry that this connection was sent, and what was acknowledged to it, once its last word has been answered."""
    upto, acked = 0, 0
    client.send(request=5, ping=wire_pb2.Ping())
    while True:
        message = client.receive()
        kind = message.WhichOneof("answer")
        if kind == "entries":
            upto = max(upto, message.entries.upto_lsn)
        elif kind == "acked":
            acked = max(acked, message.acked.lsn)
        elif kind == "pong":
            return upto, acked


def test_receivers_that_are_dead_slow_greedy_or_liars(make_field):
    """What one of them does is nobody else's matter, and no cursor goes ahead of what was sent."""
    field = make_field()
    d = field.daemon.start()
    with d.client() as c:
        report(c, 3)
        held = field.held()
        with d.client("feed") as good, d.client("feed") as dead, d.client("feed") as liar, d.client("feed") as greedy:
            good.hello("good", **{"from": wire_pb2.Hello.OLDEST})
            dead.hello("dead", credit=4096, **{"from": wire_pb2.Hello.OLDEST})
            liar.hello("liar", credit=1, **{"from": wire_pb2.Hello.OLDEST})
            greedy.hello("greedy", credit=2**32 - 1, **{"from": wire_pb2.Hello.OLDEST})
            for _ in range(50):
                greedy.credit(2**32 - 1)
                liar.ack(2**63)
                liar.send_frames(b"hongxin/1", b"\xff" * 100)
                liar.send_frames(b"hongxin/9", b"")
                liar.send_frames(b"")
                good.credit(1)  # who is silent for fifteen seconds is dropped
                newest = max(r.lsn for r in report(c, 20))
                good.entries(newest)
            sent, acked = sent_to(liar)
            while not acked:
                _, acked = sent_to(liar)  # said when the cursor is on the disk
            assert 0 < acked <= sent < newest, "one message of credit"
        field.assert_nothing_leaked(held)
    d.kill()
    d.start()
    with d.client("feed") as liar:
        welcome = liar.hello("liar", **{"from": wire_pb2.Hello.RESUME})
        assert welcome.acked_lsn == sent
        assert welcome.next_lsn == sent + 1
    d.kill()
    field.prove()
    field.judge()
