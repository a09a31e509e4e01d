"""What waits is read while the batch before it is committed: it changes nothing that a source can see."""
import signal
import subprocess

from hongxin.v1 import wire_pb2
from wire import RESULT

BIN_ITEMS = 100


def items(client, n):
    """A hundred reports; one that is no event, one with a text that only we write, one for a place that is not there."""
    all_of = [client.event("REPORTED", id=f"e-{n:03}-{i:03}", by="reporter", data={"class": "SMALL", "place": "B-0417"}) for i in range(BIN_ITEMS)]
    all_of[10].data.text = "•••"
    all_of[20].data.place = "B-NOWHERE"
    packed = [wire_pb2.Item(event=e.SerializeToString()) for e in all_of]
    packed[30].event = packed[30].event[:-1]
    return packed


def test_a_long_line_is_answered_like_a_short_one(make_daemon, tmp_path):
    d = make_daemon(settings={"batch_items": 50, "check_point_entries": 128})
    with d.client() as c, d.client() as alone:
        alone.send(publish=wire_pb2.Publish(request=1, items=items(alone, 999)))
        wanted = [(r.result, r.code) for r in alone.replies(BIN_ITEMS, request=1)]
        assert {RESULT.ACCEPTED, RESULT.INVALID} <= {result for result, _ in wanted} and wanted[10][0] != wanted[11][0]
        c.ask("pong", ping=wire_pb2.Ping())
        d.process.send_signal(signal.SIGSTOP)
        for n in range(12):
            c.send(publish=wire_pb2.Publish(request=100 + n, items=items(c, n)))
            if n == 6:
                c.send(ping=wire_pb2.Ping(request=55))
        c.send(publish=wire_pb2.Publish(request=200, items=items(c, 3)))  # all of it once more
        d.process.send_signal(signal.SIGCONT)
        found, pongs = {}, 0
        while len(found) < 13 or not pongs:
            answer = c.receive()
            pongs += answer.WhichOneof("answer") == "pong"
            if answer.WhichOneof("answer") == "replies":
                found[answer.replies.request] = list(answer.replies.replies)
        for n in range(12):
            assert [(r.result, r.code) for r in found[100 + n]] == wanted
            assert found[100 + n][0].id == f"e-{n:03}-000"
        again = [r.result for r in found[200]]
        assert again.count(RESULT.DUPLICATE) == [w for w, _ in wanted].count(RESULT.ACCEPTED)
        lsns = [r.lsn for n in range(12) for r in found[100 + n] if r.result == RESULT.ACCEPTED]
        assert lsns == sorted(lsns) and len(set(lsns)) == len(lsns), "in the order in which it was sent"
        assert c.stats()["messages_read_early"] > 0
    d.stop()
    journal = tmp_path / "journal.hxj"
    hongxin = d.command()[0].replace("hongxind", "hongxin")
    subprocess.run([hongxin, "export", "--store", str(d.data), str(journal)], check=True)
    subprocess.run([hongxin, "verify", str(journal)], check=True)
