"""Whoever has no key, or sends what nobody can mean, disturbs nobody who is in."""
import os
import resource
import socket

import zmq
from hongxin.v1 import event_pb2, wire_pb2
from wire import RESULT, Client, wait_until
from wire_format import nested_event


def tcp(daemon, source="127.0.0.1"):
    host, port = daemon.doors["intake"].removeprefix("tcp://").rsplit(":", 1)
    return socket.create_connection((host, int(port)), source_address=(source, 0))


def greeted(daemon, source):
    """Whether a connection from this address may begin a handshake."""
    try:
        with tcp(daemon, source) as s:
            s.settimeout(60)
            return s.recv(1) == b"\xff"
    except ConnectionResetError:
        return False


def wait_closed(s):
    """Until the other side has hung up, politely or not."""
    s.settimeout(60)
    try:
        while s.recv(4096):
            pass
    except ConnectionResetError:
        pass
    s.close()


def test_handshakes_that_are_begun_and_held_are_closed(locked, registry):
    held = [tcp(locked) for _ in range(100)]
    for s in held[:50]:
        s.sendall(b"\xff" + bytes(8) + b"\x7f\x03")
    with registry.client(locked, "hotline") as c:
        assert c.report().result == RESULT.Value("ACCEPTED")
    for s in held:
        wait_closed(s)


def test_a_flood_of_strangers_disturbs_nobody(locked, registry):
    server = registry.key("hotline")[2]
    with registry.client(locked, "hotline") as c:
        strangers = [Client(locked.doors["intake"], key=(*zmq.curve_keypair(), server)) for _ in range(200)]
        for i in range(20):
            assert c.report(id=f"s{i}").result == RESULT.Value("ACCEPTED")
        with registry.client(locked, "operator") as op:
            wait_until(lambda: op.stats()["handshakes_refused"] >= 200)
        for s in strangers:
            s.close()


def test_strangers_beyond_the_limit_do_not_even_get_a_handshake(make_daemon, registry):
    """Who is in goes on, also when strangers come no more; who has a key comes in all the same; the log says it once, not for each."""
    d = make_daemon(settings={"keys": registry.keys, "newcomers": 10})
    with registry.client(d, "hotline") as c, registry.client(d, "operator") as op:
        assert c.report(id="before").result == RESULT.Value("ACCEPTED")
        knocks = [tcp(d) for _ in range(300)]
        for i in range(5):
            assert c.report(id=f"k{i}").result == RESULT.Value("ACCEPTED")
        wait_until(lambda: op.stats()["strangers_turned_away"] >= 200)
        with registry.client(d, "desk-p07") as late:
            assert late.ask("pong", ping=wire_pb2.Ping()).version
        wait_until(lambda: d.said("event=too_many_strangers"))
        for s in knocks:
            s.close()
    assert sum("event=too_many_strangers" in line for line in d.log) == 1


def test_those_with_keys_do_not_count_as_strangers(make_daemon, registry):
    """After a restart all come at once, through one address."""
    d = make_daemon(settings={"keys": registry.keys, "newcomers": 10})
    for _ in range(60):
        with registry.client(d, "hotline") as c:
            assert c.ask("pong", ping=wire_pb2.Ping()).version
    with registry.client(d, "operator") as op:
        assert op.stats()["strangers_turned_away"] == 0


def test_an_address_we_know_is_known_after_a_restart(make_daemon, registry):
    """The daemon comes back while strangers flood it: the call centre gets in."""
    d = make_daemon(settings={"keys": registry.keys, "newcomers": 10})
    kept = d.data / "known-addresses"
    with registry.client(d, "hotline") as c:
        assert c.report().result == RESULT.Value("ACCEPTED")
        wait_until(kept.exists)
    assert "127.0.0.1" in kept.read_text().split("\n")
    assert kept.stat().st_mode & 0o077 == 0
    d.kill()
    d.start()
    knocks = []

    def flooded():
        knocks.extend(tcp(d, f"127.0.1.{i + 1}") for i in range(100))
        return not greeted(d, "127.0.2.1")
    wait_until(flooded)
    assert all(greeted(d, "127.0.0.1") for _ in range(10))
    for s in knocks:
        s.close()
    assert d.stop() == 0
    assert "127.0.0.1" in kept.read_text().split("\n")


def test_frames_without_number_and_without_end(locked, registry):
    with registry.client(locked, "hotline") as c, registry.client(locked, "desk-p07") as other:
        c.send_frames(*[b"x"] * 10_000)
        assert c.expect("problem").code == "BAD_FRAMES"
        c.send_frames(b"hongxin/1", bytes(40 * 1024 * 1024))
        assert other.ask("pong", ping=wire_pb2.Ping()).version
    with registry.client(locked, "hotline") as c:
        assert c.report().result == RESULT.Value("ACCEPTED")


def test_events_in_events_without_end(locked, registry):
    """Each level costs the decoder a piece of its stack: deeper than an import needs is not followed."""
    event = event_pb2.Event(type="REPORTED", id="deep", source="hotline", by="reporter").SerializeToString()
    with registry.client(locked, "hotline") as c:
        assert c.publish(nested_event(event, 20_000))[0].code == "UNDECODABLE"
        assert c.publish(nested_event(event, 2))[0].code == "UNDECODABLE"
        assert c.publish(nested_event(event, 1))[0].code != "UNDECODABLE"
        assert c.report().result == RESULT.Value("ACCEPTED")


def test_out_of_descriptors_those_who_are_in_go_on(locked, registry):
    pid = locked.process.pid
    with registry.client(locked, "hotline") as c:
        assert c.report(id="before").result == RESULT.Value("ACCEPTED")
        used = len(os.listdir(f"/proc/{pid}/fd"))
        resource.prlimit(pid, resource.RLIMIT_NOFILE, (used + 5, used + 5))
        many = [tcp(locked) for _ in range(50)]
        for i in range(5):
            assert c.report(id=f"d{i}").result == RESULT.Value("ACCEPTED")
        for s in many:
            s.close()


def test_fields_of_the_number_0(locked, registry):
    """Some readers take them, in a tag of more bytes than it needs, and others break at them: nobody is to find one in the journal."""
    zero = b"\x80\x00\x37"
    event = event_pb2.Event(type="REPORTED", id="zero", source="hotline", by="reporter").SerializeToString()
    with registry.client(locked, "hotline") as c:
        assert c.publish(event + zero)[0].code == "UNDECODABLE"
        c.send_frames(b"hongxin/1", wire_pb2.Request(ping=wire_pb2.Ping()).SerializeToString() + zero)
        assert c.expect("problem").code == "UNDECODABLE"
        assert c.report().result == RESULT.Value("ACCEPTED")
