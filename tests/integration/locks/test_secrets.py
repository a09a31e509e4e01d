"""Strings of the person store are nowhere else (invariant 10), and secrets stay in the process."""
import os
import pathlib
import resource
import signal
import subprocess
import sys

import pytest
import zmq
from daemon import BIN, Daemon
from hongxin.v1 import event_pb2, wire_pb2
from wire import RESULT, wait_until

PEOPLE = [(f"Wang Xiaomei {n}", f"1391234{n:04d}", f"Door 17{n:02d}, behind the lift", f"wang.mei.{n}@example.org") for n in range(20)]
OLDEST = wire_pb2.Hello.OLDEST


def reporter(n):
    return event_pb2.Reporter(**dict(zip(("name", "phone", "address", "other"), PEOPLE[n])))


def strings():
    return [s.encode() for person in PEOPLE for s in person]


def found_in(blob):
    return [s for s in strings() if s in blob]


def mishaps(c, number):
    """Everything that can go wrong with an identity beside it; returns what is said about it."""
    e = c.event("REPORTED", by="reporter", data={"place": "B-0417"})
    tries = [c.publish(e, reporters=[reporter(0)])[0], c.publish(e, reporters=[reporter(1)])[0]]  # taken, conflict or duplicate
    for type, by in (("HELD", "holder:P-07/li"), ("COMMENT", "reporter"), ("NONSENSE", "reporter"), ("REPORTED", "mayor")):
        tries.append(c.publish(c.event(type, by=by, case_number=number), reporters=[reporter(2)])[0])
    tries.append(c.publish(b"\xff\xff", reporters=[reporter(3)])[0])
    tries.append(c.publish(c.event("REPORTED", by="reporter", data={"place": "B-0417"}),
                           reporters=[event_pb2.Reporter(name=PEOPLE[4][0] + "*", phone=PEOPLE[4][1])])[0])
    tries.append(c.publish(c.event("REPORTED", by="reporter", data={"place": "B-0417"}),
                           reporters=[event_pb2.Reporter(name=PEOPLE[5][0], other=PEOPLE[5][3] * 400)])[0])
    tries.append(c.publish(c.event("PARTY_ADDED", by="reporter", case_ref="nobody knows", data={"party": "x"}), reporters=[reporter(6)])[0])
    c.send(request=9, publish=wire_pb2.Publish(items=[wire_pb2.Item(event=e.SerializeToString(), reporter=reporter(7))] * 5000))
    tries.append(c.expect("problem"))
    return "\n".join(map(str, tries))


def test_no_stream_log_answer_figure_or_file_holds_a_string_of_the_person_store(locked, registry, tmp_path):
    s = zmq.Context.instance().socket(zmq.SUB)
    s.linger = 0
    s.curve_publickey, s.curve_secretkey, s.curve_serverkey = registry.key("operator")
    s.subscribe(b"")
    s.connect(locked.doors["pub"])
    heard = []
    with registry.client(locked, "hotline") as c, registry.client(locked, "operator", door="feed") as feed, \
            registry.client(locked, "officer") as officer:
        wait_until(lambda: c.report(id=os.urandom(4).hex()).lsn and s.poll(100))
        feed.hello(**{"from": OLDEST}, snapshot=True)
        numbers = []
        for n in range(8, len(PEOPLE)):
            e = c.event("REPORTED", by="reporter", confidential=n % 2 == 0, data={"class": "SMALL", "place": "B-0417"})
            numbers.append(c.publish(e, reporters=[reporter(n)])[0].case_number)
            feed.credit(1)  # who is silent for fifteen seconds is dropped
        heard.append(mishaps(c, numbers[0]))
        party = c.event("PARTY_ADDED", by="reporter", case_number=numbers[1], data={"party": "second"})
        heard.append(str(c.publish(party, reporters=[reporter(7)])))
        c.send(request=5, identity=wire_pb2.IdentityQuery(case_number=numbers[2], reason="call-back", person="li"))
        assert c.expect("identity").reporter.phone == PEOPLE[10][1]
        officer.ask("identity_acted", identity_act=wire_pb2.IdentityAct(act=wire_pb2.IdentityAct.ERASE, case_number=numbers[3], reason="letter"))
        last = c.report(id="last").lsn
        for n in numbers:
            heard.append(str(c.case(n, history=True)))
            feed.credit(1)
        for ask in ({"list": wire_pb2.ListQuery(closed=True)}, {"count": wire_pb2.CountQuery()},
                    {"similar": wire_pb2.SimilarQuery(place="B-0417")}):
            c.send(request=5, **ask)
            heard.append(str(c.receive()))
        done = False
        while not done:
            m = feed.receive()
            heard.append(m.SerializeToString())
            done = m.WhichOneof("answer") == "entries" and m.entries.upto_lsn >= last
        lsn = 0
        while lsn < last:
            topic, lsn_text, entry = s.recv_multipart()
            heard += [topic, entry]
            lsn = int(lsn_text)
    s.close()
    with registry.client(locked, "operator") as op:
        heard.append(str(op.stats()))
    for name in ("cmdline", "environ", "status", "maps"):
        heard.append(pathlib.Path(f"/proc/{locked.process.pid}/{name}").read_bytes())
    export = tmp_path / "journal.hxj"
    assert locked.stop() == 0
    done = subprocess.run([os.path.join(BIN, "hongxin"), "export", "--store", str(locked.data), str(export)], capture_output=True)
    assert done.returncode == 0, done.stderr
    heard += [done.stdout, done.stderr, locked.text()]
    heard += [p.read_bytes() for p in [export, *locked.data.iterdir(), *tmp_path.glob("*.csv"), *tmp_path.glob("*.yaml")] if p.is_file()]
    assert not found_in(b"\n".join(h if isinstance(h, bytes) else h.encode() for h in heard))


# ---- core files, other processes

WITHOUT_PTRACE = ["setpriv", "--bounding-set=-sys_ptrace", "--inh-caps=-sys_ptrace"]


def may_look(pid):
    """Whether a process of the same user, without special rights, may read the memory of this one."""
    code = f"open('/proc/{pid}/mem', 'rb')"
    return subprocess.run([*WITHOUT_PTRACE, sys.executable, "-c", code], capture_output=True).returncode == 0


class Guarded(Daemon):
    """Without the right of root to look into any process, and with core files of any size wanted."""

    def command(self):
        return ["prlimit", "--core=unlimited", *WITHOUT_PTRACE, *super().command()]


@pytest.fixture
def guarded(tmp_path):
    d = Guarded(tmp_path)
    yield d.start()
    d.end()


def test_nobody_of_the_same_user_looks_into_the_process(guarded):
    other = subprocess.Popen([*WITHOUT_PTRACE, "sleep", "60"])
    try:
        strict = pathlib.Path("/proc/sys/kernel/yama/ptrace_scope")
        if not strict.exists() or strict.read_text().strip() == "0":
            wait_until(lambda: may_look(other.pid))  # any other process lets them
    finally:
        other.kill()
        other.wait()
    assert not may_look(guarded.process.pid)


def test_a_crash_leaves_no_core_file(guarded, tmp_path):
    with guarded.client() as c:
        e = c.event("REPORTED", by="reporter", data={"class": "SMALL", "place": "B-0417"})
        assert c.publish(e, reporters=[reporter(0)])[0].result == RESULT.ACCEPTED
    pid = guarded.process.pid
    assert resource.prlimit(pid, resource.RLIMIT_CORE)[0] == 0, "no core file is wanted, whatever the service manager says"
    os.kill(pid, signal.SIGABRT)
    _, status = os.waitpid(pid, 0)
    guarded.process.returncode = -signal.SIGABRT
    assert os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGABRT and not os.WCOREDUMP(status)
