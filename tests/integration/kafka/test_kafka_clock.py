"""hongxin-kafka on a machine whose wall clock is far off: it is named, and nothing is lost, doubled or dated by it."""
import os
import time

import pytest
from clock import SECOND, Clock
from hongxin.v1 import journal_pb2, wire_pb2
from kafka import PATIENCE
from kafka_in import broker, case_of, door, life, make, reported, requeue  # noqa: F401 (fixtures)
from kafka_out import Traffic, both_there, here, out  # noqa: F401 (fixtures)
from wire import wait_until

FAR = pytest.mark.parametrize("wrong", [31_536_000_000, 4_260_211_200_000], ids=["1971", "2105"])


def dated_by_the_broker(records):
    """So that retention, which goes by these dates, takes nothing before its time."""
    return records and all(r["tstype"] == "logappend" and abs(r["ts"] / 1000 - time.time()) < 3600 for r in records)


def named(worker, role):
    wait_until(lambda: worker.said(f"event=clock_far_off role={role}"), timeout=PATIENCE)
    return worker.figure("kafka_clock_apart_milliseconds", f'role="{role}"') > 3600 * SECOND


@FAR
def test_events_come_once_and_dead_letters_stay(tmp_path, door, client, wrong):
    clock = Clock(tmp_path, wrong)
    door.worker.stop()
    door.worker.env = {**os.environ, **clock.environment()}
    door.worker.start()
    door.send(*life(client, "W-1"), key="W-1")
    door.send(reported(client, "p-1", "W-p", place="B-9999"), key="W-p", partition=1)
    letters = door.dead_letters(1)
    door.wait(6)
    assert case_of(client, "W-1").state == "CLOSED" and client.stats()["cases"] == 1
    assert [r["headers"]["dead-letter-reason"] for r in letters] == ["UNKNOWN_PLACE"] and dated_by_the_broker(letters)
    assert named(door.worker, "dead")
    history = client.ask("case_answer", case_query=wire_pb2.CaseQuery(source=client.source, ref="W-1", history=True)).history
    assert all(abs(e.t_rcv / 1000 - time.time()) < 3600 for e in map(journal_pb2.Entry.FromString, history)), "the daemon's clock counts"
    wait_until(lambda: door.worker.get("/healthz")[0] == 200, timeout=PATIENCE)
    assert door.worker.figure("kafka_in_gaps_total") == 0


def test_nothing_goes_back_by_a_clock_that_is_behind(tmp_path, door, client):
    """It would be dated so, and retention would take it: the letter stays for a machine that knows the time."""
    door.send(reported(client, "p-1", "W-p", place="B-9999"), key="W-p")
    door.dead_letters(1)
    code, _, told = requeue(door, env=Clock(tmp_path, 31_536_000_000).environment())
    assert code == 1 and "CLOCK_BEHIND" in told
    assert len(door.broker.read(door.topic)) == 1
    assert "1 went back" in requeue(door)[2]


@FAR
def test_the_journal_stands_once_and_in_order(tmp_path, out, wrong):
    clock = Clock(tmp_path, wrong)
    with Traffic(out.daemon) as traffic:
        worker = out.start(routes=out.both(), env=clock.environment())
        traffic.more()
        worker.kill()
        clock.step(365 * 86400 * SECOND)  # and set once more, while nobody looks
        worker = out.start(routes=out.both(), env=clock.environment())
        traffic.more()
        clock.step(-500 * 86400 * SECOND)
        traffic.more()
    both_there(out, worker)
    assert named(worker, "out") and dated_by_the_broker(out.records())
    assert worker.stop() == 0
