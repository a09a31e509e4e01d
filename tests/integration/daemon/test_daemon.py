"""The daemon as a process: its start, its end, and what it refuses."""
import os
import re
import shutil
import signal
import socket
import subprocess
import threading

import pytest
from daemon import BIN, SOURCE, Daemon, write_config
from wire import RESULT, TIMEOUT_S, Client, wait_until


def run(*args):
    return subprocess.run([os.path.join(BIN, "hongxind"), *map(str, args)], capture_output=True, text=True, timeout=TIMEOUT_S)


def test_version_and_help():
    assert run("--version").stdout.startswith("hongxind ")
    text = run("--help").stdout
    for option in ("--config", "--data", "--check-config", "--scale"):
        assert option in text


def test_unknown_options_are_refused():
    result = run("--nonsense")
    assert result.returncode == 2 and "--help" in result.stderr


def test_check_config(tmp_path):
    good = write_config(tmp_path, {})
    result = run("--check-config", "--config", good)
    assert result.returncode == 0, result.stderr
    bad = tmp_path / "bad.yaml"
    bad.write_text(good.read_text() + "\nnonsense: 1\n")
    result = run("--check-config", "--config", bad)
    assert result.returncode == 1
    assert "bad.yaml" in result.stderr and "nonsense" in result.stderr
    assert run("--check-config", "--config", tmp_path / "missing.yaml").returncode == 1


def test_check_config_shows_the_faults_of_several_files_as_plain_lines(tmp_path):
    config = shutil.copytree(f"{SOURCE}/config", tmp_path / "config")
    rules = config / "life-cycles" / "complaint.yaml"
    rules.write_text(rules.read_text() + "\nnonsense: 1\n")
    grids = config / "city" / "grids.csv"
    grids.write_text(grids.read_text() + "G-999,C-NONE,x,x,,,,\n")
    result = run("--check-config", "--config", config / "hongxin.yaml")
    assert result.returncode == 1
    lines = result.stderr.splitlines()
    assert len(lines) == 2, result.stderr
    for line, name in zip(lines, ("complaint.yaml", "grids.csv")):
        assert re.match(rf"\S*{name}:\d+: ", line), line


def test_a_second_daemon_on_the_same_store_is_refused(make_daemon):
    d = make_daemon()
    second = Daemon(d.folder, config=d.config, data=d.data).launch()
    assert second.wait() != 0
    assert "another" in second.text()
    with d.client() as c:
        assert c.report().result == RESULT.ACCEPTED, "the first one goes on"


@pytest.mark.parametrize("endpoint", ["tcp://0.0.0.0:5999", "tcp://*:5999", "tcp://192.0.2.1:5999"])
@pytest.mark.parametrize("door", ["ingest", "feed", "pub"])
def test_an_endpoint_of_the_world_is_refused_without_keys(tmp_path, door, endpoint):
    d = Daemon(tmp_path, settings={door: endpoint}).launch()
    assert d.wait() != 0
    assert endpoint in d.text() and "keys.principals" in d.text() and "docs/security.md" in d.text()
    assert run("--check-config", "--config", d.config).returncode == 1


def test_an_address_in_use_is_named(tmp_path):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        endpoint = f"tcp://127.0.0.1:{taken.getsockname()[1]}"
        d = Daemon(tmp_path, settings={"ingest": endpoint}).launch()
        assert d.wait() != 0
        assert endpoint in d.text()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_ends_in_order(make_daemon, number):
    d = make_daemon()
    with d.client() as c:
        reply = c.report()
    assert d.stop(number) == 0
    d.start()
    with d.client() as c:
        assert c.case(reply.case_number).view.state == "DISPATCHED"


def test_a_stop_under_load_answers_what_it_has_accepted(make_daemon):
    d = make_daemon()
    answered = publish_until_it_ends(d, lambda: d.stop())
    d.start()
    assert_all_there(d, answered)


def test_kill_nine_under_load_keeps_every_answered_event(make_daemon):
    d = make_daemon()
    for _ in range(3):
        answered = publish_until_it_ends(d, d.kill)
        assert answered
        d.start()
        assert_all_there(d, answered)


def publish_until_it_ends(d, end):
    """Publishes one after another; ends the daemon after a hundred answers; returns what was answered."""
    answered = []
    with d.client() as c:
        stopper = threading.Thread(target=lambda: (wait_until(lambda: len(answered) > 100), end()))
        stopper.start()
        while True:
            e = c.event("REPORTED", by="reporter", data={"class": "SMALL", "place": "B-0417"})
            c.send(publish={"items": [{"event": e.SerializeToString()}]})
            message = c.receive(timeout=1.0 if stopper.is_alive() else 0.2)
            if message is None and not stopper.is_alive():
                break
            if message:
                answered.append((e, message.replies.replies[0]))
        stopper.join()
    return answered


def assert_all_there(d, answered):
    with d.client() as c:
        again = [r for i in range(0, len(answered), 1000) for r in c.publish(*[e for e, _ in answered[i:i + 1000]])]
        for (_, first), second in zip(answered, again):
            assert second.result == RESULT.DUPLICATE
            assert (second.case_number, second.lsn) == (first.case_number, first.lsn)


def test_scaled_time_only_on_a_store_made_for_it(make_daemon, tmp_path):
    d = make_daemon()
    d.stop()
    scaled = Daemon(tmp_path, config=d.config, data=d.data, scale=60).launch()
    assert scaled.wait() != 0
    assert "scale" in scaled.text()


def test_it_tells_the_service_manager(make_daemon, tmp_path):
    """READY and STOPPING on NOTIFY_SOCKET, and WATCHDOG while it lives."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(str(tmp_path / "notify"))
        manager.settimeout(TIMEOUT_S)
        os.environ.update(NOTIFY_SOCKET=str(tmp_path / "notify"), WATCHDOG_USEC="4000000")
        try:
            d = make_daemon()
        finally:
            del os.environ["NOTIFY_SOCKET"], os.environ["WATCHDOG_USEC"]
        assert b"READY=1" in manager.recv(4096)
        assert b"WATCHDOG=1" in manager.recv(4096)
        d.process.send_signal(signal.SIGTERM)
        while b"STOPPING=1" not in manager.recv(4096):
            pass
        assert d.wait() == 0


def test_hundreds_of_connections_come_and_go(make_daemon):
    d = make_daemon()
    for _ in range(10):
        clients = [d.client() for _ in range(30)]
        for c in clients:
            c.send(ping={"request": 1})
        for c in clients:
            assert c.expect("pong").request == 1
            c.close()
    with d.client() as c:
        assert c.report().result == RESULT.ACCEPTED
        assert c.stats()["pump_rescues"] <= 1  # one may come in the moment of the look
