"""Defects of libzmq 4.3.4: XPUB with XPUB_MANUAL gives one peer's approved subscription to another, and works with a peer that is gone;
a monitor that nobody drains stops every connection. They are shown on plain sockets of the library that the daemon uses; our doors
do not have them."""
import contextlib
import os
import signal
import socket

import pytest
import zmq
from wire import wait_until

from hongxin.v1 import journal_pb2, wire_pb2

XPUB_MANUAL = 71
OLDEST = wire_pb2.Hello.OLDEST


@pytest.fixture
def manual():
    """An XPUB socket that asks for each subscription; peers in the same process, so that everything happens in its order."""
    context = zmq.Context()
    door = context.socket(zmq.XPUB)
    door.setsockopt(XPUB_MANUAL, 1)
    door.bind("inproc://door")

    def peer():
        s = context.socket(zmq.XSUB)
        s.linger = 0
        s.connect("inproc://door")
        return s
    yield type("Manual", (), {"door": door, "peer": staticmethod(peer)})
    context.destroy(linger=0)


def test_the_library_gives_an_approved_topic_to_another_peer(manual):
    """mallory's ordinary message takes the place of bob's subscription: the approval of `secret` is hers."""
    mallory, bob = manual.peer(), manual.peer()
    mallory.send(b"junk")
    bob.send(b"\x01secret")
    assert manual.door.getsockopt(zmq.EVENTS) & zmq.POLLIN  # reads what has come so far
    mallory.send(b"\x01public")
    assert manual.door.getsockopt(zmq.EVENTS) & zmq.POLLIN
    assert manual.door.recv() == b"junk"
    assert manual.door.recv() == b"\x01secret"
    manual.door.setsockopt(zmq.SUBSCRIBE, b"secret")  # who reads this approves it for bob
    manual.door.send(b"secret: for bob only")
    assert mallory.poll(1000) and mallory.recv() == b"secret: for bob only"
    assert not bob.poll(100)


def test_the_library_approves_for_a_peer_that_is_gone(manual):
    """The pipe of a peer that has left is freed; it is added to the subscribers all the same."""
    alice = manual.peer()
    alice.send(b"\x01topic")
    alice.close()
    wait_until(lambda: manual.door.getsockopt(zmq.EVENTS) & zmq.POLLIN)
    assert manual.door.recv() == b"\x01topic"
    manual.door.setsockopt(zmq.SUBSCRIBE, b"topic")  # EINVAL would be right: there is nobody to subscribe


def knock(endpoint):
    """A connection that is made and closed, by whichever side: some events for whoever monitors the door."""
    host, port = endpoint.removeprefix("tcp://").rsplit(":", 1)
    with contextlib.suppress(ConnectionResetError):
        socket.create_connection((host, int(port)), timeout=2).close()


def test_the_library_stops_when_nobody_drains_a_monitor():
    """The thread that serves all connections waits for room in the monitor's queue: nobody is let in any more."""
    context = zmq.Context()
    door, monitor = context.socket(zmq.ROUTER), context.socket(zmq.PAIR)
    monitor.rcvhwm = 1
    door.monitor("inproc://monitor", zmq.EVENT_ALL)
    monitor.connect("inproc://monitor")
    endpoint = f"tcp://127.0.0.1:{door.bind_to_random_port('tcp://127.0.0.1')}"
    try:
        with pytest.raises(TimeoutError):
            for _ in range(20_000):
                knock(endpoint)
        assert monitor.poll(0)
    finally:
        while monitor.poll(200):  # once somebody reads it goes on
            monitor.recv_multipart()
        context.destroy(linger=0)


# ---- ours

def test_no_door_has_a_monitor(locked, registry):
    """What stops the library above: as many connections as you like, and those who are in go on."""
    with open(os.path.join(os.environ["HX_BIN"], "hongxind"), "rb") as f:
        assert b"zmq_socket_monitor" not in f.read()
    with registry.client(locked, "hotline") as c:
        for n in range(3000):
            knock(locked.doors["intake"])
            if n % 300 == 0:
                assert c.report(id=f"beside-{n}").lsn
    with registry.client(locked, "hotline") as late:
        assert late.report(id="late").lsn


def two_desks(daemon, registry):
    """A case of P-07 and one of another company, and keys of both."""
    with registry.client(daemon, "hotline") as c:
        first = c.report(place="B-0417").case_number
        mine = wait_until(lambda: c.case(first).view.holder)
        for place in (f"B-{n:04d}" for n in range(1, 600, 25)):
            second = c.report(place=place, id=f"two-{place}").case_number
            other = wait_until(lambda: c.case(second).view.holder)
            if other != mine and other.startswith("P-"):
                break
        registry.new("bob", "company", mine)
        registry.new("mallory", "company", other)
        return mine, other, first, second


def of_case(entries):
    return {e.case_number for e in entries} - {0}


def all_heard(messages, last):
    """Three refusals, and the feed up to this entry."""
    kinds = [m.WhichOneof("answer") for m in messages]
    return kinds.count("problem") == 3 and any(m.entries.upto_lsn >= last for m in messages)


def test_a_feed_is_never_anothers_whatever_was_sent_before(locked, registry):
    mine, other, first, second = two_desks(locked, registry)
    with registry.client(locked, "mallory", door="feed") as mallory, registry.client(locked, "bob", door="feed") as bob:
        locked.process.send_signal(signal.SIGSTOP)
        mallory.send_frames(b"junk")
        mallory.send_frames(b"junk", b"junk")
        bob.send(hello=wire_pb2.Hello(subscriber=f"company:{mine}", credit=100, **{"from": OLDEST}))
        mallory.send(hello=wire_pb2.Hello(subscriber=f"company:{other}", credit=100, **{"from": OLDEST}))
        mallory.send(hello=wire_pb2.Hello(subscriber=f"company:{mine}", credit=100, **{"from": OLDEST}))
        locked.process.send_signal(signal.SIGCONT)
        with registry.client(locked, "hotline") as c:
            last = c.report(place="B-0417", id="last").lsn
        assert bob.expect("welcome")
        assert of_case(bob.entries(last)) >= {first}
        heard = []
        while not all_heard(heard, last):
            heard.append(mallory.receive())
        while (m := mallory.receive(timeout=0.3)):  # and what should not come
            heard.append(m)
    kinds = [m.WhichOneof("answer") for m in heard]
    assert sorted(m.problem.code for m in heard if m.WhichOneof("answer") == "problem") == ["BAD_FRAMES", "BAD_FRAMES", "DENIED"]
    entries = [journal_pb2.Entry.FromString(b) for m in heard if m.WhichOneof("answer") == "entries" for b in m.entries.entries]
    assert "welcome" in kinds and of_case(entries) and first not in of_case(entries)


def test_who_says_hello_and_leaves_at_once_harms_nobody(locked, registry):
    mine, other, first, second = two_desks(locked, registry)
    locked.process.send_signal(signal.SIGSTOP)
    for n in range(20):
        c = registry.client(locked, "mallory", door="feed")
        c.socket.sndtimeo = 0
        try:
            c.send(hello=wire_pb2.Hello(subscriber=f"mallory/{n}", credit=100, **{"from": OLDEST}))
        except zmq.Again:
            pass
        c.close()
    locked.process.send_signal(signal.SIGCONT)
    leaving = [registry.client(locked, "mallory", door="feed") for _ in range(20)]
    for n, c in enumerate(leaving):
        c.send(hello=wire_pb2.Hello(subscriber=f"mallory/{n}", credit=100, **{"from": OLDEST}))
        c.close()
    with registry.client(locked, "bob", door="feed") as bob, registry.client(locked, "hotline") as c:
        bob.hello(f"company:{mine}", **{"from": OLDEST})
        lsns = [c.report(place="B-0417", id=f"after-{n}").lsn for n in range(20)]
        assert of_case(bob.entries(lsns[-1])) >= {first}
        e = [c.event("COMMENT", id=f"theirs-{n}", by="reporter", case_number=second) for n in range(1000)]
    with registry.client(locked, "operator") as op, registry.client(locked, "hotline") as c:
        wait_until(lambda: c.publish(e.pop())[0].lsn and op.stats()["subscribers"] == 0)


def test_the_city_wide_door_gives_each_what_it_asked_for(locked, registry):
    """Plain XPUB: junk, subscriptions and a peer that leaves at once change nothing for the others."""
    def listener(topic):
        s = zmq.Context.instance().socket(zmq.XSUB)
        s.linger = 0
        s.curve_publickey, s.curve_secretkey, s.curve_serverkey = registry.key("operator")
        s.connect(locked.doors["pub"])
        s.send(b"junk")
        s.send(b"\x01" + topic)
        return s
    everything, nothing, gone = listener(b""), listener(b"no such topic"), listener(b"S-")
    gone.close()
    with registry.client(locked, "hotline") as c:
        wait_until(lambda: c.report(id=os.urandom(4).hex()).lsn and everything.poll(200))
        last = c.report(id="last").lsn
        wait_until(lambda: int(everything.recv_multipart()[1]) >= last)
        assert not nothing.poll(0)
    for s in (everything, nothing):
        s.close()
