"""What plays a city by itself: hongxin demo, and hongxin-traffic at a daemon."""
import json
import os
import re
import signal
import subprocess
import tempfile

import pytest
from command import BIN, HONGXIN, Command, environment
from wire import TIMEOUT_S


@pytest.fixture
def demo_environment():
    """A short TMPDIR, so that what the demonstration leaves behind can be seen."""
    folder = tempfile.mkdtemp(prefix="hx")
    yield {**environment(None), "TMPDIR": folder}
    assert os.listdir(folder) == []
    os.rmdir(folder)


def test_demo_plays_an_evening_and_leaves_nothing(demo_environment):
    done = subprocess.Popen([HONGXIN, "demo", "--minutes", "1", "--rate", "30", "--seed", "3"],
                            env=demo_environment, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    out, err = done.communicate(timeout=60 + TIMEOUT_S)
    assert done.returncode == 0, err
    assert re.search(r"K_ARRIVE +\d+ kept +[1-9]\d* broken", out) and "Best 兑现最好" in out
    assert re.search(r"^1[89]:\d\d:\d\d .*BREACH 超时", out, re.M) and "were refused" not in out


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_demo_ends_cleanly_when_it_is_interrupted(demo_environment, number):
    """By Ctrl-C, by whoever ends it, or with its terminal."""
    running = subprocess.Popen([HONGXIN, "demo"], env=demo_environment, text=True, stdout=subprocess.PIPE,
                               stderr=subprocess.PIPE)
    running.stdout.readline()  # the daemon is up by then
    running.send_signal(number)
    out, err = running.communicate(timeout=TIMEOUT_S)
    assert running.returncode == 0, err
    assert "Promises 承诺" in out


def test_demo_says_that_a_folder_is_too_long_for_its_sockets(demo_environment, tmp_path):
    deep = tmp_path / ("d" * 90)
    deep.mkdir()
    running = subprocess.Popen([HONGXIN, "demo"], env={**demo_environment, "TMPDIR": str(deep)}, text=True, stdout=subprocess.PIPE,
                               stderr=subprocess.PIPE)
    running.stdout.readline()
    running.send_signal(signal.SIGINT)
    _, err = running.communicate(timeout=TIMEOUT_S)
    assert running.returncode == 0 and "TMPDIR is too long" in err
    assert list(deep.iterdir()) == []


def test_traffic_plays_whole_lives(make_daemon):
    daemon = make_daemon(scale=3600)
    hongxin = Command(daemon)
    run = subprocess.run([os.path.join(BIN, "hongxin-traffic"), "--rate", "40", "--burst", "1", "--hour", "19", "--count",
                          "40", "--scale", "3600", "--duration", "60s", "--seed", "2", "--json", "--quiet"],
                         env=hongxin.env, text=True, capture_output=True, timeout=60 + TIMEOUT_S)
    assert run.returncode == 0, run.stderr
    figures = json.loads(run.stdout)
    assert figures["reported"] == 40 and figures["failed"] == 0
    assert figures["accepted"] == figures["published"] > 150
    states = {c["state"] for c in hongxin.json("list", "--closed", "--limit", "0")}
    assert "CLOSED" in states
