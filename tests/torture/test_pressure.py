"""A daemon that is stopped, has no descriptors left, and receivers that are dead, slow, greedy or liars."""
import os
import resource
import signal
import time

import pytest
from hongxin.v1 import wire_pb2
from wire import RESULT, Client, wait_until

ABSENT_MS = 1000


def report(client, n=1):
    return client.publish(*[client.event("REPORTED", by="reporter", data={"class": "SMALL", "place": "B-0417"})
                            for _ in range(n)])


def test_stopped_beyond_every_timeout(make_field):
    """SIGSTOP under load, longer than every silence that anybody forgives; on real time, so that it counts as our outage."""
    field = make_field(scale=None, limits={"absent_ms": ABSENT_MS, "resend_ms": 300})
    d = field.daemon.start()
    field.start_hammer(54321, rate=500)
    for n in range(1, 3):
        d.process.send_signal(signal.SIGSTOP)
        began = time.monotonic()
        wait_until(lambda began=began: time.monotonic() > began + 2 * ABSENT_MS / 1000)  # the length of the stop is what is tested
        d.process.send_signal(signal.SIGCONT)
        with d.client() as c:
            wait_until(lambda c=c, n=n: c.stats()["absences"] >= n)
            assert report(c)[0].result == RESULT.ACCEPTED
    field.stop_hammer()
    with d.client() as c:
        wait_until(lambda: c.stats()["deadline_overdue_ms"] < 1000, timeout=60)
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
    assert d.stop() == 0
    field.prove()
    field.judge()


def test_receivers_that_are_dead_slow_greedy_or_liars(make_field):
    """What one of them does is nobody else's matter, and no cursor goes ahead of what was sent."""
    field = make_field()
    d = field.daemon.start()
    feed = d.doors.get("feed") or d.doors["intake"]
    with d.client() as c, Client(feed) as good, Client(feed) as dead, Client(feed) as liar, Client(feed) as greedy:
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
        sent = c.stats()["newest_lsn"] if "newest_lsn" in c.stats() else newest
        liar.close()
    d.kill()
    d.start()
    with Client(d.doors.get("feed") or d.doors["intake"]) as liar:
        welcome = liar.hello("liar", **{"from": wire_pb2.Hello.RESUME})
        assert welcome.acked_lsn <= sent
        assert welcome.next_lsn <= welcome.newest_lsn + 1
    d.kill()
    field.prove()
    field.judge()
