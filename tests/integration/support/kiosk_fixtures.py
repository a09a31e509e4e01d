"""Fixtures of the kiosk, for its tests here and those of its page in tests/browser."""
import pytest
from kiosk import Kiosk


@pytest.fixture
def make_kiosk(daemon, tmp_path):
    doors = []

    def make(settings="", ready=True, **more):
        k = Kiosk(tmp_path, more.get("intake", daemon.doors["intake"]), daemon.doors.get("feed") or daemon.doors["intake"], settings)
        doors.append(k)
        return k.start(ready)

    yield make
    for k in doors:
        k.end()


@pytest.fixture
def kiosk(make_kiosk):
    return make_kiosk()
