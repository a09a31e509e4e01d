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


def most_memory(d):
    """KiB that it had at the most."""
    with open(f"/proc/{d.process.pid}/status", encoding="ascii") as f:
        return next(int(line.split()[1]) for line in f if line.startswith("VmHWM:"))


def of_length(tag, content):
    """A field of a message with its length in front, made by hand: no library builds millions of empty messages in a moment."""
    size, n = b"", len(content)
    while n > 127:
        size, n = size + bytes([n & 127 | 128]), n >> 7
    return tag + size + bytes([n]) + content


def empty_items(n):
    publish = wire_pb2.Request.DESCRIPTOR.fields_by_name["publish"].number
    return of_length(bytes([publish << 3 | 2]), wire_pb2.Publish(items=[wire_pb2.Item()]).SerializeToString() * n)


def test_small_messages_that_become_large_are_bounded(make_daemon):
    """An empty event is two bytes in a message: whoever sends 30 MiB of them gets no gigabyte of memory."""
    d = make_daemon()
    with d.client() as c:
        c.ask("pong", ping=wire_pb2.Ping())
        c.send(publish=wire_pb2.Publish(request=1, items=items(c, 1)))
        c.replies(BIN_ITEMS, request=1)
        large = empty_items(262144)
        stopped(d)
        c.send(publish=wire_pb2.Publish(request=1, items=items(c, 2)))
        for _ in range(48):
            c.send_frames(VERSION, large)
        d.process.send_signal(signal.SIGCONT)
        answers = [c.receive() for _ in range(49)]
        assert [a.problem.code for a in answers if a.WhichOneof("answer") == "problem"] == ["TOO_MANY_PARTS"] * 48
        assert most_memory(d) < 600 * 1024


def test_a_message_of_empty_items_takes_little_more_than_its_size(make_daemon):
    """Four million of them: 8 MiB of message."""
    d = make_daemon()
    with d.client() as c:
        c.ask("pong", ping=wire_pb2.Ping())
        before = most_memory(d)
        c.send_frames(VERSION, empty_items(4_194_000))
        assert c.expect("problem").code == "TOO_MANY_PARTS"
        assert most_memory(d) - before < 160 * 1024
        assert c.report().result == RESULT.ACCEPTED


def test_events_that_become_large_are_bounded(make_daemon):
    """Events of nothing but an empty history: each alone, and all of a message together."""
    d = make_daemon()
    history = of_length(b"\xa2\x03", b"")
    with d.client() as c:
        def with_history(n):
            return wire_pb2.Item(event=c.event("REPORTED", by="reporter").SerializeToString() + of_length(b"\x82\x01", history * n))

        c.ask("pong", ping=wire_pb2.Ping())
        before = most_memory(d)
        c.send(publish=wire_pb2.Publish(request=1, items=[with_history(80_000), wire_pb2.Item(event=c.event("REPORTED", by="reporter", data={"class": "SMALL", "place": "B-0417"}).SerializeToString())]))
        assert [r.code for r in c.replies(2, request=1)] == ["TOO_MANY_PARTS", ""]
        c.send(publish=wire_pb2.Publish(request=2, items=[with_history(650)] * 1500))
        answers = c.replies(1500, request=2)
        taken = sum(r.code == "TOO_LONG" for r in answers)
        assert 0 < taken < 1500, "those before are answered"
        assert {(r.result, r.code) for r in answers[taken:]} == {(RESULT.RETRY_AFTER, "TOO_MUCH_AT_ONCE")}
        assert answers[-1].id and answers[-1].retry_after_ms
        assert most_memory(d) - before < 700 * 1024
        assert c.report().result == RESULT.ACCEPTED


def test_what_one_source_sends_takes_no_room_from_another(make_daemon):
    """Two messages of a turn, each within its bound, together above it."""
    d = make_daemon()
    history = of_length(b"\xa2\x03", b"") * 650
    with d.client() as busy, d.client() as first, d.client() as second:
        def publish(client, n):
            event = client.event("REPORTED", by="reporter").SerializeToString() + of_length(b"\x82\x01", history)
            client.send(publish=wire_pb2.Publish(request=1, items=[wire_pb2.Item(event=event)] * n))

        publish(first, 1500)
        most = sum(r.code == "TOO_LONG" for r in first.replies(1500, request=1))
        second.ask("pong", ping=wire_pb2.Ping())
        stopped(d)
        busy.send(publish=wire_pb2.Publish(request=1, items=[i for n in range(20) for i in items(busy, n)]))  # meanwhile the others have come in
        publish(first, most * 2 // 5)
        publish(second, most * 4 // 5)
        d.process.send_signal(signal.SIGCONT)
        assert {r.code for r in first.replies(most * 2 // 5, request=1)} == {"TOO_LONG"}
        assert {r.code for r in second.replies(most * 4 // 5, request=1)} == {"TOO_LONG"}
