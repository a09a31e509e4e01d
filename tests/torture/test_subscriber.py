"""A supervisor's client that is killed a hundred times ends with the daemon's state: no gap, no double."""
import json
import os
import random
import signal
import subprocess
import sys
import time

from hongxin.v1 import wire_pb2
from proof import Proof
from wire import wait_until

KILLS = 100
SCALE = 600


def test_a_subscriber_killed_a_hundred_times_ends_with_the_daemons_state(make_daemon, tmp_path):
    rng = random.Random(54321)
    daemon = make_daemon(scale=SCALE)
    seen = tmp_path / "seen"
    seen.touch()
    command = [sys.executable, os.path.join(os.path.dirname(__file__), "subscriber.py"), daemon.doors.get("feed") or daemon.doors["intake"], str(seen)]
    numbers = []
    with daemon.client() as c:
        for _ in range(KILLS):
            process = subprocess.Popen(command)
            size = seen.stat().st_size
            replies = c.publish(*[c.event("REPORTED", by="reporter", data={"class": "SMALL", "place": "B-0417"})
                                  for _ in range(rng.randint(1, 5))])
            numbers += [r.case_number for r in replies]
            wait_until(lambda: seen.stat().st_size > size)
            time.sleep(rng.uniform(0, 0.02))  # the instant of the kill is the input of this test
            process.send_signal(signal.SIGKILL)
            process.wait()
        process = subprocess.Popen(command)
        newest = c.ask("pong", ping=wire_pb2.Ping()).newest_lsn
        wait_until(lambda: newest in lsns(seen), timeout=60)
        process.kill()
        process.wait()
        found = lsns(seen)
        assert sorted(found)[:newest] == list(range(1, newest + 1)), "a number is missing"
        state = {}
        for line in lines(seen):
            state[line["case"]] = (line["lsn"], line["state"])
        for number in numbers:
            view = c.case(number).view
            lsn, name = state[number]
            assert view.last_lsn > lsn or view.state == name
    daemon.kill()
    proof = Proof(tmp_path, daemon.data, slack_ms=5000 * SCALE)
    proof.prove()
    proof.judge()


def lines(path):
    """Whole lines only: the last one may have been cut by the kill."""
    text = path.read_bytes()
    return [json.loads(row) for row in text[:text.rfind(b"\n") + 1].splitlines() if row.startswith(b"{") and row.endswith(b"}")]


def lsns(path):
    return {line["lsn"] for line in lines(path)}
