"""kill -9 at every labelled point of the commit path (faults.c), under load. Afterwards every answered event is there, once, as it
was answered. HX_SEED repeats a run, HX_ROUNDS makes it longer."""
import os
import random
import signal

from facts import note
from faults import POINTS, Faults

ROUNDS = int(os.environ.get("HX_ROUNDS", "4"))


def test_killed_at_every_point(make_field):
    seed = int(os.environ.get("HX_SEED", "0")) or random.SystemRandom().randrange(1, 1 << 31)
    print(f"HX_SEED={seed}")
    chance = random.Random(seed)
    field = make_field()
    faults = Faults(field.folder)
    field.daemon.env = {**os.environ, **faults.environment()}
    field.start_hammer(seed, rate=800)
    for n in range(ROUNDS):
        for point in POINTS[1:]:
            number = chance.randint(1, 1 << chance.randint(1, 6))
            faults.set("kill", first=number, last=number, point=point)
            field.daemon.launch()
            assert field.daemon.wait(timeout=60) == -signal.SIGKILL, field.daemon.text()
            assert faults.hits == 1, (point, number)
        if n % 20 == 19:
            print(f"{(n + 1) * (len(POINTS) - 1)} kills")
            field.prove()
    faults.clear()
    field.daemon.start()
    field.stop_hammer()
    field.drain()
    assert field.daemon.stop() == 0
    counts = field.prove()
    answers = field.prove_acknowledged()
    assert counts["replayed"] == counts["entries"] > 0 and answers > 0
    field.judge()
    note(kills=ROUNDS * (len(POINTS) - 1), answers=answers, entries=counts["entries"])
