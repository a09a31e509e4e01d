"""No room: new complaints are told RETRY_AFTER, timers go on, and when there is room again so does the intake."""
import os

import pytest
from field import TOOLS, Field, write_config
from wire import RESULT, wait_until

MIB = 1024 * 1024
PAGE = 4096
TEXT = "water under the door of the stairs, since this morning, on all floors " * 40


def report(client):
    return client.publish(*[client.event("REPORTED", by="reporter", data={"class": "SMALL", "place": "B-0417", "text": TEXT})
                            for _ in range(50)])


def comment(client, number):
    """What needs no room in advance: events of a case that is there already."""
    return client.publish(*[client.event("COMMENT", by="reporter", case_number=number, data={"text": TEXT}) for _ in range(50)])


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
    wait_until(lambda: client.stats()["deadlines_judged"] > judged + 50)
    field.drain()
    refused = [r for r in report(client) if r.result != RESULT.ACCEPTED]
    assert refused, "still full"
    assert_refused(refused[0])


def assert_intake_goes_on(client):
    wait_until(lambda: all(r.result == RESULT.ACCEPTED for r in report(client)), timeout=90)


def test_a_full_map(make_field):
    field = make_field(map_size="24 MiB", scale=60)
    field.daemon.start()
    with field.daemon.client() as client:
        before = field.held()
        assert_refused(fill(client))
        assert_timers_go_on(field, client)
        field.assert_nothing_leaked(before)
    assert field.daemon.stop() == 0
    write_config(field.folder, map_size="256 MiB")
    field.daemon.start()
    with field.daemon.client() as client:
        assert_intake_goes_on(client)
    field.drain()
    field.daemon.kill()
    field.prove()
    field.judge()


class SmallDisk:
    """A disk of 96 MiB of the daemon's own, told by tests/torture/disk.c: nothing is mounted, so that anybody can run this."""
    SIZE = 96 * MIB

    def __init__(self, folder):
        self.folder, self.told = folder / "disk", folder / "size"
        self.folder.mkdir()
        self.resize(self.SIZE)

    def resize(self, size):
        """Told at once: the file is replaced, never half written."""
        new = self.told.with_suffix(".new")
        new.write_text(str(size))
        new.replace(self.told)

    @property
    def cut_short(self):
        """A write had room for a part only."""
        return self.told.with_name(self.told.name + ".short").exists()

    def leave(self, free):
        """Others have written all but so many bytes."""
        self.resize((self.folder / "store/data.mdb").stat().st_blocks * 512 + free)

    def field(self, **config):
        field = Field(self.folder, **config)
        field.daemon.env = {**os.environ, "LD_PRELOAD": str(TOOLS / "hx_disk.so"), "HX_DISK": str(self.told)}
        return field


@pytest.fixture
def small_disk(tmp_path):
    return SmallDisk(tmp_path)


def test_a_full_disk(small_disk):
    field = small_disk.field(map_size="1 GiB", reserve="4 MiB", scale=60)
    try:
        field.daemon.start()
        with field.daemon.client() as client:
            assert all(r.result == RESULT.ACCEPTED for r in report(client))
            before = field.held()
            small_disk.leave(3 * MIB)
            assert_refused(fill(client))
            assert_timers_go_on(field, client)
            small_disk.resize(small_disk.SIZE)
            assert_intake_goes_on(client)
            field.assert_nothing_leaked(before)
            field.drain()
        field.daemon.kill()
        field.prove()
        field.judge()
    finally:
        field.end()


def assert_filled(disk, client, number):
    """To the last byte, a write that has room for a part only among it: LMDB is told less than it wrote, and the daemon goes through that."""
    def refused():
        return any(r.code in ("STORE_FULL", "STORE_TROUBLE") and not r.lsn for r in comment(client, number))
    wait_until(refused)
    disk.leave(3 * PAGE + 100)  # should the end of a write have been the end of the disk
    wait_until(lambda: refused() and disk.cut_short)
    assert client.stats()["commits_failed"] > 0


def test_a_disk_without_one_byte(small_disk, tmp_path):
    """Even the reserve is gone: nothing is acknowledged that is not on the disk, and the daemon lives."""
    field = small_disk.field(map_size="1 GiB", reserve="1 MiB")
    field.log = tmp_path / "acknowledged"
    try:
        field.daemon.start()
        field.start_hammer(54321, rate=1500)
        with field.daemon.client() as client:
            wait_until(lambda: client.stats()["cases"] > 500)
            number = report(client)[0].case_number
            before = field.held()
            small_disk.leave(0)
            assert_filled(small_disk, client, number)
            assert client.stats()["store_room"] == 0
            small_disk.resize(small_disk.SIZE)
            assert_intake_goes_on(client)
            field.assert_nothing_leaked(before)
        field.stop_hammer()
        field.drain()
        field.daemon.kill()
        field.prove()
        field.judge()
        field.prove_acknowledged()
    finally:
        field.end()
