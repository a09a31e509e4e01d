"""A client of hongxin/1 that shares no code with the C library: frames, requests, answers."""
import itertools
import time

import zmq
from hongxin.v1 import event_pb2, journal_pb2, wire_pb2

VERSION = b"hongxin/1"
RESULT = journal_pb2.Result
TIMEOUT_S = 120.0  # against hanging, on a machine with twenty times as much to do too: nothing that goes well waits for it


class NoAnswer(AssertionError):
    pass


class Client:
    """One DEALER connection. Every wait ends after TIMEOUT_S at the latest."""

    _ids = itertools.count(1)

    def __init__(self, endpoint, source="test-source", key=None, identity=None):
        """key: (public, secret, the daemon's public), each Z85"""
        self.context = zmq.Context.instance()
        self.socket = self.context.socket(zmq.DEALER)
        self.socket.linger = 0
        self.socket.sndtimeo = int(TIMEOUT_S * 1000)  # a peer that was refused has nobody to send to
        self.socket.setsockopt(zmq.RECONNECT_IVL, 20)
        if key:
            self.socket.curve_publickey, self.socket.curve_secretkey, self.socket.curve_serverkey = key
        if identity:
            self.socket.setsockopt(zmq.IDENTITY, identity)
        self.socket.connect(endpoint)
        self.source = source

    def close(self):
        self.socket.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    # -- frames ------------------------------------------------------------------------------
    def send_frames(self, *frames):
        self.socket.send_multipart(list(frames))

    def send(self, **ask):
        self.send_frames(VERSION, wire_pb2.Request(**ask).SerializeToString())

    def receive(self, timeout=TIMEOUT_S):
        """The next message, or None when nothing comes in time."""
        if not self.socket.poll(max(0, timeout * 1000)):
            return None
        version, body = self.socket.recv_multipart()
        assert version == VERSION
        return wire_pb2.Response.FromString(body)

    def expect(self, kind, timeout=TIMEOUT_S):
        """The next message, which must be of this kind."""
        message = self.receive(timeout)
        if message is None:
            raise NoAnswer(f"no {kind} within {timeout} s")
        assert message.WhichOneof("answer") == kind, message
        return getattr(message, kind)

    # -- publishing --------------------------------------------------------------------------
    def event(self, type, id=None, source=None, by="", data=None, **fields):
        e = event_pb2.Event(type=type, id=id or f"e-{next(self._ids)}-{time.time_ns()}",
                            source=source or self.source, by=by, **fields)
        if data is not None:
            e.data.CopyFrom(event_pb2.Data(**{("class" if k == "class_" else k): v for k, v in data.items()}))
        return e

    def publish(self, *events, reporters=None, request=7):
        """Publishes and returns the replies, in the order of the events."""
        items = []
        for i, e in enumerate(events):
            raw = e if isinstance(e, bytes) else e.SerializeToString()
            reporter = reporters[i] if reporters else None
            items.append(wire_pb2.Item(event=raw, reporter=reporter))
        self.send(publish=wire_pb2.Publish(request=request, items=items))
        return self.replies(len(items), request)

    def replies(self, count, request=7):
        found = {}
        while len(found) < count:
            r = self.expect("replies")
            assert r.request == request
            for i, reply in enumerate(r.replies):
                found[r.first + i] = reply
        return [found[i] for i in range(count)]

    def report(self, place="B-0417", cls="SMALL", **fields):
        return self.publish(self.event("REPORTED", by="reporter", data={"class": cls, "place": place}, **fields))[0]

    # -- questions ---------------------------------------------------------------------------
    def ask(self, answer, **ask):
        self.send(request=5, **ask)
        return self.expect(answer)

    def case(self, number, history=False):
        return self.ask("case_answer", case_query=wire_pb2.CaseQuery(case_number=number, history=history))

    def stats(self):
        """{name or name{labels}: value}"""
        stats = self.ask("stats", stats=wire_pb2.StatsQuery()).stats
        return {s.name + (f"{{{s.labels}}}" if s.labels else ""): s.value for s in stats}

    # -- feeds -------------------------------------------------------------------------------
    def hello(self, subscriber="", credit=1000, **fields):
        self.send(hello=wire_pb2.Hello(subscriber=subscriber, credit=credit, **fields))
        return self.expect("welcome")

    def credit(self, n):
        self.send(credit=wire_pb2.Credit(add=n))

    def ack(self, lsn):
        self.send(ack=wire_pb2.Ack(lsn=lsn))

    def entries(self, upto, timeout=TIMEOUT_S):
        """Entries until nothing up to this LSN is missing."""
        found, end = [], time.monotonic() + timeout
        while True:
            message = self.receive(end - time.monotonic())
            if message is None:
                raise NoAnswer(f"entries up to {upto} did not come: {[e.lsn for e in found]}")
            kind = message.WhichOneof("answer")
            if kind == "acked":
                continue
            assert kind == "entries", message
            found += [journal_pb2.Entry.FromString(b) for b in message.entries.entries]
            if message.entries.upto_lsn >= upto:
                return found


def wait_until(condition, timeout=TIMEOUT_S):
    """Waits for a condition, not for a time; returns its value."""
    end = time.monotonic() + timeout
    while True:
        value = condition()
        if value:
            return value
        assert time.monotonic() < end, "the condition did not come true in time"
        time.sleep(0.02)


def alive(process, reader):
    """False when the process has ended; then what it has said is read to the end."""
    if process.poll() is None:
        return True
    reader.join()
    return False


def facts(entry, kind):
    """The facts of one kind in an entry."""
    return [getattr(f, kind) for f in entry.facts if f.WhichOneof("fact") == kind]
