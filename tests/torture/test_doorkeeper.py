"""The doorkeeper's thread dies (tests/torture/doorkeeper.c): the process ends at once and says why; nobody is let in meanwhile, and what
was acknowledged is there when it starts again."""
import os

import pytest
from daemon import Daemon
from field import TOOLS
from locks import Registry
from proof import Proof
from wire import RESULT, wait_until


@pytest.fixture
def guarded(tmp_path):
    """A daemon with keys whose doorkeeper fails while the file `fault` says so."""
    registry = Registry(tmp_path)
    registry.make()
    registry.new("hotline", "call_centre", "city")
    d = Daemon(tmp_path, settings={"keys": registry.keys})
    d.registry, d.fault = registry, tmp_path / "fault"
    d.env = {**os.environ, "LD_PRELOAD": str(TOOLS / "hx_doorkeeper.so"), "HX_DOORKEEPER": str(d.fault)}
    yield d.start()
    d.end()


@pytest.mark.parametrize("how", ["deaf", "gone"])
def test_without_its_doorkeeper_the_process_ends(guarded, how):
    with guarded.registry.client(guarded, "hotline") as c:
        taken = c.report(id="before")
        assert taken.result == RESULT.ACCEPTED
        guarded.fault.write_text(how)
        with guarded.registry.client(guarded, "hotline") as late:  # its handshake wakes the thread
            late.socket.sndtimeo = 0
            wait_until(lambda: guarded.process.poll() is not None)
    assert guarded.wait() == 1 and guarded.said("event=doorkeeper_died")
    guarded.fault.unlink()
    guarded.start()
    with guarded.registry.client(guarded, "hotline") as c:
        assert c.case(taken.case_number).view.case_number == taken.case_number
    guarded.kill()
    proof = Proof(guarded.folder, guarded.data)
    proof.prove()
    proof.judge()
