"""Folders for tables: done, rejected, refused, and a door that dies in the middle."""
import csv
import shutil

import pytest
from between import Between
from hongxin.v1 import wire_pb2
from hotline import SOURCE, Hotline
from scarce import no_room
from tables import HEADING, put, table
from wire import wait_until

DATA = f"{SOURCE}/tests/data"
SETTINGS = f"drops:\n  - {{folder: in, mapping: '{SOURCE}/config/mappings/12345.yaml', source: hotline-csv, interval: 100ms, settle: 100ms}}\n"


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "in"


@pytest.fixture
def door(daemon, tmp_path, folder):
    folder.mkdir()
    d = Hotline(tmp_path, daemon.doors["intake"], daemon.doors.get("feed") or daemon.doors["intake"], SETTINGS)
    yield d.start()
    d.end()


@pytest.fixture
def held_back(daemon, tmp_path, folder):
    """A door and what stands between it and the daemon, which holds the daemon's answers back."""
    folder.mkdir()
    between = Between(daemon.doors["intake"], tmp_path)
    door = Hotline(tmp_path, between.endpoint, daemon.doors.get("feed") or daemon.doors["intake"], SETTINGS)
    try:
        between.hold = True
        yield door.start(), between
    finally:
        door.end()
        between.close()


def count(client):
    seen, after = 0, 0
    while True:
        page = client.ask("list", list=wire_pb2.ListQuery(after=after, closed=True))
        seen += len(page.cases)
        if not page.cut:
            return seen
        after = page.next


def deliver(folder, name, file):
    shutil.copy(file, folder / ("." + name))
    (folder / ("." + name)).rename(folder / name)


def test_rows_become_cases_and_what_is_wrong_is_kept_for_a_person(door, client, folder):
    put(folder, "a.csv", table(20) + "W21,soon,x,一般,B-0417,李\n" + "W22,2026-10-12 19:00:00,x,一般,B-9999,赵\n", "gb18030")
    wait_until(lambda: (folder / "done/a.csv").exists())
    assert count(client) == 20
    rejects = folder / "rejects/a.csv"
    rows = list(csv.DictReader(rejects.open(encoding="utf-8")))
    assert [r["line"] for r in rows] == ["22", "23"]
    assert "受理时间" in rows[0]["reason"] and rows[1]["reason"].startswith("UNKNOWN_PLACE 没有这个地点: ") and rows[0]["row"].startswith("W21,soon")
    assert rejects.stat().st_mode & 0o777 == 0o600, "a row may name a reporter"
    assert not any("王1" in line or "李" in line for line in door.log)
    assert 'hotline_drop_rejected_rows_total 2' in door.get("/metrics", token=None).body.decode()


def test_the_shipped_examples_in_both_encodings_are_the_same_cases(door, client, folder):
    deliver(folder, "1.csv", f"{DATA}/12345-gbk.csv")
    wait_until(lambda: (folder / "done/1.csv").exists())
    first = count(client)
    deliver(folder, "2.csv", f"{DATA}/12345-utf8.csv")
    wait_until(lambda: (folder / "done/2.csv").exists())
    assert first > 0 and count(client) == first


def test_the_same_name_and_the_same_rows_again_double_nothing(door, client, folder):
    for _ in range(2):
        put(folder, "a.csv", table(5))
        wait_until(lambda: not (folder / "a.csv").exists())
    assert count(client) == 5
    assert len(list((folder / "done").iterdir())) == 2


def test_a_table_with_another_heading_is_refused_as_a_whole(door, client, folder):
    put(folder, "bad.csv", table(3).replace("工单编号", "编号"))
    put(folder, "empty.csv", "")
    put(folder, "good.csv", table(3))
    wait_until(lambda: (folder / "done/good.csv").exists() and (folder / "rejects/empty.csv").exists())
    assert count(client) == 3
    assert "工单编号" in (folder / "rejects/bad.csv.reason").read_text()
    assert (folder / "rejects/bad.csv").exists()


def test_killed_between_the_daemon_s_answer_and_its_own_note(held_back, client, folder):
    door, between = held_back
    put(folder, "a.csv", table(30))
    wait_until(lambda: between.held > 0 and count(client) == 30)
    assert (folder / "a.csv").exists(), "nothing is done with that has no answer"
    door.kill()
    between.release()
    door.start()
    wait_until(lambda: (folder / "done/a.csv").exists())
    assert count(client) == 30 and not (folder / "rejects/a.csv").exists()


def test_killed_in_the_middle_it_reads_on_and_doubles_nothing(door, client, folder):
    put(folder, "big.csv", table(3000) + "W9999,soon,x,一般,B-0417,李\n")
    wait_until(lambda: count(client) > 0)
    door.kill()
    assert (folder / "big.csv").exists() or (folder / "done/big.csv").exists()
    door.start()
    wait_until(lambda: (folder / "done/big.csv").exists())
    assert count(client) == 3000
    assert len(list(csv.DictReader((folder / "rejects/big.csv").open(encoding="utf-8")))) == 1


def test_a_table_that_goes_on_growing_is_read_to_its_end(held_back, client, folder):
    """It is written in place, and its writer pauses for longer than `settle`."""
    door, between = held_back
    whole = table(30)
    at = len(whole) - 20
    put(folder, "a.csv", whole[:at])  # in the middle of the last row
    wait_until(lambda: between.held > 0 and count(client) >= 29)
    with (folder / "a.csv").open("a", encoding="utf-8") as f:
        f.write(whole[at:] + table(5, 31)[len(HEADING):])
    between.release()
    wait_until(lambda: (folder / "done/a.csv").exists())
    assert count(client) == 35 and (folder / "done/a.csv").read_text(encoding="utf-8").count("\n") == 36
    wait_until(lambda: any("event=drop_changed" in line for line in list(door.log)))
    assert not list((folder / "rejects").iterdir()), "what the first reading has rejected was no row yet"


def test_rejects_that_found_no_room_are_not_kept_in_part(held_back, client, folder):
    """The disk is full when the first are written, and is not any more at the end of the table."""
    door, between = held_back
    bad, good = 200, 600  # of the good ones not all are under way at once: the rest waits for the daemon's answers
    with no_room(door.process.pid):
        put(folder, "a.csv", HEADING + "".join(f"X{i},soon,{'x' * 100},一般,B-0417,李\n" for i in range(bad)) + table(good)[len(HEADING):])
        wait_until(lambda: between.held > 0)
        assert not (folder / "done/a.csv").exists()
    between.release()
    wait_until(lambda: (folder / "done/a.csv").exists())
    assert [r["line"] for r in csv.DictReader((folder / "rejects/a.csv").open(encoding="utf-8"))] == [str(n + 2) for n in range(bad)]
    assert count(client) == good and any("event=drop_again" in line for line in door.log)


def test_a_name_that_is_too_long_keeps_nobody_waiting(door, client, folder):
    put(folder, "a" * 247 + ".csv", table(1) + "W9,soon,x,一般,B-0417,李\n")
    put(folder, "b.csv", table(3))
    wait_until(lambda: (folder / "done/b.csv").exists())
    assert [p.name for p in (folder / "rejects").iterdir()] == ["a" * 247 + ".csv"] and count(client) == 3
