"""Fixtures of everything that needs a real daemon: one on free ports with a fresh store, and clients of it."""
import shutil

import pytest
from clock import EVENING, Clock
from daemon import Daemon
from locks import Registry


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
def no_time(tmp_path):
    """The environment of a daemon whose wall clock stands: no promise falls due, no alarm of the calendar comes, no day ends. For whoever
    counts entries, or what a day counts."""
    return Clock(tmp_path, EVENING).environment()


@pytest.fixture
def still(make_daemon, no_time):
    return make_daemon(env=no_time)


@pytest.fixture
def still_client(still):
    with still.client() as c:
        yield c


@pytest.fixture
def client(daemon):
    with daemon.client() as c:
        yield c


# ---- with keys

@pytest.fixture(scope="session")
def first_registry(tmp_path_factory):
    """Made once: each test works on a copy."""
    r = Registry(tmp_path_factory.mktemp("registry"))
    r.make()
    r.new("hotline", "call_centre", "city")
    r.new("desk-p07", "company", "P-07")
    r.new("desk-p08", "company", "P-08")
    r.new("operator", "operator", "city")
    r.new("officer", "privacy_officer", "city")
    return r


@pytest.fixture
def registry(tmp_path, first_registry):
    shutil.copytree(first_registry.folder, tmp_path, dirs_exist_ok=True)
    return Registry(tmp_path)


@pytest.fixture
def locked(make_daemon, registry):
    registry.daemon = make_daemon(settings={"keys": registry.keys})
    return registry.daemon
