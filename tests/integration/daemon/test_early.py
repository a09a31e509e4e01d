"""What waits is read while the batch before it is committed: it changes nothing that a source can see."""
import signal
import subprocess

from hongxin.v1 import wire_pb2
from wire import RESULT, VERSION, wait_until

BIN_ITEMS = 100


def items(client, n):
    """A hundred reports; one that is no event, one with a text that only we write, one for a place that is not there."""
    all_of = [client.event("REPORTED", id=f"e-{n:03}-{i:03}", by="reporter", data={"class": "SMALL", "place": "B-0417"}) for i in range(BIN_ITEMS)]
    all_of[10].data.text = "•••"
    all_of[20].data.place = "B-NOWHERE"
    packed = [wire_pb2.Item(event=e.SerializeToString()) for e in all_of]
    packed[30].event = packed[30].event[:-1]
    return packed


def stopped(d):
    """While the daemon stands still, what is sent waits for it."""
    d.process.send_signal(signal.SIGSTOP)


def answers_of_a_long_line(d, c, first, wanted):
    """Twelve Publishes and a question while the daemon stands still, then one of them again. Returns their replies."""
    stopped(d)
    for n in range(12):
        c.send(publish=wire_pb2.Publish(request=100 + n, items=items(c, first + n)))
        if n == 6:
            c.send(ping=wire_pb2.Ping(request=55))
    c.send(publish=wire_pb2.Publish(request=200, items=items(c, first + 3)))
    d.process.send_signal(signal.SIGCONT)
    found, pongs = {}, 0
    while len(found) < 13 or not pongs:
        answer = c.receive()
        pongs += answer.WhichOneof("answer") == "pong"
        if answer.WhichOneof("answer") == "replies":
            found[answer.replies.request] = list(answer.replies.replies)
    for n in range(12):
        assert [(r.result, r.code) for r in found[100 + n]] == wanted
        assert found[100 + n][0].id == f"e-{first + n:03}-000"
    return found


def test_a_long_line_is_answered_like_a_short_one(make_daemon, tmp_path):
    d = make_daemon(settings={"batch_items": 50, "check_point_entries": 128})
    with d.client() as c, d.client() as alone:
        alone.send(publish=wire_pb2.Publish(request=1, items=items(alone, 999)))
        wanted = [(r.result, r.code) for r in alone.replies(BIN_ITEMS, request=1)]
        assert {RESULT.ACCEPTED, RESULT.INVALID} <= {result for result, _ in wanted} and wanted[10][0] != wanted[11][0]
        c.ask("pong", ping=wire_pb2.Ping())
        for first in range(0, 900, 12):
            found = answers_of_a_long_line(d, c, first, wanted)
            again = [r.result for r in found[200]]
            assert again.count(RESULT.DUPLICATE) == [w for w, _ in wanted].count(RESULT.ACCEPTED)
            lsns = [r.lsn for n in range(12) for r in found[100 + n] if r.result == RESULT.ACCEPTED]
            assert lsns == sorted(lsns) and len(set(lsns)) == len(lsns), "in the order in which it was sent"
            if c.stats()["messages_read_early"] > 0:  # as a rule the first time: on a busy machine the helper may never have come to it
                break
        assert c.stats()["messages_read_early"] > 0
    d.stop()
    journal = tmp_path / "journal.hxj"
    hongxin = d.command()[0].replace("hongxind", "hongxin")
    subprocess.run([hongxin, "export", "--store", str(d.data), str(journal)], check=True)
    subprocess.run([hongxin, "verify", str(journal)], check=True)


def test_a_source_that_sends_what_can_be_served_is_not_refused(make_daemon):
    """Its line holds what one turn brings in and serves, whenever that is brought in."""
    d = make_daemon()
    total = 12000
    with d.client() as c, d.client() as other:
        c.ask("pong", ping=wire_pb2.Ping())
        cases = other.stats()["cases"]
        event = c.event("REPORTED", by="reporter", data={"class": "SMALL", "place": "B-0417"})
        c.socket.sndhwm = 0
        frames = []
        for n in range(total):
            event.id = f"f-{n}"
            frames.append(wire_pb2.Request(publish=wire_pb2.Publish(request=n, items=[wire_pb2.Item(event=event.SerializeToString())])).SerializeToString())
        stopped(d)
        for f in frames:
            c.send_frames(VERSION, f)
        d.process.send_signal(signal.SIGCONT)
        def served():
            while c.socket.poll(0):
                for r in c.receive().replies.replies:
                    assert r.code != "FAIR_SHARE"
            return other.stats()["cases"] == cases + total

        wait_until(served, timeout=120)


def test_small_messages_that_become_large_are_bounded(make_daemon):
    """An empty event is two bytes in a message: whoever sends 30 MiB of them gets no gigabyte of memory."""
    d = make_daemon()
    with d.client() as c:
        c.ask("pong", ping=wire_pb2.Ping())
        c.send(publish=wire_pb2.Publish(request=1, items=items(c, 1)))
        c.replies(BIN_ITEMS, request=1)
        large = wire_pb2.Request(publish=wire_pb2.Publish(request=2, items=[wire_pb2.Item()] * 262144)).SerializeToString()
        stopped(d)
        c.send(publish=wire_pb2.Publish(request=1, items=items(c, 2)))
        for _ in range(48):
            c.send_frames(VERSION, large)
        d.process.send_signal(signal.SIGCONT)
        answers = [c.receive() for _ in range(49)]
        assert [a.problem.code for a in answers if a.WhichOneof("answer") == "problem"] == ["TOO_MANY_ITEMS"] * 48
        with open(f"/proc/{d.process.pid}/status", encoding="ascii") as f:
            most = next(int(line.split()[1]) for line in f if line.startswith("VmHWM:"))
        assert most < 600 * 1024
