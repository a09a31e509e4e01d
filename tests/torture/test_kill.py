"""kill -9 at random moments under load, two hundred times on one store. Afterwards every answered event is there, once, as
it was answered; no deadline is missing, none fired twice; the journal, put through a fresh machine, makes the same journal,
the same cases and the same rows, byte for byte: `hongxin doctor`; and the rules, written a second time (tests/oracle), come to
the same verdicts. HX_SEED repeats a run, HX_ROUNDS makes it longer."""
import os
import random
import struct
import subprocess
import time

from facts import note
from field import SOURCE
from hongxin.v1 import event_pb2, journal_pb2
from wire import wait_until

ROUNDS = int(os.environ.get("HX_ROUNDS", "200"))


def await_moment(chance, field):
    """From the start of a daemon to its end. A third die while they open the store, a third somewhen between there and the
    deadlines of their absence, and a third while they work: what that is in milliseconds depends on the machine, so those
    have answered something before."""
    kind = chance.randrange(3)
    if kind == 2:
        answers = field.log.stat().st_size
        wait_until(lambda: field.log.stat().st_size > answers or field.daemon.process.poll() is not None, timeout=60)
    time.sleep((chance.uniform(0, 0.05), chance.uniform(0.05, 0.35), chance.uniform(0, 0.1))[kind])  # the random instant
    assert field.daemon.process.poll() is None, field.daemon.text()
    return kind == 2


def test_nothing_is_lost(make_field):
    seed = int(os.environ.get("HX_SEED", "0")) or random.SystemRandom().randrange(1, 1 << 31)
    print(f"HX_SEED={seed}")
    chance = random.Random(seed)
    field = make_field()
    field.start_hammer(seed, rate=800)
    at_work = 0
    for round_number in range(ROUNDS):
        field.daemon.launch()
        at_work += await_moment(chance, field)
        field.daemon.kill()
        if round_number % 100 == 99:
            field.prove()
    field.daemon.start()
    field.stop_hammer()
    field.drain()
    assert field.daemon.stop() == 0
    counts = field.prove()
    answers = field.prove_acknowledged()
    assert answers > at_work > ROUNDS // 5
    assert counts["replayed"] == counts["entries"] > 0
    field.judge()
    note(kills=ROUNDS, kills_at_work=at_work, answers=answers, entries=counts["entries"])


def test_killed_while_deadlines_fall(make_field):
    """All deadlines of a crowd fall into a few moments, and the daemon dies in each of them."""
    field = make_field(scale=3000)
    field.start_hammer(54321, rate=3000, window=2)
    for _ in range(5):
        field.daemon.start()
        with field.daemon.client() as client:
            wait_until(lambda: client.stats()["deadlines_judged"] > 200, timeout=120)
        field.daemon.kill()
    field.daemon.start()
    field.stop_hammer()
    field.drain()
    field.daemon.kill()
    field.prove()
    field.judge()
    fired = sum(1 for e in field.journal().values() if e.t_due)
    assert fired > 1000


def what_the_judge_says(folder, draining):
    """Of a report, our outage, and an event that is read when a reminder of its case is due."""
    def event(name, **fields):
        return event_pb2.Event(id=name, source="s", type=name, case_ref="1", **fields).SerializeToString()
    begun, back = 1_795_000_000_000, 1_795_000_300_000
    away = journal_pb2.Entry(lsn=2, t_rec=back)
    away.facts.add().alarm.disturbance.CopyFrom(journal_pb2.Disturbance(outage_from=begun + 60_000, outage_to=back, draining=draining))
    report = event("REPORTED", by="reporter", data=event_pb2.Data(**{"class": "SMALL"}, place="B-0417"))
    said = event("COMMENT", by="reporter", data=event_pb2.Data(text="x"))
    entries = [journal_pb2.Entry(lsn=1, t_rec=begun, t_rcv=begun, case_number=1, event=report), away,
               journal_pb2.Entry(lsn=3, t_rec=back, t_rcv=back, case_number=1, event=said)]
    with (folder / "journal").open("wb") as f:
        f.write(b"hongxin-journal/1 made by hand\n")
        f.writelines(struct.pack(">I", e.ByteSize()) + e.SerializeToString() for e in entries)
        f.write(struct.pack(">I", 0))
    return subprocess.run(["/usr/bin/python3", SOURCE / "tests/oracle/journal.py", "--config", SOURCE / "config", folder / "journal"],
                          capture_output=True, text=True).stdout


def test_the_judge_knows_that_we_still_read_what_was_sent(tmp_path):
    assert " LEVEL " in what_the_judge_says(tmp_path, draining=False)
    said = what_the_judge_says(tmp_path, draining=True)
    assert "3 entries judged" in said and " LEVEL " not in said
