"""A disk that fails (tests/torture/faults.c): nothing is acknowledged that is not on the disk, the daemon says so, and when the
disk works again so does the intake."""
import os

import pytest
from field import TOOLS, Field
from wire import RESULT, wait_until


@pytest.fixture
def frail(tmp_path):
    """A Field whose disk fails while the file `fault` is there."""
    field = Field(tmp_path)
    field.fault = tmp_path / "fault"
    field.daemon.env = {**os.environ, "LD_PRELOAD": str(TOOLS / "hx_faults.so"), "HX_FAULT": str(field.fault)}
    yield field
    field.end()


def report(client, n=5):
    return client.publish(*[client.event("REPORTED", by="reporter", data={"class": "SMALL", "place": "B-0417"})
                            for _ in range(n)])


@pytest.mark.parametrize("how", ["sync", "write", "full"])
def test_the_disk_fails_for_a_while(frail, how):
    d = frail.daemon.start()
    with d.client() as c:
        assert {r.result for r in report(c)} == {RESULT.ACCEPTED}
        frail.fault.write_text(how)
        refused = report(c)
        assert {(r.result, r.lsn) for r in refused} == {(RESULT.RETRY_AFTER, 0)}
        assert {r.code for r in refused} <= {"STORE_TROUBLE", "STORE_FULL"}
        wait_until(lambda: d.said("event=store_failed"))
        assert c.stats()["store_troubled"] == 1
        assert c.stats()["commits_failed"] >= 1
        frail.fault.unlink()
        wait_until(lambda: {r.result for r in report(c)} == {RESULT.ACCEPTED}, timeout=60)
        assert d.said("event=store_recovered")
        frail.drain()
    d.kill()
    counts = frail.prove()
    assert counts["entries"] == counts["replayed"]


def test_killed_while_the_disk_fails(frail):
    """What was acknowledged before is there; what was refused is not."""
    d = frail.daemon.start()
    with d.client() as c:
        taken = [r.case_number for r in report(c)]
        frail.fault.write_text("sync")
        assert {r.result for r in report(c)} == {RESULT.RETRY_AFTER}
    d.kill()
    frail.fault.unlink()
    d.start()
    with d.client() as c:
        assert [c.case(n).view.case_number for n in taken] == taken
        assert c.stats()["cases"] == len(taken)
    d.kill()
    frail.prove()


def test_a_second_daemon_is_refused(make_field):
    field = make_field()
    field.daemon.start()
    second = Field(field.folder)
    second.daemon.launch()
    assert second.daemon.wait() == 1
    assert second.daemon.said("in use by another process") and second.daemon.said(str(field.daemon.process.pid))
    with field.daemon.client() as c:
        assert report(c)[0].result == RESULT.ACCEPTED
