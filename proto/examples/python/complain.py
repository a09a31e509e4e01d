#!/usr/bin/env python3
"""Publishes one complaint and follows it until it is closed: the protocol of hongxin in one page.

complain.py INTAKE FEED PLACE      e.g. complain.py tcp://127.0.0.1:54321 tcp://127.0.0.1:54322 B-0417

No library of hongxin is used, only pyzmq and protobuf. The Python types of the messages are made from the
schema by protoc each time the program starts; a real client keeps them.
"""
import datetime
import os
import pathlib
import subprocess
import sys
import tempfile
import time

import zmq

PROTOCOL = b"hongxin/1"
BEIJING = datetime.timezone(datetime.timedelta(hours=8))
RESEND_S = 5.0  # an unanswered message is sent again: harmless, the daemon knows the event by its id
ALIVE_S = 5.0  # a subscriber says something at least so often
CREDIT = 64


def load_schema():
    """Returns the modules event, journal and wire."""
    root = pathlib.Path(__file__).resolve().parents[2]
    names = ("event", "journal", "wire")
    with tempfile.TemporaryDirectory() as out:
        subprocess.run(
            ["protoc", f"--proto_path={root}", f"--python_out={out}", *(f"hongxin/v1/{n}.proto" for n in names)],
            check=True,
            cwd=root,
        )
        sys.path.insert(0, out)
        return tuple(__import__(f"hongxin.v1.{n}_pb2", fromlist=["*"]) for n in names)


event_pb2, journal_pb2, wire_pb2 = load_schema()


class Door:
    """One DEALER connection. A message is two frames: the protocol's name and a Request or Response."""

    def __init__(self, context, endpoint):
        self.socket = context.socket(zmq.DEALER)
        for option, value in (
            (zmq.LINGER, 1000),
            (zmq.IMMEDIATE, 1),
            (zmq.MAXMSGSIZE, 8 * 1024 * 1024),
            (zmq.HEARTBEAT_IVL, 5000),
            (zmq.HEARTBEAT_TIMEOUT, 15000),
        ):
            self.socket.setsockopt(option, value)
        self.socket.connect(endpoint)
        self.number = 0

    def new_request(self):
        self.number += 1
        return wire_pb2.Request(request=self.number)

    def send(self, request, timeout_s=RESEND_S):
        """False when there is no connection."""
        if not self.socket.poll(int(timeout_s * 1000), zmq.POLLOUT):
            return False
        self.socket.send_multipart([PROTOCOL, request.SerializeToString()])
        return True

    def receive(self, timeout_s):
        """The next Response, None when none came in time. What is not of this protocol is passed over."""
        end = time.monotonic() + timeout_s
        while self.socket.poll(max(0, int((end - time.monotonic()) * 1000))):
            frames = self.socket.recv_multipart()
            if len(frames) == 2 and frames[0] == PROTOCOL:
                return wire_pb2.Response.FromString(frames[1])
        return None


def publish(door, event):
    """Sends the event until it is answered, and returns the Reply."""
    request = door.new_request()
    request.publish.request = request.request
    request.publish.items.add(event=event.SerializeToString())
    while True:
        response = door.receive(RESEND_S) if door.send(request) else None
        if response is None or response.request != request.request:
            continue
        if response.WhichOneof("answer") == "problem":
            if not response.problem.retry_after_ms:
                sys.exit(f"complain: {response.problem.code}: {response.problem.message}")
            time.sleep(response.problem.retry_after_ms / 1000)
            continue
        reply = response.replies.replies[0]
        if reply.result != journal_pb2.RETRY_AFTER:
            return reply
        time.sleep(reply.retry_after_ms / 1000)


def follow(door, place, from_lsn):
    """Yields every entry about the place from this one on. A new Hello goes on behind the last one seen: after a
    broken connection the daemon answers the next Credit with NO_FEED."""
    greeted, used, said_at = False, 0, 0.0
    while True:
        if not greeted:
            hello = door.new_request()
            hello.hello.filter.places.append(place)
            setattr(hello.hello, "from", wire_pb2.Hello.LSN)
            hello.hello.from_lsn = from_lsn
            hello.hello.credit = CREDIT
            greeted, used, said_at = door.send(hello), 0, time.monotonic()
            continue
        response = door.receive(max(0.0, said_at + ALIVE_S - time.monotonic()))
        kind = response.WhichOneof("answer") if response else None
        if kind == "entries":
            used += 1
            for entry in map(journal_pb2.Entry.FromString, response.entries.entries):
                if entry.lsn >= from_lsn:
                    yield entry
            from_lsn = max(from_lsn, response.entries.upto_lsn + 1)
        elif kind == "reset":
            print(f"entries before {response.reset.oldest_lsn} are gone")
            from_lsn, greeted = response.reset.oldest_lsn, False
        elif kind == "problem" and response.problem.code in ("NO_FEED", "FEED_SILENT"):
            greeted = False
        elif kind == "problem":
            sys.exit(f"complain: {response.problem.code}: {response.problem.message}")
        if greeted and (time.monotonic() >= said_at + ALIVE_S or used > CREDIT // 2):
            credit = door.new_request()
            credit.credit.add = used
            credit.credit.SetInParent()
            used, said_at = (0 if door.send(credit) else used), time.monotonic()


def when(ms):
    return datetime.datetime.fromtimestamp(ms / 1000, BEIJING).isoformat(timespec="milliseconds") if ms else "-"


def tell(fact):
    kind = fact.WhichOneof("fact")
    f = getattr(fact, kind) if kind else None
    if kind == "state":
        print(f"  state     {getattr(f, 'from')} -> {f.to} ({f.cause})")
    elif kind == "clock":
        print(f"  clock     {f.clock} {f.change}, due {when(f.deadline)}")
    elif kind == "breach":
        print(f"  BREACH    {f.clock} of {f.holder}, was due {when(f.deadline)}")
    elif kind == "notice":
        print(f"  notice    {f.kind} {f.clock} {f.level} to {f.to}")
    elif kind:
        print(f"  {kind.upper()}")


def main():
    if len(sys.argv) != 4:
        sys.exit("usage: complain.py INTAKE FEED PLACE")
    intake, feed, place = sys.argv[1:]
    context = zmq.Context()
    name = f"example-{time.time_ns()}-{os.getpid()}"
    event = event_pb2.Event(
        id=name,
        source="example-python",
        type="REPORTED",
        case_ref=name,
        t_occ=time.time_ns() // 1_000_000,
        by="reporter",
        data={"class": "SMALL", "place": place, "text": "the lamp at the entrance is broken"},
    )
    reply = publish(Door(context, intake), event)
    if reply.result != journal_pb2.ACCEPTED:
        sys.exit(f"complain: not accepted: {reply.code} {reply.message}")
    print(f"accepted as {reply.number}")
    for entry in follow(Door(context, feed), place, reply.lsn):
        if entry.case_number != reply.case_number:
            continue
        print(when(entry.t_rec), entry.cause)
        for fact in entry.facts:
            tell(fact)
        sys.stdout.flush()
        if entry.state == "CLOSED":
            return


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        pass
