"""kill -9 at random moments under load, two hundred times on one store. Afterwards every answered event is there, once, as
it was answered; no deadline is missing, none fired twice; the journal, put through a fresh engine, makes the same journal
and the same cases, byte for byte; and the store proves itself whole. HX_SEED repeats a run, HX_ROUNDS shortens it."""
import os
import random
import time

from wire import wait_until

ROUNDS = int(os.environ.get("HX_ROUNDS", "200"))


def random_moment(chance):
    """Seconds from the start of a daemon to its end: a third die while they open the store and catch up with the
    deadlines of their absence, the others while they work."""
    return chance.uniform(0, 0.06) if chance.random() < 1 / 3 else chance.uniform(0.1, 1.0)


def test_nothing_is_lost(make_field):
    seed = int(os.environ.get("HX_SEED", "0")) or random.SystemRandom().randrange(1, 1 << 31)
    print(f"HX_SEED={seed}")
    chance = random.Random(seed)
    field = make_field()
    field.start_hammer(seed, rate=2000)
    for round_number in range(ROUNDS):
        field.daemon.launch()
        time.sleep(random_moment(chance))  # the random instant is what is tested
        assert field.daemon.process.poll() is None, field.daemon.text()
        field.daemon.kill()
        if round_number % 50 == 49:
            field.prove()
    field.daemon.start()
    field.stop_hammer()
    until = field.drain()
    assert field.daemon.stop() == 0
    field.check()
    counts = field.prove(until)
    print(counts)
    assert counts["acknowledged"] > 20 * ROUNDS
    assert counts["fired"] > 10 * ROUNDS


def test_killed_while_deadlines_fall(make_field):
    """All deadlines of a crowd fall into a few moments, and the daemon dies in each of them."""
    field = make_field(factor=600)
    field.start_hammer(54321, rate=0, window=2)
    for _ in range(5):
        field.daemon.start()
        wait_until(lambda: field.daemon.client().__enter__().stats()["deadlines_judged"] > 200, timeout=30)
        field.daemon.kill()
    field.daemon.start()
    field.stop_hammer()
    until = field.drain()
    field.daemon.kill()
    counts = field.prove(until)
    assert counts["fired"] > 1000
