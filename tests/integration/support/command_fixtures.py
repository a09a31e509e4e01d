"""Fixtures of the command: one that speaks to the test's daemon, and one that watches it."""
import pytest
from command import Command, Watch
from wire import wait_until


@pytest.fixture
def hongxin(daemon):
    return Command(daemon)


@pytest.fixture
def watch_for():
    running = []

    def start(daemon, *args):
        """Watches, and is subscribed when this returns: what comes from now on is seen."""
        with daemon.client() as c:
            before = c.stats()["subscribers"]
            running.append(Watch(daemon, *args))
            wait_until(lambda: c.stats()["subscribers"] > before, 60)
        return running[-1]

    yield start
    for w in running:
        if w.process.poll() is None:
            w.process.kill()
            w.process.wait()
