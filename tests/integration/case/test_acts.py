"""Administrative acts: what the daemon and an operator do has a record that `hongxin audit` reads."""
import os
import subprocess
import time

from wire import RESULT

BIN = os.environ["HX_BIN"]
SOURCE = os.environ["HX_SOURCE"]


def audit(daemon, *args):
    env = {**os.environ, "HONGXIN_ENDPOINT": daemon.doors["intake"], "HONGXIN_FEED": daemon.doors.get("feed", daemon.doors["intake"]),
           "HONGXIN_CONFIG": f"{SOURCE}/config"}
    done = subprocess.run([f"{BIN}/hongxin", "audit", *args], env=env, capture_output=True, text=True, timeout=60, check=True)
    return done.stdout.splitlines()


def acts(daemon):
    return [line.split()[2] for line in audit(daemon)]


def test_a_start_an_end_and_a_crash(make_daemon, no_time):
    d = make_daemon(env=no_time)
    with d.client() as c:
        assert c.report().lsn == 1, "the journal begins with the first event"
    d.stop()
    d.start()
    assert acts(d) == ["DAEMON_STOPPED", "DAEMON_STARTED"]
    d.kill()
    d.start()
    assert acts(d)[2:] == ["DAEMON_STARTED"], "a start behind a start: nobody has ended it"


def test_a_deadline_that_two_persons_move_is_two_acts(make_daemon):
    d = make_daemon()
    with d.client() as c:
        number = c.report(cls="COMPLEX").case_number

        def say(by, type="DEADLINE_MOVED", **data):
            return c.publish(c.event(type, by=by, case_number=number, data=data))[0]
        assert say("holder:P-07/li", "HELD").result == RESULT.ACCEPTED
        move = {"clock": "K_RESOLVE", "deadline": int(time.time() * 1000) + 72 * 3_600_000, "why": "road works"}
        assert say("operator/gu", **move).result == RESULT.ACCEPTED
        assert say("operator/gu", **move).code == "SAME_PERSON"
        assert say("street:S-02/wang", **move).result == RESULT.ACCEPTED
    lines = audit(d, "--act", "DEADLINE_MOVED")
    assert len(lines) == 2 and "operator/gu" in lines[0] and "street:S-02/wang" in lines[1]
    assert all("road works" in line and "K_RESOLVE" in line for line in lines)
    assert audit(d, "--about", str(number)) == lines
    assert "调整时限" in audit(d, "--act", "DEADLINE_MOVED", "--zh")[0]
