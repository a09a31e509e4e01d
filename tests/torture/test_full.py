"""No room: new complaints are told RETRY_AFTER, timers go on, and when there is room again so does the intake."""
import errno
import os
import subprocess
import time
import warnings

import pytest
from field import Field, write_config
from wire import RESULT, wait_until

MIB = 1024 * 1024
TEXT = "water under the door of the stairs, since this morning, on all floors " * 40


def report(client):
    return client.publish(*[client.event("REPORTED", by="reporter", data={"class": "SMALL", "place": "B-0417", "text": TEXT})
                            for _ in range(50)])


def fill(client):
    """Complaints until one is refused; returns that refusal. All others are accepted."""
    for _ in range(2000):
        replies = report(client)
        refused = [r for r in replies if r.result != RESULT.ACCEPTED]
        if refused:
            return refused[0]
    raise AssertionError("the store never became full")


def assert_refused(reply):
    assert reply.result == RESULT.RETRY_AFTER, reply
    assert reply.code in ("STORE_FULL", "STORE_TROUBLE")
    assert reply.retry_after_ms > 0 and reply.lsn == 0


def assert_timers_go_on(field, client):
    """Deadlines that come while the store is full are judged, and not late."""
    judged = client.stats()["deadlines_judged"]
    wait_until(lambda: client.stats()["deadlines_judged"] > judged + 50, timeout=30)
    field.drain()
    refused = [r for r in report(client) if r.result != RESULT.ACCEPTED]
    assert refused, "still full"
    assert_refused(refused[0])


def assert_intake_goes_on(client):
    wait_until(lambda: all(r.result == RESULT.ACCEPTED for r in report(client)), timeout=90)


def test_a_full_map(make_field):
    field = make_field(map_size="24 MiB")
    field.daemon.start()
    with field.daemon.client() as client:
        assert_refused(fill(client))
        assert_timers_go_on(field, client)
    assert field.daemon.stop() == 0
    write_config(field.folder, map_size="256 MiB")
    field.daemon.start()
    with field.daemon.client() as client:
        assert_intake_goes_on(client)
    field.drain()
    field.daemon.kill()
    field.prove()


@pytest.fixture
def small_disk(tmp_path):
    """A file system of 96 MiB of our own; None where mounting is not allowed."""
    folder = tmp_path / "disk"
    folder.mkdir()
    done = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=96m", "tmpfs", folder], capture_output=True, text=True)
    if done.returncode:
        warnings.warn(f"NOT TESTED: a full disk, because mount is refused ({done.stderr.strip()}); run as root")
        yield None
        return
    yield folder
    subprocess.run(["umount", "-l", folder], check=True)


def leave(folder, free):
    """Fills the disk up to so many free bytes with one file, while others write as well."""
    path = folder / "ballast"
    with path.open("wb", buffering=0) as f:
        try:
            while (left := disk_free(folder) - free) > 0:
                f.write(b"\0" * min(left, MIB))
        except OSError as e:
            assert e.errno == errno.ENOSPC
    return path


def disk_free(folder):
    s = os.statvfs(folder)
    return s.f_bavail * s.f_frsize


def test_a_full_disk(small_disk):
    if small_disk is None:
        return
    field = Field(small_disk, map_size="1 GiB", reserve="4 MiB")
    try:
        field.daemon.start()
        with field.daemon.client() as client:
            assert all(r.result == RESULT.ACCEPTED for r in report(client))
            ballast = leave(small_disk, 3 * MIB)
            assert_refused(fill(client))
            assert_timers_go_on(field, client)
            ballast.unlink()
            assert_intake_goes_on(client)
            field.drain()
        field.daemon.kill()
        field.prove()
    finally:
        field.end()


def test_a_disk_without_one_byte(small_disk, tmp_path):
    """Even the reserve is gone: nothing is acknowledged that is not on the disk, and the daemon lives."""
    if small_disk is None:
        return
    field = Field(small_disk, map_size="1 GiB", reserve="1 MiB")
    field.log = tmp_path / "acknowledged"
    try:
        field.daemon.start()
        field.start_hammer(54321)
        with field.daemon.client() as client:
            wait_until(lambda: client.stats()["cases"] > 2000, timeout=30)
            ballast = leave(small_disk, 0)
            wait_until(lambda: client.stats()["store_room"] == 0, timeout=60)
            began = time.monotonic()
            wait_until(lambda: time.monotonic() > began + 3 or client.stats()["commits_failed"] > 1, timeout=30)
            ballast.unlink()
            assert_intake_goes_on(client)
        field.stop_hammer()
        field.drain()
        field.daemon.kill()
        field.prove()
    finally:
        field.end()
