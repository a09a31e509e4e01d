"""Fixtures: a daemon on free ports with a fresh store, and clients of it."""
import pytest
from daemon import Daemon


@pytest.fixture
def make_daemon(tmp_path):
    """make_daemon(**options) → a started Daemon; the same folder again with data=…"""
    started = []

    def make(**options):
        d = Daemon(tmp_path, **options)
        started.append(d)
        return d.start()

    yield make
    for d in started:
        d.end()


@pytest.fixture
def daemon(make_daemon):
    return make_daemon()


@pytest.fixture
def client(daemon):
    with daemon.client() as c:
        yield c
