"""What waits for something that must come: it outlives kill -9, and rings without its source having to speak again."""
import os
import struct
import subprocess

from clock import MINUTE, Clock, run_to
from daemon import BIN
from hongxin.v1 import event_pb2, journal_pb2
from lmdb_row import rows
from wire import RESULT, facts, wait_until

NOON = 1_792_987_200_000  # 2026-10-26 12:00 in China
HOUR = 60 * MINUTE


def alarms(daemon, code):
    """Alarms of the journal: [(source, number)]"""
    path = daemon.folder / "journal"
    subprocess.run([os.path.join(BIN, "hongxin"), "export", "--store", daemon.data, path], check=True, capture_output=True)
    with path.open("rb") as f:
        f.readline()
        found = []
        while size := struct.unpack(">I", f.read(4))[0]:
            found += facts(journal_pb2.Entry.FromString(f.read(size)), "alarm")
    return [(a.source, a.seq) for a in found if a.code == code]


def restart(daemon):
    daemon.kill()
    daemon.start()


def test_a_parked_event_is_applied_after_a_kill(make_daemon):
    """Corner 7."""
    d = make_daemon()
    with d.client() as c:
        reply = c.publish(c.event("HELD", by="holder:P-07/li", case_ref="GD-9", source_seq=2),
                          c.event("ARRIVED", by="holder:P-07/li", case_ref="GD-9", source_seq=3, proof=event_pb2.ONSITE_CODE))
        assert [r.result for r in reply] == [RESULT.PARKED] * 2
    restart(d)
    with d.client() as c:
        assert c.stats()["parked"] == 2
        number = c.report(case_ref="GD-9", source_seq=1).case_number
        assert c.case(number).view.state == "ONSITE", "both were applied, in the order of their source"
        assert c.stats()["parked"] == 0
    restart(d)
    assert alarms(d, "DEAD_LETTER") == []


def test_a_dead_letter_is_told_after_a_kill(make_daemon, tmp_path):
    """Corner 7: a day is what the test's clock says."""
    clock = Clock(tmp_path, NOON)
    d = make_daemon(settings={"absent_ms": 24 * HOUR}, env=clock.environment())
    with d.client() as c:
        parked = c.publish(c.event("HELD", by="holder:P-07/li", case_ref="GD-9", source="other"))[0]
        assert parked.result == RESULT.PARKED
    restart(d)
    with d.client() as c:
        run_to(clock, c, NOON + 23 * HOUR, step=12 * HOUR)
        assert alarms(d, "DEAD_LETTER") == [], "not before a day is over"
        run_to(clock, c, NOON + 25 * HOUR)
    wait_until(lambda: alarms(d, "DEAD_LETTER"))
    restart(d)
    assert alarms(d, "DEAD_LETTER") == [("other", parked.lsn)], "once"


def test_gaps_of_many_sources_are_told_after_a_kill(make_daemon):
    """Corner 6: number 2 of 400 sources does not come. More than any table in memory would have held."""
    d = make_daemon(scale=60, settings={"resend_ms": 0})
    sources = [f"source-{i}" for i in range(400)]
    with d.client() as c:
        number = c.report().case_number
        for seq in (1, 3):
            replies = c.publish(*[c.event("COMMENT", case_number=number, source=s, source_seq=seq, data={"text": "x"})
                                  for s in sources])
            assert {r.result for r in replies} == {RESULT.ACCEPTED}
    restart(d)
    wait_until(lambda: len(alarms(d, "SOURCE_GAP")) >= len(sources), timeout=60)
    restart(d)
    assert sorted(alarms(d, "SOURCE_GAP")) == sorted((s, 2) for s in sources), "each once"


def test_a_number_that_comes_after_a_kill_is_not_missed(make_daemon):
    d = make_daemon()
    with d.client() as c:
        number = c.report().case_number

        def comment(seq):
            return c.publish(c.event("COMMENT", case_number=number, source="other", source_seq=seq, data={"text": "x"}))
        comment(1)
        comment(3)
    restart(d)
    with d.client() as c:
        assert c.publish(c.event("COMMENT", case_number=number, source="other", source_seq=2, data={"text": "x"}))[0].lsn
    assert d.stop() == 0
    with rows(d.data) as r:
        assert [key for key, _ in r.all("watch") if key[8] < 2] == []  # of later kinds are the looks at the rota
