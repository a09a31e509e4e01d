"""kill -9 at random moments under load, two hundred times on one store. Afterwards every answered event is there, once, as
it was answered; no deadline is missing, none fired twice; the journal, put through a fresh machine, makes the same journal,
the same cases and the same rows, byte for byte: `hongxin doctor`; and the rules, written a second time (tests/oracle), come to
the same verdicts. HX_SEED repeats a run, HX_ROUNDS makes it longer."""
import os
import random
import time

from wire import wait_until

ROUNDS = int(os.environ.get("HX_ROUNDS", "200"))


def random_moment(chance):
    """Seconds from the start of a daemon to its end: a third die while they open the store and catch up with the
    deadlines of their absence, the others while they work."""
    return chance.uniform(0, 0.05) if chance.random() < 1 / 3 else chance.uniform(0.05, 0.35)


def test_nothing_is_lost(make_field):
    seed = int(os.environ.get("HX_SEED", "0")) or random.SystemRandom().randrange(1, 1 << 31)
    print(f"HX_SEED={seed}")
    chance = random.Random(seed)
    field = make_field()
    field.start_hammer(seed, rate=800)
    for round_number in range(ROUNDS):
        field.daemon.launch()
        time.sleep(random_moment(chance))  # the random instant is what is tested
        assert field.daemon.process.poll() is None, field.daemon.text()
        field.daemon.kill()
        if round_number % 100 == 99:
            field.prove()
    field.daemon.start()
    field.stop_hammer()
    field.drain()
    assert field.daemon.stop() == 0
    counts = field.prove()
    assert field.prove_acknowledged() > 10 * ROUNDS
    assert counts["replayed"] == counts["entries"] > 0
    field.judge()


def test_killed_while_deadlines_fall(make_field):
    """All deadlines of a crowd fall into a few moments, and the daemon dies in each of them."""
    field = make_field(scale=3000)
    field.start_hammer(54321, rate=3000, window=2)
    for _ in range(5):
        field.daemon.start()
        with field.daemon.client() as client:
            wait_until(lambda: client.stats()["deadlines_judged"] > 200, timeout=30)
        field.daemon.kill()
    field.daemon.start()
    field.stop_hammer()
    field.drain()
    field.daemon.kill()
    field.prove()
    field.judge()
    fired = sum(1 for e in field.journal().values() if e.t_due)
    assert fired > 1000
