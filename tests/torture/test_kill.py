"""kill -9 at random moments under load, two hundred times on one store. Afterwards every answered event is there, once, as
it was answered; no deadline is missing, none fired twice; the journal, put through a fresh machine, makes the same journal,
the same cases and the same rows, byte for byte: `hongxin doctor`; and the rules, written a second time (tests/oracle), come to
the same verdicts. HX_SEED repeats a run, HX_ROUNDS makes it longer."""
import os
import random
import time

from facts import note
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
