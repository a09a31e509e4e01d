"""The shipped examples against a fake daemon that speaks the protocol with Python's own protobuf.

Runs the C and the Python example; the Node.js one as well where `npm install` has been run beside it (its
packages come from npm, not from Debian).
"""
import os
import pathlib
import subprocess
import sys
import threading

import pytest
import zmq

ROOT = pathlib.Path(__file__).resolve().parents[3]
EXAMPLES = ROOT / "proto" / "examples"
T_REPORT = 1791802800000  # 2026-10-12T19:00:00.000+08:00

COMMANDS = {
    "c": [os.environ["HX_EXAMPLE_C"]],
    "python": [sys.executable, str(EXAMPLES / "python" / "complain.py")],
}
if (EXAMPLES / "node" / "node_modules").exists():
    COMMANDS["node"] = ["node", str(EXAMPLES / "node" / "complain.mjs")]


@pytest.fixture(scope="session")
def pb(tmp_path_factory):
    """The modules event, journal and wire, as one namespace."""
    out = tmp_path_factory.mktemp("pb")
    names = ("event", "journal", "wire")
    subprocess.run(
        ["protoc", "--proto_path=proto", f"--python_out={out}", *(f"hongxin/v1/{n}.proto" for n in names)],
        check=True,
        cwd=ROOT,
    )
    sys.path.insert(0, str(out))
    modules = [__import__(f"hongxin.v1.{n}_pb2", fromlist=["*"]) for n in names]
    return type("pb", (), {k: v for m in modules for k, v in vars(m).items() if not k.startswith("_")})


class Daemon:
    """Both doors in one thread. Breaks the feed once, by forgetting it after its first entries."""

    def __init__(self, pb, refusal=None):
        self.pb, self.refusal = pb, refusal
        self.events, self.hellos, self.stop = [], [], False
        self.context = zmq.Context()
        self.doors = [self.context.socket(zmq.ROUTER) for _ in range(2)]
        for door in self.doors:
            door.linger = 0
        self.ports = [door.bind_to_random_port("tcp://127.0.0.1") for door in self.doors]
        self.thread = threading.Thread(target=self.run)

    def endpoints(self):
        return [f"tcp://127.0.0.1:{port}" for port in self.ports]

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.stop = True
        self.thread.join()
        for door in self.doors:
            door.close()
        self.context.term()

    def run(self):
        poller = zmq.Poller()
        for door in self.doors:
            poller.register(door, zmq.POLLIN)
        while not self.stop:
            for door, _ in poller.poll(20):
                peer, version, body = door.recv_multipart()
                assert version == b"hongxin/1"
                request = self.pb.Request.FromString(body)
                for response in getattr(self, f"on_{request.WhichOneof('ask')}")(request):
                    door.send_multipart([peer, version, response.SerializeToString()])

    def on_publish(self, request):
        event = self.pb.Event.FromString(request.publish.items[0].event)
        self.events.append(event)
        response = self.pb.Response(request=request.request)
        response.replies.request = request.publish.request
        reply = response.replies.replies.add(id=event.id, result=self.pb.ACCEPTED, number="CL-4711", lsn=10)
        reply.case_number = 4711
        if self.refusal:
            reply.result, reply.code, reply.message = self.pb.INVALID, self.refusal, "there is no such place"
        yield response

    def on_hello(self, request):
        self.hellos.append(request.hello)
        response = self.pb.Response(request=request.request)
        response.welcome.next_lsn = request.hello.from_lsn
        yield response
        if len(self.hellos) == 1:
            yield self.entries(10, 11)
            yield self.pb.Response(problem={"request": request.request, "code": "NO_FEED"})
        else:
            yield self.entries(request.hello.from_lsn, 13)

    def on_credit(self, _request):
        return ()

    def entries(self, first, last):
        story = {
            10: ("REPORTED", "RECEIVED", {"state": {"from": "", "to": "RECEIVED", "cause": "REPORTED"}}),
            11: ("K_ARRIVE/L2", "HELD", {"breach": {"clock": "K_ARRIVE", "holder": "P-07", "deadline": T_REPORT}}),
            12: ("K_ARRIVE/L2", "HELD", {"notice": {"kind": "BREACH", "clock": "K_ARRIVE", "level": "L2", "to": "x"}}),
            13: ("CALLBACK_OK", "CLOSED", {"flag": {"flag": "SAFETY", "on": False}}),
        }
        response = self.pb.Response()
        for lsn in range(first, last + 1):
            cause, state, fact = story[lsn]
            case = 4711 if lsn != 12 else 4712
            entry = self.pb.Entry(lsn=lsn, case_number=case, t_rec=T_REPORT + lsn, cause=cause, state=state)
            entry.facts.add(**fact)
            response.entries.entries.append(entry.SerializeToString())
        response.entries.upto_lsn = last
        return response


def run(command, daemon):
    return subprocess.run(
        [*command, *daemon.endpoints(), "B-0417"], capture_output=True, text=True, timeout=50, check=False
    )


@pytest.mark.parametrize("name", COMMANDS)
def test_example_publishes_and_follows_over_a_lost_feed(pb, name):
    with Daemon(pb) as daemon:
        done = run(COMMANDS[name], daemon)
    assert done.stderr == ""
    assert done.returncode == 0
    assert done.stdout.splitlines() == [
        "accepted as CL-4711",
        "2026-10-12T19:00:00.010+08:00 REPORTED",
        "  state      -> RECEIVED (REPORTED)",
        "2026-10-12T19:00:00.011+08:00 K_ARRIVE/L2",
        "  BREACH    K_ARRIVE of P-07, was due 2026-10-12T19:00:00.000+08:00",
        "2026-10-12T19:00:00.013+08:00 CALLBACK_OK",
        "  FLAG",
    ]
    (event,) = daemon.events
    assert (event.type, event.by, event.data.place) == ("REPORTED", "reporter", "B-0417")
    assert event.id and event.source and event.t_occ > T_REPORT - 400 * 86_400_000
    assert [h.from_lsn for h in daemon.hellos] == [10, 12]
    assert list(daemon.hellos[0].filter.places) == ["B-0417"]


@pytest.mark.parametrize("name", COMMANDS)
def test_example_says_why_it_was_refused(pb, name):
    with Daemon(pb, refusal="UNKNOWN_PLACE") as daemon:
        done = run(COMMANDS[name], daemon)
    assert done.returncode == 1
    assert "UNKNOWN_PLACE" in done.stderr
    assert done.stdout == ""
    assert not daemon.hellos
