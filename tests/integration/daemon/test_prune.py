"""Entries of cases that are over are forgotten after `journal_keep_days`; readers behind them are told. The clock is turned."""
import json
import os
import subprocess

from clock import Clock
from daemon import BIN, SOURCE, Daemon
from hongxin.v1 import wire_pb2
from pruning import DAY, NOON, close, config
from wire import RESULT, wait_until


def test_old_entries_are_forgotten_and_readers_are_told(tmp_path):
    clock = Clock(tmp_path, NOON)
    d = Daemon(tmp_path, config=config(tmp_path), env=clock.environment())
    try:
        d.start()
        with d.client() as c:
            old = c.report(case_ref="old", source="kiosk", source_seq=1).case_number
            living = c.report(cls="COMPLEX", source="kiosk", source_seq=2).case_number
            close(c, old)
            at = clock.now
            entries = c.stats()["journal_entries"]
        assert d.stop() == 0
        for days in (10, 50):  # the window for reopening ends; then more than a month passes
            clock.pass_ns(days * DAY * 1_000_000)
            d.start()
            with d.client() as c:
                c.report()
                if days == 10:
                    wait_until(lambda: c.case(old).view.clocks[-1].change != "RUNNING")
                    assert c.stats()["journal_entries"] > entries, "nothing is old enough"
                else:
                    wait_until(lambda: d.said("event=journal_pruned"))
                    look(d, c, old, living, at)
            assert d.stop() == 0
        done = subprocess.run([os.path.join(BIN, "hongxin"), "doctor", "--store", d.data, "--config", f"{SOURCE}/config", "--json"],
                              capture_output=True, text=True)
        assert done.returncode == 0, done.stdout
        assert json.loads(done.stdout.splitlines()[-1])["unproven"] >= 1
    finally:
        d.end()


def look(d, c, old, living, at):
    assert c.case(old).view.state == "CLOSED", "the case itself stays"
    assert c.case(old, history=True).history == []
    assert c.case(living, history=True).history, "what lives keeps its entries"
    answer = c.ask("problem", case_query=wire_pb2.CaseQuery(case_number=old, at=at))
    assert answer.code == "PRUNED"
    assert c.report(source="kiosk", source_seq=2).code == "SOURCE_SEQ_REPEATED", "as long as its event is there"
    assert c.report(source="kiosk", source_seq=1).result == RESULT.ACCEPTED, "a number is forgotten with its event"
    with d.client("feed") as f:
        f.send(hello=wire_pb2.Hello(subscriber="slow", credit=100, from_lsn=1, **{"from": wire_pb2.Hello.LSN}))
        kinds = [f.receive().WhichOneof("answer") for _ in range(2)]
        assert "reset" in kinds, kinds
